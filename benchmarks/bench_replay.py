"""Replaying a large file of trades into a board: rows a second, and memory.

    python benchmarks/bench_replay.py [ROWS]

A trades CSV of ROWS rows (default 5,000,000) is written to a temporary directory, once in order of time and once newest
first, which has to be sorted on disk. Each is loaded and applied in a separate process on one core. Times are CPU
times, memory is the process's peak. Takes about a minute and 700 MB of disk.
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from benchmarks.measure import TS, show
from feeds.files.loading import load
from feeds.files.options import ReadOptions
from ticker.event_check import check_batch
from ticker.market.board import Board
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


def replay(path: Path, answer: Connection) -> None:
    """Send the rows, the CPU seconds of loading and of applying, and the process's peak memory in MB."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    began_s = time.process_time()
    timeline = load([str(path)], ReadOptions())
    loaded_s = time.process_time()
    board = Board()
    rows = 0
    for event in timeline.events():
        if isinstance(event, TickBatch):
            check_batch(event)
            rows += len(event)
        if not isinstance(event, BarBatch):
            board.apply(event)
    applied_s = time.process_time()
    timeline.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send((rows, loaded_s - began_s, applied_s - loaded_s, peak_mb))


def measure(path: Path, rows: int) -> list[str]:
    context = multiprocessing.get_context("spawn")  # for its own memory
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=replay, args=(path, sender))
    process.start()
    sender.close()  # a process that dies then ends the pipe instead of blocking us
    applied, load_s, apply_s, peak_mb = receiver.recv()
    process.join()
    assert applied == rows, f"{applied:,} of {rows:,} rows arrived"
    rates = [f"{rows / seconds:,.0f}" for seconds in (load_s, apply_s, load_s + apply_s)]
    return [path.stem, f"{path.stat().st_size / 1e6:,.0f}", *rates, f"{peak_mb:,.0f}"]


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 5_000_000
    with tempfile.TemporaryDirectory() as folder:
        found = [measure(path, rows) for path in write(Path(folder), rows)]
    columns = [f"{rows:,} trades", "file MB", "loaded rows/s", "applied rows/s", "in all rows/s", "peak MB"]
    show("from a file to the board", columns, found)


if __name__ == "__main__":
    main()
