"""Deliver recorded or simulated events when they are due: pacing by their own stamps, at a chosen speed.

What is due when is the matter of ``schedule``; here are the waits, and what ends them early. This module knows no feed
and no file; time comes in as a ``Clock``.
"""

from __future__ import annotations

import asyncio
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator
from dataclasses import dataclass
from typing import Final

from feeds.pacing.clock import SYSTEM_CLOCK as SYSTEM_CLOCK
from feeds.pacing.clock import Clock as Clock
from feeds.pacing.clock import Wake
from feeds.pacing.lateness import LateWarning
from feeds.pacing.schedule import SLACK_S, Schedule
from feeds.pacing.slicer import Slicer, WholeEvent
from feeds.pacing.watermarks import Watermarks
from ticker.model import BarBatch, FeedEvent, Restart, TickBatch, Watermark

log = logging.getLogger(__name__)

#: One sleep or one hand-over that lasts longer than this was a suspended machine or a stopped process. Its time does
#: not count: catching up on it would be hours of ticks in one burst that nobody asked for.
STALL_S: Final = 10.0
#: So long before: it ends with the timer of whoever looks, or just before it.
_LEAD_S: Final = 0.0002


@dataclass(frozen=True, slots=True)
class Timed:
    """An event whose moment its source knows: ``event`` comes when ``ts`` (ns, market time) is due."""

    ts: int
    event: FeedEvent


class Pacer:
    """Cuts an event stream into slices and yields each when its ticks are due. One stream at a time.

    ``speed`` is market seconds a second: 1 is as it happened, 60 an hour in a minute, 0 as fast as the consumer takes
    it. Raises ``ValueError`` for a speed that is negative or not finite. ``max_gap_ns``: a longer stretch of market
    time without events is played as one of that length. ``asked`` says in words what pace that is, for the warning
    (default: the speed). All methods belong to the event loop's thread, and return at once.
    """

    def __init__(
        self,
        speed: float,
        clock: Clock = SYSTEM_CLOCK,
        *,
        asked: str = "",
        max_gap_ns: int | None = None,
    ) -> None:
        self._speed = _checked(speed)
        self._grid_s = 0.0
        #: How late the last slice's first tick was, in seconds. Up to about 3 ms is the quantum's and the timer's
        #: grain; more means that the source or the consumer is too slow. Always 0 at speed 0.
        self.behind_s = 0.0
        #: Whether the latest ``pace`` was, or the next event of this one will be, cut off by ``interrupt``.
        self.interrupted = False
        self._clock = clock
        self._asked = asked
        self._max_gap_ns = max_gap_ns
        self._wake = Wake()
        self._paused_at: float | None = None
        self._excluded_s = 0.0
        #: Set while it waits for a resume or a step, and nothing more comes by itself.
        self.holding = asyncio.Event()
        #: While paused: so many stamps may still pass, and this is the last that was let through.
        self._steps = 0
        self._allowed = -1
        self._next: int | None = None
        self._begin(None)

    def place(self, stamp: int) -> None:
        """It is ``stamp`` now, and the next ``pace`` will say what follows: between two of them."""
        self._begin(stamp)

    def _begin(self, start: int | None) -> None:
        self._schedule = Schedule(self._speed, self._max_gap_ns)
        self._watermarks = Watermarks()
        self._allowed = -1
        self._lateness = LateWarning(self._asked or f"speed {self._speed:g}")
        if start is not None:
            self._schedule.place(start, self._now())
            self._watermarks.start(start)

    # What a user may do meanwhile

    @property
    def speed(self) -> float:
        return self._speed

    def set_speed(self, speed: float) -> None:
        """From here on another speed; market time makes no jump. Raises ``ValueError`` as the constructor does."""
        self._speed = _checked(speed)
        self._schedule.set_speed(speed, self.position, self._now())
        self._lateness = LateWarning(self._asked or f"speed {speed:g}")
        self._wake.set()

    @property
    def paused(self) -> bool:
        return self._paused_at is not None

    def pause(self) -> None:
        """Hold everything back from now on; the time until ``resume()`` does not count."""
        if self._paused_at is None:
            self._paused_at = self._clock.monotonic()
            self._steps, self._allowed = 0, -1
            self._wake.set()

    def resume(self) -> None:
        """Go on where it stopped: every deadline is later by the pause."""
        if self._paused_at is not None:
            self._excluded_s += self._clock.monotonic() - self._paused_at
            self._paused_at = None
            self._wake.set()

    def attend(self, every_s: float) -> None:
        """What falls due comes together just before the next multiple of ``every_s`` on the clock; 0: at once."""
        self._grid_s = every_s
        self._wake.set()

    def step(self, count: int = 1) -> None:
        """Pause, if it isn't, and let the events of the next ``count`` stamps through at once."""
        self.pause()
        self._steps += count
        self.holding.clear()
        self._wake.set()

    def interrupt(self) -> None:
        """Let the present ``pace`` end before its next event, at once if it waits. Steps that are left are void."""
        self.interrupted = True
        self._steps = 0
        self._wake.set()

    @property
    def position(self) -> int:
        """Market time (ns): all up to and with it has been delivered, and it moves on while the next event waits."""
        reached = self._schedule.reached
        return reached if self._next is None else max(reached, min(self._schedule.market(self._now()), self._next - 1))

    # The stream

    async def pace(
        self, events: AsyncIterator[FeedEvent | Timed], start: int | None = None
    ) -> AsyncGenerator[FeedEvent, None]:
        """Yield everything in ``events`` exactly once and in order, each slice of a batch when it is due.

        It is ``start`` when this begins; without that, the first tick is due at once. The first one after a
        ``Restart`` is, too (its stamps may begin anywhere). Trades and quotes are cut at the same stamp. A stamp
        lower than one before it is due at once. Bars come at their start, or, closed, at their end; a ``Timed``
        event when it says; other events and empty batches as soon as what came before them is out. A batch with a
        ``version`` of its own is one version of the board: it is not cut, and is due with its last tick.

        Watermarks are added as market time goes on, also while nothing happens (see ``marks``): a feed that is paced
        by this says so in ``info.watermarks``.

        Overload: nothing is skipped or queued. Late ticks go out at once, in slices of at most ``MAX_SLICE``, until
        the deadlines are met again; ``behind_s`` and a rate-limited warning tell. But if one sleep or one hand-over
        to the consumer takes longer than ``STALL_S`` beyond what was due, that time is left out as a pause would be.
        ``events`` is closed at the end, also when this generator is closed early.
        """
        self.interrupted = False
        self._begin(start)
        self.behind_s = 0.0
        try:
            async for item in events:
                part = _part(item)
                if part is None:
                    assert not isinstance(item, Timed)
                    await self._clock.sleep(0)  # a source of such events alone must not starve the loop
                    if not await self._held(None):
                        return
                    if isinstance(item, Restart):
                        self._begin(None)
                    yield item
                    continue
                while part.left:
                    while (mark := await self._until_due(part.next_stamp)) is not None:
                        yield mark
                    if self.interrupted:
                        return
                    now_s = self._now()
                    yield self._cut(part, now_s)
                    self._exclude_stall(self._now() - now_s)
        finally:
            self.behind_s = 0.0
            self._next = None
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def rest(self, seconds: float) -> bool:
        """Wait so long, and while paused as long as that lasts (or until a step is asked for). False if interrupted."""
        await self._clock.sleep(0)
        end_s = self._now() + seconds
        while await self._held(None) and not self.paused and (left_s := end_s - self._now()) > 0:
            self._wake.clear()
            await self._clock.sleep(left_s, self._wake)
        return not self.interrupted

    def _cut(self, part: Slicer | WholeEvent, now_s: float) -> FeedEvent:
        """The next slice, of which at least the first stamp is due."""
        stamp, schedule = part.next_stamp, self._schedule
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
        self._next = part.next_stamp if part.left else None
        if isinstance(event, TickBatch):
            self._lateness.ticks += len(event)
        return event

    async def _until_due(self, stamp: int) -> Watermark | None:
        """Wait until ``stamp`` is due and return None, or return a watermark that is to go out before."""
        self._next = stamp
        schedule = self._schedule
        while True:
            now_s = self._now()
            wait_s = 0.0 if self.paused else self._aligned(self._wait_s(stamp, now_s))
            self._wake.clear()
            await self._clock.sleep(
                wait_s, self._wake
            )  # also for 0: neither speed 0 nor catching up may starve the loop
            if not await self._held(stamp):
                return None
            self._exclude_stall(self._now() - now_s - wait_s)
            now_s = self._now()
            due = self.paused or schedule.wait_s(stamp, now_s) <= 0  # a timer may end early by its resolution
            now_s += SLACK_S
            market = stamp if due else min(schedule.market(now_s), stamp)
            mark = self._watermarks.take(market, now_s, paced=self._speed > 0 and not self.paused)
            if mark is not None or due:
                return mark

    def _wait_s(self, stamp: int, now_s: float) -> float:
        """How long until ``stamp`` is due, or a watermark before it."""
        wait_s = self._schedule.wait_s(stamp, now_s)
        second = self._watermarks.next_stamp
        if wait_s > 0 and second is not None and second < stamp:
            mark_s = self._watermarks.next_s(self._schedule.moment_s(second)) - now_s
            return min(wait_s, max(mark_s, 0.0))
        return wait_s

    def _aligned(self, wait_s: float) -> float:
        """A wait that ends when somebody looks."""
        if not self._grid_s or wait_s <= 0:
            return wait_s
        now_s = self._clock.monotonic()
        return math.ceil((now_s + wait_s + _LEAD_S) / self._grid_s) * self._grid_s - _LEAD_S - now_s

    async def _held(self, stamp: int | None) -> bool:
        """Wait while paused, unless a step lets ``stamp`` through. False if it was interrupted."""
        while self.paused and not self.interrupted and not self._may_step(stamp):
            self._wake.clear()
            self.holding.set()
            await self._wake.wait()
            self.holding.clear()
        return not self.interrupted

    def _may_step(self, stamp: int | None) -> bool:
        if stamp is None or stamp <= self._allowed or not self._steps:
            return self._steps > 0 if stamp is None else stamp <= self._allowed
        self._steps -= 1
        self._allowed = stamp
        return True

    def _now(self) -> float:
        """Seconds that count: without pauses and stalls. Stands still while paused."""
        now_s = self._clock.monotonic() if self._paused_at is None else self._paused_at
        return now_s - self._excluded_s

    def _exclude_stall(self, excess_s: float) -> None:
        if self._speed and excess_s > STALL_S:
            self._excluded_s += excess_s
            log.warning("time jumped by %.0f s (a suspended machine?); the feed goes on from where it was", excess_s)


def _part(item: FeedEvent | Timed) -> Slicer | WholeEvent | None:
    """What has a stamp to wait for, in a form that can be cut; None for what has none."""
    if isinstance(item, Timed):
        return Slicer(item.event) if isinstance(item.event, TickBatch) else WholeEvent(item.event, item.ts)
    if isinstance(item, TickBatch) and len(item):
        return Slicer(item)
    if isinstance(item, BarBatch) and len(item.bars):
        return WholeEvent(item, int(item.bars.start.max()) + (item.interval_ns if item.closed else 0))
    return None


def _checked(speed: float) -> float:
    if not (math.isfinite(speed) and speed >= 0):
        raise ValueError(f"a speed is a finite number, 0 or more, not {speed}")
    return speed
