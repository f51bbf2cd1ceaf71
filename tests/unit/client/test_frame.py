"""The board as a DataFrame."""

from __future__ import annotations

import numpy as np
import pandas as pd

from ticker.client.frame import as_frame
from ticker.client.protocol.symbol_view import SymbolView
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
