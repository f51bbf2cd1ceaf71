"""A client with revisions that applies all its messages has the bars that are fetched, and the trades that are right.

Trades come in any order, are corrected and cancelled; clients fall behind, and reconnect with ``since``. A client
without revisions gets each trade and each bar's first closing.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_client import ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.intervals import interval
from ticker.model import Corrections, Quotes, SymbolTable, TickBatch, Trades, Watermark
from ticker.wire.messages import Since, Subscribe

S = 1_000_000_000
#: 2024-01-02 14:30 UTC.
START = 1_704_205_800 * S
LATE_S = 20
SYMBOLS = ("A", "B")
#: Kept ones, and those that are folded on request.
INTERVALS = ("1s", "5s", "1m", "2s", "10s", "4m")
RATE = 10.0
NO_QUOTES = Quotes(np.zeros(0, np.int32), np.zeros(0, np.int64), *(np.zeros(0) for _ in range(4)))

Bar = tuple[Any, ...]


class Client:
    """A client of all bars and trades, with or without revisions, that can lag, disconnect and resume."""

    def __init__(self, hub: Hub, encoding: str, *, revisions: bool) -> None:
        self.hub = hub
        self.encoding = encoding
        self.revisions = revisions
        #: By channel (of bars: by interval): the version that the client has.
        self.versions: dict[str, int] = {}
        #: By interval, symbol and start: the closed bar as it came last, and how often it came.
        self.closed: dict[tuple[str, str, int], Bar] = {}
        self.came: dict[tuple[str, str, int], int] = {}
        self.open: dict[tuple[str, str], Bar] = {}
        #: By symbol and id: time, price and size of the trade as corrected; or all trades in order.
        self.trades: dict[tuple[str, int], tuple[int, float, float]] = {}
        self.tape: list[tuple[str, int, float, float]] = []
        self.session: Session | None = None
        self.outlet = ScriptedOutlet()
        self.connect()

    def connect(self) -> None:
        self.outlet = ScriptedOutlet()
        self.session = self.hub.attach(self.outlet, self.encoding)
        for channel, name in [("trades", None), *(("bars", name) for name in INTERVALS)]:
            version = self.versions.get(name or "trades")
            since = None if version is None else Since(epoch=self.hub.board.epoch, version=version)
            ask = Subscribe(
                symbols=["*"], channel=channel, interval=name, rate=RATE, since=since, revisions=self.revisions
            )
            self.hub.handle(self.session, ask, 0)
        if not self.versions:
            self.read()

    def disconnect(self) -> None:
        """What was sent and not read is lost."""
        if self.session is not None:
            self.hub.detach(self.session)
            self.session = None

    def read(self) -> None:
        frames, self.outlet.sent = self.outlet.sent, []
        for frame in frames:
            message = decoded(frame, self.encoding)
            if message["type"] == "trades":
                self._read_trades(message)
            elif message["type"] == "bars":
                self._read_bars(message)

    def _joins(self, key: str, message: dict[str, Any]) -> None:
        assert "lost" not in message
        assert message["since"] == self.versions.get(key, message["since"])
        assert message["version"] >= message["since"]
        self.versions[key] = message["version"]

    def _read_trades(self, message: dict[str, Any]) -> None:
        self._joins("trades", message)
        for symbol, ts, price, size, *more in message["data"]:
            assert len(more) == 3 * self.revisions
            if not self.revisions:
                self.tape.append((symbol, ts, price, size))
                continue
            _, id_, change = more
            assert (change in ("cancel", "correct")) == ((symbol, id_) in self.trades)
            if change == "cancel":
                del self.trades[symbol, id_]
            else:
                self.trades[symbol, id_] = ts, price, size

    def _read_bars(self, message: dict[str, Any]) -> None:
        name = message["interval"]
        self._joins(name, message)
        for symbol, start, *values, closed, revision, incomplete in [
            row if self.revisions else [*row, 0, False] for row in message["data"]
        ]:
            key, bar = (name, symbol, start), (*values, revision, incomplete)
            if not closed:
                self.open[name, symbol] = start, *bar
                continue
            if self.open.get((name, symbol), (math.inf,))[0] <= start:
                del self.open[name, symbol]
            if self.revisions or key not in self.closed:
                self.closed[key] = bar
            self.came[key] = self.came.get(key, 0) + 1


class Market:
    """A hub, its feed's trades and corrections, and what is right."""

    def __init__(self) -> None:
        self.table = SymbolTable(SYMBOLS)
        self.hub = Hub(SYMBOLS, late_ns=LATE_S * S)
        self.time = 0
        self.ids = 0
        #: By symbol and id: the trades that count; and all trades as they came.
        self.trades: dict[tuple[str, int], tuple[int, float, float]] = {}
        self.tape: list[tuple[str, int, float, float]] = []

    def trade(self, code: int, age: int, price: float, size: float) -> None:
        """A trade ``age`` tenths of a second before market time."""
        self.ids += 1
        ts = START + self.time * S - age * S // 10
        columns = np.array([code], np.int32), np.array([ts]), np.array([price], float), np.array([size])
        trades = Trades(*columns, None, np.array([self.ids]))
        self.hub.publish(TickBatch(self.table, trades, NO_QUOTES))
        self.trades[SYMBOLS[code], self.ids] = ts, price, size
        self.tape.append((SYMBOLS[code], ts, price, size))

    def correct(self, place: int, price: float | None) -> None:
        """Correct one of the trades that count, or cancel it (None), if it is recent enough for that."""
        recent = [key for key, (ts, _, _) in self.trades.items() if ts > START + (self.time - LATE_S) * S]
        if not recent:
            return
        key = recent[place % len(recent)]
        ts, _, size = self.trades[key]
        right = (math.nan, math.nan) if price is None else (price, size)
        event = Corrections(
            self.table,
            np.array([SYMBOLS.index(key[0])], np.int32),
            np.array([key[1]]),
            np.array([START + self.time * S]),
            np.array([right[0]], float),
            np.array([right[1]], float),
        )
        self.hub.publish(event)
        if price is None:
            del self.trades[key]
        else:
            self.trades[key] = ts, price, size

    def advance(self, seconds: int) -> None:
        self.time += seconds
        self.hub.publish(Watermark(START + self.time * S))

    def bars(self, name: str) -> tuple[dict[tuple[str, str, int], Bar], dict[tuple[str, str], Bar]]:
        """The closed bars, and the newest open one of each symbol, as they are fetched."""
        self.hub.apply_pending()
        closed, open_ = {}, {}
        for row, symbol in enumerate(SYMBOLS):
            found = self.hub.bars.history(row, interval(name), None, None, None)
            for start, values, is_closed, revision, incomplete in zip(*(each.tolist() for each in found), strict=True):
                bar = *(None if math.isnan(value) else value for value in values), revision, incomplete
                if is_closed:
                    closed[name, symbol, start] = bar
                else:
                    open_[name, symbol] = start, *bar
        return closed, open_


_trades = st.tuples(
    st.just("trade"), st.integers(0, 1), st.integers(0, 150), st.integers(1, 9), st.sampled_from([0.0, 0.1, 3.0])
)
_corrections = st.tuples(st.just("correct"), st.integers(0, 9), st.one_of(st.none(), st.integers(1, 9)))
_time = st.tuples(st.just("advance"), st.integers(0, 12))
_clients = st.tuples(st.sampled_from(["lag", "read", "disconnect", "connect", "beat"]), st.integers(0, 2))
ACTIONS = st.lists(st.one_of(_trades, _trades, _trades, _corrections, _time, _time, _clients, _clients), max_size=60)


def act(market: Market, clients: list[Client], action: tuple[Any, ...]) -> None:
    kind, *what = action
    if kind == "trade":
        market.trade(*what)
    elif kind == "correct":
        market.correct(*what)
    elif kind == "advance":
        market.advance(*what)
    elif kind == "beat":
        market.hub.beat(RATE, 0)
        market.hub.flush(0)
    else:
        client = clients[what[0]]
        if kind == "lag":
            client.outlet.is_ready = False
        elif kind == "read":
            client.outlet.is_ready = True
            client.read()
        elif kind == "disconnect":
            client.disconnect()
        elif client.session is None:
            client.connect()


def settle(market: Market, clients: list[Client]) -> None:
    """All clients read all that there is."""
    for client in clients:
        if client.session is None:
            client.connect()
        client.outlet.is_ready = True
        client.read()
    for _ in range(3):
        market.hub.beat(RATE, 0)
        market.hub.flush(0)
        market.hub.poll(0)
        for client in clients:
            client.read()
    assert not market.hub.lanes.waiting


@given(ACTIONS)
def test_bars_after_all_messages_are_those_that_are_fetched(actions: list[tuple[Any, ...]]) -> None:
    market = Market()
    revised = [Client(market.hub, "json", revisions=True), Client(market.hub, "msgpack", revisions=True)]
    plain = Client(market.hub, "json", revisions=False)
    clients = [*revised, plain]
    for action in actions:
        act(market, clients, action)
    market.advance(1)
    settle(market, clients)
    for name in INTERVALS:
        closed, open_ = market.bars(name)
        for client in revised:
            mine = {key: bar for key, bar in client.closed.items() if key[0] == name and bar[0] is not None}
            assert mine == closed
            newest = {key: bar for key, bar in client.open.items() if key in open_}
            assert newest == open_
        first = {key for key in plain.closed if key[0] == name}
        assert first >= closed.keys()
    for client in revised:
        assert client.trades == market.trades
    assert plain.tape == market.tape
    for (name, _, _), times in plain.came.items():
        # Bars of folded intervals may come again when a client resumes.
        assert times == 1 or name in ("2s", "10s", "4m")
