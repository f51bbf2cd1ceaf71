"""The market after a replay of files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from ticker.event_check import check_event
from ticker.intervals import interval
from ticker.market.market import Market
from ticker.model import Watermark


def market_of(paths: Sequence[Path], exchange: str | None = None, *, coarse: bool = False, **options: Any) -> Market:
    """All events applied in order; market time is that of the last one, and days are those of the files."""
    timeline = load([str(path) for path in paths], ReadOptions(exchange=exchange, **options))
    try:
        market = Market(timeline.table, calendar=timeline.calendar, calendars=timeline.calendars)
        for event in timeline.events(coarse=coarse):
            check_event(event)
            market = market.apply(event)
        market.apply(Watermark(timeline.last))
        market.apply_pending()
    finally:
        timeline.close()
    return market


def day(market: Market, symbol: str) -> dict[str, float | None]:
    """The board's fields of a symbol's day; None for no value."""
    row = market.board.row(symbol)
    assert row is not None
    names = ("open", "high", "low", "last", "volume", "trades", "prev_close")
    values = {name: float(market.board.column(name)[row]) for name in names}
    return {name: None if np.isnan(value) else value for name, value in values.items()}


def starts(market: Market, symbol: str, length: str) -> list[int]:
    """When a symbol's bars start (ns)."""
    row = market.board.row(symbol)
    assert row is not None
    found: list[int] = market.bars.history(row, interval(length))[0].tolist()
    return found


def bars(market: Market, symbol: str, length: str) -> list[tuple[float | None, ...]]:
    """Open, high, low, close, volume of a symbol's bars; None for no price."""
    row = market.board.row(symbol)
    assert row is not None
    _, values, *_ = market.bars.history(row, interval(length))
    return [tuple(None if np.isnan(value) else float(value) for value in bar[:5]) for bar in values]
