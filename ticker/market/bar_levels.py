"""The intervals of a bar store, and how their bars are made of each other's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from ticker.intervals import KEPT, Interval
from ticker.market.bar_level import Level
from ticker.market.columns import Rows
from ticker.market.row_calendars import RowCalendars

#: How many closed bars per symbol are stored.
KEPT_BARS: Final[Mapping[str, int]] = {
    "1s": 10_000,
    "5s": 2_500,
    "1m": 5_000,
    "5m": 2_500,
    "15m": 2_500,
    "1h": 2_500,
    "1d": 2_500,
    "1w": 2_500,
    "1M": 1_200,
}
#: Of a feed's own interval that is not one of these.
_KEPT_OTHERS: Final = 2_500


class Levels:
    """The levels by the name of their interval: those of ``KEPT``, followed ones, and those of a feed's own bars."""

    def __init__(self, calendars: RowCalendars) -> None:
        self._calendars = calendars
        self._rows = 0
        #: The shortest first: the bars of a level are made of earlier ones'.
        self._levels: dict[str, Level] = {}
        for each in KEPT:
            self._levels[each.name] = Level(each, calendars, self._parent(each), KEPT_BARS[each.name])
        self.seconds, self.days = self._levels["1s"], self._levels["1d"]

    def __iter__(self) -> Iterator[Level]:
        return iter(self._levels.values())

    def __getitem__(self, name: str) -> Level:
        return self._levels[name]

    def __contains__(self, name: object) -> bool:
        return name in self._levels

    def get(self, interval: Interval) -> Level | None:
        return self._levels.get(interval.name)

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self._rows = rows
        for level in self:
            level.reach(rows)

    def remove_rows(self, rows: Rows) -> None:
        """Remove the bars of removed symbols."""
        for level in self:
            level.remove(rows)

    def alone(self, interval: Interval) -> Level:
        """A level that is not one of these, to fold bars once."""
        return self._made(interval, None)

    def add(self, interval: Interval, kept: int | None = None) -> Level:
        """Add a level; with ``kept``, that many of its bars are stored."""
        level = self._made(interval, kept)
        level.reach(self._rows)
        levels = sorted([*self, level], key=lambda each: each.interval.length_ns)
        self._levels = {each.interval.name: each for each in levels}
        return level

    def drop(self, level: Level) -> None:
        del self._levels[level.interval.name]

    def of_feed(self, interval: Interval) -> Level:
        """The level of a feed's own bars, which are stored. Longer bars are made of them as well."""
        level = self.get(interval)
        if level is not None and level.history is not None:
            return level
        followers = 0
        if level is not None:
            followers = level.followers
            self.drop(level)
        level = self.add(interval, _KEPT_OTHERS)
        level.followers = followers
        for other in self:
            if other is not level and other.parent is not None:
                other.extra = self._extra(other)
        return level

    def _made(self, interval: Interval, kept: int | None) -> Level:
        level = Level(interval, self._calendars, self._parent(interval), kept)
        level.extra = self._extra(level)
        return level

    def _parent(self, interval: Interval) -> Level | None:
        """The longest kept level that divides ``interval``."""
        shorter = [each for each in self if each.interval.length_ns < interval.length_ns and each.interval in KEPT]
        return next((each for each in reversed(shorter) if each.interval.divides(interval)), None)

    def _extra(self, level: Level) -> list[Level]:
        """Levels of feeds' own bars, not kept ones, between ``level`` and its parent."""
        assert level.parent is not None, "only 1s has no parent"
        low, high = level.parent.interval.length_ns, level.interval.length_ns
        return [
            each
            for each in self
            if each.interval not in KEPT
            and each.history is not None
            and low < each.interval.length_ns < high
            and each.interval.divides(level.interval)
        ]
