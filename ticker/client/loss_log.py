"""Telling of lost ticks in the log, without flooding it: a line at once, then at most one in a while."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping
from typing import Protocol

log = logging.getLogger("ticker.client")

#: How many symbols a line names.
_NAMED = 5


class Lossy(Protocol):
    """What loses ticks, and counts them."""

    channel: str

    @property
    def lost(self) -> Mapping[str, int]: ...

    @property
    def lost_in_all(self) -> int: ...


class LossLog:
    """The log lines about one channel's losses. ``name`` stands in them; at most one comes in ``interval_s``."""

    def __init__(self, name: str, source: Lossy, interval_s: float = 10.0) -> None:
        self._name = name
        self._source = source
        self._interval_s = interval_s
        self._told: dict[str, int] = {}
        self._told_in_all = 0
        self._timer: asyncio.TimerHandle | None = None

    def check(self) -> None:
        """To be called on the event loop when something may have been lost; tells now, or when it is time."""
        if self._source.lost_in_all > self._told_in_all and self._timer is None:
            self._tell()
            self._timer = asyncio.get_running_loop().call_later(self._interval_s, self._due)

    def _due(self) -> None:
        self._timer = None
        self.check()

    def close(self) -> None:
        """Tell what has not been told yet."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if self._source.lost_in_all > self._told_in_all:
            self._tell()

    def _tell(self) -> None:
        lost = dict(self._source.lost)
        new = {symbol: count - self._told.get(symbol, 0) for symbol, count in lost.items()}
        new = {symbol: count for symbol, count in new.items() if count}
        worst = sorted(new, key=lambda symbol: -new[symbol])[:_NAMED]
        named = ", ".join(f"{symbol} {new[symbol]:,}" for symbol in worst)
        more = f" and {len(new) - _NAMED} symbols more" if len(new) > _NAMED else ""
        self._told, self._told_in_all = lost, self._source.lost_in_all
        channel = self._source.channel
        log.warning("%s: %s %s were lost: %s%s", self._name, f"{sum(new.values()):,}", channel, named, more)
