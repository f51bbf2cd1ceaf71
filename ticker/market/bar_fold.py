"""Folds trades into bars, and bars into longer bars. All bars, live, replayed or backfilled, are computed here.

A *piece* is a trade or a bar: prices, volume, notional (price times size) and the number of trades. Sums are added from
left to right, so that the result is the same to the last bit for any division into batches. vwap is notional / volume.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.market.columns import Floats, Rows, Stamps, grown


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


_COLUMNS: Final = tuple(column.name for column in fields(Pieces))
NO_PIECES: Final = Pieces(np.zeros(0, np.intp), np.zeros(0, np.int64), *(np.zeros(0) for _ in _COLUMNS[2:]))


class OpenBars:
    """The open bar of each row. ``start`` is 0 for a row without one."""

    def __init__(self) -> None:
        self.start: Stamps = np.zeros(0, np.int64)
        #: Columns: open, high, low, close, volume, notional, trades.
        self.values: Floats = np.zeros((0, 7))

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self.start, self.values = grown(self.start, rows), grown(self.values, rows)

    def take(self, rows: Rows) -> Pieces:
        """Remove and return the bars of ``rows``."""
        pieces = self.pieces(rows)
        self.start[rows] = 0
        return pieces

    def pieces(self, rows: Rows) -> Pieces:
        """The bars of ``rows``."""
        return Pieces(rows, self.start[rows], *self.values[rows].T)


def fold(pieces: Pieces, into: OpenBars, interval_ns: int) -> Pieces:
    """Fold ``pieces`` into bars of ``interval_ns``. Returns the closed bars by row and start; the others stay open.

    The pieces of a row must be in order, none older than its open bar. Bars start at multiples of the interval since
    1970 UTC. A bar is closed by a piece of the same row that belongs to a later bar.
    """
    if not len(pieces):
        return pieces
    if (pieces.row[1:] < pieces.row[:-1]).any():
        pieces = pieces[pieces.row.argsort(kind="stable")]
    start = pieces.ts - pieces.ts % interval_ns
    row = pieces.row
    new = np.empty(len(row), np.bool_)
    new[0] = True
    new[1:] = (row[1:] != row[:-1]) | (start[1:] != start[:-1])
    first = np.flatnonzero(new)
    segment = np.cumsum(new) - 1
    last = np.append(first[1:], len(row)) - 1
    rows, starts = row[first], start[first]
    values = np.empty((len(first), 7))
    values[:, 0] = pieces.open[first]
    values[:, 1] = np.maximum.reduceat(pieces.high, first)
    values[:, 2] = np.minimum.reduceat(pieces.low, first)
    values[:, 3] = pieces.close[last]
    values[:, 4:] = 0
    # A segment that continues an open bar starts with its sums, so that they are added in order of time.
    leads = np.append(True, rows[1:] != rows[:-1])
    going_on = leads & (into.start[rows] == starts)
    before = into.values[rows[going_on]]
    values[going_on, 0] = before[:, 0]
    values[going_on, 1] = np.maximum(values[going_on, 1], before[:, 1])
    values[going_on, 2] = np.minimum(values[going_on, 2], before[:, 2])
    values[going_on, 4:] = before[:, 4:]
    for column, added in ((4, pieces.volume), (5, pieces.notional), (6, pieces.trades)):
        sums = np.ascontiguousarray(values[:, column])
        np.add.at(sums, segment, added)
        values[:, column] = sums
    replaced = leads & ~going_on & (into.start[rows] > 0)
    ended = into.pieces(rows[replaced])
    trails = np.append(rows[1:] != rows[:-1], True)
    over = Pieces(rows[~trails], starts[~trails], *values[~trails].T)
    into.start[rows[trails]] = starts[trails]
    into.values[rows[trails]] = values[trails]
    if not len(ended):
        return over
    both = joined(ended, over)
    return both[np.lexsort((both.ts, both.row))]


def joined(*parts: Pieces) -> Pieces:
    return Pieces(*[np.concatenate([getattr(part, name) for part in parts]) for name in _COLUMNS])


def merged(first: Pieces, second: Pieces) -> Pieces:
    """Merge bars pairwise: ``second`` continues ``first``."""
    return Pieces(
        first.row,
        first.ts,
        first.open,
        np.maximum(first.high, second.high),
        np.minimum(first.low, second.low),
        second.close,
        first.volume + second.volume,
        first.notional + second.notional,
        first.trades + second.trades,
    )
