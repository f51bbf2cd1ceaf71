"""Rooms: entitlements, names, presence, delivery, limits, storage."""

from __future__ import annotations

import json
from collections.abc import Iterable
from itertools import count
from typing import Any

import pytest

from tests.support.model_client import Message, ScriptedOutlet, decoded
from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.hub.hub import Hub
from ticker.rooms.op_handler import EMPTY_ROOMS, STEPS, RoomHandler
from ticker.rooms.room import KEPT, PRESENT_NS, PRESENT_NS_A_MEMBER
from ticker.rooms.store import KeptRoom, RoomStore
from ticker.wire.limits import Limits
from ticker.wire.messages import Said

TS = 1_700_000_000_000_000_000
SECOND = 1_000_000_000


class RoomServer:
    """A hub with rooms and a clock."""

    def __init__(self, store: RoomStore | None = None, limits: Limits | None = None, **more: Any) -> None:
        epochs = count(1)
        self.handler = RoomHandler(store, new_epoch=lambda: f"epoch {next(epochs)}", **more)
        self.hub = Hub(limits=limits or Limits(says_per_minute=60_000), op_handlers=[self.handler])
        self.ts = TS

    def client(
        self, name: str = "", encoding: str = "json", may: Entitlements = EVERYTHING, source: str = ""
    ) -> Client:
        return Client(self, name, encoding, may, source)

    def joined(self, *names: str, room: str = "desk") -> list[Client]:
        """Clients that have joined a room and received its list of names."""
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
        raise AssertionError("a client waits forever")


class Client:
    def __init__(self, server: RoomServer, name: str, encoding: str, may: Entitlements, source: str) -> None:
        self.server = server
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session = server.hub.attach(self.outlet, encoding, may, name, source=source)
        self.outlet.sent.clear()

    def op(self, op: str, **message: Any) -> None:
        self.server.hub.receive(self.session, json.dumps({"op": op, **message}), self.server.ts)

    def join(self, room: str = "desk", name: str | None = None, **more: Any) -> None:
        self.op("join", room=room, **({} if name is None else {"name": name}), **more)

    def say(self, text: str, room: str = "desk", **more: Any) -> None:
        self.op("say", room=room, text=text, **more)

    def heard(self, *kinds: str) -> list[Message]:
        """The messages since the last call, of these types only if some are given."""
        sent, self.outlet.sent = self.outlet.sent, []
        found = [decoded(payload, self.encoding) for payload in sent]
        return [message for message in found if not kinds or message["type"] in kinds]

    def texts(self) -> list[str]:
        return [message["text"] for message in self.heard("said")]

    def code(self) -> str:
        """The code of the only answer, an error."""
        (error,) = self.heard()
        assert error["type"] == "error", error
        assert error["message"].isprintable()
        assert len(error["message"]) < 200
        return str(error["code"])

    def go(self) -> None:
        self.server.hub.detach(self.session)


class MemoryStore:
    """A ``RoomStore`` in memory."""

    def __init__(self, rooms: Iterable[KeptRoom] = ()) -> None:
        self.rooms = {room.name: room for room in rooms}
        self.calls: list[tuple[str, str]] = []

    def load(self, most: int) -> list[KeptRoom]:
        return [KeptRoom(room.name, room.epoch, room.said[-most:], room.source) for room in self.rooms.values()]

    def append(self, epoch: str, said: Said, source: str = "") -> None:
        self.calls.append(("append", said.room))
        before = self.rooms.pop(said.room, None)
        self.rooms[said.room] = KeptRoom(said.room, epoch, [*(before.said if before else []), said], source)

    def forget(self, room: str) -> None:
        self.calls.append(("forget", room))
        del self.rooms[room]


# Messages


def test_a_message_goes_to_all_members_and_to_its_sender_as_the_answer() -> None:
    server = RoomServer()
    ann, bob, eve = server.client(), server.client(encoding="msgpack"), server.client()
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


def test_a_message_is_encoded_once_for_all_but_the_sender() -> None:
    server = RoomServer()
    clients = server.joined("Ann", "Bob", "Eve", "Joe")
    clients[0].say("hello", id=1)
    payloads = [client.outlet.sent[0] for client in clients]
    assert payloads[1] is payloads[2] is payloads[3]
    clients[1].say("hello again")
    payloads = [client.outlet.sent[1] for client in clients]
    assert payloads[0] is payloads[1] is payloads[3], "without an id the sender gets the same bytes"


def test_control_characters_are_removed_from_texts() -> None:
    """Except line breaks and tabs."""
    server = RoomServer()
    (ann,) = server.joined("Ann")
    for text in ("one\r\n\ttwo", "<b>\x1b[2J\u202ebold", "👩\u200d🚀"):
        ann.say(text)
    assert ann.texts() == ["one\n\ttwo", "<b>[2Jbold", "👩\u200d🚀"]


@pytest.mark.parametrize("text", ["", " ", "\n", "\x00", "\u200b", "x" * 2_001, None, 5, ["x"]])
def test_an_invalid_text_is_refused(text: object) -> None:
    server = RoomServer()
    (ann,) = server.joined("Ann")
    ann.op("say", room="desk", text=text)
    assert ann.code() == "bad-argument"
    ann.say("x" * 2_000)
    assert [message["seq"] for message in ann.heard()] == [1]


def test_only_members_may_send_and_leave() -> None:
    """The error is the same whether or not the room exists."""
    server = RoomServer()
    server.joined("Ann")
    eve = server.client()
    for room in ("desk", "nowhere", "", "\0", "x" * 10_000):
        eve.say("hello", room)
        assert eve.code() == "not-joined"
        eve.op("leave", room=room)
        assert eve.code() == "not-joined"


# Names


def test_a_name_that_is_taken_gets_a_number() -> None:
    server = RoomServer()
    names = []
    clients = [server.client() for _ in range(4)]
    for client in clients[:3]:
        client.join("desk", "Ann")
        names.append(client.heard("joined")[0]["name"])
    assert names == ["Ann", "Ann (2)", "Ann (3)"]
    clients[1].op("leave", room="desk")
    clients[3].join("desk", " Ann ")
    assert clients[3].heard("joined")[0]["names"] == ["Ann", "Ann (3)", "Ann (2)"]


@pytest.mark.parametrize("name", ["ann", "ANN", "Аnn", "Ann", "Ａｎｎ", "𝐀𝐧𝐧", "Aпn", "Ann 1"])
def test_a_name_that_looks_like_a_members_gets_a_number(name: str) -> None:
    """Letters of another case or script that look the same; others keep their names."""
    server = RoomServer()
    server.joined("Ann")
    client = server.client()
    client.join("desk", name)
    differs = name in ("Aпn", "Ann 1")
    assert client.heard("joined")[0]["name"] == (name if differs else f"{name} (2)")


def test_a_token_that_looks_like_a_member_gets_the_same_number_on_each_connection() -> None:
    server = RoomServer()
    first, *others = [server.client(name) for name in ("desk", "dеsk", "dеsk", "desk")]
    first.join()
    for client in others:
        client.join()
    assert [client.heard("joined")[0]["name"] for client in others] == ["dеsk (2)", "dеsk (2)", "desk"]
    assert list(server.handler.by_name["desk"].names.values()) == [2, 2]
    for client in others:
        client.op("leave", room="desk")
    again = server.client("dеsk")
    again.join()
    assert again.heard("joined")[0]["names"] == ["desk", "dеsk (2)"]


@pytest.mark.parametrize("name", ["operator", "Server", "0perator", "оperator", "ＳＥＲＶＥＲ"])
def test_the_senders_of_notices_have_their_names_alone(name: str) -> None:
    """A key or token of that name can't join rooms, and may do everything else."""
    server = RoomServer()
    client, member = server.client(), server.client(name)
    client.join("desk", name)
    assert [(told["code"], told["message"][:6]) for told in client.heard("error")] == [("bad-argument", "name: ")]
    member.join("desk")
    assert [told["code"] for told in member.heard("error")] == ["not-entitled"]
    member.op("subscribe", symbols=["AAPL"])
    assert [told["type"] for told in member.heard("subscribed")] == ["subscribed"]
    client.join("desk", f"{name} 2")
    assert client.heard("joined")[0]["name"] == f"{name} 2"


def test_a_room_must_not_look_like_another() -> None:
    """The error tells the other's name to those who may join it. A deleted room leaves its name free."""
    server = RoomServer()
    (ann,) = server.joined("Ann")
    for name in ("Desk", "dеsk", "ԁesk", "ＤＥＳＫ"):
        ann.join(name, "Ann")
        (told,) = ann.heard("error")
        assert told["code"] == "bad-argument"
        assert told["message"] == f"room: {name!r} looks like the room 'desk'; join that one, or choose another name"
    stranger = server.client("eve", may=Entitlements(rooms=("D*",)))
    stranger.join("Desk")
    (told,) = stranger.heard("error")
    assert told["message"] == "room: 'Desk' looks like the room of another name; choose another name"
    ann.op("leave", room="desk")
    stranger.join("Desk")
    assert stranger.heard("joined")[0]["room"] == "Desk"


def test_stored_rooms_that_look_the_same_are_both_kept() -> None:
    """They were created before this was checked."""
    store = MemoryStore()
    store.append("one", Said(room="desk", sender="Ann", text="x", seq=1, ts=TS))
    store.append("two", Said(room="Desk", sender="Ann", text="y", seq=1, ts=TS))
    server = RoomServer(store)
    client = server.client()
    for name in ("desk", "Desk"):
        client.join(name, "Ann")
        assert client.heard("joined")[0]["room"] == name
    client.join("DESK", "Ann")
    assert "looks like the room 'desk'" in client.heard("error")[0]["message"]


def test_a_name_with_a_number_keeps_the_maximum_length() -> None:
    server = RoomServer()
    one, two = server.client(), server.client()
    one.join("desk", "x" * 64)
    two.join("desk", "x" * 64)
    assert two.heard("joined")[0]["name"] == "x" * 60 + " (2)"


def test_connections_of_a_key_share_its_name() -> None:
    """The name in the message is ignored."""
    server = RoomServer()
    one, two, other = server.client("desk-key"), server.client("desk-key"), server.client("other")
    one.join()
    server.settle()
    two.join(name="Somebody Else")
    assert not server.hub.waiting, "no member has joined"
    other.join()
    server.settle()
    assert two.heard("joined")[0]["name"] == "desk-key"
    assert one.heard("present")[-1]["names"] == ["desk-key", "other"]
    two.go()
    assert not server.hub.waiting, "no member has left"
    one.go()
    server.settle()
    assert other.heard("present")[-1]["names"] == ["other"]


def test_invisible_characters_in_a_tokens_name_are_replaced() -> None:
    """The names of different tokens stay different."""
    server = RoomServer()
    server.client("Ann").join()
    odd = server.client("Ann\u200b\n")
    odd.join()
    assert odd.heard("joined")[0]["names"] == ["Ann", "Ann\ufffd\ufffd"]


@pytest.mark.parametrize("name", ["", " ", "x" * 65, "a\nb", "\x1b[31m", "\u202eevil", "a\u200b", "\xa0", None, 5, {}])
def test_an_invalid_name_is_refused_for_rooms_and_members(name: object) -> None:
    server = RoomServer()
    ann = server.client()
    ann.op("join", room="desk", name=name)
    assert ann.code() == "bad-argument"
    ann.op("join", room=name, name="Ann")
    assert ann.code() == "bad-argument"
    assert not server.handler.by_name
    assert not ann.session.engaged


def test_blanks_around_a_rooms_name_are_ignored() -> None:
    server = RoomServer()
    (ann,) = server.joined("Ann")
    bob = server.client()
    bob.join("  desk ", "Bob")
    bob.say("hello", " desk")
    assert [message.get("room") for message in bob.heard("joined", "said", "error")] == ["desk", "desk"]
    assert ann.texts() == ["hello"]


# Presence


def test_members_get_the_list_of_names_after_joins_and_leaves() -> None:
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    eve = server.client()
    eve.join("desk", "Eve")
    server.later(SECOND)
    assert ann.heard() == [{"type": "present", "room": "desk", "names": ["Ann", "Bob", "Eve"]}]
    assert [message["type"] for message in eve.heard()] == ["joined"], "the answer to join has the names"
    bob.op("leave", room="desk", id=5)
    assert bob.heard()[-1] == {"type": "left", "id": 5, "room": "desk"}
    eve.go()
    server.settle()
    assert ann.heard() == [{"type": "present", "room": "desk", "names": ["Ann"]}]
    assert bob.heard() == [], "a former member gets no more messages"


def test_the_list_of_names_is_sent_at_most_twice_a_second() -> None:
    server = RoomServer()
    (ann,) = server.joined("Ann")
    crowd = [server.client() for _ in range(10)]
    server.later(SECOND)
    for number, client in enumerate(crowd):
        client.join("desk", f"{number}")
    server.later(0)
    assert [len(message["names"]) for message in ann.heard("present")] == [11]
    crowd[0].go()
    for _ in range(3):
        server.later(PRESENT_NS // 4)
    assert ann.heard("present") == []
    crowd[1].go()
    server.later(PRESENT_NS // 4)
    assert [len(message["names"]) for message in ann.heard("present")] == [9]
    assert not server.hub.waiting


def test_in_large_rooms_the_list_of_names_is_sent_less_often() -> None:
    """Every list goes to every member: otherwise the traffic would grow with the square of the members."""
    server = RoomServer()
    clients = server.joined(*map(str, range(100)))
    clients[-1].go()
    server.later(0)
    clients[-2].go()
    clients[0].heard()
    server.later(98 * PRESENT_NS_A_MEMBER - 1)
    assert clients[0].heard("present") == []
    server.later(1)
    assert len(clients[0].heard("present")) == 1


def test_a_clock_set_back_does_not_delay_the_list_of_names() -> None:
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    server.later(-1_000 * SECOND)
    bob.go()
    server.later(0)
    assert len(ann.heard("present")) == 1


def test_a_list_of_names_is_encoded_once() -> None:
    server = RoomServer()
    clients = server.joined("Ann", "Bob", "Eve")
    clients[2].go()
    server.settle()
    assert clients[0].outlet.sent[0] is clients[1].outlet.sent[0]


# History


def test_a_new_member_gets_the_history() -> None:
    """The last 200 messages, oldest first."""
    server = RoomServer()
    (ann,) = server.joined("Ann")
    for number in range(KEPT + 5):
        ann.say(f"{number}")
    bob = server.client()
    bob.join("desk", "Bob")
    joined, *said = bob.heard()
    assert joined["seq"] == KEPT + 5
    assert [message["text"] for message in said] == [f"{number}" for number in range(5, KEPT + 5)]
    assert not any("lost" in message for message in said)


def test_a_returning_member_gets_the_messages_it_missed() -> None:
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    ann.say("one")
    ann.say("two")
    bob.go()
    ann.say("three")
    again = server.client()
    again.join("desk", "Bob", since={"epoch": "epoch 1", "version": 2})
    assert again.texts() == ["three"]
    again.go()
    for number in range(KEPT):
        ann.say(f"{number}")
    late = server.client()
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
def test_an_invalid_since_gets_the_whole_history(since: dict[str, object]) -> None:
    server = RoomServer()
    (ann,) = server.joined("Ann")
    ann.say("one")
    ann.say("two")
    bob = server.client()
    bob.join("desk", "Bob", since=since)
    assert bob.texts() == ["one", "two"]


def test_joining_again_is_no_error() -> None:
    """It is answered again and resumes; the name stays."""
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
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
    assert not server.hub.waiting
    bob.say("three")
    assert ann.texts() == ["three"]


def test_a_member_of_a_room_is_not_idle() -> None:
    server = RoomServer()
    ann = server.client()
    busy = [ann.session.busy]
    for op, room in (("join", "desk"), ("join", "other"), ("leave", "desk"), ("leave", "other")):
        ann.op(op, room=room, name="Ann")
        busy.append(ann.session.busy)
    assert busy == [False, True, True, True, False]


# Slow consumers


def test_nothing_is_queued_for_a_slow_consumer() -> None:
    server = RoomServer()
    ann, mute = server.joined("Ann", "Mute")
    mute.outlet.is_ready = False
    before = len(mute.outlet.written)
    for number in range(KEPT + 30):
        ann.say(f"{number}")
        server.later(1)
    server.client().join("desk", "Eve")
    server.later(SECOND)
    assert len(mute.outlet.written) == before
    assert server.hub.waiting
    mute.outlet.is_ready = True
    server.settle()
    heard = mute.heard()
    said = [message for message in heard if message["type"] == "said"]
    assert [message["seq"] for message in said] == list(range(31, KEPT + 31))
    assert [message.get("lost", 0) for message in said] == [30] + [0] * (KEPT - 1)
    assert [message["names"] for message in heard if message["type"] == "present"] == [["Ann", "Mute", "Eve"]]


def test_a_slow_consumer_gets_the_answer_to_its_message_in_order() -> None:
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    bob.outlet.is_ready = False
    ann.say("one")
    bob.say("two", id=7)
    ann.say("three")
    bob.outlet.is_ready = True
    server.settle()
    assert [(message["text"], message.get("id")) for message in bob.heard()] == [
        *(("one", None), ("two", 7), ("three", None))
    ]


def test_a_lost_answer_is_not_given_to_another_message() -> None:
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    bob.outlet.is_ready = False
    bob.say("one", id=7)
    for _ in range(KEPT):
        ann.say("more")
    bob.say("last", id=8)
    bob.outlet.is_ready = True
    server.settle()
    heard = bob.heard("said")
    assert [message["id"] for message in heard if "id" in message] == [8]
    assert heard[0]["lost"] == 2
    (member,) = [each for each in server.handler.by_name["desk"].members.values() if each.name == "Bob"]
    assert not member.pending_ids


def test_joining_sends_as_much_as_the_client_reads() -> None:
    """The rest follows when it has read."""
    server = RoomServer()
    (ann,) = server.joined("Ann")
    for number in range(20):
        ann.say(f"{number}")
    bob = server.client()
    bob.outlet.is_ready = False
    bob.join("desk", "Bob")
    assert [message["type"] for message in bob.heard()] == ["joined"]
    bob.outlet.is_ready = True
    server.later(1)
    assert len(bob.texts()) == 20


def test_a_poll_is_bounded() -> None:
    """A thousand members that become ready at once catch up over several polls, and none is skipped."""
    server = RoomServer(limits=Limits(room_members=5_000, says_per_minute=60_000))
    clients = server.joined(*map(str, range(1_000)))
    for client in clients:
        client.outlet.is_ready = False
    clients[0].say("one")
    clients[0].say("two")
    for client in clients[100:]:
        client.outlet.is_ready = True
    polls = []
    while any(client.outlet.frames and not client.outlet.sent for client in clients[100:]):
        before = sum(client.outlet.frames for client in clients)
        server.later(1)
        polls.append(sum(client.outlet.frames for client in clients) - before)
        assert len(polls) < 20
    assert max(polls) <= STEPS
    assert sum(polls) == 2 * 900
    assert all(client.texts() == ["one", "two"] for client in clients[100:])


def test_sending_a_message_does_not_catch_up_slow_consumers() -> None:
    """Many members that become ready at once would delay everything else; polls serve them."""
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    bob.outlet.is_ready = False
    for number in range(5):
        ann.say(f"{number}")
    bob.outlet.is_ready = True
    ann.say("5")
    assert bob.texts() == []
    server.later(1)
    assert bob.texts() == ["0", "1", "2", "3", "4", "5"]


# Limits


def test_messages_per_minute_are_limited() -> None:
    """A third of them at once, in all rooms together; leaving and returning doesn't restore them."""
    server = RoomServer(limits=Limits(says_per_minute=30))
    (ann,) = server.joined("Ann")
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
    server.ts -= 100 * SECOND
    ann.say("x")
    assert ann.code() == "too-fast"
    server.ts += 2 * SECOND
    ann.say("x")
    assert len(ann.heard("said")) == 1
    ann.say("x")
    assert ann.code() == "too-fast"
    server.ts += 3_600 * SECOND
    for _ in range(11):
        ann.say("x")
    assert [message["type"] for message in ann.heard()] == ["said"] * 10 + ["error"]


def test_the_rooms_of_a_client_are_limited() -> None:
    server = RoomServer(limits=Limits(rooms=2))
    (ann,) = server.joined("Ann")
    ann.join("two", "Ann")
    ann.heard()
    ann.join("three", "Ann")
    assert ann.code() == "too-many-rooms"
    assert set(server.handler.by_name) == {"desk", "two"}
    ann.join("two", "Ann")
    assert [message["type"] for message in ann.heard()] == ["joined"], "where it is already it may be"
    ann.op("leave", room="two")
    ann.join("three", "Ann")
    assert ann.heard("error") == []


def test_the_members_of_a_room_are_limited() -> None:
    server = RoomServer(limits=Limits(room_members=2))
    ann, _ = server.joined("Ann", "Bob")
    eve = server.client()
    eve.join("desk", "Eve")
    assert eve.code() == "room-full"
    assert not eve.session.engaged
    ann.go()
    eve.join("desk", "Eve")
    assert eve.heard("error") == []


def test_the_number_of_rooms_is_limited() -> None:
    """An empty room is deleted for a new one; without an empty room the new one is refused."""
    server = RoomServer(rooms=2)
    ann, bob, eve = server.client(), server.client(), server.client()
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
    assert set(server.handler.by_name) == {"one", "three"}


def test_without_entitlement_a_room_looks_like_an_unknown_one() -> None:
    server = RoomServer()
    server.joined("Ann", room="secret")
    eve = server.client("eve", may=Entitlements(rooms=("desk", "fx-*")))
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
    assert set(server.handler.by_name) == {"secret", "fx-majors"}


# Kept history


def test_a_room_without_messages_is_deleted_with_its_last_member() -> None:
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    ann.go()
    assert set(server.handler.by_name) == {"desk"}
    bob.op("leave", room="desk")
    assert not server.handler.by_name
    assert not server.hub.waiting


def test_of_empty_rooms_with_history_the_longest_empty_are_deleted() -> None:
    server = RoomServer()
    ann = server.client()
    for number in range(EMPTY_ROOMS + 3):
        ann.join(f"{number}", "Ann")
        ann.say("hello", f"{number}")
        ann.op("leave", room=f"{number}")
        if number == 100:
            ann.join("0", "Ann")
            ann.op("leave", room="0")
    gone = {f"{number}" for number in range(EMPTY_ROOMS + 3)} - set(server.handler.by_name)
    assert gone == {"1", "2", "3"}
    ann.heard()
    ann.join("0", "Ann")
    assert ann.texts() == ["hello"]
    ann.join("1", "Ann")
    assert ann.heard()[0]["epoch"] == f"epoch {EMPTY_ROOMS + 4}", "another room: its numbers begin anew"


def test_the_kept_history_is_bounded() -> None:
    """Empty rooms are deleted first; then the room with the largest history loses the older half."""
    server = RoomServer(kept_bytes=100_000)
    ann, bob = server.client(), server.client()
    ann.join("empty", "Ann")
    ann.say("hello", "empty")
    ann.op("leave", room="empty")
    ann.join("small", "Ann")
    bob.join("large", "Bob")
    ann.say("hello", "small")
    for _ in range(50):
        bob.say("x" * 2_000, "large")
    assert set(server.handler.by_name) == {"small", "large"}
    assert server.handler.bytes == sum(room.bytes for room in server.handler.by_name.values()) <= 100_000
    for client in (ann, bob):
        client.heard()
    ann.join("small")
    assert ann.texts() == ["hello"]
    bob.join("large", since={"epoch": "epoch 3", "version": 1})
    said = bob.heard("said")
    assert 2 <= len(said) <= 8
    assert said[0]["lost"] == 49 - len(said), "what went before its time is told to those who lack it"
    assert said[-1]["seq"] == 50


def test_the_size_of_the_kept_history_is_exact() -> None:
    """After messages, dropped messages and deleted rooms."""
    server = RoomServer()
    ann, bob = server.joined("Ann", "Bob")
    bob.join("other", "Bob")
    for number in range(KEPT * 2):
        ann.say("é📈" * (number % 50 + 1))
        bob.say("x", "other")
    assert server.handler.bytes == sum(room.bytes for room in server.handler.by_name.values()) > 0
    ann.go()
    bob.go()
    server.handler.max_bytes = 0
    server.joined("Eve")[0].say("hello")
    assert server.handler.bytes == 0
    assert set(server.handler.by_name) == {"desk"}


def test_a_disconnected_client_leaves_nothing_behind() -> None:
    server = RoomServer()
    clients = server.joined("Ann", "Bob", "Eve")
    for client in clients:
        client.outlet.is_ready = False
        client.say("hello", id=1)
    server.later(SECOND)
    for client in clients:
        client.go()
    handler, room = server.handler, server.handler.by_name["desk"]
    assert handler.members == 0
    assert not handler.waiting
    assert not room.members
    assert not room.names
    assert not room._late


# Storage


def test_stored_rooms_survive_a_restart() -> None:
    """With their numbers, so clients resume as after any other gap."""
    store = MemoryStore()
    server = RoomServer(store)
    (ann,) = server.joined("Ann")
    for number in range(KEPT + 3):
        ann.say(f"{number}")
    server = RoomServer(store)
    bob = server.client()
    bob.join("desk", "Bob", since={"epoch": "epoch 1", "version": KEPT + 1})
    joined, *said = bob.heard()
    assert (joined["epoch"], joined["seq"], joined["names"]) == ("epoch 1", KEPT + 3, ["Bob"])
    assert [message["text"] for message in said] == [f"{KEPT + 1}", f"{KEPT + 2}"]
    bob.say("next")
    assert bob.heard("said")[0]["seq"] == KEPT + 4
    eve = server.client()
    eve.join("desk", "Eve")
    assert len(eve.texts()) == KEPT


def test_numbers_that_may_repeat_get_a_new_epoch() -> None:
    """A killed server may have sent messages that it had not written."""
    said = [Said(room="desk", sender="Ann", text=text, seq=seq, ts=TS) for seq, text in ((41, "a"), (42, "b"))]
    store = MemoryStore([KeptRoom("desk", None, said)])
    server = RoomServer(store)
    ann = server.client()
    ann.join("desk", "Ann", since={"epoch": "before", "version": 43})
    joined, *heard = ann.heard()
    assert (joined["epoch"], joined["seq"]) == ("epoch 1", 42)
    assert [message["seq"] for message in heard] == [41, 42]
    ann.say("c")
    assert store.rooms["desk"].epoch == "epoch 1"


def test_a_deleted_room_is_deleted_from_the_store() -> None:
    """A room without messages is never stored."""
    store = MemoryStore()
    server = RoomServer(store, rooms=1)
    ann = server.client()
    ann.join("one", "Ann")
    ann.say("hello", "one")
    ann.op("leave", room="one")
    ann.join("two", "Ann")
    ann.op("leave", room="two")
    assert store.calls == [("append", "one"), ("forget", "one")]
    assert not store.rooms


def test_only_the_newest_stored_rooms_are_loaded() -> None:
    """Those with the newest messages come last and stay."""
    rooms = [
        KeptRoom(f"{number}", "e", [Said(room=f"{number}", sender="Ann", text="x", seq=9, ts=TS)])
        for number in range(EMPTY_ROOMS + 2)
    ]
    store = MemoryStore(rooms)
    server = RoomServer(store)
    assert set(server.handler.by_name) == {f"{number}" for number in range(2, EMPTY_ROOMS + 2)}
    assert store.calls == [("forget", "0"), ("forget", "1")]
