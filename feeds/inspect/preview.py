"""The first ticks and bars of a timeline as plain rows, in the order in which they would be published."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice

from ticker.model import BarBatch, Bars, Rollover, TickBatch

#: Beyond so many events nothing is looked for: the first bar of one file may stand behind millions of ticks of another.
_EVENTS = 1_000

_Event = TickBatch | BarBatch | Rollover


@dataclass(frozen=True, slots=True)
class TradeRow:
    symbol: str
    ts: int
    price: float
    size: float


@dataclass(frozen=True, slots=True)
class QuoteRow:
    """A side without a price is None in both."""

    symbol: str
    ts: int
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None


@dataclass(frozen=True, slots=True)
class BarRow:
    symbol: str
    start: int
    open: float
    high: float
    low: float
    close: float
    volume: float
    vwap: float | None
    trades: float | None


@dataclass(frozen=True, slots=True)
class Preview:
    """``ticks`` has the trades, too, as which bars are walked; ``bars`` are the files' own."""

    ticks: list[TradeRow | QuoteRow] = field(default_factory=list)
    bars: list[BarRow] = field(default_factory=list)


def preview(events: Iterable[_Event], count: int, *, has_bars: bool) -> Preview:
    """The first ``count`` ticks, and as many bars."""
    found = Preview()
    for event in islice(events, _EVENTS):
        if isinstance(event, TickBatch):
            found.ticks.extend(_ticks(event, count - len(found.ticks)))
        elif isinstance(event, BarBatch) and event.closed:
            found.bars.extend(_bars(event, count - len(found.bars)))
        if len(found.ticks) >= count and (len(found.bars) >= count or not has_bars):
            break
    return found


def _ticks(batch: TickBatch, count: int) -> Iterator[TradeRow | QuoteRow]:
    """Trades and quotes of a batch by their stamps; at one stamp the quotes first, as they were when it was traded."""
    trades, quotes, table = batch.trades[:count], batch.quotes[:count], batch.table
    rows: list[TradeRow | QuoteRow] = [
        QuoteRow(table[code], ts, *map(_known, sides))
        for code, ts, *sides in zip(
            quotes.symbol.tolist(),
            quotes.ts.tolist(),
            quotes.bid.tolist(),
            quotes.bid_size.tolist(),
            quotes.ask.tolist(),
            quotes.ask_size.tolist(),
            strict=True,
        )
    ]
    rows += [
        TradeRow(table[code], ts, price, size)
        for code, ts, price, size in zip(
            trades.symbol.tolist(), trades.ts.tolist(), trades.price.tolist(), trades.size.tolist(), strict=True
        )
    ]
    rows.sort(key=lambda row: row.ts)
    yield from rows[:count]


def _bars(batch: BarBatch, count: int) -> Iterator[BarRow]:
    bars: Bars = batch.bars[:count]
    for code, start, open_, high, low, close, volume, vwap, trades in zip(
        bars.symbol.tolist(),
        bars.start.tolist(),
        bars.open.tolist(),
        bars.high.tolist(),
        bars.low.tolist(),
        bars.close.tolist(),
        bars.volume.tolist(),
        bars.vwap.tolist(),
        bars.trades.tolist(),
        strict=True,
    ):
        yield BarRow(batch.table[code], start, open_, high, low, close, volume, _known(vwap), _known(trades))


def _known(value: float) -> float | None:
    return None if math.isnan(value) else value
