"""Trades into bars, and bars into longer ones: the one function that computes bars, live, replayed or backfilled.

A *piece* is a trade or a bar: prices, volume, notional (price times size), how many trades. Sums run from left to
right, one after the other, so that the result does not depend on how the pieces were cut into batches: it is the same
to the last bit. It knows no symbol, no clock and no wire.

Sources: open, high, low, close and volume are what the words say; vwap is notional / volume.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]
Stamps = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Pieces:
    """n pieces in the order they happened. Columns: the symbol's row, stamp (ns), prices, volume, notional, trades."""

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
    """The bar under way of each row. ``start`` is 0 where there is none. Grows with the rows."""

    def __init__(self) -> None:
        self.start: Stamps = np.zeros(0, np.int64)
        #: Columns: open, high, low, close, volume, notional, trades.
        self.values: Floats = np.zeros((0, 7))

    def reach(self, rows: int) -> None:
        """Have room for so many rows."""
        have = len(self.start)
        if have < rows:
            room = max(64, rows, 2 * have)
            self.start = np.concatenate((self.start, np.zeros(room - have, np.int64)))
            self.values = np.concatenate((self.values, np.zeros((room - have, 7))))

    def take(self, rows: Rows) -> Pieces:
        """The bars of ``rows``, which are there no more."""
        pieces = self.pieces(rows)
        self.start[rows] = 0
        return pieces

    def pieces(self, rows: Rows) -> Pieces:
        """The bars of ``rows`` as they are now."""
        return Pieces(rows, self.start[rows], *self.values[rows].T)


def fold(pieces: Pieces, into: OpenBars, interval_ns: int) -> Pieces:
    """Fold ``pieces`` into bars of ``interval_ns``. Gives the bars that are over, by row and start; others stay open.

    The pieces of each row come in order: none is older than the row's open bar. Bars begin at multiples of the
    interval since 1970 UTC. A bar is over when a piece of the same row belongs to a later one.
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
    # A segment that goes on with an open bar begins with its sums, so that each is added to in the order of time.
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
    """Bars made of two parts each, one after the other: the part that is over, and the one under way."""
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
