"""Market time, derived from the timestamps of a feed that yields no watermarks.

Market time is the newest timestamp plus the time elapsed since it was first seen; bars close by it. The wall clock
limits it: a stamp far after the clock does not advance market time, and market time never passes the clock. So neither
a clock that jumps ahead nor a single stamp in the future closes bars, and a feed that is behind keeps its own time.

A stamp far before the clock is one of a recorded day, which may come at any speed: it is market time, and no time is
added.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: A tick may come this late and still be counted in its bar.
LAG_NS: Final = 2_000_000_000
#: A stamp further from the clock than this, when it is first seen, is of a recorded day (before) or wrong (after).
NEAR_NS: Final = 3_600_000_000_000


class MarketClock:
    """Must be asked a few times per second. ``monotonic_ns`` is a clock without jumps."""

    def __init__(self, time_ns: Callable[[], int], monotonic_ns: Callable[[], int]) -> None:
        self._time_ns = time_ns
        self._monotonic_ns = monotonic_ns
        self._asked_ns = monotonic_ns()
        self._newest: int | None = None
        self._reached: int | None = None
        self._is_recorded = False

    @property
    def latest(self) -> int:
        """Later stamps (ns) must be ignored."""
        return self._time_ns() + NEAR_NS

    def watermark(self, newest: int | None, *, goes_on: bool) -> int | None:
        """The stamp (ns) before which no tick will follow; None if that is unknown.

        ``newest`` is the newest stamp seen that is not after ``latest``. While the feed is paused or has failed
        (``goes_on`` is false), market time stands still, until a newer stamp is seen.
        """
        now, asked_ns = self._time_ns(), self._monotonic_ns()
        # If this call is late, the event loop was busy, and there may be ticks that it has not read yet.
        passed_ns = min(asked_ns - self._asked_ns, LAG_NS)
        self._asked_ns = asked_ns
        if newest != self._newest:
            self._newest = newest
            self._reached = newest if newest is not None and newest - now < NEAR_NS else None
            self._is_recorded = newest is not None and now - newest >= NEAR_NS
        elif self._reached is not None and not self._is_recorded:
            self._reached += passed_ns
        if not goes_on:
            self._reached = None
        return None if self._reached is None else max(0, min(self._reached, now) - LAG_NS)
