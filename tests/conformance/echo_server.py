"""A WebSocket echo server of the service's own handshake, frames and connections, for suites of protocol cases."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from ticker.auth.identity import ANYONE
from ticker.fanout.subscription import Position
from ticker.server.connections.budgets import Budgets
from ticker.server.connections.connection import Connection
from ticker.server.connections.takeover import take_over_transport, unsent_response
from ticker.server.core.requests import IDENTITY
from ticker.server.core.settings import Settings
from ticker.server.core.turns import Turns
from ticker.server.websocket.deflate import compress
from ticker.server.websocket.endpoint import WebSocket
from ticker.server.websocket.frames import FrameReader, Opcode, encode_frame
from ticker.server.websocket.handshake import check_handshake, choose_extension, handshake_response
from ticker.wire.limits import Limits

#: The largest message and the most fragments of Autobahn's cases: 16 MiB, and 4 MiB in fragments of 64 bytes.
MESSAGE_BYTES = 16 * 2**20
FRAGMENTS = 2**16
LIMITS = Limits(message_bytes=MESSAGE_BYTES, messages_per_second=10**6, messages_at_once=10**6)


class EchoFramer:
    """Frames an answer as its message was, as text or binary, and compressed if that was negotiated.

    The service sends short messages as they are; the cases of compression want all of them compressed.
    """

    def __init__(self, *, deflates: bool) -> None:
        self._deflates = deflates
        self.opcode = Opcode.TEXT

    def frame(self, payload: bytes, position: Position | None = None) -> bytes:
        if self._deflates:
            return encode_frame(self.opcode, compress(payload), is_deflated=True)
        return encode_frame(self.opcode, payload)


class EchoServer:
    """Sends each message back. A ``ConnectionOwner``."""

    def __init__(self) -> None:
        self.settings = Settings(limits=LIMITS, send_buffer_bytes=2**20)
        self.turns = Turns()
        self._framers: dict[Connection, EchoFramer] = {}

    async def stream(self, request: web.Request) -> web.Response:
        request[IDENTITY] = ANYONE
        key, extension = check_handshake(request), choose_extension(request)
        taken = take_over_transport(request)
        if taken is not None:
            transport, tail = taken
            framer = EchoFramer(deflates=extension is not None)
            connection = WebSocket(transport, framer, self, request, Budgets(LIMITS).connect(0.0, None))
            connection.reader = FrameReader(MESSAGE_BYTES, inflates=extension is not None, fragments=FRAGMENTS)
            self._framers[connection] = framer
            connection.begin(handshake_response(key, None, extension), tail)
        return unsent_response()

    def received(self, connection: Connection, message: str | bytes) -> None:
        self._framers[connection].opcode = Opcode.TEXT if isinstance(message, str) else Opcode.BINARY
        connection.send(message.encode() if isinstance(message, str) else message)

    def rate_limited(self, connection: Connection) -> None:
        raise AssertionError("the limits allow all messages")

    def lost(self, connection: Connection) -> None:
        del self._framers[connection]


@asynccontextmanager
async def echoing() -> AsyncIterator[str]:
    """The address of a running echo server."""
    application = web.Application()
    application.router.add_get("/", EchoServer().stream)
    runner = web.AppRunner(application)
    await runner.setup()
    try:
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        yield f"ws://127.0.0.1:{runner.addresses[0][1]}/"
    finally:
        await runner.cleanup()
