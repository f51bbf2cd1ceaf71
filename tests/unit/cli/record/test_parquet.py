"""Converting a recording to Parquet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.cli.failure import Failure
from ticker.cli.record.parquet import finish
from ticker.cli.record.rows import DETAILED_HEADER, HEADER


def test_finish_skips_an_incomplete_line_and_refuses_other_files(tmp_path: Path) -> None:
    """Complete lines are converted; a file that is no recording is unchanged."""
    parquet = pytest.importorskip("pyarrow.parquet")
    journal, target = tmp_path / "a.part.csv", tmp_path / "a.parquet"
    journal.write_bytes(HEADER + b"1,A,1,2,,,,\n2,A,1")
    assert finish(journal, target) == 1
    assert parquet.read_table(target).num_rows == 1
    journal.write_bytes(b"")
    assert finish(journal, target) == 0
    journal.write_bytes(HEADER + b"1,A\nx,A\n")
    with pytest.raises(Failure, match="is not a recording"):
        finish(journal, target)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.parquet", "a.part.csv"]


def test_a_recording_with_details_keeps_them(tmp_path: Path) -> None:
    """Ids exactly; one that is missing is 0, which can't be taken for a fraction or a text."""
    parquet = pytest.importorskip("pyarrow.parquet")
    journal, target = tmp_path / "a.part.csv", tmp_path / "a.parquet"
    journal.write_bytes(
        DETAILED_HEADER + b'1,A,1.5,2,,,,,"@ ?,",9007199254740993,cancel\n2,A,,,0,,0,,,,\n3,A,1,2,,,,,,,\n'
    )
    assert finish(journal, target) == 3
    table = parquet.read_table(target)
    assert table.column_names == DETAILED_HEADER.decode().strip().split(",")
    assert table["id"].to_pylist() == [9007199254740993, 0, 0]
    assert table["conditions"].to_pylist() == ["@ ?,", "", ""]
    assert table["change"].to_pylist() == ["cancel", "", ""]
    assert table["price"].to_pylist() == [1.5, None, 1.0]


def test_another_header_is_no_recording(tmp_path: Path) -> None:
    pytest.importorskip("pyarrow")
    journal = tmp_path / "a.part.csv"
    journal.write_bytes(b"timestamp,symbol\n1,A\n")
    with pytest.raises(Failure, match="is not a recording: its header"):
        finish(journal, tmp_path / "a.parquet")
    assert journal.exists()
