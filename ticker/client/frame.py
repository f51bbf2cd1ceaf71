"""DataFrames of the board, ticks and bars. A module of its own, because it imports pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import cast

import numpy as np
import pandas as pd

from ticker.client.history import History
from ticker.client.protocol.symbol_view import SymbolView
from ticker.client.protocol.ticks import Quote, Trade
from ticker.fields import FIELDS


def as_frame(views: Iterable[SymbolView]) -> pd.DataFrame:
    """One row per view, index ``symbol``, columns FIELDS: `ts` as UTC datetime64[ns], all others float64.

    Missing values are NaN or NaT.
    """
    rows = [(view.symbol, view.values) for view in views]
    columns: dict[str, object] = {}
    for field in FIELDS:
        found = [values.get(field) for _, values in rows]
        if field == "ts":
            columns[field] = _index(None, [np.iinfo(np.int64).min if ts is None else ts for ts in found])
        else:
            columns[field] = np.array([np.nan if value is None else value for value in found], np.float64)
    return pd.DataFrame(columns, index=pd.Index([symbol for symbol, _ in rows], name="symbol", dtype="str"))


def ticks_frame(ticks: Sequence[Trade] | Sequence[Quote], channel: str) -> pd.DataFrame:
    """One row per tick, index `ts` as UTC datetime64[ns]; `symbol` as text, prices and sizes float64 (NaN: no price).

    Of trades also `conditions` as text, separated by blanks, `id` as int64 and `change` as text (missing: a new trade).
    """
    fields = ("price", "size") if channel == "trades" else ("bid", "bid_size", "ask", "ask_size")
    columns: dict[str, object] = {"symbol": pd.array([tick.symbol for tick in ticks], dtype="str")}
    for field in fields:
        found = [getattr(tick, field) for tick in ticks]
        columns[field] = np.array([np.nan if value is None else value for value in found], np.float64)
    if channel == "trades":
        trades = cast("Sequence[Trade]", ticks)
        columns["conditions"] = pd.array([" ".join(trade.conditions) for trade in trades], dtype="str")
        columns["id"] = np.array([trade.id for trade in trades], np.int64)
        columns["change"] = pd.array([trade.change for trade in trades], dtype="str")
    return pd.DataFrame(columns, index=_index("ts", [tick.ts for tick in ticks]))


def bars_frame(found: History) -> pd.DataFrame:
    """One row per bar, index `start` as UTC datetime64[ns]; prices, `volume`, `vwap` and `trades` float64.

    NaN means unknown. `closed` and `incomplete` are bool, `revision` is int64. ``attrs["splits"]`` has the splits among
    the bars: pairs of timestamp (ns) and ratio.
    """
    rows = found.bars
    names = ("open", "high", "low", "close", "volume", "vwap", "trades")
    columns: dict[str, object] = {}
    for place, name in enumerate(names, 1):
        columns[name] = np.array([np.nan if row[place] is None else row[place] for row in rows], np.float64)
    starts = [row[0] for row in rows]
    columns["closed"] = np.array([row[8] for row in rows], np.bool_)
    columns["revision"] = np.array([found.revised.get(str(start), 0) for start in starts], np.int64)
    columns["incomplete"] = np.isin(starts, found.incomplete)
    frame = pd.DataFrame(columns, index=_index("start", starts))
    frame.attrs["splits"] = found.splits
    return frame


def _index(name: str | None, stamps: Sequence[int]) -> pd.DatetimeIndex:
    """Times (ns) as an index. They stay int64: a float would round the nanoseconds."""
    return pd.DatetimeIndex(np.array(stamps, np.int64).view("datetime64[ns]"), name=name).tz_localize("UTC")
