"""Live bars of one interval on their way to the user. Every closed bar counts; of open bars the newest is enough."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Container, Iterable
from datetime import datetime
from functools import partial
from typing import Any, Final

import msgspec

from ticker.client.protocol.symbol_view import as_time
from ticker.client.protocol.ticks import TickQueue
from ticker.errors import RefusedError
from ticker.intervals import KEPT
from ticker.intervals import interval as parsed_interval

#: For folded intervals: the number of closed bars per symbol that are recognised when the server repeats them.
REMEMBERED: Final = 256


class Bar(msgspec.Struct, frozen=True, gc=False):
    """A bar: ``start`` in ns since the Unix epoch, prices in the symbol's currency, ``volume`` in shares.

    ``closed`` is false for a bar that is still changing. ``revision`` counts how often late trades and corrections
    changed the bar after it had closed: it replaces the bar of this symbol and ``start``. Prices are None for a bar
    whose trades were all cancelled. ``vwap`` is None without volume, and ``trades`` if the feed doesn't know it.
    ``incomplete`` is true for a bar that lacks trades. ``lost`` is the number of closed bars of this symbol that were
    lost just before this one.
    """

    symbol: str
    start: int
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float
    vwap: float | None
    trades: float | None
    closed: bool
    revision: int = 0
    incomplete: bool = False
    lost: int = 0
    interval: str = ""

    @property
    def time(self) -> datetime:
        """``start`` as a datetime in UTC, truncated to microseconds."""
        return as_time(self.start)


class BarQueue(TickQueue[Bar]):
    """The channel `bars` of one client and one interval.

    At most ``bound`` closed bars wait; beyond it the oldest are dropped and counted. Of each symbol one open bar waits:
    a newer one replaces it, and so does the closed bar.
    """

    def __init__(self, interval: str, bound: int) -> None:
        """Raises ``ValueError`` for an invalid interval."""
        name = parsed_interval(interval).name
        super().__init__("bars", partial(Bar, interval=name), bound)
        self.interval = name
        self.name = f"{name} bars"
        #: Why the server does not send these bars any more. Taking raises it once the queue is empty.
        self.refused: RefusedError | None = None
        self._numbered = 0
        #: By the order of arrival.
        self._waiting: OrderedDict[int, Bar] = OrderedDict()
        #: By symbol, the place of the open bar that waits.
        self._open: dict[str, int] = {}
        #: The server repeats closed bars after a resume: by symbol, start and what the bar was.
        self._known: dict[str, OrderedDict[int, int]] | None = None if parsed_interval(interval) in KEPT else {}

    def __len__(self) -> int:
        return len(self._waiting) + (self.refused is not None)

    def _enter(self, rows: Iterable[tuple[Any, ...]], *, everything: bool) -> None:
        reported = self._reported
        for row in rows:
            symbol, start, closed = row[0], row[1], row[9]
            if not (everything or symbol in self._accepted):
                continue  # unsubscribed while this was under way
            if closed and self._known is not None and self._is_repeated(symbol, start, hash(row)):
                continue
            lost = reported.pop(symbol, 0) if reported and closed else 0
            bar = self._make(*row, lost=lost)
            waiting = self._open.get(symbol)
            if waiting is not None and self._waiting[waiting].start <= start:
                del self._waiting[waiting], self._open[symbol]
            self._numbered += 1
            self._waiting[self._numbered] = bar
            if not closed:
                self._open[symbol] = self._numbered
            elif len(self._waiting) - len(self._open) > self._bound:
                self._drop()

    def _is_repeated(self, symbol: str, start: int, content: int) -> bool:
        assert self._known is not None, "the caller has looked"
        known = self._known.setdefault(symbol, OrderedDict())
        if known.get(start) == content:
            return True
        known[start] = content
        if len(known) > REMEMBERED:
            known.popitem(last=False)
        return False

    def _drop(self) -> None:
        """Drop the oldest closed bar."""
        place = next(place for place, bar in self._waiting.items() if bar.closed)
        oldest = self._waiting.pop(place)
        self.count(oldest.symbol, 1)
        key = self.key(oldest)
        self._dropped[key] = self._dropped.get(key, 0) + 1 + oldest.lost

    def take(self) -> Bar | None:
        """The oldest bar, or None. Raises ``RefusedError`` if the server does not send more."""
        if not self._waiting:
            if self.refused is not None:
                raise self.refused
            return None
        place, bar = self._waiting.popitem(last=False)
        if not bar.closed:
            if self._open.get(bar.symbol) == place:
                del self._open[bar.symbol]
        elif self._dropped and (dropped := self._dropped.pop(self.key(bar), 0)):
            return msgspec.structs.replace(bar, lost=bar.lost + dropped)
        return bar

    def _forget_others(self, names: Container[str]) -> None:
        self._waiting = OrderedDict((place, bar) for place, bar in self._waiting.items() if bar.symbol in names)
        self._open = {symbol: place for symbol, place in self._open.items() if symbol in names}
        if self._known is not None:
            self._known = {symbol: known for symbol, known in self._known.items() if symbol in names}
