"""A reference client written after docs/protocol.md, and an outlet whose readiness the test decides.

Shares nothing with the hub or the Python client except the names of fields: it decodes frames with the standard
library's JSON and the msgpack package.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import msgpack

if TYPE_CHECKING:
    from ticker.fanout.subscription import Position

Message = dict[str, Any]


class ScriptedOutlet:
    """Keeps frames until the test delivers them."""

    def __init__(self) -> None:
        self.is_ready = True
        self.frames = 0
        self.sent: list[bytes] = []
        #: All frames ever sent.
        self.written: list[bytes] = []

    def ready(self) -> bool:
        return self.is_ready

    def send(self, payload: bytes, position: Position | None = None) -> None:
        self.frames += 1
        self.sent.append(payload)
        self.written.append(payload)

    def offer(self, payload: bytes, position: Position | None = None) -> bool:
        if self.is_ready:
            self.send(payload, position)
        return self.is_ready


def decoded(payload: bytes, encoding: str) -> Message:
    message: Message = json.loads(payload) if encoding == "json" else msgpack.unpackb(payload)
    return message


class ModelClient:
    """The state of a client after the messages it was given. Asserts that each message keeps the protocol."""

    def __init__(self) -> None:
        self.epoch: str | None = None
        self.version = 0
        #: Symbol to fields: the client's view.
        self.view: dict[str, dict[str, Any]] = {}
        #: The watchlist, and all symbols ever on it: their updates may still be under way.
        self.watch: set[str] = set()
        self.asked: set[str] = set()
        #: Symbols whose snapshot may be incomplete, each with how many snapshots must end first.
        self.due: dict[str, int] = {}
        self.partway = False
        self.answers: list[Message] = []
        self.updates: list[Message] = []
        #: Channel `trades`: the number of the last trade, the trades, and the count of lost ones by symbol.
        self.number: int | None = None
        self.trades: list[tuple[str, int, float, float]] = []
        self.lost: dict[str, int] = {}

    def handle(self, message: Message) -> None:
        kind = message["type"]
        if kind == "welcome":
            self.partway = False
            if message["epoch"] != self.epoch:
                self.epoch = message["epoch"]
                self.version, self.number = 0, None
                self.view.clear()
                self.trades.clear()
                self.lost.clear()
        elif kind == "update":
            self.updates.append(message)
            self._update(message)
        elif kind == "trades":
            self._trades(message)
        elif kind == "heartbeat":
            assert message["version"] >= self.version
            self.version = message["version"]
        else:
            for symbol in message.get("rejected", ()):
                self.watch.discard(symbol)
                self.view.pop(symbol, None)
            self.answers.append(message)

    def _update(self, message: Message) -> None:
        assert message["since"] <= self.version, "an update must build on what the client has"
        assert message["version"] >= message["since"]
        for symbol, fields in message["data"].items():
            assert symbol in self.asked or "*" in self.asked, f"{symbol} was never asked for"
            if symbol not in self.watch and "*" not in self.watch:
                continue  # unsubscribed meanwhile
            if fields is None:
                self.view.pop(symbol, None)
                continue
            mine = self.view.setdefault(symbol, {})
            for field, value in fields.items():
                if value is None:
                    mine.pop(field, None)
                else:
                    mine[field] = value
        self.version = message["version"]
        self.partway = message["version"] == message["since"] and bool(message["data"])
        if message["version"] > message["since"]:
            self.due = {symbol: left - 1 for symbol, left in self.due.items() if left > 1}

    def _trades(self, message: Message) -> None:
        assert self.number is None or message["since"] <= self.number, "an unannounced gap"
        assert self.number is None or message["version"] >= self.number
        self.number = message["version"]
        for symbol, count in message.get("lost", {}).items():
            self.lost[symbol] = self.lost.get(symbol, 0) + count
        self.trades.extend((symbol, ts, price, size) for symbol, ts, price, size in message["data"])

    def subscribed(self, symbols: list[str], *, resume: bool = False) -> None:
        if not resume:
            # A snapshot that is under way ends without these symbols; theirs follows.
            had = self.watch - self.due.keys()
            fresh = [symbol for symbol in symbols if not had & {symbol, "*"}]
            self.due.update(dict.fromkeys(fresh, 2 if self.partway else 1))
        self.watch.update(symbols)
        self.asked.update(symbols)

    def unsubscribed(self, symbols: list[str]) -> None:
        if "*" in symbols:
            self.watch.clear()
        elif "*" not in self.watch:
            self.watch.difference_update(symbols)
        else:
            # Under `*` the names are removed, but their symbols are still watched.
            self.watch.difference_update(set(symbols) - {"*"})
        self.due = {symbol: left for symbol, left in self.due.items() if symbol in self.watch}
        if "*" not in self.watch:
            self.view = {symbol: fields for symbol, fields in self.view.items() if symbol in self.watch}

    @property
    def filled(self) -> dict[str, dict[str, Any]]:
        """The view, without symbols that have no fields."""
        return {symbol: fields for symbol, fields in self.view.items() if fields}
