"""A client's connection, whatever its transport: the hub's outlet to this client.

Frames are written whole and nothing waits: the hub first asks whether everything sent before has left. To keep memory
per client small, a connection owns no task, no timer except while closing, and no read buffer.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from abc import abstractmethod
from typing import ClassVar, Final, Protocol

from aiohttp import web

from ticker.fanout.subscription import Position
from ticker.hub.session import Session
from ticker.server.connections.budgets import BYTES_PER_TOKEN, Budget
from ticker.server.connections.tcp import set_user_timeout, unacknowledged_s
from ticker.server.core.requests import IDENTITY
from ticker.server.core.settings import Settings
from ticker.server.core.turns import Turns

log = logging.getLogger("ticker.server")

#: How long a client may take to answer a close.
CLOSE_S: Final = 1.0
#: Reading or writing these takes as long as a ping. Budgets count coarser, for clients with ten thousand symbols.
BYTES_PER_TURN_TOKEN: Final = 512
#: All connections read into this buffer, one after the other.
_READ_BUFFER: Final = memoryview(bytearray(65_536))


class ConnectionOwner(Protocol):
    """What a connection reports to. A protocol because the registry, which implements it, imports this module."""

    settings: Settings
    #: What messages of all connections wait in.
    turns: Turns

    def received(self, connection: Connection, message: str | bytes) -> None: ...

    def rate_limited(self, connection: Connection) -> None:
        """A message exceeded the client's rate and was dropped."""

    def lost(self, connection: Connection) -> None: ...


class Framer(Protocol):
    """Turns a payload into the bytes on the wire. Shared by connections, so it may keep the last result."""

    def frame(self, payload: bytes, position: Position | None = None) -> bytes: ...


class Connection(asyncio.BufferedProtocol):
    """An asyncio protocol for a transport whose handshake is done. After ``close`` it drops what is sent."""

    # fmt: off
    __slots__ = (
        "_answered", "_closing", "_fd", "_framer", "_full", "_loop", "_owner", "_reading_paused", "_settings",
        "_stuck_bytes", "_stuck_s", "_timer", "_transport", "_waits", "budget", "bytes", "code", "expiry_warned",
        "frames", "heard_s", "identity", "is_logged", "reason", "remote", "session", "since_s",
    )
    # fmt: on

    #: The transport's name in logs, metrics and ``/v1/clients``.
    kind: ClassVar[str]
    #: Set by the owner once the hub has created it.
    session: Session

    def __init__(
        self, transport: asyncio.Transport, framer: Framer, owner: ConnectionOwner, request: web.Request, budget: Budget
    ) -> None:
        """Only ``request``'s client is kept, not the request."""
        self._settings = owner.settings
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._framer = framer
        self._owner = owner
        #: When the client last sent something, in the event loop's time.
        self.heard_s = self._loop.time()
        self.budget = budget
        #: The size of what was sent to this client alone.
        self._answered = 0
        self._timer: asyncio.TimerHandle | None = None
        #: Whether sent data waits in the transport's buffer; how much, and since when it hasn't shrunk.
        self._full = False
        self._stuck_bytes = 0
        self._stuck_s = 0.0
        self._closing = False
        #: Whether reading is paused because the client doesn't read its answers.
        self._reading_paused = False
        #: Whether messages wait for a turn. Reading is paused for that time, too.
        self._waits = False
        self.frames = 0
        self.bytes = 0
        self.remote = request.remote
        self.identity = request[IDENTITY]
        #: Whether the client was told that its key or token is about to expire.
        self.expiry_warned = False
        self.since_s = time.monotonic()
        #: Whether the log tells when the connection begins and ends.
        self.is_logged = True
        #: Why the connection ended, for the log, and its close code. 1006: no close frame.
        self.reason = "connection lost"
        self.code = 1006
        # Without TLS on POSIX the socket's descriptor can be written to directly.
        plain = os.name == "posix" and transport.get_extra_info("sslcontext") is None
        found = transport.get_extra_info("socket") if plain else None
        self._fd: int | None = None if found is None else found.fileno()

    def begin(self, head: bytes, tail: bytes) -> None:
        """Take the transport over: send the response's head, and read what the client sent after its request."""
        transport = self._transport
        transport.set_protocol(self)
        # Call pause_writing as soon as anything waits, and resume_writing when nothing does. TLS transports count a
        # buffer of exactly ``high`` as full, plain ones don't.
        transport.set_write_buffer_limits(high=0 if self._fd is not None else 1, low=0)
        transport.write(head)
        if tail:
            self._loop.call_soon(self._data_received, tail)

    # What each transport implements

    @abstractmethod
    def _close_message(self, code: int, reason: str) -> bytes:
        """The bytes that tell the client why the connection ends."""

    @abstractmethod
    def _data_received(self, data: bytes | memoryview) -> None: ...

    def _reading_resumed(self) -> None:
        """Process data received before reading was paused because of unread answers, and read on."""
        self._transport.resume_reading()

    # The hub's side: an Outlet

    def ready(self) -> bool:
        # Data in the kernel's buffer counts as sent; Settings.send_buffer_bytes keeps that small.
        return not self._full

    def offer(self, payload: bytes, position: Position) -> bool:
        if self._full:
            return False
        if not self._closing:
            self._write(self._framer.frame(payload, position))
        return True

    def send(self, payload: bytes, position: Position | None = None) -> None:
        if not self._closing:
            self._answered += len(payload)
            self._write(self._framer.frame(payload, position))

    def _write(self, frame: bytes) -> None:
        """Write a frame to the socket."""
        size = len(frame)
        self.frames += 1
        self.bytes += size
        if self._fd is not None and not self._full:
            # With an empty buffer the transport would do just this, in twice the time. The transport owns the
            # descriptor until ``connection_lost``, after which ``_closing`` is set.
            try:
                sent = os.write(self._fd, frame)
            except BlockingIOError:
                sent = 0
            except OSError:
                self.abort(self.reason)
                return
            if sent == size:
                return
            frame = frame[sent:]
        self._pass_on(frame)

    def _pass_on(self, data: bytes) -> None:
        """Give data to the transport. After a failed write, each further one would make asyncio log a line."""
        if self._transport.is_closing():
            self._closing = True
        else:
            self._transport.write(data)

    @property
    def backlog_bytes(self) -> int:
        """Bytes sent that wait in the transport's buffer."""
        return self._transport.get_write_buffer_size()

    def stuck_for_s(self, now_s: float) -> float:
        """How long the backlog hasn't shrunk. To be called every few seconds with the event loop's time."""
        if not self._full:
            return 0.0
        backlog = self.backlog_bytes
        if backlog < self._stuck_bytes:
            self._stuck_s = now_s
        self._stuck_bytes = backlog
        return now_s - self._stuck_s

    @property
    def vanished(self) -> bool:
        """Whether the peer stopped acknowledging data. While nothing waits to be sent, the kernel detects that."""
        return self._full and unacknowledged_s(self._transport) > self._settings.dead_after_s

    def close(self, code: int, reason: str = "") -> None:
        """Tell the client, and disconnect when it has answered or after ``CLOSE_S``."""
        if self._closing:
            return
        self.code = code
        self.reason = f"closed by the server with {code}{f' ({reason})' if reason else ''}"
        self._finish(self._close_message(code, reason))

    def abort(self, reason: str) -> None:
        """Disconnect at once."""
        self.reason = reason
        self._closing = True
        self._transport.abort()

    def _finish(self, frame: bytes) -> None:
        self._closing = True
        self._pass_on(frame)
        self._timer = self._loop.call_later(CLOSE_S, self._transport.abort)
        if not self._waits:
            self._transport.resume_reading()

    def _pay(self, cost: int, *, report: bool = True) -> bool:
        """Pay for a message. False: drop it. Clients that continue despite the error are closed."""
        self.heard_s = self._loop.time()
        if self.budget.take(self.heard_s, cost):
            return True
        if not self.budget.overdraw():
            self.close(4429, "too many messages")
        elif report:
            self._owner.rate_limited(self)
        return False

    def _answer(self, message: str | bytes) -> float:
        """Have a message answered, and pay for the answer. Returns what both take of a turn, in tokens."""
        before = self._answered
        self._owner.received(self, message)
        answered = self._answered - before
        if answered >= BYTES_PER_TOKEN:
            self.budget.spend(self.heard_s, answered // BYTES_PER_TOKEN)
        return (len(message) + answered) / BYTES_PER_TURN_TOKEN

    # The transport's side

    def get_buffer(self, _sizehint: int) -> memoryview:
        return _READ_BUFFER

    def buffer_updated(self, nbytes: int) -> None:
        self._data_received(_READ_BUFFER[:nbytes])

    def eof_received(self) -> bool | None:
        # The transport closes itself now.
        self._closing = True
        return None

    def pause_writing(self) -> None:
        self._full = True
        self._stuck_bytes, self._stuck_s = 0, self._loop.time()
        # The kernel can't tell a client that stopped reading from one that vanished: give it time for the former.
        set_user_timeout(self._transport, self._settings.limits.slow_seconds + 2 * self._settings.dead_after_s)

    def resume_writing(self) -> None:
        self._full = False
        set_user_timeout(self._transport, self._settings.dead_after_s)
        if self._reading_paused:
            self._reading_paused = False
            self._reading_resumed()

    def connection_lost(self, _exc: Exception | None) -> None:
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._owner.lost(self)
