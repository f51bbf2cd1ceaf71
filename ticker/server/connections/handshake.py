"""The WebSocket handshake (RFC 6455, section 4.2): checks a request, and takes its connection over from aiohttp.

aiohttp's own WebSocket keeps the request, its parser and a task for as long as a client is there, three quarters of
what a client costs in memory, and is lenient with what clients send. So aiohttp reads the request and routes it; from
the answer on the connection is ours.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from asyncio import Transport
from collections.abc import Iterable
from typing import cast

from aiohttp import HttpVersion11, hdrs, web
from aiohttp.http_websocket import WebSocketReader

from ticker.server.websocket.extensions import agreed

#: Section 1.3: what proves that the server speaks WebSocket.
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class HandshakeError(Exception):
    """A request that is no handshake. ``status`` is the answer's; with ``headers`` that say what would do."""

    def __init__(self, status: int, message: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.headers = headers or {}


def key_of(request: web.Request) -> str:
    """The client's key. Raises ``HandshakeError`` for what is not a WebSocket handshake of version 13."""
    headers = request.headers
    if not _has(request, hdrs.UPGRADE, "websocket") or not _has(request, hdrs.CONNECTION, "upgrade"):
        wanted = {"Upgrade": "websocket", "Connection": "Upgrade"}
        raise HandshakeError(426, "this is a WebSocket endpoint: connect with ws://", wanted)
    if request.version < HttpVersion11:
        raise HandshakeError(400, "a WebSocket begins with HTTP/1.1")
    versions = headers.getall(hdrs.SEC_WEBSOCKET_VERSION, [])
    if [version.strip() for version in versions] != ["13"]:
        raise HandshakeError(426, "there is WebSocket version 13 alone", {"Sec-WebSocket-Version": "13"})
    keys = headers.getall(hdrs.SEC_WEBSOCKET_KEY, [])
    if len(keys) != 1 or not _is_key(keys[0].strip()):
        raise HandshakeError(400, "Sec-WebSocket-Key has to be there once, 16 bytes in base64")
    if request.can_read_body:
        raise HandshakeError(400, "a WebSocket's request has no body")
    return keys[0].strip()


def subprotocol(request: web.Request, known: Iterable[str]) -> str | None:
    """The first of the client's that we know."""
    offered = [
        name.strip() for line in request.headers.getall("Sec-WebSocket-Protocol", []) for name in line.split(",")
    ]
    known = set(known)
    return next((name for name in offered if name in known), None)


def compression(request: web.Request) -> str | None:
    """How messages will be compressed, in the answer's words; None: not at all. Raises ``HandshakeError``."""
    try:
        return agreed(request.headers.getall(hdrs.SEC_WEBSOCKET_EXTENSIONS, []))
    except ValueError as error:
        raise HandshakeError(400, str(error)) from None


def answer(key: str, protocol: str | None, extension: str | None = None) -> bytes:
    """The head that turns the connection into a WebSocket."""
    accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()  # noqa: S324 - RFC 6455 wants it
    lines = ["HTTP/1.1 101 Switching Protocols", "Upgrade: websocket", "Connection: Upgrade"]
    lines.append(f"Sec-WebSocket-Accept: {accept}")
    if protocol is not None:
        lines.append(f"Sec-WebSocket-Protocol: {protocol}")
    if extension is not None:
        lines.append(f"Sec-WebSocket-Extensions: {extension}")
    return "\r\n".join([*lines, "", ""]).encode()


def taken_over(request: web.Request) -> tuple[Transport, bytes] | None:
    """The request's connection, which aiohttp lets go of, and what came behind the request; None: it is gone.

    To be given a protocol of its own before anything else happens on the loop.
    """
    transport = request.transport
    if transport is None or transport.is_closing():
        return None
    tail = _Tail()
    http = request.protocol
    http.set_parser(cast("WebSocketReader", tail))
    # To aiohttp it looks as if the client had gone; it tidies up, answers no more, and has nothing to close.
    http.transport = None
    http.connection_lost(None)
    return transport, bytes(tail.data)


class _Tail:
    """Takes what aiohttp read beyond the request. It wants the form of its own reader."""

    def __init__(self) -> None:
        self.data = bytearray()

    def feed_data(self, data: bytes) -> tuple[bool, bytes]:
        self.data += data
        return False, b""

    def feed_eof(self) -> None:
        """Nothing more will come."""


def _has(request: web.Request, name: str, token: str) -> bool:
    lines = request.headers.getall(name, [])
    return any(part.strip().lower() == token for line in lines for part in line.split(","))


def _is_key(text: str) -> bool:
    try:
        return len(base64.b64decode(text, validate=True)) == 16
    except (ValueError, binascii.Error):
        return False
