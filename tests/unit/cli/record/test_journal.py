"""The file that a recording is written to."""

from __future__ import annotations

import errno
from pathlib import Path
from typing import Any

import pytest

from ticker.cli.failure import Failure
from ticker.cli.record.journal import Journal


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
