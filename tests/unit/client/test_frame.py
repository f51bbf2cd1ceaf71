"""The board as a DataFrame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ticker.client.frame import as_frame, bars_frame, ticks_frame
from ticker.client.history import History
from ticker.client.protocol.symbol_view import SymbolView
from ticker.client.protocol.ticks import Quote, Trade
from ticker.fields import FIELDS


def test_one_row_per_symbol_and_one_column_per_field() -> None:
    """Values are float64 with NaN, times are UTC with nanoseconds, and a symbol without values has a row."""
    full, empty = SymbolView("AAPL"), SymbolView("MSFT")
    full.values = {"last": 189.23, "volume": 1200300, "ts": 1_700_000_000_123_456_789}
    frame = as_frame([full, empty])
    assert list(frame.columns) == list(FIELDS)
    assert list(frame.index) == ["AAPL", "MSFT"]
    assert frame.index.name == "symbol"
    assert frame.loc["AAPL", "last"] == 189.23
    assert all(frame[field].dtype == np.float64 for field in FIELDS if field != "ts")
    assert str(frame["ts"].dtype) == "datetime64[ns, UTC]"
    assert frame["ts"].iloc[0] == pd.Timestamp(1_700_000_000_123_456_789, unit="ns", tz="UTC")
    assert frame.loc["MSFT"].isna().all()


def test_an_empty_watchlist_is_an_empty_frame_with_the_same_columns() -> None:
    """Code for a full frame works on an empty one."""
    frame = as_frame([])
    assert (len(frame), list(frame.columns), frame.index.name) == (0, list(FIELDS), "symbol")
    assert str(frame["ts"].dtype) == "datetime64[ns, UTC]"


def test_trades_have_conditions_ids_and_changes() -> None:
    """Ids stay integers, and a new trade has no change."""
    frame = ticks_frame(
        [
            Trade("A", 5, 1.5, 2.0, conditions=("T", "I"), id=2**62 + 1),
            Trade("A", 6, 1.5, 2.0, id=7, change="cancel"),
            Trade("B", 7, 2.5, 1.0),
        ],
        "trades",
    )
    assert list(frame.columns) == ["symbol", "price", "size", "conditions", "id", "change"]
    assert frame["conditions"].to_list() == ["T I", "", ""]
    assert frame["id"].to_list() == [2**62 + 1, 7, 0]
    assert frame["id"].dtype == np.int64
    assert frame["change"].isna().to_list() == [True, False, True]
    assert frame["change"].iloc[1] == "cancel"
    empty = ticks_frame([], "trades")
    assert list(empty.columns) == list(frame.columns)
    assert (empty["id"].dtype, empty["conditions"].dtype) == (frame["id"].dtype, frame["conditions"].dtype)


def test_quotes_have_no_columns_of_trades() -> None:
    frame = ticks_frame([Quote("A", 5, 1.5, 2.0, None, None)], "quotes")
    assert list(frame.columns) == ["symbol", "bid", "bid_size", "ask", "ask_size"]


def test_bars_have_their_revision_and_whether_trades_are_missing() -> None:
    """A bar whose trades were all cancelled has no prices."""
    history = History(
        bars=[
            (60, 1.0, 2.0, 0.5, 1.5, 100.0, 1.25, 4.0, True),
            (120, None, None, None, None, 0.0, None, 0.0, True),
            (180, 1.0, 1.0, 1.0, 1.0, 5.0, 1.0, 1.0, False),
        ],
        incomplete=[60],
        revised={"120": 2},
        splits=[(150, 4.0)],
    )
    frame = bars_frame(history)
    assert frame["revision"].to_list() == [0, 2, 0]
    assert frame["incomplete"].to_list() == [True, False, False]
    assert frame["revision"].dtype == np.int64
    assert frame["incomplete"].dtype == np.bool_
    assert frame["close"].isna().to_list() == [False, True, False]
    assert frame["closed"].to_list() == [True, True, False]
    assert frame.attrs["splits"] == [(150, 4.0)]


def test_no_bars_are_an_empty_frame_with_the_same_columns() -> None:
    frame = bars_frame(History(bars=[]))
    assert list(frame.columns)[-3:] == ["closed", "revision", "incomplete"]
    assert frame["revision"].dtype == np.int64
    assert frame["incomplete"].dtype == np.bool_
