"""Converts between columns of ticks or bars and the records of a spool on disk."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from feeds.files.timeline.spool import Records
from ticker.model import Bars, Quotes, Stamps, Trades

#: ``made_up`` marks the trades that a bar is played as.
TRADES: Final = np.dtype([("ts", "i8"), ("price", "f8"), ("size", "f8"), ("symbol", "i4"), ("made_up", "?")])
QUOTES: Final = np.dtype(
    [("ts", "i8"), ("bid", "f8"), ("bid_size", "f8"), ("ask", "f8"), ("ask_size", "f8"), ("symbol", "i4")]
)
BAR_VALUES: Final = ("open", "high", "low", "close", "volume", "vwap", "trades")
#: ``ts`` is the sort key: the bar's start in one spool, its end in another.
BARS: Final = np.dtype(
    [("ts", "i8"), ("start", "i8"), ("interval", "i8"), *((name, "f8") for name in BAR_VALUES), ("symbol", "i4")]
)


def from_ticks(ticks: Trades | Quotes, dtype: np.dtype[Any], *, made_up: bool = False) -> Records:
    records = np.empty(len(ticks), dtype)
    for name in dtype.names or ():
        records[name] = made_up if name == "made_up" else getattr(ticks, name)
    return records


def from_bars(bars: Bars, stamps: Stamps, interval_ns: int) -> Records:
    records = np.empty(len(bars), BARS)
    records["ts"], records["interval"] = stamps, interval_ns
    for name in ("start", "symbol", *BAR_VALUES):
        records[name] = getattr(bars, name)
    return records


def as_trades(records: Records) -> Trades:
    return Trades(*_columns(records, "symbol", "ts", "price", "size"))


def as_quotes(records: Records) -> Quotes:
    return Quotes(*_columns(records, "symbol", "ts", "bid", "bid_size", "ask", "ask_size"))


def as_bars(records: Records) -> Bars:
    return Bars(*_columns(records, "symbol", "start", *BAR_VALUES))


def _columns(records: Records, *names: str) -> list[Any]:
    return [np.ascontiguousarray(records[name]) for name in names]
