"""The clock of paced feeds. Tests derive their own."""

from __future__ import annotations

import asyncio
import time
from typing import Final


class Wake(asyncio.Event):
    """An event that also ends a sleep of ``Clock``."""

    #: Done when the event is set.
    sleeper: asyncio.Future[None] | None = None

    def set(self) -> None:
        super().set()
        if self.sleeper is not None and not self.sleeper.done():
            self.sleeper.set_result(None)


class Clock:
    """The system's time. A sleep ends up to 1 ms late on Linux (epoll counts in ms), up to 16 ms on Windows."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time_ns(self) -> int:
        return time.time_ns()

    async def sleep(self, seconds: float, wake: Wake | None = None) -> None:
        """Return after ``seconds`` or when ``wake`` is set; for 0, after one turn of the event loop."""
        if wake is None or seconds <= 0:
            await asyncio.sleep(seconds)
            return
        if wake.is_set():
            return
        # Hundreds of times per second: asyncio.timeout around wake.wait() costs three times as much.
        loop = asyncio.get_running_loop()
        sleeper = wake.sleeper = loop.create_future()
        timer = loop.call_later(seconds, _end, sleeper)
        try:
            await sleeper
        finally:
            timer.cancel()
            wake.sleeper = None


def _end(sleeper: asyncio.Future[None]) -> None:
    if not sleeper.done():
        sleeper.set_result(None)


SYSTEM_CLOCK: Final = Clock()
