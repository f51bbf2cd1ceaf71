"""Timers that run what the hub reports as due: beats, flushes, polls of slow consumers, heartbeats.

Beats lie on a grid of the event loop's clock, so that a late beat does not delay the next ones. Rates without clients
have no timer.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Final

from ticker.hub.hub import HEARTBEAT_STEPS, Hub
from ticker.server.core.histogram import Histogram

#: A flush that takes longer than this is followed by a pause of the same length.
BUSY_S: Final = 0.001
#: How often clients that were not ready and can't wait for a beat are polled.
POLL_S: Final = 0.01
#: How often market time is published for a feed without watermarks.
WATERMARK_S = 0.25


class Metronome:
    """Timers on the event loop that ``start`` was called on, until ``stop``.

    ``collect`` is called before each beat, and publishes the events that the feed has due. ``attend`` gets the interval
    of these calls whenever it changes; 0 means that events are flushed without a beat. ``advance`` publishes market
    time, for a feed without watermarks of its own.
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
        #: The timers by what they call: ``check`` starts those that are needed and missing. Beats are keyed by rate.
        self._timers: dict[object, asyncio.Handle] = {}
        self._flush_from_s = 0.0
        self._interval_s = 0.0
        #: How long beats and flushes took, with collecting, and how late beats and heartbeats were.
        self.beats, self.late = Histogram(), Histogram()
        self._heartbeat_step_s = hub.heartbeat_s / HEARTBEAT_STEPS

    def start(self) -> None:
        """Start on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._restart_heartbeat(self._loop)
        if self._advance is not None:
            self._timers["advance"] = self._loop.call_later(WATERMARK_S, self._on_advance, self._advance)
        self.check()

    def check(self) -> None:
        """Start the timers that the hub needs and that are not running."""
        loop, hub, timers = self._loop, self._hub, self._timers
        if loop is None:
            return
        for rate_hz in hub.rates:
            if rate_hz not in timers:
                # The next point of the grid. A point nearer than a tenth of a beat has just had its beat.
                due_s = (int(loop.time() * rate_hz + 0.1) + 1) / rate_hz
                timers[rate_hz] = loop.call_at(due_s, self._on_beat, rate_hz, due_s)
        if "poll" not in timers and hub.waiting:
            timers["poll"] = loop.call_later(POLL_S, self._on_poll)
        if hub.interval_s != self._interval_s:
            self._interval_s = hub.interval_s
            self._attend(self._interval_s)

    def flush_soon(self) -> None:
        """Flush at the end of this turn of the event loop, or after the pause that a long flush is followed by."""
        loop = self._loop
        if "flush" not in self._timers and loop is not None:
            soon = loop.time() >= self._flush_from_s
            self._timers["flush"] = (
                loop.call_soon(self._on_flush) if soon else loop.call_at(self._flush_from_s, self._on_flush)
            )

    def stop(self) -> None:
        self._loop = None
        for handle in self._timers.values():
            handle.cancel()

    def _on_beat(self, rate_hz: float, due_s: float) -> None:
        del self._timers[rate_hz]
        if self._loop is not None:
            self.late.add(max(0.0, self._loop.time() - due_s))
        began_s = time.perf_counter()
        try:
            self._collect()
            self._hub.beat(rate_hz, self._time_ns())
        finally:
            self.beats.add(time.perf_counter() - began_s)
            self.check()

    def _on_flush(self) -> None:
        del self._timers["flush"]
        began_s = time.monotonic()
        try:
            self._hub.flush(self._time_ns())
        finally:
            took_s = time.monotonic() - began_s
            self.beats.add(took_s)
            # A long flush has many clients. If the next one waits as long, each gets more in one frame.
            self._flush_from_s = began_s + 2 * took_s if took_s > BUSY_S else 0.0
            self.check()

    def _on_poll(self) -> None:
        del self._timers["poll"]
        try:
            self._hub.poll(self._time_ns())
        finally:
            self.check()

    def _restart_heartbeat(self, loop: asyncio.AbstractEventLoop) -> None:
        due_s = loop.time() + self._heartbeat_step_s
        self._timers["heartbeat"] = loop.call_at(due_s, self._on_heartbeat, due_s)

    def _on_heartbeat(self, due_s: float) -> None:
        if self._loop is not None:
            self.late.add(max(0.0, self._loop.time() - due_s))
            self._restart_heartbeat(self._loop)
        self._hub.heartbeat(self._time_ns())
        # Nothing calls ``check`` when a poll ends.
        self.check()

    def _on_advance(self, advance: Callable[[], None]) -> None:
        if self._loop is not None:
            self._timers["advance"] = self._loop.call_later(WATERMARK_S, self._on_advance, advance)
        advance()
