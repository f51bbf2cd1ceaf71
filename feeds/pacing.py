"""Deliver recorded or simulated events when they are due: pacing by their own stamps, at a chosen speed.

Deadlines are absolute (start + (stamp - first stamp) / speed), so that no sleep's error adds up: there is no drift,
however long it runs. This module knows no feed and no file; time comes in as a ``Clock``.
"""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncGenerator, AsyncIterator
from typing import Final, Protocol

import numpy as np

from feeds.cutter import Cutter
from ticker.model import FeedEvent, Restart, TickBatch

log = logging.getLogger(__name__)

#: Ticks that fall due within this time of each other come in one slice, so that a dense stream costs a loop turn
#: per quantum, not per tick. It is the most that pacing itself adds to a tick's latency.
QUANTUM_S: Final = 0.004
#: From this lateness on, a warning is due, but not more often than once in ``WARN_EVERY_S``.
LATE_S: Final = 0.5
WARN_EVERY_S: Final = 10.0
#: One sleep or one hand-over that lasts longer than this was a suspended machine or a stopped process. Its time does
#: not count: catching up on it would be hours of ticks in one burst that nobody asked for.
STALL_S: Final = 10.0
#: A tick this close to its deadline is due. Float rounding of a deadline must not cost another turn of the loop.
SLACK_S: Final = 1e-6

_NS: Final = 1e9
_LAST_STAMP: Final = int(np.iinfo(np.int64).max)


class Clock(Protocol):
    """Time, as far as feeds need it."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def time_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""

    async def sleep(self, seconds: float) -> None:
        """Return ``seconds`` later; 0 gives the other tasks a turn."""


class SystemClock:
    """The machine's time. A sleep ends up to 1 ms late on Linux (epoll counts in ms), up to 16 ms on Windows."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time_ns(self) -> int:
        return time.time_ns()

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


SYSTEM_CLOCK: Final = SystemClock()


class Pacer:
    """Cuts an event stream into slices and yields each when its ticks are due. One stream at a time.

    ``speed`` is simulated seconds per second: 1 is as it happened, 60 an hour in a minute, 0 as fast as the consumer
    takes it. Raises ``ValueError`` for a speed that is negative or not finite. ``asked`` says in words what pace that
    is, for the warning (default: the speed). ``pause()`` and ``resume()`` belong to the event loop's thread.
    """

    def __init__(self, speed: float, clock: Clock = SYSTEM_CLOCK, *, asked: str = "") -> None:
        if not (math.isfinite(speed) and speed >= 0):
            raise ValueError(f"a speed is a finite number, 0 or more, not {speed}")
        self.speed = speed
        #: How late the last slice's first tick was, in seconds. Up to about 4 ms is the quantum's and the timer's
        #: grain; more means that the source or the consumer is too slow. Always 0 at speed 0.
        self.behind_s = 0.0
        self._clock = clock
        self._asked = asked or f"speed {speed:g}"
        self._resumed: asyncio.Event | None = None
        self._paused_at = 0.0
        self._excluded_s = 0.0

    @property
    def paused(self) -> bool:
        return self._resumed is not None

    def pause(self) -> None:
        """Hold everything back from now on; the time until ``resume()`` does not count."""
        if self._resumed is None:
            self._paused_at = self._clock.monotonic()
            self._resumed = asyncio.Event()

    def resume(self) -> None:
        """Go on where it stopped: every deadline is later by the pause."""
        if self._resumed is not None:
            self._excluded_s += self._clock.monotonic() - self._paused_at
            self._resumed.set()
            self._resumed = None

    async def pace(self, events: AsyncIterator[FeedEvent]) -> AsyncGenerator[FeedEvent, None]:
        """Yield everything in ``events`` exactly once and in order, each slice of a batch when it is due.

        The first tick is due at once, and so is the first one after a ``Restart`` (its stamps may begin anywhere).
        Trades and quotes are cut at the same stamp. A stamp lower than one before it is due at once. Events that
        are not batches, and empty batches, pass as soon as what came before them is out. A batch with a ``version``
        of its own is one version of the board: it is not cut, and is due with its last tick.

        Overload: nothing is skipped or queued. Late ticks go out at once, in slices of at most ``MAX_SLICE``, until
        the deadlines are met again; ``behind_s`` and a rate-limited warning tell. But if one sleep or one hand-over
        to the consumer takes longer than ``STALL_S`` beyond what was due, that time is left out as a pause would be.
        ``events`` is closed at the end, also when this generator is closed early.
        """
        schedule = _Schedule(self.speed)
        lateness = _LateWarning(self._asked)
        self.behind_s = 0.0
        try:
            async for event in events:
                if not isinstance(event, TickBatch) or not len(event):
                    await self._clock.sleep(0)  # a source of such events alone must not starve the loop
                    await self._while_paused()
                    if isinstance(event, Restart):
                        schedule = _Schedule(self.speed)
                    yield event
                    continue
                cutter = Cutter(event)
                while cutter.left:
                    now_s = await self._until_due(cutter.next_stamp, schedule)
                    if self.speed:
                        self.behind_s = now_s - schedule.due_s(cutter.next_stamp)
                        lateness.note(now_s, self.behind_s)
                    part = cutter.cut(schedule.position(now_s))
                    schedule.deliver(now_s, cutter.reached)
                    lateness.ticks += len(part)
                    yield part
                    self._exclude_stall(self._now() - now_s)
        finally:
            self.behind_s = 0.0
            close = getattr(events, "aclose", None)
            if close is not None:
                await close()

    async def _until_due(self, stamp: int, schedule: _Schedule) -> float:
        """Wait until ``stamp`` is due, and return the moment it then is."""
        now_s = self._now()
        wait_s = schedule.wait_s(stamp, now_s)
        while True:
            await self._clock.sleep(wait_s)  # also for 0: neither speed 0 nor catching up may starve the loop
            await self._while_paused()
            self._exclude_stall(self._now() - now_s - wait_s)
            now_s = self._now()
            wait_s = schedule.wait_s(stamp, now_s)
            if wait_s <= 0:  # a timer may end early by its resolution
                return now_s

    async def _while_paused(self) -> None:
        while self._resumed is not None:
            await self._resumed.wait()

    def _now(self) -> float:
        """Seconds that count: without pauses and stalls. Stands still while paused."""
        now_s = self._clock.monotonic() if self._resumed is None else self._paused_at
        return now_s - self._excluded_s

    def _exclude_stall(self, excess_s: float) -> None:
        if self.speed and excess_s > STALL_S:
            self._excluded_s += excess_s
            log.warning("time jumped by %.0f s (a suspended machine?); the feed goes on from where it was", excess_s)


class _Schedule:
    """Which stamp is due at which moment: the first one asked about sets the origin."""

    def __init__(self, speed: float) -> None:
        self._speed = speed
        self._first: int | None = None
        self._origin_s = 0.0
        self._delivered_s = -math.inf
        self._reached = 0

    def due_s(self, stamp: int) -> float:
        """When ``stamp`` is due; one below what was delivered already was due with that."""
        assert self._first is not None
        return self._origin_s + (max(stamp, self._reached) - self._first) / _NS / self._speed

    def position(self, now_s: float) -> int:
        """The highest stamp that is due at ``now_s``."""
        if not self._speed:
            return _LAST_STAMP
        assert self._first is not None
        passed = (now_s - self._origin_s + SLACK_S) * self._speed * _NS
        return self._first + int(passed) if passed < _LAST_STAMP - self._first else _LAST_STAMP

    def wait_s(self, stamp: int, now_s: float) -> float:
        """How long to wait from ``now_s`` before the next slice, which begins with ``stamp``, is cut; 0 if it is due.

        It waits for the end of the quantum, too, unless ``stamp`` was due at the last cut already (catching up).
        """
        if not self._speed:
            return 0.0
        if self._first is None:
            self._first, self._origin_s = stamp, now_s
        moment_s = self.due_s(stamp)
        if moment_s > self._delivered_s + SLACK_S:
            moment_s = max(moment_s, self._delivered_s + QUANTUM_S)
        return moment_s - now_s if moment_s - now_s > SLACK_S else 0.0

    def deliver(self, now_s: float, reached: int) -> None:
        """A slice whose highest stamp is ``reached`` was cut at ``now_s``."""
        self._delivered_s = now_s
        self._reached = max(self._reached, reached)


class _LateWarning:
    """Says, not too often, that the pace is not kept: the one asked for and the one reached, over the last 10-20 s."""

    def __init__(self, asked: str) -> None:
        self.ticks = 0
        self._asked = asked
        self._silent_until_s = -math.inf
        self._marks: list[tuple[float, float, int]] = []  # two at the most: moment, schedule then reached, ticks

    def note(self, now_s: float, behind_s: float) -> None:
        on_schedule_s = now_s - behind_s
        if not self._marks or now_s - self._marks[-1][0] >= WARN_EVERY_S:
            self._marks = [*self._marks[-1:], (now_s, on_schedule_s, self.ticks)]
        span_s = now_s - self._marks[0][0]
        if behind_s >= LATE_S and now_s >= self._silent_until_s and span_s > 0:
            self._silent_until_s = now_s + WARN_EVERY_S
            log.warning(
                "the feed is %.1f s behind: %s ticks a second in the last %.0f s, %.0f %% of the pace asked for (%s)",
                behind_s,
                f"{(self.ticks - self._marks[0][2]) / span_s:,.0f}",
                span_s,
                100 * (on_schedule_s - self._marks[0][1]) / span_s,
                self._asked,
            )
