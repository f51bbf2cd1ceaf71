"""Shared by all benchmarks: timing, tables, random ticks."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Callable

import numpy as np
from rich.console import Console
from rich.table import Table

from ticker.fanout.subscription import Position
from ticker.model import Quotes, SymbolTable, TickBatch, Trades

TS = 1_700_000_000_000_000_000


class NullOutlet:
    """A client that reads at once."""

    frames = 0

    def ready(self) -> bool:
        return True

    def send(self, payload: bytes, position: Position | None = None) -> None:  # noqa: ARG002 - an outlet's signature
        self.frames += 1

    def offer(self, payload: bytes, position: Position) -> bool:
        self.send(payload, position)
        return True


def best_s(work: Callable[[], object], repeats: int = 7) -> float:
    """The minimum CPU time of ``repeats`` runs, in seconds: the run with the least disturbance."""
    least = float("inf")
    for _ in range(repeats):
        started = time.process_time()
        work()
        least = min(least, time.process_time() - started)
    return least


def show(title: str, columns: list[str], rows: list[list[str]], width: int = 110) -> None:
    """Print a table; plain text if the output is a pipe."""
    table = Table(title=f"{title} ({platform.python_version()}, {os.cpu_count()} cores)", title_justify="left")
    for number, column in enumerate(columns):
        table.add_column(column, justify="left" if number == 0 else "right")
    for row in rows:
        table.add_row(*row)
    Console(width=None if os.isatty(1) else width).print(table)


def random_batches(symbols: int, ticks: int, batches: int, seed: int = 1) -> tuple[SymbolTable, list[TickBatch]]:
    """Batches of ``ticks`` ticks, a third of them trades, spread evenly over ``symbols`` symbols."""
    rng = np.random.default_rng(seed)
    table = SymbolTable(f"S{number:05}" for number in range(symbols))
    made = []
    for number in range(batches):
        trades = max(1, ticks // 3)
        quotes = ticks - trades
        price = np.round(rng.uniform(10, 500, trades), 2)
        bid = np.round(rng.uniform(10, 500, quotes), 2)
        made.append(
            TickBatch(
                table,
                Trades(_codes(rng, symbols, trades), _stamps(number, trades), price, _sizes(rng, trades)),
                Quotes(
                    _codes(rng, symbols, quotes),
                    _stamps(number, quotes),
                    bid,
                    _sizes(rng, quotes),
                    bid + 0.01,
                    _sizes(rng, quotes),
                ),
            )
        )
    return table, made


def _codes(rng: np.random.Generator, symbols: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int32]]:
    return rng.integers(0, symbols, count).astype(np.int32)


def _stamps(batch: int, count: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    return TS + batch * 1_000_000 + np.arange(count)


def _sizes(rng: np.random.Generator, count: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    return rng.integers(1, 2_000, count).astype(np.float64)
