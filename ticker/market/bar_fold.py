"""Folds trades into bars, and bars into longer bars. All bars, live, replayed or backfilled, are computed here.

A *piece* is a trade or a bar: prices, volume, notional (price times size) and the number of trades. Sums are added from
left to right, so that the result is the same to the last bit for any division into batches. A price is NaN where a
trade does not update it (see ``ticker.conditions``): open and close together, high and low together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.intervals import Interval
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.market.row_calendars import RowCalendars


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """n pieces in order of time. Columns: the symbol's row, timestamp (ns), prices, volume, notional, trades."""

    row: Rows
    ts: Stamps
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    notional: Floats
    trades: Floats

    def __len__(self) -> int:
        return len(self.row)

    def __getitem__(self, part: slice | npt.NDArray[np.bool_] | Rows) -> Pieces:
        return Pieces(*[getattr(self, name)[part] for name in _COLUMNS])

    def with_rows(self, rows: Rows) -> Pieces:
        """The same pieces of other rows."""
        return Pieces(rows, *[getattr(self, name) for name in _COLUMNS[1:]])

    @property
    def values(self) -> Floats:
        """All columns but row and timestamp, (n, 7)."""
        return np.column_stack((self.open, self.high, self.low, self.close, self.volume, self.notional, self.trades))


_COLUMNS: Final = tuple(column.name for column in fields(Pieces))
NO_PIECES: Final = Pieces(np.zeros(0, np.intp), np.zeros(0, np.int64), *(np.zeros(0) for _ in _COLUMNS[2:]))


class Grid:
    """Where the bars of one interval start and end, by row."""

    def __init__(self, calendars: RowCalendars, interval: Interval) -> None:
        self.interval = interval
        self._calendars = calendars

    def starts(self, rows: Rows, ts: Stamps) -> Stamps:
        return self._calendars.starts(rows, ts, self.interval)

    def ends(self, rows: Rows, starts: Stamps) -> Stamps:
        return self._calendars.ends(rows, starts, self.interval)

    def of(self, rows: Rows) -> Grid:
        """The grid of some rows, numbered from 0 in their order."""
        return Grid(self._calendars.of(rows), self.interval)


class OpenBars:
    """The open bar of each row. ``start`` and ``end`` (ns) are 0 for a row without one."""

    def __init__(self, rows: int = 0) -> None:
        self.start: Stamps = np.zeros(rows, np.int64)
        self.end: Stamps = np.zeros(rows, np.int64)
        #: Columns: open, high, low, close, volume, notional, trades.
        self.values: Floats = np.zeros((rows, 7))

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self.start, self.end, self.values = grown(self.start, rows), grown(self.end, rows), grown(self.values, rows)

    def of(self, rows: Rows) -> OpenBars:
        """A copy of some rows, numbered from 0 in their order."""
        part = OpenBars()
        part.start, part.end, part.values = self.start[rows], self.end[rows], self.values[rows]
        return part

    def take(self, rows: Rows) -> Pieces:
        """Remove and return the bars of ``rows``."""
        pieces = self.pieces(rows)
        self.start[rows] = 0
        self.end[rows] = 0
        return pieces

    def take_due(self, upto: int) -> Pieces:
        """Remove and return the bars that end by ``upto`` (ns)."""
        return self.take(np.flatnonzero((self.start > 0) & (self.end <= upto)))

    def remove(self, rows: Rows) -> None:
        rows = rows[rows < len(self.start)]
        self.start[rows] = 0
        self.end[rows] = 0

    def pieces(self, rows: Rows) -> Pieces:
        """The bars of ``rows``, each of which must have one."""
        return Pieces(rows, self.start[rows], *self.values[rows].T)

    @property
    def rows(self) -> Rows:
        """The rows with a bar."""
        return np.flatnonzero(self.start > 0)


def fold(pieces: Pieces, into: OpenBars, grid: Grid) -> Pieces:
    """Fold ``pieces`` into bars of ``grid``. Returns the bars ended by a later piece, by row and start.

    The pieces of a row must be in order, none older than its open bar. A bar is ended by a piece of the same row that
    belongs to a later bar; the others stay open.
    """
    if not len(pieces):
        return pieces
    if (pieces.row[1:] < pieces.row[:-1]).any():
        pieces = pieces[pieces.row.argsort(kind="stable")]
    start = grid.starts(pieces.row, pieces.ts)
    row = pieces.row
    new = np.empty(len(row), np.bool_)
    new[0] = True
    new[1:] = (row[1:] != row[:-1]) | (start[1:] != start[:-1])
    first = np.flatnonzero(new)
    segment = np.cumsum(new) - 1
    last = np.append(first[1:], len(row)) - 1
    rows, starts = row[first], start[first]
    values = np.empty((len(first), 7))
    values[:, 0], values[:, 3] = _ends_of_segments(pieces, first, last)
    values[:, 1] = np.fmax.reduceat(pieces.high, first)
    values[:, 2] = np.fmin.reduceat(pieces.low, first)
    values[:, 4:] = 0
    # A segment that continues an open bar starts with its sums, so that they are added in order of time.
    leads = np.append(True, rows[1:] != rows[:-1])
    going_on = leads & (into.start[rows] == starts)
    before = into.values[rows[going_on]]
    values[going_on, :4] = _prices(before[:, :4].T, values[going_on, :4].T).T
    values[going_on, 4:] = before[:, 4:]
    for column, added in ((4, pieces.volume), (5, pieces.notional), (6, pieces.trades)):
        sums = np.ascontiguousarray(values[:, column])
        np.add.at(sums, segment, added)
        values[:, column] = sums
    replaced = leads & ~going_on & (into.start[rows] > 0)
    ended = into.pieces(rows[replaced])
    trails = np.append(rows[1:] != rows[:-1], True)
    over = Pieces(rows[~trails], starts[~trails], *values[~trails].T)
    begun = trails & (into.start[rows] != starts)
    into.end[rows[begun]] = grid.ends(rows[begun], starts[begun])
    into.start[rows[trails]] = starts[trails]
    into.values[rows[trails]] = values[trails]
    return in_order(joined(ended, over)) if len(ended) else over


def _ends_of_segments(pieces: Pieces, first: Rows, last: Rows) -> tuple[Floats, Floats]:
    """The open and the close of each segment: the first and the last price that is not NaN."""
    opens, closes = pieces.open[first], pieces.close[last]
    if not (np.isnan(opens).any() or np.isnan(closes).any()):
        return opens, closes
    places, priced = np.arange(len(pieces)), ~np.isnan(pieces.open)
    earliest = np.minimum.reduceat(np.where(priced, places, len(pieces)), first)
    latest = np.maximum.reduceat(np.where(priced, places, -1), first)
    opens = np.where(earliest < len(pieces), pieces.open[np.minimum(earliest, len(pieces) - 1)], np.nan)
    closes = np.where(latest >= 0, pieces.close[np.maximum(latest, 0)], np.nan)
    return opens, closes


def _prices(first: Sequence[Floats] | Floats, second: Sequence[Floats] | Floats) -> Floats:
    """Open, high, low and close of bars of which ``second`` continues ``first``; NaN: no price."""
    return np.stack(
        (
            np.where(np.isnan(first[0]), second[0], first[0]),
            np.fmax(first[1], second[1]),
            np.fmin(first[2], second[2]),
            np.where(np.isnan(second[3]), first[3], second[3]),
        )
    )


def joined(*parts: Pieces) -> Pieces:
    """The pieces of all parts, one part after the other."""
    filled = [part for part in parts if len(part)]
    if len(filled) < 2:
        return filled[0] if filled else NO_PIECES
    return Pieces(*[np.concatenate([getattr(part, name) for part in filled]) for name in _COLUMNS])


def in_order(pieces: Pieces) -> Pieces:
    """The pieces by row and time."""
    return pieces[np.lexsort((pieces.ts, pieces.row))]


def same_bars(pieces: Pieces, others: Pieces) -> npt.NDArray[np.bool_]:
    """Which of ``pieces`` have the row and the start of one of ``others``."""
    keys = set(zip(others.row.tolist(), others.ts.tolist(), strict=True))
    found = (key in keys for key in zip(pieces.row.tolist(), pieces.ts.tolist(), strict=True))
    return np.fromiter(found, np.bool_, len(pieces))


def whole(pieces: Pieces) -> Pieces:
    """One or more pieces of one row as one piece that starts with the first."""
    into = OpenBars(1)
    fold(pieces.with_rows(np.zeros(len(pieces), np.intp)), into, _ONE_BAR)
    return Pieces(pieces.row[:1], pieces.ts[:1], *into.values.T)


class _OneBar(Grid):
    """A grid with a single bar."""

    def __init__(self) -> None:
        pass

    def starts(self, rows: Rows, ts: Stamps) -> Stamps:  # noqa: ARG002 - the grid's interface
        return np.ones(len(ts), np.int64)

    def ends(self, rows: Rows, starts: Stamps) -> Stamps:  # noqa: ARG002 - the grid's interface
        return starts


_ONE_BAR: Final = _OneBar()
