"""Rooms: who may come in and by which name, who is told what and when, and how much is kept."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from tests.support.model_client import Message, ScriptedOutlet, decoded
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.hub.hub import Hub
from ticker.rooms import KeptRoom, RoomHandler, RoomStore
from ticker.rooms.op_handler import EMPTY_ROOMS, STEPS
from ticker.rooms.room import KEPT, PRESENT_NS, PRESENT_NS_A_MEMBER
from ticker.wire.limits import Limits
from ticker.wire.messages import Said

TS = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


class House:
    """A hub with rooms, and its clock."""

    def __init__(self, store: RoomStore | None = None, limits: Limits | None = None, **more: Any) -> None:
        epochs = count(1)
        self.desk = RoomHandler(store, new_epoch=lambda: f"epoch {next(epochs)}", **more)
        self.hub = Hub(limits=limits or Limits(says_per_minute=60_000), op_handlers=[self.desk])
        self.ts = TS

    def client(self, name: str = "", encoding: str = "json", may: Entitlements = EVERYTHING) -> Client:
        return Client(self, name, encoding, may)

    def joined(self, *names: str, room: str = "desk") -> list[Client]:
        """So many, who are in a room and have heard of each other."""
        clients = [self.client() for _ in names]
        for client, name in zip(clients, names, strict=True):
            client.join(room, name)
        self.settle()
        for client in clients:
            client.heard()
        return clients

    def later(self, ns: int) -> None:
        self.ts += ns
        self.hub.poll(self.ts)

    def settle(self) -> None:
        for _ in range(1_000):
            if not self.hub.waiting:
                return
            self.later(SECOND)
        raise AssertionError("somebody waits for ever")


class Client:
    def __init__(self, house: House, name: str, encoding: str, may: Entitlements) -> None:
        self.house = house
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session = house.hub.attach(self.outlet, encoding, may, name)
        self.outlet.sent.clear()

    def op(self, op: str, **message: Any) -> None:
        self.house.hub.receive(self.session, json.dumps({"op": op, **message}), self.house.ts)

    def join(self, room: str = "desk", name: str | None = None, **more: Any) -> None:
        self.op("join", room=room, **({} if name is None else {"name": name}), **more)

    def say(self, text: str, room: str = "desk", **more: Any) -> None:
        self.op("say", room=room, text=text, **more)

    def heard(self, *kinds: str) -> list[Message]:
        """What came since this was last asked, of these kinds alone if some are named."""
        sent, self.outlet.sent = self.outlet.sent, []
        found = [decoded(payload, self.encoding) for payload in sent]
        return [message for message in found if not kinds or message["type"] in kinds]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.heard("said")]

    def code(self) -> str:
        """The code of the one answer, which is an error."""
        (error,) = self.heard()
        assert error["type"] == "error", error
        assert error["message"].isprintable()
        assert len(error["message"]) < 200
        return str(error["code"])

    def go(self) -> None:
        self.house.hub.detach(self.session)


class Shelf:
    """A store as the port has it."""

    def __init__(self, rooms: Iterable[KeptRoom] = ()) -> None:
        self.rooms = {room.name: room for room in rooms}
        self.calls: list[tuple[str, str]] = []

    def load(self, most: int) -> list[KeptRoom]:
        return [KeptRoom(room.name, room.epoch, room.said[-most:]) for room in self.rooms.values()]

    def append(self, epoch: str, said: Said) -> None:
        self.calls.append(("append", said.room))
        before = self.rooms.pop(said.room, None)
        self.rooms[said.room] = KeptRoom(said.room, epoch, [*(before.said if before else []), said])

    def forget(self, room: str) -> None:
        self.calls.append(("forget", room))
        del self.rooms[room]


# Saying and hearing


def test_what_one_says_all_in_the_room_hear_and_the_sender_as_its_answer() -> None:
    house = House()
    ann, bob, eve = house.client(), house.client(encoding="msgpack"), house.client()
    ann.join("desk", "Ann", id=1)
    assert ann.heard() == [
        {"type": "joined", "id": 1, "room": "desk", "name": "Ann", "names": ["Ann"], "epoch": "epoch 1", "seq": 0}
    ]
    bob.join("desk", "Bob", id="b")
    eve.join("other", "Eve")
    for client in (ann, bob, eve):
        client.heard()
    bob.say("$AAPL looks heavy", id="b2")
    said = {"type": "said", "room": "desk", "from": "Bob", "text": "$AAPL looks heavy", "seq": 1, "ts": TS}
    assert ann.heard("said", "error") == [said]
    assert bob.heard("said", "error") == [said | {"id": "b2"}]
    assert eve.heard("said", "error") == []


def test_what_is_said_is_encoded_once_for_all_but_the_sender() -> None:
    house = House()
    clients = house.joined("Ann", "Bob", "Eve", "Joe")
    clients[0].say("hello", id=1)
    payloads = [client.outlet.sent[0] for client in clients]
    assert payloads[1] is payloads[2] is payloads[3]
    clients[1].say("hello again")
    payloads = [client.outlet.sent[1] for client in clients]
    assert payloads[0] is payloads[1] is payloads[3], "without an id the sender's is everybody's"


def test_texts_are_text() -> None:
    """Line breaks and tabs stay; what would change how others look goes."""
    house = House()
    (ann,) = house.joined("Ann")
    for text in ("one\r\n\ttwo", "<b>\x1b[2J\u202ebold", "👩\u200d🚀"):
        ann.say(text)
    assert ann.texts() == ["one\n\ttwo", "<b>[2Jbold", "👩\u200d🚀"]


@pytest.mark.parametrize("text", ["", " ", "\n", "\x00", "\u200b", "x" * 2_001, None, 5, ["x"]])
def test_what_is_no_text_is_not_said(text: object) -> None:
    house = House()
    (ann,) = house.joined("Ann")
    ann.op("say", room="desk", text=text)
    assert ann.code() == "bad-argument"
    ann.say("x" * 2_000)
    assert [message["seq"] for message in ann.heard()] == [1]


def test_who_is_not_in_a_room_says_nothing_there() -> None:
    """Nor leaves it; be there such a room or not."""
    house = House()
    house.joined("Ann")
    eve = house.client()
    for room in ("desk", "nowhere", "", "\0", "x" * 10_000):
        eve.say("hello", room)
        assert eve.code() == "not-joined"
        eve.op("leave", room=room)
        assert eve.code() == "not-joined"


# Names


def test_a_name_that_is_taken_gets_a_number() -> None:
    house = House()
    names = []
    clients = [house.client() for _ in range(4)]
    for client in clients[:3]:
        client.join("desk", "Ann")
        names.append(client.heard("joined")[0]["name"])
    assert names == ["Ann", "Ann (2)", "Ann (3)"]
    clients[1].op("leave", room="desk")
    clients[3].join("desk", " Ann ")
    assert clients[3].heard("joined")[0]["names"] == ["Ann", "Ann (3)", "Ann (2)"]


def test_a_name_with_a_number_is_no_longer_than_any() -> None:
    house = House()
    one, two = house.client(), house.client()
    one.join("desk", "x" * 64)
    two.join("desk", "x" * 64)
    assert two.heard("joined")[0]["name"] == "x" * 60 + " (2)"


def test_of_a_key_the_name_counts_and_its_connections_are_one() -> None:
    """Whatever they say that they are called."""
    house = House()
    one, two, other = house.client("desk-key"), house.client("desk-key"), house.client("other")
    one.join()
    house.settle()
    two.join(name="Somebody Else")
    assert not house.hub.waiting, "nobody has come"
    other.join()
    house.settle()
    assert two.heard("joined")[0]["name"] == "desk-key"
    assert one.heard("present")[-1]["names"] == ["desk-key", "other"]
    two.go()
    assert not house.hub.waiting, "nobody has gone"
    one.go()
    house.settle()
    assert other.heard("present")[-1]["names"] == ["other"]


def test_a_tokens_name_is_shown_without_what_can_not_be() -> None:
    """And isn't that of another."""
    house = House()
    house.client("Ann").join()
    odd = house.client("Ann\u200b\n")
    odd.join()
    assert odd.heard("joined")[0]["names"] == ["Ann", "Ann\ufffd\ufffd"]


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", "\x1b[31m", "\u202eevil", "a\u200b", "\xa0", None, 5, {}])
def test_what_is_no_name_names_neither_a_room_nor_anybody(name: object) -> None:
    house = House()
    ann = house.client()
    ann.op("join", room="desk", name=name)
    assert ann.code() == "bad-argument"
    ann.op("join", room=name, name="Ann")
    assert ann.code() == "bad-argument"
    assert not house.desk._rooms
    assert not ann.session.engaged


def test_blanks_around_a_rooms_name_do_not_count() -> None:
    house = House()
    (ann,) = house.joined("Ann")
    bob = house.client()
    bob.join("  desk ", "Bob")
    bob.say("hello", " desk")
    assert [message.get("room") for message in bob.heard("joined", "said", "error")] == ["desk", "desk"]
    assert ann.texts() == ["hello"]


# Who is there


def test_the_others_are_told_who_came_and_went() -> None:
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    eve = house.client()
    eve.join("desk", "Eve")
    house.later(SECOND)
    assert ann.heard() == [{"type": "present", "room": "desk", "names": ["Ann", "Bob", "Eve"]}]
    assert [message["type"] for message in eve.heard()] == ["joined"], "whoever comes has the names already"
    bob.op("leave", room="desk", id=5)
    assert bob.heard()[-1] == {"type": "left", "id": 5, "room": "desk"}
    eve.go()
    house.settle()
    assert ann.heard() == [{"type": "present", "room": "desk", "names": ["Ann"]}]
    assert bob.heard() == [], "whoever has left hears nothing more"


def test_many_comings_are_told_at_once_and_not_more_often_than_twice_a_second() -> None:
    house = House()
    (ann,) = house.joined("Ann")
    crowd = [house.client() for _ in range(10)]
    house.later(SECOND)
    for number, client in enumerate(crowd):
        client.join("desk", f"{number}")
    house.later(0)
    assert [len(message["names"]) for message in ann.heard("present")] == [11]
    crowd[0].go()
    for _ in range(3):
        house.later(PRESENT_NS // 4)
    assert ann.heard("present") == []
    crowd[1].go()
    house.later(PRESENT_NS // 4)
    assert [len(message["names"]) for message in ann.heard("present")] == [9]
    assert not house.hub.waiting


def test_the_larger_a_room_the_rarer_it_is_told() -> None:
    """A list of all to each: without this, what is sent would grow with the square of the members."""
    house = House()
    clients = house.joined(*map(str, range(100)))
    clients[-1].go()
    house.later(0)
    clients[-2].go()
    clients[0].heard()
    house.later(98 * PRESENT_NS_A_MEMBER - 1)
    assert clients[0].heard("present") == []
    house.later(1)
    assert len(clients[0].heard("present")) == 1


def test_a_clock_that_is_put_back_keeps_nobody_waiting() -> None:
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    house.later(-1_000 * SECOND)
    bob.go()
    house.later(0)
    assert len(ann.heard("present")) == 1


def test_names_are_encoded_once() -> None:
    house = House()
    clients = house.joined("Ann", "Bob", "Eve")
    clients[2].go()
    house.settle()
    assert clients[0].outlet.sent[0] is clients[1].outlet.sent[0]


# Joining again, and later


def test_who_joins_hears_what_was_said_before() -> None:
    """The last 200, the oldest first."""
    house = House()
    (ann,) = house.joined("Ann")
    for number in range(KEPT + 5):
        ann.say(f"{number}")
    bob = house.client()
    bob.join("desk", "Bob")
    joined, *said = bob.heard()
    assert joined["seq"] == KEPT + 5
    assert [message["text"] for message in said] == [f"{number}" for number in range(5, KEPT + 5)]
    assert not any("lost" in message for message in said)


def test_who_comes_back_hears_what_it_missed() -> None:
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    ann.say("one")
    ann.say("two")
    bob.go()
    ann.say("three")
    again = house.client()
    again.join("desk", "Bob", since={"epoch": "epoch 1", "version": 2})
    assert again.texts() == ["three"]
    again.go()
    for number in range(KEPT):
        ann.say(f"{number}")
    late = house.client()
    late.join("desk", "Bob", since={"epoch": "epoch 1", "version": 2})
    first, *rest = late.heard("said")
    assert (first["text"], first["lost"], len(rest)) == ("0", 1, KEPT - 1)
    assert not any("lost" in message for message in rest)


@pytest.mark.parametrize(
    "since",
    [
        {"epoch": "another", "version": 1},
        {"epoch": "epoch 1", "version": -1},
        {"epoch": "epoch 1", "version": 3},
        {"epoch": "epoch 1", "version": 2**63},
        {"epoch": "", "version": 0},
    ],
)
def test_who_was_never_there_hears_all(since: dict[str, object]) -> None:
    house = House()
    (ann,) = house.joined("Ann")
    ann.say("one")
    ann.say("two")
    bob = house.client()
    bob.join("desk", "Bob", since=since)
    assert bob.texts() == ["one", "two"]


def test_joining_again_is_no_error() -> None:
    """It is answered again, and resumes; the name stays."""
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    bob.say("one")
    bob.say("two")
    ann.heard()
    ann.join("desk", "Eve", id=2, since={"epoch": "epoch 1", "version": 1})
    joined, *said = ann.heard()
    assert (joined["id"], joined["name"], joined["names"], joined["seq"]) == (2, "Ann", ["Ann", "Bob"], 2)
    assert [message["text"] for message in said] == ["two"]
    ann.join()
    assert ann.texts() == ["one", "two"]
    assert ann.session.engaged == 1
    assert not house.hub.waiting
    bob.say("three")
    assert ann.texts() == ["three"]


def test_who_is_in_a_room_is_engaged() -> None:
    """So that it is not closed as idle."""
    house = House()
    ann = house.client()
    busy = [ann.session.busy]
    for op, room in (("join", "desk"), ("join", "other"), ("leave", "desk"), ("leave", "other")):
        ann.op(op, room=room, name="Ann")
        busy.append(ann.session.busy)
    assert busy == [False, True, True, True, False]


# Those who don't read


def test_nothing_is_queued_for_who_does_not_read() -> None:
    house = House()
    ann, mute = house.joined("Ann", "Mute")
    mute.outlet.is_ready = False
    before = len(mute.outlet.written)
    for number in range(KEPT + 30):
        ann.say(f"{number}")
        house.later(1)
    house.client().join("desk", "Eve")
    house.later(SECOND)
    assert len(mute.outlet.written) == before
    assert house.hub.waiting
    mute.outlet.is_ready = True
    house.settle()
    heard = mute.heard()
    said = [message for message in heard if message["type"] == "said"]
    assert [message["seq"] for message in said] == list(range(31, KEPT + 31))
    assert [message.get("lost", 0) for message in said] == [30] + [0] * (KEPT - 1)
    assert [message["names"] for message in heard if message["type"] == "present"] == [["Ann", "Mute", "Eve"]]


def test_who_says_something_while_it_lags_gets_its_answer_in_its_place() -> None:
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    bob.outlet.is_ready = False
    ann.say("one")
    bob.say("two", id=7)
    ann.say("three")
    bob.outlet.is_ready = True
    house.settle()
    assert [(message["text"], message.get("id")) for message in bob.heard()] == [
        *(("one", None), ("two", 7), ("three", None))
    ]


def test_an_answer_that_is_lost_is_not_given_to_another() -> None:
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    bob.outlet.is_ready = False
    bob.say("one", id=7)
    for _ in range(KEPT):
        ann.say("more")
    bob.say("last", id=8)
    bob.outlet.is_ready = True
    house.settle()
    heard = bob.heard("said")
    assert [message["id"] for message in heard if "id" in message] == [8]
    assert heard[0]["lost"] == 2
    (member,) = [each for each in house.desk._rooms["desk"].members.values() if each.name == "Bob"]
    assert not member.asked


def test_joining_sends_as_much_as_the_client_takes() -> None:
    """The rest when it has read."""
    house = House()
    (ann,) = house.joined("Ann")
    for number in range(20):
        ann.say(f"{number}")
    bob = house.client()
    bob.outlet.is_ready = False
    bob.join("desk", "Bob")
    assert [message["type"] for message in bob.heard()] == ["joined"]
    bob.outlet.is_ready = True
    house.later(1)
    assert len(bob.texts()) == 20


def test_a_poll_does_not_do_everything_at_once() -> None:
    """A thousand who have all become ready are caught up bit by bit, and none is passed over."""
    house = House(limits=Limits(room_members=5_000, says_per_minute=60_000))
    clients = house.joined(*map(str, range(1_000)))
    for client in clients:
        client.outlet.is_ready = False
    clients[0].say("one")
    clients[0].say("two")
    for client in clients[100:]:
        client.outlet.is_ready = True
    polls = []
    while any(client.outlet.frames and not client.outlet.sent for client in clients[100:]):
        before = sum(client.outlet.frames for client in clients)
        house.later(1)
        polls.append(sum(client.outlet.frames for client in clients) - before)
        assert len(polls) < 20
    assert max(polls) <= STEPS
    assert sum(polls) == 2 * 900
    assert all(client.texts() == ["one", "two"] for client in clients[100:])


def test_saying_something_catches_nobody_up() -> None:
    """A crowd that has just become ready would hold up everything else: that is for the polls."""
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    bob.outlet.is_ready = False
    for number in range(5):
        ann.say(f"{number}")
    bob.outlet.is_ready = True
    ann.say("5")
    assert bob.texts() == []
    house.later(1)
    assert bob.texts() == ["0", "1", "2", "3", "4", "5"]


# Limits


def test_nobody_may_say_more_than_so_much() -> None:
    """A third of a minute's at once, then as time goes by; in all rooms together; and coming back changes nothing."""
    house = House(limits=Limits(says_per_minute=30))
    (ann,) = house.joined("Ann")
    ann.join("other", "Ann")
    ann.heard()
    for number in range(10):
        ann.say("x", ("desk", "other")[number % 2])
    assert len(ann.heard("said")) == 10
    ann.say("x")
    assert ann.code() == "too-fast"
    ann.op("leave", room="desk")
    ann.op("leave", room="other")
    ann.join("desk", "Ann")
    ann.heard()
    ann.say("x")
    assert ann.code() == "too-fast"
    house.ts -= 100 * SECOND
    ann.say("x")
    assert ann.code() == "too-fast"
    house.ts += 2 * SECOND
    ann.say("x")
    assert len(ann.heard("said")) == 1
    ann.say("x")
    assert ann.code() == "too-fast"
    house.ts += 3_600 * SECOND
    for _ in range(11):
        ann.say("x")
    assert [message["type"] for message in ann.heard()] == ["said"] * 10 + ["error"]


def test_nobody_is_in_more_rooms_than_may_be() -> None:
    house = House(limits=Limits(rooms=2))
    (ann,) = house.joined("Ann")
    ann.join("two", "Ann")
    ann.heard()
    ann.join("three", "Ann")
    assert ann.code() == "too-many-rooms"
    assert set(house.desk._rooms) == {"desk", "two"}
    ann.join("two", "Ann")
    assert [message["type"] for message in ann.heard()] == ["joined"], "where it is already it may be"
    ann.op("leave", room="two")
    ann.join("three", "Ann")
    assert ann.heard("error") == []


def test_a_room_holds_so_many() -> None:
    house = House(limits=Limits(room_members=2))
    ann, _ = house.joined("Ann", "Bob")
    eve = house.client()
    eve.join("desk", "Eve")
    assert eve.code() == "room-full"
    assert not eve.session.engaged
    ann.go()
    eve.join("desk", "Eve")
    assert eve.heard("error") == []


def test_there_are_no_more_rooms_than_may_be() -> None:
    """One that nobody is in makes way; where there is none, no other begins."""
    house = House(rooms=2)
    ann, bob, eve = house.client(), house.client(), house.client()
    ann.join("one", "Ann")
    bob.join("two", "Bob")
    bob.say("hello", "two")
    for client in (ann, bob):
        client.heard()
    eve.join("three", "Eve")
    assert eve.code() == "too-many-rooms"
    bob.go()
    eve.join("three", "Eve")
    assert eve.heard("error") == []
    assert set(house.desk._rooms) == {"one", "three"}


def test_a_room_that_nobody_is_entitled_to_is_not_told_from_one_that_is_not_there() -> None:
    house = House()
    house.joined("Ann", room="secret")
    eve = house.client("eve", may=Entitlements(rooms=("desk", "fx-*")))
    told = []
    for room in ("secret", "absent"):
        eve.join(room)
        (error,) = eve.heard()
        told.append({**error, "message": error["message"].replace(room, "…")})
        eve.say("hello", room)
        assert eve.code() == "not-joined"
    assert told[0] == told[1]
    assert told[0]["code"] == "not-entitled"
    eve.join("fx-majors")
    assert eve.heard("error") == []
    assert set(house.desk._rooms) == {"secret", "fx-majors"}


# What is kept


def test_a_room_in_which_nothing_was_said_goes_with_the_last() -> None:
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    ann.go()
    assert set(house.desk._rooms) == {"desk"}
    bob.op("leave", room="desk")
    assert not house.desk._rooms
    assert not house.hub.waiting


def test_one_with_a_history_stays_and_those_left_first_go_first() -> None:
    house = House()
    ann = house.client()
    for number in range(EMPTY_ROOMS + 3):
        ann.join(f"{number}", "Ann")
        ann.say("hello", f"{number}")
        ann.op("leave", room=f"{number}")
        if number == 100:
            ann.join("0", "Ann")
            ann.op("leave", room="0")
    gone = {f"{number}" for number in range(EMPTY_ROOMS + 3)} - set(house.desk._rooms)
    assert gone == {"1", "2", "3"}
    ann.heard()
    ann.join("0", "Ann")
    assert ann.texts() == ["hello"]
    ann.join("1", "Ann")
    assert ann.heard()[0]["epoch"] == f"epoch {EMPTY_ROOMS + 4}", "another room: its numbers begin anew"


def test_all_that_is_kept_has_a_bound() -> None:
    """Rooms that nobody is in go first; then the one that keeps most loses the older half of it."""
    house = House(kept_bytes=100_000)
    ann, bob = house.client(), house.client()
    ann.join("empty", "Ann")
    ann.say("hello", "empty")
    ann.op("leave", room="empty")
    ann.join("small", "Ann")
    bob.join("large", "Bob")
    ann.say("hello", "small")
    for _ in range(50):
        bob.say("x" * 2_000, "large")
    assert set(house.desk._rooms) == {"small", "large"}
    assert house.desk._bytes == sum(room.bytes for room in house.desk._rooms.values()) <= 100_000
    for client in (ann, bob):
        client.heard()
    ann.join("small")
    assert ann.texts() == ["hello"]
    bob.join("large", since={"epoch": "epoch 3", "version": 1})
    said = bob.heard("said")
    assert 2 <= len(said) <= 8
    assert said[0]["lost"] == 49 - len(said), "what went before its time is told to those who lack it"
    assert said[-1]["seq"] == 50


def test_the_account_of_what_is_kept_is_right() -> None:
    """Whatever was said, dropped and forgotten."""
    house = House()
    ann, bob = house.joined("Ann", "Bob")
    bob.join("other", "Bob")
    for number in range(KEPT * 2):
        ann.say("é📈" * (number % 50 + 1))
        bob.say("x", "other")
    assert house.desk._bytes == sum(room.bytes for room in house.desk._rooms.values()) > 0
    ann.go()
    bob.go()
    house.desk._most_bytes = 0
    house.joined("Eve")[0].say("hello")
    assert house.desk._bytes == 0
    assert set(house.desk._rooms) == {"desk"}


def test_nothing_is_kept_of_who_is_gone() -> None:
    house = House()
    clients = house.joined("Ann", "Bob", "Eve")
    for client in clients:
        client.outlet.is_ready = False
        client.say("hello", id=1)
    house.later(SECOND)
    for client in clients:
        client.go()
    desk, room = house.desk, house.desk._rooms["desk"]
    assert not desk._guests
    assert not desk._busy
    assert not room.members
    assert not room.names
    assert not room._late


# What outlives the server


def test_rooms_outlive_the_server_where_there_is_a_store() -> None:
    """With their numbers, so that clients resume over the restart as over any other gap."""
    shelf = Shelf()
    house = House(shelf)
    (ann,) = house.joined("Ann")
    for number in range(KEPT + 3):
        ann.say(f"{number}")
    house = House(shelf)
    bob = house.client()
    bob.join("desk", "Bob", since={"epoch": "epoch 1", "version": KEPT + 1})
    joined, *said = bob.heard()
    assert (joined["epoch"], joined["seq"], joined["names"]) == ("epoch 1", KEPT + 3, ["Bob"])
    assert [message["text"] for message in said] == [f"{KEPT + 1}", f"{KEPT + 2}"]
    bob.say("next")
    assert bob.heard("said")[0]["seq"] == KEPT + 4
    eve = house.client()
    eve.join("desk", "Eve")
    assert len(eve.texts()) == KEPT


def test_numbers_that_may_be_given_twice_count_in_another_epoch() -> None:
    """A server that was killed may have said more than it could write."""
    said = [Said(room="desk", sender="Ann", text=text, seq=seq, ts=TS) for seq, text in ((41, "a"), (42, "b"))]
    shelf = Shelf([KeptRoom("desk", None, said)])
    house = House(shelf)
    ann = house.client()
    ann.join("desk", "Ann", since={"epoch": "before", "version": 43})
    joined, *heard = ann.heard()
    assert (joined["epoch"], joined["seq"]) == ("epoch 1", 42)
    assert [message["seq"] for message in heard] == [41, 42]
    ann.say("c")
    assert shelf.rooms["desk"].epoch == "epoch 1"


def test_what_is_forgotten_is_forgotten_by_the_store_too() -> None:
    """And a room in which nothing was said it never hears of."""
    shelf = Shelf()
    house = House(shelf, rooms=1)
    ann = house.client()
    ann.join("one", "Ann")
    ann.say("hello", "one")
    ann.op("leave", room="one")
    ann.join("two", "Ann")
    ann.op("leave", room="two")
    assert shelf.calls == [("append", "one"), ("forget", "one")]
    assert not shelf.rooms


def test_of_a_store_no_more_is_taken_than_may_be_kept() -> None:
    """Those last spoken in come last, and stay."""
    rooms = [
        KeptRoom(f"{number}", "e", [Said(room=f"{number}", sender="Ann", text="x", seq=9, ts=TS)])
        for number in range(EMPTY_ROOMS + 2)
    ]
    shelf = Shelf(rooms)
    house = House(shelf)
    assert set(house.desk._rooms) == {f"{number}" for number in range(2, EMPTY_ROOMS + 2)}
    assert shelf.calls == [("forget", "0"), ("forget", "1")]
