"""The bars of one file, and their interval."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.timeline import bars as module
from feeds.files.timeline.bars import DAY_NS, FALLBACK_NS, LONGEST_NS, FileBars
from tests.support.data_files import DAY, FakeSource, bars, plain_events, timeline_of
from ticker.errors import FeedError

SECOND = 10**9


def file_bars(rows: list[tuple[int, int]], zone: str = "UTC", run: int = 100, chunk: int = 100) -> FileBars:
    """Bars of (code, start) whose open is their index."""
    made = FileBars(run)
    numbered = [(code, start, place + 1.0, 1e9, 0.5, 2.0) for place, (code, start) in enumerate(rows)]
    for at in range(0, len(rows), chunk):
        made.add(bars(*numbered[at : at + chunk]).bars)
    made.finish(zone)
    made.place(zone)
    return made


def spans(made: FileBars) -> list[tuple[int, int, int]]:
    """(code, start, end)."""
    found: list[tuple[int, int, int]] = []
    for part, lasting in made.blocks():
        ends = part.start + lasting
        found += zip(part.symbol.tolist(), part.start.tolist(), ends.tolist(), strict=True)
    return found


@pytest.fixture(params=[2, 3, 65_536])
def block(request: Any, monkeypatch: pytest.MonkeyPatch) -> int:
    """Small, so that state carried between blocks matters."""
    monkeypatch.setattr(module, "BLOCK", request.param)
    return int(request.param)


@pytest.mark.parametrize(
    ("starts", "interval"),
    [
        ([(0, 0), (0, 60), (0, 120), (0, 900)], 60),
        ([(0, 0), (1, 30), (0, 300), (1, 330), (0, 600)], 300),  # distances between symbols do not count
        ([(0, 600), (0, 300), (0, 0)], 300),
        ([(0, 0), (0, 0), (0, 5)], 5),
        ([(0, 0), (0, 60), (0, 180)], 60),
        ([(0, 0), (0, 86_400), (0, 2 * 86_400), (0, 5 * 86_400)], 86_400),
        ([(0, 0), (0, 10**9)], LONGEST_NS // SECOND),
        ([(0, 0)], DAY_NS // SECOND),
        ([(0, 0), (1, 0), (2, 0)], DAY_NS // SECOND),
        ([(0, 60)], FALLBACK_NS // SECOND),
    ],
)
def test_the_interval_is_the_most_common_distance_of_a_symbols_bars(
    starts: list[tuple[int, int]], interval: int, block: int
) -> None:
    """If no symbol has two bars: a day if they start at midnight, otherwise a minute."""
    made = file_bars([(code, DAY + s * SECOND) for code, s in starts])
    assert made.interval_ns == interval * SECOND
    made.close()


def test_an_interval_is_found_among_very_many_distances(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rare distances are dropped: memory is bounded."""
    monkeypatch.setattr(module, "_DISTANCES", 8)
    monkeypatch.setattr(module, "BLOCK", 16)
    starts = np.cumsum([step + 100 if step % 2 else 60 for step in range(200)])
    made = file_bars([(0, DAY + int(s) * SECOND) for s in starts])
    assert made.interval_ns == 60 * SECOND
    made.close()


def test_a_bar_ends_at_the_latest_where_the_next_one_starts(block: int) -> None:
    """The end of February is the start of March, though most months have 31 days."""
    months = pd.date_range("2023-01-01", periods=12, freq="MS", tz="UTC").as_unit("ns").asi8.tolist()
    made = file_bars([(0, month) for month in months])
    found = spans(made)
    assert [(start, end) for _, start, end in found[:-1]] == list(pairwise(months))
    assert found[-1][2] == months[-1] + 31 * DAY_NS
    made.close()


def test_days_are_those_of_the_zone(block: int) -> None:
    """Of 23 to 25 hours; a Friday ends on Saturday."""
    days = pd.date_range("2024-03-04", "2024-11-08", freq="B", tz="America/New_York")
    made = file_bars([(0, day) for day in days.as_unit("ns").asi8.tolist()], "America/New_York")
    assert made.interval_ns == DAY_NS
    ends = (days + pd.DateOffset(days=1)).as_unit("ns").asi8.tolist()
    assert [end for _, _, end in spans(made)] == ends
    made.close()


def test_a_lone_bar_on_a_day_without_midnight_is_no_daily_bar(block: int) -> None:
    start = pd.Timestamp("2018-11-04 01:00", tz="America/Sao_Paulo").value
    made = file_bars([(0, start)], "America/Sao_Paulo")
    assert made.interval_ns == FALLBACK_NS
    made.close()


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9)), min_size=1), st.integers(1, 9), st.integers(1, 9))
def test_of_bars_with_one_start_the_last_counts(rows: list[tuple[int, int]], run: int, chunk: int) -> None:
    """The others are counted as repeated."""
    stamped = [(code, DAY + step * 60 * SECOND) for code, step in rows]
    made = file_bars(stamped, run=run, chunk=chunk)
    try:
        last = {row: place + 1.0 for place, row in enumerate(stamped)}
        found = {
            (int(code), int(start)): float(opened)
            for part, _ in made.blocks()
            for code, start, opened in zip(part.symbol, part.start, part.open, strict=True)
        }
        assert found == last
        assert made.repeated == len(rows) - len(last)  # as every open is distinct
    finally:
        made.close()


def test_contradictory_bars_are_refused_and_stop_a_strict_replay() -> None:
    """Except the last one."""
    rows = [(0, DAY, 1.0, 2.0, 0.5, 1.0), (0, DAY + 60 * SECOND, 1.0, 2.0, 0.5, 1.0), (0, DAY, 1.5, 2.0, 0.5, 1.0)]
    timeline = timeline_of([FakeSource("a.csv", bars(*rows))])
    (report,) = timeline.reports
    assert (report.bars, dict(report.refused)) == (2, {"has a later bar with the same start": 1})
    timeline.close()
    with pytest.raises(FeedError, match=r"^a\.csv: two bars of A start at 2024-01-02 00:00:00\+00:00$"):
        timeline_of([FakeSource("a.csv", bars(*rows))], strict=True)


def test_identical_bars_are_one_bar(block: int) -> None:
    """Overlapping files were joined: no fault, however far apart."""
    rows = [(code, DAY + step * 60 * SECOND, 1.0, 2.0, 0.5, 1.0) for step in range(5) for code in (0, 1)]
    timeline = timeline_of([FakeSource("a.csv", bars(*rows, *rows))], strict=True)
    assert not timeline.reports[0].refused
    assert sum(event[0] == "close" for event in plain_events(timeline)) == 10
    timeline.close()
