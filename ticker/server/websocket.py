"""`GET /v1/stream`: the WebSocket endpoint. Brings its connections and the hub together, and decides nothing else."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import time
from collections.abc import Set as AbstractSet

from aiohttp import web

from ticker.hub import Hub
from ticker.server.connection import Connection
from ticker.server.frames import Framer
from ticker.server.handshake import HandshakeError, answer, key_of, subprotocol, taken_over
from ticker.server.http import refusal
from ticker.server.metronome import Metronome
from ticker.server.settings import Settings

log = logging.getLogger("ticker.server")

_SUBPROTOCOLS = {"ticker.v1.json": "json", "ticker.v1.msgpack": "msgpack"}
#: RFC 6455, section 7.4.1, and its registry: "service restart", upon which clients come back.
_RESTART = 1012


class WebSocketEndpoint:
    """The handler, and the connections that are open."""

    def __init__(self, hub: Hub, metronome: Metronome, settings: Settings) -> None:
        self._hub = hub
        self._metronome = metronome
        self._settings = settings
        self._framers = {"json": Framer(is_text=True), "msgpack": Framer(is_text=False)}
        self._open: set[Connection] = set()
        self._stopping = False
        self._all_gone = asyncio.Event()

    @property
    def open(self) -> AbstractSet[Connection]:
        return self._open

    async def handle(self, request: web.Request) -> web.StreamResponse:
        encoding = request.query.get("encoding", "json")
        if encoding not in self._framers:
            return refusal(400, "bad-argument", f"encoding {encoding!r:.80}: there are json and msgpack")
        if self._stopping:
            return refusal(503, "stopping", "the server is stopping; try again")
        try:
            key = key_of(request)
        except HandshakeError as error:
            code = "upgrade-required" if error.status == 426 else "bad-handshake"
            response = refusal(error.status, code, str(error))
            response.headers.update(error.headers)
            return response
        protocol = subprotocol(request, _SUBPROTOCOLS)
        encoding = _SUBPROTOCOLS.get(protocol or "", encoding)
        remote = request.remote
        taken = taken_over(request)
        if taken is not None:
            transport, tail = taken
            self._tune(transport)
            limit = self._settings.limits.message_bytes
            connection = Connection(transport, self._framers[encoding], limit, self, remote)
            connection.begin(answer(key, protocol), tail)
            self._open.add(connection)
            connection.session = self._hub.attach(connection, encoding)
            log.info("client %s: connected from %s, %s", connection.session.id, remote, encoding)
        # The connection is no longer aiohttp's: this reaches nobody.
        return web.Response(status=101)

    def received(self, connection: Connection, message: str | bytes) -> None:
        self._metronome.receive(connection.session, message)

    def lost(self, connection: Connection) -> None:
        session = connection.session
        self._open.discard(connection)
        watched = len(session)
        self._hub.detach(session)
        log.info(
            "client %s: %s; from %s, watched %d, %.1f s, %d frames, %d bytes",
            *(session.id, "the server stops" if self._stopping else connection.reason, connection.remote, watched),
            *(time.monotonic() - connection.since_s, connection.frames, connection.bytes),
        )
        if self._stopping and not self._open:
            self._all_gone.set()

    def _tune(self, transport: asyncio.Transport) -> None:
        socket: sockets.socket | None = transport.get_extra_info("socket")
        if socket is None:
            return
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, self._settings.send_buffer_bytes)
        socket.setsockopt(sockets.SOL_SOCKET, sockets.SO_KEEPALIVE, 1)
        # A peer that vanished is found by the kernel, data in flight or not; where it can't, by its own keep-alive.
        timeout = getattr(sockets, "TCP_USER_TIMEOUT", None)
        if timeout is not None:
            socket.setsockopt(sockets.IPPROTO_TCP, timeout, int(self._settings.dead_after_s * 1000))

    async def stop(self, within_s: float) -> None:
        """Close every connection with 1012, which tells clients to come back; whoever doesn't answer in time is cut."""
        self._stopping = True
        for connection in list(self._open):
            connection.close(_RESTART, "the server restarts")
        if self._open:
            try:
                async with asyncio.timeout(within_s):
                    await self._all_gone.wait()
            except TimeoutError:
                for connection in list(self._open):
                    connection.abort()
                # Their transports tell them in the loop's next turn.
                await asyncio.sleep(0)
