"""Ticks and bars as records on disk, and back. The forms of the spools."""

from __future__ import annotations

from typing import Final

import numpy as np

from feeds.files.timeline.spool import Records
from ticker.model import Bars, Quotes, Stamps, Trades

TRADES: Final = np.dtype([("ts", "i8"), ("price", "f8"), ("size", "f8"), ("symbol", "i4")])
QUOTES: Final = np.dtype(
    [("ts", "i8"), ("bid", "f8"), ("bid_size", "f8"), ("ask", "f8"), ("ask_size", "f8"), ("symbol", "i4")]
)
BAR_VALUES: Final = ("open", "high", "low", "close", "volume", "vwap", "trades")
#: ``ts`` is the bar's beginning where bars are kept by that, and its end where by that.
BARS: Final = np.dtype(
    [("ts", "i8"), ("start", "i8"), ("interval", "i8"), *((name, "f8") for name in BAR_VALUES), ("symbol", "i4")]
)


def from_trades(trades: Trades) -> Records:
    records = np.empty(len(trades), TRADES)
    for name in TRADES.names or ():
        records[name] = getattr(trades, name)
    return records


def from_quotes(quotes: Quotes) -> Records:
    records = np.empty(len(quotes), QUOTES)
    for name in QUOTES.names or ():
        records[name] = getattr(quotes, name)
    return records


def from_bars(bars: Bars, stamps: Stamps, interval_ns: int) -> Records:
    records = np.empty(len(bars), BARS)
    records["ts"], records["interval"] = stamps, interval_ns
    for name in ("start", "symbol", *BAR_VALUES):
        records[name] = getattr(bars, name)
    return records


def as_trades(records: Records) -> Trades:
    column = np.ascontiguousarray
    return Trades(*(column(records[name]) for name in ("symbol", "ts", "price", "size")))


def as_quotes(records: Records) -> Quotes:
    column = np.ascontiguousarray
    return Quotes(*(column(records[name]) for name in ("symbol", "ts", "bid", "bid_size", "ask", "ask_size")))


def as_bars(records: Records) -> Bars:
    column = np.ascontiguousarray
    return Bars(*(column(records[name]) for name in ("symbol", "start", *BAR_VALUES)))
