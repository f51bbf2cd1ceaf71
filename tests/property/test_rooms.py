"""Rooms: each member ends with the messages sent, in order, and knows of every gap."""

from __future__ import annotations

import json
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.model_client import Message, ScriptedOutlet, decoded
from tests.unit.rooms.test_op_handler import MemoryStore
from ticker.hub.hub import Hub
from ticker.rooms.op_handler import RoomHandler
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
#: So few messages kept that members fall behind them, and the real number.
FEW = 3
KEPT = [FEW, FEW, 200]
ROOMS = ("desk", "fx")
#: Two connections of one key, one of another key, and two that give a name.
KEYS = ("key", "key", "other", "", "")

_client = st.integers(0, len(KEYS) - 1)
_room = st.sampled_from(ROOMS)
_say = st.tuples(st.just("say"), _client, _room, st.integers(1, 3))
_ready = st.tuples(st.just("ready"), _client, st.booleans())
_deliver = st.tuples(st.just("deliver"), _client)
#: Hypothesis draws the first elements most often: sending is first, leaving last.
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


class RoomView:
    """A client's view of a room, by the rules of docs/protocol.md."""

    def __init__(self) -> None:
        self.epoch = ""
        self.seq = 0
        #: The number before the first message requested.
        self.start = 0
        self.names: list[str] = []
        self.said: dict[int, tuple[str, str]] = {}
        self.lost: set[int] = set()
        #: Ids of its own messages without an answer, by number.
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
        assert seq == self.seq + 1 + lost, "an unannounced gap, or a repeated message"
        for number in range(self.seq + 1, seq):
            self.lost.add(number)
            self.asked.pop(number, None)
        self.seq = seq
        told = message["from"], message["text"]
        assert self.said.setdefault(seq, told) == told, "a number has one meaning"
        assert message.get("id") == self.asked.pop(seq, None), "the answer is one's own alone, and comes once"


class Client:
    """A model client on the hub."""

    def __init__(self, key: str, encoding: str) -> None:
        self.key = key
        self.encoding = encoding
        self.outlet = ScriptedOutlet()
        self.session: Any = None
        #: The rooms that it has joined or asked to join.
        self.rooms: dict[str, RoomView] = {}
        #: Views of rooms that it left, or lost with its connection.
        self.before: dict[str, RoomView] = {}
        self.joins: dict[int, int | None] = {}


class Simulation:
    """A hub, its store, its clients, and the messages sent."""

    def __init__(self, kept: int) -> None:
        self.kept = kept
        self.store = MemoryStore()
        self.epochs = count(1)
        self.ids = count(1)
        self.ts = TS
        self.expected: dict[str, list[tuple[str, str]]] = {room: [] for room in ROOMS}
        self.clients = [Client(key, "json" if number % 2 else "msgpack") for number, key in enumerate(KEYS)]
        self.open()

    def open(self) -> None:
        self.desk = RoomHandler(self.store, new_epoch=lambda: f"epoch {next(self.epochs)}")
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
        # Deliver first: messages before the answer belong to the old position.
        if client.outlet.is_ready:
            self.deliver(client)
        heard = client.rooms.setdefault(room, client.before.pop(room, RoomView()))
        since = heard.seq if resume and heard.said else None
        more = {} if since is None else {"since": {"epoch": heard.epoch, "version": since}}
        client.joins[self.op(client, "join", room=room, name="Ann", **more)] = since

    def say(self, client: Client, room: str) -> None:
        if room not in client.rooms:
            self.op(client, "say", room=room, text="from outside the room")
            self.join(client, room, resume=True)
        text = f"text {sum(map(len, self.expected.values()))}"
        member = self.desk.by_name[room].members[client.session]
        self.expected[room].append((member.name, text))
        client.rooms[room].asked[len(self.expected[room])] = self.op(client, "say", room=room, text=text)

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
        """Lose the connection and undelivered frames."""
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
def test_every_member_has_all_messages_of_its_room(kept: int, actions: list[Any]) -> None:
    """Each message since it joined exactly once, with its sender, except reported losses; and the names of the members.
    Through lag, leaving, reconnects with and without resuming, and restarts."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("ticker.rooms.room.KEPT", kept)
        patched.setattr("ticker.rooms.op_handler.KEPT", kept)
        simulation = Simulation(kept)
        for client in simulation.clients:
            simulation.join(client, ROOMS[0], resume=False)
        for action in actions:
            simulation.act(action)
        simulation.settle()
    for room, said in simulation.expected.items():
        there = [client for client in simulation.clients if room in client.rooms]
        names = {member.name for member in simulation.desk.by_name[room].members.values()} if there else set()
        assert len(simulation.desk.by_name[room].members) == len(there) if there else True
        for client in there:
            heard = client.rooms[room]
            assert heard.seq == len(said)
            assert heard.said == {seq: said[seq - 1] for seq in heard.said}
            assert heard.said.keys() | heard.lost == set(range(heard.start + 1, len(said) + 1))
            assert kept == FEW or not heard.lost
            assert set(heard.names) == names
            assert len(heard.names) == len(names)
            assert not heard.asked, "what was said has no answer"
