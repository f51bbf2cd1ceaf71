"""Bars stamped at their end."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.support.published import Published, published
from tests.support.samples import NEW_YORK, at

ENDS = "bars are stamped at their end, as the first and last ones of days show"
NAMED = "bars are stamped at their end, as the name of the column says"
ASSUMED = "bars are taken to be stamped at their start, no row shows which"
DAYS = ("2024-01-03", "2024-01-04", "2024-01-05")


def bars(folder: Path, stamps: list[str], header: str = "datetime", **options: Any) -> Published:
    path = folder / "AAPL.csv"
    rows = [f"{stamp},1,2,1,2,5\n" for stamp in stamps]
    path.write_text(f"{header},open,high,low,close,volume\n{''.join(rows)}")
    return published([path], **options)


def starts(found: Published) -> list[int]:
    return [bar[1] for bar in found.closed]


def stamp_notes(found: Published) -> list[str]:
    return [note.text for note in found.report.notes if note.option == "--bar-stamp"]


def session(first: str, last: str, *more: str, days: tuple[str, ...] = DAYS) -> list[str]:
    return [f"{day} {clock}" for day in days for clock in (first, *more, last)]


@pytest.mark.parametrize("days", [DAYS, DAYS[:1]])
def test_a_session_from_one_interval_after_the_open_to_the_close_is_stamped_at_ends(
    days: tuple[str, ...], tmp_path: Path
) -> None:
    """In local time; the report's period is that of the starts."""
    found = bars(tmp_path, session("09:35:00", "16:00:00", "09:40:00", days=days), time_zone=NEW_YORK)
    expected = [at(text, NEW_YORK) for text in session("09:30:00", "15:55:00", "09:35:00", days=days)]
    assert starts(found) == expected
    assert stamp_notes(found) == [ENDS]
    assert (found.report.first, found.report.last) == (expected[0], expected[-1])
    assert found.last == at(f"{days[-1]} 16:00", NEW_YORK)


def test_a_session_in_utc_is_that_of_new_york(tmp_path: Path) -> None:
    """Across a change of the clocks."""
    texts = [f"{day}T{clock}Z" for day, clock in (
        ("2024-03-08", "14:35:00"), ("2024-03-08", "14:40:00"), ("2024-03-08", "21:00:00"),
        ("2024-03-11", "13:35:00"), ("2024-03-11", "13:40:00"), ("2024-03-11", "20:00:00"),
    )]  # fmt: skip
    found = bars(tmp_path, texts)
    assert starts(found)[:2] == [at("2024-03-08 14:30"), at("2024-03-08 14:35")]
    assert stamp_notes(found) == [ENDS]


@pytest.mark.parametrize(
    ("stamps", "notes"),
    [
        (session("09:30:00", "15:55:00", "09:35:00"), []),
        (session("09:30:00", "16:00:00", "09:35:00"), []),
        ([*session("09:35:00", "16:00:00", "09:40:00"), "2024-01-08 09:30:00", "2024-01-08 09:35:00"], []),
        (session("09:35:00", "15:55:00", "09:40:00"), [ASSUMED]),
        (session("09:31:00", "15:59:00", "09:36:00"), [ASSUMED]),
        (session("00:00:00", "23:55:00", "00:05:00"), []),
        (session("04:05:00", "16:00:00", "04:10:00"), [ASSUMED]),
    ],
    ids=["starts", "starts with the close", "one open", "no close", "neither", "midnight", "before the open"],
)
def test_other_sessions_are_stamped_at_starts(stamps: list[str], notes: list[str], tmp_path: Path) -> None:
    """Assumed and noted if no day begins at an open."""
    found = bars(tmp_path, stamps, time_zone=NEW_YORK)
    assert starts(found) == [at(text, NEW_YORK) for text in stamps]
    assert stamp_notes(found) == notes


def test_the_option_decides_before_all_bars(tmp_path: Path) -> None:
    texts = session("09:35:00", "16:00:00", "09:40:00")
    found = bars(tmp_path, texts, bar_stamp="start")
    assert (starts(found), stamp_notes(found)) == ([at(text) for text in texts], [])
    found = bars(tmp_path, ["2024-01-03 12:05:00", "2024-01-03 12:10:00"], bar_stamp="end")
    assert starts(found) == [at("2024-01-03 12:00"), at("2024-01-03 12:05")]


@pytest.mark.parametrize("header", ["bar_end", "close_time", "Period End"])
def test_the_name_of_the_column_may_say_that_it_has_the_end(header: str, tmp_path: Path) -> None:
    found = bars(tmp_path, ["2024-01-03 12:05:00", "2024-01-03 12:10:00"], header)
    assert starts(found) == [at("2024-01-03 12:00"), at("2024-01-03 12:05")]
    assert stamp_notes(found) == [NAMED]


@pytest.mark.parametrize("tail", ["59.999", "59.999999", "59"])
def test_the_last_instant_of_a_bar_is_its_end(tail: str, tmp_path: Path) -> None:
    """14:30:59.999 belongs to the minute from 14:30."""
    found = bars(tmp_path, [f"2024-01-03 14:30:{tail}", f"2024-01-03 14:31:{tail}"], "close_time")
    assert starts(found) == [at("2024-01-03 14:30"), at("2024-01-03 14:31")]


@pytest.mark.parametrize("header", ["open_time", "bar_start", "Candle begin"])
def test_the_name_of_the_column_may_say_that_it_has_the_start(header: str, tmp_path: Path) -> None:
    found = bars(tmp_path, session("09:35:00", "16:00:00", "09:40:00"), header, time_zone=NEW_YORK)
    assert starts(found)[0] == at("2024-01-03 09:35", NEW_YORK)
    assert stamp_notes(found) == []


def test_daily_bars_are_those_of_their_dates(tmp_path: Path) -> None:
    """Never shifted by evidence."""
    found = bars(tmp_path, [f"{day} 16:00:00" for day in DAYS])
    assert len(found.closed) == 3
    assert ENDS not in stamp_notes(found)
