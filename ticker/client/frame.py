"""The board as a pandas DataFrame. Apart, so that nobody else imports pandas."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd

from ticker.client.symbol_view import SymbolView
from ticker.fields import FIELDS


def as_frame(views: Iterable[SymbolView]) -> pd.DataFrame:
    """A row for each view, index ``symbol``, columns FIELDS: `ts` as UTC datetime64[ns], all others float64.

    What has no value is NaN, or NaT.
    """
    rows = [(view.symbol, view.values) for view in views]
    columns: dict[str, object] = {}
    for field in FIELDS:
        found = [values.get(field) for _, values in rows]
        if field == "ts":
            # As int64 all along: a float would round the nanoseconds away.
            stamps = np.array([np.iinfo(np.int64).min if ts is None else ts for ts in found], np.int64)
            columns[field] = pd.DatetimeIndex(stamps.view("datetime64[ns]")).tz_localize("UTC")
        else:
            columns[field] = np.array([np.nan if value is None else value for value in found], np.float64)
    return pd.DataFrame(columns, index=pd.Index([symbol for symbol, _ in rows], name="symbol", dtype="str"))
