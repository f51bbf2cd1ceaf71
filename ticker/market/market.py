"""All state that the events of a feed build: the board, the rings of ticks and the bars.

Every event enters through ``Market.apply``. A restart does not reset a market: ``apply`` then returns another one. This
module knows no client and no clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

import numpy as np

from ticker.calendar import UTC_DAYS, MarketCalendar
from ticker.market.bar_store import DEFAULT_LATE_NS, BarStore
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.market.row_calendars import RowCalendars
from ticker.market.trade_counts import Counts
from ticker.market.trade_entry import TradeEntry
from ticker.market.trade_log import Bytes
from ticker.model import (
    BarBatch,
    BoardEvent,
    ConditionTable,
    Corrections,
    DayValues,
    FeedEvent,
    Removal,
    Restart,
    Settled,
    Split,
    TickBatch,
    Watermark,
    joined,
)
from ticker.wire.limits import RING_TICKS

#: Pending ticks are applied when there are this many, which takes about a millisecond.
MAX_PENDING_TICKS: Final = 8_192
#: The columns of the rings after the timestamp. Trades: price, size, condition (of ``Market.conditions``), id, change.
_TRADES: Final = ("f8", "f8", "i4", "i8", "u1")
_QUOTES: Final = ("f8",) * 4


class TickObserver(Protocol):
    """Sees every change of the board, with or without clients: the alerts, which this package can't import."""

    @property
    def active(self) -> bool:
        """Whether ``observe`` needs to be called."""
        ...

    def observe(self, board: Board, event: BoardEvent) -> None:
        """``event`` was applied to ``board``. A new ``board.epoch`` means that history restarted.

        A trading day that begins by the calendar is seen as a ``Rollover``; late trades are not seen.
        """


class Market:
    """The board, the rings of the channels ``trades`` and ``quotes``, and the bars.

    Tick batches are pending until ``apply_pending``. It applies the batches of one table as one: at 20 times per second
    this costs a tenth of applying each batch of a fast feed. The board, the rings and the bars are as of that call,
    except that new symbols are on the board at once; ``on_symbols`` gets their names before any of their events.

    Trading days are those of ``calendar``, or for some symbols of ``calendars``. A day begins for all symbols of a
    calendar with the first trade of one of them, so that a weekend or a holiday shows the day before. Trades may change
    bars that are closed for ``late_ns``.
    """

    def __init__(
        self,
        names: Iterable[str] = (),
        epoch: str | None = None,
        ring_ticks: int = RING_TICKS,
        observer: TickObserver | None = None,
        on_symbols: Callable[[list[str]], None] = lambda _: None,
        *,
        calendar: MarketCalendar = UTC_DAYS,
        calendars: Mapping[str, MarketCalendar] | None = None,
        late_ns: int = DEFAULT_LATE_NS,
        counts: Counts | None = None,
        conditions: ConditionTable | None = None,
    ) -> None:
        days = RowCalendars(calendar, calendars)
        self.board = Board(names, epoch, days)
        self.bars = BarStore(days, late_ns)
        self.rings = {"trades": Ring(_TRADES, ring_ticks), "quotes": Ring(_QUOTES, ring_ticks)}
        #: Late trades and corrections since the server started.
        self.counts = counts or Counts()
        #: The condition sets of all feeds' trades; the ring of trades has their codes.
        self.conditions = conditions or ConditionTable()
        self._arguments = ring_ticks, observer, on_symbols
        self._settings = calendar, calendars, late_ns
        self._observer = observer
        self._on_symbols = on_symbols
        self._trades = TradeEntry(
            self.board,
            self.bars,
            days,
            self.conditions,
            self.counts,
            self._observe,
            lambda: self.shown and self.observed,
        )
        self._pending: list[TickBatch] = []
        self._pending_ticks = 0
        #: The market that the events after a hidden restart build, until ``Settled``.
        self._shadow: Market | None = None
        #: False for a shadow. It numbers no ticks and calls neither the observer nor ``on_symbols``.
        self.shown = True

    @property
    def observed(self) -> bool:
        """Whether the observer needs every tick."""
        return self.shown and self._observer is not None and self._observer.active

    def apply(self, event: FeedEvent) -> Market:
        """Apply an event that has passed ``check_event``, and return the market to use from now on.

        After a ``Restart``, or the ``Settled`` of a hidden restart, that is another market, with a new epoch and the
        same symbols in the same rows. Raises ``BatchError`` if the event's own version does not grow.
        """
        if isinstance(event, Restart):
            calendar, calendars, late_ns = self._settings
            self._shadow = Market(
                self.board.names, event.epoch, *self._arguments, calendar=calendar, calendars=calendars,
                late_ns=late_ns, counts=self.counts, conditions=self.conditions,
            )  # fmt: skip
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
        if self._pending and not _go_together(self._pending[-1], batch):
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
        if isinstance(event, TickBatch):
            late = self._trades.add(event)
            if self.shown:
                self._number_ticks(event, late)
            return
        if isinstance(event, Corrections):
            corrected = self._trades.correct(event)
            if self.shown and len(corrected[0]):
                rows, stamps, *columns = corrected
                self.rings["trades"].append(rows, stamps, *columns, hidden=np.ones(len(rows), np.bool_))
            return
        board.begin(event.version)
        if isinstance(event, DayValues):
            self._trades.set_day(event)
        elif isinstance(event, Split):
            self._trades.split(event)
        else:
            board.apply(event, begun=True)
            if isinstance(event, Removal):
                bars.remove(np.array([row for name in event.names if (row := board.find(name)) is not None], np.intp))
        self._observe(event)

    def _observe(self, event: BoardEvent) -> None:
        if self._observer is not None and self.observed:
            self._observer.observe(self.board, event)

    def _number_ticks(self, batch: TickBatch, late: Bytes | None) -> None:
        """Append ticks to the rings, in order of arrival. ``late`` is each trade's change (None: all are in order)."""
        rows, trades, quotes = self.board.rows_of(batch.table), batch.trades, batch.quotes
        if len(trades):
            nothing = np.zeros(len(trades), np.int64)
            codes = nothing if trades.condition is None else self._trades.own_codes(batch)
            ids = nothing if trades.id is None else trades.id
            changes = nothing if late is None else late
            self.rings["trades"].append(rows[trades.symbol], trades.ts, trades.price, trades.size, codes, ids, changes)
        if len(quotes):
            sides = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
            self.rings["quotes"].append(rows[quotes.symbol], quotes.ts, *sides)


def _go_together(batch: TickBatch, following: TickBatch) -> bool:
    """Whether two batches can be applied as one."""
    return (
        batch.table is following.table
        and batch.made_up == following.made_up
        and (batch.conditions is None or following.conditions is None or batch.conditions is following.conditions)
    )
