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
from ticker.conditions import Updates
from ticker.event_check import check_event
from ticker.model import BarBatch, Corrections, Split, TickBatch


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
    splits: list[tuple[str, int, float]] = field(default_factory=list)
    #: Symbol and id of each trade; empty if the files have none.
    ids: list[tuple[str, int]] = field(default_factory=list)
    #: Of each trade: its conditions, what it updates, its id. Empty if the files have neither.
    details: list[tuple[tuple[str, ...], Updates, int]] = field(default_factory=list)
    #: What the events were, without repetitions.
    order: list[str] = field(default_factory=list)
    #: Symbol, timestamp, id, price, size (None: taken back), conditions.
    corrections: list[tuple[Any, ...]] = field(default_factory=list)

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


def _take(found: Published, event: TickBatch | BarBatch | Corrections | Split, *, negative_prices: bool) -> None:
    check_event(event, negative_prices=negative_prices)
    if isinstance(event, Split):
        found.splits += [
            (event.table[code], event.ts, ratio) for code, ratio in zip(event.symbol, event.ratio.tolist(), strict=True)
        ]
        return
    name = event.table.names
    for kind, part in (
        ("corrections", event if isinstance(event, Corrections) else ()),
        ("trades", event.trades if isinstance(event, TickBatch) else ()),
        ("quotes", event.quotes if isinstance(event, TickBatch) else ()),
    ):
        if len(part) and found.order[-1:] != [kind]:
            found.order.append(kind)
    if isinstance(event, Corrections):
        assert event.condition is not None
        assert event.conditions is not None
        sets = [event.conditions[code] for code in event.condition.tolist()]
        for (code, *values), conditions in zip(
            _rows(event.symbol, event.ts, event.id, event.price, event.size), sets, strict=True
        ):
            numbers = (None if math.isnan(value) else value for value in values)
            found.corrections.append((name[code], *numbers, conditions))
        return
    if isinstance(event, TickBatch):
        trades, quotes = event.trades, event.quotes
        for code, *trade in _rows(trades.symbol, trades.ts, trades.price, trades.size):
            found.trades.append((name[code], *trade))
        if trades.id is not None:
            found.ids += zip((name[code] for code in trades.symbol.tolist()), trades.id.tolist(), strict=True)
        if trades.condition is not None and trades.id is not None:
            assert event.conditions is not None
            updates = event.conditions.updates[trades.condition].tolist()
            sets = [event.conditions[code] for code in trades.condition.tolist()]
            found.details += zip(sets, map(Updates, updates), trades.id.tolist(), strict=True)
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
