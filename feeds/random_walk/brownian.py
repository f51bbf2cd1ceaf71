"""Independent random processes, many at once, sampled exactly at given times. Times never go back."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from ticker.model import Floats

Rows = npt.NDArray[np.intp]


class Groups:
    """The rows of a column of codes (0 to ``count`` - 1), grouped by code; within a group they keep their order."""

    __slots__ = ("codes", "first", "last", "order", "sizes")

    def __init__(self, column: npt.NDArray[np.integer[Any]], count: int) -> None:
        # The smallest type: numpy sorts integers of 8 and 16 bits by radix sort, in a tenth of the time.
        small = column.astype(np.min_scalar_type(count - 1))
        #: The rows, group by group.
        self.order: Rows = np.argsort(small, kind="stable")
        ordered = small[self.order]
        breaks = np.flatnonzero(ordered[1:] != ordered[:-1])
        #: Of each group: the positions of its first and last row in ``order``, its size and its code.
        self.first: Rows = np.concatenate(([0], breaks + 1))
        self.last: Rows = np.append(breaks, len(column) - 1)
        self.sizes: Rows = self.last - self.first + 1
        self.codes: Rows = ordered[self.first].astype(np.intp)

    def latest(self, marked: npt.NDArray[np.bool_]) -> Rows:
        """For each row the latest ``marked`` row of its group up to and including itself; -1 if there is none."""
        place = np.where(marked[self.order], np.arange(len(marked)), -1)
        np.maximum.accumulate(place, out=place)
        rows = np.empty_like(place)
        rows[self.order] = np.where(place >= np.repeat(self.first, self.sizes), self.order[place], -1)
        return rows


class BrownianMotions:
    """``count`` Brownian motions at their last sampled times. They start at 0; the variance at time t is t."""

    def __init__(self, count: int) -> None:
        self._value = np.zeros(count)
        self._time = np.zeros(count)

    def at(self, groups: Groups, time: Floats, rng: np.random.Generator) -> Floats:
        """The value of each row's motion (its group's code) at the row's ``time``."""
        time = time[groups.order]
        before = np.empty_like(time)
        before[1:] = time[:-1]
        before[groups.first] = self._time[groups.codes]
        # A rounding error may reverse two times, and the square root would be NaN.
        path = np.cumsum(np.sqrt(np.maximum(time - before, 0)) * rng.standard_normal(len(time)))
        start = self._value[groups.codes]
        start[1:] -= path[groups.last[:-1]]
        path += np.repeat(start, groups.sizes)
        self._value[groups.codes] = path[groups.last]
        self._time[groups.codes] = time[groups.last]
        values = np.empty_like(path)
        values[groups.order] = path
        return values

    def finish(self, time: float, rng: np.random.Generator) -> Floats:
        """The value of every motion at ``time``; then reset all to value and time 0."""
        values = self._value + np.sqrt(np.maximum(time - self._time, 0)) * rng.standard_normal(len(self._time))
        self._value = np.zeros_like(values)
        self._time = np.zeros_like(values)
        return values


class OrnsteinUhlenbeck:
    """``count`` Ornstein-Uhlenbeck processes (mean 0, variance 1) at their last sampled times.

    The autocorrelation decays to 1/e within time 1 (Uhlenbeck and Ornstein, 1930).
    """

    def __init__(self, count: int, rng: np.random.Generator) -> None:
        self._value = rng.standard_normal(count)
        self._time = np.zeros(count)

    def at(self, codes: Rows, time: float, rng: np.random.Generator) -> Floats:
        """The values at ``time`` of the processes ``codes``, which are distinct."""
        fade = np.exp(self._time[codes] - time)
        values: Floats = fade * self._value[codes] + np.sqrt(1 - fade * fade) * rng.standard_normal(len(codes))
        self._value[codes] = values
        self._time[codes] = time
        return values
