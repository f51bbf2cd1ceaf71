"""Cut one batch of ticks into slices by stamp, and other events not at all.

This module knows no clock: its caller says which stamps are due.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ticker.model import FeedEvent, Stamps, TickBatch

#: The most ticks in a slice: what one consumer applies without stalling the event loop for more than a few ms.
MAX_SLICE: Final = 8192


class Cutter:
    """Cuts ``batch``, which must not be empty, from front to back; its trades and quotes are each sorted by stamp.

    Where they are not, a stamp lower than one before it counts as that one, so that no tick is left behind. A batch
    with a ``version`` of its own is one version of the board: it comes in one piece, and waits for its last stamp.
    Slices are views of the batch's columns, not copies.
    """

    def __init__(self, batch: TickBatch) -> None:
        self._batch = batch
        self._trade_stamps: Stamps = np.maximum.accumulate(batch.trades.ts)
        self._quote_stamps: Stamps = np.maximum.accumulate(batch.quotes.ts)
        self._trade = self._quote = 0

    @property
    def left(self) -> int:
        """How many ticks are not cut yet."""
        return len(self._batch) - self._trade - self._quote

    @property
    def next_stamp(self) -> int:
        """The stamp that the next slice waits for."""
        stamps = (self._trade_stamps[self._trade :], self._quote_stamps[self._quote :])
        if self._batch.version is not None:
            return max(int(column[-1]) for column in stamps if len(column))
        return min(int(column[0]) for column in stamps if len(column))

    def cut(self, position: int) -> TickBatch:
        """The ticks up to the stamp ``position``: at least those of ``next_stamp``, but at most ``MAX_SLICE``."""
        position = max(position, self.next_stamp)
        trade = int(self._trade_stamps.searchsorted(position, side="right"))
        quote = int(self._quote_stamps.searchsorted(position, side="right"))
        if self._batch.version is None and trade - self._trade + quote - self._quote > MAX_SLICE:
            trade, quote = self._limited(trade, quote)
        part = self._batch
        if trade - self._trade + quote - self._quote < len(part):
            part = TickBatch(part.table, part.trades[self._trade : trade], part.quotes[self._quote : quote])
        self._trade, self._quote = trade, quote
        return part

    @property
    def reached(self) -> int:
        """The highest stamp that was cut so far, 0 before the first cut."""
        stamps = (self._trade_stamps[: self._trade], self._quote_stamps[: self._quote])
        return max((int(column[-1]) for column in stamps if len(column)), default=0)

    def _limited(self, trade: int, quote: int) -> tuple[int, int]:
        """Where to cut for exactly ``MAX_SLICE`` ticks: all that are below some stamp, and of its own as many as fit.

        So a stamp that very many ticks share may be cut in two, trades first; no other one ever is.
        """
        trades = self._trade_stamps[self._trade : min(trade, self._trade + MAX_SLICE)]
        quotes = self._quote_stamps[self._quote : min(quote, self._quote + MAX_SLICE)]
        stamp = np.partition(np.concatenate((trades, quotes)), MAX_SLICE - 1)[MAX_SLICE - 1]
        trades_below, quotes_below = int(trades.searchsorted(stamp)), int(quotes.searchsorted(stamp))
        room = MAX_SLICE - trades_below - quotes_below
        more_trades = min(room, int(trades.searchsorted(stamp, side="right")) - trades_below)
        return self._trade + trades_below + more_trades, self._quote + quotes_below + room - more_trades


class Whole:
    """An event that comes in one piece, at ``stamp``: a ``Cutter`` of something that can't be cut."""

    def __init__(self, event: FeedEvent, stamp: int) -> None:
        self._event = event
        self.left = 1
        self.next_stamp = stamp

    def cut(self, position: int) -> FeedEvent:  # noqa: ARG002 - it is due: its caller knows
        self.left = 0
        return self._event

    @property
    def reached(self) -> int:
        return 0 if self.left else self.next_stamp
