"""The newest ticks of one kind, numbered: what the channels `trades` and `quotes` are read from.

Memory is bounded: the columns of the newest ``capacity`` ticks, and of ``HISTORY`` times as many the row alone, which
is what it takes to tell how many of which symbol a reader has lost. This module knows no reader.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

#: How many times further back than the ticks themselves their rows are remembered.
HISTORY = 16


class Ring:
    """Ticks 1, 2, 3, … of one kind. ``head`` is the newest one's number, ``tail`` the number before the oldest kept.

    A reader at position p has every tick up to number p; what it lacks is ``(p, head]``.
    """

    def __init__(self, floats: int, capacity: int = 65_536) -> None:
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
        """The position from which on losses can be told apart by symbol."""
        return max(0, self.head - len(self._rows))

    def append(
        self, rows: npt.NDArray[np.integer[Any]], stamps: npt.NDArray[np.int64], *floats: npt.NDArray[np.float64]
    ) -> None:
        """Ticks in their order. More than ``capacity`` at once: the oldest of them are lost, and counted as such."""
        start, self.head = self.head, self.head + len(rows)
        # Of one append, only the newest may be written: numpy does not promise which of two writes to a place wins.
        kept = rows[-len(self._rows) :]
        self._rows[np.arange(self.head - len(kept), self.head) % len(self._rows)] = kept
        first = max(start, self.head - self.capacity)
        places = np.arange(first, self.head) % self.capacity
        self._stamps[places] = stamps[first - start :]
        for column, values in zip(self._floats, floats, strict=True):
            column[places] = values[first - start :]

    def rows(self, after: int, upto: int) -> npt.NDArray[np.int32]:
        """The rows of the ticks ``(after, upto]``; ``after`` must not be before ``counted``."""
        first, room = after % len(self._rows), len(self._rows)
        if first + upto - after <= room:
            return self._rows[first : first + upto - after]
        return self._rows[np.arange(after, upto) % room]

    def columns(self, numbers: npt.NDArray[np.int64]) -> list[npt.NDArray[Any]]:
        """Stamps and floats of these ticks by their numbers, which must be after ``tail``."""
        places = (numbers - 1) % self.capacity
        return [self._stamps[places], *(column[places] for column in self._floats)]
