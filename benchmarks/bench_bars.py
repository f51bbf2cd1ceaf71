"""Bars: the cost of a trade, and the memory of a trading day of bars."""

from __future__ import annotations

import resource
import time

import numpy as np

from benchmarks.measure import show
from ticker.intervals import KEPT, SECOND_NS
from ticker.market.bar_store import BarStore
from ticker.model import Trades

SYMBOLS = 500
#: 09:30 to 16:00.
SECONDS = 23_400
#: Midnight UTC, so that minutes and hours are aligned.
START = 19_724 * 86_400 * SECOND_NS


def a_second(number: int, rng: np.random.Generator) -> Trades:
    """One trade of each symbol."""
    symbol = np.arange(SYMBOLS, dtype=np.int32)
    ts = np.full(SYMBOLS, START + number * SECOND_NS) + np.arange(SYMBOLS)
    return Trades(symbol, ts, np.round(rng.uniform(10, 500, SYMBOLS), 2), np.full(SYMBOLS, 100.0))


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def rows() -> list[list[str]]:
    rng = np.random.default_rng(1)
    made = []
    for label, every in (("at each batch", 1), ("20 batches at once", 20), ("as few times as can be", SECONDS)):
        batches = [a_second(number, rng) for number in range(1_000)]
        store = BarStore()
        started = time.process_time()
        for number, trades in enumerate(batches):
            store.add_trades(trades.symbol, trades)
            if number % every == every - 1:
                store.fold()
        store.fold()
        spent = time.process_time() - started
        made.append([f"folded {label}", f"{spent / len(batches) / SYMBOLS * 1e6:.2f} µs a trade"])
    before = memory_mb()
    store = BarStore()
    for number in range(SECONDS):
        trades = a_second(number, rng)
        store.add_trades(trades.symbol, trades)
    store.fold()
    bars = sum(len(store.history(row, interval)[0]) for row in range(SYMBOLS) for interval in KEPT)
    made.append(
        [f"{SYMBOLS} symbols, a trade a second for 6.5 hours", f"{bars:,} bars, {memory_mb() - before:,.0f} MB"]
    )
    return made


if __name__ == "__main__":
    show(f"Bars of {SYMBOLS} symbols, seven intervals", ["what", "takes"], rows())
