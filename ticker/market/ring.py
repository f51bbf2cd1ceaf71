"""A ring buffer of the newest items of one kind, numbered: ticks, or closed bars of an interval.

It stores the columns of the newest ``capacity`` items. Of ``HISTORY`` times as many it stores the row only, to count by
symbol how many items a reader has lost, and whether it is *hidden*: of no use to a reader that does not know
revisions. This module knows no reader.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

#: How many times more rows than items are stored.
HISTORY = 16


class Ring:
    """Items numbered from ``floor`` + 1. ``head`` is the newest number, ``tail`` the one before the oldest stored item.

    A reader at position p has every item up to number p, and lacks the items ``(p, head]``. ``columns`` are the types
    of an item's columns after its timestamp. With ``floor``, the numbers go on from an earlier ring, whose items are
    lost.
    """

    def __init__(self, columns: Sequence[npt.DTypeLike], capacity: int, floor: int = 0) -> None:
        self.capacity = capacity
        self.floor = floor
        self.head = floor
        self._rows = np.zeros(capacity * HISTORY, np.int32)
        self._stamps = np.zeros(capacity, np.int64)
        self._columns: list[npt.NDArray[Any]] = [np.zeros(capacity, kind) for kind in columns]
        # Which of the stored rows' items are hidden. Made for the first one: most rings have none.
        self._hidden: npt.NDArray[np.bool_] | None = None
        self._newest_hidden = floor
        #: How many hidden items there were.
        self.hidden_count = 0

    @property
    def tail(self) -> int:
        return max(self.floor, self.head - self.capacity)

    @property
    def counted(self) -> int:
        """From this position on, losses can be counted by symbol."""
        return max(self.floor, self.head - len(self._rows))

    def append(
        self,
        rows: npt.NDArray[np.integer[Any]],
        stamps: npt.NDArray[np.int64],
        *columns: npt.NDArray[Any],
        hidden: npt.NDArray[np.bool_] | None = None,
    ) -> None:
        """Append items in order. Of more than ``capacity`` items, the oldest get numbers but are not stored."""
        start, self.head = self.head, self.head + len(rows)
        kept = rows[-len(self._rows) :]
        _put(self._rows, self.head - len(kept), kept)
        if hidden is not None and hidden.any():
            if self._hidden is None:
                self._hidden = np.zeros(len(self._rows), np.bool_)
            _put(self._hidden, self.head - len(kept), hidden[-len(self._rows) :])
            self.hidden_count += int(np.count_nonzero(hidden))
            self._newest_hidden = start + int(np.flatnonzero(hidden)[-1]) + 1
        elif self._hidden is not None:
            _put(self._hidden, self.head - len(kept), np.zeros(len(kept), np.bool_))
        first = max(start, self.head - self.capacity)
        _put(self._stamps, first, stamps[first - start :])
        for column, values in zip(self._columns, columns, strict=True):
            _put(column, first, values[first - start :])

    def rows(self, after: int, upto: int) -> npt.NDArray[np.int32]:
        """The rows of the items ``(after, upto]``. ``after`` must be at least ``counted``."""
        return self._part(self._rows, after, upto)

    def any_hidden(self, after: int) -> bool:
        """Whether there are hidden items after number ``after``."""
        return self._newest_hidden > after

    def hidden(self, after: int, upto: int) -> npt.NDArray[np.bool_]:
        """Which of the items ``(after, upto]`` are hidden. ``after`` must be at least ``counted``."""
        return np.zeros(upto - after, np.bool_) if self._hidden is None else self._part(self._hidden, after, upto)

    def _part(self, values: npt.NDArray[Any], after: int, upto: int) -> npt.NDArray[Any]:
        first, room = after % len(values), len(values)
        if first + upto - after <= room:
            return values[first : first + upto - after]
        return values[np.arange(after, upto) % room]

    def columns(self, numbers: npt.NDArray[np.int64], count: int | None = None) -> list[npt.NDArray[Any]]:
        """The timestamps and the first ``count`` other columns of the items ``numbers``, which must be after ``tail``.

        None: all columns.
        """
        places = (numbers - 1) % self.capacity
        return [self._stamps[places], *(column[places] for column in self._columns[:count])]

    def column(self, index: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """One of the columns after the timestamp."""
        return self._columns[index][(numbers - 1) % self.capacity]


def _put(column: npt.NDArray[Any], first: int, values: npt.NDArray[Any]) -> None:
    """Write ``values``, at most as many as the column has places, from the place of number ``first`` + 1 on."""
    place = first % len(column)
    straight = len(column) - place
    column[place : place + len(values)] = values[:straight]
    if len(values) > straight:
        column[: len(values) - straight] = values[straight:]
