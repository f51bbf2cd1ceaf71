"""Trades and quotes on their way to the user: a queue with a bound, and a count of what was lost.

Every tick counts here, so a gap is never passed over: the server tells what it could not keep, and what a full queue
drops is counted beside it. This module knows no socket, no encoding and no clock.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Generic, TypeVar

import msgspec

from ticker.client.protocol.symbol_view import as_time
from ticker.client.protocol.watchlist import ALL, Watchlist, portions
from ticker.wire.messages import QuotesMessage, Since, Subscribe, TradesMessage


class Trade(msgspec.Struct, frozen=True, gc=False):
    """One trade. ``ts`` is its stamp (UTC epoch, ns), ``price`` in the symbol's currency, ``size`` in shares.

    ``lost`` is how many trades of this symbol were lost just before this one.
    """

    symbol: str
    ts: int
    price: float
    size: float
    lost: int = 0

    @property
    def time(self) -> datetime:
        """``ts`` as a datetime in UTC, cut to microseconds."""
        return as_time(self.ts)


class Quote(msgspec.Struct, frozen=True, gc=False):
    """One quote, the whole top of the book. A side without a price is None in price and size.

    ``ts`` is its stamp (UTC epoch, ns). ``lost`` is how many quotes of this symbol were lost just before this one.
    """

    symbol: str
    ts: int
    bid: float | None
    bid_size: float | None
    ask: float | None
    ask_size: float | None
    lost: int = 0

    @property
    def time(self) -> datetime:
        """``ts`` as a datetime in UTC, cut to microseconds."""
        return as_time(self.ts)


Tick = TypeVar("Tick", bound=Trade | Quote)


class TickQueue(Generic[Tick]):
    """One client's side of the `trades` or the `quotes` channel.

    When the queue is full the oldest tick goes, for the newest are worth the most; the next tick of its symbol carries
    the count. ``version`` is the number of the last tick that the client knows of, None before the first message.
    """

    def __init__(self, channel: str, make: Callable[..., Tick], bound: int) -> None:
        if bound < 1:
            raise ValueError(f"queue_ticks must be at least 1, not {bound}")
        self.channel = channel
        self.watchlist = Watchlist()
        self.version: int | None = None
        #: Whether a question about where to go on is open: until it is answered, what comes would leave a gap.
        self.awaiting = False
        #: All that was lost, by symbol; under ``*`` what the server could not tell apart.
        self.lost: dict[str, int] = {}
        #: The sum of them.
        self.lost_in_all = 0
        #: How often the server went on elsewhere than where the client was, so that nobody knows what was lost.
        self.breaks = 0
        self._make = make
        self._bound = bound
        self._items: deque[Tick] = deque()
        #: The newest ones that came, whether the user has taken them or not.
        self.newest: deque[Tick] = deque(maxlen=bound)
        # Lost before the next tick of the symbol to come in (told by the server), or to go out (dropped here).
        self._before_next_in: dict[str, int] = {}
        self._before_next_out: dict[str, int] = {}
        # The next message says where the server really goes on.
        self._joining = False
        # The symbols accepted by this connection; others are ignored.
        self._accepted: set[str] = set()

    def __len__(self) -> int:
        return len(self._items)

    # What the server says

    def apply(self, message: TradesMessage | QuotesMessage) -> bool:
        """Queue a message's ticks. False, and nothing done, if there is a gap before it that nobody told of."""
        if not self._accepted:
            return True  # nothing is wanted any more: a later subscribe begins where the server then is
        if self.version is not None and message.since != self.version:
            if message.since > self.version:
                return False
            if self._joining:
                # Asked to go on from `version`, the server began before it: its numbers aren't those that were.
                self.breaks += 1
            elif message.version <= self.version:
                return True  # all of it is known
        self._joining = False
        self.version = message.version
        if message.lost:
            self._note(message.lost)
        accepted, everything = self._accepted, ALL in self._accepted
        items, newest, make, told = self._items, self.newest, self._make, self._before_next_in
        for row in message.data:
            symbol = row[0]
            if not (everything or symbol in accepted):
                continue  # unsubscribed while this was under way
            lost = told.pop(symbol, 0) if told else 0
            tick = make(*row, lost)
            items.append(tick)
            newest.append(tick)
            if len(items) > self._bound:
                self._drop()
        return True

    def _note(self, lost: dict[str, int]) -> None:
        for symbol, count in lost.items():
            if symbol == ALL or ALL in self._accepted or symbol in self._accepted:
                self.lost[symbol] = self.lost.get(symbol, 0) + count
                self.lost_in_all += count
            if symbol != ALL and (ALL in self._accepted or symbol in self._accepted):
                self._before_next_in[symbol] = self._before_next_in.get(symbol, 0) + count

    def _drop(self) -> None:
        dropped = self._items.popleft()
        symbol = dropped.symbol
        self.lost[symbol] = self.lost.get(symbol, 0) + 1
        self.lost_in_all += 1
        # What was lost before the dropped one is lost before its successor too; it is in the total already.
        self._before_next_out[symbol] = self._before_next_out.get(symbol, 0) + 1 + dropped.lost

    def forget(self) -> None:
        """A new epoch began: the numbers count anew. What is queued was really traded, and stays."""
        self.version = None
        self.awaiting = False
        self._joining = False

    # What the user wants

    def watch(self, symbols: Iterable[str]) -> None:
        """The server accepted these."""
        symbols = list(symbols)
        self.watchlist.add(symbols)
        self._accepted.update(symbols)

    def reject(self, symbols: Iterable[str]) -> None:
        """The server doesn't have these (any more). They stay wanted: the next connection asks again."""
        self._accepted.difference_update(symbols)

    def unwatch(self, symbols: Iterable[str]) -> None:
        """Drop these, and what is queued of them."""
        symbols = list(symbols)
        self.watchlist.remove(symbols)
        if self.watchlist.everything:
            self._accepted.difference_update(set(symbols) - {ALL})
            return
        self._accepted.intersection_update(self.watchlist.names)
        if not self.watchlist:
            self.version = None
        self._items = deque(tick for tick in self._items if tick.symbol in self.watchlist.names)
        self.newest = deque((tick for tick in self.newest if tick.symbol in self.watchlist.names), self._bound)
        for counts in (self._before_next_in, self._before_next_out):
            for symbol in [symbol for symbol in counts if symbol not in self.watchlist.names]:
                del counts[symbol]

    # Connections

    def resume(self, epoch: str, *, same_epoch: bool, message_bytes: int) -> list[Subscribe]:
        """What to ask of a new connection: all that is wanted, to go on from ``version`` if it still counts."""
        if not same_epoch:
            self.forget()
        self._accepted.clear()
        parts = [part for part in portions(self.watchlist.tokens(), message_bytes) if part]
        asked = [Subscribe(channel=self.channel, symbols=part) for part in parts]
        if asked and self.version is not None:
            # Only the last resumes, and for all: each resuming would start again from `version` and repeat what the
            # one before it had. What comes until then is repeated by it, so it is ignored.
            asked[-1] = msgspec.structs.replace(asked[-1], since=Since(epoch=epoch, version=self.version))
            self.awaiting = True
        return asked

    def joined(self) -> None:
        """The server has answered where to go on: the next message tells."""
        self.awaiting = False
        self._joining = True

    # The user's side

    def take(self) -> Tick | None:
        """The oldest tick, or None."""
        if not self._items:
            return None
        tick = self._items.popleft()
        if self._before_next_out and (dropped := self._before_next_out.pop(tick.symbol, 0)):
            return msgspec.structs.replace(tick, lost=tick.lost + dropped)
        return tick
