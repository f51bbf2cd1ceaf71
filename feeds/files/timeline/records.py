"""Converts between columns of ticks or bars and the records of a spool on disk."""

from __future__ import annotations

from typing import Any, Final

import numpy as np

from feeds.files.timeline.spool import Records
from ticker.conditions import ConditionTable
from ticker.model import Bars, Corrections, Quotes, Stamps, SymbolTable, Trades

#: ``made_up`` marks the trades that a bar is played as.
TRADES: Final = np.dtype([("ts", "i8"), ("price", "f8"), ("size", "f8"), ("symbol", "i4"), ("made_up", "?")])
#: Of files with sale conditions or ids. ``ts`` is when the trade is played, ``stamp`` its own timestamp: a recording
#: has late trades. ``corrects`` marks the corrections of trades, which are played in order with them.
DETAILED: Final = np.dtype([*TRADES.descr, ("stamp", "i8"), ("id", "i8"), ("condition", "i4"), ("corrects", "?")])
QUOTES: Final = np.dtype(
    [("ts", "i8"), ("bid", "f8"), ("bid_size", "f8"), ("ask", "f8"), ("ask_size", "f8"), ("symbol", "i4")]
)
BAR_VALUES: Final = ("open", "high", "low", "close", "volume", "vwap", "trades")
#: ``ts`` is the sort key: the bar's start in one spool, its end in another.
BARS: Final = np.dtype(
    [("ts", "i8"), ("start", "i8"), ("interval", "i8"), *((name, "f8") for name in BAR_VALUES), ("symbol", "i4")]
)


def from_quotes(quotes: Quotes) -> Records:
    records = np.empty(len(quotes), QUOTES)
    for name in QUOTES.names or ():
        records[name] = getattr(quotes, name)
    return records


def from_trades(trades: Trades, played: Stamps | None, dtype: np.dtype[Any], *, made_up: bool = False) -> Records:
    """Records of ``TRADES`` or ``DETAILED``. ``played`` is when each trade is played; None: at its timestamp."""
    records = np.zeros(len(trades), dtype) if dtype == DETAILED else np.empty(len(trades), dtype)
    for name in ("price", "size", "symbol"):
        records[name] = getattr(trades, name)
    records["ts"] = trades.ts if played is None else played
    records["made_up"] = made_up
    if dtype == DETAILED:
        records["stamp"] = trades.ts
        for name in ("id", "condition"):
            if (column := getattr(trades, name)) is not None:
                records[name] = column
    return records


def detailed(records: Records) -> Records:
    """Records of ``TRADES`` as ``DETAILED``."""
    found = np.zeros(len(records), DETAILED)
    for name in TRADES.names or ():
        found[name] = records[name]
    found["stamp"] = records["ts"]
    return found


def from_corrections(corrections: Corrections) -> Records:
    """Records of ``DETAILED``."""
    records = np.zeros(len(corrections), DETAILED)
    for name in ("ts", "id", "price", "size", "symbol"):
        records[name] = getattr(corrections, name)
    records["stamp"], records["corrects"] = corrections.ts, True
    if corrections.condition is not None:
        records["condition"] = corrections.condition
    return records


def from_bars(bars: Bars, stamps: Stamps, interval_ns: int) -> Records:
    records = np.empty(len(bars), BARS)
    records["ts"], records["interval"] = stamps, interval_ns
    for name in ("start", "symbol", *BAR_VALUES):
        records[name] = getattr(bars, name)
    return records


def has_details(records: Records) -> bool:
    return "stamp" in (records.dtype.names or ())


def as_trades(records: Records) -> Trades:
    if has_details(records):
        return Trades(*_columns(records, "symbol", "stamp", "price", "size", "condition", "id"))
    return Trades(*_columns(records, "symbol", "ts", "price", "size"))


def as_corrections(records: Records, table: SymbolTable, conditions: ConditionTable) -> Corrections:
    symbol, ids, stamps, price, size, condition = _columns(records, "symbol", "id", "ts", "price", "size", "condition")
    return Corrections(table, symbol, ids, stamps, price, size, condition, conditions)


def as_quotes(records: Records) -> Quotes:
    return Quotes(*_columns(records, "symbol", "ts", "bid", "bid_size", "ask", "ask_size"))


def as_bars(records: Records) -> Bars:
    return Bars(*_columns(records, "symbol", "start", *BAR_VALUES))


def _columns(records: Records, *names: str) -> list[Any]:
    return [np.ascontiguousarray(records[name]) for name in names]
