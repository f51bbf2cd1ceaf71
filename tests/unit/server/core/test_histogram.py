"""Durations in buckets."""

from __future__ import annotations

from ticker.server.core.histogram import Histogram


def test_buckets_are_cumulative_and_their_ends_belong_to_them() -> None:
    timings = Histogram((0.1, 1.0))
    for seconds in (0.05, 0.1, 0.5, 1.0, 7.0):
        timings.add(seconds)
    assert timings.buckets() == [("0.1", 2.0), ("1.0", 4.0), ("+Inf", 5.0)]
    assert timings.sum_s == 8.65
