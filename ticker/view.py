"""What the client knows of the `ticker` channel: the latest values, and what changed since the user last looked.

Updates are laid over in order; one that doesn't join on is refused, so that nothing is missed unnoticed. What the user
has not taken yet is not queued: only *that* a symbol changed is remembered, and what changed is told when it is taken.
So a slow user sees the latest values, and memory is bounded by the watchlist. This module knows no socket, no encoding
and no clock, and imports no numpy.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, overload

from ticker import messages
from ticker.messages import Since, Subscribe
from ticker.wanted import ALL, Wanted, portions

T = TypeVar("T", int, float)

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NOTHING: Mapping[str, Any] = {}
#: More updates than a connection sees: a symbol whose subscribe was not answered yet is not settled by them.
_UNANSWERED = 1 << 60


def as_time(ts: int) -> datetime:
    """A stamp (UTC epoch, ns) as a datetime in UTC, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=ts // 1000)


class Field(Generic[T]):
    """One field as an attribute; None while it has no value."""

    __slots__ = ("__doc__", "_name")

    def __init__(self, doc: str) -> None:
        self.__doc__ = doc

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = name

    @overload
    def __get__(self, instance: None, owner: type) -> Field[T]: ...

    @overload
    def __get__(self, instance: FieldsView, owner: type) -> T | None: ...

    def __get__(self, instance: FieldsView | None, owner: type) -> Field[T] | T | None:
        return self if instance is None else instance.values.get(self._name)


class FieldsView:
    """A symbol's fields as attributes. Prices in the symbol's currency, sizes in shares; whole numbers are ints."""

    __slots__ = ("symbol", "values")

    symbol: str
    #: The fields that have a value. Never changed in place (it is replaced), so it may be kept.
    values: Mapping[str, Any]

    last = Field[float]("The price of the last trade.")
    last_size = Field[float]("The size of the last trade.")
    open = Field[float]("The price of the day's first trade.")
    high = Field[float]("The highest price of the day's trades.")
    low = Field[float]("The lowest price of the day's trades.")
    volume = Field[float]("Shares traded today.")
    trades = Field[int]("How many trades there were today.")
    vwap = Field[float]("The volume-weighted average price of the day's trades.")
    bid = Field[float]("The best price that someone buys at.")
    bid_size = Field[float]("Shares wanted at the bid.")
    ask = Field[float]("The best price that someone sells at.")
    ask_size = Field[float]("Shares offered at the ask.")
    prev_close = Field[float]("The last price of the previous trading day.")
    ts = Field[int]("The stamp of the newest tick: UTC epoch, ns.")

    @property
    def time(self) -> datetime | None:
        """``ts`` as a datetime in UTC, cut to microseconds."""
        ts = self.ts
        return None if ts is None else as_time(ts)

    def as_dict(self) -> dict[str, Any]:
        """The fields that have a value."""
        return dict(self.values)


class SymbolView(FieldsView):
    """The latest values of one symbol. Live: read again for newer ones; ``values`` is one consistent moment."""

    __slots__ = ()

    def __init__(self, symbol: str) -> None:
        self.symbol = symbol
        self.values = _NOTHING

    def __repr__(self) -> str:
        return f"SymbolView({self.symbol!r}, {_listed(self.values)})"


class Update(FieldsView):
    """What changed of one symbol since the last update of it that was taken. Its attributes don't change any more.

    ``changed`` has the new values by field, None for a field that lost its value. ``removed`` says that the symbol is
    gone: then nothing is in ``changed``, and no field has a value.
    """

    __slots__ = ("changed", "removed")

    def __init__(self, symbol: str, values: Mapping[str, Any], changed: Mapping[str, Any], removed: bool) -> None:
        self.symbol = symbol
        self.values = values
        self.changed = changed
        self.removed = removed

    def __repr__(self) -> str:
        return f"Update({self.symbol!r}, {'removed' if self.removed else _listed(self.changed)})"


def _listed(values: Mapping[str, Any]) -> str:
    return ", ".join(f"{field}={value!r}" for field, value in values.items())


class Board(Mapping[str, SymbolView]):
    """The watchlist's views by symbol, live. A symbol is there from being subscribed to; its fields may be None."""

    def __init__(self, views: Mapping[str, SymbolView]) -> None:
        self._views = views

    def __getitem__(self, symbol: str) -> SymbolView:
        return self._views[symbol]

    def __iter__(self) -> Iterator[str]:
        # A copy: symbols may come while the user iterates, in this thread or in another.
        return iter(list(self._views))

    def __len__(self) -> int:
        return len(self._views)

    def __repr__(self) -> str:
        return f"<Board of {len(self)} symbols>"


class View:
    """One client's side of the `ticker` channel.

    ``version`` is what the client has of the symbols that are *settled*. A symbol newly subscribed to is *fresh* until
    it has certainly come whole: should the connection break before, it is asked for whole again, and not since
    ``version``.
    """

    channel = "ticker"

    def __init__(self) -> None:
        self.wanted = Wanted()
        self.version = 0
        #: Whether a gap was found and its answer is awaited: until then nothing joins on.
        self.awaiting = False
        self._views: dict[str, SymbolView] = {}
        self.board = Board(self._views)
        #: What the user was last given, by symbol.
        self._given: dict[str, Mapping[str, Any]] = {}
        #: Symbols that changed since, in the order in which they first did.
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._removed: set[str] = set()
        #: Symbols emptied, and about to come again: the user isn't told of the moment in between.
        self._emptied: set[str] = set()
        #: Fresh symbols (or the wildcard), each with how many snapshots must end before it is settled.
        self._fresh: dict[str, int] = {}
        #: Whether no snapshot is half-way, as far as can be told.
        self._whole = True

    def __bool__(self) -> bool:
        """Whether there may be something to take."""
        return bool(self._changed)

    # What the server says

    def apply(self, message: messages.Update) -> bool:
        """Lay an update over. False, and nothing done, if it doesn't join on: then something in between is missing."""
        if message.since > self.version:
            return False
        views, changed = self._views, self._changed
        for symbol, data in message.data.items():
            view = views.get(symbol)
            if view is None:
                if not self.wanted.everything:
                    continue  # unsubscribed while this was under way
                view = views[symbol] = SymbolView(symbol)
            if data is None:
                self._remove(view)
            elif data:
                values = {**view.values, **data}
                if None in data.values():
                    values = {field: value for field, value in values.items() if value is not None}
                view.values = values
                changed[symbol] = None
        self.version = message.version
        self._whole = message.version > message.since
        if self._whole and self._fresh:
            # A snapshot that was half-way when a symbol was subscribed to ends without that symbol: see `watch`.
            self._fresh = {symbol: left - 1 for symbol, left in self._fresh.items() if left > 1}
        if self._emptied and (not message.data or (self._whole and not self._fresh)):
            self._reveal()
        return True

    def _remove(self, view: SymbolView) -> None:
        view.values = _NOTHING
        self._removed.add(view.symbol)
        self._changed[view.symbol] = None
        if view.symbol not in self.wanted.names:
            del self._views[view.symbol]

    def _reveal(self) -> None:
        """All has come again that was going to: what is still empty is told to the user."""
        for symbol in self._emptied:
            self._changed[symbol] = None
            view = self._views.get(symbol)
            if view is not None and not view.values and symbol not in self.wanted.names:
                del self._views[symbol]
        self._emptied.clear()

    def forget(self) -> None:
        """A new epoch began: no value and no version counts any more."""
        self.version = 0
        self.awaiting = False
        self._whole = True
        self._empty(self._views)

    def _empty(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._views[symbol].values = _NOTHING
            self._changed.pop(symbol, None)
            self._emptied.add(symbol)

    # What the user wants

    def watch(self, symbols: Iterable[str]) -> None:
        """The server accepted these. They come whole in the next update, or after the snapshot that is half-way."""
        symbols = list(symbols)
        known = set(self.wanted.tokens())
        covered = ALL in known and ALL not in self._fresh
        for symbol in symbols:
            if symbol in self._fresh or not (covered or symbol in known):
                self._fresh[symbol] = 1 if self._whole else 2
            if symbol != ALL and symbol not in self._views:
                self._views[symbol] = SymbolView(symbol)
        self.wanted.add(symbols)

    def reject(self, symbols: Iterable[str]) -> None:
        """The server doesn't have these (any more). They stay wanted: the next connection asks again."""
        for symbol in symbols:
            self._fresh.pop(symbol, None)
            if self._views.pop(symbol, None) is not None:
                self._emptied.discard(symbol)
                self._changed[symbol] = None

    def unwatch(self, symbols: Iterable[str]) -> None:
        """Drop these, and what the user has not taken of them."""
        symbols = list(symbols)
        self.wanted.remove(symbols)
        for symbol in list(self._fresh):
            if symbol not in self.wanted:
                del self._fresh[symbol]
        if self.wanted.everything:
            return
        for symbol in list(self._views) if ALL in symbols else symbols:
            if symbol not in self.wanted.names:
                self._views.pop(symbol, None)
                self._given.pop(symbol, None)
                self._changed.pop(symbol, None)
                self._removed.discard(symbol)
                self._emptied.discard(symbol)

    # Connections

    def resume(self, epoch: str, *, same_epoch: bool, message_bytes: int) -> list[Subscribe]:
        """What to ask of a new connection. Settled symbols go on from ``version``, the others come whole."""
        if not same_epoch:
            self.forget()
        self.awaiting = False
        self._whole = True
        if self.wanted.everything and ALL not in self._fresh:
            self._fresh.clear()  # everything covers them
        tokens = self.wanted.tokens()
        settled = [symbol for symbol in tokens if same_epoch and symbol not in self._fresh]
        # Only one message can resume: the symbols of a second would be at the old version while the first's are at
        # the new one. What doesn't fit (some 8,000 names do) comes whole.
        settled = portions(settled, message_bytes)[0]
        kept = set(settled)
        fresh = [symbol for symbol in tokens if symbol not in kept]
        self._fresh = dict.fromkeys(fresh, _UNANSWERED)
        if ALL not in kept:
            self._empty([symbol for symbol in self._views if symbol not in kept])
        asked = [Subscribe(symbols=settled, since=Since(epoch=epoch, version=self.version))] if settled else []
        return asked + [Subscribe(symbols=part) for part in portions(fresh, message_bytes) if part]

    # The user's side

    def take(self) -> Update | None:
        """What changed of the symbol that waits longest, or None. A change that was undone meanwhile is none."""
        while self._changed:
            symbol, _ = self._changed.popitem(last=False)
            view = self._views.get(symbol)
            values = _NOTHING if view is None else view.values
            given = self._given.get(symbol, _NOTHING)
            removed = view is None or symbol in self._removed
            self._removed.discard(symbol)
            if values:
                self._given[symbol] = values
                changed = {field: value for field, value in values.items() if given.get(field) != value}
                if not given.keys() <= values.keys():
                    changed.update((field, None) for field in given if field not in values)
                if changed:
                    return Update(symbol, values, changed, False)
            elif given:
                del self._given[symbol]
                return Update(symbol, _NOTHING, {} if removed else dict.fromkeys(given), removed)
        return None
