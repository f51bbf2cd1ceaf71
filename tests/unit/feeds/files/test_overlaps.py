"""Files of one symbol whose times overlap."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.published import published


def overlaps(folder: Path, files: dict[str, tuple[str, ...]]) -> list[str]:
    for name, days in files.items():
        rows = "".join(f"{day},1,2,1,2\n" for day in days)
        (folder / name).write_text(f"Date,Open,High,Low,Close\n{rows}")
    reports = published([folder]).reports
    return [note.text for report in reports for note in report.notes if "overlap" in note.text]


def test_two_contracts_whose_names_look_like_parts_are_told(tmp_path: Path) -> None:
    """ES_2024-03 and ES_2024-06 are months of a file or of a contract: their times show it."""
    days = ("2024-02-01", "2024-02-02", "2024-02-05")
    assert overlaps(tmp_path, {"ES_2024-03.csv": days, "ES_2024-06.csv": days[1:]}) == [
        "its times overlap those of ES_2024-03.csv, which has the symbol ES too"
    ]


@pytest.mark.parametrize(
    "files",
    [
        {"AAPL_2023.csv": ("2023-02-01", "2023-02-02"), "AAPL_2024.csv": ("2024-02-01", "2024-02-02")},
        {"AAPL.csv": ("2024-02-01", "2024-02-02"), "MSFT.csv": ("2024-02-01", "2024-02-02")},
    ],
)
def test_parts_and_other_symbols_are_not(files: dict[str, tuple[str, ...]], tmp_path: Path) -> None:
    assert overlaps(tmp_path, files) == []
