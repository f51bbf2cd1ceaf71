"""All state that a feed's events build: the board, the rings of ticks and the bars.

Every event enters through ``Market.apply``. A restart doesn't reset a market: ``apply`` then returns another one. This
module knows no client and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Final, Protocol

import numpy as np

from ticker.market.bar_store import BarStore
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.model import BarBatch, BoardEvent, FeedEvent, Removal, Restart, Settled, TickBatch, Watermark, joined

#: At most this many ticks are pending. Applying them takes about a millisecond.
MAX_PENDING_TICKS: Final = 8_192


class TickObserver(Protocol):
    """Sees every change of the board, whichever clients are connected. The alerts, which this package can't import."""

    @property
    def active(self) -> bool:
        """Whether ``observe`` needs to be called."""
        ...

    def observe(self, board: Board, event: BoardEvent) -> None:
        """``event`` was applied to ``board``. If ``board.epoch`` is new, history has restarted."""


class Market:
    """The board, the rings of the channels ``trades`` and ``quotes``, and the bars.

    Tick batches are pending until ``settle``, which applies those of one table as one batch: 20 times a second instead
    of as often as a fast feed publishes, at a tenth of the cost. Everything read from a market is as of then; only new
    symbols are on the board at once. ``on_symbols`` gets their names before anything happens to them.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        epoch: str | None = None,
        ring_ticks: int = 65_536,
        observer: TickObserver | None = None,
        on_symbols: Callable[[list[str]], None] = lambda _: None,
    ) -> None:
        self.board = Board(names, epoch)
        self.bars = BarStore()
        self.rings = {"trades": Ring(2, ring_ticks), "quotes": Ring(4, ring_ticks)}
        self._shared = ring_ticks, observer, on_symbols
        self._observer = observer
        self._on_symbols = on_symbols
        self._pending: list[TickBatch] = []
        self._pending_ticks = 0
        #: What the events after a hidden restart build, until ``Settled``.
        self._shadow: Market | None = None
        #: False while this is a shadow: then no tick is numbered, and callbacks are not called.
        self.shown = True

    @property
    def observed(self) -> bool:
        """Whether the observer wants to see every tick."""
        return self._observer is not None and self._observer.active

    def apply(self, event: FeedEvent) -> Market:
        """Apply an event that has passed ``check_event``, and return the market to use from now on.

        It is another one after a ``Restart``, or after the ``Settled`` of a hidden restart: of a new epoch, with all
        symbols in the same rows. Raises ``BatchError`` if the event's own version doesn't grow.
        """
        if isinstance(event, Restart):
            self._shadow = Market(self.board.names, event.epoch, *self._shared)
            self._shadow.shown = False
            return self if event.hidden else self._replaced()
        if isinstance(event, Settled):
            return self._replaced()
        if self._shadow is not None:
            self._shadow.apply(event)
            return self
        if not isinstance(event, Removal | Watermark):
            known = len(self.board)
            self.board.rows_of(event.table)
            if len(self.board) > known and self.shown:
                self._on_symbols(self.board.names[known:])
        if isinstance(event, TickBatch) and event.version is None:
            self._defer(event)
        else:
            self.settle()
            self._enter(event)
        return self

    def settle(self) -> None:
        """Apply the pending ticks."""
        if self._pending:
            batch = joined(self._pending)
            self._pending.clear()
            self._pending_ticks = 0
            self._enter(batch)

    def _replaced(self) -> Market:
        """Return the shadow in place of this market, if there is one."""
        if self._shadow is None:
            return self
        # The pending ticks have happened: the observer must see them.
        self.settle()
        self._shadow.settle()
        self._shadow.shown = True
        return self._shadow

    def _defer(self, batch: TickBatch) -> None:
        if self._pending and self._pending[0].table is not batch.table:
            self.settle()
        self._pending.append(batch)
        self._pending_ticks += len(batch)
        if self._pending_ticks >= MAX_PENDING_TICKS:
            self.settle()

    def _enter(self, event: BoardEvent | BarBatch | Watermark) -> None:
        """The one place where events change the board, the bars and the rings."""
        board, bars = self.board, self.bars
        if isinstance(event, Watermark):
            bars.advance(event.ts)
            return
        if isinstance(event, BarBatch):
            bars.given(board.rows_of(event.table)[event.bars.symbol], event)
            return
        board.apply(event)
        if isinstance(event, TickBatch):
            self._add_ticks(event)
        elif isinstance(event, Removal):
            bars.remove(np.array([row for name in event.names if (row := board.find(name)) is not None], np.intp))
        if self._observer is not None and self._observer.active and self.shown:
            self._observer.observe(board, event)

    def _add_ticks(self, batch: TickBatch) -> None:
        """Add ticks to the bars and, if they are shown, to the rings."""
        rows, trades, quotes = self.board.rows_of(batch.table), batch.trades, batch.quotes
        if len(trades):
            traded = rows[trades.symbol]
            self.bars.add(traded, trades)
            if self.shown:
                self.rings["trades"].append(traded, trades.ts, trades.price, trades.size)
        if len(quotes) and self.shown:
            sides = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
            self.rings["quotes"].append(rows[quotes.symbol], quotes.ts, *sides)
