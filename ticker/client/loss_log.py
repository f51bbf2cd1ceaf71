"""Logs lost ticks and events: the first at once, then at most one line per interval."""

from __future__ import annotations

import asyncio
import logging
from typing import Any

from ticker.client.protocol.bounded_queue import BoundedQueue

log = logging.getLogger("ticker.client")

#: Maximum number of symbols in a line.
_NAMED = 5


class LossLog:
    """Logs one queue's losses. ``name`` begins each line; at most one is logged per ``interval_s``."""

    def __init__(self, name: str, queue: BoundedQueue[Any], interval_s: float = 10.0) -> None:
        self._name = name
        self._queue = queue
        self._interval_s = interval_s
        self._logged: dict[str, int] = {}
        self._logged_in_all = 0
        self._timer: asyncio.TimerHandle | None = None

    def check(self) -> None:
        """Log new losses now, or when the interval has passed. Call on the event loop."""
        if self._queue.lost_in_all > self._logged_in_all and self._timer is None:
            self._log_losses()
            self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self.check()

    def close(self) -> None:
        """Log what has not been logged yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._queue.lost_in_all > self._logged_in_all:
            self._log_losses()

    def _log_losses(self) -> None:
        lost = dict(self._queue.lost)
        new = {symbol: count - self._logged.get(symbol, 0) for symbol, count in lost.items()}
        new = {symbol: count for symbol, count in new.items() if count}
        worst = sorted(new, key=lambda symbol: -new[symbol])[:_NAMED]
        named = ", ".join(f"{symbol} {new[symbol]:,}" for symbol in worst)
        more = f" and {len(new) - _NAMED} more symbols" if len(new) > _NAMED else ""
        self._logged, self._logged_in_all = lost, self._queue.lost_in_all
        items = self._queue.name
        log.warning("%s: %s %s were lost: %s%s", self._name, f"{sum(new.values()):,}", items, named, more)
