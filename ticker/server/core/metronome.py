"""The hub's clock: beats its lanes at their rates, flushes what goes out at once, polls laggards, sends heartbeats.

Beats lie on a grid of the loop's clock, so that a late one does not delay those after it. Rates without clients cost
nothing.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

from ticker.hub.hub import HEARTBEAT_STEPS, Hub
from ticker.hub.session import Session
from ticker.model import FeedEvent, Watermark
from ticker.server.core.histogram import Histogram
from ticker.server.core.market_clock import MarketClock
from ticker.wire.messages import Subscribe

#: A flush that takes longer than this is followed by a rest as long as itself.
BUSY_S = 0.001
#: How soon a client that was not ready is looked at again, where it can't wait for a beat.
POLL_S = 0.01
#: Turns of the loop by which a beat comes later than its timer: a feed whose timer ended with it hands over its ticks
#: in the next ones (a watermark takes one for itself), and they are in this beat and not in the one after.
_TURNS = 6
#: So often a feed that has no watermarks of its own gets some.
WATERMARK_S = 0.25


class Metronome:
    """Timers on the event loop that ``start`` was called on. After ``stop`` none is left, and none is made.

    With ``goes_on``, which tells whether the feed does, it says how far market time is, so that bars close although
    nothing trades. ``attend`` is told how often somebody looks, whenever that changes.
    """

    def __init__(
        self,
        hub: Hub,
        time_ns: Callable[[], int] = time.time_ns,
        *,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
        goes_on: Callable[[], bool] | None = None,
        attend: Callable[[float], None] | None = None,
    ) -> None:
        self._hub = hub
        self._time_ns = time_ns
        self._loop: asyncio.AbstractEventLoop | None = None
        self._beats: dict[float, asyncio.Handle] = {}
        self._flush: asyncio.Handle | None = None
        self._flush_from_s = 0.0
        self._poll: asyncio.TimerHandle | None = None
        self._heartbeat: asyncio.TimerHandle | None = None
        self._goes_on = goes_on
        self._market_time = MarketClock(time_ns, monotonic_ns)
        self._attend = attend
        self._interval_s = 0.0
        self._watermark: asyncio.TimerHandle | None = None
        #: What beats and flushes took, and how much later than planned beats and heartbeats came.
        self.beats, self.late = Histogram(), Histogram()
        self._heartbeat_step_s = hub.heartbeat_s / HEARTBEAT_STEPS

    def start(self) -> None:
        """Begin to keep time, on the running event loop."""
        self._loop = asyncio.get_running_loop()
        self._heartbeat = self._loop.call_later(self._heartbeat_step_s, self._on_heartbeat)
        self.check()
        if self._goes_on is not None:
            self._watermark = self._loop.call_later(WATERMARK_S, self._on_watermark, self._goes_on)

    def publish(self, event: FeedEvent) -> None:
        """Publish to the hub, and flush at the end of this turn of the loop if there is anybody to flush to."""
        loop = self._loop
        if self._hub.publish(event) and self._flush is None and loop is not None:
            soon = loop.time() >= self._flush_from_s
            self._flush = loop.call_soon(self._on_flush) if soon else loop.call_at(self._flush_from_s, self._on_flush)

    def receive(self, session: Session, raw: bytes | str) -> None:
        """Let a client's message in, and start the beats that it asks for."""
        self._hub.receive(session, raw, self._time_ns())
        self.check()

    def subscribe(self, session: Session, message: Subscribe) -> None:
        """Let a client watch what it asks for by another way than a message."""
        self._hub.obey(session, message, self._time_ns())
        self.check()

    def check(self) -> None:
        """Start what the hub needs and does not have: beats of a new rate, polling."""
        loop = self._loop
        if loop is None:
            return
        for rate_hz in self._hub.rates:
            if rate_hz not in self._beats:
                self._beats[rate_hz] = self._scheduled(loop, rate_hz)
        if self._poll is None and self._hub.waiting:
            self._poll = loop.call_later(POLL_S, self._on_poll)
        interval_s = self._hub.interval_s
        if interval_s != self._interval_s and self._attend is not None:
            self._interval_s = interval_s
            self._attend(interval_s)

    def stop(self) -> None:
        self._loop = None
        for handle in (*self._beats.values(), self._flush, self._poll, self._heartbeat, self._watermark):
            if handle is not None:
                handle.cancel()

    def _scheduled(self, loop: asyncio.AbstractEventLoop, rate_hz: float) -> asyncio.TimerHandle:
        # The next point of the grid; one that is nearer than a tenth of a beat is the one just beaten.
        due = (int(loop.time() * rate_hz + 0.1) + 1) / rate_hz
        return loop.call_at(due, self._on_beat, rate_hz, due, _TURNS)

    def _on_beat(self, rate_hz: float, due: float, turns: int) -> None:
        loop = self._loop
        if turns and loop is not None:
            if turns == _TURNS:
                self.late.add(max(0.0, loop.time() - due))
            self._beats[rate_hz] = loop.call_soon(self._on_beat, rate_hz, due, turns - 1)
            return
        del self._beats[rate_hz]
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
            # One that takes long has many to send to: each of them gets more in a frame if the next one waits as long.
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
        # Clients that leave tell nobody.
        self.check()

    def _on_watermark(self, goes_on: Callable[[], bool]) -> None:
        if self._loop is not None:
            self._watermark = self._loop.call_later(WATERMARK_S, self._on_watermark, goes_on)
        newest = self._hub.settle().newest(self._market_time.latest)
        ts = self._market_time.vouched(newest, goes_on=goes_on())
        if ts is not None:
            self.publish(Watermark(ts))
