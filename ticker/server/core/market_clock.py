"""How far the market's time is, judged by the stamps of a feed that doesn't say it itself. It knows no event loop.

Market time is the newest stamp, and what has gone by since that was first seen. The wall clock has two words in it and
no more: a stamp far from it is of another time, for which nobody can vouch, and no time is reached before the clock has
reached it. So a clock that jumps ahead closes no bars, one stamp that is ahead closes none either, and a feed that is
behind keeps the time that its stamps have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

#: So late a tick may come and still be in its bar.
LAG_NS: Final = 2_000_000_000
#: A stamp that is further from the clock than this, when it is first seen, is of a time of its own.
NEAR_NS: Final = 3_600_000_000_000


class MarketClock:
    """To be looked at a few times a second. ``monotonic_ns`` goes on without jumps, from wherever."""

    def __init__(self, time_ns: Callable[[], int], monotonic_ns: Callable[[], int]) -> None:
        self._time_ns = time_ns
        self._monotonic_ns = monotonic_ns
        self._looked_ns = monotonic_ns()
        self._newest: int | None = None
        self._reached: int | None = None

    @property
    def latest(self) -> int:
        """No stamp after this one (ns) counts."""
        return self._time_ns() + NEAR_NS

    def watermark(self, newest: int | None, *, goes_on: bool) -> int | None:
        """No tick before this stamp (ns) is still to come; None if nobody knows.

        ``newest`` is the newest stamp seen that is not after ``latest``. While the feed doesn't go on, being paused or
        to be started again, its time doesn't, and after that not before a newer stamp is seen.
        """
        now, looked_ns = self._time_ns(), self._monotonic_ns()
        # Who comes to look late was held up, and so were ticks that are still to be read.
        passed_ns = min(looked_ns - self._looked_ns, LAG_NS)
        self._looked_ns = looked_ns
        if newest != self._newest:
            self._newest = newest
            self._reached = newest if newest is not None and abs(now - newest) < NEAR_NS else None
        elif self._reached is not None:
            self._reached += passed_ns
        if not goes_on:
            self._reached = None
        return None if self._reached is None else max(0, min(self._reached, now) - LAG_NS)
