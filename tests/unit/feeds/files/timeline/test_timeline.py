"""The timeline: all events once and in order, from any time on, in detail or coarse."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from feeds.files.timeline.timeline import Timeline
from tests.support.data_files import DAY, HOUR, NAN, FakeSource, bars, plain_events, quotes, timeline_of, trades
from ticker.errors import FeedError


@pytest.fixture
def timeline() -> Iterator[Any]:
    made: list[Timeline] = []

    def make(*sources: FakeSource, run: int = 4, **options: Any) -> Timeline:
        made.append(timeline_of(sources, run, **options))
        return made[-1]

    yield make
    for each in made:
        each.close()


def test_events_are_ordered_by_timestamp_then_file_then_row(timeline: Any) -> None:
    first = FakeSource("a", trades((0, DAY + 5, 1.0), (0, DAY + 9, 2.0)), trades((0, DAY + 9, 3.0)))
    second = FakeSource("b", trades((1, DAY + 9, 4.0), (1, DAY + 1, 5.0)))
    assert plain_events(timeline(first, second)) == [
        (1, DAY + 1, 5), (0, DAY + 5, 1), (0, DAY + 9, 2), (0, DAY + 9, 3), (1, DAY + 9, 4)
    ]  # fmt: skip


def test_events_up_to_and_after_any_time_are_all_events(timeline: Any) -> None:
    rows = [(code, DAY + 7 * step % 50, float(step + 1)) for step in range(60) for code in (step % 3,)]
    made = timeline(FakeSource("a", trades(*rows)))
    whole = plain_events(made)
    assert len(whole) == 60
    for moment in range(DAY - 1, DAY + 51, 7):
        assert plain_events(made, None, moment) + plain_events(made, moment) == whole


def test_a_day_starts_at_midnight_in_the_files_zone(timeline: Any) -> None:
    """16:00 to 20:00 in New York belongs to the day, though it crosses midnight UTC."""
    evening, night, morning = DAY + 23 * HOUR, DAY + 25 * HOUR, DAY + 38 * HOUR
    chunk = trades((0, evening, 1.0), (0, night, 2.0), (0, morning, 3.0))
    days = timeline(FakeSource("a", chunk, zone="America/New_York")).calendar
    assert days.day(evening) == days.day(night) == (DAY + 5 * HOUR, DAY + 29 * HOUR)
    assert days.day(morning)[0] == DAY + 29 * HOUR
    assert timeline(FakeSource("a", chunk)).calendar.day(night)[0] == DAY + 24 * HOUR


def test_a_bar_opens_trades_four_times_and_closes(timeline: Any) -> None:
    """At one timestamp closes come before opens."""
    chunk = bars((0, DAY, 10.0, 12.0, 9.0, 11.0), (0, DAY + HOUR, 11.0, 13.0, 10.0, 10.5))
    quarter = HOUR // 4
    made = timeline(FakeSource("a", chunk))
    assert plain_events(made) == [
        ("open", 0, DAY), (0, DAY, 10), (0, DAY + quarter, 9), (0, DAY + 2 * quarter, 12), (0, DAY + 3 * quarter, 11),
        ("close", 0, DAY), ("open", 0, DAY + HOUR), (0, DAY + HOUR, 11), (0, DAY + HOUR + quarter, 13),
        (0, DAY + HOUR + 2 * quarter, 10), (0, DAY + HOUR + 3 * quarter, 10.5), ("close", 0, DAY + HOUR),
    ]  # fmt: skip
    assert (made.first, made.last) == (DAY, DAY + 2 * HOUR)
    assert made.reports[0].interval_ns == HOUR


def test_at_midnight_a_bar_closes_before_the_next_one_opens(timeline: Any) -> None:
    rows = [(code, DAY + day * 24 * HOUR, 10.0, 12.0, 9.0, 11.0) for day in range(2) for code in (0, 1)]
    found = plain_events(timeline(FakeSource("a", bars(*rows))))
    at = found.index(("close", 0, DAY))
    assert found[at : at + 5] == [
        ("close", 0, DAY), ("close", 1, DAY), ("open", 0, DAY + 24 * HOUR), ("open", 1, DAY + 24 * HOUR),
        (0, DAY + 24 * HOUR, 10),
    ]  # fmt: skip


def test_coarse_events_close_the_same_bars_and_detail_those_still_open(timeline: Any) -> None:
    """Up to a time inside the third bar."""
    rows = [(code, DAY + step * HOUR, 10.0, 12.0, 9.0, 11.0) for step in range(5) for code in (0, 1)]
    made = timeline(FakeSource("a", bars(*rows)))
    moment = DAY + 2 * HOUR + HOUR // 2
    fine, coarse = plain_events(made, None, moment), plain_events(made, None, moment, coarse=True)
    for kind in ("close",):
        assert [each for each in coarse if each[0] == kind] == [each for each in fine if each[0] == kind]
    ticks = [each for each in coarse if isinstance(each[0], int)]
    assert sorted(ticks) == sorted(each for each in fine if isinstance(each[0], int))
    assert len(coarse) < len(fine)
    tail = coarse[coarse.index(("open", 0, DAY + 2 * HOUR)) :]
    assert tail == fine[fine.index(("open", 0, DAY + 2 * HOUR)) :]


def test_an_unchanged_side_is_filled_from_the_symbols_previous_quote(timeline: Any) -> None:
    """In time order, not in file order; a side never stated is missing."""
    chunk = quotes(
        (0, DAY + 3, NAN, -1, 12.0, 5),
        (1, DAY + 2, 7.0, 1, NAN, -1),
        (0, DAY + 1, 10.0, 2, NAN, -1),
        (0, DAY + 4, 11.0, 3, NAN, -1),
        (0, DAY + 5, NAN, NAN, NAN, -1),
    )
    made = timeline(FakeSource("a", chunk), run=2)
    (batch,) = made.events()
    columns = batch.quotes
    rows = [
        tuple(None if value != value else value for value in row)
        for row in zip(columns.symbol, columns.bid, columns.bid_size, columns.ask, columns.ask_size, strict=True)
    ]
    assert rows == [
        (0, 10, 2, None, None), (1, 7, 1, None, None), (0, 10, 2, 12, 5), (0, 11, 3, 12, 5), (0, None, None, 12, 5)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "order"),
    [
        ([(0, 1), (0, 1), (1, 2)], "time"),
        ([(0, 3), (0, 2), (1, 1)], "newest first"),
        ([(0, 1), (0, 5), (1, 2), (1, 6)], "grouped by symbol"),
        ([(0, 1), (0, 5), (0, 2), (1, 6)], "mixed"),
    ],
)
def test_the_order_of_a_file_is_reported(timeline: Any, rows: list[tuple[int, int]], order: str) -> None:
    """For any chunks."""
    chunks = [trades((code, DAY + ts, 1.0)) for code, ts in rows]
    assert timeline(FakeSource("a", *chunks)).reports[0].order == order


def test_gaps_are_reported(timeline: Any) -> None:
    """A night is one, seconds between trades are not."""
    second = 1_000_000_000
    stamps = [DAY + step * second for step in range(50)] + [DAY + 20 * HOUR + step * second for step in range(50)]
    (gap,) = timeline(FakeSource("a", trades(*((0, ts, 1.0) for ts in stamps)))).reports[0].gaps
    assert (gap.start, gap.end) == (DAY + 49 * second, DAY + 20 * HOUR)


def test_files_without_a_good_row_are_an_error(timeline: Any) -> None:
    with pytest.raises(FeedError, match="a: no rows"):
        timeline(FakeSource("a"))
