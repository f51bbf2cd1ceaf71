"""By row: the trading day that the day fields belong to, and the timestamps of the newest trades."""

from __future__ import annotations

import numpy as np

from ticker.market.columns import Rows, Stamps, grown


class TradeTimes:
    """All columns are in ns, by row, and 0 before a row's first trade. They may be longer than there are rows."""

    def __init__(self) -> None:
        #: When the trading day of the day fields begins and ends.
        self.day_start: Stamps = np.zeros(0, np.int64)
        self.day_end: Stamps = np.zeros(0, np.int64)
        #: The newest timestamp of a trade.
        self.traded: Stamps = np.zeros(0, np.int64)
        #: The later of ``traded`` and ``day_start``: trades before it are not in order.
        self.in_order_from: Stamps = np.zeros(0, np.int64)
        #: The timestamp of the trade that set the last price.
        self.last_ts: Stamps = np.zeros(0, np.int64)

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self.day_start = grown(self.day_start, rows)
        self.day_end = grown(self.day_end, rows)
        self.traded = grown(self.traded, rows)
        self.in_order_from = grown(self.in_order_from, rows)
        self.last_ts = grown(self.last_ts, rows)

    def begin_day(self, rows: Rows, start: Stamps, end: Stamps) -> None:
        """The trading day of distinct rows becomes that from ``start`` to ``end``."""
        self.day_start[rows] = start
        self.day_end[rows] = end
        self.in_order_from[rows] = np.maximum(self.in_order_from[rows], start)

    def note_in_order(self, rows: Rows, ts: Stamps) -> None:
        """Note the newest trades of distinct rows, which were in order."""
        self.traded[rows] = ts
        self.in_order_from[rows] = ts

    def note_late(self, rows: Rows, ts: Stamps) -> None:
        """Note trades that were not in order; rows may come several times."""
        np.maximum.at(self.traded, rows, ts)
        np.maximum.at(self.in_order_from, rows, ts)

    def remove(self, rows: Rows) -> None:
        """Forget the trades of removed symbols."""
        for column in (self.day_start, self.day_end, self.traded, self.in_order_from, self.last_ts):
            column[rows] = 0
