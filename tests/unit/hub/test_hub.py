"""The hub: which client gets which frame, and when. Without sockets and clocks."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.errors import BatchError
from ticker.fanout.ticker_lane import SYMBOL_BYTES
from ticker.hub.hub import HEARTBEAT_STEPS, Hub
from ticker.hub.session import Session
from ticker.market.market import MAX_PENDING_TICKS
from ticker.model import Removal, Restart, Rollover, Settled, SymbolTable
from ticker.wire.limits import Limits
from ticker.wire.messages import FeedState

TS = 1_700_000_000_000_000_000
NAMES = ("AAPL", "MSFT", "GOOG")


class Client:
    def __init__(self, hub: Hub, encoding: str = "json") -> None:
        self.hub = hub
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session: Session = hub.attach(self.outlet, encoding)

    def say(self, op: str = "subscribe", **message: Any) -> None:
        self.hub.receive(self.session, json.dumps({"op": op, **message}), TS)

    def heard(self) -> list[dict[str, Any]]:
        sent, self.outlet.sent = self.outlet.sent, []
        return [decoded(payload, self.encoding) for payload in sent]

    def updates(self) -> list[dict[str, Any]]:
        return [message for message in self.heard() if message["type"] == "update"]


@pytest.fixture
def table() -> SymbolTable:
    return SymbolTable(NAMES)


@pytest.fixture
def hub() -> Hub:
    return Hub(NAMES, epoch="epoch")


def test_an_added_symbol_is_sent_whole_with_the_changes_of_the_others(hub: Hub, table: SymbolTable) -> None:
    """In one frame with one version."""
    client = Client(hub)
    hub.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, 2.0, 1.0)]))
    client.say(symbols=["AAPL"])
    client.heard()
    hub.publish(batch(table, [(0, TS, 1.5, 1.0)]))
    client.say(symbols=["MSFT"])
    (update,) = client.updates()
    assert (update["since"], update["version"]) == (1, 2)
    assert update["data"]["MSFT"]["open"] == 2
    assert "open" not in update["data"]["AAPL"]
    assert update["data"]["AAPL"]["last"] == 1.5


def test_an_update_has_only_the_fields_that_changed(hub: Hub, table: SymbolTable) -> None:
    """A trade at the last price changes the timestamp, the volume and the number of trades."""
    client = Client(hub)
    client.say(symbols=["AAPL"])
    hub.publish(batch(table, [(0, TS, 1.0, 5.0)]))
    hub.beat(10, TS)
    client.heard()
    hub.publish(batch(table, [(0, TS + 1, 1.0, 5.0)]))
    hub.beat(10, TS)
    (update,) = client.updates()
    assert update["data"] == {"AAPL": {"volume": 10, "trades": 2, "ts": TS + 1}}


def test_equal_watchlists_share_the_same_bytes(hub: Hub, table: SymbolTable) -> None:
    """One frame is built for all clients of a watchlist, in any order of symbols."""
    first, second, other = Client(hub), Client(hub), Client(hub)
    first.say(symbols=["AAPL", "MSFT"])
    second.say(symbols=["MSFT", "AAPL"])
    other.say(symbols=["MSFT"])
    hub.publish(batch(table, [(0, TS, 1.0, 5.0)]))
    hub.beat(10, TS)
    assert first.outlet.sent[-1] is second.outlet.sent[-1]
    assert other.updates()[-1]["data"] == {}


def test_a_client_gets_no_frame_without_changes(hub: Hub, table: SymbolTable) -> None:
    """Its next frame builds on the last one that it got."""
    client = Client(hub)
    client.say(symbols=["AAPL"])
    (told,) = client.updates()
    for _ in range(3):
        hub.publish(batch(table, [(1, TS, 1.0, 5.0)]))
        hub.beat(10, TS)
    assert client.heard() == []
    hub.publish(batch(table, [(0, TS, 1.0, 5.0)]))
    hub.beat(10, TS)
    (update,) = client.updates()
    assert (update["since"], update["version"]) == (told["version"], 4)


def test_a_slow_consumer_catches_up_with_one_update(hub: Hub, table: SymbolTable) -> None:
    """Nothing is queued for it. It gets the latest values at the next beat after it is ready."""
    client, other = Client(hub), Client(hub)
    for each in (client, other):
        each.say(symbols=["AAPL"])
        each.heard()
    client.outlet.is_ready = False
    for step in range(5):
        hub.publish(batch(table, [(0, TS + step, 1.0 + step, 1.0)]))
        hub.beat(10, TS)
    assert client.heard() == []
    assert len(other.updates()) == 5
    client.outlet.is_ready = True
    hub.poll(TS)
    assert client.heard() == [], "a client catches up at its rate, not faster"
    hub.beat(10, TS)
    (update,) = client.updates()
    assert (update["since"], update["version"]) == (0, 5)
    assert update["data"]["AAPL"]["last"] == 5
    hub.beat(10, TS)
    assert client.heard() == []


def test_rate_0_sends_at_the_end_of_the_turn(hub: Hub, table: SymbolTable) -> None:
    """Without a beat; all batches of a turn make one update."""
    client = Client(hub)
    client.say(symbols=["AAPL"], rate=0)
    client.heard()
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    hub.publish(batch(table, [(0, TS, 2.0, 1.0)]))
    assert client.heard() == []
    hub.flush(TS)
    (update,) = client.updates()
    assert (update["version"], update["data"]["AAPL"]["last"]) == (hub.apply_pending().version, 2)


@pytest.mark.parametrize(
    ("asked", "granted"), [(0, 0), (0.5, 0.5), (0.9, 0.5), (3, 2), (10, 10), (59.9, 20), (1e300, 60)]
)
def test_a_rate_is_rounded_down_to_an_offered_one(hub: Hub, asked: float, granted: float) -> None:
    """The answer has the granted rate."""
    client = Client(hub)
    client.say(symbols=["AAPL"], rate=asked)
    assert client.heard()[1]["rate"] == granted


def test_a_new_rate_holds_for_the_whole_connection(hub: Hub, table: SymbolTable) -> None:
    """A later subscribe, also to another channel, changes it without loss."""
    client = Client(hub)
    client.say(symbols=["AAPL"], rate=1)
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    client.say(symbols=[], channel="trades", rate=20)
    assert client.updates()[-1]["data"]["AAPL"]["last"] == 1
    assert hub.rates == {20}
    hub.publish(batch(table, [(0, TS, 2.0, 1.0)]))
    hub.beat(1, TS)
    assert client.heard() == []
    hub.beat(20, TS)
    assert client.updates()[0]["data"]["AAPL"]["last"] == 2


def test_only_the_last_part_of_a_snapshot_has_the_new_version(table: SymbolTable) -> None:
    """A client disconnected in between resumes with the version that it really has."""
    hub = Hub(NAMES, limits=Limits(frame_bytes=2 * SYMBOL_BYTES))
    client = Client(hub)
    hub.publish(batch(table, [(code, TS, 1.0, 1.0) for code in range(3)]))
    client.say(symbols=["*"])
    (first,) = client.updates()
    hub.publish(batch(table, [(0, TS, 2.0, 1.0)]))
    hub.poll(TS)
    (second,) = client.updates()
    assert [(part["since"], part["version"], len(part["data"])) for part in (first, second)] == [(0, 0, 2), (0, 1, 1)]
    hub.beat(10, TS)
    (rest,) = client.updates()
    assert (rest["since"], rest["version"], rest["data"].keys()) == (1, 2, {"AAPL"})


def test_a_symbol_unsubscribed_during_a_snapshot_is_no_longer_sent(table: SymbolTable) -> None:
    """It is left out of the parts that follow."""
    hub = Hub(NAMES, limits=Limits(frame_bytes=SYMBOL_BYTES))
    client = Client(hub)
    hub.publish(batch(table, [(code, TS, 1.0, 1.0) for code in range(3)]))
    client.outlet.is_ready = False
    client.say(symbols=list(NAMES))
    client.outlet.is_ready = True
    hub.beat(10, TS)
    client.outlet.is_ready = False
    client.say("unsubscribe", symbols=["MSFT"])
    client.outlet.is_ready = True
    for _ in range(4):
        hub.poll(TS)
        hub.beat(10, TS)
    sent = [symbol for update in client.updates() for symbol in update["data"]]
    assert sent == ["AAPL", "GOOG"]


def test_symbols_resumed_during_a_snapshot_are_sent(table: SymbolTable) -> None:
    """A second subscribe with ``since`` while parts are pending: the symbols of both end equal to the board."""
    hub = Hub(NAMES, epoch="epoch", limits=Limits(frame_bytes=SYMBOL_BYTES))
    client = Client(hub)
    hub.publish(batch(table, [(code, TS, 1.0, 1.0) for code in range(3)]))
    before = hub.apply_pending().version
    hub.publish(batch(table, [(code, TS, 2.0, 1.0) for code in range(3)]))
    client.say(symbols=["AAPL", "MSFT"])
    client.say(symbols=["GOOG"], since={"epoch": "epoch", "version": before})
    for _ in range(5):
        hub.poll(TS)
        hub.beat(10, TS)
    last = {name: fields["last"] for update in client.updates() for name, fields in update["data"].items()}
    assert last == dict.fromkeys(NAMES, 2)


def test_losses_are_reported_once_after_a_second_subscribe(table: SymbolTable) -> None:
    """Losses that were not reported yet are counted again from the position that the client gives."""
    hub = Hub(NAMES, epoch="epoch", ring_ticks=2)
    client = Client(hub)
    client.say(symbols=["AAPL"], channel="trades")
    client.heard()
    client.outlet.is_ready = False
    for step in range(6):
        hub.publish(batch(table, [(0, TS + step, 1.0, 1.0)]))
        hub.flush(TS)
    client.say(symbols=["AAPL"], channel="trades", since={"epoch": "epoch", "version": 0})
    client.outlet.is_ready = True
    hub.poll(TS)
    assert [message["lost"] for message in client.heard() if message["type"] == "trades"] == [{"AAPL": 4}]


def test_a_lane_that_has_not_had_a_beat_reports_lost_values(hub: Hub, table: SymbolTable) -> None:
    """Its clients may have caught up before, and have the values."""
    client = Client(hub)
    client.say(symbols=["AAPL"])
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    client.say(symbols=[], since={"epoch": hub.board.epoch, "version": 0})
    hub.publish(Rollover(table))
    hub.beat(10, TS)
    assert client.updates()[-1]["data"]["AAPL"]["open"] is None


def test_a_rollover_of_all_symbols_gives_each_its_own_close(hub: Hub, table: SymbolTable) -> None:
    """Also if a symbol was removed, which it does not bring back."""
    hub.publish(batch(table, [(code, TS, 1.0, 1.0) for code in range(len(table))]))
    hub.publish(Removal((table[len(table) - 1],)))
    hub.publish(Rollover(table, None, np.arange(1.0, len(table) + 1)))
    values = hub.snapshot(["*"], TS).data
    assert [fields["prev_close"] for fields in values.values() if fields] == list(range(1, len(table)))


def test_a_client_can_subscribe_to_a_removed_symbol(hub: Hub, table: SymbolTable) -> None:
    """It gets the symbol when it ticks again."""
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    hub.publish(Removal(("AAPL",)))
    client = Client(hub)
    client.say(symbols=["AAPL"])
    hub.publish(batch(table, [(0, TS, 2.0, 1.0)]))
    hub.beat(10, TS)
    assert client.updates()[-1]["data"]["AAPL"]["open"] == 2


def test_an_update_larger_than_a_frame_is_split(table: SymbolTable) -> None:
    """No frame is larger than `limits.frame_bytes`."""
    hub = Hub(NAMES, limits=Limits(frame_bytes=SYMBOL_BYTES))
    client = Client(hub)
    client.say(symbols=["*"], rate=0)
    for price in (1.0, 2.0):
        # One symbol never takes more than SYMBOL_BYTES, so a larger frame has several.
        hub.publish(batch(table, [(code, TS, price, 1e9 / 7) for code in range(3)], _wide(price)))
        hub.flush(TS)
        while hub.waiting:
            hub.poll(TS)
    assert max(map(len, client.outlet.sent[1:])) <= SYMBOL_BYTES + 100
    view: dict[str, Any] = {}
    for update in client.updates():
        view.update({name: fields["last"] for name, fields in update["data"].items() if "last" in fields})
    assert view == dict.fromkeys(NAMES, 2)


def _wide(price: float) -> list[Any]:
    return [(code, TS, price / 3, 1e9 / 7, price / 7, 1e9 / 3) for code in range(3)]


def test_trades_lost_by_a_slow_consumer_are_counted_by_symbol(table: SymbolTable) -> None:
    """A client too far behind the ring buffer is told how many trades of each symbol it lost, and continues."""
    hub = Hub(NAMES, ring_ticks=4)
    client = Client(hub)
    client.say(symbols=["AAPL", "GOOG"], channel="trades")
    client.heard()
    client.outlet.is_ready = False
    for step in range(5):
        hub.publish(batch(table, [(0, TS + step, 1.0, 1.0), (1, TS + step, 2.0, 1.0)]))
        hub.flush(TS)
    hub.publish(batch(table, [(2, TS + 9, 3.0, 1.0)]))
    client.outlet.is_ready = True
    hub.flush(TS)
    (message,) = client.heard()
    assert (message["since"], message["version"]) == (0, 11)
    assert message["lost"] == {"AAPL": 4}
    assert message["data"] == [["AAPL", TS + 4, 1, 1], ["GOOG", TS + 9, 3, 1]]


def test_a_pong_that_the_encoding_cannot_carry_is_an_error(hub: Hub) -> None:
    """JSON has integers that msgpack can't encode. The client stays connected."""
    client = Client(hub, "msgpack")
    client.heard()
    client.say("ping", id=3, data=10**30)
    (error,) = client.heard()
    assert (error["type"], error["id"], error["code"]) == ("error", 3, "bad-argument")
    assert error["message"].startswith("data:")


def test_an_error_changes_nothing(hub: Hub, table: SymbolTable) -> None:
    """A refused subscribe adds no symbol and does not change the rate."""
    client = Client(hub)
    client.say(symbols=["AAPL"], rate=20)
    client.say(symbols=["MSFT"], rate=-1)
    client.say(symbols=["MSFT"], channel="nope", rate=1)
    client.heard()
    client.say(symbols=[])
    (answer,) = client.heard()
    assert (answer["symbols"], answer["rate"]) == (["AAPL"], 20)


def test_heartbeats_go_to_silent_clients(hub: Hub, table: SymbolTable) -> None:
    """After a full interval without a frame, with a version that the client can resume from."""
    busy, idle = Client(hub), Client(hub)
    busy.say(symbols=["AAPL"])
    idle.say(symbols=["MSFT"])
    for client in (busy, idle):
        client.heard()
    for step in range(2 * HEARTBEAT_STEPS):
        hub.publish(batch(table, [(0, TS + step, 1.0 + step, 1.0)]))
        hub.beat(10, TS)
        hub.heartbeat(TS)
    assert {message["type"] for message in busy.heard()} == {"update"}
    beats = idle.heard()
    assert [message["type"] for message in beats] == ["heartbeat", "heartbeat"]
    assert beats[-1]["version"] > 0
    assert beats[-1]["feed"] == {"state": "live", "ts": None}


def test_a_heartbeat_has_the_state_of_the_feed(table: SymbolTable) -> None:
    """The hub asks its owner for it."""
    hub = Hub(NAMES, feed_state=lambda: FeedState(state="stale", ts=5))
    client = Client(hub)
    client.heard()
    for _ in range(HEARTBEAT_STEPS):
        hub.heartbeat(TS)
    assert client.heard()[0]["feed"] == {"state": "stale", "ts": 5}


def test_an_invalid_batch_is_refused_whole(hub: Hub, table: SymbolTable) -> None:
    """Nothing of the batch is applied; the next batch is."""
    for price in (0.0, -1.0, float("nan"), float("inf")):
        with pytest.raises(BatchError, match=r"trades\.price: 1 of 2"):
            hub.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, price, 1.0)]))
    assert hub.apply_pending().version == 0
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    assert hub.apply_pending().version == 1


def test_nothing_is_kept_of_a_client_that_disconnected(hub: Hub, table: SymbolTable) -> None:
    """Whatever it watched, in step or not."""
    for number in range(20):
        client = Client(hub, "json" if number % 2 else "msgpack")
        client.say(symbols=["AAPL", "*"][: number % 3], rate=[0, 1, 60][number % 3])
        client.say(symbols=["MSFT"], channel="trades")
        client.outlet.is_ready = number % 4 > 0
        hub.publish(batch(table, [(0, TS, 1.0 + number, 1.0)]))
        hub.flush(TS)
        hub.detach(client.session)
    assert not hub.sessions
    assert not hub.rates
    assert not hub.waiting


def test_a_snapshot_has_what_a_subscriber_gets(hub: Hub, table: SymbolTable) -> None:
    """The same fields, and the version to continue from. Removed and unknown symbols are rejected."""
    hub.publish(batch(table, [(0, TS, 1.0, 1.0), (1, TS, 2.0, 0.5)], [(0, TS, None, 0.0, 3.0, 1.0)]))
    hub.publish(Removal(("MSFT",)))
    snapshot = hub.snapshot(["AAPL", "MSFT", "NO", "", "*"], TS)
    client = Client(hub)
    client.say(symbols=["*"])
    (update,) = client.updates()
    assert json.loads(json.dumps(snapshot.data)) == update["data"]
    assert snapshot.version == update["version"]
    assert snapshot.rejected == dict.fromkeys(["MSFT", "NO", ""], "unknown-symbol")


def test_a_hidden_history_appears_in_one_step(hub: Hub, table: SymbolTable) -> None:
    """Clients keep what they have until it is settled. Then they get a new epoch, and no intermediate values."""
    client = Client(hub)
    client.say(symbols=["AAPL"])
    client.say(symbols=["AAPL"], channel="trades")
    hub.publish(batch(table, [(0, TS, 9.0, 1.0)]))
    hub.beat(10, TS)
    hub.flush(TS)
    client.heard()
    hub.publish(Restart(epoch="second", hidden=True))
    for price in (1.0, 2.0):
        hub.publish(batch(table, [(0, TS, price, 1.0), (1, TS, price, 1.0)]))
        hub.beat(10, TS)
        hub.flush(TS)
    assert client.heard() == []
    assert hub.snapshot(["AAPL"], TS).data["AAPL"] is not None
    late = Client(hub)
    late.say(symbols=["AAPL"])
    assert [update["data"]["AAPL"]["last"] for update in late.updates()] == [9]
    hub.publish(Settled())
    hub.beat(10, TS)
    hub.flush(TS)
    for each in (client, late):
        welcome, *rest = each.heard()
        assert (welcome["type"], welcome["epoch"]) == ("welcome", "second")
        updates = [message for message in rest if message["type"] == "update"]
        assert [update["data"]["AAPL"]["last"] for update in updates] == [2]
        assert not [trade for message in rest if message["type"] == "trades" for trade in message["data"]]


def test_a_symbol_that_appears_in_a_hidden_history_is_sent_to_clients_that_wait_for_it(table: SymbolTable) -> None:
    """Symbols keep their rows, and new ones follow."""
    hub = Hub(["AAPL"], complete=False)
    client = Client(hub)
    client.say(symbols=["AAPL", "GOOG"])
    hub.publish(Restart(hidden=True))
    hub.publish(batch(table, [(0, TS, 1.0, 1.0), (2, TS, 3.0, 1.0)]))
    hub.publish(Settled())
    hub.beat(10, TS)
    assert client.updates()[-1]["data"].keys() == {"AAPL", "GOOG"}


def test_a_visible_restart_drops_the_hidden_history(hub: Hub, table: SymbolTable) -> None:
    """Nothing is left of a history that a failed feed began."""
    hub.publish(Restart(hidden=True))
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    hub.publish(Restart())
    hub.publish(Settled())
    assert hub.snapshot(["AAPL"], TS).data == {}
    hub.publish(batch(table, [(0, TS, 2.0, 1.0)]))
    assert hub.snapshot(["AAPL"], TS).data["AAPL"]["last"] == 2  # type: ignore[index]  # it is there


def test_a_heartbeat_has_no_older_version_than_the_last_frame(hub: Hub, table: SymbolTable) -> None:
    """A client that caught up after its lane's last beat gets its own version."""
    client = Client(hub)
    client.say(symbols=["MSFT"])
    hub.publish(batch(table, [(0, TS, 1.0, 1.0)]))
    client.say(symbols=["AAPL"])
    assert client.updates()[-1]["version"] == 1
    for _ in range(HEARTBEAT_STEPS):
        hub.heartbeat(TS)
    assert [message["version"] for message in client.heard()] == [1]


def test_pending_ticks_are_applied_before_anything_reads_them(table: SymbolTable) -> None:
    """Values, numbers, new symbols and the order of events are as if each batch were applied at once."""
    hub = Hub(NAMES, epoch="epoch", complete=False)
    client = Client(hub)
    client.say(symbols=["NEW"], rate=10)
    client.say(channel="trades", symbols=["AAPL"])
    client.heard()
    hub.publish(batch(table, [(0, TS, 1.0, 10.0)], [(0, TS, 0.5, 1.0, 1.5, 1.0)]))
    hub.publish(batch(table, [(0, TS + 1, 3.0, 10.0), (0, TS + 1, 2.0, 10.0)]))
    other = SymbolTable(("NEW", "AAPL"))
    hub.publish(batch(other, [(0, TS + 2, 7.0, 1.0), (1, TS + 2, 4.0, 1.0)]))
    assert hub.snapshot(["AAPL"], TS).data["AAPL"] == {
        "last": 4,
        "last_size": 1,
        "open": 1,
        "high": 4,
        "low": 1,
        "volume": 31,
        "trades": 4,
        "vwap": pytest.approx(64 / 31),
        "bid": 0.5,
        "bid_size": 1,
        "ask": 1.5,
        "ask_size": 1,
        "ts": TS + 2,
    }
    hub.apply_pending()
    assert hub.market.rings["trades"].head == 5
    hub.publish(batch(other, [(1, TS + 3, 9.0, 1.0)]))
    hub.publish(Removal(("AAPL",)))
    assert "AAPL" not in hub.snapshot(["AAPL"], TS).data
    hub.beat(10, TS)
    hub.flush(TS)
    heard = client.heard()
    assert [frame["data"]["NEW"]["last"] for frame in heard if frame["type"] == "update"] == [7]
    trades = [row for frame in heard if frame["type"] == "trades" for row in frame["data"]]
    assert [row[2] for row in trades] == [1, 3, 2, 4, 9]


def test_pending_ticks_are_bounded(table: SymbolTable) -> None:
    """Without clients there are no beats; the ticks are applied all the same."""
    hub = Hub(NAMES)
    many = batch(table, [(0, TS, 1.0, 1.0)] * 1_000)
    for _ in range(20):
        hub.publish(many)
    assert hub.board.version >= 2
    assert 20_000 - hub.market.rings["trades"].head < MAX_PENDING_TICKS
