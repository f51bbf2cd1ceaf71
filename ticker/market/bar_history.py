"""The newest closed bars of one interval, of all symbols. Memory grows with what there is, up to a bound a symbol.

Bars lie in pages of ``PAGE``, which a symbol gets as it needs them; pages lie in slabs, so that nothing there is ever
copied to make room. All symbols of an ``append`` are written at once: what it costs is a bar, not a symbol.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]
Stamps = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

#: open, high, low, close, volume, vwap, trades.
COLUMNS: Final = 7
PAGE: Final = 16
#: Bars in a slab: 8 MB, of which the system gives only what is written to.
SLAB: Final = 8192 * PAGE


class BarHistory:
    """Closed bars by row and start. Of more than ``kept`` of a row, the oldest go."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        #: A row's pages are used in turn; so many, and no bar that is still to be kept is written over.
        self._turn = -(-kept // PAGE)
        #: How many bars each row ever had; bar number ``n`` is in the row's page ``n // PAGE % turn``.
        self._count = np.zeros(0, np.int64)
        #: The number of each row's pages among all; -1: not needed yet.
        self._pages = np.full((0, 1), -1, np.int64)
        self._used = 0
        self._slabs: list[tuple[Stamps, Floats]] = []

    def append(self, rows: Rows, starts: Stamps, values: Floats) -> None:
        """Bars of any rows, those of a row in their order and none older than what is there. Values are (n, 7)."""
        if not len(rows):
            return
        if (rows[1:] < rows[:-1]).any():
            order = rows.argsort(kind="stable")
            rows, starts, values = rows[order], starts[order], values[order]
        rank, lengths = _ranks(rows)
        if lengths.max() > self._kept:
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
        self._count[rows[last]] = number[last] + 1

    def of(self, row: int) -> tuple[Stamps, Floats]:
        """A row's bars, the oldest first: starts (n) and values (n, 7)."""
        count = int(self._count[row]) if row < len(self._count) else 0
        number = np.arange(max(0, count - self._kept), count)
        places = self._pages[row, number // PAGE % self._turn] * PAGE + number % PAGE if count else number
        starts, values = np.empty(len(number), np.int64), np.empty((len(number), COLUMNS))
        for part, slab_starts, slab_values, inside in self._by_slab(places):
            starts[part] = slab_starts[inside]
            values[part] = slab_values[inside]
        return starts, values

    def remove(self, rows: Rows) -> None:
        """These rows have no bars any more. Their pages wait for their return."""
        self._count[rows[rows < len(self._count)]] = 0

    def _reach(self, rows: int) -> None:
        have = len(self._count)
        if have < rows:
            more = max(64, rows, 2 * have) - have
            self._count = np.append(self._count, np.zeros(more, np.int64))
            self._pages = np.concatenate((self._pages, np.full((more, self._pages.shape[1]), -1, np.int64)))

    def _widen(self, pages: int) -> None:
        """Let a row have so many pages, or all that it ever gets."""
        have = self._pages.shape[1]
        if have < min(pages, self._turn):
            more = min(self._turn, max(pages, 2 * have)) - have
            self._pages = np.concatenate((self._pages, np.full((len(self._pages), more), -1, np.int64)), axis=1)

    def _paged(self, rows: Rows, turn: Stamps, slot: Stamps) -> Stamps:
        """Where bars go, in pages that are made where there are none."""
        new = np.flatnonzero((slot == 0) & (self._pages[rows, turn] < 0))
        self._pages[rows[new], turn[new]] = self._used + np.arange(len(new))
        self._used += len(new)
        while len(self._slabs) * SLAB < self._used * PAGE:
            self._slabs.append((np.empty(SLAB, np.int64), np.empty((SLAB, COLUMNS))))
        places: Stamps = self._pages[rows, turn] * PAGE + slot
        return places

    def _by_slab(self, places: Stamps) -> Iterator[tuple[npt.NDArray[np.bool_] | slice, Stamps, Floats, Stamps]]:
        """Which of ``places`` are in one slab, that slab, and where in it."""
        slab = places // SLAB
        numbers = np.unique(slab).tolist()
        for number in numbers:
            part = slice(None) if len(numbers) == 1 else slab == number
            yield part, *self._slabs[number], places[part] - number * SLAB


def _ranks(rows: Rows) -> tuple[Rows, Rows]:
    """Of sorted rows: of each, how many of the same row stand before it, and how many of it there are."""
    first = np.flatnonzero(np.append(True, rows[1:] != rows[:-1]))
    lengths = np.diff(np.append(first, len(rows)))
    return np.arange(len(rows)) - np.repeat(first, lengths), np.repeat(lengths, lengths)
