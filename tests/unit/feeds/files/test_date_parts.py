"""Files with the year, the month and the day in columns of their own."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.fake_source import read
from tests.support.samples import at


@pytest.mark.parametrize(
    ("header", "row", "expected"),
    [
        ("Year,Month,Day", "2024,1,3", "2024-01-03"),
        ("year,month,day", "2024,01,03", "2024-01-03"),
        ("yyyy,mm,dd", "2024,1,3", "2024-01-03"),
        ("Day,Month,Year", "3,Jan,2024", "2024-01-03"),
        ("Jahr,Monat,Tag", "24,März,3", "2024-03-03"),
        ("Year,Month,Day,Hour", "2024,1,3,9", "2024-01-03 09:00"),
        ("Year,Month,Day,Hour,Minute", "2024,1,3,9,5", "2024-01-03 09:05"),
        ("YYYY,MM,DD,HH,MI,SS", "2024,1,3,9,5,7", "2024-01-03 09:05:07"),
        ("Year,Month,Day,Hour,Minute,Second", "2024,1,3,9,5,7.25", "2024-01-03 09:05:07.25"),
        ("Year,Month,Day,Time", "2024,1,3,09:05:07", "2024-01-03 09:05:07"),
        ("Year,Month,Day,Time", "2024,1,3,090507", "2024-01-03 09:05:07"),
        ("MM,DD,YYYY,Time", "1,3,2024,930", "2024-01-03 09:30"),
        ("Year,Month", "2024,2", "2024-02-01"),
        ("Date,Year,Month,Day", "2024-01-04,2024,1,3", "2024-01-04"),
        ("Date,Time,Year,Month,Day", "2024-01-04,10:00,2024,1,3", "2024-01-04 10:00"),
    ],
)
def test_the_parts_of_a_date_are_joined(header: str, row: str, expected: str) -> None:
    """A column with the whole date counts more."""
    found = read(f"{header},Price\n{row},5\n", "AAPL.csv")
    assert found.trades == [("AAPL", at(expected), 5.0, 0.0)]


def test_the_minute_is_not_the_low() -> None:
    found = read("Year,Month,Day,Hour,Min,Open,High,Low,Close\n2024,1,3,9,30,1,3,1,2\n", "AAPL.csv")
    assert [row[:6] for row in found.bars] == [("AAPL", at("2024-01-03 09:30"), 1.0, 3.0, 1.0, 2.0)]
    assert found.report.columns["timestamp"] == "Year, Month, Day, Hour, Min"
    assert found.report.ignored == ()


def test_typed_columns_are_joined_too() -> None:
    """Numbers beside nulls are floats."""
    frame = pd.DataFrame({"Year": [2024, 2024], "Month": [1, 1], "Day": [3.0, None], "Close": [1.0, 2.0]})
    found = read(frame, "AAPL.parquet")
    assert found.trades == [("AAPL", at("2024-01-03"), 1.0, 0.0)]
    assert sum(found.report.refused.values()) == 1


def test_a_date_that_does_not_exist_is_refused_with_its_parts() -> None:
    found = read("Year,Month,Day,Price\n2024,2,30,5\n2024,3,1,6\n,,,7\n", "AAPL.csv")
    assert found.trades == [("AAPL", at("2024-03-01"), 6.0, 0.0)]
    assert found.complaints == [
        "f:2: column 'Year, Month, Day': '2024-02-30' is not a timestamp",
        "f:4: column 'Year, Month, Day': '' is not a timestamp",
    ]


def test_rows_after_the_first_block_are_joined() -> None:
    text = "Year,Month,Day,Price\n" + "".join(f"2024,1,{day},5\n" for day in range(1, 11))
    assert [row[1] for row in read(text, "AAPL.csv", lines=3).trades] == [
        at(f"2024-01-{day:02}") for day in range(1, 11)
    ]
