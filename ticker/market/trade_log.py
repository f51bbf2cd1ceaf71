"""The newest trades, from which bars are computed again when a trade comes late, is cancelled or is corrected.

Trades are kept in order of arrival. Without ids none can be corrected, so only those are kept that a late trade may
join: newer than a horizon. With ids, up to ``KEPT`` trades stay. 37 bytes per trade.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.conditions import REGULAR, Updates
from ticker.market.bar_fold import Pieces
from ticker.market.columns import Floats, Rows, Stamps
from ticker.model import Trades

_LAST: Final = int(Updates.LAST)
_HIGH_LOW: Final = int(Updates.HIGH_LOW)
_VOLUME: Final = int(Updates.VOLUME)
#: At most this many trades are kept.
KEPT: Final = 1_000_000

Bytes = npt.NDArray[np.uint8]
# Like the methods `min` and `max`, at half their fixed cost.
_least, _most = np.minimum.reduce, np.maximum.reduce


@dataclass(slots=True, eq=False)
class LoggedTrades:
    """Trades that arrived together. ``updates``: see ``ticker.conditions``; None: they update everything."""

    row: Rows
    ts: Stamps
    price: Floats
    size: Floats
    updates: Bytes | None
    id: Stamps | None
    first_ts: int
    last_ts: int

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True, slots=True)
class Found:
    """A trade of the log, and where it is."""

    part: LoggedTrades
    place: int

    @property
    def ts(self) -> int:
        return int(self.part.ts[self.place])

    @property
    def price(self) -> float:
        return float(self.part.price[self.place])

    @property
    def size(self) -> float:
        return float(self.part.size[self.place])

    @property
    def updates(self) -> int:
        return int(REGULAR if self.part.updates is None else self.part.updates[self.place])

    def change(self, price: float, size: float, updates: int) -> None:
        """Replace the values. The columns are copied first: they belong to the feed."""
        part = self.part
        part.price, part.size = part.price.copy(), part.size.copy()
        part.updates = np.full(len(part), int(REGULAR), np.uint8) if part.updates is None else part.updates.copy()
        part.price[self.place], part.size[self.place], part.updates[self.place] = price, size, updates


class TradeLog:
    def __init__(self) -> None:
        self._parts: deque[LoggedTrades] = deque()
        self._trades = 0
        self._has_ids = False
        #: The newest timestamp (ns) of a trade that is not kept any more. Only later seconds are complete.
        self.incomplete_to = 0

    def __len__(self) -> int:
        return self._trades

    def add(self, rows: Rows, trades: Trades, updates: Bytes | None) -> int:
        """Add trades, with the row of each. Returns their newest timestamp (ns), 0 if there are none."""
        if not len(rows):
            return 0
        ts = trades.ts
        oldest, newest = int(_least(ts)), int(_most(ts))
        self._parts.append(LoggedTrades(rows, ts, trades.price, trades.size, updates, trades.id, oldest, newest))
        self._trades += len(rows)
        self._has_ids |= trades.id is not None
        return newest

    def forget(self, before: int) -> None:
        """Drop trades older than ``before`` (ns), unless they can be corrected, and those above the maximum."""
        while self._parts and (
            self._trades > KEPT or (not self._has_ids and self._parts[0].last_ts < before and len(self._parts) > 1)
        ):
            part = self._parts.popleft()
            self._trades -= len(part)
            self.incomplete_to = max(self.incomplete_to, part.last_ts)

    def find(self, row: int, trade_id: int) -> Found | None:
        """The newest trade of ``row`` with this id."""
        if not trade_id:
            return None
        for part in reversed(self._parts):
            if part.id is not None:
                places = np.flatnonzero((part.id == trade_id) & (part.row == row))
                if len(places):
                    return Found(part, int(places[-1]))
        return None

    def pieces(self, row: int, start: int, end: int) -> Pieces:
        """The trades of ``row`` in ``[start, end)`` (ns) that update something, in the order (ts, arrival)."""
        found = []
        for part in self._parts:
            if part.last_ts >= start and part.first_ts < end:
                mine = np.flatnonzero((part.row == row) & (part.ts >= start) & (part.ts < end))
                if len(mine):
                    updates = None if part.updates is None else part.updates[mine]
                    found.append((part.ts[mine], part.price[mine], part.size[mine], updates))
        if not found:
            return trade_pieces(np.zeros(0, np.intp), np.zeros(0, np.int64), np.zeros(0), np.zeros(0), None)
        ts, price, size = (np.concatenate([each[column] for each in found]) for column in range(3))
        updates = np.concatenate([np.full(len(t), int(REGULAR), np.uint8) if u is None else u for t, _, _, u in found])
        order = ts.argsort(kind="stable")
        rows = np.full(len(ts), row, np.intp)
        return trade_pieces(rows, ts[order], price[order], size[order], updates[order])

    def newest(self, row: int, flag: int) -> tuple[int, float, float] | None:
        """Timestamp, price and size of the trade of ``row`` that is last by (ts, arrival) and updates ``flag``."""
        best: tuple[int, float, float] | None = None
        for part in self._parts:
            mine = part.row == row
            if part.updates is not None:
                mine = mine & ((part.updates & flag) > 0)
            places = np.flatnonzero(mine)
            if len(places):
                at = places[len(places) - 1 - int(part.ts[places][::-1].argmax())]
                if best is None or int(part.ts[at]) >= best[0]:
                    best = int(part.ts[at]), float(part.price[at]), float(part.size[at])
        return best

    def remove(self, rows: Rows) -> None:
        """Forget the trades of removed symbols: they update nothing any more."""
        for part in self._parts:
            gone = np.isin(part.row, rows)
            if gone.any():
                updates = np.full(len(part), int(REGULAR), np.uint8) if part.updates is None else part.updates.copy()
                updates[gone] = 0
                part.updates = updates
                if part.id is not None:
                    part.id = np.where(gone, 0, part.id)


def trade_pieces(rows: Rows, ts: Stamps, price: Floats, size: Floats, updates: Bytes | None) -> Pieces:
    """Trades as pieces of bars, without those that update nothing."""
    if updates is None or (updates & int(REGULAR) == int(REGULAR)).all():
        return Pieces(rows, ts, price, price, price, price, size, price * size, np.ones(len(rows)))
    counted = np.flatnonzero(updates & int(REGULAR))
    rows, ts, price, size, updates = rows[counted], ts[counted], price[counted], size[counted], updates[counted]
    last = np.where(updates & _LAST, price, np.nan)
    extreme = np.where(updates & _HIGH_LOW, price, np.nan)
    adds = (updates & _VOLUME) > 0
    volume = np.where(adds, size, 0.0)
    return Pieces(rows, ts, last, extreme, extreme, last, volume, price * volume, adds.astype(np.float64))
