"""How fast a CSV file becomes batches of ticks, in how much memory, and what the event loop feels of it.

    python benchmarks/bench_csv.py [ROWS]

Reading: text on the disk to sorted `TickBatch`es, without a board, each form in a process of its own (best of three);
the times are CPU times, so that they are those of one core. Replay: the feed as the server runs it, at speed 0, with a
consumer that only counts; "stall" is how much later than asked a 1 ms sleep beside it ended. ROWS is
1,000,000 unless given; the files, 60 MB each at the most, go into a temporary folder. Takes about a minute.
"""

from __future__ import annotations

import asyncio
import gzip
import multiprocessing
import resource
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import numpy as np

from feeds.csv_reading import CsvReading
from feeds.csv_replay import CsvOptions, CsvReplay
from ticker.model import SymbolTable, TickBatch

ROUNDS = 3
SYMBOLS = 500
SLICE = 10_000
START_NS = 1_704_292_200 * 10**9

Row = tuple[int, str, str, float, int]  # stamp in ns, the same as ISO 8601, symbol, price, size


def market(rows: int) -> Iterator[Row]:
    """Random trades, some milliseconds apart; made bit by bit, for the memory that is measured is not to be theirs."""
    rng = np.random.default_rng(1)
    last_ns = START_NS
    for first in range(0, rows, SLICE):
        count = min(SLICE, rows - first)
        ts = last_ns + np.cumsum(rng.integers(1, 10**7, count))
        last_ns = int(ts[-1])
        iso = np.datetime_as_string(ts.astype("M8[ns]")).tolist()
        prices = rng.uniform(10, 500, count).round(2).tolist()
        codes, sizes = rng.integers(0, SYMBOLS, count).tolist(), rng.integers(1, 1000, count).tolist()
        for stamp, text, code, price, size in zip(ts.tolist(), iso, codes, prices, sizes, strict=True):
            yield stamp, text, f"SYM{code}", price, size


TRADES = "timestamp,symbol,price,size"
QUOTES = "timestamp,symbol,price,size,bid,ask,bid_size,ask_size"
BARS = "timestamp,symbol,open,high,low,close,volume"


def mixed(number: int, row: Row) -> str:
    """Trades and quotes by turns."""
    _, iso, name, price, size = row
    return (
        f"{iso},{name},,,{price},{price + 0.01:.2f},{size},{size}" if number % 3 else f"{iso},{name},{price},{size},,,,"
    )


def bar(number: int, row: Row) -> str:
    _, _, name, price, size = row
    minute = START_NS // 10**9 + number // SYMBOLS * 60
    return f"{minute},{name},{price},{price + 0.1:.2f},{price - 0.1:.2f},{price + 0.05:.2f},{size}"


FORMS: dict[str, tuple[str, Callable[[int, Row], str]]] = {
    "trades, ns stamps": (TRADES, lambda _, row: f"{row[0]},{row[2]},{row[3]},{row[4]}"),
    "trades, ISO 8601": (TRADES, lambda _, row: f"{row[1]},{row[2]},{row[3]},{row[4]}"),
    "trades, ISO 8601, gzip": (TRADES, lambda _, row: f"{row[1]},{row[2]},{row[3]},{row[4]}"),
    "trades, seconds with decimals": (TRADES, lambda _, row: f"{row[0] / 1e9:.6f},{row[2]},{row[3]},{row[4]}"),
    "trades, quoted names": (TRADES, lambda _, row: f'{row[1]},"{row[2]}",{row[3]},{row[4]}'),
    "trades, 1 bad row in 100": (TRADES, lambda n, row: f"{row[1]},{row[2]},{row[3] if n % 100 else 'x'},{row[4]}"),
    "trades and quotes": (QUOTES, mixed),
    "minute bars": (BARS, bar),
}


def write(path: Path, form: str, rows: int) -> None:
    header, line = FORMS[form]
    with gzip.open(path, "wt", compresslevel=1) if "gzip" in form else path.open("w") as file:
        file.write(header + "\n")
        file.writelines(line(number, row) + "\n" for number, row in enumerate(market(rows)))


def read(path: Path, answer: Connection) -> None:
    """Send the rows, the ticks, the CPU seconds of the best round and the process's peak memory in MB."""
    best_s = float("inf")
    for _ in range(ROUNDS):
        reading = CsvReading(path, SymbolTable(), quiet=True)
        reading.chunk(rows=1)  # pandas is imported here
        before, begin_s = reading.rows, time.process_time()
        while reading.chunk() is not None:
            pass
        best_s = min(best_s, time.process_time() - begin_s)
        reading.close()
    peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    answer.send((reading.rows - before, reading.ticks, best_s, peak_mb))


def measure(path: Path, form: str) -> None:
    context = multiprocessing.get_context("spawn")  # with memory of its own
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=read, args=(path, sender))
    process.start()
    rows, ticks, took_s, peak_mb = receiver.recv()
    process.join()
    size_mb = path.stat().st_size / 1e6
    print(f"{form:<30} {size_mb:>7.0f} {rows / took_s:>12,.0f} {ticks / took_s:>12,.0f} {peak_mb:>9.0f}")


async def replay(path: Path) -> None:
    feed = CsvReplay(CsvOptions(path=str(path), speed=0))
    stalls: list[float] = []

    async def sleep() -> None:
        while True:
            begin_s = time.perf_counter()
            await asyncio.sleep(0.001)
            stalls.append(time.perf_counter() - begin_s - 0.001)

    sleeper = asyncio.create_task(sleep())
    ticks, begin_s = 0, time.perf_counter()
    async for event in feed:
        ticks += len(event) if isinstance(event, TickBatch) else 0
    took_s = time.perf_counter() - begin_s
    sleeper.cancel()
    median, p99, most = (1000 * float(np.percentile(stalls, q)) for q in (50, 99, 100))
    print(f"\nreplay at speed 0: {ticks / took_s:,.0f} ticks/s")
    print(f"stall of the event loop: median {median:.1f} ms, p99 {p99:.1f} ms, most {most:.1f} ms")


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    print(f"{f'{rows:,} rows':<30} {'MB':>7} {'rows/s':>12} {'ticks/s':>12} {'peak MB':>9}")
    with tempfile.TemporaryDirectory() as folder:
        for form in FORMS:
            path = Path(folder) / "rows.csv"
            write(path, form, rows)
            measure(path, form)
        write(path, "trades, ISO 8601", rows)
        asyncio.run(replay(path))


if __name__ == "__main__":
    main()
