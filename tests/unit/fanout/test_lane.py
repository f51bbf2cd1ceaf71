"""Lanes: shared frames, skipped slow consumers, and catching up, on every channel."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet
from ticker.fanout.ring_lane import TICK_BYTES
from ticker.hub.hub import Hub
from ticker.model import SymbolTable, Watermark
from ticker.wire.limits import Limits

S = 1_000_000_000
CHANNELS = ("ticker", "trades", "bars")


class Client:
    def __init__(self, hub: Hub, channel: str, symbols: tuple[str, ...] = ("A",)) -> None:
        self.hub = hub
        self.outlet = ScriptedOutlet()
        self.session = hub.attach(self.outlet, "json")
        message = {"op": "subscribe", "channel": channel, "symbols": symbols, "interval": "1s", "rate": 10}
        hub.receive(self.session, json.dumps(message), 0)
        self.outlet.sent.clear()

    def data(self) -> list[Any]:
        """The ``data`` of each frame since the last call."""
        frames, self.outlet.sent = self.outlet.sent, []
        return [json.loads(frame)["data"] for frame in frames]


class Market:
    def __init__(self, frame_bytes: int = 1 << 20, ring_ticks: int = 64) -> None:
        self.table = SymbolTable(("A", "B"))
        self.hub = Hub(self.table.names, limits=Limits(frame_bytes=frame_bytes), ring_ticks=ring_ticks)
        self.seconds = 0

    def trade(self, *codes: int) -> None:
        """A second passes, in which each symbol trades once, and every lane beats. The bars before it are closed."""
        self.seconds += 1
        self.hub.publish(Watermark(self.seconds * S))
        self.hub.publish(batch(self.table, [(code, self.seconds * S, self.seconds, 1.0) for code in codes]))
        self.hub.beat(10, 0)
        self.hub.flush(0)


@pytest.mark.parametrize("channel", CHANNELS)
def test_clients_with_equal_watchlists_get_the_same_bytes(channel: str) -> None:
    """One frame is made for both: the very same object."""
    market = Market()
    one, two = Client(market.hub, channel, ("A", "B")), Client(market.hub, channel, ("B", "A"))
    market.trade(0, 1)
    assert len(one.outlet.sent) == 1
    assert one.outlet.sent[0] is two.outlet.sent[0]


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_client_gets_nothing_of_other_symbols(channel: str) -> None:
    market = Market()
    client = Client(market.hub, channel)
    market.trade(1)
    assert client.data() == []


@pytest.mark.parametrize("channel", CHANNELS)
def test_a_slow_consumer_is_skipped_and_catches_up_with_one_frame(channel: str) -> None:
    """The other member of its group is served as before, and afterwards the two share frames again."""
    market = Market()
    slow, other = Client(market.hub, channel), Client(market.hub, channel)
    market.trade(0)
    slow.data(), other.data()
    slow.outlet.is_ready = False
    for _ in range(3):
        market.trade(0)
    assert (slow.data(), len(other.data()), market.hub.lanes.behind) == ([], 3, 1)
    slow.outlet.is_ready = True
    market.trade(0)
    (caught_up,) = slow.data()
    if channel == "ticker":
        assert caught_up["A"]["last"] == 5
    elif channel == "trades":
        assert [price for _, _, price, _ in caught_up] == [2, 3, 4, 5]
    else:
        assert [(bar[1] // S, bar[-1]) for bar in caught_up] == [(1, True), (2, True), (3, True), (4, True), (5, False)]
    assert market.hub.lanes.behind == 0
    other.outlet.sent.clear()
    market.trade(0)
    assert slow.outlet.sent[0] is other.outlet.sent[0]


@pytest.mark.parametrize("channel", ["trades", "bars"])
def test_items_that_left_the_ring_are_counted_by_symbol(channel: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """``*`` watches both symbols; what was lost plus what comes is all that happened."""
    monkeypatch.setattr("ticker.market.bar_level.RING_BARS", 4)
    market = Market(ring_ticks=4)
    slow = Client(market.hub, channel, ("*",))
    slow.outlet.is_ready = False
    for _ in range(6):
        market.trade(0, 1, 1)
    slow.outlet.is_ready = True
    market.hub.beat(10, 0)
    market.hub.flush(0)
    lost, came = {"A": 0, "B": 0}, {"A": 0, "B": 0}
    for frame in map(json.loads, slow.outlet.sent):
        for name, count in frame.get("lost", {}).items():
            lost[name] += count
        for item in frame["data"]:
            came[item[0]] += item[-1] is not False
    closed = {"A": 5, "B": 5} if channel == "bars" else {"A": 6, "B": 12}
    assert all(lost.values())
    assert {name: lost[name] + came[name] for name in lost} == closed


@pytest.mark.parametrize("is_slow", [False, True])
@pytest.mark.parametrize("channel", ["trades", "bars"])
def test_what_exceeds_a_frame_is_split(channel: str, is_slow: bool) -> None:
    """With room for one tick or bar, each comes in a frame of its own, for a slow consumer too."""
    market = Market(frame_bytes=TICK_BYTES)
    client = Client(market.hub, channel, ("A", "B"))
    client.outlet.is_ready = not is_slow
    market.trade(0, 1)
    client.outlet.is_ready = True
    for _ in range(2):
        market.hub.beat(10, 0)
        market.hub.poll(0)
    assert [len(data) for data in client.data()] == [1, 1]
    assert market.hub.lanes.behind == 0
