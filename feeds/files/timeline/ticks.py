"""The ticks of a block as events, cut at given places."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from feeds.files.timeline.records import as_corrections, as_quotes, as_trades, has_details
from feeds.files.timeline.spool import Records
from ticker.conditions import ConditionTable
from ticker.model import Corrections, SymbolTable, TickBatch

_MADE_UP: Final = 1
_CORRECTION: Final = 2


class Ticks:
    """Cuts a block from front to back.

    Corrections, which are among the trades, are events of their own, and made-up trades are in batches of their own.
    """

    def __init__(self, table: SymbolTable, conditions: ConditionTable, trades: Records, quotes: Records) -> None:
        self._table, self._conditions = table, conditions
        self._records = trades
        self._trades, self._quotes = as_trades(trades), as_quotes(quotes)
        self._trade = self._quote = 0
        #: When trades are played, and when quotes are.
        self.stamps = np.ascontiguousarray(trades["ts"]), self._quotes.ts
        self._kinds = np.where(trades["made_up"], _MADE_UP, 0)
        if has_details(trades):
            self._kinds[trades["corrects"]] = _CORRECTION
        #: Where trades of another kind begin.
        self._changes = (np.flatnonzero(self._kinds[1:] != self._kinds[:-1]) + 1).tolist()

    def upto(self, trade: int, quote: int) -> Iterator[TickBatch | Corrections]:
        """The trades and quotes before these places that were not yielded yet."""
        while self._changes and self._changes[0] < trade:
            change = self._changes.pop(0)
            to_quote = int(self._quotes.ts.searchsorted(self.stamps[0][change]))
            yield from self._batch(change, min(max(to_quote, self._quote), quote))
        yield from self._batch(trade, quote)
        if self._quote < quote:  # after corrections
            yield from self._batch(trade, quote)

    def rest(self) -> Iterator[TickBatch | Corrections]:
        yield from self.upto(len(self._trades), len(self._quotes))

    def _batch(self, trade: int, quote: int) -> Iterator[TickBatch | Corrections]:
        first, self._trade = self._trade, trade
        kind = self._kinds[first] if trade > first else 0
        if kind == _CORRECTION:
            quote = min(quote, max(self._quote, int(self._quotes.ts.searchsorted(self.stamps[0][first]))))
        quotes, self._quote = self._quotes[self._quote : quote], quote
        if kind == _CORRECTION:
            if len(quotes):
                yield TickBatch(self._table, quotes=quotes)
            yield as_corrections(self._records[first:trade], self._table, self._conditions)
        elif trade > first or len(quotes):
            trades = self._trades[first:trade]
            conditions = None if trades.condition is None else self._conditions
            yield TickBatch(self._table, trades, quotes, conditions=conditions, made_up=bool(kind == _MADE_UP))
