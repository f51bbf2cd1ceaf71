"""The first ticks and bars of a timeline, in publication order."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from itertools import islice
from typing import Any

from feeds.inspect.formats import iso
from ticker.model import BarBatch, Bars, ConditionTable, FeedEvent, Quotes, SymbolTable, TickBatch, Trades

#: Events to look through: the first bar of one file may follow millions of ticks of another.
_EVENTS = 1_000

#: A tick or bar by column name, with ``time`` as ISO 8601. A missing value is None.
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Preview:
    """``ticks`` have a ``type``, ``trade`` or ``quote``, and contain the trades that bars are played as."""

    ticks: list[Row] = field(default_factory=list)
    bars: list[Row] = field(default_factory=list)


def preview(events: Iterable[FeedEvent], count: int, *, has_bars: bool) -> Preview:
    """The first ``count`` ticks and the first ``count`` bars."""
    found = Preview()
    for event in islice(events, _EVENTS):
        if isinstance(event, TickBatch):
            found.ticks.extend(_ticks(event, count - len(found.ticks)))
        elif isinstance(event, BarBatch) and event.closed:
            found.bars.extend(_rows(event.bars[: count - len(found.bars)], event.table))
        if len(found.ticks) >= count and (len(found.bars) >= count or not has_bars):
            break
    return found


def _rows(part: Trades | Quotes | Bars, table: SymbolTable, conditions: ConditionTable | None = None) -> list[Row]:
    """Trades have their ``conditions`` and ``id`` if the batch has them."""
    names = [column.name for column in fields(part) if getattr(part, column.name) is not None]
    columns = [getattr(part, name).tolist() for name in names]
    found = []
    for values in zip(*columns, strict=True):
        row: Row = {name: None if math.isnan(value) else value for name, value in zip(names, values, strict=True)}
        stamp = row["start"] if isinstance(part, Bars) else row["ts"]
        if "condition" in row:
            code = row.pop("condition")
            row["conditions"] = [] if conditions is None else list(conditions[code])
        found.append(row | {"symbol": table[row["symbol"]], "time": iso(stamp)})
    return found


def _ticks(batch: TickBatch, count: int) -> list[Row]:
    """The first ticks of a batch by timestamp; at one timestamp quotes come first, as the trade happened at them."""
    quotes = [{"type": "quote", **row} for row in _rows(batch.quotes[:count], batch.table)]
    trades = [{"type": "trade", **row} for row in _rows(batch.trades[:count], batch.table, batch.conditions)]
    return sorted(quotes + trades, key=lambda row: int(row["ts"]))[:count]
