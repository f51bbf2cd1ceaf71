"""The time order of a file's rows, and gaps."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.files.chunk import Chunk
from feeds.files.orders import Gaps, OrderWatch
from feeds.files.report import FileReport, Gap
from tests.support.data_files import DAY, HOUR, FakeSource, bars, quotes, timeline_of, trades

SECOND = 10**9


@pytest.mark.parametrize(
    ("rows", "order"),
    [
        ([(0, 1)], "time"),
        ([(0, 1), (0, 1), (1, 2)], "time"),
        ([(0, 3), (0, 2), (1, 1)], "newest first"),
        ([(0, 3), (1, 3), (0, 2), (1, 2)], "newest first"),
        ([(0, 1), (0, 5), (1, 2), (1, 6)], "grouped by symbol"),
        ([(0, 5), (0, 1), (1, 6), (1, 2)], "grouped by symbol"),
        ([(0, 1), (0, 5), (0, 2), (1, 6)], "mixed"),
    ],
)
@pytest.mark.parametrize("chunk", [1, 2, 10])
def test_the_order_is_detected_for_any_chunks(rows: list[tuple[int, int]], order: str, chunk: int) -> None:
    """A step back where the symbol changes starts a group; any other is disorder."""
    watch = OrderWatch()
    for at in range(0, len(rows), chunk):
        watch.note(trades(*((code, DAY + ts, 1.0) for code, ts in rows[at : at + chunk])))
    report = FileReport(name="a", path="a")
    watch.fill_in(report)
    assert report.order == order
    assert (report.first, report.last) == (DAY + min(ts for _, ts in rows), DAY + max(ts for _, ts in rows))


@pytest.mark.parametrize(
    ("stamps", "rows", "by"),
    [
        ([1, 5, 2, 3, 6], 2, 3),  # two rows after 5, one of them 3 earlier
        ([9, 5, 8, 6, 1], 2, 3),  # newest first except two
        ([1, 2, 3], 0, 0),
        ([3, 2, 1], 0, 0),
    ],
)
@pytest.mark.parametrize("chunk", [1, 2, 10])
def test_misplaced_rows_are_counted(stamps: list[int], rows: int, by: int, chunk: int) -> None:
    """Against the order that fits better."""
    watch = OrderWatch()
    for at in range(0, len(stamps), chunk):
        watch.note(trades(*((0, DAY + ts, 1.0) for ts in stamps[at : at + chunk])))
    report = FileReport(name="a", path="a")
    watch.fill_in(report)
    assert (report.misplaced_rows, report.misplaced_by_ns) == (rows, by)


def test_interleaved_trades_and_quotes_are_no_disorder() -> None:
    """A chunk separates the kinds."""
    watch = OrderWatch()
    for at in (0, 10):
        tick, quote = trades((0, DAY + at + 5, 1.0)), quotes((0, DAY + at + 1, 1.0, 1.0, 2.0, 1.0))
        watch.note(Chunk(trades=tick.trades, quotes=quote.quotes))
    report = FileReport(name="a", path="a")
    assert not watch.fill_in(report)  # the gaps are unknown
    assert report.order == "time"


def test_a_file_without_good_rows_has_no_period() -> None:
    report = FileReport(name="a", path="a")
    assert OrderWatch().fill_in(report)
    assert (report.first, report.last) == (None, None)


def test_the_longest_gaps_are_kept() -> None:
    """At most five, the longest first, in any order of timestamps."""
    stamps = [DAY]
    for step in range(1, 200):
        stamps.append(stamps[-1] + (SECOND if step % 20 else step * 60 * SECOND))
    expected = [Gap(start=stamps[step - 1], end=stamps[step]) for step in (180, 160, 140, 120, 100)]
    for order in (stamps, stamps[::-1]):
        for cut in (1, 7, 1_000):
            gaps = Gaps()
            for at in range(0, len(order), cut):
                gaps.note(np.array(order[at : at + cut]))
            assert gaps.found() == expected


def test_evenly_spaced_timestamps_have_no_gap() -> None:
    """Nor do few of them."""
    gaps = Gaps()
    assert gaps.found() == []
    gaps.note(np.arange(1, 1000) * HOUR)
    assert gaps.found() == []


NIGHT = Gap(start=DAY + 49 * SECOND, end=DAY + 20 * HOUR)
DAY_AND_NEXT = [step * SECOND for step in range(50)] + [20 * HOUR + step * SECOND for step in range(50)]


@pytest.mark.parametrize("order", ["time", "newest first", "grouped", "mixed"])
@pytest.mark.parametrize("kind", ["trades", "bars"])
def test_a_night_is_a_gap_in_any_order_of_the_file(order: str, kind: str) -> None:
    rows = [(code, DAY + ts) for ts in DAY_AND_NEXT for code in (0, 1)]
    if order == "newest first":
        rows.reverse()
    elif order == "grouped":
        rows.sort()
    elif order == "mixed":
        np.random.default_rng(1).shuffle(rows)
    made = (
        trades(*((code, ts, 1.0) for code, ts in rows))
        if kind == "trades"
        else bars(*((code, ts, 1.0, 2.0, 0.5, 1.0) for code, ts in rows))
    )
    timeline = timeline_of([FakeSource("a", made)], run=16)
    assert timeline.reports[0].gaps == [NIGHT]
    timeline.close()
