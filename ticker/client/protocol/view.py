"""What the client knows of the `ticker` channel: the latest values, and what changed since the user last looked.

Updates are laid over in order; one that doesn't join on is refused, so that nothing is missed unnoticed. What the user
has not taken yet is not queued: only *that* a symbol changed is remembered, and what changed is told when it is taken.
So a slow user sees the latest values, and memory is bounded by the watchlist. This module knows no socket, no encoding
and no clock, and imports no numpy.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from ticker.client.protocol.symbol_view import NOTHING, Board, SymbolView, Update
from ticker.client.protocol.watchlist import ALL, Watchlist, portions
from ticker.wire import messages
from ticker.wire.messages import Since, Subscribe

#: More updates than a connection sees: a symbol whose subscribe was not answered yet is not settled by them.
_UNANSWERED = 1 << 60


class View:
    """One client's side of the `ticker` channel.

    ``version`` is what the client has of the symbols that are *settled*. A symbol newly subscribed to is *fresh* until
    it has certainly come whole: should the connection break before, it is asked for whole again, and not since
    ``version``.
    """

    channel = "ticker"

    def __init__(self) -> None:
        self.watchlist = Watchlist()
        self.version = 0
        #: Whether a gap was found and its answer is awaited: until then nothing joins on.
        self.awaiting = False
        #: How often the server could not go on from ``version`` and sent everything instead.
        self.breaks = 0
        # The next message says where the server really goes on.
        self._joining = False
        self._views: dict[str, SymbolView] = {}
        self.board = Board(self._views)
        #: What the user was last given, by symbol.
        self._given: dict[str, Mapping[str, Any]] = {}
        #: Symbols that changed since, in the order in which they first did.
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._removed: set[str] = set()
        #: Symbols emptied, and about to come again: the user isn't told of the moment in between.
        self._emptied: dict[str, None] = {}
        #: Fresh symbols (or the wildcard), each with how many snapshots must end before it is settled.
        self._fresh: dict[str, int] = {}
        #: Whether no snapshot is half-way, as far as can be told.
        self._whole = True

    def __bool__(self) -> bool:
        """Whether there may be something to take."""
        return bool(self._changed)

    @property
    def unsettled(self) -> bool:
        """Whether symbols have not certainly come whole yet."""
        return bool(self._fresh)

    # What the server says

    def apply(self, message: messages.Update) -> bool:
        """Lay an update over. False, and nothing done, if it doesn't join on: then something in between is missing."""
        if message.since > self.version:
            return False
        if self._joining:
            self._joining = False
            if message.since == 0 < self.version:
                # The same epoch, but the server doesn't know the version (a replay that was started again, say): all
                # comes whole, and what doesn't come is no more.
                self.breaks += 1
                self._empty(self._views)
        views, changed = self._views, self._changed
        for symbol, data in message.data.items():
            view = views.get(symbol)
            if view is None:
                if not self.watchlist.everything:
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
        view.values = NOTHING
        if view.symbol in self._given:
            self._removed.add(view.symbol)
            self._changed[view.symbol] = None
        else:
            self._changed.pop(view.symbol, None)  # the user never knew of it
        if view.symbol not in self.watchlist.names:
            del self._views[view.symbol]

    def _reveal(self) -> None:
        """All has come again that was going to: what is still empty is told to the user."""
        for symbol in self._emptied:
            self._changed[symbol] = None
            view = self._views.get(symbol)
            if view is not None and not view.values and symbol not in self.watchlist.names:
                del self._views[symbol]
        self._emptied.clear()

    def forget(self) -> None:
        """A new epoch began: no value and no version counts any more."""
        self.version = 0
        self.awaiting = self._joining = False
        self._whole = True
        self._empty(self._views)

    def _empty(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._views[symbol].values = NOTHING
            self._changed.pop(symbol, None)
            self._emptied[symbol] = None

    # What the user wants

    def watch(self, symbols: Iterable[str]) -> None:
        """The server accepted these. They come whole in the next update, or after the snapshot that is half-way."""
        symbols = list(symbols)
        known = set(self.watchlist.tokens())
        covered = ALL in known and ALL not in self._fresh
        for symbol in symbols:
            if symbol in self._fresh or not (covered or symbol in known):
                self._fresh[symbol] = 1 if self._whole else 2
            if symbol != ALL and symbol not in self._views:
                self._views[symbol] = SymbolView(symbol)
        self.watchlist.add(symbols)

    def reject(self, symbols: Iterable[str]) -> None:
        """The server doesn't have these (any more). They stay wanted: the next connection asks again."""
        for symbol in symbols:
            self._fresh.pop(symbol, None)
            if self._views.pop(symbol, None) is not None:
                self._emptied.pop(symbol, None)
                self._changed[symbol] = None

    def unwatch(self, symbols: Iterable[str]) -> None:
        """Drop these, and what the user has not taken of them."""
        symbols = list(symbols)
        self.watchlist.remove(symbols)
        for symbol in list(self._fresh):
            if symbol not in self.watchlist:
                del self._fresh[symbol]
        if self.watchlist.everything:
            return
        for symbol in list(self._views) if ALL in symbols else symbols:
            if symbol not in self.watchlist.names:
                self._views.pop(symbol, None)
                self._given.pop(symbol, None)
                self._changed.pop(symbol, None)
                self._removed.discard(symbol)
                self._emptied.pop(symbol, None)

    # Connections

    def resume(self, epoch: str, *, same_epoch: bool, message_bytes: int) -> list[Subscribe]:
        """What to ask of a new connection. Settled symbols go on from ``version``, the others come whole."""
        if not same_epoch:
            self.forget()
        self.awaiting = False
        self._whole = True
        if self.watchlist.everything and ALL not in self._fresh:
            self._fresh.clear()  # everything covers them
        tokens = self.watchlist.tokens()
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

    def joined(self) -> None:
        """The server has answered where to go on: the next message tells."""
        self.awaiting = False
        self._joining = True

    # The user's side

    def take(self) -> Update | None:
        """What changed of the symbol that waits longest, or None. A change that was undone meanwhile is none."""
        while self._changed:
            symbol, _ = self._changed.popitem(last=False)
            view = self._views.get(symbol)
            values = NOTHING if view is None else view.values
            given = self._given.get(symbol, NOTHING)
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
                return Update(symbol, NOTHING, {} if removed else dict.fromkeys(given), removed)
        return None
