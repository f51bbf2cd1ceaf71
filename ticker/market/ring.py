"""A ring buffer of the newest ticks of one kind, numbered. The channels `trades` and `quotes` are read from it.

It stores the columns of the newest ``capacity`` ticks. Of ``HISTORY`` times as many it stores the row only, to count by
symbol how many ticks a reader has lost. This module knows no reader.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: How many times more rows than ticks are stored.
HISTORY = 16


class Ring:
    """Ticks numbered from 1. ``head`` is the newest number, ``tail`` the number before the oldest stored tick.

    A reader at position p has every tick up to number p, and lacks the ticks ``(p, head]``.
    """

    def __init__(self, floats: int, capacity: int) -> None:
        self.capacity = capacity
        self.head = 0
        self._rows = np.zeros(capacity * HISTORY, np.int32)
        self._stamps = np.zeros(capacity, np.int64)
        self._floats = [np.zeros(capacity) for _ in range(floats)]

    @property
    def tail(self) -> int:
        return max(0, self.head - self.capacity)

    @property
    def counted(self) -> int:
        """From this position on, losses can be counted by symbol."""
        return max(0, self.head - len(self._rows))

    def append(
        self, rows: npt.NDArray[np.integer[Any]], stamps: npt.NDArray[np.int64], *floats: npt.NDArray[np.float64]
    ) -> None:
        """Append ticks in order. Of more than ``capacity`` ticks, the oldest get numbers but are not stored."""
        start, self.head = self.head, self.head + len(rows)
        # Each place is written once: numpy does not define which of two writes to the same place wins.
        kept = rows[-len(self._rows) :]
        self._rows[np.arange(self.head - len(kept), self.head) % len(self._rows)] = kept
        first = max(start, self.head - self.capacity)
        places = np.arange(first, self.head) % self.capacity
        self._stamps[places] = stamps[first - start :]
        for column, values in zip(self._floats, floats, strict=True):
            column[places] = values[first - start :]

    def rows(self, after: int, upto: int) -> npt.NDArray[np.int32]:
        """The rows of the ticks ``(after, upto]``. ``after`` must be at least ``counted``."""
        first, room = after % len(self._rows), len(self._rows)
        if first + upto - after <= room:
            return self._rows[first : first + upto - after]
        return self._rows[np.arange(after, upto) % room]

    def columns(self, numbers: npt.NDArray[np.int64]) -> list[npt.NDArray[Any]]:
        """The timestamps and the float columns of the ticks ``numbers``, which must be after ``tail``."""
        places = (numbers - 1) % self.capacity
        return [self._stamps[places], *(column[places] for column in self._floats)]
