"""The Python client's core against the real hub, without sockets: whatever they suffered, they end agreed."""

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


class Party:
    """A protocol on the hub, with everything between them in the test's hands, and what its user believes."""

    def __init__(self, hub: Hub, symbols: list[str], channel: str, encoding: str, queue_ticks: int) -> None:
        self.hub = hub
        self.codec = codec_for(encoding)
        self.protocol = ClientProtocol(symbols, channel, None, queue_ticks, "test")
        self.first = list(symbols)
        #: Symbol to fields, built from nothing but the updates that were taken.
        self.belief: dict[str, dict[str, Any]] = {}
        self.outlet = ScriptedOutlet()
        self.uplink: list[ClientMessage] = []
        self.session: Session | None = None
        self.greeted = False
        self.lost_frames = 0

    def begin(self) -> None:
        """The first connection is made in peace: a protocol that never was live may be refused for good."""
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
        """The connection breaks: what was under way, either way, is gone."""
        if self.session is not None:
            self.hub.detach(self.session)
            self.session = None
            self.outlet.sent.clear()
            self.uplink.clear()
            self.protocol.disconnected()

    def up(self, count: int) -> None:
        """What the client asked reaches the hub."""
        for _ in range(count):
            if self.session is not None and self.uplink:
                # Inbound, the kind of frame tells the encoding; JSON will do for both.
                self.hub.receive(self.session, codec_for("json").encode(self.uplink.pop(0)).decode(), TS)

    def down(self, count: int) -> None:
        """Frames reach the client."""
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
                    assert self.lost_frames, "the hub keeps the protocol"
                    self.disconnect()
                    return

    def lose(self) -> None:
        """The next frame never comes, if it is one whose lack shows: an update that is no part."""
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
        """The user looks at some updates, and believes them."""
        for _ in range(count):
            update = self.protocol.view.take()
            if update is None:
                return
            mine = self.belief.setdefault(update.symbol, {})
            if update.removed:
                assert mine, "removed, though nothing was ever shown"
                del self.belief[update.symbol]
                continue
            assert update.changed, "an update without a change"
            for field, value in update.changed.items():
                assert mine.get(field) != value, "told again, though it did not change"
                if value is None:
                    del mine[field]
                else:
                    mine[field] = value
            assert mine == update.values

    @property
    def watch(self) -> set[str]:
        return set(self.protocol.view.watchlist.tokens()) - self.protocol.rejected.keys()


def settle(hub: Hub, parties: list[Party], table: SymbolTable) -> None:
    """Everybody is connected and reads, something ticks everywhere (so that gaps show), and the hub comes to rest."""
    rows = [(code, TS + 1_000, 77.0 + code, 1.0) for code in range(len(table))]
    hub.publish(Settled())
    for number in range(8):
        for party in parties:
            if party.session is None:
                party.connect()
            party.outlet.is_ready = True
            for _ in range(3):
                party.down(10_000)
                party.up(10_000)
        if number < 2:
            hub.publish(event(table, ("ticks", (rows, []))))
        for _ in range(12):
            for rate in Limits().rates:
                hub.beat(rate, TS)
            hub.flush(TS)
            hub.poll(TS)
    for party in parties:
        assert not party.uplink
        assert not party.outlet.sent
        assert party.protocol.live


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


def act(hub: Hub, table: SymbolTable, party: Party, action: tuple[Any, ...], channel: str) -> FeedEvent | None:
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
        party.up(rest[0])
    elif kind == "down":
        party.down(rest[0])
    elif kind == "take":
        party.take(rest[0])
    elif kind == "subscribe":
        party.subscribe(rest[0], channel)
    elif kind == "unsubscribe":
        party.unsubscribe(rest[0], channel)
    elif kind == "ready":
        party.outlet.is_ready = rest[0]
    elif kind == "disconnect":
        party.disconnect()
    elif kind == "lose":
        party.lose()
    elif party.session is None:
        party.connect()
    return published


def expected(hub: Hub, watch: set[str]) -> dict[str, Any]:
    data = symbol_dicts(hub.board.since(0, hub.board.index(range(len(hub.board)))))
    return {name: fields for name, fields in data.items() if fields and (name in watch or "*" in watch)}


def check_agreed(hub: Hub, party: Party) -> None:
    view = {name: seen.as_dict() for name, seen in party.protocol.view.board.items() if seen.values}
    assert view == expected(hub, party.watch)
    party.take(10_000)
    known = {name: fields for name, fields in party.belief.items() if fields}
    assert {name: fields for name, fields in known.items() if name in view} == view
    assert not party.protocol.view, "something is left to take"
    for name in known.keys() - view.keys():
        # Only what the user dropped himself stays in his belief.
        assert name not in party.watch
        assert "*" not in party.watch


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
    """After any ticks, subscribes, breaks, resumes, epochs and removals: the board's values, the view's, and what a
    user believes who only ever laid over what updates said had changed, are the same.

    Tiny frames make every snapshot one of many parts, tiny messages make every subscribe several.
    """
    table = SymbolTable(SYMBOLS)
    limits = Limits(frame_bytes=frame_bytes, message_bytes=message_bytes)
    hub = Hub(SYMBOLS if complete else SYMBOLS[:2], complete=complete, limits=limits)
    party = Party(hub, [*symbols, "AAPL"], "ticker", "json" if len(actions) % 2 else "msgpack", 10)
    party.begin()
    for action in actions:
        act(hub, table, party, action, "ticker")
        if action[0] == "unsubscribe":
            for name in list(party.belief):
                if name not in party.protocol.view.watchlist:
                    del party.belief[name]
    settle(hub, [party], table)
    assert party.protocol.resyncs == 0
    check_agreed(hub, party)


@given(_symbols, st.lists(st.one_of(_actions, st.tuples(st.just("lose"))), min_size=30, max_size=80))
def test_a_frame_that_never_came_is_noticed_and_made_good(symbols: list[str], actions: list[Any]) -> None:
    """A gap is found at the next update, and asking again closes it: view and belief end equal to the board."""
    table = SymbolTable(SYMBOLS)
    hub = Hub(SYMBOLS)
    party = Party(hub, [*symbols, "AAPL"], "ticker", "msgpack", 10)
    party.begin()
    for action in actions:
        act(hub, table, party, action, "ticker")
        if action[0] == "unsubscribe":
            for name in list(party.belief):
                if name not in party.protocol.view.watchlist:
                    del party.belief[name]
    settle(hub, [party], table)
    check_agreed(hub, party)


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
def test_every_trade_is_got_once_in_order_or_counted_where_it_is_missing(
    actions: list[Any], symbols: list[str], ring_ticks: int, queue_ticks: int, frame_bytes: int, message_bytes: int
) -> None:
    """Lag, a small ring, a small queue, breaks and lost frames: each symbol's trades are those that happened, and
    ``lost`` says exactly how many are missing before each. Only what the server can't split by symbol is not placed.
    """
    table = SymbolTable(SYMBOLS[:3])
    hub = Hub(table.names, limits=Limits(frame_bytes=frame_bytes, message_bytes=message_bytes), ring_ticks=ring_ticks)
    party = Party(hub, symbols, "trades", "json", queue_ticks)
    party.begin()
    queue = party.protocol.trades
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
                # Some were lost of which nobody knows the symbol: it must still be one that comes later.
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
            note(act(hub, table, party, action, "trades"))
    rows = [(code, TS + 1_000, 77.0 + code, 1.0) for code in range(len(table))]
    for _ in range(2):
        note(event(table, ("ticks", (rows, []))))  # as `settle` publishes
    settle(hub, [party], table)
    get(100_000)
    assert queue.breaks == 0
    if "*" not in queue.lost:
        for name, trades in happened.items():
            if name in symbols or "*" in symbols:
                # Those lost behind the last one that came are counted, but not placed yet.
                assert len(trades) - place[name] == queue.lost.get(name, 0) - placed[name]
    assert queue.lost_in_all == sum(queue.lost.values())
