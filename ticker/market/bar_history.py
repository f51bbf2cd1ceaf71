"""The newest closed bars of one interval, of all symbols. Memory grows with the bars, up to a maximum per symbol.

Bars are stored in pages of ``PAGE``, which a symbol gets as needed, and pages in slabs, so that growing copies no bars.
``append`` writes the bars of all symbols at once: its cost is per bar, not per symbol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.market.columns import Floats, Rows, Stamps, grown

#: open, high, low, close, volume, vwap, trades, notional. Prices are NaN in a bar whose trades update none.
COLUMNS: Final = 8
PAGE: Final = 16
#: Bars in a slab: 8 MB, of which the system allocates only the pages written to.
SLAB: Final = 8192 * PAGE


class BarHistory:
    """Closed bars by row and start, at most the newest ``kept`` of each row."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        #: The pages of a row, which are used in turn. With this many, no bar is overwritten that must be kept.
        self._turn = -(-kept // PAGE)
        #: The number of bars that each row ever had. Bar ``n`` is in the row's page ``n // PAGE % turn``.
        self._count = np.zeros(0, np.int64)
        #: The number of each row's oldest bar. Bars before it were dropped and may be overwritten: they do not come
        #: back when a newer one is removed.
        self._first = np.zeros(0, np.int64)
        #: Rows whose first bars came with more than are kept: some were dropped, though ``first`` is 0.
        self._cut: set[int] = set()
        #: The numbers of each row's pages, -1 for a page not allocated yet.
        self._pages = np.full((0, 1), -1, np.int64)
        self._used = 0
        self._slabs: list[tuple[Stamps, Floats]] = []

    def append(self, rows: Rows, starts: Stamps, values: Floats) -> None:
        """Add bars of any rows. Those of a row must be in order, and newer than its stored bars. ``values``: (n, 8)."""
        if not len(rows):
            return
        if (rows[1:] < rows[:-1]).any():
            order = rows.argsort(kind="stable")
            rows, starts, values = rows[order], starts[order], values[order]
        rank, lengths = _ranks(rows)
        if lengths.max() > self._kept:
            self._cut.update(rows[lengths > self._kept].tolist())
            newest = lengths - rank <= self._kept
            rows, starts, values = rows[newest], starts[newest], values[newest]
            rank, lengths = _ranks(rows)
        self._reach(int(rows[-1]) + 1)
        number = self._count[rows] + rank
        self._widen(int(number.max()) // PAGE + 1)
        turn, slot = number // PAGE % self._turn, number % PAGE
        places = self._paged(rows, turn, slot)
        for part, slab_starts, slab_values, inside in self._by_slab(places):
            slab_starts[inside] = starts[part]
            slab_values[inside] = values[part]
        last = np.append(rows[1:] != rows[:-1], True)
        ends = rows[last]
        self._count[ends] = count = number[last] + 1
        self._first[ends] = np.maximum(self._first[ends], count - self._kept)

    def of(self, row: int) -> tuple[Stamps, Floats]:
        """The bars of a row, oldest first: starts (n) and values (n, 8)."""
        return self._newest(row, self._stored(row))

    @property
    def rows(self) -> Rows:
        """The rows that have bars."""
        return np.flatnonzero(self._count > self._first)

    def newest_of(self, rows: Rows, count: int) -> tuple[Rows, Stamps, Floats]:
        """The newest bars of each of ``rows``, at most ``count``, by row and start: row, start and values (n, 8)."""
        known = rows[rows < len(self._count)]
        total = self._count[known]
        have = np.minimum(total - self._first[known], count)
        row = np.repeat(known, have)
        number = np.repeat(total - np.cumsum(have), have) + np.arange(len(row))
        starts, values = np.empty(len(row), np.int64), np.empty((len(row), COLUMNS))
        places = self._pages[row, number // PAGE % self._turn] * PAGE + number % PAGE
        for part, slab_starts, slab_values, inside in self._by_slab(places):
            starts[part] = slab_starts[inside]
            values[part] = slab_values[inside]
        return row, starts, values

    def newest(self, rows: Rows) -> Stamps:
        """The start of the newest bar of each row; 0 without one."""
        found = np.zeros(len(rows), np.int64)
        has = np.flatnonzero(rows < len(self._count))
        has = has[self._count[rows[has]] > self._first[rows[has]]]
        number = self._count[rows[has]] - 1
        places = self._pages[rows[has], number // PAGE % self._turn] * PAGE + number % PAGE
        for part, slab_starts, _, inside in self._by_slab(places):
            found[has[part]] = slab_starts[inside]
        return found

    def since(self, row: int, start: int) -> tuple[Stamps, Floats]:
        """The bars of a row that start at ``start`` (ns) or later, oldest first, as ``of``. Reads few others."""
        stored = self._stored(row)
        wanted = 64
        while True:
            starts, values = self._newest(row, min(wanted, stored))
            if len(starts) < wanted or int(starts[0]) < start:
                at = int(starts.searchsorted(start))
                return starts[at:], values[at:]
            wanted *= 4

    def dropped_before(self, row: int) -> int:
        """Bars of ``row`` that start before this (ns) may have been dropped; 0 if none was."""
        number = int(self._first[row]) if row < len(self._first) else 0
        if not number and row not in self._cut:
            return 0
        # If all bars were removed, this is where the oldest of them was.
        place = self._pages[row, number // PAGE % self._turn] * PAGE + number % PAGE
        return int(self._slabs[place // SLAB][0][place % SLAB])

    def revise(self, row: int, start: int, values: Floats | None) -> None:
        """Replace, insert or (None) remove a bar of ``row``, which must not be older than its stored bars."""
        starts, stored = self.since(row, start)
        there = len(starts) > 0 and int(starts[0]) == start
        if there and values is not None:
            self._write(row, values, len(starts))
        elif there or values is not None:
            # The later bars move by one.
            self._reach(row + 1)
            self._count[row] -= len(starts)
            starts, stored = starts[there:], stored[there:]
            if values is not None:
                starts, stored = np.append(start, starts), np.concatenate((values[None], stored))
            self.append(np.full(len(starts), row, np.intp), starts, stored)

    def _stored(self, row: int) -> int:
        """How many bars of a row are stored."""
        return int(self._count[row] - self._first[row]) if row < len(self._count) else 0

    def _newest(self, row: int, wanted: int) -> tuple[Stamps, Floats]:
        """The newest ``wanted`` bars of a row, which must have that many."""
        starts, values = np.empty(wanted, np.int64), np.empty((wanted, COLUMNS))
        if wanted:
            number = np.arange(int(self._count[row]) - wanted, int(self._count[row]))
            places = self._pages[row, number // PAGE % self._turn] * PAGE + number % PAGE
            for part, slab_starts, slab_values, inside in self._by_slab(places):
                starts[part] = slab_starts[inside]
                values[part] = slab_values[inside]
        return starts, values

    def _write(self, row: int, values: Floats, from_end: int) -> None:
        """Overwrite the ``from_end``-th last bar of a row."""
        number = int(self._count[row]) - from_end
        place = self._pages[row, number // PAGE % self._turn] * PAGE + number % PAGE
        self._slabs[place // SLAB][1][place % SLAB] = values

    def remove(self, rows: Rows) -> None:
        """Remove the bars of these rows. Their pages stay allocated."""
        known = rows[rows < len(self._count)]
        self._count[known] = self._first[known] = 0
        self._cut.difference_update(known.tolist())

    def _reach(self, rows: int) -> None:
        self._count, self._first = grown(self._count, rows), grown(self._first, rows)
        self._pages = grown(self._pages, rows, -1)

    def _widen(self, pages: int) -> None:
        """Make room for ``pages`` pages of each row, or for all that a row can have."""
        have = self._pages.shape[1]
        if have < min(pages, self._turn):
            more = min(self._turn, max(pages, 2 * have)) - have
            self._pages = np.concatenate((self._pages, np.full((len(self._pages), more), -1, np.int64)), axis=1)

    def _paged(self, rows: Rows, turn: Stamps, slot: Stamps) -> Stamps:
        """The places of bars. Allocates missing pages."""
        new = np.flatnonzero((slot == 0) & (self._pages[rows, turn] < 0))
        self._pages[rows[new], turn[new]] = self._used + np.arange(len(new))
        self._used += len(new)
        while len(self._slabs) * SLAB < self._used * PAGE:
            self._slabs.append((np.empty(SLAB, np.int64), np.empty((SLAB, COLUMNS))))
        places: Stamps = self._pages[rows, turn] * PAGE + slot
        return places

    def _by_slab(self, places: Stamps) -> Iterator[tuple[npt.NDArray[np.bool_] | slice, Stamps, Floats, Stamps]]:
        """For each slab: which of ``places`` are in it, its arrays, and the places within it."""
        slab = places // SLAB
        numbers = np.unique(slab).tolist()
        for number in numbers:
            part = slice(None) if len(numbers) == 1 else slab == number
            yield part, *self._slabs[number], places[part] - number * SLAB


def _ranks(rows: Rows) -> tuple[Rows, Rows]:
    """For each of the sorted ``rows``: how many equal rows precede it, and how many there are in all."""
    first = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    lengths = np.diff(np.append(first, len(rows)))
    return np.arange(len(rows)) - np.repeat(first, lengths), np.repeat(lengths, lengths)
