"""Timers that run what the hub reports as due: beats, flushes, polls of slow consumers, heartbeats.

Beats lie on a grid of the event loop's clock, so that a late beat does not delay the next ones. Rates without clients
cost nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ticker.hub.hub import HEARTBEAT_STEPS, Hub
from ticker.server.core.histogram import Histogram

#: A flush that takes longer than this is followed by a pause of the same length.
BUSY_S = 0.001
#: Clients that were not ready and can't wait for a beat are polled at this interval.
POLL_S = 0.01
#: How often market time is published for a feed without watermarks.
WATERMARK_S = 0.25


class Metronome:
    """Timers on the event loop that ``start`` was called on. After ``stop`` none is left, and none is made.

    ``collect`` is called before each beat and publishes what the feed has due; ``attend`` gets the interval of these
    calls whenever it changes (0: events are flushed at once, without a beat). ``advance`` publishes market time, for a
    feed without watermarks of its own.
    """

    def __init__(
        self,
        hub: Hub,
        time_ns: Callable[[], int] = time.time_ns,
        *,
        collect: Callable[[], None] = lambda: None,
        attend: Callable[[float], None] = lambda _: None,
        advance: Callable[[], None] | None = None,
    ) -> None:
        self._hub = hub
        self._time_ns = time_ns
        self._collect = collect
        self._attend = attend
        self._advance = advance
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beats: dict[float, asyncio.TimerHandle] = {}
        self._flush: asyncio.Handle | None = None
        self._flush_from_s = 0.0
        self._poll: asyncio.TimerHandle | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._advancing: asyncio.TimerHandle | None = None
        self._interval_s = 0.0
        #: How long beats and flushes took, and how much later than planned beats and heartbeats began.
        self.beats, self.late = Histogram(), Histogram()
        self._heartbeat_step_s = hub.heartbeat_s / HEARTBEAT_STEPS

    def start(self) -> None:
        """Begin, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._heartbeat = self._loop.call_later(self._heartbeat_step_s, self._on_heartbeat)
        if self._advance is not None:
            self._advancing = self._loop.call_later(WATERMARK_S, self._on_advance, self._advance)
        self.check()

    def check(self) -> None:
        """Start timers for what the hub reports as due and that has none yet."""
        loop, hub = self._loop, self._hub
        if loop is None:
            return
        for rate_hz in hub.rates:
            if rate_hz not in self._beats:
                # The next point of the grid; one that is nearer than a tenth of a beat is the one just beaten.
                due_s = (int(loop.time() * rate_hz + 0.1) + 1) / rate_hz
                self._beats[rate_hz] = loop.call_at(due_s, self._on_beat, rate_hz, due_s)
        if self._poll is None and hub.waiting:
            self._poll = loop.call_later(POLL_S, self._on_poll)
        if hub.interval_s != self._interval_s:
            self._interval_s = hub.interval_s
            self._attend(self._interval_s)

    def flush_soon(self) -> None:
        """Flush at the end of this turn of the event loop, or after the pause that the last flush takes."""
        loop = self._loop
        if self._flush is None and loop is not None:
            soon = loop.time() >= self._flush_from_s
            self._flush = loop.call_soon(self._on_flush) if soon else loop.call_at(self._flush_from_s, self._on_flush)

    def stop(self) -> None:
        self._loop = None
        for handle in (*self._beats.values(), self._flush, self._poll, self._heartbeat, self._advancing):
            if handle is not None:
                handle.cancel()

    def _on_beat(self, rate_hz: float, due_s: float) -> None:
        del self._beats[rate_hz]
        if self._loop is not None:
            self.late.add(max(0.0, self._loop.time() - due_s))
        self._collect()
        began_s = time.perf_counter()
        try:
            self._hub.beat(rate_hz, self._time_ns())
        finally:
            self.beats.add(time.perf_counter() - began_s)
            self.check()

    def _on_flush(self) -> None:
        self._flush = None
        began_s = time.monotonic()
        try:
            self._hub.flush(self._time_ns())
        finally:
            took_s = time.monotonic() - began_s
            self.beats.add(took_s)
            # A long flush has many clients: if the next one waits as long, each gets more in a frame.
            self._flush_from_s = began_s + 2 * took_s if took_s > BUSY_S else 0.0
            self.check()

    def _on_poll(self) -> None:
        self._poll = None
        try:
            self._hub.poll(self._time_ns())
        finally:
            self.check()

    def _on_heartbeat(self) -> None:
        if self._loop is not None and self._heartbeat is not None:
            self.late.add(max(0.0, self._loop.time() - self._heartbeat.when()))
            self._heartbeat = self._loop.call_later(self._heartbeat_step_s, self._on_heartbeat)
        self._hub.heartbeat(self._time_ns())
        # Clients disconnect without a call of ``check``.
        self.check()

    def _on_advance(self, advance: Callable[[], None]) -> None:
        if self._loop is not None:
            self._advancing = self._loop.call_later(WATERMARK_S, self._on_advance, advance)
        advance()
