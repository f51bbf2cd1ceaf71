"""All state that the events of a feed build: the board, the rings of ticks and the bars.

Every event enters through ``Market.apply``. A restart does not reset a market: ``apply`` then returns another one. This
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
from ticker.wire.limits import RING_TICKS

#: Pending ticks are applied when there are this many, which takes about a millisecond.
MAX_PENDING_TICKS: Final = 8_192


class TickObserver(Protocol):
    """Sees every change of the board, with or without clients: the alerts, which this package can't import."""

    @property
    def active(self) -> bool:
        """Whether ``observe`` needs to be called."""
        ...

    def observe(self, board: Board, event: BoardEvent) -> None:
        """``event`` was applied to ``board``. A new ``board.epoch`` means that history restarted."""


class Market:
    """The board, the rings of the channels ``trades`` and ``quotes``, and the bars.

    Tick batches are pending until ``apply_pending``. It applies the batches of one table as one: at 20 times per second
    this costs a tenth of applying each batch of a fast feed. The board, the rings and the bars are as of that call,
    except that new symbols are on the board at once; ``on_symbols`` gets their names before any of their events.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        epoch: str | None = None,
        ring_ticks: int = RING_TICKS,
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
        #: The market that the events after a hidden restart build, until ``Settled``.
        self._shadow: Market | None = None
        #: False for a shadow. It numbers no ticks and calls neither the observer nor ``on_symbols``.
        self.shown = True

    @property
    def observed(self) -> bool:
        """Whether the observer needs every tick."""
        return self._observer is not None and self._observer.active

    def apply(self, event: FeedEvent) -> Market:
        """Apply an event that has passed ``check_event``, and return the market to use from now on.

        After a ``Restart``, or the ``Settled`` of a hidden restart, that is another market, with a new epoch and the
        same symbols in the same rows. Raises ``BatchError`` if the event's own version does not grow.
        """
        if isinstance(event, Restart):
            self._shadow = Market(self.board.names, event.epoch, *self._shared)
            self._shadow.shown = False
            return self if event.hidden else self._replace()
        if isinstance(event, Settled):
            return self._replace()
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
            self.apply_pending()
            self._enter(event)
        return self

    def apply_pending(self) -> None:
        """Apply the pending ticks."""
        if self._pending:
            batch = joined(self._pending)
            self._pending.clear()
            self._pending_ticks = 0
            self._enter(batch)

    def _replace(self) -> Market:
        """Return the shadow, to be used instead of this market; without a shadow, this market."""
        if self._shadow is None:
            return self
        # The observer must see the ticks that came before the restart.
        self.apply_pending()
        self._shadow.apply_pending()
        self._shadow.shown = True
        return self._shadow

    def _defer(self, batch: TickBatch) -> None:
        first = self._pending[0] if self._pending else batch
        if first.table is not batch.table or first.made_up != batch.made_up:
            self.apply_pending()
        self._pending.append(batch)
        self._pending_ticks += len(batch)
        if self._pending_ticks >= MAX_PENDING_TICKS:
            self.apply_pending()

    def _enter(self, event: BoardEvent | BarBatch | Watermark) -> None:
        """The one place where events change the board, the bars and the rings."""
        board, bars = self.board, self.bars
        if isinstance(event, Watermark):
            bars.advance(event.ts)
            return
        if isinstance(event, BarBatch):
            bars.add_feed_bars(board.rows_of(event.table)[event.bars.symbol], event)
            return
        board.apply(event)
        if isinstance(event, TickBatch):
            self._add_ticks(event)
        elif isinstance(event, Removal):
            bars.remove(np.array([row for name in event.names if (row := board.find(name)) is not None], np.intp))
        if self._observer is not None and self._observer.active and self.shown:
            self._observer.observe(board, event)

    def _add_ticks(self, batch: TickBatch) -> None:
        """Add ticks to the bars and, unless this is a shadow, to the rings."""
        rows, trades, quotes = self.board.rows_of(batch.table), batch.trades, batch.quotes
        if len(trades):
            traded = rows[trades.symbol]
            self.bars.add_trades(traded, trades)
            if self.shown:
                self.rings["trades"].append(traded, trades.ts, trades.price, trades.size)
        if len(quotes) and self.shown:
            sides = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
            self.rings["quotes"].append(rows[quotes.symbol], quotes.ts, *sides)
