"""Loading files into a timeline."""

from __future__ import annotations

import gzip
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from feeds.files.timeline.timeline import Timeline
from tests.support.data_files import plain_events
from ticker.errors import FeedError
from ticker.feed.feed import LoadProgress

HEADER = "timestamp,symbol,price,size\n"
START_NS = 1_704_292_200 * 10**9
SECOND = 10**9


@pytest.fixture
def loaded() -> Iterator[Any]:
    made: list[Timeline] = []

    def make(*paths: Path, **options: Any) -> Timeline:
        made.append(load([str(path) for path in paths], ReadOptions(**options)))
        return made[-1]

    yield make
    for each in made:
        each.close()


def write(path: Path, rows: Sequence[tuple[int, str, float]], header: str = HEADER) -> Path:
    lines = [f"{START_NS + second * SECOND},{name},{price},100\n" for second, name, price in rows]
    path.write_text(header + "".join(lines))
    return path


def plain(timeline: Timeline) -> list[tuple[int, str, float]]:
    names = timeline.table.names
    return [((ts - START_NS) // SECOND, names[code], price) for code, ts, price in plain_events(timeline)]


def test_a_folder_of_files_becomes_one_timeline(tmp_path: Path, loaded: Any) -> None:
    """One symbol table, one report per file; ties are ordered by file name."""
    write(tmp_path / "b.csv", [(2, "MSFT", 1), (1, "AAPL", 2)])
    with gzip.open(tmp_path / "a.csv.gz", "wt") as file:
        file.write(write(tmp_path / "a.tmp", [(1, "IBM", 3), (5, "MSFT", 4)]).read_text())
    timeline = loaded(tmp_path)
    assert plain(timeline) == [(1, "IBM", 3), (1, "AAPL", 2), (2, "MSFT", 1), (5, "MSFT", 4)]
    assert [(Path(report.name).name, report.order, report.rows) for report in timeline.reports] == [
        ("a.csv.gz", "time", 2),
        ("b.csv", "newest first", 2),
    ]
    assert (timeline.first, timeline.last) == (START_NS + SECOND, START_NS + 5 * SECOND)
    assert timeline.kinds == "trades"


def test_identical_rows_are_all_played(tmp_path: Path, loaded: Any) -> None:
    path = write(tmp_path / "a.csv", [(1, "A", 2)] * 3)
    assert plain(loaded(path, path)) == [(1, "A", 2)] * 6


def test_progress_is_reported_at_most_every_50_ms_and_at_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all files."""
    rows = [(second, "A", 1.0) for second in range(60_000)]
    paths = [write(tmp_path / name, rows) for name in ("a.csv", "b.csv")]
    now_s = 0.0

    def clock() -> float:
        nonlocal now_s
        now_s += 0.03
        return now_s

    monkeypatch.setattr(time, "monotonic", clock)
    seen: list[LoadProgress] = []
    load([str(path) for path in paths], ReadOptions(), progress=seen.append).close()
    asked = now_s / 0.03
    size = sum(path.stat().st_size for path in paths)
    assert 2 < len(seen) <= asked / 2 + 1
    assert [progress.done_bytes for progress in seen] == sorted(progress.done_bytes for progress in seen)
    assert [progress.rows for progress in seen] == sorted(progress.rows for progress in seen)
    assert {progress.size_bytes for progress in seen} == {size}
    assert {progress.name for progress in seen[:-1]} <= {str(path) for path in paths}
    assert (seen[-1].done_bytes, seen[-1].rows) == (size, 120_000)


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([HEADER], r"0\.csv: has a header but no rows"),
        ([HEADER + f"{START_NS},A,1,1\n", HEADER], r"1\.csv: has a header but no rows"),
        ([HEADER + f"{START_NS},A,x,1\n"], r"0\.csv:2: column 'price': 'x' is not a price; no row of 1 is good"),
        (
            [HEADER + f"{START_NS},A,x,1\n", HEADER + f"{START_NS},A,y,1\n"],
            r"0\.csv:2: column 'price': 'x' is not a price; no row of 1 is good",
        ),
    ],
)
def test_files_without_a_good_row_are_an_error_with_the_first_complaint(
    files: list[str], words: str, tmp_path: Path
) -> None:
    """A file without rows is an error in any case."""
    for number, text in enumerate(files):
        (tmp_path / f"{number}.csv").write_text(text)
    with pytest.raises(FeedError, match=words):
        load([str(tmp_path)], ReadOptions())


def test_one_good_row_in_all_files_is_enough(tmp_path: Path, loaded: Any) -> None:
    """The reports count the others."""
    (tmp_path / "a.csv").write_text(HEADER + f"{START_NS},A,x,1\n")
    write(tmp_path / "b.csv", [(0, "A", 1)])
    timeline = loaded(tmp_path)
    assert len(plain_events(timeline)) == 1
    assert [report.refused.total() for report in timeline.reports] == [1, 0]


def test_temporary_files_are_closed_after_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A truncated file fails at its end, when much is on disk."""
    opened: list[Any] = []
    temporary = tempfile.TemporaryFile

    def counted(*args: Any, **more: Any) -> Any:
        opened.append(temporary(*args, **more))
        return opened[-1]

    monkeypatch.setattr(tempfile, "TemporaryFile", counted)
    text = write(tmp_path / "a.csv", [(second, f"S{second * 7 % 999}", second / 7) for second in range(60_000)])
    packed = tmp_path / "b.csv.gz"
    packed.write_bytes(gzip.compress(text.read_bytes(), 1)[:-2_000])
    with pytest.raises(FeedError, match=r"b\.csv\.gz: the compressed file is truncated"):
        load([str(text), str(packed)], ReadOptions(), run=1_000)
    assert opened
    assert all(file.closed for file in opened)


def test_the_zone_is_that_of_the_files_if_they_agree(tmp_path: Path, loaded: Any) -> None:
    """Otherwise UTC."""
    new_york = tmp_path / "a.csv"
    new_york.write_text("time,symbol,price,size\n2024-03-11 09:30:00,A,1,1\n")
    utc = write(tmp_path / "b.csv", [(0, "A", 1)])
    assert loaded(new_york, time_zone="America/New_York").time_zone == "America/New_York"
    assert loaded(new_york, utc).time_zone == "UTC"


def test_timestamps_across_a_dst_transition_are_right(tmp_path: Path, loaded: Any) -> None:
    """Days start at local midnights."""
    path = tmp_path / "a.csv"
    days = pd.date_range("2024-03-07 09:30", periods=6, tz="America/New_York")
    path.write_text(HEADER + "".join(f"{day:%Y-%m-%d %H:%M:%S},A,{n + 1},1\n" for n, day in enumerate(days)))
    timeline = loaded(path, time_zone="America/New_York")
    stamps = days.as_unit("ns").asi8.tolist()
    assert [event[1] for event in plain_events(timeline)] == stamps
    midnights = days.normalize().as_unit("ns").asi8.tolist()
    assert [timeline.calendar.day(stamp)[0] for stamp in stamps] == midnights


def test_bars_of_a_file_are_published_unchanged(tmp_path: Path, loaded: Any) -> None:
    """With all digits; missing values stay missing."""
    path = tmp_path / "a.csv"
    rng = np.random.default_rng(1)
    opens = rng.uniform(10, 20, 50)
    minute = START_NS // SECOND
    rows = [
        f"{minute + 60 * number},A,{price!r},{price + 1!r},{price - 1!r},{price!r},{number}.5\n"
        for number, price in enumerate(opens.tolist())
    ]
    path.write_text("timestamp,symbol,open,high,low,close,volume\n" + "".join(rows))
    timeline = loaded(path)
    closed = [event.bars for event in timeline.events() if getattr(event, "closed", False)]
    assert [float(bars.open[0]) for bars in closed] == opens.tolist()
    assert [float(bars.volume[0]) for bars in closed] == [n + 0.5 for n in range(50)]
    assert all(np.isnan(bars.vwap).all() and np.isnan(bars.trades).all() for bars in closed)
    assert timeline.reports[0].interval_ns == 60 * SECOND
    assert timeline.kinds == "bars"
    assert timeline.last == START_NS + 50 * 60 * SECOND
