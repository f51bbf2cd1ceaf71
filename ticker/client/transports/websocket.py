"""The WebSocket transport."""

from __future__ import annotations

import asyncio
import logging
from typing import ClassVar

import aiohttp

from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import TransportError
from ticker.client.transports.encodings import Encodings
from ticker.client.transports.transport import Transport, closed_with, network_error, refused_upgrade
from ticker.wire.messages import ClientMessage, ServerMessage

log = logging.getLogger("ticker.client")

#: Maximum size of a message. The hub's frames stay under 1 MiB; other servers may send larger ones.
_MESSAGE_BYTES = 4 * 1024 * 1024
#: The compression window that is offered: the largest.
_WINDOW_BITS = 15
#: How long the peer may take to answer a close.
_CLOSE_S = 0.4


class WebSocketTransport(Transport):
    """An open WebSocket."""

    kind: ClassVar[str] = "websocket"

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, encodings: Encodings) -> None:
        super().__init__()
        self._socket = socket
        self._encodings = encodings

    @classmethod
    async def connect(
        cls, session: aiohttp.ClientSession, endpoint: Endpoint, encodings: Encodings, *, compress: bool
    ) -> WebSocketTransport:
        """Upgrade a connection. Raises aiohttp's errors, and those of ``refused_upgrade``."""
        try:
            socket = await session.ws_connect(
                endpoint.url,
                protocols=(encodings.out.subprotocol,),
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                # Opt-in: a server that compresses for each client apart spends much time on it.
                compress=_WINDOW_BITS if compress else 0,
                max_msg_size=_MESSAGE_BYTES,
                headers=await endpoint.headers(),
            )
        except aiohttp.WSServerHandshakeError as error:
            # 101 is a switch to something else than a WebSocket.
            raise refused_upgrade(error.status, error.headers or {}) from None
        return cls(socket, encodings)

    async def _receive(self) -> ServerMessage | None:
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
        payload = self._encodings.out.encode(message)
        try:
            if self._encodings.out.is_text:
                await self._socket.send_str(payload.decode())
            else:
                await self._socket.send_bytes(payload)
        except (aiohttp.ClientError, OSError) as error:
            raise network_error(error) from error

    async def close(self) -> None:
        """Close with 1000."""
        try:
            async with asyncio.timeout(1.5 * _CLOSE_S):
                await self._socket.close()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            log.debug("closing: %r", error)
