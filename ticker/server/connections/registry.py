"""The registry of open connections: admits them, closes slow, idle and expired ones, and closes all on shutdown."""

from __future__ import annotations

import asyncio
import logging
import time
from collections import Counter
from typing import TypeVar

from aiohttp import web

from ticker.auth.authenticator import Authenticator
from ticker.auth.identity import Identity
from ticker.hub.hub import Hub
from ticker.server.connections.admission import Admission, refused
from ticker.server.connections.budgets import Budgets
from ticker.server.connections.connection import Connection, Framer
from ticker.server.connections.memory import resident_bytes
from ticker.server.connections.poll_client import PollClient
from ticker.server.connections.takeover import take_over_transport
from ticker.server.connections.tcp import configure_tcp
from ticker.server.core.address import share_of
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.line_limit import LineLimit
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import HttpError
from ticker.server.core.settings import Settings
from ticker.server.core.turns import Turns
from ticker.wire.codes import CLOSE_CODES

log = logging.getLogger("ticker.server")
C = TypeVar("C", bound=Connection)

#: RFC 6455, section 7.4.1, and its registry: "service restart", after which clients reconnect.
_RESTART = 1012
#: How often connections are checked; more often with shorter limits.
SWEEP_S = 2.0
#: How long before its key or token expires a client is warned.
WARN_S = 60.0
#: Connections of which the log tells the begin and the end: at once, and per second in the long run.
LOGGED_AT_ONCE = 1_000
LOGGED_PER_SECOND = 10.0
#: How often the log tells the number of the others.
LEFT_OUT_S = 10.0


class ConnectionRegistry:
    """The open connections of all transports."""

    def __init__(self, hub: Hub, dispatcher: Dispatcher, settings: Settings, auth: Authenticator) -> None:
        self._hub = hub
        self._dispatcher = dispatcher
        self.settings = settings
        self._auth = auth
        self._admission = Admission(settings.limits)
        self.budgets = Budgets(settings.limits)
        self.turns = Turns()
        self._sweep: asyncio.TimerHandle | None = None
        self.open: set[Connection] = set()
        self._out_of_memory = False
        #: Clients whose long poll is waiting.
        self.polls: set[PollClient] = set()
        #: Whether the server is stopping.
        self.stopping = False
        self._all_closed = asyncio.Event()
        #: Ended connections by close code, and what they sent. All codes that clients invent are counted as 3000.
        self.closes: Counter[int] = Counter()
        self._ended_frames = self._ended_bytes = 0
        self._lines = LineLimit(LOGGED_PER_SECOND, LOGGED_AT_ONCE)
        self._left_out_from_s = 0.0

    @property
    def sent_frames(self) -> int:
        """Frames sent, also on connections that have ended."""
        return self._ended_frames + sum(connection.frames for connection in self.open)

    @property
    def sent_bytes(self) -> int:
        """Bytes of these frames."""
        return self._ended_bytes + sum(connection.bytes for connection in self.open)

    def problems(self) -> list[str]:
        return ["memory: the limit is reached; new clients are refused"] if self._out_of_memory else []

    def admit(self, request: web.Request) -> None:
        """Count a request as a connection until ``release``. Raises ``HttpError`` if it is refused."""
        if self.stopping:
            raise refused(503, "stopping", "the server is stopping; try again")
        self.check_memory()
        self._admission.enter(request.remote, request[IDENTITY])

    def check_memory(self) -> None:
        """Raises ``HttpError`` while the server has reached its memory limit. For requests with large responses."""
        if self._out_of_memory:
            raise refused(503, "no-memory", "the server has reached its memory limit; try again later")

    def release(self, remote: str | None, identity: Identity) -> None:
        self._admission.leave(remote, identity)

    def take_over(self, request: web.Request, kind: type[C], framer: Framer, head: bytes, encoding: str) -> C | None:
        """Turn a request's connection into a client's, which starts with ``head``. None: the client has disconnected.

        In either case the handler must return ``unsent_response()``. Raises ``HttpError`` if the client is refused.
        No data is read before the event loop's next turn, so the handler may set attributes of the connection.
        """
        self.admit(request)
        identity, now_s = request[IDENTITY], asyncio.get_running_loop().time()
        try:
            budget = self.budgets.connect(now_s, request.remote, identity)
        except HttpError:
            self.release(request.remote, identity)
            raise
        taken = take_over_transport(request)
        if taken is None:
            self.release(request.remote, identity)
            self.budgets.disconnect(now_s, budget)
            return None
        transport, tail = taken
        settings = self.settings
        configure_tcp(transport, send_buffer_bytes=settings.send_buffer_bytes, dead_after_s=settings.dead_after_s)
        connection = kind(transport, framer, self, request, budget)
        connection.begin(head, tail)
        self.open.add(connection)
        source = identity.owner or share_of(request.remote)
        session = self._hub.attach(connection, encoding, identity.may, identity.name, identity.owner, source)
        connection.session = session
        connection.is_logged = self._lines.allows()
        if connection.is_logged:
            name = f" as {identity.name}" if identity.name else ""
            log.info(
                "client %s: connected from %s%s, %s, %s",
                *(session.id, request.remote, name, connection.kind, encoding),
                extra={"client": session.id},
            )
        return connection

    # A ConnectionOwner

    def received(self, connection: Connection, message: str | bytes) -> None:
        self._dispatcher.receive(connection.session, message)

    def rate_limited(self, connection: Connection) -> None:
        limits = self.settings.limits
        text = f"at most {limits.messages_per_second} messages per second, in bursts of {limits.messages_at_once}"
        self._hub.refuse(connection.session, "too-many-messages", text)

    def lost(self, connection: Connection) -> None:
        session = connection.session
        self.open.discard(connection)
        self.release(connection.remote, connection.identity)
        self.budgets.disconnect(asyncio.get_running_loop().time(), connection.budget)
        code = connection.code
        # Clients may invent 3,000 codes: too many to count one by one.
        self.closes[code if code < 3_000 or code in CLOSE_CODES else 3_000] += 1
        self._ended_frames += connection.frames
        self._ended_bytes += connection.bytes
        subscriptions = f"{len(session)} subscription{'' if len(session) == 1 else 's'}"
        self._dispatcher.detach(session)
        if connection.is_logged:
            reason = "the server stops" if self.stopping else connection.reason
            log.info(
                "client %s: %s; from %s after %.1f s, %s, %d frames, %d bytes",
                *(session.id, reason, connection.remote, time.monotonic() - connection.since_s),
                *(subscriptions, connection.frames, connection.bytes),
                extra={"client": session.id},
            )
        if self.stopping and not self.open:
            self._all_closed.set()

    # Checks, and shutdown

    def start(self) -> None:
        """Start checking connections, on the running event loop."""
        limits = self.settings.limits
        every_s = min(SWEEP_S, limits.slow_seconds / 5, limits.idle_seconds / 5)
        self._sweep = asyncio.get_running_loop().call_later(every_s, self._on_sweep, every_s)

    def _on_sweep(self, every_s: float) -> None:
        loop = asyncio.get_running_loop()
        self._sweep = loop.call_later(every_s, self._on_sweep, every_s)
        self._auth.refresh()
        self.measure_memory()
        self._log_left_out(loop.time())
        self.budgets.forget_refilled(loop.time())
        limits, now_s, wall_s = self.settings.limits, loop.time(), time.time()
        for connection in list(self.open):
            if not self._auth.holds(connection.identity):
                connection.close(4401, "log in again")
            elif connection.vanished:
                connection.abort("vanished")
            elif connection.stuck_for_s(now_s) >= limits.slow_seconds:
                connection.close(4408, "too slow")
            elif now_s - connection.heard_s >= limits.idle_seconds and not connection.session.busy:
                connection.close(4409, "idle")
            else:
                self._warn_of_expiry(connection, wall_s)
        for client in self.polls:
            if not self._auth.holds(client.identity):
                client.revoked = True
                client.changed.set()

    def _log_left_out(self, now_s: float) -> None:
        if now_s >= self._left_out_from_s and (count := self._lines.left_out()):
            self._left_out_from_s = now_s + LEFT_OUT_S
            log.warning("%d more clients connected; only %g a second are logged", count, LOGGED_PER_SECOND)

    def _warn_of_expiry(self, connection: Connection, wall_s: float) -> None:
        expires_s = connection.identity.expires_s
        if expires_s is not None and not connection.expiry_warned and expires_s - wall_s <= WARN_S:
            connection.expiry_warned = True
            text = f"your key or token expires in {max(0, expires_s - wall_s):.0f} s; then this connection is closed"
            self._hub.refuse(connection.session, "login-ends", text)

    def measure_memory(self) -> None:
        exceeded = resident_bytes() > self.settings.limits.memory_bytes
        if exceeded != self._out_of_memory:
            state = "the limit is reached; new clients are refused" if exceeded else "below the limit again"
            log.warning("memory: %s", state)
        self._out_of_memory = exceeded

    async def stop(self, within_s: float) -> None:
        """Close every connection with 1012. Clients that don't answer in time are disconnected."""
        self.stopping = True
        for client in self.polls:
            client.changed.set()
        if self._sweep is not None:
            self._sweep.cancel()
        for connection in list(self.open):
            connection.close(_RESTART, "the server restarts")
        if self.open:
            try:
                async with asyncio.timeout(within_s):
                    await self._all_closed.wait()
            except TimeoutError:
                for connection in list(self.open):
                    connection.abort("the server stops")
                # Transports report that in the next turn of the event loop.
                await asyncio.sleep(0)
