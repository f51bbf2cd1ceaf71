"""The newest closed bars of one symbol and one interval. Memory grows with what there is, up to a bound."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

_FIRST = 32
#: open, high, low, close, volume, vwap, trades.
COLUMNS = 7


class BarRing:
    """Closed bars by their start, the oldest first. Of more than ``capacity`` the oldest go."""

    __slots__ = ("_capacity", "_count", "_starts", "_values")

    def __init__(self, capacity: int) -> None:
        self._capacity = capacity
        #: How many there ever were; the newest is at place ``(count - 1) % room``.
        self._count = 0
        self._starts = np.zeros(min(_FIRST, capacity), np.int64)
        self._values = np.zeros((len(self._starts), COLUMNS))

    def __len__(self) -> int:
        return min(self._count, len(self._starts))

    def append(self, starts: npt.NDArray[np.int64], values: npt.NDArray[np.float64]) -> None:
        """Bars in their order, none older than what is there."""
        starts, values = starts[-self._capacity :], values[-self._capacity :]
        needed = min(self._capacity, len(self) + len(starts))
        if needed > len(self._starts):
            self._grow(min(self._capacity, max(needed, 2 * len(self._starts))))
        places = np.arange(self._count, self._count + len(starts)) % len(self._starts)
        self._starts[places] = starts
        self._values[places] = values
        self._count += len(starts)

    def all(self) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.float64]]:
        """Starts (n) and values (n, 7), the oldest first."""
        places = np.arange(self._count - len(self), self._count) % len(self._starts)
        return self._starts[places], self._values[places]

    @property
    def last_start(self) -> int:
        """The newest bar's start; 0 if there is none."""
        return int(self._starts[(self._count - 1) % len(self._starts)]) if self._count else 0

    def _grow(self, room: int) -> None:
        starts, values = self.all()
        self._starts = np.zeros(room, np.int64)
        self._values = np.zeros((room, COLUMNS))
        self._starts[: len(starts)] = starts
        self._values[: len(starts)] = values
        self._count = len(starts)
