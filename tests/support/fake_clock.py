"""A clock for tests of paced feeds: time passes only by sleeping."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Callable

from feeds.pacing.clock import Clock

#: The New York opening of 2026-01-05, in ns.
START_NS = 1_767_623_400_000_000_000


def epoll(seconds: float) -> float:
    """How long a sleep takes on Linux: whole milliseconds, rounded up, plus 0.1 ms."""
    return math.ceil(seconds * 1000) / 1000 + 0.0001


class FakeClock(Clock):
    """Time that passes only by sleeping; ``oversleep`` maps the requested to the actual duration."""

    def __init__(self, oversleep: Callable[[float], float] = lambda seconds: seconds) -> None:
        self.now_s = 1000.0
        self.slept: list[float] = []
        self._oversleep = oversleep

    def monotonic(self) -> float:
        return self.now_s

    def time_ns(self) -> int:
        return START_NS + round((self.now_s - 1000) * 1e9)

    async def sleep(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        self.slept.append(seconds)
        if seconds > 0:
            self.now_s += self._oversleep(seconds)
        await asyncio.sleep(0)


class ManualClock(FakeClock):
    """Time that passes only by ``advance``; a sleep ends when it is over or woken."""

    async def sleep(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        self.slept.append(seconds)
        end_s = self.now_s + seconds
        await asyncio.sleep(0)
        while self.now_s < end_s and not (wake is not None and wake.is_set()):
            await asyncio.sleep(0)

    async def advance(self, seconds: float) -> None:
        """Let time pass, and give sleeping tasks some turns of the loop."""
        self.now_s += seconds
        for _ in range(30):
            await asyncio.sleep(0)
