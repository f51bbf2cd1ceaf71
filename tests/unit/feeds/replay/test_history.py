"""Loading the history of a replay: log lines and errors."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import pytest

from feeds.replay.feed import Replay
from feeds.replay.history import LOGGED_ROWS
from feeds.replay.options import ReplayOptions
from tests.support.day_file import OPEN_S
from ticker.errors import FeedError
from ticker.feed.feed import LoadProgress

HEADER = "timestamp,symbol,price,size"


def write(path: Path, *rows: str) -> Path:
    path.write_text("\n".join((HEADER, *rows)) + "\n")
    return path


def good(count: int) -> list[str]:
    return [f"{OPEN_S + number},AAPL,{100 + number},1" for number in range(count)]


def replay(*paths: Path, **options: Any) -> Replay:
    return Replay(ReplayOptions(path=tuple(map(str, paths)), **options))


def test_a_good_file_is_logged_in_one_line(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = write(tmp_path / "a.csv", *good(1200))
    with caplog.at_level(logging.INFO, "feeds"):
        feed = replay(path)
    feed.close()
    assert [record.getMessage() for record in caplog.records] == [f"{path}: 1,200 rows, 1,200 trades"]
    assert feed.info.title == "trades of a.csv"
    assert list(feed.info.symbols) == ["AAPL"]


def test_bad_rows_are_logged_counted_and_skipped(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The first few with their lines, then the total by reason, and the command that shows more."""
    path = write(tmp_path / "a b.csv", *good(10), *[f"{OPEN_S},AAPL,abc,1"] * 20, f"{OPEN_S},AAPL,1,-2")
    with caplog.at_level(logging.INFO, "feeds"):
        replay(path).close()
    *first, summary = (record.getMessage() for record in caplog.records)
    assert len(first) == LOGGED_ROWS
    assert first[0] == f"{path}:12: column 'price': 'abc' is not a price"
    assert summary.startswith(f"{path}: 31 rows, 10 trades; 21 rows refused (")
    assert summary.endswith(f"; `ticker inspect '{path}'` shows more")
    assert caplog.records[-1].levelno == logging.WARNING


def test_several_files_are_logged_together(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The title names the first."""
    paths = [write(tmp_path / f"{name}.csv", *good(3)) for name in "abc"]
    with caplog.at_level(logging.INFO, "feeds"):
        feed = replay(*paths)
    feed.close()
    assert caplog.records[-1].getMessage() == "3 files: 9 rows, 9 trades"
    assert feed.info.title == "trades of a.csv and 2 more"


def test_the_error_of_a_bad_file_recommends_ticker_inspect(tmp_path: Path) -> None:
    """If the file exists."""
    path = write(tmp_path / "a.csv", "never,AAPL,1,1")
    with pytest.raises(FeedError, match=r"a\.csv:2: .*; `ticker inspect .*a\.csv` shows more$"):
        replay(path)
    with pytest.raises(FeedError, match=r"nowhere\.csv: no such file") as error:
        replay(tmp_path / "nowhere.csv")
    assert "inspect" not in str(error.value)


def test_strict_stops_at_the_first_bad_row(tmp_path: Path) -> None:
    path = write(tmp_path / "a.csv", *good(3), f"{OPEN_S},AAPL,abc,1", *good(3))
    with pytest.raises(FeedError, match=r"a\.csv:5: column 'price': 'abc' is not a price"):
        replay(path, strict=True)


def test_progress_is_reported_up_to_the_end(tmp_path: Path) -> None:
    seen: list[LoadProgress] = []
    path = write(tmp_path / "a.csv", *good(5000))
    Replay.loading(ReplayOptions(path=(str(path),)), seen.append).close()
    assert seen[-1].rows == 5000
    assert seen[-1].done_bytes == seen[-1].size_bytes == path.stat().st_size
