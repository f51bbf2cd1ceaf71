"""The parts of a recording: the order of lines, and a file of complete lines."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from tests.support.fake_source import read
from ticker.cli.failure import Failure
from ticker.cli.record.journal import Journal
from ticker.cli.record.parquet import finish
from ticker.cli.record.rows import HEADER, Reorder, line
from ticker.client.protocol.ticks import Quote, Trade


@pytest.mark.parametrize(
    ("tick", "text"),
    [
        (Trade("AAPL", 1, 187.15, 100.0), "1,AAPL,187.15,100,,,,"),
        (Trade("a,b", 1, 0.1, 0.5), '1,"a,b",0.1,0.5,,,,'),
        (Trade('a"b', 1, 1e16, 1.0), '1,"a""b",1e+16,1,,,,'),
        (Quote("AAPL", 2, None, None, 3.0, 0.0), "2,AAPL,,,,,3,0"),
        (Quote("AAPL", 2, None, None, None, None), "2,AAPL,,,0,,0,"),
    ],
)
def test_a_tick_is_a_line(tick: Trade | Quote, text: str) -> None:
    """Whole numbers without a point, others in the fewest digits, missing values empty."""
    assert line(tick) == f"{text}\n".encode()


def test_a_quote_without_any_side_replays_as_one() -> None:
    """An empty book is information, not an empty row."""
    text = HEADER.decode() + line(Quote("A", 1_704_290_400_000_000_000, None, None, None, None)).decode()
    found = read(text)
    assert found.complaints == []
    ((name, ts, *sides),) = found.quotes
    assert (name, ts) == ("A", 1_704_290_400_000_000_000)
    bid, bid_size, ask, ask_size = (None if side != side else side for side in sides)
    assert line(Quote(name, ts, bid, bid_size, ask, ask_size)).decode() in text


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


def test_lines_are_sorted_by_time_with_trades_before_quotes() -> None:
    """For any interleaving of the channels. Late ticks stay out of order and are counted."""
    reorder = Reorder()
    reorder.add(Quote("A", 5, 1.0, 1.0, 2.0, 1.0), 0.0)
    reorder.add(Trade("A", 5, 1.0, 1.0), 0.1)
    reorder.add(Trade("A", 4, 2.0, 1.0), 0.2)
    reorder.add(Trade("A", 9, 3.0, 1.0), 0.3)
    assert reorder.ready(-1.0) == []
    assert [text.split(b",")[0] + text.split(b",")[2] for text in reorder.ready(0.0)] == [b"42", b"51", b"5"]
    assert len(reorder) == 1
    reorder.add(Trade("A", 3, 1.0, 1.0), 0.4)
    assert [text.split(b",")[0] for text in reorder.ready(float("inf"))] == [b"3", b"9"]
    assert reorder.late == 1


def test_a_full_disk_leaves_whole_lines(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The incomplete line is removed, and the error says that the rest can be replayed."""
    journal = Journal(tmp_path / "out.csv", b"header\n")
    journal.write(b"one\n")
    real = journal._file

    class Full:
        def write(self, data: Any) -> int:
            if real.tell() + len(data) > 22:
                room = 22 - real.tell()
                if room <= 0:
                    raise OSError(errno.ENOSPC, "No space left on device")
                return real.write(data[:room])
            return real.write(data)

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    monkeypatch.setattr(journal, "_file", Full())
    with pytest.raises(Failure, match="No space left on device"):
        journal.write(b"two\nthree\nfour is torn\n")
    journal.close()
    assert (tmp_path / "out.csv").read_bytes() == b"header\none\ntwo\nthree\n"
