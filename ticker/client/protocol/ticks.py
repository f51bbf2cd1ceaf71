"""Trades and quotes on their way to the user. Every tick counts: each is delivered once, or counted as lost."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Container, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final, Literal, TypeVar, get_args

import msgspec

from ticker.client.protocol.bounded_queue import BoundedQueue
from ticker.client.protocol.symbol_view import as_time
from ticker.client.protocol.watchlist import ALL, Watchlist, portions
from ticker.wire.messages import BarsMessage, QuotesMessage, Since, Subscribe, TradesMessage, WireTradeRevision

if TYPE_CHECKING:
    from ticker.client.protocol.bars import Bar


class _Stamped(msgspec.Struct, frozen=True, gc=False):
    symbol: str
    ts: int

    @property
    def time(self) -> datetime:
        """``ts`` as a datetime in UTC, truncated to microseconds."""
        return as_time(self.ts)


class Trade(_Stamped, frozen=True, gc=False):
    """One trade: ``ts`` in ns since the Unix epoch, ``price`` in the symbol's currency, ``size`` in shares.

    ``lost`` is the number of trades of this symbol that were lost just before this one. ``conditions`` are the sale
    conditions as the feed states them. ``id`` is the feed's number of the trade, 0 if it has none.

    ``change`` is None for a new trade, and ``late`` for a new trade that is older than the newest of its symbol. With
    ``cancel`` the earlier trade of this ``id`` was taken back, and with ``correct`` its values are these.
    """

    price: float
    size: float
    lost: int = 0
    conditions: tuple[str, ...] = ()
    id: int = 0
    change: Literal["late", "cancel", "correct"] | None = None


class Quote(_Stamped, frozen=True, gc=False):
    """One quote, the whole top of the book: ``ts`` in ns since the Unix epoch, prices in the symbol's currency.

    A side without a price has None for price and size. ``lost`` is the number of quotes of this symbol that were lost
    just before this one.
    """

    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    lost: int = 0


#: Values of a row of trades with revisions.
_REVISED: Final = len(get_args(WireTradeRevision))

Tick = TypeVar("Tick", bound="Trade | Quote | Bar")


class TickQueue(BoundedQueue[Tick]):
    """The `trades` or the `quotes` channel of one client. Losses are counted by symbol.

    Losses that the server can't assign to a symbol are counted under ``*``. ``version`` is the number of the last tick
    that the client knows of, None before the first message.
    """

    def __init__(self, channel: str, make: Callable[..., Tick], bound: int) -> None:
        if bound < 1:
            raise ValueError(f"queue_ticks must be at least 1, not {bound}")
        super().__init__(channel, bound)
        self.watchlist = Watchlist()
        #: Of bars: their length.
        self.interval: str | None = None
        #: What a subscribe says about revisions: quotes have none.
        self.revisions = None if channel == "quotes" else True
        self.version: int | None = None
        #: Whether a resume is unanswered: until it is answered, messages would leave a gap.
        self.awaiting = False
        #: How often the server could not resume from ``version``, so that the number of lost ticks is unknown.
        self.breaks = 0
        self._make = make
        #: The newest ticks, whether the user has taken them or not.
        self.newest: deque[Tick] = deque(maxlen=bound)
        # Losses that the server reported, before the next tick of the symbol.
        self._reported: dict[str, int] = {}
        # The next message shows where the server really resumes.
        self._joining = False
        # The symbols accepted by this connection; others are ignored.
        self._accepted: set[str] = set()

    def key(self, item: Tick) -> tuple[str, str]:
        return item.symbol, ""

    # From the server

    def apply(self, message: TradesMessage | QuotesMessage | BarsMessage) -> bool:
        """Queue a message's ticks. Returns False, and does nothing, if there is an unreported gap before it."""
        if not self._accepted:
            return True  # the watchlist is empty: a later subscribe begins at the server's then current tick
        if self.version is not None and message.since != self.version:
            if message.since > self.version:
                return False
            if self._joining:
                # The server resumed before `version`, so it has renumbered its ticks.
                self.breaks += 1
            elif message.version <= self.version:
                return True  # known already
        self._joining = False
        self.version = message.version
        accepted, everything = self._accepted, ALL in self._accepted
        reported = self._reported
        for symbol, lost in message.lost.items():
            watched = everything or symbol in accepted
            if symbol == ALL or watched:
                self.count(symbol, lost)
            if symbol != ALL and watched:
                reported[symbol] = reported.get(symbol, 0) + lost
        self._enter(message.data, everything=everything)
        return True

    def _enter(self, rows: Iterable[tuple[Any, ...]], *, everything: bool) -> None:
        """Queue ticks."""
        accepted, reported, items, newest, make = self._accepted, self._reported, self._items, self.newest, self._make
        for row in rows:
            symbol = row[0]
            if not (everything or symbol in accepted):
                continue  # unsubscribed while this was under way
            before = reported.pop(symbol, 0) if reported else 0
            # A trade with revisions has three values more.
            tick = make(*row, before) if len(row) != _REVISED else make(*row[:4], before, *row[4:])
            newest.append(tick)
            items.append(tick)  # as `put` does, without a call per tick
            if len(items) > self._bound:
                self._drop()

    def forget(self) -> None:
        """A new epoch began: ticks are renumbered. Queued ticks were traded, and stay."""
        self.version = None
        self.awaiting = False
        self._joining = False

    # From the user

    def watch(self, symbols: Iterable[str]) -> None:
        """Add symbols that the server accepted."""
        symbols = list(symbols)
        self.watchlist.add(symbols)
        self._accepted.update(symbols)

    def reject(self, symbols: Iterable[str]) -> None:
        """Note symbols that the server doesn't have. They stay in the watchlist: the next connection asks again."""
        self._accepted.difference_update(symbols)

    def unwatch(self, symbols: Iterable[str]) -> None:
        """Remove symbols, and their queued ticks."""
        symbols = list(symbols)
        self.watchlist.remove(symbols)
        if self.watchlist.everything:
            self._accepted.difference_update(set(symbols) - {ALL})
            return
        names = self.watchlist.names
        self._accepted.intersection_update(names)
        if not self.watchlist:
            self.version = None
        self._forget_others(names)
        self._reported = {symbol: lost for symbol, lost in self._reported.items() if symbol in names}
        self._dropped = {key: lost for key, lost in self._dropped.items() if key[0] in names}

    def _forget_others(self, names: Container[str]) -> None:
        """Remove the ticks of symbols other than ``names``."""
        self._items = deque(tick for tick in self._items if tick.symbol in names)
        self.newest = deque((tick for tick in self.newest if tick.symbol in names), self._bound)

    # Connections

    def resume(self, epoch: str, *, same_epoch: bool, message_bytes: int) -> list[Subscribe]:
        """The messages for a new connection: subscribe to the watchlist, and resume from ``version`` if it is valid."""
        if not same_epoch:
            self.forget()
        self._accepted.clear()
        parts = [part for part in portions(self.watchlist.tokens(), message_bytes) if part]
        requests = [self.subscribe(part) for part in parts]
        if requests and self.version is not None:
            # Only the last message resumes, for all symbols: each resume starts again from `version` and would repeat
            # the ticks of the one before. What arrives earlier is repeated by it, so it is ignored.
            requests[-1] = msgspec.structs.replace(requests[-1], since=Since(epoch=epoch, version=self.version))
            self.awaiting = True
        return requests

    def subscribe(self, symbols: list[str]) -> Subscribe:
        """The message that subscribes to ``symbols``, which must fit."""
        return Subscribe(channel=self.channel, interval=self.interval, symbols=symbols, revisions=self.revisions)

    def joined(self) -> None:
        """The server answered the resume: the next message shows where it starts."""
        self.awaiting = False
        self._joining = True
