"""The bars of one interval: the open ones, the closed ones, those that a feed gives itself, and revisions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.intervals import Interval
from ticker.market.bar_fold import NO_PIECES, Grid, OpenBars, Pieces, fold, in_order, joined
from ticker.market.bar_history import BarHistory
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.market.ring import Ring
from ticker.market.row_calendars import RowCalendars
from ticker.model import BarBatch

#: Closed bars per interval, of all symbols together, for slow consumers and for clients that reconnect.
RING_BARS: Final = 16_384
#: A ring's columns after the start: open, high, low, close, volume, vwap, trades; end (ns), revision, incomplete.
RING_COLUMNS: Final = ("f8",) * 7 + ("i8", "i4", "?")
#: Revisions remembered per interval.
_REVISIONS: Final = 65_536

#: Without trades.
_NO_BAR: Final = np.array([np.nan] * 4 + [0.0, np.nan, 0.0, 0.0])

Key = tuple[int, int]


class Level:
    """``parent`` is the next shorter level, whose closed bars are folded into this one's; None for bars of trades."""

    def __init__(
        self, interval: Interval, calendars: RowCalendars, parent: Level | None, kept: int | None, floor: int = 0
    ) -> None:
        self.interval = interval
        self.grid = Grid(calendars, interval)
        self.parent = parent
        #: Levels of feeds' bars of an unusual interval, which are folded into this one as well.
        self.extra: list[Level] = []
        #: Of 1s: the open second of each row. Of others: the parent's closed bars so far.
        self.open = OpenBars()
        self.history = None if kept is None else BarHistory(kept)
        #: Closed bars, numbered in the order (end, row), and revised bars after them.
        self.ring = Ring(RING_COLUMNS, RING_BARS, floor)
        self.followers = 0
        self.from_feed = np.zeros(0, np.bool_)
        self.any_from_feed = False
        self.feed_open = OpenBars()
        #: The feed's closed bars that the watermark has not reached: pieces, vwap and ends.
        self._waiting: tuple[Pieces, Floats, Stamps] = (NO_PIECES, np.zeros(0), np.zeros(0, np.int64))
        #: Closed bars that changed since the last watermark.
        self.revised: dict[Key, bool] = {}
        self._revisions: dict[Key, int] = {}

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self.open.reach(rows)
        self.feed_open.reach(rows)
        self.from_feed = grown(self.from_feed, rows)

    @property
    def unclosed_feed_bars(self) -> Pieces:
        """The feed's closed bars that the watermark has not reached."""
        return self._waiting[0]

    def take_feed_bars(self, rows: Rows, batch: BarBatch) -> None:
        """Take the feed's own bars, as they start or end."""
        bars = batch.bars
        if not self.from_feed[rows].all():
            # From now on the feed's bars replace computed ones; bars closed until now stay.
            self.from_feed[rows] = True
            self.any_from_feed = True
            self.open.remove(rows)
        if not batch.closed:
            self.feed_open.start[rows] = bars.start
            self.feed_open.end[rows] = bars.start + batch.interval_ns
            self.feed_open.values[rows] = np.nan
            self.feed_open.values[rows, :4] = bars.open[:, None]
            self.feed_open.values[rows, 4] = 0
            return
        self.feed_open.remove(rows[self.feed_open.start[rows] <= bars.start])
        pieces = Pieces(
            rows, bars.start, bars.open, bars.high, bars.low, bars.close, bars.volume, bars.vwap * bars.volume,
            bars.trades,
        )  # fmt: skip
        # A bar without volume has no vwap, and adds nothing to that of a longer bar.
        pieces.notional[bars.volume == 0] = 0
        waiting, vwap, ends = self._waiting
        self._waiting = (
            joined(waiting, pieces),
            np.concatenate((vwap, bars.vwap)),
            np.concatenate((ends, bars.start + batch.interval_ns)),
        )

    def fold_into_feed_bars(self, pieces: Pieces) -> None:
        """Let trades, by row and in order, update the feed's open bars."""
        starts = self.feed_open.start[pieces.row]
        inside = (starts > 0) & (pieces.ts >= starts)
        if inside.any():
            fold(pieces[inside], self.feed_open, _Within(self.feed_open))

    def take_due_feed_bars(self, watermark: int) -> tuple[Pieces, Floats, Stamps]:
        """Remove and return the feed's closed bars that end by ``watermark`` (ns)."""
        pieces, vwap, ends = self._waiting
        due = ends <= watermark
        if not due.any():
            return NO_PIECES, np.zeros(0), np.zeros(0, np.int64)
        self._waiting = pieces[~due], vwap[~due], ends[~due]
        return pieces[due], vwap[due], ends[due]

    def is_from_feed(self, row: int) -> bool:
        """Whether the bars of ``row`` are the feed's own."""
        return row < len(self.from_feed) and bool(self.from_feed[row])

    def source(self, row: int) -> Level:
        """The level whose bars make up this one's of ``row``."""
        source = next((extra for extra in self.extra if extra.is_from_feed(row)), self.parent)
        assert source is not None, "1s is made of trades"
        return source

    def incoming(self, closed: Mapping[str, Pieces]) -> Pieces:
        """Of the bars that have just closed, by interval, those that make up this level's."""
        assert self.parent is not None, "1s is made of trades"
        pieces = closed[self.parent.interval.name]
        for extra in self.extra:
            if extra.any_from_feed:
                own = closed[extra.interval.name]
                pieces = joined(pieces[~extra.from_feed[pieces.row]], own[extra.from_feed[own.row]])
        if self.any_from_feed and len(pieces):
            pieces = pieces[~self.from_feed[pieces.row]]
        return in_order(pieces) if self.extra else pieces

    def children(self, row: int, start: int, end: int) -> Pieces:
        """The closed bars of shorter intervals in ``[start, end)`` (ns) that make up this level's."""
        history = self.source(row).history
        if history is None:
            return NO_PIECES
        starts, values = history.since(row, start)
        inside = slice(0, int(starts.searchsorted(end)))
        return stored_pieces(row, starts[inside], values[inside])

    def folded(self, pieces: Pieces) -> Pieces:
        """All bars that pieces of one row, in order, make up."""
        if not len(pieces):
            return pieces
        row = pieces.row[:1]
        into = OpenBars(1)
        over = fold(pieces.with_rows(np.zeros(len(pieces), np.intp)), into, self.grid.of(row))
        bars = joined(over, into.pieces(into.rows))
        return bars.with_rows(np.repeat(row, len(bars)))

    def stored(self, row: int, start: int) -> Floats:
        """The values (8) of a closed bar; without trades NaN, and a volume of 0."""
        if self.history is None:
            end = int(self.grid.ends(np.array([row]), np.array([start]))[0])
            bars = self.folded(self.children(row, start, end))
            return stored_values(bars)[0] if len(bars) else _NO_BAR
        starts, values = self.history.since(row, start)
        there = len(starts) > 0 and int(starts[0]) == start
        return values[0] if there and not np.isnan(values[0, 0]) else _NO_BAR

    def publish(self, pieces: Pieces, vwap: Floats, ends: Stamps, incomplete: npt.NDArray[np.bool_]) -> None:
        """Store closed bars and number them, in the order (end, row). ``vwap`` is NaN where it must be computed."""
        order = np.lexsort((pieces.row, ends))
        pieces, vwap, ends, incomplete = pieces[order], vwap[order], ends[order], incomplete[order]
        values = stored_values(pieces, vwap)
        if self.history is not None:
            late = pieces.ts <= self.history.newest(pieces.row)
            if late.any():
                for at in np.flatnonzero(late).tolist():
                    self.revise(int(pieces.row[at]), int(pieces.ts[at]), values[at])
                pieces, values, ends, incomplete = pieces[~late], values[~late], ends[~late], incomplete[~late]
            self.history.append(pieces.row, pieces.ts, values)
        self._number(pieces.row, pieces.ts, values, ends, np.zeros(len(pieces), np.int32), incomplete)

    def _number(
        self,
        rows: Rows,
        starts: Stamps,
        values: Floats,
        ends: Stamps,
        revisions: npt.NDArray[np.int32],
        incomplete: npt.NDArray[np.bool_],
    ) -> None:
        # A bar whose trades update no price is kept for longer bars, and shown to no client.
        shown = ~np.isnan(values[:, 0]) | (revisions > 0)
        if not shown.all():
            rows, starts, values, ends = rows[shown], starts[shown], values[shown], ends[shown]
            revisions, incomplete = revisions[shown], incomplete[shown]
        self.ring.append(rows, starts, *values[:, :7].T, ends, revisions, incomplete, hidden=revisions > 0)

    def revise(self, row: int, start: int, values: Floats | None) -> None:
        """Change a closed bar (None: it has no trades any more). It is numbered anew at the next watermark."""
        known = True
        if self.history is not None:
            starts, stored = self.history.since(row, start)
            there = len(starts) > 0 and int(starts[0]) == start
            known = there and not np.isnan(stored[0, 0])
            self.history.revise(row, start, values)
        elif (row, start) not in self.revised:
            known = self._is_numbered(row, start)
        self.revised.setdefault((row, start), known)

    def _is_numbered(self, row: int, start: int) -> bool:
        """Whether a bar is in the ring."""
        ring = self.ring
        [starts] = ring.columns(np.arange(ring.tail + 1, ring.head + 1), 0)
        return bool(((starts == start) & (ring.rows(ring.tail, ring.head) == row)).any())

    def publish_revised(self, values_of: Floats, rows: Rows, starts: Stamps, incomplete: npt.NDArray[np.bool_]) -> None:
        """Number the revised bars ``rows``, ``starts`` with the values (n, 8) that they have now."""
        ends = self.grid.ends(rows, starts)
        order = np.lexsort((rows, ends))
        revisions = []
        for at in order.tolist():
            key = int(rows[at]), int(starts[at])
            # A bar that no client was told of comes for the first time.
            number = self._revisions.pop(key, 0) + self.revised[key]
            self._revisions[key] = number
            revisions.append(number)
        while len(self._revisions) > _REVISIONS:
            del self._revisions[next(iter(self._revisions))]
        self.revised.clear()
        columns = values_of[order], ends[order], np.array(revisions, np.int32), incomplete[order]
        self._number(rows[order], starts[order], *columns)

    def revision(self, row: int, start: int) -> int:
        """How often a closed bar was revised."""
        return self._revisions.get((row, start), 0)

    @property
    def has_revisions(self) -> bool:
        return bool(self._revisions)

    def remove(self, rows: Rows) -> None:
        """Remove the bars of removed symbols."""
        self.open.remove(rows)
        self.feed_open.remove(rows)
        pieces, vwap, ends = self._waiting
        stays = ~np.isin(pieces.row, rows)
        self._waiting = pieces[stays], vwap[stays], ends[stays]
        if self.history is not None:
            self.history.remove(rows)
        gone = set(rows.tolist())
        self.revised = {key: known for key, known in self.revised.items() if key[0] not in gone}
        self._revisions = {key: count for key, count in self._revisions.items() if key[0] not in gone}


class _Within(Grid):
    """The grid of a feed's open bars: a trade belongs to the open bar, wherever that starts."""

    def __init__(self, bars: OpenBars) -> None:
        self._open = bars

    def starts(self, rows: Rows, ts: Stamps) -> Stamps:  # noqa: ARG002 - the grid's interface
        return self._open.start[rows]

    def ends(self, rows: Rows, starts: Stamps) -> Stamps:  # noqa: ARG002 - the grid's interface
        return self._open.end[rows]


def stored_values(pieces: Pieces, vwap: Floats | None = None) -> Floats:
    """Open, high, low, close, volume, vwap (NaN without volume), trades, notional; (n, 8)."""
    computed = np.full(len(pieces), np.nan)
    np.divide(pieces.notional, pieces.volume, out=computed, where=pieces.volume > 0)
    if vwap is not None:
        computed = np.where(np.isnan(vwap), computed, vwap)
    return np.column_stack(
        (
            pieces.open, pieces.high, pieces.low, pieces.close, pieces.volume, computed, pieces.trades,
            pieces.notional,
        )
    )  # fmt: skip


def stored_pieces(row: int | Rows, starts: Stamps, values: Floats) -> Pieces:
    """Stored bars, of one row or of a row each, as pieces of longer bars."""
    prices = values[:, 0], values[:, 1], values[:, 2], values[:, 3]
    return Pieces(np.full(len(starts), row, np.intp), starts, *prices, values[:, 4], values[:, 7], values[:, 6])
