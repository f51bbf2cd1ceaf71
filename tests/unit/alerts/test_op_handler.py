"""The alert handler on a hub: owners, limits, delivery, storage."""

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


class AlertServer:
    """A hub with an alert handler and scripted trades."""

    def __init__(
        self, handler: AlertHandler | None = None, *, limits: Limits | None = None, complete: bool = True
    ) -> None:
        self.handler = AlertHandler() if handler is None else handler
        self.hub = Hub(NAMES, complete=complete, limits=limits, op_handlers=[self.handler], observer=self.handler)
        self.handler.watch(self.hub)
        self.table = SymbolTable(NAMES)
        self.ts = TS

    def trade(self, *prices: float, code: int = 0) -> None:
        """Publish trades in one batch."""
        rows = [(code, self.ts + number, price, 1.0) for number, price in enumerate(prices)]
        self.ts += len(prices)
        self.hub.publish(batch(self.table, rows))
        self.hub.beat(20, TS)

    def waits(self) -> bool:
        return self.hub.waiting


class Client:
    def __init__(
        self,
        server: AlertServer,
        owner: str | None = "ann",
        *,
        name: str = "",
        may: Entitlements = EVERYTHING,
        source: str = "",
    ) -> None:
        self.server, self.owner = server, owner
        self.outlet = ScriptedOutlet()
        self.session = server.hub.attach(self.outlet, "json", may, name, source=source)
        self.first = self.heard("alert")

    def say(self, op: str, **message: Any) -> dict[str, Any]:
        """Send a message; return the first message received, its answer."""
        owner = {} if self.owner is None else {"owner": self.owner}
        before = len(self.outlet.written)
        self.server.hub.receive(self.session, json.dumps({"op": op, **owner, **message}), TS)
        return decoded(self.outlet.written[before], "json")

    def alert(self, when: str = "last >= 190", id: Any = 7, symbol: str = "AAPL", **more: Any) -> dict[str, Any]:  # noqa: A002
        return self.say("alert", id=id, symbol=symbol, when=when, **more)

    def heard(self, kind: str = "alert") -> list[dict[str, Any]]:
        sent, self.outlet.sent = self.outlet.sent, []
        return [message for payload in sent if (message := decoded(payload, "json"))["type"] == kind]

    def is_busy(self) -> bool:
        return self.session.busy

    def gone(self) -> None:
        self.server.hub.detach(self.session)


@pytest.fixture
def server() -> AlertServer:
    return AlertServer()


# Messages and answers


def test_an_alert_is_created_listed_fires_and_is_removed(server: AlertServer) -> None:
    """The sequence of messages in docs/protocol.md, word for word."""
    ann = Client(server)
    row = {"id": 7, "symbol": "AAPL", "when": "last >= 190", "once": True, "hysteresis": 0.19, "state": "waiting"}
    assert ann.alert("last>=190") == {"type": "alerts", "id": 7, "alerts": [row], "seq": 0}
    server.trade(189.0, 190.02, 191.0)
    told = {"id": 7, "symbol": "AAPL", "when": "last >= 190", "value": 190.02, "ts": TS + 1, "seq": 1}
    assert ann.heard() == [{"type": "alert", **told}]
    answer = ann.say("alerts", id=8)
    assert answer == {"type": "alerts", "id": 8, "alerts": [{**row, "state": "fired", "count": 1}], "seq": 1}
    assert ann.say("unalert", id=7) == {"type": "alerts", "id": 7, "alerts": [], "seq": 1}
    assert server.handler.count == 0


def test_a_condition_that_is_true_already_fires_right_after_the_answer(server: AlertServer) -> None:
    """With the time of the symbol's last tick; `crosses` waits for a crossing."""
    server.trade(200.0)
    ann = Client(server)
    assert ann.alert()["type"] == "alerts"
    assert [(fired["value"], fired["ts"]) for fired in ann.heard()] == [(200.0, TS)]
    ann.alert("last crosses 190", id=8)
    assert ann.heard() == []
    server.trade(180.0)
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
def test_an_invalid_message_is_refused_and_changes_nothing(
    server: AlertServer, message: dict[str, Any], code: str
) -> None:
    """The error has the code and the id; no alert or owner is created."""
    ann = Client(server)
    answer = ann.alert(**{"id": 7, **message})
    assert (answer["type"], answer["code"]) == ("error", code)
    assert answer.get("id") == message.get("id", 7)
    assert (server.handler.count, server.handler.owners, server.handler.active) == (0, {}, False)


def test_removing_an_unknown_alert_is_refused_and_all_can_be_removed_at_once(server: AlertServer) -> None:
    """7 and "7" are different ids; `*` means all."""
    ann = Client(server)
    ann.alert(id=7)
    ann.alert(id="8")
    assert ann.say("unalert", id="7")["code"] == "no-alert"
    assert ann.say("unalert")["code"] == "bad-argument"
    assert Client(server, "bob").say("unalert", id=7)["code"] == "no-alert"
    assert server.handler.count == 2
    assert ann.say("unalert", id="*")["alerts"] == []
    assert not server.handler.active


def test_an_alert_of_the_same_id_replaces_the_other(server: AlertServer) -> None:
    """It starts anew in the same place in the list, and the old one no longer fires."""
    ann = Client(server)
    ann.alert("last >= 190")
    ann.alert("last >= 1000", id=8)
    server.trade(195.0)
    assert len(ann.heard()) == 1
    assert [row["when"] for row in ann.alert("last >= 210")["alerts"]] == ["last >= 210", "last >= 1000"]
    server.trade(180.0, 195.0, 211.0)
    assert [fired["value"] for fired in ann.heard()] == [211.0]


def test_an_alert_may_wait_for_its_symbol() -> None:
    """If the list of symbols is not complete."""
    server = AlertServer(complete=False)
    ann = Client(server)
    assert ann.alert(symbol="NEW")["type"] == "alerts"
    ann.alert(symbol="NEVER", id=8)
    server.trade(100.0)
    server.table.code("NEW")
    server.trade(195.0, code=2)
    assert [fired["symbol"] for fired in ann.heard()] == ["NEW"]
    ann.say("unalert", id=8)
    assert not server.handler.active


# Limits


def test_the_number_of_alerts_is_limited() -> None:
    """Per owner and in total; replacing one is always allowed."""
    server = AlertServer(AlertHandler(alerts=3), limits=Limits(alerts=2))
    ann, bob = Client(server), Client(server, "bob")
    for id_ in (1, 2):
        assert ann.alert(id=id_)["type"] == "alerts"
    assert ann.alert(id=3)["code"] == "too-many-alerts"
    assert ann.alert(id=2)["type"] == "alerts"
    assert bob.alert(id=1)["type"] == "alerts"
    assert bob.alert(id=2)["code"] == "too-many-alerts"
    ann.say("unalert", id=1)
    assert bob.alert(id=2)["type"] == "alerts"


def test_a_connection_may_use_eight_owners_and_gets_the_alerts_of_all(server: AlertServer) -> None:
    """A ninth is refused; known ones still work."""
    client = Client(server)
    for number in range(MAX_NAMED):
        client.owner = f"owner {number}"
        client.alert()
    client.owner = "one more"
    assert client.alert()["code"] == "no-owner"
    client.owner = "owner 3"
    assert client.say("alerts")["type"] == "alerts"
    server.trade(190.0)
    assert len(client.heard()) == MAX_NAMED


def test_owners_without_alerts_are_deleted(server: AlertServer) -> None:
    """When their last connection closes and nothing waits for delivery."""
    for number in range(100):
        client = Client(server, f"owner {number}")
        client.say("alerts")
        client.alert()
        client.say("unalert", id=7)
        client.gone()
    assert (server.handler.owners, server.handler._sessions) == ({}, {})


def test_owners_with_history_only_make_room_for_new_ones() -> None:
    """At the limit the owner that left first is deleted, also from the store; owners with alerts stay."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store, owners=2))
    for name in ("ann", "bob"):
        client = Client(server, name)
        client.alert("last >= 1", id=1)
        server.trade(5.0)
        client.say("unalert", id=1)
        client.gone()
    assert set(store.fired) == {"ann", "bob"}
    cid = Client(server, "cid")
    cid.alert("last >= 1000")
    assert set(store.fired) == {"bob"}
    Client(server, "dan").alert("last >= 1000")
    assert store.fired == {}
    assert Client(server, "eve").say("alerts")["code"] == "too-many-alerts"
    assert Client(server, name="a key's").session.name == "a key's"


def test_a_client_with_active_alerts_is_not_idle(server: AlertServer) -> None:
    """It is idle again when all have fired or are removed, as are other connections of the owner."""
    ann, too = Client(server), Client(server)
    too.say("alerts")
    assert not too.is_busy()
    ann.alert(id=1)
    ann.alert(id=2, when="last >= 200")
    assert (ann.session.busy, too.session.busy) == (True, True)
    server.trade(195.0)
    assert too.is_busy()
    ann.say("unalert", id=2)
    assert (ann.session.busy, too.session.busy) == (False, False)


# Owners


def test_with_authentication_the_key_is_the_owner(server: AlertServer) -> None:
    """The `owner` in a message is ignored."""
    ann = Client(server, name="ann")
    mallory = Client(server, "ann", name="mallory")
    ann.owner = None
    ann.alert()
    assert mallory.say("alerts")["alerts"] == []
    assert mallory.say("unalert", id=7)["code"] == "no-alert"
    server.trade(190.0)
    assert len(ann.heard()) == 1
    assert mallory.heard() == []


def test_symbols_outside_the_entitlements_are_refused_whether_or_not_they_exist(server: AlertServer) -> None:
    """With the same answer. An alert also needs the channel `ticker`."""
    some = Client(server, name="some", may=Entitlements(symbols=("M*",)))
    assert some.alert(symbol="AAPL")["code"] == "not-entitled"
    assert some.alert(symbol="NONE")["code"] == "not-entitled"
    assert some.alert(symbol="MNONE")["code"] == "unknown-symbol"
    assert some.alert(symbol="MSFT")["type"] == "alerts"
    other = Client(server, name="other", may=Entitlements(channels=("trades",)))
    assert other.alert(symbol="MSFT")["code"] == "not-entitled"


def test_alerts_outside_the_current_entitlements_do_not_fire() -> None:
    """Of a key that was revoked or has other symbols now. When it is entitled again, the next crossing fires."""
    allowed: dict[str, Entitlements | None] = {"ann": EVERYTHING}
    server = AlertServer(AlertHandler(may=lambda owner: allowed.get(owner)))
    ann = Client(server, name="ann")
    ann.alert()
    for may in (None, Entitlements(symbols=("MSFT",)), Entitlements(channels=("trades",))):
        allowed["ann"] = may
        server.trade(180.0, 195.0)
        assert ann.heard() == []
    allowed["ann"] = EVERYTHING
    server.trade(196.0)
    assert ann.heard() == []
    server.trade(180.0, 195.0)
    assert len(ann.heard()) == 1


# Delivery


def test_all_connections_of_an_owner_get_an_alert_and_no_others(server: AlertServer) -> None:
    """Once each, with the same bytes object."""
    ann, too, bob = Client(server), Client(server), Client(server, "bob")
    ann.alert()
    too.say("alerts")
    bob.say("alerts")
    server.trade(190.0)
    assert ann.outlet.sent[-1] is too.outlet.sent[-1]
    assert (len(ann.heard()), len(too.heard()), bob.heard()) == (1, 1, [])


def test_a_slow_consumer_gets_an_alert_later(server: AlertServer) -> None:
    """Nothing is queued for it, and other connections don't wait."""
    ann, too = Client(server), Client(server)
    ann.alert(once=False)
    too.say("alerts")
    too.outlet.is_ready = False
    server.trade(190.0, 180.0, 190.0)
    assert len(ann.heard()) == 2
    assert too.heard() == []
    assert server.waits()
    too.outlet.is_ready = True
    server.hub.poll(TS)
    assert [fired["seq"] for fired in too.heard()] == [1, 2]
    assert not server.waits()


def test_a_slow_consumer_that_leaves_is_no_longer_polled(server: AlertServer) -> None:
    """Alerts that were sent to no connection wait for the owner."""
    ann = Client(server)
    ann.alert()
    ann.outlet.is_ready = False
    server.trade(190.0)
    assert server.waits()
    ann.gone()
    assert not server.waits()
    back = Client(server)
    back.say("alerts")
    assert len(back.heard()) == 1


def test_alerts_that_fire_offline_come_with_the_first_message(server: AlertServer) -> None:
    """Once, after the answer; the next connection doesn't get them again."""
    ann = Client(server)
    ann.alert()
    ann.gone()
    server.trade(190.0)
    back = Client(server)
    server.trade(191.0)
    assert back.heard() == []
    assert back.say("alerts")["type"] == "alerts"
    assert [fired["seq"] for fired in back.heard()] == [1]
    third = Client(server)
    third.say("alerts")
    assert third.heard() == []


def test_the_owner_of_a_key_gets_alerts_on_connecting(server: AlertServer) -> None:
    """Right after the welcome, without a request."""
    ann = Client(server, None, name="ann")
    ann.alert()
    ann.gone()
    server.trade(190.0)
    back = Client(server, None, name="ann")
    assert [fired["value"] for fired in back.first] == [190.0]
    assert decoded(back.outlet.written[0], "json")["type"] == "welcome"
    assert Client(server, None, name="ann").first == []


def test_since_requests_later_alerts_again(server: AlertServer) -> None:
    """As far as they are kept; an impossible number is from before a restart and gets all."""
    ann = Client(server)
    ann.alert(once=False, hysteresis=0)
    server.trade(*[190.0, 180.0] * 3)
    assert [fired["seq"] for fired in ann.heard()] == [1, 2, 3]
    for since, expected in ((1, [2, 3]), (3, []), (0, [1, 2, 3]), (99, [1, 2, 3]), (-1, [1, 2, 3])):
        assert ann.say("alerts", since=since)["seq"] == 3
        assert [fired["seq"] for fired in ann.heard()] == expected


def test_the_newest_alerts_are_kept_and_the_others_counted(server: AlertServer) -> None:
    """Of more than 500 that fired offline, the first delivered tells the number lost."""
    ann = Client(server)
    ann.alert(once=False, hysteresis=0)
    ann.gone()
    server.trade(*[190.0, 180.0] * (KEPT + 3))
    back = Client(server)
    assert back.say("alerts")["seq"] == KEPT + 3
    fired = back.heard()
    assert [each["seq"] for each in fired] == list(range(4, KEPT + 4))
    assert (fired[0]["lost"], "lost" in fired[1]) == (3, False)


def test_trades_and_quotes_of_one_batch_fire_in_the_order_of_time(server: AlertServer) -> None:
    """By their times; on one tick, the older alert first."""
    ann = Client(server)
    for id_, when in ((1, "bid >= 10"), (2, "last >= 10"), (3, "last >= 9"), (4, "volume >= 3"), (5, "ask <= 11")):
        ann.alert(when, id=id_)
    trades = [(0, TS + 1, 5.0, 1.0), (0, TS + 5, 10.0, 2.0)]
    quotes = [(0, TS + 3, 10.0, 1.0, 12.0, 1.0), (0, TS + 6, None, 0.0, 11.0, 1.0)]
    server.hub.publish(batch(server.table, trades, quotes))
    server.hub.beat(20, TS)
    assert [(each["id"], each["ts"] - TS, each["value"]) for each in ann.heard()] == [
        (1, 3, 10.0),
        (2, 5, 10.0),
        (3, 5, 10.0),
        (4, 5, 3.0),
        (5, 6, 11.0),
    ]


# Storage


def test_alerts_and_fired_alerts_survive_a_restart() -> None:
    """States and counts continue, alerts that are done don't fire, and undelivered ones are delivered."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store))
    ann = Client(server)
    ann.alert("last >= 190", id=1)
    ann.alert("last >= 190", id="2", once=False)
    ann.alert("last crosses 190", id=3, once=False)
    server.trade(180.0, 195.0)
    assert len(ann.heard()) == 3
    rows = ann.say("alerts")["alerts"]
    ann.gone()
    server.trade(180.0, 195.0)

    server = AlertServer(AlertHandler(store))
    server.trade(195.0)
    back = Client(server)
    answer = back.say("alerts")
    assert [row["id"] for row in answer["alerts"]] == [row["id"] for row in rows]
    assert [(row["state"], row["count"]) for row in answer["alerts"]] == [("fired", 1), ("held", 2), ("waiting", 3)]
    assert [(fired["id"], fired["seq"]) for fired in back.heard()] == [(3, 4), ("2", 5), (3, 6)]
    server.trade(180.0)
    assert [(fired["id"], fired["seq"]) for fired in back.heard()] == [(3, 7)]


def test_a_fired_alert_is_delivered_after_it_is_stored() -> None:
    """One lost in a crash was not delivered and fires again; a stored one is delivered once."""
    store = MemoryStore(slow=True)
    told: list[tuple[str, Fired]] = []
    handler = AlertHandler(store, fired=lambda owner, fired: told.append((owner, fired)))
    server = AlertServer(handler)
    ann = Client(server)
    ann.alert(once=False)
    store.finish()
    server.trade(190.0)
    assert (ann.heard(), told) == ([], [])

    server = AlertServer(AlertHandler(store))
    ann = Client(server)
    assert ann.say("alerts")["seq"] == 0
    server.trade(190.0)
    assert ann.heard() == []
    store.finish()
    assert [fired["seq"] for fired in ann.heard()] == [1]
    store.finish()
    assert store.delivered == {"ann": 1}

    server = AlertServer(AlertHandler(store))
    server.trade(190.0)
    ann = Client(server)
    assert ann.say("alerts")["seq"] == 1
    assert ann.heard() == []


def test_changes_during_a_write_are_merged_into_the_next() -> None:
    """There is no queue: the newest state of an alert, and the newest 500 fired alerts."""
    store = MemoryStore(slow=True)
    server = AlertServer(AlertHandler(store))
    ann = Client(server)
    ann.alert(once=False, hysteresis=0)
    for _ in range(KEPT + 5):
        server.trade(190.0, 180.0)
    store.finish()
    assert store.in_progress is not None
    changes, _ = store.in_progress
    assert [alert.count for alert in changes.alerts] == [KEPT + 5]
    assert [fired.seq for _, fired in changes.fired] == list(range(6, KEPT + 6))
    store.finish()
    fired = ann.heard()
    assert (fired[0]["seq"], fired[0]["lost"], fired[-1]["seq"], len(fired)) == (6, 5, KEPT + 5, KEPT)


def test_a_webhook_gets_each_fired_alert_with_its_owner() -> None:
    """Once each, whether or not the owner is connected."""
    told: list[tuple[str, int]] = []
    server = AlertServer(AlertHandler(fired=lambda owner, fired: told.append((owner, fired.seq))))
    ann = Client(server)
    ann.alert()
    ann.gone()
    server.trade(190.0, 180.0, 190.0)
    Client(server).say("alerts")
    assert told == [("ann", 1)]


def test_a_removed_alert_is_removed_from_the_store() -> None:
    """One that was removed and created again before the write is stored."""
    store = MemoryStore(slow=True)
    server = AlertServer(AlertHandler(store))
    ann = Client(server)
    ann.alert(id=1)
    ann.alert(id=2)
    store.finish()
    ann.say("unalert", id=2)
    ann.say("unalert", id=1)
    ann.alert(id=1)
    while store.in_progress:
        store.finish()
    assert list(store.alerts) == [("ann", 1)]
