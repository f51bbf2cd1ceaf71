"""Finds late trades: those that are older than the newest of their symbol."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ticker.market.columns import Stamps
from ticker.model import Ints


def older_than_newest(rows: Ints, ts: Stamps, newest: Stamps) -> npt.NDArray[np.bool_] | None:
    """Which trades, in order of arrival, are older than the newest of their row; None if none is.

    ``newest`` has each row's newest timestamp before.
    """
    if not len(ts):
        return None
    late = ts < newest[rows]
    if not (ts[1:] >= ts[:-1]).all():
        # The running maximum of each row. Ranks, with the row above them, stay in order within a row.
        order = rows.argsort(kind="stable")
        ranks = np.unique(ts, return_inverse=True)[1][order].astype(np.int64)
        ordered = rows[order]
        keys = np.cumsum(np.append(False, ordered[1:] != ordered[:-1])) * len(ts) + ranks
        late[order[keys < np.maximum.accumulate(keys)]] = True
    return late if late.any() else None
