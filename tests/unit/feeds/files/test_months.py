"""Files whose timestamps are months."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from tests.support.fake_source import Found, read
from tests.support.samples import at
from ticker.errors import FeedError

NOTE = "the timestamps are months, each taken as its first day"


def text_of(months: Sequence[str], name: str = "Date") -> str:
    return f"{name},Open,High,Low,Close\n" + "".join(f'"{month}",1,2,1,2\n' for month in months)


def bars(months: Sequence[str], name: str = "Date", file: str = "AAPL.csv", **options: Any) -> Found:
    return read(text_of(months, name), file, **options)


def reason(months: Sequence[str], **options: Any) -> str:
    """Why the first row is refused."""
    found = bars(months, **options)
    assert found.bars == []
    return found.complaints[0].partition(" is ")[2]


@pytest.mark.parametrize(
    "months",
    [
        ["2023-12", "2024-01"],
        ["2023M12", "2024M1"],
        ["Dec-2023", "Jan-2024"],
        ["Dec 2023", "Jan 2024"],
        ["December 2023", "January 2024"],
        ["2023/12", "2024/01"],
        ["12/2023", "01/2024"],
        ["2023.12", "2024.01"],
        ["202312", "202401"],
        ["Dec-23", "Jan-24"],
        ["Dez 2023", "Jan 2024"],
        ["diciembre de 2023", "enero de 2024"],
        ["déc. 2023", "janv. 2024"],
        ["2023年12月", "2024年1月"],
    ],
)
def test_months_start_on_their_first_day(months: list[str]) -> None:
    found = bars(months)
    assert [row[1] for row in found.bars] == [at("2023-12-01"), at("2024-01-01")]
    assert NOTE in [note.text for note in found.report.notes]
    assert found.report.stamp_form == "months"


def test_they_are_bars_of_a_month_in_the_zone_of_the_file(tmp_path: Path) -> None:
    """Also a single one; February is shorter, and the clocks change in March."""
    path = tmp_path / "AAPL.csv"
    for months, count in ((["2024-02", "2024-03", "2024-04"], 3), (["2024-02"], 1)):
        path.write_text(text_of(months))
        with closing(load([str(path)], ReadOptions(time_zone="Europe/Berlin"))) as loaded:
            (report,) = loaded.reports
            assert (report.bars, report.interval_ns, report.refused) == (count, 31 * 86_400 * 10**9, {})
            assert report.first == at("2024-01-31 23:00")
            calendar = loaded.calendars.get("AAPL", loaded.calendar)
            assert calendar.day_starts is not None
            starts = ["2024-01-31 23:00", "2024-02-29 23:00", "2024-03-31 22:00", "2024-04-30 22:00"]
            assert calendar.day_starts == tuple(map(at, starts[: count + 1]))


@pytest.mark.parametrize("name", ["Month", "YYYYMM", "Period", "Monat"])
def test_the_column_may_be_called_the_month(name: str) -> None:
    assert [row[1] for row in bars(["2024-01", "2024-02"], name).bars] == [at("2024-01-01"), at("2024-02-01")]


def test_six_digits_are_months_if_they_are_no_dates() -> None:
    """201001 may be 2010-01, or October 1, 2020; with 202401 there is no other reading."""
    assert "six digits can be a month or a date" in reason(["201001", "201002"])
    for found in (bars(["201001", "201002"], "Month"), bars(["201001", "201002"], file="AAPL_monthly.csv")):
        assert [row[1] for row in found.bars] == [at("2010-01-01"), at("2010-02-01")]


def test_a_month_and_two_digits_need_months_in_sequence() -> None:
    """Jan-24 and Jan-25 may be two days without a year."""
    assert reason(["Jan-24", "Jan-25"]) == "not a timestamp: it can be a month or a day without a year"


@pytest.mark.parametrize(
    ("text", "period"),
    [("2024Q1", "a quarter"), ("2024-Q1", "a quarter"), ("Q1 2024", "a quarter"), ("1Q24", "a quarter"),
     ("2024-W03", "a week"), ("2024", "a year")],
)  # fmt: skip
def test_other_periods_are_refused_by_name(text: str, period: str) -> None:
    assert reason([text]) == f"not a timestamp but {period}: write the first day of each"


def test_months_among_days_are_refused_and_the_reverse() -> None:
    found = bars(["2024-01-03", "2024-01-04", "2024-02"])
    assert found.complaints == [
        "f:4: column 'Date': '2024-02' is not a timestamp but a month, unlike the other timestamps"
    ]
    found = bars(["2024-01", "2024-02", "2024-03-01"])
    assert found.complaints == ["f:4: column 'Date': '2024-03-01' is not a month, unlike the other timestamps"]
    with pytest.raises(FeedError, match="not a month, unlike the other timestamps"):
        bars(["2024-01", "2024-02", "2024-03-01"], strict=True)
