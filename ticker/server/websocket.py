"""`GET /v1/stream`: the WebSocket endpoint. Brings its connections and the hub together, and decides nothing else."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Set as AbstractSet

from aiohttp import web

from ticker.hub import Hub
from ticker.server.connection import Connection
from ticker.server.door import Door, Refusal
from ticker.server.frames import Framer
from ticker.server.handshake import HandshakeError, answer, key_of, subprotocol, taken_over
from ticker.server.http import refusal
from ticker.server.metronome import Metronome
from ticker.server.settings import Settings
from ticker.server.tcp import tune

log = logging.getLogger("ticker.server")

_SUBPROTOCOLS = {"ticker.v1.json": "json", "ticker.v1.msgpack": "msgpack"}
#: RFC 6455, section 7.4.1, and its registry: "service restart", upon which clients come back.
_RESTART = 1012
#: Who is too slow, or idle, is looked for so often; more often where the limits are short.
_SWEEP_S = 2.0
#: What those are told who can't come in.
_RETRY_AFTER_S = 5


class WebSocketEndpoint:
    """The handler, and the connections that are open."""

    def __init__(self, hub: Hub, metronome: Metronome, settings: Settings) -> None:
        self._hub = hub
        self._metronome = metronome
        self._settings = settings
        self._framers = {"json": Framer(is_text=True), "msgpack": Framer(is_text=False)}
        self._door = Door(settings.limits)
        self._sweep: asyncio.TimerHandle | None = None
        self._open: set[Connection] = set()
        self._stopping = False
        self._all_gone = asyncio.Event()
        #: How connections ended, by code, and what those wrote that are gone.
        self.closes: Counter[int] = Counter()
        self._gone_frames = self._gone_bytes = 0

    @property
    def open(self) -> AbstractSet[Connection]:
        return self._open

    @property
    def sent_frames(self) -> int:
        """Frames written, to those who are gone too."""
        return self._gone_frames + sum(connection.frames for connection in self._open)

    @property
    def sent_bytes(self) -> int:
        """Bytes of these frames."""
        return self._gone_bytes + sum(connection.bytes for connection in self._open)

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
        remote = request.remote
        try:
            self._door.enter(remote)
        except Refusal as error:
            response = refusal(error.status, error.code, str(error))
            response.headers["Retry-After"] = str(_RETRY_AFTER_S)
            return response
        protocol = subprotocol(request, _SUBPROTOCOLS)
        encoding = _SUBPROTOCOLS.get(protocol or "", encoding)
        taken = taken_over(request)
        if taken is None:
            self._door.leave(remote)
        else:
            transport, tail = taken
            settings = self._settings
            tune(transport, send_buffer_bytes=settings.send_buffer_bytes, dead_after_s=settings.dead_after_s)
            connection = Connection(transport, self._framers[encoding], settings, self, remote)
            connection.begin(answer(key, protocol), tail)
            self._open.add(connection)
            connection.session = self._hub.attach(connection, encoding)
            log.info("client %s: connected from %s, %s", connection.session.id, remote, encoding)
        # The connection is no longer aiohttp's: this reaches nobody.
        return web.Response(status=101)

    def received(self, connection: Connection, message: str | bytes) -> None:
        self._metronome.receive(connection.session, message)

    def flooded(self, connection: Connection) -> None:
        limits = self._settings.limits
        text = f"at most {limits.messages_per_second} messages a second, and {limits.messages_at_once} at once"
        self._hub.refuse(connection.session, "too-many-messages", text)

    def lost(self, connection: Connection) -> None:
        session = connection.session
        self._open.discard(connection)
        self._door.leave(connection.remote)
        self.closes[connection.code] += 1
        self._gone_frames += connection.frames
        self._gone_bytes += connection.bytes
        watched = len(session)
        self._hub.detach(session)
        log.info(
            "client %s: %s; from %s, watched %d, %.1f s, %d frames, %d bytes",
            *(session.id, "the server stops" if self._stopping else connection.reason, connection.remote, watched),
            *(time.monotonic() - connection.since_s, connection.frames, connection.bytes),
        )
        if self._stopping and not self._open:
            self._all_gone.set()

    def start(self) -> None:
        """Begin to look after those who are too slow or idle, on the running event loop."""
        limits = self._settings.limits
        every_s = min(_SWEEP_S, limits.slow_seconds / 5, limits.idle_seconds / 5)
        self._sweep = asyncio.get_running_loop().call_later(every_s, self._on_sweep, every_s)

    def _on_sweep(self, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(every_s, self._on_sweep, every_s)
        limits, now_s = self._settings.limits, loop.time()
        for connection in list(self._open):
            if connection.vanished:
                connection.abort("vanished")
            elif connection.stuck_for_s(now_s) >= limits.slow_seconds:
                connection.close(4408, "too slow")
            elif now_s - connection.heard_s >= limits.idle_seconds and not len(connection.session):
                connection.close(4409, "idle")

    async def stop(self, within_s: float) -> None:
        """Close every connection with 1012, which tells clients to come back; whoever doesn't answer in time is cut."""
        self._stopping = True
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self._open):
            connection.close(_RESTART, "the server restarts")
        if self._open:
            try:
                async with asyncio.timeout(within_s):
                    await self._all_gone.wait()
            except TimeoutError:
                for connection in list(self._open):
                    connection.abort("the server stops")
                # Their transports tell them in the loop's next turn.
                await asyncio.sleep(0)
