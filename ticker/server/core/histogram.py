"""How long something took, counted in buckets: what a histogram of Prometheus is made of."""

from __future__ import annotations

from bisect import bisect_left
from itertools import accumulate
from typing import Final

BOUNDS_S: Final = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 1.0)


class Histogram:
    """Durations in seconds. ``bounds_s`` are the upper ends of the buckets; one more takes the rest."""

    def __init__(self, bounds_s: tuple[float, ...] = BOUNDS_S) -> None:
        self.bounds_s = bounds_s
        self.sum_s = 0.0
        self._counts = [0] * (len(bounds_s) + 1)

    def add(self, seconds: float) -> None:
        self._counts[bisect_left(self.bounds_s, seconds)] += 1
        self.sum_s += seconds

    def buckets(self) -> list[tuple[str, float]]:
        """Upper ends, as Prometheus writes them, and how many took so long at most."""
        ends = [*map(str, self.bounds_s), "+Inf"]
        return list(zip(ends, map(float, accumulate(self._counts)), strict=True))
