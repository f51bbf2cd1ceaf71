"""Time, as far as feeds need it, so that tests can bring their own."""

from __future__ import annotations

import asyncio
import time
from contextlib import suppress
from typing import Final, Protocol


class Clock(Protocol):
    """Time, as far as feeds need it."""

    def monotonic(self) -> float:
        """Seconds since some moment; never goes back."""

    def time_ns(self) -> int:
        """Nanoseconds since 1970-01-01 UTC."""

    async def sleep(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        """Return ``seconds`` later, or as soon as ``wake`` is set; 0 gives the other tasks a turn."""


class SystemClock:
    """The machine's time. A sleep ends up to 1 ms late on Linux (epoll counts in ms), up to 16 ms on Windows."""

    def monotonic(self) -> float:
        return time.monotonic()

    def time_ns(self) -> int:
        return time.time_ns()

    async def sleep(self, seconds: float, wake: asyncio.Event | None = None) -> None:
        if wake is None or seconds <= 0:
            await asyncio.sleep(seconds)
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await wake.wait()


SYSTEM_CLOCK: Final = SystemClock()
