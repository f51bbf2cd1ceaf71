"""Cuts a batch of ticks into slices by timestamp; the caller decides which timestamps are due."""

from __future__ import annotations

from typing import Final

import numpy as np

from feeds.reached import Reached
from ticker.model import FeedEvent, Stamps, TickBatch

#: The maximum of ticks per slice: applying them blocks the event loop for a few ms.
MAX_SLICE: Final = 8192
_NEVER: Final = int(np.iinfo(np.int64).max)


class Slicer:
    """Cuts ``batch``, which must not be empty, from front to back.

    Trades and quotes should each be sorted by timestamp; a timestamp lower than an earlier one counts as that one, so
    that no tick is left behind. A batch with a ``version`` of its own is one version of the board: it is not cut, and
    is due at its last timestamp. Slices are views of the batch's columns.
    """

    def __init__(self, batch: TickBatch) -> None:
        self._batch = batch
        self._trade_stamps: Stamps = np.maximum.accumulate(batch.trades.ts)
        self._quote_stamps: Stamps = np.maximum.accumulate(batch.quotes.ts)
        self._trades, self._quotes = len(batch.trades), len(batch.quotes)
        self._trade = self._quote = 0
        #: The number of ticks left.
        self.left = len(batch)
        #: The highest timestamp cut so far; 0 before the first cut.
        self.reached = 0
        #: The highest timestamp of the batch.
        self.last_stamp = self._last()
        #: The timestamp at which the next slice is due.
        self.next_stamp = self.last_stamp if batch.version is not None else self._first()

    #: Whether it is a mark, which is no event for clients.
    is_mark = False

    @property
    def first_stamp(self) -> int:
        """The timestamp up to which watermarks may come before the next slice."""
        return self.next_stamp

    def _first(self) -> int:
        """The lowest timestamp left."""
        trade = int(self._trade_stamps[self._trade]) if self._trade < self._trades else _NEVER
        quote = int(self._quote_stamps[self._quote]) if self._quote < self._quotes else _NEVER
        return min(trade, quote)

    def _last(self) -> int:
        """The highest timestamp cut so far; before the first cut, of all ticks."""
        trade = int(self._trade_stamps[self._trade - 1]) if self._trades and (self._trade or not self._quote) else 0
        quote = int(self._quote_stamps[self._quote - 1]) if self._quotes and (self._quote or not self._trade) else 0
        return max(trade, quote)

    def cut(self, position: int) -> TickBatch:
        """The ticks up to the timestamp ``position``: at least those of ``next_stamp``, but at most ``MAX_SLICE``."""
        position = max(position, self.next_stamp)
        trade = int(self._trade_stamps.searchsorted(position, side="right"))
        quote = int(self._quote_stamps.searchsorted(position, side="right"))
        if self._batch.version is None and trade - self._trade + quote - self._quote > MAX_SLICE:
            trade, quote = self._limited(trade, quote)
        part = self._batch
        if trade - self._trade + quote - self._quote < len(part):
            trades, quotes = part.trades[self._trade : trade], part.quotes[self._quote : quote]
            part = TickBatch(part.table, trades, quotes, conditions=part.conditions, made_up=part.made_up)
        self._trade, self._quote = trade, quote
        self.left = self._trades + self._quotes - trade - quote
        self.reached = self._last()
        if self.left:
            self.next_stamp = self._first()
        return part

    def _limited(self, trade: int, quote: int) -> tuple[int, int]:
        """Where to cut for exactly ``MAX_SLICE`` ticks: all below some timestamp, and as many of its own as fit.

        Only a timestamp of more than ``MAX_SLICE`` ticks, or the last of a full slice, is cut in two, trades first.
        """
        trades = self._trade_stamps[self._trade : min(trade, self._trade + MAX_SLICE)]
        quotes = self._quote_stamps[self._quote : min(quote, self._quote + MAX_SLICE)]
        stamp = np.partition(np.concatenate((trades, quotes)), MAX_SLICE - 1)[MAX_SLICE - 1]
        trades_below, quotes_below = int(trades.searchsorted(stamp)), int(quotes.searchsorted(stamp))
        room = MAX_SLICE - trades_below - quotes_below
        more_trades = min(room, int(trades.searchsorted(stamp, side="right")) - trades_below)
        return self._trade + trades_below + more_trades, self._quote + quotes_below + room - more_trades


class WholeEvent:
    """The interface of ``Slicer`` for an event that can't be cut; it is due at ``stamp``, or at once if None.

    Watermarks up to ``first`` (default: ``stamp``) may come before it.
    """

    def __init__(self, event: FeedEvent, stamp: int | None, first: int | None = None) -> None:
        self._event = event
        self.is_mark = isinstance(event, Reached)
        self.left = 1
        self.next_stamp = self.last_stamp = stamp
        self.first_stamp = stamp if first is None else first

    def cut(self, position: int) -> FeedEvent:  # noqa: ARG002 - the interface of Slicer
        self.left = 0
        return self._event

    @property
    def reached(self) -> int:
        return 0 if self.left else self.next_stamp or 0
