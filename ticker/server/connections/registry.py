"""Everybody who is connected, whatever they speak: lets them in, looks after them, and sees them off."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from collections.abc import Callable
from collections.abc import Set as AbstractSet

from aiohttp import hdrs, web

from ticker.auth.authenticator import Authenticator
from ticker.auth.identity import Identity, identity
from ticker.errors import CLOSE_CODES
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.server.connections.admission import Door, Refusal
from ticker.server.connections.connection import Connection
from ticker.server.connections.handshake import taken_over
from ticker.server.connections.memory import resident_bytes
from ticker.server.connections.tcp import tune
from ticker.server.core.metronome import Metronome
from ticker.server.core.responses import refusal
from ticker.server.core.settings import Settings

log = logging.getLogger("ticker.server")

#: RFC 6455, section 7.4.1, and its registry: "service restart", upon which clients come back.
_RESTART = 1012
#: Who is too slow, idle, or not let in any more is looked for so often; more often where the limits are short.
_SWEEP_S = 2.0
#: What those are told who can't come in.
RETRY_AFTER_S = 5
#: So long before its end a client is told that its key or token ends.
WARN_S = 60.0


class Clients:
    """The connections that are open. ``auth`` tells who may stay."""

    def __init__(self, hub: Hub, metronome: Metronome, settings: Settings, auth: Authenticator) -> None:
        self._hub = hub
        self._metronome = metronome
        self._settings = settings
        self._auth = auth
        self._door = Door(settings.limits)
        self._sweep: asyncio.TimerHandle | None = None
        self._open: set[Connection] = set()
        self._too_large = False
        #: Set when the server stops.
        self.stopping = asyncio.Event()
        self._all_gone = asyncio.Event()
        #: How connections ended, by code (3000: one that a client made up), and what those wrote that are gone.
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

    def problems(self) -> list[str]:
        """What is wrong, in words."""
        return ["memory: as much as may be is used; no new clients"] if self._too_large else []

    # Coming in

    def enter(self, request: web.Request) -> web.Response | None:
        """Count one in who holds a connection. Else the answer that says why not."""
        try:
            if self.stopping.is_set():
                raise Refusal(503, "stopping", "the server is stopping; try again")
            if self._too_large:
                raise _no_memory()
            self._door.enter(request.remote, identity(request))
        except Refusal as error:
            return _turned_away(error)
        return None

    def full(self) -> web.Response | None:
        """What those are told who ask for something large, while there is no memory for it."""
        return _turned_away(_no_memory()) if self._too_large else None

    def leave(self, remote: str | None, who: Identity) -> None:
        """Count one out."""
        self._door.leave(remote, who)

    def take_over(
        self,
        request: web.Request,
        begun: Callable[[asyncio.Transport, str | None, Identity], Connection],
        head: bytes,
        encoding: str,
        welcomed: Callable[[Session], None] = lambda _session: None,
    ) -> web.Response:
        """Make a request's connection one of ours, which begins with ``head``. Returns what aiohttp is to answer."""
        if (response := self.enter(request)) is not None:
            return response
        who, remote = identity(request), request.remote
        taken = taken_over(request)
        if taken is None:
            self.leave(remote, who)
        else:
            transport, tail = taken
            settings = self._settings
            tune(transport, send_buffer_bytes=settings.send_buffer_bytes, dead_after_s=settings.dead_after_s)
            connection = begun(transport, remote, who)
            connection.begin(head, tail)
            self._open.add(connection)
            connection.session = session = self._hub.attach(connection, encoding, who.may, who.name, who.owner)
            name = f" as {who.name}" if who.name else ""
            log.info(
                "client %s: connected from %s%s, %s, %s",
                *(session.id, remote, name, connection.kind, encoding),
                extra={"client": session.id},
            )
            welcomed(session)
        # The connection is no longer aiohttp's: this reaches nobody.
        return web.Response(status=101)

    # What a connection tells: it is their owner

    def received(self, connection: Connection, message: str | bytes) -> None:
        self._metronome.receive(connection.session, message)

    def flooded(self, connection: Connection) -> None:
        limits = self._settings.limits
        text = f"at most {limits.messages_per_second} messages a second, and {limits.messages_at_once} at once"
        self._hub.refuse(connection.session, "too-many-messages", text)

    def lost(self, connection: Connection) -> None:
        session = connection.session
        self._open.discard(connection)
        self.leave(connection.remote, connection.who)
        self.closes[_counted(connection.code)] += 1
        self._gone_frames += connection.frames
        self._gone_bytes += connection.bytes
        watched = len(session)
        self._hub.detach(session)
        # Those who were in a room with it are to be told.
        self._metronome.check()
        reason = "the server stops" if self.stopping.is_set() else connection.reason
        log.info(
            "client %s: %s; from %s, watched %d, %.1f s, %d frames, %d bytes",
            *(session.id, reason, connection.remote, watched),
            *(time.monotonic() - connection.since_s, connection.frames, connection.bytes),
            extra={"client": session.id},
        )
        if self.stopping.is_set() and not self._open:
            self._all_gone.set()

    # Looking after them

    def start(self) -> None:
        """Begin to look after those who are too slow or idle, on the running event loop."""
        limits = self._settings.limits
        every_s = min(_SWEEP_S, limits.slow_seconds / 5, limits.idle_seconds / 5)
        self._sweep = asyncio.get_running_loop().call_later(every_s, self._on_sweep, every_s)

    def _on_sweep(self, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(every_s, self._on_sweep, every_s)
        self._auth.refresh()
        self._weigh()
        limits, now_s, wall_s = self._settings.limits, loop.time(), time.time()
        for connection in list(self._open):
            if not self._auth.holds(connection.who):
                connection.close(4401, "log in again")
            elif connection.vanished:
                connection.abort("vanished")
            elif connection.stuck_for_s(now_s) >= limits.slow_seconds:
                connection.close(4408, "too slow")
            elif now_s - connection.heard_s >= limits.idle_seconds and not connection.session.busy:
                connection.close(4409, "idle")
            else:
                self._warn(connection, wall_s)

    def _warn(self, connection: Connection, wall_s: float) -> None:
        ends_s = connection.who.expires_s
        if ends_s is not None and not connection.warned and ends_s - wall_s <= WARN_S:
            connection.warned = True
            text = f"your key or token ends in {max(0, ends_s - wall_s):.0f} s, and then this connection: log in again"
            self._hub.refuse(connection.session, "login-ends", text)

    def _weigh(self) -> None:
        too_large = resident_bytes() > self._settings.limits.memory_bytes
        if too_large != self._too_large:
            log.warning("memory: %s", "too much is used; no new clients" if too_large else "there is room again")
        self._too_large = too_large

    async def stop(self, within_s: float) -> None:
        """Close every connection with 1012, which tells clients to come back; whoever doesn't answer in time is cut."""
        self.stopping.set()
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


def _no_memory() -> Refusal:
    return Refusal(503, "no-memory", "the server has as much in memory as it may; try again later")


def _turned_away(error: Refusal) -> web.Response:
    response = refusal(error.status, error.code, str(error))
    response.headers[hdrs.RETRY_AFTER] = str(RETRY_AFTER_S)
    return response


def _counted(code: int) -> int:
    """A close code as it is counted: clients may make up three thousand, which is no number of rows for anybody."""
    return code if code < 3_000 or code in CLOSE_CODES else 3_000
