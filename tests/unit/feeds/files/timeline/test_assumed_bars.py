"""What is assumed of bars: their length if no symbol has two, and whether they are stamped at their end."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.published import published

TOLD = "no symbol has two bars, which would show their length: taken as 1 min"


@pytest.mark.parametrize(
    ("stamps", "interval_s", "told"),
    [
        (["2024-01-03 09:30"], 60, True),
        (["2024-01-03"], 86_400, False),
        (["2024-01-03 09:30", "2024-01-03 09:45"], 900, False),
    ],
)
def test_an_assumed_length_is_told(stamps: list[str], interval_s: int, told: bool, tmp_path: Path) -> None:
    """A date alone is a day."""
    path = tmp_path / "AAPL.csv"
    path.write_text("time,open,high,low,close\n" + "".join(f"{stamp},1,2,1,2\n" for stamp in stamps))
    report = published([path]).report
    assert report.interval_ns == interval_s * 10**9
    assert (TOLD in [note.text for note in report.notes]) is told


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
