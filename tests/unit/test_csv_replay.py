"""The feed `csv`: a file's ticks at the pace of their stamps."""

from __future__ import annotations

import asyncio
import gzip
import logging
import os
import subprocess
import sys
import threading
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import feeds.csv_file
import feeds.csv_reading
import feeds.csv_replay
from feeds.csv_reading import CsvReading
from feeds.csv_replay import SHORTEST_ROUND_S, CsvOptions, CsvReplay
from tests.unit.csv_text import BARS, START_NS, START_S, TRADES, trade_rows, write
from tests.unit.fake_clock import FakeClock
from ticker.errors import FeedError, OptionError
from ticker.feed import PausableFeed, feed_class, feed_options, load_feed
from ticker.model import FeedEvent, Restart, Rollover, TickBatch, check_batch
from ticker.testing import check_feed

DAY_S = 86_400


def replay(path: Path, clock: FakeClock | None = None, **options: Any) -> CsvReplay:
    return CsvReplay(CsvOptions(path=str(path), **{"speed": 0, **options}), clock or FakeClock())


async def events_of(feed: CsvReplay, limit: int = 10_000) -> list[FeedEvent]:
    """The feed's events up to its end, or the first ``limit``."""
    events: list[FeedEvent] = []
    async with aclosing(aiter(feed)) as iterator:  # type: ignore[type-var]  # a generator, which the protocol doesn't promise
        async for event in iterator:
            if isinstance(event, TickBatch):
                check_batch(event)
            events.append(event)
            if len(events) == limit:
                break
    return events


def kinds(events: list[FeedEvent]) -> list[str]:
    return [type(event).__name__ for event in events]


def batches(events: list[FeedEvent]) -> list[TickBatch]:
    return [event for event in events if isinstance(event, TickBatch)]


def one_a_second(count: int, step_s: float = 1) -> list[str]:
    """Rows of trades, ``step_s`` seconds apart, priced 1, 2, 3, …"""
    return [f"{START_S + number * step_s:.3f},A,{number + 1},1" for number in range(count)]


@pytest.fixture
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of about 4 rows, chunks of about 8."""
    monkeypatch.setattr(feeds.csv_file, "BLOCK_BYTES", 80)
    monkeypatch.setattr(feeds.csv_reading.CsvReading.chunk, "__defaults__", (8,))


# What it is


def test_it_is_installed_as_csv(tmp_path: Path) -> None:
    """It comes in by the entry point, with its options as strings from the command line."""
    path = write(tmp_path / "f.csv", TRADES, *one_a_second(3))
    assert feed_class("csv") is CsvReplay
    feed = load_feed("csv", {"path": str(path), "speed": "60", "loop": "true"})
    assert isinstance(feed, PausableFeed)
    assert not feed.info.ends
    assert feed.info.pausable
    assert feed.info.title == "ticks of f.csv, at 60 times its pace, in a loop"
    assert (
        replay(write(tmp_path / "b.csv", BARS, f"{START_S},A,1,1,1,1,1")).info.title
        == "bars of b.csv, as fast as it goes"
    )


def test_importing_it_loads_no_pandas() -> None:
    """Listing the feeds must not cost the half second that pandas takes."""
    code = "import sys, feeds.csv_replay; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("speed", [0, 1, 60])
@pytest.mark.parametrize("loop", [False, True])
async def test_it_keeps_the_rules_for_feeds(tmp_path: Path, speed: float, loop: bool) -> None:
    """Two days of ticks, on the machine's own clock, alone and in a loop."""
    rows = one_a_second(20, 0.01) + [f"{START_S + DAY_S + number},B,1,1" for number in range(3)]
    path = write(tmp_path / "f.csv", TRADES, *rows)
    feed = CsvReplay(CsvOptions(path=str(path), speed=speed, loop=loop))
    assert await check_feed(feed, events=50, for_s=0.3, patience_s=2) == []


# What it refuses


@pytest.mark.parametrize(
    ("options", "option", "complaint"),
    [
        ({}, "path", "--path is needed"),
        ({"path": ""}, "path", "--path: the name of a file is needed"),
        ({"path": " "}, "path", "--path: the name of a file is needed"),
        ({"path": "f.csv", "speed": "-1"}, "speed", "--speed: Expected `float` >= 0"),
        ({"path": "f.csv", "speed": "fast"}, "speed", "--speed: Expected `float`"),
        ({"path": "f.csv", "speed": "inf"}, "speed", "--speed: a finite number is needed, not inf"),
        ({"path": "f.csv", "speed": "nan"}, "speed", "--speed: "),
        ({"path": "f.csv", "loop": "maybe"}, "loop", "--loop: "),
        ({"path": "f.csv", "sped": "1"}, "sped", "--sped is not an option of this feed"),
    ],
)
def test_a_wrong_option_is_told(options: dict[str, str], option: str, complaint: str) -> None:
    """By its name on the command line."""
    with pytest.raises(OptionError) as error:
        CsvReplay(feed_options(CsvReplay, options))  # type: ignore[arg-type]  # the options of this very feed
    assert error.value.option == option
    assert complaint in str(error.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"timestamp,symbol,price,size\n", "the file has a header but no rows"),
        (b"timestamp,symbol,price,size\n\n\n", "the file has a header but no rows"),
        (b"symbol,price\nA,1\n", "the header has no column 'timestamp'. Found: symbol, price. Needed: "),
        (b"2024-01-03,A,1,1\n", "the header has no columns 'timestamp', 'symbol', 'price'. Found: 2024-01-03, A, 1, 1"),
        (b"timestamp;symbol;price\n", "the header's columns seem to be separated by ';'"),
        (
            b"timestamp,symbol,price\nx,A,1\nx,A,2\n",
            "no good row among 2; the first: {path}:2: column 'timestamp': 'x' is not a time stamp",
        ),
        (b"timestamp,symbol,price\n1,2\n", "no good row among 1; the first: {path}:2: 2 fields where the header has 3"),
        (
            b"timestamp,symbol,open,high,low,close\n2024-01-03,A,1,1,2,1\n",
            "no good row among 1; the first: {path}:2: column 'low': '2'",
        ),
        ("timestamp,symbol,price\n".encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\n\x00", "{path}:1: is not text"),
        (gzip.compress(b"timestamp,symbol,price\n2024-01-03,A,1\n")[:-10], "the gzip file is cut off"),
        (gzip.compress(b"timestamp,symbol,price\n2024-01-03,A,1\n")[:-4] + b"1234", "the gzip file is damaged ("),
        (b"PK\x03\x04", "is a zip archive"),
    ],
)
def test_a_file_that_cannot_be_replayed_is_told_at_once(tmp_path: Path, content: bytes, complaint: str) -> None:
    """One line with the file and what is wrong, from the constructor, so that the command can end with it."""
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(FeedError) as error:
        replay(path)
    words = complaint.format(path=path)
    assert str(error.value).startswith(words if words.startswith(str(path)) else f"{path}: {words}")
    assert "\n" not in str(error.value)


def test_what_is_no_file_is_told_at_once(tmp_path: Path) -> None:
    """A wrong name, a folder, a pipe."""
    os.mkfifo(tmp_path / "pipe")
    for path, complaint in (("none", "there is no such file"), ("", "is a folder"), ("pipe", "is not a regular file")):
        with pytest.raises(FeedError, match=f"{complaint}$"):
            replay(tmp_path / path)


def test_a_big_file_is_not_read_whole_at_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The constructor reads until the first good row, in steps; it closes the file; and it logs no row."""
    monkeypatch.setattr(feeds.csv_file, "BLOCK_BYTES", 80)
    path = write(tmp_path / "f.csv", TRADES, *["bad"] * 50, *one_a_second(1000))
    read: list[int] = []
    chunk = CsvReading.chunk

    def counted(reading: CsvReading, rows: int) -> list[TickBatch] | None:
        result = chunk(reading, rows)
        read.append(reading.rows)
        return result

    monkeypatch.setattr(CsvReading, "chunk", counted)
    feed = replay(path)
    assert 50 < read[-1] < 100
    assert list(feed.info.symbols) == ["A"]
    assert not feed.info.complete


def test_looking_for_a_good_row_has_a_bound(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of another kind, however large, is refused soon."""
    monkeypatch.setattr(feeds.csv_file, "BLOCK_BYTES", 80)
    monkeypatch.setattr(feeds.csv_replay, "LOOK_ROWS", 100)
    path = write(tmp_path / "f.csv", TRADES, *["bad"] * 1000)
    with pytest.raises(FeedError, match=r"no good row among 1\d\d; the first: .*:2: 1 field where the header has 4$"):
        replay(path)


# What it yields


async def test_the_files_ticks_come_and_it_ends(tmp_path: Path) -> None:
    """In order of time, with all symbols known at the end of the file at the latest."""
    path = write(tmp_path / "f.csv", TRADES, *reversed(one_a_second(5)))
    feed = replay(path)
    assert feed.info.ends
    assert feed.info.complete
    events = await events_of(feed)
    assert trade_rows(batches(events)) == [("A", START_NS + number * 10**9, number + 1, 1) for number in range(5)]
    assert all(batch.table is feed.info.symbols for batch in batches(events))


@pytest.mark.usefixtures("small_chunks")
async def test_symbols_are_complete_once_the_file_was_read(tmp_path: Path) -> None:
    """Before that, a subscription to one that is yet to come must not be rejected."""
    path = write(tmp_path / "f.csv", TRADES, *one_a_second(50), f"{START_S + 99},LAST,1,1")
    feed = replay(path)
    known = (feed.info.complete, "LAST" in feed.info.symbols)
    await events_of(feed)
    assert known == (False, False)
    assert (feed.info.complete, "LAST" in feed.info.symbols) == (True, True)


async def test_a_new_day_begins_with_a_rollover(tmp_path: Path) -> None:
    """Of all symbols, before the day's first tick; not at the file's beginning; and a late tick brings no day back."""
    noon = [f"{START_S + DAY_S * day},A,{day + 1},1" for day in (0, 1, 5)]
    events = await events_of(replay(write(tmp_path / "f.csv", TRADES, *noon)))
    assert kinds(events) == ["TickBatch", "Rollover", "TickBatch", "Rollover", "TickBatch"]
    assert isinstance(events[1], Rollover)
    assert (events[1].symbol, events[1].prev_close) == (None, None)


@pytest.mark.usefixtures("small_chunks")
async def test_a_late_tick_brings_no_day_back(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Rows that stand too far down come late, on the day that it is by then."""
    days = [f"{START_S + DAY_S * (number // 20)},A,1,1" for number in range(40)]
    with caplog.at_level(logging.INFO):
        events = await events_of(replay(write(tmp_path / "f.csv", TRADES, *days, f"{START_S},A,2,1", *days[-3:])))
    assert kinds(events).count("Rollover") == 1
    assert sum(map(len, batches(events))) == 44
    assert "; 1 ticks were out of order by more than a chunk and came late" in caplog.text


async def test_a_rollover_waits_for_the_days_first_tick(tmp_path: Path) -> None:
    """The evening's volume and open stay on the board until the morning."""
    clock = FakeClock()
    path = write(tmp_path / "f.csv", TRADES, f"{START_S},A,1,1", f"{START_S + DAY_S},A,2,1")
    feed = replay(path, clock, speed=86_400)
    moments = [(type(event).__name__, round(clock.now_s - 1000, 2)) async for event in feed]
    assert moments == [("TickBatch", 0.0), ("Rollover", 1.0), ("TickBatch", 1.0)]


async def test_bad_rows_are_logged_counted_and_passed_over(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The first five with their place, then a summary with the counts; once, also in a loop."""
    rows = one_a_second(10)
    rows[3:3] = ["bad"] * 3 + [f"{START_S},A,abc,1", "", f"{START_S},A,1,-1"] + [f"{START_S},*,1,1"] * 4
    path = write(tmp_path / "f.csv", TRADES, *rows)
    with caplog.at_level(logging.INFO):
        events = await events_of(replay(path, loop=True), limit=4)
    assert kinds(events) == ["TickBatch", "Rollover", "TickBatch", "Rollover"]
    assert len(trade_rows(batches(events))) == 20
    *first, summary = (record.getMessage() for record in caplog.records)
    assert first == [
        f"{path}:5: 1 field where the header has 4",
        f"{path}:6: 1 field where the header has 4",
        f"{path}:7: 1 field where the header has 4",
        f"{path}:8: column 'price': 'abc' is not a price",
        f"{path}:10: column 'size': '-1' is not a size (further bad rows are only counted)",
    ]
    counts = "not a symbol: 4, wrong number of fields: 3, not a price: 1, not a size: 1"
    assert summary == f"{path}: read to its end: 19 rows, 10 ticks; 9 rows refused ({counts})"


# When it yields


async def test_an_hour_is_replayed_without_drift(tmp_path: Path) -> None:
    """Each tick is due at its stamp divided by the speed, though every sleep is late and chunks come and go."""
    clock = FakeClock(oversleep=lambda seconds: seconds + 0.0011)
    path = write(tmp_path / "f.csv", TRADES, *one_a_second(3600))
    feed = replay(path, clock, speed=60)
    late = []
    async for event in feed:
        assert isinstance(event, TickBatch)
        due_s = 1000 + (event.trades.ts - START_NS) / 1e9 / 60
        late.append(clock.now_s - due_s)
    lateness = np.concatenate(late)
    assert len(lateness) == 3600
    assert lateness.min() > -1e-6
    assert lateness.max() < 0.005
    assert clock.now_s == pytest.approx(1000 + 3599 / 60, abs=0.005)


async def test_a_pause_holds_it(tmp_path: Path) -> None:
    """Nothing comes while it is paused, and the rest comes later by the pause."""
    clock = FakeClock()
    feed = replay(write(tmp_path / "f.csv", TRADES, *one_a_second(3)), clock, speed=1)
    iterator = aiter(feed)
    await anext(iterator)
    feed.pause()
    assert feed.paused
    following = asyncio.ensure_future(anext(iterator))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not following.done()
    clock.now_s += 100
    paused_s = clock.now_s - 1000
    feed.resume()
    await following
    assert clock.now_s == pytest.approx(1000 + 1 + paused_s, abs=0.01)
    await iterator.aclose()  # type: ignore[attr-defined]  # a generator, which the protocol doesn't promise


async def test_a_loop_begins_again_with_a_rollover(tmp_path: Path) -> None:
    """The first stamp is due at once again, and the days roll over as before."""
    clock = FakeClock()
    rows = [f"{START_S},A,1,1", f"{START_S + DAY_S},A,2,1"]
    feed = replay(write(tmp_path / "f.csv", TRADES, *rows), clock, speed=DAY_S, loop=True)
    assert not feed.info.ends
    events, moments = [], []
    async for event in feed:
        events.append(event)
        moments.append(round(clock.now_s - 1000, 1))
        if len(events) == 8:
            break
    assert kinds(events) == ["TickBatch", "Rollover", "TickBatch", "Rollover"] * 2
    assert [row[2] for row in trade_rows(batches(events))] == [1, 2, 1, 2]
    assert moments == [0, 1, 1, 1, 1, 2, 2, 2]


async def test_a_paced_loop_over_one_moment_does_not_spin(tmp_path: Path) -> None:
    """A file of one tick would be opened thousands of times a second."""
    clock = FakeClock()
    feed = replay(write(tmp_path / "f.csv", TRADES, *one_a_second(1)), clock, speed=1, loop=True)
    events = await events_of(feed, limit=20)
    assert kinds(events) == ["TickBatch", "Rollover"] * 10
    assert clock.now_s - 1000 == pytest.approx(10 * SHORTEST_ROUND_S, abs=0.01)


@pytest.mark.usefixtures("small_chunks")
async def test_only_one_chunk_is_read_ahead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Memory is bounded by two chunks: reading goes on when a chunk is begun, not before; and never in the loop."""
    chunks = 0
    chunk = CsvReading.chunk
    threads = set()

    def counted(reading: CsvReading) -> list[TickBatch] | None:
        nonlocal chunks
        chunks += 1
        threads.add(threading.current_thread())
        return chunk(reading)

    path = write(tmp_path / "f.csv", TRADES, *one_a_second(400))
    feed = replay(path)
    monkeypatch.setattr(CsvReading, "chunk", counted)
    most_ahead = ticks = 0
    async for event in feed:
        assert isinstance(event, TickBatch)
        for _ in range(20):  # time for a reader that would run away
            await asyncio.sleep(0)
        ticks += len(event)
        most_ahead = max(most_ahead, chunks - ticks // 8)
    assert ticks == 400
    assert chunks > 30
    assert most_ahead <= 2
    assert threading.main_thread() not in threads


# When it fails or is begun again


async def test_iterated_again_it_begins_anew_with_a_restart(tmp_path: Path) -> None:
    """History repeats itself, so clients must forget what they have."""
    path = write(tmp_path / "f.csv", TRADES, *one_a_second(3), f"{START_S + DAY_S},A,4,1")
    feed = replay(path)
    first = await events_of(feed)
    assert await events_of(feed, limit=2) is not None
    again = await events_of(feed)
    assert kinds(first) == ["TickBatch", "Rollover", "TickBatch"]
    assert again[0] == Restart()
    assert trade_rows(batches(again)) == trade_rows(batches(first))
    assert kinds(again[1:]) == kinds(first)


@pytest.mark.usefixtures("small_chunks")
async def test_after_a_reading_error_it_goes_on_where_it_was(tmp_path: Path) -> None:
    """What was replayed is not repeated; as long as the file is broken the error stays, and the prices do."""
    rows = [f"{START_S + number},A,{number + 1},{number * 7919 % 1000}" for number in range(1000)]
    path = write(tmp_path / "f.csv.gz", TRADES, *rows)
    packed = gzip.compress(path.read_bytes())
    path.write_bytes(packed[:-1000])
    feed = replay(path)
    events: list[FeedEvent] = []

    async def run() -> None:
        async for event in feed:
            events.append(event)  # noqa: PERF401 - those before an error count, too

    with pytest.raises(FeedError, match="the gzip file is cut off"):
        await run()
    so_far = sum(map(len, batches(events)))
    assert 100 < so_far < 1000
    with pytest.raises(FeedError, match="the gzip file is cut off"):
        await run()
    path.unlink()
    with pytest.raises(FeedError, match="there is no such file"):
        await run()
    path.write_bytes(packed)
    await run()
    assert set(kinds(events)) == {"TickBatch"}
    assert [row[2] for row in trade_rows(batches(events))] == list(range(1, 1001))


async def test_a_file_that_lost_its_good_rows_between_two_rounds_is_told(tmp_path: Path) -> None:
    """A loop over nothing would spin."""
    path = write(tmp_path / "f.csv", TRADES, *one_a_second(3))
    feed = replay(path, loop=True)
    iterator = aiter(feed)
    assert isinstance(await anext(iterator), TickBatch)
    assert isinstance(await anext(iterator), Rollover)
    write(path, TRADES, "x,A,1,1")
    with pytest.raises(FeedError, match=r"no good row among 1; the first: .*:2: column 'timestamp'"):
        await anext(iterator)
    write(path, TRADES, *one_a_second(2))
    again = await events_of(feed, limit=2)
    assert again[0] == Restart()
    assert len(trade_rows(batches(again))) == 2


async def test_closing_it_early_closes_the_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also while a chunk is being read; warnings of unclosed files would fail this test."""
    readings: list[CsvReading] = []
    opened = CsvReading._opened

    def remembered(reading: CsvReading) -> Any:
        readings.append(reading)
        return opened(reading)

    path = write(tmp_path / "f.csv", TRADES, *one_a_second(30))
    feed = replay(path)
    monkeypatch.setattr(CsvReading, "_opened", remembered)
    await events_of(feed, limit=1)
    await asyncio.get_running_loop().shutdown_default_executor()
    assert readings
    assert all(reading._file and reading._file.closed for reading in readings)


async def test_cancelling_it_while_it_reads_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server stops while a chunk is on its way: the thread ends by itself and closes the file."""
    started, go_on = threading.Event(), threading.Event()
    chunk = CsvReading._chunk
    readings: list[CsvReading] = []

    def slow(reading: CsvReading, rows: int) -> Any:
        readings.append(reading)
        result = chunk(reading, rows)
        started.set()
        assert go_on.wait(10)
        return result

    feed = replay(write(tmp_path / "f.csv", TRADES, *one_a_second(30)))
    monkeypatch.setattr(CsvReading, "_chunk", slow)
    task = asyncio.create_task(events_of(feed))
    assert await asyncio.to_thread(started.wait, 10)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    go_on.set()
    await asyncio.get_running_loop().shutdown_default_executor()
    assert readings[-1]._file is not None
    assert readings[-1]._file.closed


async def test_the_same_file_gives_the_same_events(tmp_path: Path) -> None:
    """A replay is deterministic at speed 0, down to the slices."""
    rng = np.random.default_rng(1)
    rows = [
        f"{START_S + int(offset)},S{int(offset) % 9},{price:.2f},{int(offset) % 100}"
        for offset, price in zip(rng.integers(0, 3 * DAY_S, 20_000), rng.uniform(1, 500, 20_000), strict=True)
    ]
    path = write(tmp_path / "f.csv", TRADES, *rows)
    first, second = await events_of(replay(path)), await events_of(replay(path))
    assert kinds(first) == kinds(second)
    assert [len(batch) for batch in batches(first)] == [len(batch) for batch in batches(second)]
    assert trade_rows(batches(first)) == trade_rows(batches(second))
