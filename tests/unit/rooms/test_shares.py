"""What clients share in chat: rooms, their places and their history, by address or key."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.rooms.test_op_handler import MemoryStore, RoomServer
from ticker.rooms.op_handler import EMPTY_ROOMS
from ticker.wire.limits import Limits

EVIL, GOOD = "198.51.100.7", "192.0.2.1"


def limits(**more: Any) -> Limits:
    return Limits(says_per_minute=60_000, **more)


def flood(server: RoomServer, source: str, rooms: int, text: str = "x", *, stay: bool = False) -> list[str]:
    """Create rooms with a message each, 10 a connection. Returns the codes of the errors."""
    codes: list[str] = []
    for first in range(0, rooms, 10):
        client = server.client(source=source)
        for number in range(first, min(first + 10, rooms)):
            client.join(f"{source} {number}", "evil")
            client.say(text, f"{source} {number}")
        codes += [str(each["code"]) for each in client.heard("error")]
        if not stay:
            server.hub.detach(client.session)
    return codes


def test_an_address_has_a_share_of_the_rooms() -> None:
    """Others can still create theirs, and members of one address can join any."""
    server = RoomServer(limits=limits(rooms_per_address=30), rooms=40)
    assert set(flood(server, EVIL, 60, stay=True)) == {"too-many-rooms", "not-joined"}
    assert server.handler.rooms == 30
    good = server.client(source=GOOD)
    good.join("desk", "Ann")
    assert good.heard("error") == []
    evil = server.client(source=EVIL)
    evil.join("desk", "Eve")
    assert evil.heard("error") == []
    evil.join("another", "Eve")
    (error,) = evil.heard("error")
    assert error["message"] == "your address or key has created 30 rooms, the maximum; others can be joined"


def test_at_its_share_an_address_loses_its_own_oldest_empty_room() -> None:
    server = RoomServer(limits=limits(rooms_per_address=3))
    for number in range(5):
        client = server.client(source=EVIL)
        client.join(f"room {number}", "Eve")
        client.say("hello", f"room {number}")
        assert client.heard("error") == []
        server.hub.detach(client.session)
    assert sorted(server.handler.by_name) == ["room 2", "room 3", "room 4"]


def test_localhost_has_no_share() -> None:
    server = RoomServer(limits=limits(rooms_per_address=3))
    assert flood(server, "", 50) == []
    assert len(server.handler.by_name) == 50


@pytest.mark.parametrize("restart", [False, True])
def test_a_flood_of_rooms_does_not_evict_those_in_use(restart: bool) -> None:
    """A room of the night before keeps its history, whatever the flood leaves behind, also across a restart."""
    store = MemoryStore()
    server = RoomServer(store, limits())
    good = server.client(source=GOOD)
    good.join("desk", "Ann")
    good.say("the levels for tomorrow")
    local = server.client()
    local.join("local", "Bob")
    local.say("hello", "local")
    server.hub.detach(good.session)
    server.hub.detach(local.session)
    for number in range(10):
        flood(server, f"198.51.100.{number}", 50)
        if restart:
            server = RoomServer(store, limits())
    assert len(server.handler.by_name) == EMPTY_ROOMS
    for name in ("desk", "local"):
        assert [said.text for said in store.rooms[name].said]
        assert server.handler.by_name[name].bytes


def test_an_address_with_most_of_the_history_loses_its_own_first() -> None:
    """An eighth is its share: the oldest empty rooms go, then the older half of its largest."""
    server = RoomServer(limits=limits(), kept_bytes=100_000)
    good = server.client(source=GOOD)
    for name in ("desk", "floor"):
        good.join(name, "Ann")
        for _ in range(5):
            good.say("x" * 100, name)
    server.hub.detach(good.session)
    kept = {name: room.bytes for name, room in server.handler.by_name.items()}
    flood(server, EVIL, 40, "y" * 1_000)
    evil = server.client(source=EVIL)
    evil.join("theirs", "Eve")
    for _ in range(150):
        evil.say("z" * 1_000, "theirs")
    assert server.handler.bytes <= 100_000
    assert {name: room.bytes for name, room in server.handler.by_name.items() if room.source == GOOD} == kept


def test_an_address_has_a_share_of_a_rooms_places() -> None:
    """It can't keep others out."""
    server = RoomServer(limits=limits(room_members=4, room_members_per_address=2))
    evil = [server.client(source=EVIL) for _ in range(4)]
    for client in evil:
        client.join("desk", "Eve")
    assert [len(client.heard("error")) for client in evil] == [0, 0, 1, 1]
    good = server.client(source=GOOD)
    good.join("desk", "Ann")
    assert good.heard("error") == []
    evil[0].op("leave", room="desk")
    evil[2].join("desk", "Eve")
    assert evil[2].heard("error") == []
