"""One reading of a file, chunk by chunk."""

from __future__ import annotations

import gzip
import re
import threading
from pathlib import Path

import pytest

import feeds.csv_file
import feeds.csv_reading
from feeds.csv_file import Block, CsvFile
from feeds.csv_layout import Layout
from feeds.csv_quick import parses_exactly
from feeds.csv_reading import AS_TEXT, CsvReading
from feeds.csv_split import split
from feeds.csv_table import Rows
from tests.unit.csv_text import BARS, BOTH, START_NS, START_S, TRADES, quote_rows, read, trade_rows, write
from ticker.errors import FeedError
from ticker.model import SymbolTable, TickBatch


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of a few rows, chunks of a few blocks."""
    monkeypatch.setattr(feeds.csv_file, "BLOCK_BYTES", 100)
    monkeypatch.setattr(feeds.csv_reading.CsvReading.chunk, "__defaults__", (10,))


def test_a_file_is_read_into_batches(tmp_path: Path) -> None:
    """Trades and quotes, sorted by time, with the counts that the summary tells."""
    path = write(
        tmp_path / "f.csv",
        BOTH,
        f"{START_S + 2},A,10,1,,,,",
        f"{START_S},B,,,9,10,1,1",
        f"{START_S + 1},A,11,1,,,,",
        "x,,,,,,,",
    )
    reading, batches = read(path)
    assert trade_rows(batches) == [("A", START_NS + 10**9, 11, 1), ("A", START_NS + 2 * 10**9, 10, 1)]
    assert quote_rows(batches) == [("B", START_NS, 9, 1, 10, 1)]
    assert (reading.rows, reading.ticks, reading.late, reading.refusals.total) == (4, 3, 0, 1)
    assert reading.refusals.first == f"{path}:5: column 'timestamp': 'x' is not a time stamp"
    assert reading.ended


@pytest.mark.usefixtures("small_chunks")
@pytest.mark.parametrize("packed", [False, True])
def test_chunks_do_not_show_in_what_is_read(tmp_path: Path, packed: bool) -> None:
    """A file of many chunks gives the same ticks, line numbers and codes as in one piece, packed or not."""
    rows = [f"{START_S + number},S{number % 7},{number + 1},{number}" for number in range(500)]
    rows[321] = "bad"
    path = write(tmp_path / "f.csv", TRADES, *rows)
    if packed:
        path.write_bytes(gzip.compress(path.read_bytes()))
    reading, batches = read(path)
    assert len(batches) > 30
    assert trade_rows(batches) == [
        (f"S{number % 7}", START_NS + number * 10**9, number + 1, number) for number in range(500) if number != 321
    ]
    assert reading.refusals.first == f"{path}:323: 1 field where the header has 4"
    assert reading.late == 0


@pytest.mark.usefixtures("small_chunks")
def test_ticks_older_than_an_earlier_chunk_are_late(tmp_path: Path) -> None:
    """A file grouped by symbol comes as it stands, and says so."""
    rows = [f"{START_S + number},{name},1,1" for name in "AB" for number in range(100)]
    reading, batches = read(write(tmp_path / "f.csv", TRADES, *rows))
    assert len(trade_rows(batches)) == 200
    assert 50 < reading.late < 120


@pytest.mark.usefixtures("small_chunks")
def test_bars_of_one_time_walk_together_though_chunks_part_them(tmp_path: Path) -> None:
    """The ticks of all symbols are in order: what a later chunk begins is waited for."""
    rows = [f"{START_S + 60 * minute},S{symbol},10,12,9,11,400" for minute in range(20) for symbol in range(7)]
    reading, batches = read(write(tmp_path / "f.csv", BARS, *rows))
    assert reading.late == 0
    assert reading.layout is not None
    assert reading.layout.kind == "bars"
    ticks = trade_rows(batches)
    assert len(ticks) == reading.ticks == 20 * 7 * 4
    assert [ts for _, ts, *_ in ticks] == sorted(ts for _, ts, *_ in ticks)
    assert [tick for tick in ticks if tick[0] == "S3"][:5] == [
        ("S3", START_NS, 10, 100),
        ("S3", START_NS + 15 * 10**9, 9, 100),
        ("S3", START_NS + 30 * 10**9, 12, 100),
        ("S3", START_NS + 45 * 10**9, 11, 100),
        ("S3", START_NS + 60 * 10**9, 10, 100),
    ]


@pytest.mark.skipif(not parses_exactly(), reason="this pandas does not read every decimal exactly")
@pytest.mark.usefixtures("small_chunks")
def test_after_a_bad_row_some_blocks_are_read_as_text(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A typed block with a bad row is read twice; a dirty file must not cost that for each of its blocks."""
    asked: list[bool] = []

    def remembered(block: Block, layout: Layout, *, typed: bool = False) -> Rows:
        asked.append(typed)
        return split(block, layout, typed=typed)

    monkeypatch.setattr(feeds.csv_reading, "split", remembered)
    rows = [f"{START_S + number},A,{number + 2},5" for number in range(400)]
    rows[20] = f"{START_S},A,0,1"
    rows[200] = f"{START_S},A,x,1"
    reading, batches = read(write(tmp_path / "f.csv", TRADES, *rows))
    assert len(trade_rows(batches)) == 398
    assert reading.refusals.counts == {"not a price": 2}
    blocks = "".join("T" if typed else "t" for typed in asked)
    text = "t" * AS_TEXT
    assert re.fullmatch(rf"T+t{text}T+{text}T+", blocks), blocks


def test_a_wrong_header_is_told_with_the_file(tmp_path: Path) -> None:
    """Nothing is opened before it is needed."""
    path = write(tmp_path / "f.csv", "time,price")
    reading = CsvReading(path, SymbolTable())
    with pytest.raises(FeedError, match=rf"^{path}: the header has no columns 'timestamp', 'symbol'\."):
        reading.chunk()
    reading.close()


@pytest.mark.usefixtures("small_chunks")
def test_what_was_read_before_an_error_comes_first_and_the_rest_when_it_is_mended(tmp_path: Path) -> None:
    """A file that breaks off is played as far as it goes, and on from there, no tick twice and none left out."""
    rows = [f"{START_S + number},S{number % 7},{number + 1},{number * 7919 % 1000}" for number in range(1000)]
    path = write(tmp_path / "f.csv.gz", TRADES, *rows)
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(packed[:-1000])
    reading = CsvReading(path, SymbolTable())
    batches: list[TickBatch] = []

    def drain() -> None:
        while (chunk := reading.chunk()) is not None:
            batches.extend(chunk)

    for _ in range(2):
        with pytest.raises(FeedError, match=r"f\.csv\.gz: the gzip file is cut off$"):
            drain()
        reading.close()
        reading.resume()
    so_far = len(trade_rows(batches))
    assert 100 < so_far < 1000
    path.write_bytes(packed)
    drain()
    reading.close()
    assert [row[2] for row in trade_rows(batches)] == list(range(1, 1001))
    assert reading.refusals.total == 0


def test_closing_while_a_chunk_is_read_waits_for_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The thread that reads closes the file itself, once it is done; nobody else does under its hands."""
    inside, go_on = threading.Event(), threading.Event()
    block = CsvFile.block
    closed: list[bool] = []

    def slow_block(file: CsvFile) -> Block | None:
        inside.set()
        assert go_on.wait(10)
        closed.append(file.closed)
        return block(file)

    monkeypatch.setattr(CsvFile, "block", slow_block)
    reading = CsvReading(write(tmp_path / "f.csv", TRADES, f"{START_S},A,1,1"), SymbolTable())
    thread = threading.Thread(target=reading.chunk)
    thread.start()
    assert inside.wait(10)
    reading.close()
    go_on.set()
    thread.join(10)
    assert not any(closed)
    assert reading._file is not None
    assert reading._file.closed
