"""The rules of docs/protocol.md about numbers and gaps, through random histories.

A client that follows that page alone notices no gap unless a frame was lost, and then ends with every trade of its
watchlist, each once, or its number in ``lost``.
"""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.support.document_client import DocumentClient, Message, Numbered
from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.hub.hub import Hub
from ticker.model import Restart, SymbolTable
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
NAMES = ("AAPL", "MSFT", "GOOG")
#: The watchlists of the clients: in one message, and in two when they resume.
WATCHED = (["AAPL"], ["AAPL", "GOOG"], ["*"])

_client = st.integers(0, len(WATCHED) - 1)
_tick = st.tuples(st.just("tick"), st.lists(st.integers(0, 2), min_size=1, max_size=4))
_actions = st.one_of(
    _tick,
    _tick,
    _tick,
    st.tuples(st.just("beat")),
    st.tuples(st.just("ready"), _client, st.booleans()),
    st.tuples(st.just("deliver"), _client),
    st.tuples(st.just("deliver"), _client),
    st.tuples(st.just("lose"), _client),
    st.tuples(st.just("lose"), _client),
    st.tuples(st.just("reconnect"), _client),
    st.tuples(st.just("empty"), _client),
    st.tuples(st.just("restart")),
)


class Connected:
    """A client that watches trades, and prices, from the first trade on."""

    def __init__(self, hub: Hub, symbols: list[str]) -> None:
        self.hub = hub
        self.client = DocumentClient()
        self.symbols = symbols
        #: How many frames were lost on the way.
        self.lost_frames = 0
        requests = self.client.subscribe(*symbols, channel="trades"), self.client.subscribe(*symbols)
        self.attach()
        self.deliver()
        self.send(*requests)
        self.deliver()

    @property
    def trades(self) -> Numbered:
        return self.client.channels["trades", ""]

    def attach(self) -> None:
        self.outlet = ScriptedOutlet()
        self.session = self.hub.attach(self.outlet, "json")

    def send(self, *messages: Message) -> None:
        for message in messages:
            self.hub.receive(self.session, json.dumps(message), TS)

    def deliver(self, *, losing: bool = False) -> None:
        """Take what was sent; ``losing``: without the first frame that has trades or prices."""
        sent, self.outlet.sent = self.outlet.sent, []
        for message in (decoded(payload, "json") for payload in sent):
            # What a resume sends is not lost here: the next frame would not show it.
            steady = self.trades.resuming is None and not self.trades.resumed
            if losing and steady and message["type"] in ("trades", "update") and message["data"]:
                losing = False
                self.lost_frames += 1
                continue
            self.send(*self.client.receive(message))

    def reconnect(self) -> None:
        self.hub.detach(self.session)
        self.attach()
        self.deliver()
        self.trades.resuming, self.trades.resumed = None, False
        self.send(*self.client.reconnected())

    def empty(self) -> None:
        """Unsubscribe from all trades, and subscribe again."""
        self.deliver()
        self.send(self.client.unsubscribe(*self.trades.watchlist, channel="trades"))
        self.deliver()
        self.send(self.client.subscribe(*self.symbols, channel="trades"))
        # A client whose connection breaks before it has a number does not know what it missed.
        beat(self.hub)
        self.deliver()


def beat(hub: Hub) -> None:
    for rate in Limits().rates:
        hub.beat(rate, TS)
    hub.flush(TS)
    hub.poll(TS)


@given(st.lists(_actions, min_size=15, max_size=60), st.sampled_from([1, 4, 64, 64]), st.sampled_from([1, 1_048_576]))
def test_a_client_notices_lost_frames_and_nothing_else(actions: list[Any], ring_ticks: int, frame_bytes: int) -> None:
    """A trade's size is its number in the history. What is received, and what was lost, is all since it subscribed."""
    table = SymbolTable(NAMES)
    hub = Hub(NAMES, limits=Limits(frame_bytes=frame_bytes), ring_ticks=ring_ticks)
    clients = [Connected(hub, symbols) for symbols in WATCHED]
    happened: list[str] = []

    def publish(codes: list[int]) -> None:
        first = len(happened) + 1
        hub.publish(batch(table, [(code, TS, 10.0, float(first + place)) for place, code in enumerate(codes)]))
        happened.extend(NAMES[code] for code in codes)

    def settle() -> None:
        """Until every client has everything. The next trade of each symbol shows whether a frame was lost before."""
        for connected in clients:
            connected.outlet.is_ready = True
        for codes in ([], [0, 1, 2]):
            if codes:
                publish(codes)
            for _ in range(10):
                beat(hub)
                for connected in clients:
                    connected.deliver()

    for kind, *rest in actions:
        if kind == "tick":
            publish(rest[0])
        elif kind == "beat":
            beat(hub)
        elif kind == "restart":
            settle()
            hub.publish(Restart())
            beat(hub)
            for connected in clients:
                connected.deliver()
        elif kind == "ready":
            clients[rest[0]].outlet.is_ready = rest[1]
        elif kind == "deliver":
            clients[rest[0]].deliver()
        elif kind == "lose":
            clients[rest[0]].deliver(losing=True)
        elif kind == "reconnect":
            clients[rest[0]].reconnect()
        else:
            settle()
            clients[rest[0]].empty()
    settle()
    for connected in clients:
        client, trades = connected.client, connected.trades
        assert len(client.gaps) <= connected.lost_frames
        assert (client.errors, trades.breaks) == ([], 0)
        wanted = [
            number for number, name in enumerate(happened, 1) if name in connected.symbols or "*" in connected.symbols
        ]
        received = [row[3] for row in trades.rows]
        assert received == sorted(set(received))
        assert set(received) <= set(wanted)
        total = len(received) + sum(trades.lost.values())
        # Under `*` the trades of all symbols are counted.
        assert total == len(wanted) or ("*" in trades.lost and total > len(wanted))
        assert trades.lost or received[-1] == wanted[-1]
        newest = {name: number for number, name in enumerate(happened, 1)}
        assert {name: fields["last_size"] for name, fields in client.view.items()} == {
            name: newest[name] for name in (NAMES if "*" in connected.symbols else connected.symbols)
        }
