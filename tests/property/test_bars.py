"""Bars are the same however trades are batched, and whatever disturbs a client."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.model_client import ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.intervals import KEPT, SECOND_NS
from ticker.intervals import interval as interval_named
from ticker.market.bar_store import BarStore
from ticker.market.market import Market
from ticker.model import Restart, Settled, SymbolTable, TickBatch, Trades, Watermark
from ticker.wire.limits import Limits

NAMES = ["AAPL", "MSFT", "GOOG"]
#: 2024-01-02 14:30 UTC.
START = 1_704_205_800 * SECOND_NS
INTERVALS = {each.name: each.length_ns for each in KEPT if each.unit in ("part", "day")}
HISTORY = tuple[list[int], list[list[float]], list[bool]]

#: Trades as steps in time (ms), symbol, price in cents, size in tenths (so that sums must be rounded).
_trade = st.tuples(
    st.sampled_from([0, 0, 1, 300, 700, 1_000, 2_500, 61_000, 900_000]),
    st.integers(0, 2),
    st.integers(1, 50_000),
    st.integers(0, 99),
)
_trades = st.lists(_trade, min_size=1, max_size=60)


def columns(steps: list[tuple[int, int, int, int]]) -> Trades:
    ts = START + np.cumsum([step for step, *_ in steps]) * 1_000_000
    code = np.array([code for _, code, *_ in steps], np.int32)
    price = np.array([price for _, _, price, _ in steps]) / 100
    return Trades(code, ts.astype(np.int64), price, np.array([size for *_, size in steps]) / 10)


def history(store: BarStore, row: int, interval: str) -> HISTORY:
    starts, values, closed, *_ = store.history(row, interval_named(interval))
    return starts.tolist(), values.tolist(), closed.tolist()


def same(one: HISTORY, other: HISTORY) -> bool:
    """To the last bit; NaN equals NaN."""
    return one[0] == other[0] and one[2] == other[2] and np.array_equal(one[1], other[1], equal_nan=True)


@given(_trades, st.lists(st.integers(1, 60)), st.sets(st.integers(0, 60)))
def test_bars_do_not_depend_on_how_trades_are_batched(
    steps: list[tuple[int, int, int, int]], cuts: list[int], looks: set[int]
) -> None:
    """In small batches with reads between them, or in one batch as a backfill: equal to the last bit."""
    trades = columns(steps)
    whole, pieces = BarStore(), BarStore()
    whole.add_trades(trades.symbol, trades)
    edges = sorted({0, len(trades), *(cut for cut in cuts if cut < len(trades))})
    for first, last in pairwise(edges):
        part = trades[first:last]
        pieces.add_trades(part.symbol, part)
        if first in looks:
            pieces.fold()
    for row in range(len(NAMES)):
        for interval in INTERVALS:
            assert same(history(whole, row, interval), history(pieces, row, interval)), interval


@given(_trades)
@settings(max_examples=20)
@pytest.mark.parametrize("interval", INTERVALS)
def test_bars_equal_those_of_pandas(interval: str, steps: list[tuple[int, int, int, int]]) -> None:
    """Open, high, low, close, volume and trades as ``resample`` gives them; vwap except for rounding."""
    trades = columns(steps)
    store = BarStore()
    store.add_trades(trades.symbol, trades)
    rule = pd.Timedelta(INTERVALS[interval], "ns")
    for row in range(len(NAMES)):
        mine = trades.symbol == row
        index = pd.to_datetime(trades.ts[mine], unit="ns", utc=True)
        frame = pd.DataFrame({"price": trades.price[mine], "size": trades.size[mine]}, index=index)
        frame["notional"] = frame["price"] * frame["size"]
        bars = frame["price"].resample(rule, origin="epoch").ohlc()
        sums = frame.resample(rule, origin="epoch")[["size", "notional"]].sum()
        bars["trades"] = frame["price"].resample(rule, origin="epoch").count()
        bars, sums = bars[bars["trades"] > 0], sums[bars["trades"] > 0]
        starts, values, *_ = store.history(row, interval_named(interval))
        assert starts.tolist() == pd.DatetimeIndex(bars.index).as_unit("ns").asi8.tolist()
        assert np.array_equal(values[:, :4], bars[["open", "high", "low", "close"]].to_numpy())
        assert np.array_equal(values[:, 6], bars["trades"].to_numpy())
        assert np.allclose(values[:, 4], sums["size"], rtol=1e-12)
        with np.errstate(invalid="ignore"):
            assert np.allclose(values[:, 5], sums["notional"] / sums["size"], rtol=1e-9, equal_nan=True)


class BarClient:
    """The bars that a client has. Asserts that each message keeps the protocol."""

    def __init__(self, hub: Hub, encoding: str, interval: str, symbols: list[str]) -> None:
        self.hub, self.encoding, self.interval, self.symbols = hub, encoding, interval, symbols
        self.epoch: str | None = None
        self.number: int | None = None
        self.closed: dict[str, list[list[Any]]] = {}
        self.open: dict[str, list[Any]] = {}
        self.lost: dict[str, int] = {}
        self.connect()

    def connect(self) -> None:
        self.outlet = ScriptedOutlet()
        self.session = self.hub.attach(self.outlet, self.encoding)
        self.deliver()
        message: dict[str, Any] = {"op": "subscribe", "channel": "bars", "symbols": self.symbols}
        message["interval"] = self.interval
        if self.number is not None:
            message["since"] = {"epoch": self.epoch, "version": self.number}
        self.hub.receive(self.session, msgspec.json.encode(message).decode(), START)

    def drop(self) -> None:
        self.hub.detach(self.session)
        self.connect()

    def deliver(self) -> None:
        sent, self.outlet.sent = self.outlet.sent, []
        for payload in sent:
            self.handle(decoded(payload, self.encoding))

    def handle(self, message: dict[str, Any]) -> None:
        if message["type"] == "welcome":
            if message["epoch"] != self.epoch:
                self.epoch, self.number = message["epoch"], None
                self.closed.clear()
                self.open.clear()
                self.lost.clear()
        elif message["type"] == "bars":
            assert message["interval"] == self.interval
            assert self.number is None or message["since"] <= self.number, "an unannounced gap"
            assert self.number is None or message["version"] >= self.number
            self.number = message["version"]
            for name, count in message.get("lost", {}).items():
                self.lost[name] = self.lost.get(name, 0) + count
            for name, *bar, closed in message["data"]:
                assert name in self.symbols or "*" in self.symbols
                before = self.closed.get(name, [])
                assert not before or bar[0] > before[-1][0], "a closed bar came again"
                if closed:
                    self.closed.setdefault(name, []).append(bar)
                    if self.open.get(name, [0])[0] == bar[0]:
                        del self.open[name]
                else:
                    self.open[name] = bar


_actions = st.one_of(
    st.tuples(st.just("trades"), st.lists(_trade, min_size=1, max_size=6)),
    st.tuples(st.just("trades"), st.lists(_trade, min_size=1, max_size=6)),
    st.tuples(st.just("trades"), st.lists(_trade, min_size=1, max_size=6)),
    st.tuples(st.just("watermark"), st.sampled_from([0, 1_000, 60_000])),
    st.tuples(st.just("beat"), st.none()),
    st.tuples(st.just("beat"), st.none()),
    st.tuples(st.just("poll"), st.none()),
    st.tuples(st.just("restart"), st.booleans()),
    st.tuples(st.just("ready"), st.tuples(st.integers(0, 2), st.booleans())),
    st.tuples(st.just("ready"), st.tuples(st.integers(0, 2), st.booleans())),
    st.tuples(st.just("deliver"), st.integers(0, 2)),
    st.tuples(st.just("drop"), st.integers(0, 2)),
)


@given(
    st.lists(_actions, min_size=15, max_size=50),
    st.sampled_from(["1s", "5s", "1m", "1h"]),
    st.sampled_from([1, 1_200, 1_048_576, 1_048_576]),
)
def test_live_bars_equal_the_history(actions: list[Any], interval: str, frame_bytes: int) -> None:
    """Each closed bar comes once and in order, through lag and reconnects; in the end the open bars are equal, too."""
    table = SymbolTable(NAMES)
    hub = Hub(NAMES, limits=Limits(frame_bytes=frame_bytes))
    watched = [["AAPL"], ["MSFT", "GOOG"], ["*"]]
    clients = [BarClient(hub, "json" if n % 2 else "msgpack", interval, symbols) for n, symbols in enumerate(watched)]
    now = START
    for kind, what in actions:
        if kind == "trades":
            trades = columns(what)
            trades = Trades(trades.symbol, trades.ts - START + now, trades.price, trades.size)
            now = int(trades.ts[-1])
            hub.publish(TickBatch(table, trades))
        elif kind == "watermark":
            now += what * 1_000_000
            hub.publish(Watermark(now))
        elif kind == "beat":
            hub.beat(10, START)
        elif kind == "poll":
            hub.poll(START)
        elif kind == "restart":
            hub.publish(Restart(hidden=what))
            hub.publish(Settled())
        elif kind == "ready":
            clients[what[0]].outlet.is_ready = what[1]
        elif kind == "deliver":
            clients[what].deliver()
        else:
            clients[what].drop()
    for client in clients:
        client.outlet.is_ready = True
        client.deliver()
    # The first beat ends a pass under way, the second sends what changed meanwhile, the third has nothing to do.
    for _ in range(3):
        hub.beat(10, START)
        for _ in range(2_000):
            hub.poll(START)
            if not hub.waiting:
                break
    for client in clients:
        client.deliver()
        assert client.lost == {}
        for name in NAMES if "*" in client.symbols else client.symbols:
            row = hub.board.find(name)
            assert row is not None
            starts, values, closed, *_ = hub.bars.history(row, interval_named(interval))
            bars = [
                [start, *(plain(value) for value in bar)]
                for start, bar in zip(starts.tolist(), values.tolist(), strict=True)
            ]
            have = client.closed.get(name, [])
            # A client that connected later has the bars since then.
            ended = [bar for bar, over in zip(bars, closed.tolist(), strict=True) if over]
            assert have == ended[len(ended) - len(have) :]
            under_way = [bar for bar, over in zip(bars, closed.tolist(), strict=True) if not over]
            # Several bars may have ended that no watermark has closed yet: a client has the newest.
            assert ([client.open[name]] if name in client.open else []) == under_way[-1:]


def plain(value: float) -> float | None:
    return None if value != value else value


@given(
    st.lists(
        st.tuples(
            _trades, st.sampled_from([-900_000, -1_000, -1, 0, 1, 1_000, 60_000]), st.sampled_from([-5_000, 0, 500])
        ),
        min_size=1,
        max_size=12,
    )
)
def test_bars_do_not_depend_on_when_they_are_read(
    steps: list[tuple[list[tuple[int, int, int, int]], int, int]],
) -> None:
    """With late trades and watermarks: folded after each event, or all at once in the end."""
    eager, lazy = Market(NAMES), Market(NAMES)
    table = SymbolTable(NAMES)
    now = START
    for part, ahead_ms, back_ms in steps:
        trades = columns(part)
        trades = Trades(trades.symbol, trades.ts - START + now + back_ms * 1_000_000, trades.price, trades.size)
        now = int(trades.ts[-1]) + ahead_ms * 1_000_000
        for market in (eager, lazy):
            market.apply(TickBatch(table, trades))
            market.apply(Watermark(now))
        eager.bars.fold()
    for row in range(len(NAMES)):
        for interval in INTERVALS:
            assert same(history(eager.bars, row, interval), history(lazy.bars, row, interval)), interval
    assert eager.counts == lazy.counts
