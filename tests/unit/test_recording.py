"""The recording's parts: lines in order, and a file that is whole lines even when the disk is full."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from ticker.cli.failure import Failure
from ticker.cli.recording.journal import Journal
from ticker.cli.recording.rows import Reorder, line
from ticker.client.ticks import Quote, Trade


@pytest.mark.parametrize(
    ("tick", "text"),
    [
        (Trade("AAPL", 1, 187.15, 100.0), "1,AAPL,187.15,100,,,,"),
        (Trade("a,b", 1, 0.1, 0.5), '1,"a,b",0.1,0.5,,,,'),
        (Trade('a"b', 1, 1e16, 1.0), '1,"a""b",1e+16,1,,,,'),
        (Quote("AAPL", 2, None, None, 3.0, 0.0), "2,AAPL,,,,,3,0"),
    ],
)
def test_a_tick_is_a_line(tick: Trade | Quote, text: str) -> None:
    """Whole numbers without a point, the others in the fewest digits, and nothing where there is nothing."""
    assert line(tick) == f"{text}\n".encode()


def test_lines_come_in_the_order_of_time_and_trades_before_quotes() -> None:
    """However the two ways they come by mix; what comes too late stands where it came, and is counted."""
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
    """The line that was torn goes, and the error says that the rest can be replayed."""
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
    with pytest.raises(Failure, match="No space left on device; what was written until then can be replayed"):
        journal.write(b"two\nthree\nfour is torn\n")
    journal.close()
    assert (tmp_path / "out.csv").read_bytes() == b"header\none\ntwo\nthree\n"
