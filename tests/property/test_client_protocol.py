"""The Python client's protocol against the real hub, without sockets: their views end equal."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.market import event, events, ticks
from tests.support.model_client import ScriptedOutlet
from ticker.client.exceptions import ProtocolViolationError
from ticker.client.protocol.protocol import ClientProtocol
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.market.board import symbol_dicts
from ticker.model import FeedEvent, Settled, SymbolTable, TickBatch
from ticker.wire.codec import codec_for
from ticker.wire.limits import Limits
from ticker.wire.messages import ClientMessage, TradesMessage, Update, Welcome

TS = 1_700_000_000_000_000_000
SYMBOLS = ("AAPL", "MSFT", "GOOG", "€%b")

_symbols = st.lists(st.sampled_from([*SYMBOLS, *SYMBOLS, *SYMBOLS, "NOT-THERE", "*"]), max_size=3)
_few = st.integers(1, 3)


class Client:
    """A client of the hub. The test delivers, drops and delays all messages, and records what the user takes."""

    def __init__(self, hub: Hub, symbols: list[str], channel: str, encoding: str, queue_ticks: int) -> None:
        self.hub = hub
        self.codec = codec_for(encoding)
        self.protocol = ClientProtocol(symbols, channel, None, queue_ticks, "test")
        self.first = list(symbols)
        #: Symbol to fields, built only from the ``changed`` of the updates that were taken.
        self.belief: dict[str, dict[str, Any]] = {}
        self.outlet = ScriptedOutlet()
        self.uplink: list[ClientMessage] = []
        self.session: Session | None = None
        self.greeted = False
        self.lost_frames = 0

    def begin(self) -> None:
        """Make the first connection without faults: a client that was never live may be refused for good."""
        self.connect()
        for _ in range(4):
            self.down(10)
            self.up(10)
        assert self.protocol.live

    def connect(self) -> None:
        assert self.session is None
        self.outlet = ScriptedOutlet()
        self.greeted = False
        self.session = self.hub.attach(self.outlet, self.codec.name)

    def disconnect(self) -> None:
        """Break the connection: undelivered messages of both directions are gone."""
        if self.session is not None:
            self.hub.detach(self.session)
            self.session = None
            self.outlet.sent.clear()
            self.uplink.clear()
            self.protocol.disconnected()

    def up(self, count: int) -> None:
        """Deliver messages to the hub."""
        for _ in range(count):
            if self.session is not None and self.uplink:
                # The hub detects the encoding by the frame, so JSON is enough.
                self.hub.receive(self.session, codec_for("json").encode(self.uplink.pop(0)).decode(), TS)

    def down(self, count: int) -> None:
        """Deliver frames to the client."""
        for _ in range(count):
            if not self.outlet.sent:
                return
            message = self.codec.decode_server(self.outlet.sent.pop(0))
            if not self.greeted:
                assert isinstance(message, Welcome)
                self.greeted = True
                self.uplink.extend(self.protocol.connected(message))
            else:
                try:
                    self.uplink.extend(self.protocol.receive(message))
                except ProtocolViolationError:
                    assert self.lost_frames, "the hub violates the protocol"
                    self.disconnect()
                    return

    def lose(self) -> None:
        """Drop the next frame, if its loss is detectable: an update that is not a part of a snapshot."""
        if self.outlet.sent:
            message = self.codec.decode_server(self.outlet.sent[0])
            if isinstance(message, Update | TradesMessage) and message.version > message.since:
                self.outlet.sent.pop(0)
                self.lost_frames += 1

    def subscribe(self, symbols: list[str], channel: str) -> None:
        if self.session is not None and self.protocol.live:
            for message in self.protocol.subscribe(symbols, channel, None):
                self.uplink.append(self.protocol.ask(message))

    def unsubscribe(self, symbols: list[str], channel: str) -> None:
        for message in self.protocol.unsubscribe(symbols, channel):
            if self.session is not None and self.protocol.live:
                self.uplink.append(self.protocol.ask(message))

    def take(self, count: int) -> None:
        """Take updates, and apply them to ``belief``."""
        for _ in range(count):
            update = self.protocol.view.take()
            if update is None:
                return
            mine = self.belief.setdefault(update.symbol, {})
            if update.removed:
                assert mine, "removed, but never shown"
                del self.belief[update.symbol]
                continue
            assert update.changed, "an update without a change"
            for field, value in update.changed.items():
                assert mine.get(field) != value, "repeated, but unchanged"
                if value is None:
                    del mine[field]
                else:
                    mine[field] = value
            assert mine == update.values

    @property
    def watch(self) -> set[str]:
        return set(self.protocol.view.watchlist.tokens()) - self.protocol.rejected.keys()


def settle(hub: Hub, clients: list[Client], table: SymbolTable) -> None:
    """Connect all clients, publish a tick of each symbol (which reveals gaps), and deliver everything."""
    rows = [(code, TS + 1_000, 77.0 + code, 1.0) for code in range(len(table))]
    hub.publish(Settled())
    for number in range(8):
        for client in clients:
            if client.session is None:
                client.connect()
            client.outlet.is_ready = True
            for _ in range(3):
                client.down(10_000)
                client.up(10_000)
        if number < 2:
            hub.publish(event(table, ("ticks", (rows, []))))
        for _ in range(12):
            for rate in Limits().rates:
                hub.beat(rate, TS)
            hub.flush(TS)
            hub.poll(TS)
    for client in clients:
        assert not client.uplink
        assert not client.outlet.sent
        assert client.protocol.live


_everyday = st.one_of(
    st.tuples(st.just("step"), ticks(len(SYMBOLS), most=2)),
    st.tuples(st.just("up"), _few),
    st.tuples(st.just("down"), _few),
    st.tuples(st.just("down"), st.integers(1, 20)),
)
_actions = st.one_of(
    _everyday,
    _everyday,
    _everyday,
    st.tuples(st.just("event"), events(len(SYMBOLS))),
    st.tuples(st.just("take"), _few),
    st.tuples(st.just("subscribe"), _symbols),
    st.tuples(st.just("unsubscribe"), _symbols),
    st.tuples(st.just("ready"), st.booleans()),
    st.tuples(st.just("disconnect")),
    st.tuples(st.just("connect")),
    st.tuples(st.just("poll")),
)


def act(hub: Hub, table: SymbolTable, client: Client, action: tuple[Any, ...], channel: str) -> FeedEvent | None:
    kind, *rest = action
    published = None
    if kind in ("event", "step"):
        published = event(table, rest[0])
        hub.publish(published)
        if kind == "step":
            for rate in Limits().rates:
                hub.beat(rate, TS)
            hub.flush(TS)
    elif kind == "poll":
        hub.poll(TS)
    elif kind == "up":
        client.up(rest[0])
    elif kind == "down":
        client.down(rest[0])
    elif kind == "take":
        client.take(rest[0])
    elif kind == "subscribe":
        client.subscribe(rest[0], channel)
    elif kind == "unsubscribe":
        client.unsubscribe(rest[0], channel)
    elif kind == "ready":
        client.outlet.is_ready = rest[0]
    elif kind == "disconnect":
        client.disconnect()
    elif kind == "lose":
        client.lose()
    elif client.session is None:
        client.connect()
    return published


def expected(hub: Hub, watch: set[str]) -> dict[str, Any]:
    data = symbol_dicts(hub.board.since(0, hub.board.index(range(len(hub.board)))))
    return {name: fields for name, fields in data.items() if fields and (name in watch or "*" in watch)}


def check_agreed(hub: Hub, client: Client) -> None:
    view = {name: seen.as_dict() for name, seen in client.protocol.view.board.items() if seen.values}
    assert view == expected(hub, client.watch)
    client.take(10_000)
    known = {name: fields for name, fields in client.belief.items() if fields}
    assert {name: fields for name, fields in known.items() if name in view} == view
    assert not client.protocol.view, "an update is left to take"
    for name in known.keys() - view.keys():
        # Only symbols that the user unsubscribed stay in ``belief``.
        assert name not in client.watch
        assert "*" not in client.watch


@given(
    _symbols,
    st.lists(_actions, min_size=30, max_size=80),
    st.booleans(),
    st.sampled_from([1, 2_500, 1_048_576]),
    st.sampled_from([512, 530, 65_536]),
)
def test_view_and_belief_end_equal_to_the_board(
    symbols: list[str], actions: list[Any], complete: bool, frame_bytes: int, message_bytes: int
) -> None:
    """For any ticks, subscribes, broken connections, resumes, epochs and removals, three things are equal: the board's
    values, the view's values, and the sum of all changes that the user took.

    Tiny frames split every snapshot, and tiny messages split every subscribe.
    """
    table = SymbolTable(SYMBOLS)
    limits = Limits(frame_bytes=frame_bytes, message_bytes=message_bytes)
    hub = Hub(SYMBOLS if complete else SYMBOLS[:2], complete=complete, limits=limits)
    client = Client(hub, [*symbols, "AAPL"], "ticker", "json" if len(actions) % 2 else "msgpack", 10)
    client.begin()
    for action in actions:
        act(hub, table, client, action, "ticker")
        if action[0] == "unsubscribe":
            for name in list(client.belief):
                if name not in client.protocol.view.watchlist:
                    del client.belief[name]
    settle(hub, [client], table)
    assert client.protocol.resyncs == 0
    check_agreed(hub, client)


@given(_symbols, st.lists(st.one_of(_actions, st.tuples(st.just("lose"))), min_size=30, max_size=80))
def test_a_lost_frame_is_detected_and_resent(symbols: list[str], actions: list[Any]) -> None:
    """The next update reveals the gap, and a resync closes it: view and belief end equal to the board."""
    table = SymbolTable(SYMBOLS)
    hub = Hub(SYMBOLS)
    client = Client(hub, [*symbols, "AAPL"], "ticker", "msgpack", 10)
    client.begin()
    for action in actions:
        act(hub, table, client, action, "ticker")
        if action[0] == "unsubscribe":
            for name in list(client.belief):
                if name not in client.protocol.view.watchlist:
                    del client.belief[name]
    settle(hub, [client], table)
    check_agreed(hub, client)


_tape_actions = st.one_of(
    st.tuples(st.just("step"), ticks(3, most=3)),
    st.tuples(st.just("step"), ticks(3)),
    st.tuples(st.just("event"), ticks(3)),
    st.tuples(st.just("up"), _few),
    st.tuples(st.just("down"), _few),
    st.tuples(st.just("down"), st.integers(1, 20)),
    st.tuples(st.just("get"), st.integers(1, 10)),
    st.tuples(st.just("ready"), st.booleans()),
    st.tuples(st.just("disconnect")),
    st.tuples(st.just("connect")),
    st.tuples(st.just("poll")),
    st.tuples(st.just("lose")),
)


@given(
    st.lists(_tape_actions, min_size=20, max_size=60),
    st.sampled_from([["AAPL"], ["AAPL", "GOOG"], ["*"]]),
    st.sampled_from([2, 8, 64]),
    st.sampled_from([1, 4, 1_000]),
    st.sampled_from([1, 1_048_576]),
    st.sampled_from([512, 65_536]),
)
def test_every_trade_is_delivered_once_in_order_or_counted_as_lost(
    actions: list[Any], symbols: list[str], ring_ticks: int, queue_ticks: int, frame_bytes: int, message_bytes: int
) -> None:
    """For any lag, ring, queue, broken connections and lost frames: each symbol's trades are those that happened, and
    ``lost`` is the number missing before each, except for losses that the server can't assign to a symbol.
    """
    table = SymbolTable(SYMBOLS[:3])
    hub = Hub(table.names, limits=Limits(frame_bytes=frame_bytes, message_bytes=message_bytes), ring_ticks=ring_ticks)
    client = Client(hub, symbols, "trades", "json", queue_ticks)
    client.begin()
    queue = client.protocol.trades
    happened: dict[str, list[tuple[int, float, float]]] = defaultdict(list)
    place: dict[str, int] = defaultdict(int)
    placed: dict[str, int] = defaultdict(int)

    def get(count: int) -> None:
        for _ in range(count):
            trade = queue.take()
            if trade is None:
                return
            at = place[trade.symbol] + trade.lost
            if "*" in queue.lost:
                # Some were lost without a symbol: this must be a later one.
                at = happened[trade.symbol].index((trade.ts, trade.price, trade.size), at)
            assert happened[trade.symbol][at] == (trade.ts, trade.price, trade.size)
            place[trade.symbol] = at + 1
            placed[trade.symbol] += trade.lost

    def note(published: FeedEvent | None) -> None:
        if isinstance(published, TickBatch):
            trades = published.trades
            for code, ts, price, size in zip(trades.symbol, trades.ts, trades.price, trades.size, strict=True):
                happened[table[int(code)]].append((int(ts), float(price), float(size)))

    for action in actions:
        if action[0] == "get":
            get(action[1])
        else:
            note(act(hub, table, client, action, "trades"))
    rows = [(code, TS + 1_000, 77.0 + code, 1.0) for code in range(len(table))]
    for _ in range(2):
        note(event(table, ("ticks", (rows, []))))  # as `settle` publishes
    settle(hub, [client], table)
    get(100_000)
    assert queue.breaks == 0
    if "*" not in queue.lost:
        for name, trades in happened.items():
            if name in symbols or "*" in symbols:
                # Losses after the last delivered trade are in the total, but in no trade yet.
                assert len(trades) - place[name] == queue.lost.get(name, 0) - placed[name]
    assert queue.lost_in_all == sum(queue.lost.values())
