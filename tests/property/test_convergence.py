"""The specification: after any disturbance, a client's view becomes equal to the board for its watchlist."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import NAMES, event, events, ticks
from tests.support.model_client import ModelClient, ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.market.board import symbol_dicts
from ticker.model import FeedEvent, SymbolTable, TickBatch
from ticker.wire.limits import Limits

CLIENTS = 3
TS = 1_700_000_000_000_000_000

# Hypothesis rarely draws lists much longer than their minimum, and short histories find no bugs: hence the minimums.

#: Few symbols and rates, so that clients share lanes and watchlists, and events hit watched symbols.
SYMBOLS = NAMES[:4]

_symbols = st.lists(st.sampled_from([*SYMBOLS, *SYMBOLS, *SYMBOLS, "NOT-THERE", "*"]), max_size=3)
_rates = st.sampled_from([None, None, None, None, 0, 0.7, 1000])
_client = st.integers(0, CLIENTS - 1)
_event = st.tuples(st.just("event"), events(len(SYMBOLS)))
#: Normal operation: one or two symbols change, and every lane beats.
_step = st.tuples(st.just("step"), ticks(len(SYMBOLS), most=2))
_actions = st.one_of(
    _event,
    _step,
    _step,
    _step,
    _step,
    _step,
    st.tuples(st.just("subscribe"), _client, _symbols, _rates, st.booleans()),
    st.tuples(st.just("subscribe"), _client, _symbols, _rates, st.booleans()),
    st.tuples(st.just("unsubscribe"), _client, _symbols),
    st.tuples(st.just("ready"), _client, st.booleans()),
    st.tuples(st.just("ready"), _client, st.booleans()),
    st.tuples(st.just("deliver"), _client),
    st.tuples(st.just("reconnect"), _client, st.booleans()),
    st.tuples(st.just("beat"), st.sampled_from([0.5, 10, 60])),
    st.tuples(st.just("flush")),
    st.tuples(st.just("poll")),
    st.tuples(st.just("heartbeat")),
)


class Connected:
    """A model client connected to the hub."""

    def __init__(self, hub: Hub, encoding: str) -> None:
        self.hub = hub
        self.encoding = encoding
        self.client = ModelClient()
        self.outlet = ScriptedOutlet()
        self.session: Session = hub.attach(self.outlet, encoding)

    def say(self, **message: Any) -> None:
        # The hub reads text as JSON, whatever the client's own encoding.
        self.hub.receive(self.session, msgspec.json.encode(message).decode(), TS)

    def subscribe(self, symbols: list[str], rate: float | None, *, resume: bool, channel: str = "ticker") -> None:
        message: dict[str, Any] = {"op": "subscribe", "channel": channel, "symbols": symbols}
        if rate is not None:
            message["rate"] = rate
        if resume:
            version = self.client.version if channel == "ticker" else self.client.number
            if self.client.epoch is not None and version is not None:
                message["since"] = {"epoch": self.client.epoch, "version": version}
        if channel == "ticker":
            self.client.subscribed(symbols, resume=resume)
        self.say(**message)

    def deliver(self) -> None:
        sent, self.outlet.sent = self.outlet.sent, []
        for payload in sent:
            self.client.handle(decoded(payload, self.encoding))

    def reconnect(self, *, resume: bool) -> None:
        """Lose the frames under way; the client resumes, or starts anew."""
        self.hub.detach(self.session)
        self.outlet = ScriptedOutlet()
        self.session = self.hub.attach(self.outlet, self.encoding)
        if not resume:
            watch, self.client = self.client.watch, ModelClient()
            self.client.subscribed(list(watch))
        # The client reads the welcome, and with it a new epoch, before it subscribes.
        self.deliver()
        # Symbols whose snapshot was incomplete are subscribed to without ``since``.
        due = self.client.watch & self.client.due.keys()
        kept = self.client.watch - due
        if "*" not in kept:
            self.client.view = {name: fields for name, fields in self.client.view.items() if name in kept}
        for symbols, had in ((kept, resume), (due, False)):
            if symbols:
                self.subscribe(sorted(symbols), None, resume=had)

    def settle(self) -> None:
        self.outlet.is_ready = True
        self.deliver()


def settle(hub: Hub, clients: list[Connected]) -> None:
    """All clients read, and the hub beats until no client is behind."""
    for connected in clients:
        connected.settle()
    calm = 0
    for _ in range(100):
        for rate in Limits().rates:
            hub.beat(rate, TS)
        hub.flush(TS)
        hub.poll(TS)
        # Changes since the first part of a snapshot follow the last part with the next beat.
        calm = 0 if hub.waiting else calm + 1
        if calm == 3:
            break
    assert calm == 3
    for connected in clients:
        connected.deliver()


def expected(hub: Hub, watch: set[str]) -> dict[str, Any]:
    data = symbol_dicts(hub.board.since(0, hub.board.index(range(len(hub.board)))))
    return {name: fields for name, fields in data.items() if name in watch or "*" in watch}


def differences(view: dict[str, Any], board: dict[str, Any]) -> dict[str, Any]:
    """The fields that differ: symbol to field to (the view's value, the board's value)."""
    found: dict[str, Any] = {}
    for name in view.keys() | board.keys():
        mine, theirs = view.get(name, {}), board.get(name, {})
        fields = {f: (mine.get(f), theirs.get(f)) for f in mine.keys() | theirs.keys() if mine.get(f) != theirs.get(f)}
        if fields:
            found[name] = fields
    return found


def act(hub: Hub, table: SymbolTable, clients: list[Connected], action: tuple[Any, ...]) -> None:
    kind, *rest = action
    if kind == "event":
        hub.publish(event(table, rest[0]))
    elif kind == "step":
        hub.publish(event(table, rest[0]))
        for rate in Limits().rates:
            hub.beat(rate, TS)
        hub.flush(TS)
    elif kind == "subscribe":
        number, symbols, rate, resume = rest
        # A client may send `since` only for symbols that it has.
        clients[number].deliver()
        clients[number].subscribe(symbols, rate, resume=resume and clients[number].client.watch >= set(symbols))
    elif kind == "unsubscribe":
        clients[rest[0]].client.unsubscribed(rest[1])
        clients[rest[0]].say(op="unsubscribe", symbols=rest[1])
    elif kind == "ready":
        clients[rest[0]].outlet.is_ready = rest[1]
    elif kind == "deliver":
        clients[rest[0]].deliver()
    elif kind == "reconnect":
        clients[rest[0]].reconnect(resume=rest[1])
    elif kind == "beat":
        hub.beat(rest[0], TS)
    elif kind == "heartbeat":
        hub.heartbeat(TS)
    elif kind == "flush":
        hub.flush(TS)
    else:
        hub.poll(TS)


@given(
    st.lists(_symbols, min_size=CLIENTS, max_size=CLIENTS),
    st.lists(_actions, min_size=20, max_size=60),
    st.booleans(),
    st.sampled_from([1, 2_500, 1_048_576]),
)
def test_every_view_ends_equal_to_the_board(
    watched: list[list[str]], actions: list[Any], complete: bool, frame_bytes: int
) -> None:
    """After any ticks, subscribes, lag, losses, resumes, epochs and removals, each view equals the board.

    The model client asserts that each update builds on what it has, and that no symbol comes unasked. Tiny frames split
    every snapshot into many parts.
    """
    table = SymbolTable(SYMBOLS)
    known = SYMBOLS if complete else SYMBOLS[:2]
    hub = Hub(known, complete=complete, limits=Limits(frame_bytes=frame_bytes), ring_ticks=8)
    clients = [Connected(hub, "json" if number % 2 else "msgpack") for number in range(CLIENTS)]
    for connected, symbols in zip(clients, watched, strict=True):
        connected.subscribe(symbols, None, resume=False)
    for action in actions:
        act(hub, table, clients, action)
    settle(hub, clients)
    for connected in clients:
        assert differences(connected.client.filled, expected(hub, connected.client.watch)) == {}


@given(st.lists(_actions, min_size=12, max_size=40))
def test_json_and_msgpack_agree(actions: list[Any]) -> None:
    """The same actions give the same messages in both encodings."""
    told: list[list[dict[str, Any]]] = []
    for encoding in ("json", "msgpack"):
        table = SymbolTable(SYMBOLS)
        hub = Hub(SYMBOLS, epoch="epoch")
        clients = [Connected(hub, encoding) for _ in range(CLIENTS)]
        for action in actions:
            if action[0] != "event" or action[1][1] is not None:  # new epochs are drawn at random
                act(hub, table, clients, action)
        settle(hub, clients)
        told.append([message for connected in clients for message in connected.client.updates])
    assert told[0] == told[1]


@given(
    st.lists(
        st.one_of(
            st.tuples(st.just("event"), ticks(3)),
            st.tuples(st.just("step"), ticks(3)),
            st.tuples(st.just("step"), ticks(3, most=2)),
            st.tuples(st.just("flush")),
            st.tuples(st.just("poll")),
            st.tuples(st.just("ready"), _client, st.booleans()),
            st.tuples(st.just("ready"), _client, st.booleans()),
            st.tuples(st.just("deliver"), _client),
            st.tuples(st.just("drop"), _client),
        ),
        min_size=15,
        max_size=50,
    ),
    st.sampled_from([1, 4, 64, 64]),
    st.sampled_from([1, 1_200, 1_048_576, 1_048_576]),
)
def test_every_trade_comes_once_and_in_order_or_is_counted_as_lost(
    actions: list[Any], ring_ticks: int, frame_bytes: int
) -> None:
    """Through lag, a ring that is too small, and reconnects: trades received plus trades lost are all trades."""
    table = SymbolTable(NAMES[:3])
    hub = Hub(table.names, limits=Limits(frame_bytes=frame_bytes), ring_ticks=ring_ticks)
    clients = [Connected(hub, "json" if number % 2 else "msgpack") for number in range(CLIENTS)]
    watched = [[NAMES[0]], [NAMES[0], NAMES[2]], ["*"]]
    for connected, symbols in zip(clients, watched, strict=True):
        connected.subscribe(symbols, None, resume=False, channel="trades")
        connected.deliver()
    happened: list[tuple[str, int, float, float]] = []
    for action in actions:
        if action[0] == "drop":
            # The connection breaks; the client resumes with its number.
            connected, symbols = clients[action[1]], watched[action[1]]
            hub.detach(connected.session)
            connected.outlet = ScriptedOutlet()
            connected.session = hub.attach(connected.outlet, connected.encoding)
            connected.subscribe(symbols, None, resume=True, channel="trades")
        elif action[0] in ("event", "step"):
            published: FeedEvent = event(table, action[1])
            hub.publish(published)
            if action[0] == "step":
                hub.flush(TS)
            if isinstance(published, TickBatch):
                columns = published.trades
                rows = zip(columns.symbol, columns.ts, columns.price, columns.size, strict=True)
                happened += [(table[int(code)], int(ts), float(price), float(size)) for code, ts, price, size in rows]
        else:
            act(hub, table, clients, action)
    settle(hub, clients)
    for connected, symbols in zip(clients, watched, strict=True):
        mine = [trade for trade in happened if trade[0] in symbols or "*" in symbols]
        unsplit = connected.client.lost.get("*", 0)
        # Of each symbol, all trades but those in gaps: in order, none twice, and the count of lost ones is exact.
        got = connected.client.trades
        rest = iter(mine)
        assert all(trade in rest for trade in got), "out of order, or never happened"
        lost = {name: sum(t[0] == name for t in mine) - sum(t[0] == name for t in got) for name in table.names}
        told = {name: count for name, count in connected.client.lost.items() if name != "*"}
        if unsplit:
            # The gap is older than the ring remembers symbols for: "*" counts all symbols.
            assert all(lost[name] >= count for name, count in told.items())
            assert sum(lost.values()) <= sum(told.values()) + unsplit
        else:
            assert {name: count for name, count in lost.items() if count} == told
