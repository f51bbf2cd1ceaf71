"""Converting a recording to Parquet."""

from __future__ import annotations

from pathlib import Path

import pytest

from ticker.cli.failure import Failure
from ticker.cli.record.parquet import finish
from ticker.cli.record.rows import HEADER


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
