"""The columns of the timestamp: one, or a date and a time of day."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.fake_source import read
from tests.support.samples import NEW_YORK, at
from ticker.errors import FeedError


def stamps(content: str, **options: Any) -> list[int]:
    """The timestamps of the rows of trades or the starts of bars."""
    found = read(content, "AAPL.csv", **options)
    assert not found.report.refused, found.complaints
    return [row[1] for row in found.trades or found.bars]


@pytest.mark.parametrize(
    ("header", "rows", "when"),
    [
        ("Date,Time,Last", "2024-01-03,14:30:00,1", "2024-01-03 14:30"),
        ("Time,Date,Last", "14:30:00,2024-01-03,1", "2024-01-03 14:30"),
        ("Trade Date,Trade Time,Last", "2024-01-03,14:30:00,1", "2024-01-03 14:30"),
        ("trade_date,trade_time,price", "20240103,143000,1", "2024-01-03 14:30"),
        ("timestamp,time,price", "2024-01-03,14:30,1", "2024-01-03 14:30"),
        ("date,timestamp,price", "2024-01-03,14:30:00.5,1", "2024-01-03 14:30:00.5"),
        ("Date,Time,Last", "2024-01-03 14:30:00,00:00:00,1", "2024-01-03 14:30"),
        ("Date,Time,Last", "2024-01-03,2024-01-03 14:30:00,1", "2024-01-03 14:30"),
        ("Datum,Uhrzeit,Kurs", "03.01.2024,14:30,1", "2024-01-03 14:30"),
        ("Date (UTC),Time (UTC),price", "13/01/2024,2:30 PM,1", "2024-01-13 14:30"),
        ("open_time,close_time,price", "2024-01-03 14:30:00,2024-01-03 14:31:00,1", "2024-01-03 14:30"),
        ("close_time,open_time,price", "2024-01-03 14:31:00,2024-01-03 14:30:00,1", "2024-01-03 14:30"),
        ("bar_end,bar_start,price", "2024-01-03 14:31:00,2024-01-03 14:30:00,1", "2024-01-03 14:30"),
        ("timestamp_local,timestamp_utc,price", "2024-01-03 09:30:00,2024-01-03 14:30:00,1", "2024-01-03 14:30"),
        ("Expiry Date,Date,price", "2024-06-21,2024-01-03,1", "2024-01-03"),
        ("bar_end,price", "2024-01-03 14:31:00,1", "2024-01-03 14:31"),
        ("timestamp,timeOpen,timeClose,price", "2024-01-04,2024-01-03T14:30Z,2024-01-04T14:30Z,1", "2024-01-03 14:30"),
    ],
)
def test_the_columns_are_found_by_names_and_values(header: str, rows: str, when: str) -> None:
    """A date is never taken alone if a column has its time of day, and the end of a bar never if its start is there."""
    assert stamps(f"{header}\n{rows}\n") == [at(when)]


@pytest.mark.parametrize(
    ("columns", "when"),
    [
        ({"timestamp": "Day", "time": "At"}, "2024-01-03 14:30"),
        ({"date": "Day", "time": "At"}, "2024-01-03 14:30"),
        ({"date": "Day", "timestamp": "At"}, "2024-01-03 14:30"),
        ({"timestamp": "Stamp"}, "2024-01-04 15:00"),
        ({"time": "Stamp"}, "2024-01-04 15:00"),
        ({"timestamp": "Day"}, "2024-01-03"),
        ({"date": "Day"}, "2024-01-03"),
    ],
)
def test_columns_of_the_option_are_combined(columns: dict[str, str], when: str) -> None:
    """In whichever roles the user named them."""
    content = "Day,At,Stamp,X\n2024-01-03,14:30:00,2024-01-04 15:00:00,1\n"
    assert stamps(content, columns={**columns, "price": "X"}) == [at(when)]


def test_the_other_half_is_found_by_its_name() -> None:
    content = "Day,Time,X\n2024-01-03,14:30:00,1\n"
    for columns in ({"timestamp": "Day"}, {"date": "Day"}, {"time": "Time"}, {"timestamp": "Time"}):
        assert stamps(content, columns={**columns, "price": "X"}) == [at("2024-01-03 14:30")]


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        ({"timestamp": "Stamp", "time": "At"}, "timestamp=Stamp,time=At.*'Stamp' has both, 'At' has times of day"),
        ({"timestamp": "Day", "date": "Stamp"}, "'Day' has dates, 'Stamp' has both"),
        ({"date": "Day", "time": "Day"}, "'Day' has dates, 'Day' has dates"),
        ({"timestamp": "Stamp", "date": "Day", "time": "At"}, "'Stamp' has both, 'Day' has dates, 'At' has times"),
        ({"timestamp": "Stamp", "high": "At"}, "high=At: a file of trades has no high"),
    ],
)
def test_columns_that_would_not_be_read_are_an_error(columns: dict[str, str], words: str) -> None:
    content = "Day,At,Stamp,X\n2024-01-03,14:30:00,2024-01-04 15:00:00,1\n"
    with pytest.raises(FeedError, match=f"^AAPL.csv: --columns .*{words}"):
        read(content, "AAPL.csv", columns={**columns, "price": "X"})


def test_a_file_has_a_price_or_bars() -> None:
    content = "timestamp,open,high,low,close,vwap,px\n2024-01-03,1,2,1,2,1.5,9\n"
    with pytest.raises(FeedError, match="open=open: a file of trades has no open"):
        read(
            content, "AAPL.csv", columns={"price": "px", "open": "open", "high": "high", "low": "low", "close": "close"}
        )


def test_the_name_of_a_column_states_the_zone() -> None:
    """Which is noted as from the file, unless it is UTC; an ambiguous one needs the option."""
    content = "Time (America/New_York),price\n2024-07-03 09:30:00,1\n"
    report = read(content, "AAPL.csv").report
    assert (report.time_zone, report.how["time_zone"]) == (NEW_YORK, "file")
    assert stamps(content) == [at("2024-07-03 13:30")]
    assert "times are in the zone America/New_York, as the file says" in [note.text for note in report.notes]
    assert stamps("timestamp_utc,price\n2024-07-03 09:30:00,1\n") == [at("2024-07-03 09:30")]
    assert stamps("Date (UTC+2),price\n2024-07-03 09:30:00,1\n") == [at("2024-07-03 07:30")]
    with pytest.raises(FeedError, match=r"zone IST, which is India, Israel or Ireland; use --time-zone"):
        read("Time (IST),price\n2024-07-03 09:30:00,1\n", "AAPL.csv")
    assert stamps("Time (IST),price\n2024-07-03 09:15:00,1\n", time_zone="Asia/Kolkata") == [at("2024-07-03 03:45")]
    assert stamps("Time (UTC+05:30),price\n2024-07-03 09:15:00,1\n") == [at("2024-07-03 03:45")]
