"""A WebSocket as a transport."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Mapping
from typing import ClassVar

import aiohttp
from yarl import URL

from ticker.backoff import retry_after_s
from ticker.client.access import Access
from ticker.client.exceptions import TransportBlockedError, TransportError
from ticker.client.protocol.protocol import ProtocolViolationError
from ticker.client.transports.encodings import Encodings
from ticker.client.transports.transport import Transport, closed_with, network_reason
from ticker.errors import RefusedError
from ticker.wire.messages import ClientMessage, ServerMessage

log = logging.getLogger("ticker.client")

#: The hub's frames stay under 1 MiB; this is what a server of another make may need.
_MESSAGE_BYTES = 4 * 1024 * 1024
#: Of the window that is offered: any.
_WINDOW_BITS = 15
#: How long the peer may take to answer a close.
_CLOSE_S = 0.4
#: Answers to the upgrade that come from the server itself, and tell when or how to come again.
_OWN_WORDS = {401, 429}


async def dial(
    session: aiohttp.ClientSession,
    url: URL,
    encodings: Encodings,
    timeout_s: float,
    access: Access | None = None,
    *,
    compress: bool = False,
) -> WebSocketTransport:
    """Connect, and await the welcome, all within ``timeout_s``. Raises ``TransportError`` or ``RefusedError``.

    Of these, ``TransportBlockedError`` is raised where something between here and the server may block WebSockets.
    """
    access = access or Access()
    try:
        async with asyncio.timeout(timeout_s):
            socket = await session.ws_connect(
                url,
                protocols=(encodings.out.subprotocol,),
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                # Only if wanted: a server that compresses each client's frames apart takes long over it.
                compress=_WINDOW_BITS if compress else 0,
                max_msg_size=_MESSAGE_BYTES,
                headers=await access.headers(),
                ssl=access.ssl or True,
            )
            transport = WebSocketTransport(socket, encodings)
            try:
                await transport.welcomed()
            except BaseException:
                await transport.close()
                raise
            return transport
    except TimeoutError:
        raise TransportBlockedError(f"no answer within {timeout_s:g} s", mute=True) from None
    except aiohttp.WSServerHandshakeError as error:
        # 101 is a switch to something that isn't a WebSocket.
        raise turned_away(error.status, error.headers) from None
    except ProtocolViolationError as error:
        raise TransportBlockedError(str(error), broken=True) from None
    except aiohttp.ClientConnectorError as error:
        raise TransportError(network_reason(error)) from error
    except (aiohttp.ClientError, OSError) as error:
        raise TransportBlockedError(network_reason(error)) from error


def turned_away(status: int, headers: Mapping[str, str] | None) -> TransportError | RefusedError:
    """What an HTTP status means to who would connect: the server's own word, or something between that is unfit."""
    verdict = refused(status, headers)
    if status in _OWN_WORDS or (status >= 500 and _is_own(headers or {})):
        return verdict
    return TransportBlockedError(str(verdict), refused=verdict)


def _is_own(headers: Mapping[str, str]) -> bool:
    """Whether it is the server that is full or stops, and no proxy.

    aiohttp keeps the body of a failed upgrade to itself, but the head will do: the server's errors are JSON that nobody
    may keep or take for anything else, and these say when to come again.
    """
    return (
        headers.get("Content-Type", "").partition(";")[0] == "application/json"
        and headers.get("Cache-Control") == "no-store"
        and headers.get("X-Content-Type-Options") == "nosniff"
        and "Retry-After" in headers
    )


def refused(status: int, headers: Mapping[str, str] | None) -> TransportError | RefusedError:
    """What an HTTP status means: come back, and when, or don't."""
    if status != 429 and status < 500:
        asks = ": it asks for a key or token, or the one given is not good (any more)" if status == 401 else ""
        return RefusedError(f"http-{status}", f"the server answered with HTTP status {status}{asks}")
    return TransportError(
        f"HTTP status {status}", retry_after_s=retry_after_s((headers or {}).get("Retry-After", ""), time.time())
    )


class WebSocketTransport(Transport):
    """An open WebSocket."""

    kind: ClassVar[str] = "websocket"

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, encodings: Encodings) -> None:
        super().__init__()
        self._socket = socket
        self._encodings = encodings

    async def _receive(self) -> ServerMessage | None:
        """The next message; None for one of a type that this client doesn't know."""
        message = await self._socket.receive()
        self._heard_s = self._loop.time()
        if message.type is aiohttp.WSMsgType.TEXT or message.type is aiohttp.WSMsgType.BINARY:
            return self._encodings.decode(message.data)
        if message.type is aiohttp.WSMsgType.CLOSE:
            raise closed_with(message.data, message.extra)
        if message.type is aiohttp.WSMsgType.ERROR:
            raise TransportError(f"the WebSocket failed: {message.data}", broken=True)
        raise TransportError("the connection broke")

    async def send(self, message: ClientMessage) -> None:
        """Send a message. Raises ``TransportError`` if the connection is gone."""
        payload = self._encodings.out.encode(message)
        try:
            if self._encodings.out.is_text:
                await self._socket.send_str(payload.decode())
            else:
                await self._socket.send_bytes(payload)
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(network_reason(error)) from error

    async def close(self) -> None:
        """Close with 1000. Takes well under a second, whatever the peer does."""
        try:
            async with asyncio.timeout(1.5 * _CLOSE_S):
                await self._socket.close()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            log.debug("closing: %r", error)
