"""Trades that wait to be folded into bars."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ticker.market.bar_fold import NO_PIECES, Pieces, joined
from ticker.market.columns import Rows
from ticker.market.trade_log import Bytes, trade_pieces
from ticker.model import Trades


class PendingTrades:
    """Its length is the number of trades."""

    def __init__(self) -> None:
        #: Rows, trades, what they update, and whether they stand for a feed's bars.
        self._batches: list[tuple[Rows, Trades, Bytes | None, bool]] = []
        self._trades = 0

    def __len__(self) -> int:
        return self._trades

    def add(self, rows: Rows, trades: Trades, updates: Bytes | None, *, made_up: bool) -> None:
        """Add trades with the row of each. ``made_up``: they stand for a feed's bars."""
        self._batches.append((rows, trades, updates, made_up))
        self._trades += len(trades)

    def take(self) -> tuple[Pieces, npt.NDArray[np.bool_]]:
        """Remove and return the trades as pieces, by row and in order of arrival, and which of them are made up."""
        batches, self._batches, self._trades = self._batches, [], 0
        parts = [trade_pieces(rows, t.ts, t.price, t.size, updates) for rows, t, updates, _ in batches]
        pieces = joined(*parts) if parts else NO_PIECES
        made_up = np.repeat([mark for *_, mark in batches], [len(part) for part in parts])
        if (pieces.row[1:] < pieces.row[:-1]).any():
            order = pieces.row.argsort(kind="stable")
            pieces, made_up = pieces[order], made_up[order]
        return pieces, made_up
