"""Timestamps of rows: zones, dates, units and repeated hours."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from tests.support.fake_source import read
from tests.support.samples import NEW_YORK, at
from ticker.errors import FeedError

SECOND = 10**9
START = 1_704_292_200 * SECOND


def stamps(*texts: str, lines: int = 10**6, name: str = "A.csv", **options: Any) -> list[int]:
    content = "timestamp,price\n" + "".join(f"{text},1\n" for text in texts)
    return [row[1] for row in read(content, name, lines=lines, **options).trades]


@pytest.mark.parametrize("lines", [1, 2, 100])
def test_in_a_repeated_hour_a_step_back_starts_the_second_pass(lines: int) -> None:
    """Wherever blocks end; a small step back is disorder."""
    local = ["00:59:00", "01:10:00", "01:59:58", "01:59:57", "01:00:00", "01:59:00", "02:00:00"]
    utc = ["04:59", "05:10", "05:59:58", "05:59:57", "06:00", "06:59", "07:00"]
    found = stamps(*(f"2024-11-03 {each}" for each in local), lines=lines, time_zone=NEW_YORK)
    assert found == [at(f"2024-11-03 {each}") for each in utc]


def test_newest_first_a_step_forward_starts_the_first_pass() -> None:
    local = ["02:00:00", "01:59:00", "01:00:00", "01:59:00", "01:00:00", "00:59:00"]
    utc = ["07:00", "06:59", "06:00", "05:59", "05:00", "04:59"]
    found = stamps(*(f"2024-11-03 {each}" for each in local), time_zone=NEW_YORK)
    assert found == [at(f"2024-11-03 {each}") for each in utc]


def test_hourly_bars_of_two_symbols_have_the_repeated_hour_twice() -> None:
    """Two bars of a symbol with one local time are an hour apart."""
    rows = [f"{symbol},2024-11-03 {hour}:00,1,1,1,1\n" for hour in ("00", "01", "01", "02") for symbol in "AB"]
    found = read("symbol,time,open,high,low,close\n" + "".join(rows), time_zone=NEW_YORK)
    for symbol in "AB":
        mine = [row[1] for row in found.bars if row[0] == symbol]
        assert mine == [at(f"2024-11-03 {hour}:00") for hour in ("04", "05", "06", "07")]


def test_a_local_time_that_does_not_exist_is_refused() -> None:
    """The clocks went forward."""
    found = read("timestamp,price\n2024-03-10 02:30:00,1\n2024-03-10 03:00:00,1\n", time_zone=NEW_YORK)
    assert [row[1] for row in found.trades] == [at("2024-03-10 07:00")]
    reason = "not a time that exists in America/New_York: the clocks went forward"
    assert found.complaints == [f"f:2: column 'timestamp': '2024-03-10 02:30:00' is {reason}"]


def test_offsets_and_epoch_numbers_need_no_zone() -> None:
    """The zone option applies to other timestamps only."""
    for text in ("2024-01-03T14:30:00Z", "2024-01-03 09:30:00-05:00", "1704292200", "1704292200000000000"):
        assert stamps(text) == stamps(text, time_zone="Asia/Tokyo") == [START]
    assert stamps("2024-01-03 23:30:00", time_zone="Asia/Tokyo") == [START]


def test_an_epoch_number_in_another_unit_is_refused() -> None:
    """Except a change between milliseconds and microseconds, as in files of Binance."""
    assert stamps("1704292200000", "1704292200000000", "1704292200") == [START, START]
    assert stamps("1704292200", "1704292200000") == [START]
    assert stamps("1704292200000000", "1704292200000") == [START, START]


def test_the_whole_file_decides_whether_days_come_first() -> None:
    """A day after the 12th decides, however late; without one, months come first and the report says so."""
    late = [*["03/04/2024"] * 5, "25/04/2024"]
    content = "timestamp,price\n" + "".join(f"{text},1\n" for text in late)
    found = read(content, lines=2)
    assert found.trades[0][1] == at("2024-04-03")
    assert (found.report.how["day_first"], found.report.stamp_form) == ("file", "day before month")
    found = read("timestamp,price\n03/04/2024,1\n")
    assert found.trades[0][1] == at("2024-03-04")
    assert (found.report.how["day_first"], found.report.stamp_form) == ("assumed", "month before day")
    assert stamps("03.04.2024") == [at("2024-04-03")]
    assert stamps("03.25.2024", "03.04.2024") == [at("2024-03-25"), at("2024-03-04")]


def test_files_read_together_decide_whether_days_come_first(tmp_path: Path) -> None:
    """In any order of the files."""
    for name, text in (("a", "03/04/2024"), ("b", "25/04/2024"), ("c", "04/04/2024")):
        (tmp_path / f"{name}.csv").write_text(f"timestamp,price\n{text},1\n")
    with closing(load([str(tmp_path)], ReadOptions())) as timeline:
        assert [report.how["day_first"] for report in timeline.reports] == ["file"] * 3
        assert (timeline.first, timeline.last) == (at("2024-04-03"), at("2024-04-25"))


def test_the_date_of_times_of_day_is_from_the_option_or_the_file_name() -> None:
    """The option has priority; without both, the error names it."""
    assert stamps("09:30:00", name="A_2024-07-03.csv") == [at("2024-07-03 09:30")]
    assert stamps("09:30:00", name="A_2024-07-03.csv", date="2024-01-03") == [at("2024-01-03 09:30")]
    with pytest.raises(FeedError, match=r"^A\.csv: .*'09:30:00'.*--date"):
        stamps("09:30:00")


def test_a_date_and_a_time_column_make_a_timestamp() -> None:
    """An error names the wrong column."""
    found = read("date,time,price\n2024-01-03,09:30:00.5,1\n2024-01-03,25:00,1\nsoon,09:30,1\n")
    assert [row[1] for row in found.trades] == [at("2024-01-03 09:30:00.5")]
    assert found.complaints == [
        "f:3: column 'time': '25:00' is not a time of day",
        "f:4: column 'date': 'soon' is not a date",
    ]
    assert read("date,time,price\n2024-01-03,2024-01-03 09:30:00,1\n").trades[0][1] == at("2024-01-03 09:30")
