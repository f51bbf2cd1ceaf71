"""Records on disk: read by position from any thread, deleted when closed."""

from __future__ import annotations

import os
import re
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from feeds.files.timeline import spool as module
from feeds.files.timeline.spool import Spool
from ticker.errors import FeedError

FORM = np.dtype([("ts", "i8"), ("price", "f8"), ("symbol", "i4")])


def records(count: int, first: int = 0) -> module.Records:
    made = np.zeros(count, FORM)
    made["ts"] = np.arange(first, first + count)
    made["price"] = made["ts"] / 4
    return made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary files."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return tmp_path


def test_records_are_read_by_position(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if the system reads and writes a few bytes at a time."""
    monkeypatch.setattr(module, "_MAX_WRITE", 7)
    preadv = os.preadv
    monkeypatch.setattr(os, "preadv", lambda file, views, at: preadv(file, [views[0][:11]], at))
    spool = Spool(FORM)
    assert len(spool.read(0, 10)) == 0
    spool.append(records(5))
    spool.append(records(5, 5)[::-1])
    spool.append(records(0))
    assert len(spool) == 10
    assert spool.read(3, 7)["ts"].tolist() == [3, 4, 9, 8]
    assert spool.read(8, 99).tolist() == [(6, 1.5, 0), (5, 1.25, 0)]
    spool.write(1, records(2, 70))
    assert spool.read(0, 4)["ts"].tolist() == [0, 70, 71, 3]
    spool.close()


def test_several_threads_read_at_once() -> None:
    spool = Spool(FORM)
    spool.append(records(10_000))

    def read(start: int) -> bool:
        return bool((spool.read(start, start + 100)["ts"] == np.arange(start, start + 100)).all())

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(read, [start * 37 % 9_900 for start in range(500)]))
    spool.close()


def test_a_spool_leaves_no_file(folder: Path) -> None:
    """It has no name even while in use; an empty spool has no file."""
    spool = Spool(FORM)
    spool.append(records(10))
    assert list(folder.iterdir()) == []
    spool.close()
    spool.close()
    empty = Spool(FORM)
    empty.close()


def test_reading_after_closing_is_an_error() -> None:
    """The descriptor may belong to another file by then."""
    spool = Spool(FORM)
    spool.append(records(10))
    spool.close()
    with pytest.raises(FeedError, match="closed"):
        spool.read(0, 1)


def test_a_full_disk_is_an_error_that_names_the_folder_and_tmpdir(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:

    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pwrite", full)
    spool = Spool(FORM)
    with pytest.raises(FeedError) as caught:
        spool.append(records(1))
    assert re.search(f"{folder}: No space left on device; .*TMPDIR", str(caught.value))
    spool.close()


def test_a_missing_folder_is_an_error_on_the_first_write(folder: Path) -> None:
    folder.rmdir()
    spool = Spool(FORM)
    with pytest.raises(FeedError, match=f"{folder}: No such file or directory; .*TMPDIR"):
        spool.append(records(1))
    spool.close()
