"""What is assumed of bars: their length if no symbol has two, and whether they are stamped at their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.published import published

TOLD = "no symbol has two bars, which would show their length: taken as "
HEADER = "time,open,high,low,close\n"


@pytest.mark.parametrize(
    ("stamps", "interval_s", "told"),
    [
        (["2024-01-03 09:30"], 60, "1 min"),
        (["2024-01-03"], 86_400, "1 d"),
        (["2024-01-03 09:30", "2024-01-03 09:45"], 900, None),
    ],
)
def test_an_assumed_length_is_told(stamps: list[str], interval_s: int, told: str | None, tmp_path: Path) -> None:
    """A date alone may be a day, a week or a month."""
    path = tmp_path / "AAPL.csv"
    path.write_text(HEADER + "".join(f"{stamp},1,2,1,2\n" for stamp in stamps))
    report = published([path]).report
    assert report.interval_ns == interval_s * 10**9
    assert [note.text for note in report.notes if note.text.startswith(TOLD)] == ([f"{TOLD}{told}"] if told else [])


@pytest.mark.parametrize(
    ("name", "days", "told"),
    [
        ("AAPL_weekly.csv", 7, "1 week"),
        ("AAPL-1wk.csv", 7, "1 week"),
        ("AAPL, W1.csv", 7, "1 week"),
        ("weekly/AAPL.csv", 7, "1 week"),
        ("AAPL_monthly.csv", 30, "1 month"),
        ("AAPL_1mo.csv", 30, "1 month"),
        ("AAPL_1M.csv", 30, "1 month"),
        ("monthly/AAPL_daily.csv", 1, "1 d"),
        ("AAPL_1m.csv", 1 / 1440, "1 min"),
        ("AAPL_4h.csv", 1 / 6, "4 h"),
    ],
)
def test_the_names_tell_the_length_of_a_lone_bar(name: str, days: float, told: str, tmp_path: Path) -> None:
    """The nearest name first. It is told."""
    path = tmp_path / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(f"{HEADER}2024-01-01,1,2,1,2\n")
    found = published([path])
    assert found.report.interval_ns == round(days * 86_400) * 10**9
    assert f"{TOLD}{told}, as the names say" in [note.text for note in found.report.notes]
    assert [bar[0] for bar in found.closed] == ["AAPL"]


@pytest.mark.parametrize(
    ("stamps", "told"),
    [
        (["2024-01-01", "2024-01-03", "2024-01-05"], "3 bars of 2 d"),
        (["2024-01-01", "2024-04-01"], "2 bars of 91 d"),
        (["2024-01-01 09:00", "2024-01-01 09:07", "2024-01-01 09:14"], "3 bars of 7 min"),
        (["2024-01-01", "2024-01-08", "2024-01-15"], None),
        (["2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01"], None),
    ],
)
def test_bars_of_a_length_that_is_no_interval_are_counted_and_told(
    stamps: list[str], told: str | None, tmp_path: Path
) -> None:
    """The server keeps no bars of two days; their trades are played."""
    path = tmp_path / "AAPL.csv"
    path.write_text(HEADER + "".join(f"{stamp},1,2,1,2\n" for stamp in stamps))
    found = published([path])
    words = "left out of the bars, which have no such interval: played as trades only"
    assert [note.text for note in found.report.notes if words in note.text] == ([f"{told} {words}"] if told else [])
    assert len(found.trades) == 4 * len(stamps)


@pytest.mark.parametrize(
    ("stamps", "apart"),
    [
        (["2024-01-12", "2024-01-16"], "4 d"),
        (["2024-01-02", "2024-01-04"], "2 d"),
        (["2024-01-02", "2024-01-04", "2024-01-09", "2024-01-12"], "2 d"),
        (["2024-01-12 05:00", "2024-01-16 05:00"], "4 d"),
    ],
)
def test_days_with_gaps_are_daily_bars(stamps: list[str], apart: str, tmp_path: Path) -> None:
    """Around a holiday, or a row that is refused. It is told."""
    path = tmp_path / "AAPL.csv"
    path.write_text(HEADER + "".join(f"{stamp},1,2,1,2\n" for stamp in stamps))
    found = published([path])
    assert found.report.interval_ns == 86_400 * 10**9
    assert len(found.closed) == len(stamps)
    told = f"the closest bars are {apart} apart: taken as bars of a day, of which some are missing"
    assert told in [note.text for note in found.report.notes]


@pytest.mark.parametrize("exchange", [None, "XNYS"])
def test_bars_stamped_at_their_end_are_recognised_with_and_without_an_exchange(
    exchange: str | None, tmp_path: Path
) -> None:
    """No zone is in the file: its times look like those of New York, though they are taken as UTC."""
    path = tmp_path / "AAPL.csv"
    stamps = ("09:31", "09:32", "15:59", "16:00")
    path.write_text("time,open,high,low,close\n" + "".join(f"2024-01-03 {stamp},1,2,1,2\n" for stamp in stamps))
    notes = [note.text for note in published([path], exchange=exchange).report.notes]
    assert "bars are stamped at their end, as the first and last ones of days show" in notes
