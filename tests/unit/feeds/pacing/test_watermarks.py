"""When watermarks are due."""

from __future__ import annotations

from feeds.pacing.watermarks import MARK_EVERY_S, Watermarks
from tests.support.replay_file import ns
from ticker.model import Watermark


def test_each_second_of_market_time_has_one_watermark() -> None:
    """At its start."""
    marks = Watermarks()
    marks.start(ns(0.5))
    assert marks.next_stamp == ns(1)
    assert marks.take(ns(0.9), 0.4, paced=True) is None
    assert marks.take(ns(1.2), 0.7, paced=True) == Watermark(ns(1))
    assert marks.take(ns(1.9), 1.4, paced=True) is None
    assert marks.take(ns(0.2), 1.5, paced=True) is None


def test_the_start_has_no_watermark() -> None:
    marks = Watermarks()
    assert marks.next_stamp is None
    assert marks.take(ns(5), 1.0, paced=False) is None
    assert marks.take(ns(6), 1.0, paced=False) == Watermark(ns(6))


def test_paced_watermarks_are_at_least_50_ms_apart() -> None:
    """At speed 3600 there would be 3600 per second."""
    marks = Watermarks()
    marks.start(ns(0))
    assert marks.take(ns(10), 1.0, paced=True) == Watermark(ns(10))
    assert marks.take(ns(11), 1.0 + MARK_EVERY_S / 2, paced=True) is None
    assert marks.next_s(0.0) == 1.0 + MARK_EVERY_S
    assert marks.take(ns(12), 1.0 + MARK_EVERY_S, paced=True) == Watermark(ns(12))
    assert marks.take(ns(13), 1.0 + MARK_EVERY_S, paced=False) == Watermark(ns(13))
