"""One client's connection, whatever it speaks: the hub's way to this client.

Frames are written whole, and nothing waits: the hub asks first whether everything sent before has left. Nothing here
is made a client that could be shared: no task, no timer (but one while it closes), no buffer to read into.
"""

from __future__ import annotations

import asyncio
import logging
import os
import time
from abc import abstractmethod
from typing import ClassVar, Final, Protocol

from ticker.auth.identity import ANYONE, Identity
from ticker.hub.session import Session
from ticker.server.connections.tcp import acknowledged_within, unheard_s
from ticker.server.connections.token_bucket import Allowance, Verdict
from ticker.server.core.settings import Settings

log = logging.getLogger("ticker.server")

#: How long a client may take to answer a close.
CLOSE_S: Final = 1.0
#: What is read at most in one turn of the loop; all connections read into the same bytes, one after the other.
_ARRIVAL: Final = memoryview(bytearray(65_536))


class Owner(Protocol):
    """Whom a connection tells."""

    def received(self, connection: Connection, message: str | bytes) -> None: ...

    def flooded(self, connection: Connection) -> None:
        """A message more than the client may send; it is lost."""

    def lost(self, connection: Connection) -> None: ...


class Framer(Protocol):
    """Makes of a message what is written. One for all connections of a kind: it may keep the last."""

    def frame(self, payload: bytes) -> bytes: ...


class Connection(asyncio.BufferedProtocol):
    """The protocol of a transport whose handshake is done. After ``close`` frames to send are dropped."""

    __slots__ = (
        "_allowance",
        "_closing",
        "_fd",
        "_framer",
        "_full",
        "_loop",
        "_owner",
        "_settings",
        "_stuck_bytes",
        "_stuck_s",
        "_timer",
        "_transport",
        "_unread",
        "bytes",
        "code",
        "frames",
        "heard_s",
        "reason",
        "remote",
        "session",
        "since_s",
        "warned",
        "who",
    )

    #: What it speaks.
    kind: ClassVar[str]
    #: Set by the owner, as soon as there is one.
    session: Session

    def __init__(
        self,
        transport: asyncio.Transport,
        framer: Framer,
        settings: Settings,
        owner: Owner,
        remote: str | None,
        who: Identity = ANYONE,
    ) -> None:
        limits = settings.limits
        self._settings = settings
        self._loop = asyncio.get_running_loop()
        self._transport = transport
        self._framer = framer
        self._owner = owner
        #: When it was last heard of, by the loop's clock.
        self.heard_s = self._loop.time()
        self._allowance = Allowance(limits.messages_per_second, limits.messages_at_once, self.heard_s)
        self._timer: asyncio.TimerHandle | None = None
        #: Something that was sent has not left.
        self._full = False
        #: What waited, and since when no less does.
        self._stuck_bytes = 0
        self._stuck_s = 0.0
        self._closing = False
        #: The client doesn't read what it asked for; it isn't read from.
        self._unread = False
        self.frames = 0
        self.bytes = 0
        self.remote = remote
        self.who = who
        #: Whether it was told that its key or token ends.
        self.warned = False
        self.since_s = time.monotonic()
        #: Why it ended, for the log.
        self.reason = "connection lost"
        #: What it was closed with; 1006 stands for no close.
        self.code = 1006
        # Where nothing is encrypted on the way, and a socket is a file.
        plain = os.name == "posix" and transport.get_extra_info("sslcontext") is None
        found = transport.get_extra_info("socket") if plain else None
        self._fd: int | None = None if found is None else found.fileno()

    def begin(self, head: bytes, tail: bytes) -> None:
        """Take the transport over, with the handshake's answer, and what the client sent without waiting for it."""
        transport = self._transport
        transport.set_protocol(self)
        # Told when something has to wait, and when nothing has to any more.
        # (Those of TLS count a buffer of the very size as too much, those without as still enough.)
        transport.set_write_buffer_limits(high=0 if self._fd is not None else 1, low=0)
        transport.write(head)
        if tail:
            self._loop.call_soon(self._came, tail)

    # What a kind of connection has of its own

    @abstractmethod
    def _farewell(self, code: int, reason: str) -> bytes:
        """What tells the client that, and why, it ends."""

    @abstractmethod
    def _came(self, data: bytes | memoryview) -> None:
        """The client sent something."""

    def _resumed(self) -> None:
        """It is read from again: here is what it has sent before."""

    # The hub's side: an Outlet

    def ready(self) -> bool:
        # What the kernel took counts as gone; its buffer is kept small (see Settings.send_buffer_bytes).
        return not self._full

    def offer(self, payload: bytes) -> bool:
        if self._full:
            return False
        if not self._closing:
            self._write(self._framer.frame(payload))
        return True

    def send(self, payload: bytes) -> None:
        if not self._closing:
            self._write(self._framer.frame(payload))

    def _write(self, frame: bytes) -> None:
        size = len(frame)
        self.frames += 1
        self.bytes += size
        if self._fd is not None and not self._full:
            # Straight to the kernel: with an empty buffer that is all that the transport would do, in twice the time.
            # The descriptor is the transport's until ``connection_lost``, and then we are closing.
            try:
                sent = os.write(self._fd, frame)
            except OSError:
                sent = 0  # it is full, or broken: the transport finds out which, and knows what to do then
            if sent == size:
                return
            frame = frame[sent:]
        self._transport.write(frame)

    @property
    def backlog_bytes(self) -> int:
        """What was sent and has not left."""
        return self._transport.get_write_buffer_size()

    def stuck_for_s(self, now_s: float) -> float:
        """For how long nothing of what waits has left; to be asked now and then, with the loop's time."""
        if not self._full:
            return 0.0
        waits = self.backlog_bytes
        if waits < self._stuck_bytes:
            self._stuck_s = now_s
        self._stuck_bytes = waits
        return now_s - self._stuck_s

    @property
    def vanished(self) -> bool:
        """Whether its machine has been silent for too long while something waited. Else the kernel finds out."""
        return self._full and unheard_s(self._transport) > self._settings.dead_after_s

    def close(self, code: int, reason: str = "") -> None:
        """Say so to the client, and hang up when it has answered, or hasn't for ``CLOSE_S``."""
        if self._closing:
            return
        self.code = code
        self.reason = f"closed by the server with {code}{f' ({reason})' if reason else ''}"
        self._finish(self._farewell(code, reason))

    def abort(self, reason: str) -> None:
        """Hang up."""
        self.reason = reason
        self._closing = True
        self._transport.abort()

    def _finish(self, frame: bytes) -> None:
        self._closing = True
        self._transport.write(frame)
        self._timer = self._loop.call_later(CLOSE_S, self._transport.abort)
        self._transport.resume_reading()

    def _allowed(self, size: int) -> Verdict:
        """Whether the client may say something more just now, of ``size`` bytes."""
        self.heard_s = self._loop.time()
        verdict = self._allowance.take(self.heard_s, size)
        if verdict is Verdict.ENOUGH:
            self.close(4429, "too many messages")
        return verdict

    # The transport's side

    def get_buffer(self, _sizehint: int) -> memoryview:
        return _ARRIVAL

    def buffer_updated(self, nbytes: int) -> None:
        self._came(_ARRIVAL[:nbytes])

    def eof_received(self) -> bool | None:
        # The transport closes itself now.
        self._closing = True
        return None

    def pause_writing(self) -> None:
        self._full = True
        self._stuck_bytes, self._stuck_s = 0, self._loop.time()
        # To the kernel one that doesn't read is as dead as one that vanished; we tell them apart.
        acknowledged_within(self._transport, self._settings.limits.slow_seconds + 2 * self._settings.dead_after_s)

    def resume_writing(self) -> None:
        self._full = False
        acknowledged_within(self._transport, self._settings.dead_after_s)
        if self._unread:
            self._unread = False
            self._transport.resume_reading()
            # Not from within the transport's own writing.
            self._loop.call_soon(self._resumed)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._closing = True
        if self._timer is not None:
            self._timer.cancel()
        self._owner.lost(self)
