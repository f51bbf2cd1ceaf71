"""The desk for alerts on a hub: whose they are, who is told, what waits, and what outlives the server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.support.alert_store import MemoryStore
from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet, decoded
from ticker.alerts.op_handler import MAX_NAMED, AlertHandler
from ticker.alerts.store import KEPT
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.hub.hub import Hub
from ticker.model import SymbolTable
from ticker.wire.limits import Limits
from ticker.wire.messages import Fired

TS = 1_700_000_000_000_000_000
NAMES = ("AAPL", "MSFT")


class Place:
    """A hub with a desk, and prices on demand."""

    def __init__(
        self, desk: AlertHandler | None = None, *, limits: Limits | None = None, complete: bool = True
    ) -> None:
        self.desk = AlertHandler() if desk is None else desk
        self.hub = Hub(NAMES, complete=complete, limits=limits, op_handlers=[self.desk], observer=self.desk)
        self.desk.watch(self.hub)
        self.table = SymbolTable(NAMES)
        self.ts = TS

    def trade(self, *prices: float, code: int = 0) -> None:
        """Trades, one after the other, in one batch that is taken in."""
        rows = [(code, self.ts + number, price, 1.0) for number, price in enumerate(prices)]
        self.ts += len(prices)
        self.hub.publish(batch(self.table, rows))
        self.hub.beat(20, TS)

    def waits(self) -> bool:
        return self.hub.waiting


class Client:
    def __init__(
        self, place: Place, owner: str | None = "ann", *, name: str = "", may: Entitlements = EVERYTHING
    ) -> None:
        self.place, self.owner = place, owner
        self.outlet = ScriptedOutlet()
        self.session = place.hub.attach(self.outlet, "json", may, name)
        self.first = self.heard("alert")

    def say(self, op: str, **message: Any) -> dict[str, Any]:
        """Say it, and give back the first thing heard, which is the answer."""
        owner = {} if self.owner is None else {"owner": self.owner}
        before = len(self.outlet.written)
        self.place.hub.receive(self.session, json.dumps({"op": op, **owner, **message}), TS)
        return decoded(self.outlet.written[before], "json")

    def alert(self, when: str = "last >= 190", id: Any = 7, symbol: str = "AAPL", **more: Any) -> dict[str, Any]:  # noqa: A002
        return self.say("alert", id=id, symbol=symbol, when=when, **more)

    def heard(self, kind: str = "alert") -> list[dict[str, Any]]:
        sent, self.outlet.sent = self.outlet.sent, []
        return [message for payload in sent if (message := decoded(payload, "json"))["type"] == kind]

    def is_busy(self) -> bool:
        return self.session.busy

    def gone(self) -> None:
        self.place.hub.detach(self.session)


@pytest.fixture
def place() -> Place:
    return Place()


# What a client says, and is answered


def test_an_alert_is_put_listed_fires_and_is_removed(place: Place) -> None:
    """The whole course, word for word as docs/protocol.md has it."""
    ann = Client(place)
    row = {"id": 7, "symbol": "AAPL", "when": "last >= 190", "once": True, "hysteresis": 0.19, "state": "waiting"}
    assert ann.alert("last>=190") == {"type": "alerts", "id": 7, "alerts": [row], "seq": 0}
    place.trade(189.0, 190.02, 191.0)
    told = {"id": 7, "symbol": "AAPL", "when": "last >= 190", "value": 190.02, "ts": TS + 1, "seq": 1}
    assert ann.heard() == [{"type": "alert", **told}]
    answer = ann.say("alerts", id=8)
    assert answer == {"type": "alerts", "id": 8, "alerts": [{**row, "state": "fired", "count": 1}], "seq": 1}
    assert ann.say("unalert", id=7) == {"type": "alerts", "id": 7, "alerts": [], "seq": 1}
    assert place.desk.count == 0


def test_what_is_there_already_fires_at_once_after_the_answer(place: Place) -> None:
    """With the stamp of the tick that brought it; `crosses` waits for a passage."""
    place.trade(200.0)
    ann = Client(place)
    assert ann.alert()["type"] == "alerts"
    assert [(fired["value"], fired["ts"]) for fired in ann.heard()] == [(200.0, TS)]
    ann.alert("last crosses 190", id=8)
    assert ann.heard() == []
    place.trade(180.0)
    assert [fired["id"] for fired in ann.heard()] == [8]


@pytest.mark.parametrize(
    ("message", "code"),
    [
        ({"when": "last = 1"}, "bad-condition"),
        ({"id": None}, "bad-argument"),
        ({"id": "*"}, "bad-argument"),
        ({"id": ""}, "bad-argument"),
        ({"id": "x" * 65}, "bad-argument"),
        ({"hysteresis": -1}, "bad-argument"),
        ({"owner": ""}, "bad-argument"),
        ({"owner": "x" * 65}, "bad-argument"),
        ({"owner": None}, "no-owner"),
        ({"symbol": "NONE"}, "unknown-symbol"),
        ({"symbol": "*"}, "unknown-symbol"),
    ],
)
def test_what_can_not_be_is_refused_and_leaves_nothing(place: Place, message: dict[str, Any], code: str) -> None:
    """An error with the code and the id; no alert, and no owner, comes of it."""
    ann = Client(place)
    answer = ann.alert(**{"id": 7, **message})
    assert (answer["type"], answer["code"]) == ("error", code)
    assert answer.get("id") == message.get("id", 7)
    assert (place.desk.count, place.desk._owners, place.desk.active) == (0, {}, False)


def test_a_removal_of_what_is_not_there_is_refused_and_all_may_go_at_once(place: Place) -> None:
    """7 and "7" are two ids; `*` stands for all."""
    ann = Client(place)
    ann.alert(id=7)
    ann.alert(id="8")
    assert ann.say("unalert", id="7")["code"] == "no-alert"
    assert ann.say("unalert")["code"] == "bad-argument"
    assert Client(place, "bob").say("unalert", id=7)["code"] == "no-alert"
    assert place.desk.count == 2
    assert ann.say("unalert", id="*")["alerts"] == []
    assert not place.desk.active


def test_an_alert_of_the_same_id_replaces_the_other(place: Place) -> None:
    """It begins anew, in the other's place, and the other fires no more."""
    ann = Client(place)
    ann.alert("last >= 190")
    ann.alert("last >= 1000", id=8)
    place.trade(195.0)
    assert len(ann.heard()) == 1
    assert [row["when"] for row in ann.alert("last >= 210")["alerts"]] == ["last >= 210", "last >= 1000"]
    place.trade(180.0, 195.0, 211.0)
    assert [fired["value"] for fired in ann.heard()] == [211.0]


def test_a_symbol_that_may_still_come_is_waited_for() -> None:
    """On a list that is not complete."""
    place = Place(complete=False)
    ann = Client(place)
    assert ann.alert(symbol="NEW")["type"] == "alerts"
    ann.alert(symbol="NEVER", id=8)
    place.trade(100.0)
    place.table.code("NEW")
    place.trade(195.0, code=2)
    assert [fired["symbol"] for fired in ann.heard()] == ["NEW"]
    ann.say("unalert", id=8)
    assert not place.desk.active


# Limits


def test_there_are_as_many_alerts_as_the_limits_allow() -> None:
    """Of one owner, and in all; replacing one is no more than there were."""
    place = Place(AlertHandler(alerts=3), limits=Limits(alerts=2))
    ann, bob = Client(place), Client(place, "bob")
    for id_ in (1, 2):
        assert ann.alert(id=id_)["type"] == "alerts"
    assert ann.alert(id=3)["code"] == "too-many-alerts"
    assert ann.alert(id=2)["type"] == "alerts"
    assert bob.alert(id=1)["type"] == "alerts"
    assert bob.alert(id=2)["code"] == "too-many-alerts"
    ann.say("unalert", id=1)
    assert bob.alert(id=2)["type"] == "alerts"


def test_a_connection_may_name_some_owners_and_is_told_for_all(place: Place) -> None:
    """The ninth is refused, and one that it has is not."""
    client = Client(place)
    for number in range(MAX_NAMED):
        client.owner = f"owner {number}"
        client.alert()
    client.owner = "one more"
    assert client.alert()["code"] == "no-owner"
    client.owner = "owner 3"
    assert client.say("alerts")["type"] == "alerts"
    place.trade(190.0)
    assert len(client.heard()) == MAX_NAMED


def test_made_up_owners_are_forgotten(place: Place) -> None:
    """Whoever leaves without an alert, or anything that waits, leaves nothing."""
    for number in range(100):
        client = Client(place, f"owner {number}")
        client.say("alerts")
        client.alert()
        client.say("unalert", id=7)
        client.gone()
    assert (place.desk._owners, place.desk._sessions) == ({}, {})


def test_owners_with_a_past_make_room_and_those_with_a_future_do_not() -> None:
    """When there are as many owners as may be, the one that left first is forgotten, in the store too."""
    store = MemoryStore()
    place = Place(AlertHandler(store, owners=2))
    for name in ("ann", "bob"):
        client = Client(place, name)
        client.alert("last >= 1", id=1)
        place.trade(5.0)
        client.say("unalert", id=1)
        client.gone()
    assert set(store.fired) == {"ann", "bob"}
    cid = Client(place, "cid")
    cid.alert("last >= 1000")
    assert set(store.fired) == {"bob"}
    Client(place, "dan").alert("last >= 1000")
    assert store.fired == {}
    assert Client(place, "eve").say("alerts")["code"] == "too-many-alerts"
    assert Client(place, name="a key's").session.name == "a key's"


def test_whoever_waits_for_an_alert_is_not_idle(place: Place) -> None:
    """And is again when all have fired, or gone; also another connection of the owner's."""
    ann, too = Client(place), Client(place)
    too.say("alerts")
    assert not too.is_busy()
    ann.alert(id=1)
    ann.alert(id=2, when="last >= 200")
    assert (ann.session.busy, too.session.busy) == (True, True)
    place.trade(195.0)
    assert too.is_busy()
    ann.say("unalert", id=2)
    assert (ann.session.busy, too.session.busy) == (False, False)


# Whose they are


def test_where_the_server_knows_who_one_is_nobody_speaks_for_others(place: Place) -> None:
    """The key's name is the owner, whatever owner the message names."""
    ann = Client(place, name="ann")
    mallory = Client(place, "ann", name="mallory")
    ann.owner = None
    ann.alert()
    assert mallory.say("alerts")["alerts"] == []
    assert mallory.say("unalert", id=7)["code"] == "no-alert"
    place.trade(190.0)
    assert len(ann.heard()) == 1
    assert mallory.heard() == []


def test_what_one_may_not_see_is_refused_be_it_there_or_not(place: Place) -> None:
    """The same answer for both; and an alert needs the channel `ticker`."""
    some = Client(place, name="some", may=Entitlements(symbols=("M*",)))
    assert some.alert(symbol="AAPL")["code"] == "not-entitled"
    assert some.alert(symbol="NONE")["code"] == "not-entitled"
    assert some.alert(symbol="MNONE")["code"] == "unknown-symbol"
    assert some.alert(symbol="MSFT")["type"] == "alerts"
    other = Client(place, name="other", may=Entitlements(channels=("trades",)))
    assert other.alert(symbol="MSFT")["code"] == "not-entitled"


def test_what_an_owner_may_no_longer_see_does_not_fire() -> None:
    """A key that is revoked, or is for other symbols now; if it is let in again, the next passage is told."""
    allowed: dict[str, Entitlements | None] = {"ann": EVERYTHING}
    place = Place(AlertHandler(may=lambda owner: allowed.get(owner)))
    ann = Client(place, name="ann")
    ann.alert()
    for may in (None, Entitlements(symbols=("MSFT",)), Entitlements(channels=("trades",))):
        allowed["ann"] = may
        place.trade(180.0, 195.0)
        assert ann.heard() == []
    allowed["ann"] = EVERYTHING
    place.trade(196.0)
    assert ann.heard() == []
    place.trade(180.0, 195.0)
    assert len(ann.heard()) == 1


# Who is told, and when


def test_all_connections_of_an_owner_are_told_and_no_others(place: Place) -> None:
    """Once each; the very same bytes."""
    ann, too, bob = Client(place), Client(place), Client(place, "bob")
    ann.alert()
    too.say("alerts")
    bob.say("alerts")
    place.trade(190.0)
    assert ann.outlet.sent[-1] is too.outlet.sent[-1]
    assert (len(ann.heard()), len(too.heard()), bob.heard()) == (1, 1, [])


def test_whoever_is_not_ready_is_told_later(place: Place) -> None:
    """Nothing is queued for it, and the others don't wait."""
    ann, too = Client(place), Client(place)
    ann.alert(once=False)
    too.say("alerts")
    too.outlet.is_ready = False
    place.trade(190.0, 180.0, 190.0)
    assert len(ann.heard()) == 2
    assert too.heard() == []
    assert place.waits()
    too.outlet.is_ready = True
    place.hub.poll(TS)
    assert [fired["seq"] for fired in too.heard()] == [1, 2]
    assert not place.waits()


def test_one_that_leaves_while_it_lags_is_not_waited_for(place: Place) -> None:
    """Nothing polls for it, and what nobody was sent waits for the owner."""
    ann = Client(place)
    ann.alert()
    ann.outlet.is_ready = False
    place.trade(190.0)
    assert place.waits()
    ann.gone()
    assert not place.waits()
    back = Client(place)
    back.say("alerts")
    assert len(back.heard()) == 1


def test_what_fires_while_nobody_is_there_comes_with_the_first_message(place: Place) -> None:
    """After the answer, once: the next connection doesn't get it again."""
    ann = Client(place)
    ann.alert()
    ann.gone()
    place.trade(190.0)
    back = Client(place)
    place.trade(191.0)
    assert back.heard() == []
    assert back.say("alerts")["type"] == "alerts"
    assert [fired["seq"] for fired in back.heard()] == [1]
    third = Client(place)
    third.say("alerts")
    assert third.heard() == []


def test_the_owner_of_a_key_is_told_as_soon_as_it_is_back(place: Place) -> None:
    """Right after the welcome, without a word."""
    ann = Client(place, None, name="ann")
    ann.alert()
    ann.gone()
    place.trade(190.0)
    back = Client(place, None, name="ann")
    assert [fired["value"] for fired in back.first] == [190.0]
    assert decoded(back.outlet.written[0], "json")["type"] == "welcome"
    assert Client(place, None, name="ann").first == []


def test_since_asks_again_for_what_came_after_it(place: Place) -> None:
    """Of what is kept; a number that can't be is of another life of the server's, and gets all."""
    ann = Client(place)
    ann.alert(once=False, hysteresis=0)
    place.trade(*[190.0, 180.0] * 3)
    assert [fired["seq"] for fired in ann.heard()] == [1, 2, 3]
    for since, expected in ((1, [2, 3]), (3, []), (0, [1, 2, 3]), (99, [1, 2, 3]), (-1, [1, 2, 3])):
        assert ann.say("alerts", since=since)["seq"] == 3
        assert [fired["seq"] for fired in ann.heard()] == expected


def test_the_newest_are_kept_and_the_others_counted(place: Place) -> None:
    """More than 500 while nobody was there: the first that comes tells how many were lost."""
    ann = Client(place)
    ann.alert(once=False, hysteresis=0)
    ann.gone()
    place.trade(*[190.0, 180.0] * (KEPT + 3))
    back = Client(place)
    assert back.say("alerts")["seq"] == KEPT + 3
    fired = back.heard()
    assert [each["seq"] for each in fired] == list(range(4, KEPT + 4))
    assert (fired[0]["lost"], "lost" in fired[1]) == (3, False)


def test_trades_and_quotes_of_one_batch_fire_in_the_order_of_time(place: Place) -> None:
    """By their stamps; of one tick, the older alert first."""
    ann = Client(place)
    for id_, when in ((1, "bid >= 10"), (2, "last >= 10"), (3, "last >= 9"), (4, "volume >= 3"), (5, "ask <= 11")):
        ann.alert(when, id=id_)
    trades = [(0, TS + 1, 5.0, 1.0), (0, TS + 5, 10.0, 2.0)]
    quotes = [(0, TS + 3, 10.0, 1.0, 12.0, 1.0), (0, TS + 6, None, 0.0, 11.0, 1.0)]
    place.hub.publish(batch(place.table, trades, quotes))
    place.hub.beat(20, TS)
    assert [(each["id"], each["ts"] - TS, each["value"]) for each in ann.heard()] == [
        (1, 3, 10.0),
        (2, 5, 10.0),
        (3, 5, 10.0),
        (4, 5, 3.0),
        (5, 6, 11.0),
    ]


# What outlives the server


def test_alerts_and_what_fired_outlive_the_server() -> None:
    """State and counts go on; what fired before fires no more, and what nobody was told is told now."""
    store = MemoryStore()
    place = Place(AlertHandler(store))
    ann = Client(place)
    ann.alert("last >= 190", id=1)
    ann.alert("last >= 190", id="2", once=False)
    ann.alert("last crosses 190", id=3, once=False)
    place.trade(180.0, 195.0)
    assert len(ann.heard()) == 3
    rows = ann.say("alerts")["alerts"]
    ann.gone()
    place.trade(180.0, 195.0)

    place = Place(AlertHandler(store))
    place.trade(195.0)
    back = Client(place)
    answer = back.say("alerts")
    assert [row["id"] for row in answer["alerts"]] == [row["id"] for row in rows]
    assert [(row["state"], row["count"]) for row in answer["alerts"]] == [("fired", 1), ("held", 2), ("waiting", 3)]
    assert [(fired["id"], fired["seq"]) for fired in back.heard()] == [(3, 4), ("2", 5), (3, 6)]
    place.trade(180.0)
    assert [(fired["id"], fired["seq"]) for fired in back.heard()] == [(3, 7)]


def test_nobody_is_told_before_it_is_kept() -> None:
    """What a crash takes was told to nobody, and fires again; what it leaves was kept, and is told once."""
    store = MemoryStore(slow=True)
    told: list[tuple[str, Fired]] = []
    desk = AlertHandler(store, fired=lambda owner, fired: told.append((owner, fired)))
    place = Place(desk)
    ann = Client(place)
    ann.alert(once=False)
    store.finish()
    place.trade(190.0)
    assert (ann.heard(), told) == ([], [])

    place = Place(AlertHandler(store))
    ann = Client(place)
    assert ann.say("alerts")["seq"] == 0
    place.trade(190.0)
    assert ann.heard() == []
    store.finish()
    assert [fired["seq"] for fired in ann.heard()] == [1]
    store.finish()
    assert store.delivered == {"ann": 1}

    place = Place(AlertHandler(store))
    place.trade(190.0)
    ann = Client(place)
    assert ann.say("alerts")["seq"] == 1
    assert ann.heard() == []


def test_a_slow_store_is_written_to_once_for_all_that_happened_meanwhile() -> None:
    """There is no queue: of an alert the newest state, and of what fired the newest 500."""
    store = MemoryStore(slow=True)
    place = Place(AlertHandler(store))
    ann = Client(place)
    ann.alert(once=False, hysteresis=0)
    for _ in range(KEPT + 5):
        place.trade(190.0, 180.0)
    store.finish()
    assert store.in_progress is not None
    changes, _ = store.in_progress
    assert [alert.count for alert in changes.alerts] == [KEPT + 5]
    assert [fired.seq for _, fired in changes.fired] == list(range(6, KEPT + 6))
    store.finish()
    fired = ann.heard()
    assert (fired[0]["seq"], fired[0]["lost"], fired[-1]["seq"], len(fired)) == (6, 5, KEPT + 5, KEPT)


def test_a_webhook_hears_of_what_fired_with_its_owner() -> None:
    """Once each, be the owner there or not."""
    told: list[tuple[str, int]] = []
    place = Place(AlertHandler(fired=lambda owner, fired: told.append((owner, fired.seq))))
    ann = Client(place)
    ann.alert()
    ann.gone()
    place.trade(190.0, 180.0, 190.0)
    Client(place).say("alerts")
    assert told == [("ann", 1)]


def test_a_removed_alert_is_removed_from_the_store() -> None:
    """And one that was removed and put again before it was written is there."""
    store = MemoryStore(slow=True)
    place = Place(AlertHandler(store))
    ann = Client(place)
    ann.alert(id=1)
    ann.alert(id=2)
    store.finish()
    ann.say("unalert", id=2)
    ann.say("unalert", id=1)
    ann.alert(id=1)
    while store.in_progress:
        store.finish()
    assert list(store.alerts) == [("ann", 1)]
