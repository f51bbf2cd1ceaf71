"""The clock of the running event loop, moved by a test: timers expire at once, or not at all on a slow machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class LoopClock:
    """Runs ahead by what ``skip`` adds. While it is ``stopped`` only ``skip`` moves it."""

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._now: Callable[[], float] = self._loop.time
        self._loop.time = self.time  # type: ignore[method-assign]
        self._ahead_s = 0.0

    def time(self) -> float:
        return self._now() + self._ahead_s

    def skip(self, seconds: float) -> None:
        """Let timers of the next ``seconds`` expire in the next turn of the loop."""
        self._ahead_s += seconds

    @contextmanager
    def stopped(self) -> Iterator[None]:
        """No timer expires by itself."""
        now, at_s = self._now, self._now()
        self._now = lambda: at_s
        try:
            yield
        finally:
            self._now = now
