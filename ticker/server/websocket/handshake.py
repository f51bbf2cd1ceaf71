"""The server's side of the WebSocket handshake (RFC 6455, section 4.2)."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterable

from aiohttp import HttpVersion11, hdrs, web

from ticker.server.core.responses import SERVER, HttpError
from ticker.server.websocket.extensions import negotiate

#: Section 1.3: hashed with the client's key, it proves that the server speaks WebSocket.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


def check_handshake(request: web.Request) -> str:
    """Return the client's key. Raises ``HttpError`` for anything but a handshake of WebSocket version 13."""
    headers = request.headers
    if not _has_token(request, hdrs.UPGRADE, "websocket") or not _has_token(request, hdrs.CONNECTION, "upgrade"):
        required = {"Upgrade": "websocket", "Connection": "Upgrade"}
        raise HttpError(426, "upgrade-required", "this is a WebSocket endpoint: connect with ws://", required)
    if request.version < HttpVersion11:
        raise _bad("a WebSocket handshake requires HTTP/1.1")
    versions = headers.getall(hdrs.SEC_WEBSOCKET_VERSION, [])
    if [version.strip() for version in versions] != ["13"]:
        required = {"Sec-WebSocket-Version": "13"}
        raise HttpError(426, "upgrade-required", "only WebSocket version 13 is supported", required)
    keys = headers.getall(hdrs.SEC_WEBSOCKET_KEY, [])
    if len(keys) != 1 or not _is_key(keys[0].strip()):
        raise _bad("Sec-WebSocket-Key must be present once: 16 bytes in base64")
    if request.can_read_body:
        raise _bad("a WebSocket handshake has no body")
    return keys[0].strip()


def choose_subprotocol(request: web.Request, supported: Iterable[str]) -> str | None:
    """The first of the client's subprotocols that is supported."""
    lines = request.headers.getall("Sec-WebSocket-Protocol", [])
    offered = [name.strip() for line in lines for name in line.split(",")]
    return next((name for name in offered if name in supported), None)


def choose_extension(request: web.Request) -> str | None:
    """The ``Sec-WebSocket-Extensions`` of the response; None without compression."""
    try:
        return negotiate(request.headers.getall(hdrs.SEC_WEBSOCKET_EXTENSIONS, []))
    except ValueError as error:
        raise _bad(str(error)) from None


def handshake_response(key: str, subprotocol: str | None, extension: str | None = None) -> bytes:
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()  # noqa: S324 - RFC 6455 wants it
    lines = [
        "HTTP/1.1 101 Switching Protocols",
        f"Server: {SERVER}",
        "Upgrade: websocket",
        "Connection: Upgrade",
        f"Sec-WebSocket-Accept: {accept}",
    ]
    if subprotocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {subprotocol}")
    if extension is not None:
        lines.append(f"Sec-WebSocket-Extensions: {extension}")
    return "\r\n".join([*lines, "", ""]).encode()


def _bad(message: str) -> HttpError:
    return HttpError(400, "bad-handshake", message)


def _has_token(request: web.Request, name: str, token: str) -> bool:
    lines = request.headers.getall(name, [])
    return any(part.strip().lower() == token for line in lines for part in line.split(","))


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (ValueError, binascii.Error):
        return False
