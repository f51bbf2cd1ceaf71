"""A ring buffer of the newest items of one kind, numbered: ticks, or closed bars of an interval.

It stores the columns of the newest ``capacity`` items. Of ``HISTORY`` times as many it stores the row only, to count by
symbol how many items a reader has lost. This module knows no reader.
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

    @property
    def tail(self) -> int:
        return max(self.floor, self.head - self.capacity)

    @property
    def counted(self) -> int:
        """From this position on, losses can be counted by symbol."""
        return max(self.floor, self.head - len(self._rows))

    def append(
        self, rows: npt.NDArray[np.integer[Any]], stamps: npt.NDArray[np.int64], *columns: npt.NDArray[Any]
    ) -> None:
        """Append items in order. Of more than ``capacity`` items, the oldest get numbers but are not stored."""
        start, self.head = self.head, self.head + len(rows)
        # Each place is written once: numpy does not define which of two writes to the same place wins.
        kept = rows[-len(self._rows) :]
        self._rows[np.arange(self.head - len(kept), self.head) % len(self._rows)] = kept
        first = max(start, self.head - self.capacity)
        places = np.arange(first, self.head) % self.capacity
        self._stamps[places] = stamps[first - start :]
        for column, values in zip(self._columns, columns, strict=True):
            column[places] = values[first - start :]

    def rows(self, after: int, upto: int) -> npt.NDArray[np.int32]:
        """The rows of the items ``(after, upto]``. ``after`` must be at least ``counted``."""
        first, room = after % len(self._rows), len(self._rows)
        if first + upto - after <= room:
            return self._rows[first : first + upto - after]
        return self._rows[np.arange(after, upto) % room]

    def columns(self, numbers: npt.NDArray[np.int64]) -> list[npt.NDArray[Any]]:
        """The timestamps and the other columns of the items ``numbers``, which must be after ``tail``."""
        places = (numbers - 1) % self.capacity
        return [self._stamps[places], *(column[places] for column in self._columns)]

    def column(self, index: int, numbers: npt.NDArray[np.int64]) -> npt.NDArray[Any]:
        """One of the columns after the timestamp."""
        return self._columns[index][(numbers - 1) % self.capacity]
