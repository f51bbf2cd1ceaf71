"""Durations counted in buckets."""

from __future__ import annotations

from ticker.server.core.histogram import Histogram


def test_buckets_are_cumulative_and_include_their_upper_bounds() -> None:
    histogram = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 1.0, 7.0):
        histogram.add(seconds)
    assert histogram.buckets() == [("0.1", 2.0), ("1.0", 4.0), ("+Inf", 5.0)]
    assert histogram.sum_s == 8.65
