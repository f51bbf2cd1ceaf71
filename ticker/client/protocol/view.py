"""The `ticker` channel of one client: the latest values, and which symbols changed since the user last looked.

Changes are not queued. Only the names of changed symbols are kept, and the difference is computed when the user takes
it. A slow user therefore sees the latest values, and memory is bounded by the watchlist.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Mapping
from typing import Any

from ticker.client.protocol.symbol_view import NOTHING, Board, SymbolView, Update
from ticker.client.protocol.watchlist import ALL, Watchlist, portions
from ticker.wire import messages
from ticker.wire.messages import Since, Subscribe

#: More updates than a connection sees. They don't settle a symbol whose subscribe is not answered yet.
_UNANSWERED = 1 << 60


class View:
    """Updates are applied in order, and one that leaves a gap is rejected.

    ``version`` is the version of all *settled* symbols. A newly subscribed symbol is *fresh* until its snapshot has
    certainly arrived: if the connection breaks before, it is requested whole, and not since ``version``.
    """

    channel = name = "ticker"

    def __init__(self) -> None:
        self.watchlist = Watchlist()
        self.version = 0
        #: Whether a resync is unanswered. Until then updates are ignored.
        self.awaiting = False
        #: How often the server could not resume from ``version`` and sent a snapshot instead.
        self.breaks = 0
        # The next message shows where the server really resumes.
        self._joining = False
        self._views: dict[str, SymbolView] = {}
        self.board = Board(self._views)
        #: The values that the user last took, by symbol.
        self._given: dict[str, Mapping[str, Any]] = {}
        #: Symbols that changed since, in the order of their first change.
        self._changed: OrderedDict[str, None] = OrderedDict()
        self._removed: set[str] = set()
        #: Emptied symbols whose values are about to be sent again. The user doesn't see them empty.
        self._emptied: dict[str, None] = {}
        #: Fresh symbols (or ``*``), each with the number of snapshots that must end before it is settled.
        self.fresh: dict[str, int] = {}
        #: Whether no snapshot is incomplete, as far as the client can tell.
        self._whole = True

    def __len__(self) -> int:
        """Number of symbols that may have changed."""
        return len(self._changed)

    # From the server

    def apply(self, message: messages.Update) -> bool:
        """Apply an update. Returns False, and does nothing, if there is a gap before it."""
        if message.since > self.version:
            return False
        if self._joining:
            self._joining = False
            if message.since == 0 < self.version:
                # The same epoch, but the server doesn't have the version (after the restart of a replay, for example):
                # it sends a snapshot, and symbols that are not in it are gone.
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
        if self._whole and self.fresh:
            # A snapshot that was under way at the time of the subscribe doesn't have the symbol: see `watch`.
            self.fresh = {symbol: left - 1 for symbol, left in self.fresh.items() if left > 1}
        if self._emptied and (not message.data or (self._whole and not self.fresh)):
            self._reveal()
        return True

    def _remove(self, view: SymbolView) -> None:
        view.values = NOTHING
        if view.symbol in self._given:
            self._removed.add(view.symbol)
            self._changed[view.symbol] = None
        else:
            self._changed.pop(view.symbol, None)  # the user never saw it
        if view.symbol not in self.watchlist.names:
            del self._views[view.symbol]

    def _reveal(self) -> None:
        """The snapshot is complete: symbols that are still empty have changed."""
        for symbol in self._emptied:
            self._changed[symbol] = None
            view = self._views.get(symbol)
            if view is not None and not view.values and symbol not in self.watchlist.names:
                del self._views[symbol]
        self._emptied.clear()

    def forget(self) -> None:
        """A new epoch began: all values and the version are void."""
        self.version = 0
        self.awaiting = self._joining = False
        self._whole = True
        self._empty(self._views)

    def _empty(self, symbols: Iterable[str]) -> None:
        for symbol in symbols:
            self._views[symbol].values = NOTHING
            self._changed.pop(symbol, None)
            self._emptied[symbol] = None

    # From the user

    def watch(self, symbols: Iterable[str]) -> None:
        """Add symbols that the server accepted. It sends them in the next update, or after the snapshot under way."""
        symbols = list(symbols)
        known = set(self.watchlist.tokens())
        covered = ALL in known and ALL not in self.fresh
        for symbol in symbols:
            if symbol in self.fresh or not (covered or symbol in known):
                self.fresh[symbol] = 1 if self._whole else 2
            if symbol != ALL and symbol not in self._views:
                self._views[symbol] = SymbolView(symbol)
        self.watchlist.add(symbols)

    def reject(self, symbols: Iterable[str]) -> None:
        """Note symbols that the server doesn't have. They stay in the watchlist: the next connection asks again."""
        for symbol in symbols:
            self.fresh.pop(symbol, None)
            if self._views.pop(symbol, None) is not None:
                self._emptied.pop(symbol, None)
                self._changed[symbol] = None

    def unwatch(self, symbols: Iterable[str]) -> None:
        """Remove symbols, and their changes."""
        symbols = list(symbols)
        self.watchlist.remove(symbols)
        for symbol in list(self.fresh):
            if symbol not in self.watchlist:
                del self.fresh[symbol]
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
        """The messages for a new connection: resume settled symbols from ``version``, subscribe to the others."""
        if not same_epoch:
            self.forget()
        self.awaiting = False
        self._whole = True
        if self.watchlist.everything and ALL not in self.fresh:
            self.fresh.clear()  # `*` covers them
        tokens = self.watchlist.tokens()
        settled = [symbol for symbol in tokens if same_epoch and symbol not in self.fresh]
        # Only one message can resume: the symbols of a second would be at the old version while the first's are at
        # the new one. Symbols that don't fit (about 8,000 do) are requested whole.
        settled = portions(settled, message_bytes)[0]
        kept = set(settled)
        fresh = [symbol for symbol in tokens if symbol not in kept]
        self.fresh = dict.fromkeys(fresh, _UNANSWERED)
        if ALL not in kept:
            self._empty([symbol for symbol in self._views if symbol not in kept])
        requests = [Subscribe(symbols=settled, since=Since(epoch=epoch, version=self.version))] if settled else []
        return requests + [Subscribe(symbols=part) for part in portions(fresh, message_bytes) if part]

    def subscribe(self, symbols: list[str]) -> Subscribe:
        """The message that subscribes to ``symbols``, which must fit."""
        return Subscribe(symbols=symbols)

    def joined(self) -> None:
        """The server answered the resume: the next message shows where it starts."""
        self.awaiting = False
        self._joining = True

    # To the user

    def take(self) -> Update | None:
        """The change of the symbol that has waited longest, or None. A change that was reverted is skipped."""
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
