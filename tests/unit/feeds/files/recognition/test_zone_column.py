"""The zone of timestamps in a column of its own."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.fake_source import read
from tests.support.samples import at
from ticker.errors import FeedError


@pytest.mark.parametrize(
    ("name", "zone", "when"),
    [
        ("TZ", "EST", "2024-07-03 14:30"),
        ("timezone", "America/New_York", "2024-07-03 13:30"),
        ("Time Zone", "ET", "2024-07-03 13:30"),
        ("utc_offset", "+09:00", "2024-07-03 00:30"),
        ("tz_offset", "-5", "2024-07-03 14:30"),
        ("tz", "UTC+2", "2024-07-03 07:30"),
        ("tz", "UTC", "2024-07-03 09:30"),
    ],
)
def test_a_column_of_zones_is_the_zone(name: str, zone: str, when: str) -> None:
    found = read(f"datetime,{name},price\n2024-07-03 09:30,{zone},5\n2024-07-03 09:31,{zone},6\n", "AAPL.csv")
    assert (found.trades[0][1], found.report.how["time_zone"]) == (at(when), "file")
    assert (name in found.report.ignored, found.report.refused) == (False, {})


def test_a_date_a_time_and_a_zone_in_three_columns() -> None:
    found = read("Date,Time,TZ,Close\n03.01.2024,15:30,CET,5\n15.01.2024,15:31,CET,6\n", "SAP.csv")
    assert [row[1] for row in found.trades] == [at("2024-01-03 14:30"), at("2024-01-15 14:31")]


@pytest.mark.parametrize("lines", [2, 100])
def test_two_zones_in_the_column_are_refused(lines: int) -> None:
    """Also in a later block; with --time-zone the column is not looked at."""
    text = "datetime,tz,price\n2024-01-03 09:30,EST,5\n2024-01-03 09:31,EST,6\n2024-01-03 09:32,PST,6\n"
    with pytest.raises(FeedError, match=r"AAPL\.csv:4: column 'tz': 'PST' is another zone than 'EST' .*--time-zone"):
        read(text, "AAPL.csv", lines=lines)
    assert read(text, "AAPL.csv", lines=lines, time_zone="UTC").trades[2][1] == at("2024-01-03 09:32")


def test_an_ambiguous_zone_in_the_column_is_refused_by_name() -> None:
    with pytest.raises(FeedError, match=r"zone IST, which is India, Israel or Ireland; use --time-zone"):
        read("datetime,tz,price\n2024-01-03 09:30,IST,5\n", "AAPL.csv")


def test_a_column_of_zones_counts_only_for_timestamps_without_one() -> None:
    found = read("datetime,tz,price\n2024-01-03 09:30Z,EST,5\n2024-01-03 09:31Z,PST,6\n", "AAPL.csv")
    assert [row[1] for row in found.trades] == [at("2024-01-03 09:30"), at("2024-01-03 09:31")]


def test_other_columns_are_no_zones() -> None:
    """MT and PT are countries, too; a column of zones needs its name and known zones."""
    for header, word in (("zone", "PT"), ("market", "ET"), ("tz", "X1")):
        found = read(f"datetime,{header},price\n2024-01-03 09:30,{word},5\n", "AAPL.csv")
        assert (found.trades[0][1], found.report.how["time_zone"]) == (at("2024-01-03 09:30"), "assumed")


def test_a_column_of_zones_in_a_table() -> None:
    frame = pd.DataFrame({"datetime": ["2024-01-03 09:30"], "timezone": ["America/New_York"], "price": [5.0]})
    assert read(frame, "AAPL.parquet").trades[0][1] == at("2024-01-03 14:30")
