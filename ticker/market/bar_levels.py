"""The intervals of a bar store, and how their bars are made of each other's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

import numpy as np

from ticker.intervals import KEPT, Interval
from ticker.market.bar_fold import NO_PIECES, fold, in_order, joined
from ticker.market.bar_level import RING_BARS, Level, stored_pieces
from ticker.market.columns import Rows
from ticker.market.outages import Outages
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

    def follow(self, interval: Interval, closed_by: int, outages: Outages) -> None:
        """Number the closed bars of an interval until ``unfollow``.

        Bars are closed up to ``closed_by`` (ns). If the interval is not kept, its ring begins with bars of kept ones.
        """
        level = self.get(interval)
        if level is None:
            level = self.add(interval)
            self._fill(level, closed_by, outages)
        level.followers += 1

    def unfollow(self, interval: Interval) -> None:
        """End a ``follow``."""
        level = self[interval.name]
        level.followers -= 1
        if not level.followers and level.history is None:
            self.drop(level)

    def _fill(self, level: Level, closed_by: int, outages: Outages) -> None:
        """Fold the newest closed bars of shorter intervals into a new level."""
        assert level.parent is not None, "only 1s has no parent"
        fed = np.unique([row for extra in level.extra for row in np.flatnonzero(extra.from_feed).tolist()])
        mine = np.zeros(0, np.intp) if level.parent.history is None else level.parent.history.rows
        mine = np.setdiff1d(mine, fed)
        # The oldest bar of each row may be left out.
        bars = RING_BARS // max(1, len(mine) + len(fed)) + 1
        since = max(0, closed_by - bars * level.interval.length_ns)
        parts = [level.children(int(row), since, 2**63 - 1) for row in fed.tolist()]
        history = level.parent.history
        if history is not None:
            # All rows at once: there may be thousands, and clients wait.
            # Some more: the last bar of a day may be shorter.
            count = bars * -(-level.interval.length_ns // level.parent.interval.length_ns) + 16
            row, starts, values = history.newest_of(mine, count)
            recent = starts >= since
            parts.append(stored_pieces(row[recent], starts[recent], values[recent]))
        over = fold(in_order(joined(NO_PIECES, *parts)), level.open, level.grid)
        # Of a bar that begins before, the first pieces are missing.
        over = joined(over[over.ts >= since], level.open.take_due(closed_by))
        ends = level.grid.ends(over.row, over.ts)
        incomplete = outages.touch(level.interval, over.row, over.ts, ends)
        level.publish(over, np.full(len(over), np.nan), ends, incomplete)

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
