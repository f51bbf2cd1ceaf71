"""CSV files for tests, and what was read from them as plain rows."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import numpy as np

from feeds.csv_reading import CsvReading
from ticker.model import SymbolTable, TickBatch, check_batch

TRADES = "timestamp,symbol,price,size"
BOTH = "timestamp,symbol,price,size,bid,ask,bid_size,ask_size"
BARS = "timestamp,symbol,open,high,low,close,volume"

#: 2024-01-03T14:30:00Z in seconds; no day ends in the 34,199 s after it.
START_S = 1_704_292_200
START_NS = START_S * 10**9

TradeRow = tuple[str, int, float, float]
QuoteRow = tuple[str, int, float | None, float | None, float | None, float | None]


def write(path: Path, header: str, *rows: str) -> Path:
    """A file of these lines."""
    path.write_text("\n".join([header, *rows, ""]), encoding="utf-8")
    return path


def trade_rows(batches: Iterable[TickBatch]) -> list[TradeRow]:
    return [
        (batch.table[code], ts, price, size)
        for batch in batches
        for code, ts, price, size in zip(
            batch.trades.symbol, batch.trades.ts.tolist(), batch.trades.price.tolist(), batch.trades.size.tolist(),
            strict=True,
        )
    ]  # fmt: skip


def quote_rows(batches: Iterable[TickBatch]) -> list[QuoteRow]:
    """The quotes, with None for NaN."""
    return [
        (batch.table[row[0]], row[1], *(None if np.isnan(value) else value for value in row[2:]))
        for batch in batches
        for row in zip(
            batch.quotes.symbol, batch.quotes.ts.tolist(), batch.quotes.bid.tolist(), batch.quotes.bid_size.tolist(),
            batch.quotes.ask.tolist(), batch.quotes.ask_size.tolist(), strict=True,
        )
    ]  # fmt: skip


def read(path: Path) -> tuple[CsvReading, list[TickBatch]]:
    """The whole file, as the reading that did it and its batches, each of them checked."""
    reading = CsvReading(path, SymbolTable())
    batches: list[TickBatch] = []
    try:
        while (chunk := reading.chunk()) is not None:
            batches += chunk
    finally:
        reading.close()
    for batch in batches:
        check_batch(batch)
    return reading, batches
