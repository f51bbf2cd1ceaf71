"""Delivers recorded or simulated events when they are due by their timestamps, at a chosen speed.

``schedule`` computes what is due when; this module waits, and handles what ends a wait early.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Final

from feeds.pacing.clock import SYSTEM_CLOCK, Clock, Wake
from feeds.pacing.lateness import LateWarning
from feeds.pacing.schedule import SLACK_S, Schedule
from feeds.pacing.slicer import MAX_SLICE, Slicer, WholeEvent
from feeds.pacing.watermarks import Watermarks
from ticker.model import BarBatch, FeedEvent, Restart, TickBatch, Watermark

log = logging.getLogger(__name__)

#: A sleep or a hand-over that takes longer than this means a suspended machine or a stopped process. Its time does not
#: count: catching up would publish hours of ticks in one burst.
STALL_S: Final = 10.0
#: The maximum of events, and about of ticks, that are read ahead while events are collected.
AHEAD_EVENTS: Final = 64
AHEAD_TICKS: Final = 4 * MAX_SLICE


@dataclass(frozen=True, slots=True)
class Timed:
    """An event that is due at ``ts`` (ns, market time), and not cut.

    Watermarks up to ``first`` may come before it (default: ``ts``).
    """

    ts: int
    event: FeedEvent
    first: int | None = None


class Pacer:
    """Cuts an event stream into slices and yields each when its ticks are due. One stream at a time.

    ``speed`` is in market seconds per second: 1 is real time, 60 plays an hour in a minute, 0 is as fast as the
    consumer takes it. Raises ``ValueError`` for a speed that is negative or not finite. Gaps between events longer than
    ``max_gap_ns`` are shortened to it. ``pace_text`` describes the pace in the warning (default: the speed). Methods
    must be called in the event loop's thread, and return at once.
    """

    def __init__(
        self,
        speed: float,
        clock: Clock = SYSTEM_CLOCK,
        *,
        pace_text: str = "",
        max_gap_ns: int | None = None,
    ) -> None:
        self._speed = _checked(speed)
        #: How long due events may wait for ``collect``.
        self._attended_s = 0.0
        #: Events read from the source and not delivered yet.
        self._queue: deque[Slicer | WholeEvent] = deque()
        self._asleep_until_s = math.inf
        #: The lateness of the last slice's first tick in seconds. Up to about 3 ms come from the quantum and the timer;
        #: more means that the source or the consumer is too slow. Always 0 at speed 0.
        self.behind_s = 0.0
        #: Whether ``interrupt`` ended the latest ``pace``, or will end the current one.
        self.interrupted = False
        self._clock = clock
        self._pace_text = pace_text
        self._max_gap_ns = max_gap_ns
        self._wake = Wake()
        self._paused_at: float | None = None
        self._excluded_s = 0.0
        #: Set while it waits for a resume or a step.
        self.holding = asyncio.Event()
        #: While paused: the number of timestamps that may still pass, and the last one that passed.
        self._steps = 0
        self._allowed = -1
        #: The highest timestamp delivered in the current run.
        self._passed = -1
        self._begin(None)

    def place(self, stamp: int) -> None:
        """Set market time to ``stamp``. To be called between two ``pace``."""
        self._begin(stamp)

    def _begin(self, start: int | None) -> None:
        self._schedule = Schedule(self._speed, self._max_gap_ns)
        self._watermarks = Watermarks()
        self._allowed = self._passed = -1
        self._lateness = LateWarning(self._pace_text or f"speed {self._speed:g}")
        if start is not None:
            self._schedule.place(start, self._now())
            self._watermarks.start(start)

    # The controls

    @property
    def speed(self) -> float:
        return self._speed

    def set_speed(self, speed: float) -> None:
        """Change the speed; market time makes no jump. Raises ``ValueError`` as the constructor does."""
        self._speed = _checked(speed)
        self._schedule.set_speed(speed, self.position, self._now())
        self._lateness = LateWarning(self._pace_text or f"speed {speed:g}")
        self._wake.set()

    @property
    def paused(self) -> bool:
        return self._paused_at is not None

    def pause(self) -> None:
        """Hold all events back. The time until ``resume()`` does not count."""
        if self._paused_at is None:
            self._paused_at = self._clock.monotonic()
            self._steps, self._allowed = 0, -1
            self._wake.set()

    def resume(self) -> None:
        """Continue; every deadline is later by the length of the pause."""
        if self._paused_at is not None:
            self._excluded_s += self._clock.monotonic() - self._paused_at
            self._paused_at = None
            self._wake.set()

    def attend(self, every_s: float) -> None:
        """``collect`` is called every ``every_s`` seconds: yield only what is not collected by then. 0: yield all."""
        self._attended_s = every_s
        self._wake.set()

    def step(self, count: int = 1) -> None:
        """Pause, and let the events of the next ``count`` timestamps pass at once."""
        self.pause()
        self._steps += count
        self.holding.clear()
        self._wake.set()

    def interrupt(self, *, drop_steps: bool = True) -> None:
        """End the current ``pace`` before its next event, also if it is waiting."""
        self.interrupted = True
        if drop_steps:
            self._steps = 0
        self._wake.set()

    @property
    def position(self) -> int:
        """Market time (ns): everything up to it is delivered. It advances while the next event waits."""
        reached = self._schedule.reached
        following = self._queue[0].next_stamp if self._queue else None
        return reached if following is None else max(reached, min(self._schedule.market(self._now()), following - 1))

    # The stream

    async def pace(
        self, events: AsyncIterator[FeedEvent | Timed], start: int | None = None
    ) -> AsyncGenerator[FeedEvent, None]:
        """Yield all ``events`` once and in order, each slice of a batch when it is due.

        Market time begins at ``start``; without it, the first tick is due at once. So is the first tick after a
        ``Restart``, whose timestamps may start anywhere. Trades and quotes are cut at the same timestamp. A timestamp
        lower than an earlier one is due at once. Bars are due at their start or, closed, at their end; a ``Timed``
        event at its ``ts``; other events and empty batches as soon as everything before them is out. A batch with a
        ``version`` of its own is not cut, and is due with its last tick.

        Watermarks are added as market time passes, also while there are no events (see ``watermarks``). A feed that
        uses this sets ``info.watermarks``.

        Overload: nothing is skipped or queued. Late ticks go out at once, in slices of at most ``MAX_SLICE``, until
        the deadlines are met again; ``behind_s`` and a rate-limited warning report it. But a sleep or a hand-over to
        the consumer that takes ``STALL_S`` longer than it should counts as a pause.

        ``events`` must have its events at hand: while ``attend`` is in force it is read one interval ahead. It is
        closed at the end, also when this generator is closed early.
        """
        self.interrupted = False
        self._begin(start)
        self.behind_s = 0.0
        source, is_over = aiter(events), False
        try:
            while True:
                while not is_over and self._lacks_events():
                    item = await anext(source, None)
                    is_over = item is None
                    if item is not None:
                        self._add(_part(item))
                if not self._queue or not await self._until_due():
                    return
                now_s = self._now()
                event = self._next_event(now_s) if self._queue else None
                if event is not None:
                    yield event
                    self._exclude_stall(self._now() - now_s)
        finally:
            self.behind_s = 0.0
            self._queue.clear()
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    def collect(self) -> Iterator[FeedEvent]:
        """The events that are due and not yielded yet; ``pace`` continues after them. Must be consumed at once.

        It is empty while paused and at speed 0.
        """
        self._exclude_stall(self._now() - self._asleep_until_s)
        now_s = self._now()
        while self._queue and self._speed and not (self.paused or self.interrupted):
            event = self._next_event(now_s)
            if event is None:
                break
            yield event
        if self._lacks_events():
            self._wake.set()

    async def rest(self, seconds: float) -> bool:
        """Wait for ``seconds``, and for the end of a pause or a step. False if interrupted."""
        await self._clock.sleep(0)
        end_s = self._now() + seconds
        while await self._held() and not self.paused and (left_s := end_s - self._now()) > 0:
            self._wake.clear()
            await self._clock.sleep(left_s, self._wake)
        return not self.interrupted

    def _add(self, part: Slicer | WholeEvent) -> None:
        if not self._queue and part.next_stamp is not None:
            self._schedule.begin(part.next_stamp, self._now())
        self._queue.append(part)

    def _lacks_events(self) -> bool:
        """Whether the queue may run empty before it is collected again."""
        if not self._queue:
            return True
        last = self._queue[-1].last_stamp
        if last is None or self.paused or not (self._attended_s and self._speed):
            return False
        small = len(self._queue) < AHEAD_EVENTS and sum(part.left for part in self._queue) < AHEAD_TICKS
        return small and last <= self._schedule.position(self._now() + self._attended_s)

    def _next_event(self, now_s: float) -> FeedEvent | None:
        """The next event of the queue, or a watermark before it, if it is due."""
        part, schedule = self._queue[0], self._schedule
        stamp = part.next_stamp
        if stamp is not None:
            # A timer may end early, within its resolution.
            due = self.paused or schedule.is_due(stamp, now_s)
            mark = None if self._is_past(part) else self._watermark(part, now_s, due=due)
            if mark is not None or not due:
                return mark
        event = self._cut(part, stamp, now_s)
        if not part.left:
            self._queue.popleft()
        if isinstance(event, Restart):
            self._begin(None)
        return event

    def _watermark(self, part: Slicer | WholeEvent, now_s: float, *, due: bool) -> Watermark | None:
        """The watermark that is due before ``part``."""
        limit = part.first_stamp
        if not limit:
            return None
        market = limit if due else min(self._schedule.market(now_s + SLACK_S), limit)
        return self._watermarks.take(market, now_s + SLACK_S, paced=self._speed > 0 and not self.paused)

    def _is_past(self, part: Slicer | WholeEvent) -> bool:
        """Whether ticks of the event's timestamp, or later ones, were delivered: the event belongs to them."""
        return isinstance(part, WholeEvent) and part.next_stamp is not None and part.next_stamp <= self._passed

    def _cut(self, part: Slicer | WholeEvent, stamp: int | None, now_s: float) -> FeedEvent:
        """The next slice, of which at least the first timestamp is due."""
        schedule = self._schedule
        if stamp is None:
            return part.cut(0)
        if self.paused:
            schedule.place(stamp, now_s)
            event = part.cut(stamp)
        else:
            if self._speed:
                self.behind_s = now_s - schedule.due_s(stamp)
                self._lateness.note(now_s, self.behind_s)
            schedule.arrive(stamp)
            event = part.cut(schedule.position(now_s))
        schedule.deliver(now_s, part.reached)
        self._passed = max(self._passed, part.reached)
        if isinstance(event, TickBatch):
            self._lateness.ticks += len(event)
        return event

    async def _until_due(self) -> bool:
        """Sleep until the next event or watermark is due, and not collected in time. False if interrupted."""
        now_s = self._now()
        part = self._queue[0]
        wait_s = 0.0 if self.paused else self._wait_s(part, now_s - self._attended_s)
        self._wake.clear()
        self._asleep_until_s = now_s + wait_s
        # Also for 0: neither speed 0 nor catching up may starve the loop.
        await self._clock.sleep(wait_s, self._wake)
        if not await self._held():
            return False
        self._exclude_stall(self._now() - self._asleep_until_s)
        self._asleep_until_s = math.inf
        return True

    def _wait_s(self, part: Slicer | WholeEvent, now_s: float) -> float:
        """How long until ``part`` is due, or a watermark before it."""
        stamp, first = part.next_stamp, part.first_stamp
        if stamp is None:
            return 0.0
        wait_s = self._schedule.wait_s(stamp, now_s)
        second = self._watermarks.next_stamp
        if wait_s > 0 and second is not None and second < stamp and second <= (first or 0):
            mark_s = self._watermarks.next_s(self._schedule.moment_s(second)) - now_s
            return min(wait_s, max(mark_s, 0.0))
        return wait_s

    async def _held(self) -> bool:
        """Wait while paused, unless a step lets the next event pass. False if interrupted."""
        while self.paused and not self.interrupted and not self._may_step():
            self._wake.clear()
            self.holding.set()
            await self._wake.wait()
            self.holding.clear()
        return not self.interrupted

    def _may_step(self) -> bool:
        part = self._queue[0] if self._queue else None
        stamp = part.next_stamp if part is not None else None
        if part is not None and (self._is_past(part) or part.is_mark):
            return True
        if stamp is None or stamp <= self._allowed or not self._steps:
            return self._steps > 0 if stamp is None else stamp <= self._allowed
        self._steps -= 1
        self._allowed = stamp
        return True

    def _now(self) -> float:
        """The monotonic time without pauses and stalls."""
        now_s = self._clock.monotonic() if self._paused_at is None else self._paused_at
        return now_s - self._excluded_s

    def _exclude_stall(self, excess_s: float) -> None:
        if self._speed and excess_s > STALL_S:
            self._excluded_s += excess_s
            log.warning(
                "the clock jumped by %.0f s (was the machine suspended?); the feed continues where it was", excess_s
            )


def _part(item: FeedEvent | Timed) -> Slicer | WholeEvent:
    event, stamp, first = (item.event, item.ts, item.first) if isinstance(item, Timed) else (item, None, None)
    if isinstance(event, BarBatch) and len(event.bars):
        if stamp is None:
            stamp = int(event.bars.start.max()) + (event.interval_ns if event.closed else 0)
        if event.closed and first is None:
            # Bars that end at a time come before the watermark of that time, which says that all of them have closed.
            first = min(stamp, int(event.bars.start.min()) + event.interval_ns) - 1
    elif stamp is None and isinstance(event, TickBatch) and len(event):
        return Slicer(event)
    return WholeEvent(event, stamp, first)


def _checked(speed: float) -> float:
    if not (math.isfinite(speed) and speed >= 0):
        raise ValueError(f"a speed must be a finite number of 0 or more, not {speed}")
    return speed
