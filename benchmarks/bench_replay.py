"""Replaying large files: rows a second from the file to the board, and memory.

    python benchmarks/bench_replay.py [ROWS]

A trades CSV of ROWS rows (default 5,000,000) is written to a temporary directory, once in order of time and once newest
first, which has to be sorted on disk, and two CSVs of ROWS / 10 one-minute bars, of one symbol and of 500. Trades are
loaded and applied to a board. Bars are replayed at speed 0 into a whole market, since they need one. Each file has a
process of its own, on one core. Times are CPU times, those of bars without the imports; memory is the process's peak.
Takes about a minute and 700 MB of disk.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks.measure import TS, show
from feeds.files.loading import load
from feeds.files.options import ReadOptions
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from ticker.event_check import check_batch, check_event
from ticker.market.board import Board
from ticker.market.market import Market
from ticker.model import BarBatch, TickBatch

SYMBOLS = 500
SLICE = 10_000
HEADER = "timestamp,symbol,price,size\n"


def market(rows: int) -> Iterator[str]:
    """Random trades, milliseconds apart, as blocks of some thousand CSV rows."""
    rng = np.random.default_rng(1)
    last_ns = TS
    for first in range(0, rows, SLICE):
        count = min(SLICE, rows - first)
        ts = last_ns + np.cumsum(rng.integers(1, 10**7, count))
        last_ns = int(ts[-1])
        codes, sizes = rng.integers(0, SYMBOLS, count).tolist(), rng.integers(1, 1000, count).tolist()
        prices = rng.uniform(10, 500, count).round(2).tolist()
        columns = zip(ts.tolist(), codes, prices, sizes, strict=True)
        yield "".join(f"{stamp},SYM{code},{price},{size}\n" for stamp, code, price, size in columns)


def write(folder: Path, rows: int) -> list[Path]:
    """Write the file in order of time and the one newest first."""
    in_order, newest_first = folder / "in order.csv", folder / "newest first.csv"
    starts = []
    with in_order.open("w") as file:
        file.write(HEADER)
        for text in market(rows):
            starts.append(file.tell())
            file.write(text)
    with in_order.open() as file, newest_first.open("w") as turned:
        turned.write(HEADER)
        for start, end in zip(reversed(starts), reversed([*starts[1:], in_order.stat().st_size]), strict=True):
            file.seek(start)
            turned.writelines(reversed(file.read(end - start).splitlines(keepends=True)))
    return [in_order, newest_first]


def write_bars(folder: Path, rows: int) -> list[Path]:
    """Write one-minute bars of one symbol, and of many."""
    paths = []
    for symbols in (1, SYMBOLS):
        path = folder / f"bars of {symbols}.csv"
        with path.open("w") as file:
            file.write("timestamp,symbol,open,high,low,close,volume\n")
            for minute in range(rows // symbols):
                start, cents = TS // (60 * 10**9) * 60 + 60 * minute, minute % 90 + 10
                file.write("".join(f"{start},SYM{n},100.{cents},101.5,99.25,100.5,{cents}\n" for n in range(symbols)))
        paths.append(path)
    return paths


def replay_trades(path: Path, answer: Connection) -> None:
    """Send the rows, the CPU seconds of loading and of applying, and the process's peak memory in MB."""
    use_one_core()
    began_s = time.process_time()
    timeline = load([str(path)], ReadOptions())
    loaded_s = time.process_time()
    board = Board()
    rows = 0
    for event in timeline.events():
        if isinstance(event, TickBatch):
            check_batch(event)
            board.apply(event)
            rows += len(event)
    applied_s = time.process_time()
    timeline.close()
    answer.send((rows, loaded_s - began_s, applied_s - loaded_s, peak_mb()))


def replay_bars(path: Path, answer: Connection) -> None:
    """The same for a file of bars, through a feed and a market."""
    use_one_core()
    with tempfile.NamedTemporaryFile("w", suffix=".csv") as few:
        # What is imported at the first use is no part of the cost of a row.
        few.write("timestamp,symbol,price,size\n1704067200,A,1,1\n")
        few.flush()
        load([few.name], ReadOptions()).close()
    began_s = time.process_time()
    feed = Replay(ReplayOptions(path=(str(path),), speed=0))
    loaded_s = time.process_time()
    rows = asyncio.run(apply(feed))
    applied_s = time.process_time()
    feed.close()
    answer.send((rows, loaded_s - began_s, applied_s - loaded_s, peak_mb()))


def use_one_core() -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def apply(feed: Replay) -> int:
    """Apply the feed's events to a market. Returns the number of its closed bars."""
    info = feed.info
    market = Market(info.symbols.names, calendar=info.calendar, calendars=info.calendars)
    rows = 0
    async for event in feed:
        check_event(event)
        market = market.apply(event)
        if isinstance(event, BarBatch) and event.closed:
            rows += len(event.bars)
    market.apply_pending()
    market.bars.fold()
    return rows


def measure(path: Path, rows: int, replay: Callable[[Path, Connection], None]) -> list[str]:
    context = multiprocessing.get_context("spawn")  # for its own memory
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=replay, args=(path, sender))
    process.start()
    sender.close()  # a process that dies then ends the pipe instead of blocking us
    applied, load_s, apply_s, peak = receiver.recv()
    process.join()
    assert applied == rows, f"{applied:,} of {rows:,} rows arrived"
    rates = [f"{rows / seconds:,.0f}" for seconds in (load_s, apply_s, load_s + apply_s)]
    return [path.stem, f"{path.stat().st_size / 1e6:,.0f}", *rates, f"{peak:,.0f}"]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(path, rows, replay_trades) for path in write(Path(folder), rows)]
        bars = rows // 10 // SYMBOLS * SYMBOLS
        found += [measure(path, bars, replay_bars) for path in write_bars(Path(folder), bars)]
    columns = ["file", "MB", "loaded rows/s", "applied rows/s", "in all rows/s", "peak MB"]
    show(f"from a file to the board: {rows:,} trades, {bars:,} bars", columns, found)


if __name__ == "__main__":
    main()
