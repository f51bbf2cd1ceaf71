"""The events of a timeline as plain rows, for comparison."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from feeds.files.report import FileReport
from tests.support.samples import Bar, Quote, Trade
from ticker.event_check import check_event
from ticker.model import BarBatch, Rollover, TickBatch


@dataclass
class Published:
    """``trades`` includes those simulated from bars. ``opened`` and ``closed`` are bars."""

    reports: list[FileReport]
    first: int
    last: int
    names: list[str]
    kinds: str
    trades: list[Trade] = field(default_factory=list)
    quotes: list[Quote] = field(default_factory=list)
    opened: list[tuple[str, int, float]] = field(default_factory=list)
    closed: list[Bar] = field(default_factory=list)
    rollovers: int = 0

    @property
    def report(self) -> FileReport:
        """The report of the only file."""
        (report,) = self.reports
        return report


def published(paths: Iterable[Path], *, max_unpacked_bytes: int = 1 << 30, **options: Any) -> Published:
    """All events of a replay of ``paths``. Each batch is validated as by the hub."""
    timeline = load([str(path) for path in paths], ReadOptions(**options), max_unpacked_bytes=max_unpacked_bytes)
    try:
        found = Published(timeline.reports, timeline.first, timeline.last, list(timeline.table.names), timeline.kinds)
        for event in timeline.events():
            _take(found, event, negative_prices=bool(options.get("allow_negative")))
    finally:
        timeline.close()
    return found


def _take(found: Published, event: TickBatch | BarBatch | Rollover, *, negative_prices: bool) -> None:
    check_event(event, negative_prices=negative_prices)
    if isinstance(event, Rollover):
        found.rollovers += 1
        return
    name = event.table.names
    if isinstance(event, TickBatch):
        trades, quotes = event.trades, event.quotes
        for code, *trade in _rows(trades.symbol, trades.ts, trades.price, trades.size):
            found.trades.append((name[code], *trade))
        for code, ts, *sides in _rows(
            quotes.symbol, quotes.ts, quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size
        ):
            found.quotes.append((name[code], ts, *(None if math.isnan(side) else side for side in sides)))
        return
    bars = event.bars
    for code, start, *values in _rows(bars.symbol, bars.start, bars.open, bars.high, bars.low, bars.close, bars.volume):
        if event.closed:
            found.closed.append((name[code], start, *values))
        else:
            found.opened.append((name[code], start, values[0]))


def _rows(*columns: Any) -> Iterable[Any]:
    return zip(*(column.tolist() for column in columns), strict=True)
