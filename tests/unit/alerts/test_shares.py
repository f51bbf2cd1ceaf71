"""What clients without authentication share: alerts and owners, by address, and their expiry."""

from __future__ import annotations

import pytest

from tests.support.alert_store import MemoryStore
from tests.unit.alerts.test_op_handler import AlertServer, Client
from ticker.alerts.op_handler import DAY_NS, EXPIRE_STEPS, SEEN_NS, AlertHandler
from ticker.wire.limits import Limits

EVIL, GOOD = "198.51.100.7", "192.0.2.1"


def flood(server: AlertServer, source: str, owners: int, alerts: int) -> list[str]:
    """Set alerts from one address, 8 owners a connection. Returns the codes of the errors."""
    codes = []
    for first in range(0, owners, 8):
        client = Client(server, None, source=source)
        for number in range(first, min(first + 8, owners)):
            for id_ in range(alerts):
                answer = client.alert("last >= 1000", id_, owner=f"{source} {number}")
                codes += [answer["code"]] if answer["type"] == "error" else []
        client.gone()
    return codes


def test_an_address_has_a_share_of_the_alerts() -> None:
    """Others can still set theirs, also after a restart."""
    store = MemoryStore()
    limits = Limits(alerts=20, alerts_per_address=100)
    server = AlertServer(AlertHandler(store, alerts=150), limits=limits)
    codes = flood(server, EVIL, owners=16, alerts=20)
    assert (server.handler.count, set(codes)) == (100, {"too-many-alerts"})
    again = AlertServer(AlertHandler(store, alerts=150), limits=limits)
    assert again.handler.count == 100
    assert Client(again, "fresh", source=EVIL).alert(id=1)["message"] == "your address has 100 alerts, the maximum"
    assert Client(again, "ann", source=GOOD).alert(id=1)["type"] == "alerts"


def test_removing_and_replacing_frees_the_share() -> None:
    """A replaced alert counts towards the address that replaced it."""
    server = AlertServer(limits=Limits(alerts_per_address=2))
    ann, moved = Client(server, "ann", source=EVIL), Client(server, "ann", source=GOOD)
    assert [ann.alert(id=each)["type"] for each in (1, 2, 3)] == ["alerts", "alerts", "error"]
    assert ann.alert("last >= 5", id=2)["type"] == "alerts"
    assert moved.alert("last >= 6", id=2)["type"] == "alerts"
    assert ann.alert(id=3)["type"] == "alerts"
    assert ann.alert(id=4)["type"] == "error"
    ann.say("unalert", id="*")
    assert [ann.alert(id=each)["type"] for each in (1, 2)] == ["alerts", "alerts"]


def test_localhost_and_keys_have_no_share() -> None:
    """A key has the limit of its owner."""
    server = AlertServer(limits=Limits(alerts_per_address=2))
    local, key = Client(server, "local"), Client(server, None, name="desk", source="desk")
    for client in (local, key):
        assert {client.alert(id=number)["type"] for number in range(5)} == {"alerts"}


def test_an_address_has_a_share_of_the_owners() -> None:
    """Half as many as of alerts. Those without alerts are free again when their connection closes."""
    server = AlertServer(AlertHandler(owners=6), limits=Limits(alerts_per_address=8))
    evil = Client(server, None, source=EVIL)
    answers = [evil.say("alerts", owner=f"owner {number}") for number in range(5)]
    assert [answer["type"] for answer in answers] == ["alerts"] * 4 + ["error"]
    assert answers[-1]["message"] == "your address has 4 owners of alerts, the maximum"
    assert Client(server, "ann", source=GOOD).say("alerts")["type"] == "alerts"
    evil.gone()
    assert Client(server, "more", source=EVIL).say("alerts")["type"] == "alerts"


def test_a_flood_of_owners_does_not_delete_the_history_of_others() -> None:
    """The address with most owners that have history only loses the oldest of them."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store, owners=4))
    server.trade(200)
    ann = Client(server, "ann", source=GOOD)
    ann.alert("last >= 190")
    ann.say("unalert", id="*")
    ann.gone()
    for number in range(10):
        evil = Client(server, f"evil {number}", source=EVIL)
        evil.alert("last >= 190")
        evil.say("unalert", id="*")
        evil.gone()
    assert sorted(server.handler.owners) == ["ann", "evil 7", "evil 8", "evil 9"]
    assert sorted(store.fired) == ["ann", "evil 7", "evil 8", "evil 9"]


def fire(server: AlertServer, owner: str, source: str, times: int) -> None:
    """Fire as many alerts, and leave."""
    client = Client(server, owner, source=source)
    for id_ in range(times):
        client.alert("last >= 190", id_)
        client.say("unalert", id=id_)
    client.gone()


def test_a_flood_of_firings_deletes_its_own_history() -> None:
    """The memory of all is bounded; of the address with most, the owner with most loses the older half."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store, history=100))
    server.trade(200)
    fire(server, "ann", GOOD, 20)
    fire(server, "local", "", 20)
    for number in range(10):
        fire(server, f"evil {number}", EVIL, 30)
    kept = {name: owner.kept for name, owner in server.handler.owners.items()}
    assert (kept["ann"], kept["local"]) == (20, 20)
    assert sum(kept.values()) <= 100
    assert {name: len(fired) for name, fired in store.fired.items() if fired} == {n: k for n, k in kept.items() if k}
    again = AlertServer(AlertHandler(store, history=70))
    assert sum(owner.kept for owner in again.handler.owners.values()) <= 70
    assert again.handler.owners["ann"].kept == 20
    late = Client(again, "ann", source=GOOD)
    late.say("alerts", since=0)
    assert [fired["seq"] for fired in late.heard()] == list(range(1, 21))


def test_what_was_trimmed_counts_as_lost() -> None:
    """Numbers go on, and the owner is told how many firings it will not get."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store, history=10))
    server.trade(200)
    fire(server, "ann", GOOD, 15)
    ann = Client(server, "ann", source=GOOD)
    ann.say("alerts", since=0)
    heard = ann.heard()
    assert heard[0]["lost"] == heard[0]["seq"] - 1
    assert [each["seq"] for each in heard] == list(range(heard[0]["seq"], 16))
    assert 5 <= len(heard) <= 10


def test_alerts_expire_when_their_owner_stays_away() -> None:
    """A connected owner keeps its alerts, and so does one that has a valid key."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store, days=3, keeps=lambda owner: owner == "desk"))
    for owner in ("away", "here", "desk"):
        Client(server, owner).alert(id=1)
    here = Client(server, "here")
    here.say("alerts")
    for client in list(server.hub.sessions):
        if client is not here.session:
            server.hub.detach(client)
    assert server.handler.advance(3 * DAY_NS - 1) == 0
    assert server.handler.advance(1) == 1
    assert sorted(server.handler.owners) == ["desk", "here"]
    assert sorted(store.alerts) == [("desk", 1), ("here", 1)]
    here.gone()
    assert server.handler.advance(3 * DAY_NS - 1) == 0
    assert server.handler.advance(1) == 1
    assert store.writes[-1].forgotten == ["here"]


def test_only_time_that_the_server_runs_counts() -> None:
    """Across restarts: a clock that jumps, or a server that was off for a year, lets nothing expire."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store, days=3))
    client = Client(server, "ann")
    client.alert(id=1)
    client.gone()
    for day in range(3):
        assert server.handler.count == 1, day
        server.handler.advance(DAY_NS, store=True)
        server = AlertServer(AlertHandler(store, days=3))
        server.handler.advance(0)
    assert server.handler.count == 0
    assert store.alerts == {}


def test_connecting_is_stored_once_an_hour() -> None:
    """So that the owner of a server that is killed is not taken for one that was away."""
    store = MemoryStore()
    server = AlertServer(AlertHandler(store))
    client = Client(server, "ann")
    client.alert(id=1)
    writes = len(store.writes)
    server.handler.advance(SEEN_NS - 1)
    assert (len(store.writes), store.seen_ns) == (writes, {"ann": 0})
    server.handler.advance(1)
    assert (len(store.writes), store.seen_ns, store.ran_ns) == (writes + 1, {"ann": SEEN_NS}, SEEN_NS)
    client.gone()
    server.handler.advance(5 * SEEN_NS)
    again = AlertServer(AlertHandler(store))
    Client(again, "ann").say("alerts")
    again.handler.advance(0, store=True)
    assert store.seen_ns == {"ann": 6 * SEEN_NS}


def test_an_owner_that_leaves_no_alert_leaves_nothing() -> None:
    store = MemoryStore()
    server = AlertServer(AlertHandler(store))
    client = Client(server, "ann")
    client.say("alerts")
    client.alert(id=1)
    client.say("unalert", id=1)
    client.gone()
    server.handler.advance(0, store=True)
    assert (store.alerts, store.seen_ns, server.handler.owners) == ({}, {}, {})


def test_many_alerts_expire_in_steps() -> None:
    """A call takes a few milliseconds, however many there are."""
    server = AlertServer(AlertHandler(days=1), limits=Limits(alerts=EXPIRE_STEPS + 10))
    for owner in ("ann", "bob"):
        client = Client(server, owner)
        for number in range(EXPIRE_STEPS + 10 if owner == "ann" else 5):
            client.alert(id=number)
        client.gone()
    assert [server.handler.advance(DAY_NS) for _ in range(3)] == [EXPIRE_STEPS, 15, 0]
    assert server.handler.owners == {}


def test_nothing_expires_during_a_write() -> None:
    """A firing that is being stored needs its owner; it expires afterwards, with what it fired."""
    store = MemoryStore(slow=True)
    server = AlertServer(AlertHandler(store, days=1))
    client = Client(server, "ann")
    client.alert("last >= 190")
    store.finish()
    client.gone()
    server.trade(200)
    assert server.handler.advance(DAY_NS) == 0
    while store.in_progress:
        store.finish()
    assert server.handler.advance(0) == 1
    store.finish()
    assert (store.alerts, store.fired, server.handler.owners) == ({}, {}, {})


@pytest.mark.parametrize("removed", [[1], [1, 2, 99]])
def test_an_operator_removes_alerts(removed: list[int]) -> None:
    """The owner's connections get the list; a connection that is not ready does without."""
    server = AlertServer()
    ann, late = Client(server, "ann"), Client(server, "ann")
    for number in (1, 2, 3):
        ann.alert(id=number)
    late.say("alerts")
    ann.heard()
    late.heard()
    late.outlet.is_ready = False
    found = len({1, 2, 3} & set(removed))
    assert server.handler.remove("ann", removed) == found
    (listed,) = ann.heard("alerts")
    assert [row["id"] for row in listed["alerts"]] == sorted({1, 2, 3} - set(removed))
    assert "id" not in listed
    assert late.heard("alerts") == []
    assert server.handler.remove("unknown", [1]) == 0
    assert server.handler.count == 3 - found
