"""Rooms: whatever members suffer, what each has is what was said, in order, and without a gap that it isn't told."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_client import Message, ScriptedOutlet, decoded
from tests.unit.rooms.test_op_handler import Shelf
from ticker.hub.hub import Hub
from ticker.rooms import RoomHandler
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
#: So few that members fall out of them; and the true number, which nobody does.
FEW = 3
KEPT = [FEW, FEW, 200]
ROOMS = ("desk", "fx")
#: Two connections of one key, one of another, and two that say how they are called.
KEYS = ("key", "key", "other", "", "")

_client = st.integers(0, len(KEYS) - 1)
_room = st.sampled_from(ROOMS)
_say = st.tuples(st.just("say"), _client, _room, st.integers(1, 3))
_ready = st.tuples(st.just("ready"), _client, st.booleans())
_deliver = st.tuples(st.just("deliver"), _client)
#: What hypothesis draws first it draws most: saying comes first, and going last.
_actions = st.one_of(
    *([_say] * 6),
    *([_ready] * 4),
    *([_deliver] * 2),
    st.tuples(st.just("poll"), st.sampled_from([0, 100_000_000, 600_000_000])),
    st.tuples(st.just("poll"), st.sampled_from([0, 100_000_000, 600_000_000])),
    st.tuples(st.just("join"), _client, _room, st.booleans()),
    st.tuples(st.just("reconnect"), _client, st.booleans()),
    st.tuples(st.just("restart")),
    st.tuples(st.just("leave"), _client, _room),
)


class Heard:
    """What a client has of a room, as docs/protocol.md has it."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        #: The number before the first that it asked for.
        self.start = 0
        self.names: list[str] = []
        self.said: dict[int, tuple[str, str]] = {}
        self.lost: set[int] = set()
        #: The ids of what it said itself and has no answer to, by number.
        self.asked: dict[int, int] = {}

    def joined(self, message: Message, since: int | None, kept: int) -> None:
        self.names = message["names"]
        assert message["name"] in self.names
        if since is None or message["epoch"] != self.epoch:
            self.epoch = message["epoch"]
            self.start = max(0, message["seq"] - kept)
            self.said.clear()
            self.lost.clear()
        self.seq = self.start if since is None or not self.said else since
        self.asked = {seq: id_ for seq, id_ in self.asked.items() if seq > self.seq}

    def hear(self, message: Message) -> None:
        seq, lost = message["seq"], message.get("lost", 0)
        assert seq == self.seq + 1 + lost, "a gap that nobody told, or one too many"
        for number in range(self.seq + 1, seq):
            self.lost.add(number)
            self.asked.pop(number, None)
        self.seq = seq
        told = message["from"], message["text"]
        assert self.said.setdefault(seq, told) == told, "a number has one meaning"
        assert message.get("id") == self.asked.pop(seq, None), "the answer is one's own alone, and comes once"


class Client:
    """One model client on the hub. What it said that it has not heard is not known to it."""

    def __init__(self, key: str, encoding: str) -> None:
        self.key = key
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session: Any = None
        #: The rooms that it is in, or has asked to be.
        self.rooms: dict[str, Heard] = {}
        #: What it has of rooms that it has left, or lost with its connection.
        self.before: dict[str, Heard] = {}
        self.joins: dict[int, int | None] = {}


class Course:
    """A hub, its store, its clients, and what was truly said."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.shelf = Shelf()
        self.epochs = count(1)
        self.ids = count(1)
        self.ts = TS
        self.truth: dict[str, list[tuple[str, str]]] = {room: [] for room in ROOMS}
        self.clients = [Client(key, "json" if number % 2 else "msgpack") for number, key in enumerate(KEYS)]
        self.open()

    def open(self) -> None:
        self.desk = RoomHandler(self.shelf, new_epoch=lambda: f"epoch {next(self.epochs)}")
        self.hub = Hub(limits=Limits(says_per_minute=60_000), ring_ticks=8, op_handlers=[self.desk])
        for client in self.clients:
            self.connect(client)

    def connect(self, client: Client) -> None:
        client.outlet = ScriptedOutlet()
        client.session = self.hub.attach(client.outlet, client.encoding, name=client.key)

    def op(self, client: Client, op: str, **message: Any) -> int:
        id_ = next(self.ids)
        self.hub.receive(client.session, json.dumps({"op": op, "id": id_, **message}), self.ts)
        return id_

    def join(self, client: Client, room: str, *, resume: bool) -> None:
        # What comes before the answer, it hears before it says where it is.
        if client.outlet.is_ready:
            self.deliver(client)
        heard = client.rooms.setdefault(room, client.before.pop(room, Heard()))
        since = heard.seq if resume and heard.said else None
        more = {} if since is None else {"since": {"epoch": heard.epoch, "version": since}}
        client.joins[self.op(client, "join", room=room, name="Ann", **more)] = since

    def say(self, client: Client, room: str) -> None:
        if room not in client.rooms:
            self.op(client, "say", room=room, text="nobody hears this")
            self.join(client, room, resume=True)
        text = f"text {sum(map(len, self.truth.values()))}"
        member = self.desk._rooms[room].members[client.session]
        self.truth[room].append((member.name, text))
        client.rooms[room].asked[len(self.truth[room])] = self.op(client, "say", room=room, text=text)

    def leave(self, client: Client, room: str) -> None:
        if room in client.rooms:
            self.deliver(client)
            client.before[room] = client.rooms.pop(room)
            client.before[room].asked.clear()
        self.op(client, "leave", room=room)

    def deliver(self, client: Client) -> None:
        sent, client.outlet.sent = client.outlet.sent, []
        for payload in sent:
            message = decoded(payload, client.encoding)
            kind = message["type"]
            if kind == "joined":
                client.rooms[message["room"]].joined(message, client.joins.pop(message["id"]), self.kept)
            elif kind == "said":
                client.rooms[message["room"]].hear(message)
            elif kind == "present":
                client.rooms[message["room"]].names = message["names"]
            elif kind == "error":
                assert message["code"] == "not-joined", message
            else:
                assert kind in ("welcome", "left")

    def lose(self, client: Client) -> None:
        """Its connection, and what was under way."""
        client.before |= client.rooms
        for heard in client.rooms.values():
            heard.asked.clear()
        client.joins.clear()

    def come_back(self, client: Client, *, resume: bool) -> None:
        rooms, client.rooms = list(client.rooms), {}
        for room in rooms:
            self.join(client, room, resume=resume)

    def act(self, action: Any) -> None:
        kind, *rest = action
        if kind == "poll":
            self.ts += rest[0]
            self.hub.poll(self.ts)
        elif kind == "restart":
            for client in self.clients:
                self.lose(client)
            self.open()
            for client in self.clients:
                self.come_back(client, resume=True)
        elif kind == "ready":
            self.clients[rest[0]].outlet.is_ready = rest[1]
        elif kind == "deliver":
            self.deliver(self.clients[rest[0]])
        elif kind == "join":
            self.join(self.clients[rest[0]], rest[1], resume=rest[2])
        elif kind == "say":
            for _ in range(rest[2]):
                self.say(self.clients[rest[0]], rest[1])
        elif kind == "leave":
            self.leave(self.clients[rest[0]], rest[1])
        else:
            client = self.clients[rest[0]]
            self.hub.detach(client.session)
            self.lose(client)
            self.connect(client)
            self.come_back(client, resume=rest[1])

    def settle(self) -> None:
        for client in self.clients:
            client.outlet.is_ready = True
        for _ in range(20):
            self.act(("poll", 1_000_000_000))
        assert not self.hub.waiting
        for client in self.clients:
            self.deliver(client)


@given(st.sampled_from(KEPT), st.lists(_actions, min_size=25, max_size=80))
def test_everybody_in_a_room_has_what_was_said_there(kept: int, actions: list[Any]) -> None:
    """All of it from where it came in, but what it was told is lost; each thing once, as it was said and by whom; and
    the names of those who are there. Through lag, leaving, reconnects with and without resuming, and restarts."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ticker.rooms.room.KEPT", kept)
        patched.setattr("ticker.rooms.op_handler.KEPT", kept)
        course = Course(kept)
        for client in course.clients:
            course.join(client, ROOMS[0], resume=False)
        for action in actions:
            course.act(action)
        course.settle()
    for room, said in course.truth.items():
        there = [client for client in course.clients if room in client.rooms]
        names = {member.name for member in course.desk._rooms[room].members.values()} if there else set()
        assert len(course.desk._rooms[room].members) == len(there) if there else True
        for client in there:
            heard = client.rooms[room]
            assert heard.seq == len(said)
            assert heard.said == {seq: said[seq - 1] for seq in heard.said}
            assert heard.said.keys() | heard.lost == set(range(heard.start + 1, len(said) + 1))
            assert kept == FEW or not heard.lost
            assert set(heard.names) == names
            assert len(heard.names) == len(names)
            assert not heard.asked, "what was said has no answer"
