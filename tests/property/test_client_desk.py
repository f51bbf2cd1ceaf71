"""The client's alerts and rooms against the real hub: each event is delivered exactly once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import count, pairwise
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_client_protocol import Client
from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet
from ticker.alerts.op_handler import AlertHandler
from ticker.client.protocol.protocol import ClientProtocol
from ticker.hub.hub import Hub
from ticker.model import Restart, SymbolTable
from ticker.rooms.op_handler import RoomHandler
from ticker.rooms.store import KeptRoom
from ticker.wire.limits import Limits
from ticker.wire.messages import Alert, Fired, Join, Said, Say

TS = 1_700_000_000_000_000_000
TABLE = SymbolTable(("AAPL", "MSFT"))
ROOMS = ("desk", "fx")
LIMITS = Limits(says_per_minute=1_000_000)


class Recorder:
    """A store of rooms that records all messages and restores none."""

    def __init__(self) -> None:
        self.said: dict[str, dict[int, str]] = defaultdict(dict)

    def load(self, most: int) -> Iterable[KeptRoom]:
        return ()

    def append(self, epoch: str, said: Said, source: str = "") -> None:
        self.said[said.room][said.seq] = said.text

    def forget(self, room: str) -> None:
        self.said.pop(room, None)


class ServerRun:
    """A server from its start to its end, with another client in all rooms that is never disconnected."""

    def __init__(self, epochs: count[int]) -> None:
        self.recorder = Recorder()
        self.fired: list[Fired] = []
        self.alerts = AlertHandler(fired=lambda _, fired: self.fired.append(fired))
        self.rooms = RoomHandler(self.recorder, new_epoch=lambda: f"room-{next(epochs)}")
        self.hub = Hub(
            TABLE.names,
            epoch=f"server-{next(epochs)}",
            limits=LIMITS,
            op_handlers=[self.alerts, self.rooms],
            observer=self.alerts,
        )
        self.alerts.watch(self.hub)
        self.other = self.hub.attach(ScriptedOutlet(), "json")
        for room in ROOMS:
            self.hub.handle(self.other, Join(room=room, name="Bob"), TS)

    def say(self, room: str, text: str) -> None:
        self.hub.handle(self.other, Say(room=room, text=text), TS)

    def trade(self, code: int, price: float) -> None:
        self.hub.publish(batch(TABLE, [(code, TS, price, 1.0)]))
        self.hub.apply_pending()

    def armed(self) -> set[int | str]:
        """The ids of the alerts that may still fire."""
        owner = self.alerts.owners.get("me")
        return set() if owner is None else {alert.id for alert in owner.alerts.values() if not alert.done}


class DeskClient(Client):
    """A client whose user sends one request at a time, and records the events."""

    def __init__(self, hub: Hub, encoding: str) -> None:
        super().__init__(hub, [], "ticker", encoding, 10)
        self.protocol = ClientProtocol([], "ticker", None, 10, "test", "me")
        self.fired: list[Fired] = []
        self.said: dict[str, list[Said]] = defaultdict(list)
        #: The alert that the user is setting.
        self.pending: Alert | None = None

    @property
    def asking(self) -> bool:
        pending = self.protocol._pending
        return bool(pending._open.keys() - pending._first)

    def come(self) -> None:
        if self.session is None:
            self.connect()

    def take_all(self) -> None:
        while (event := self.protocol.desk.events.take()) is not None:
            if isinstance(event, Fired):
                self.fired.append(event)
            elif isinstance(event, Said):
                self.said[event.room].append(event)

    def go_on(self) -> None:
        """After a reconnect, look for the pending alert, or request it again, as the stream does."""
        desk = self.protocol.desk
        if self.pending is None or not self.protocol.live or self.session is None or self.asking:
            return
        if desk.alerts.found(self.pending) is not None:
            self.pending = None
        else:
            self.uplink.append(self.protocol.ask(self.pending))

    def alert(self, alert: Alert) -> None:
        if self.pending is None and self.protocol.live and not self.asking:
            self.pending = self.protocol.desk.alerts.alert(alert)
            self.uplink.append(self.protocol.ask(self.pending))

    def unalert(self, id_: int | str) -> None:
        if self.pending is None and self.protocol.live and not self.asking:
            self.uplink.append(self.protocol.ask(self.protocol.desk.alerts.unalert(id_)))

    def join(self, room: str) -> None:
        if self.protocol.live and not self.asking:
            self.uplink.append(self.protocol.ask(self.protocol.desk.rooms.join(room, "Ann")))

    def leave(self, room: str) -> None:
        """Also without a connection, or before its first answers."""
        if self.asking or room not in self.protocol.desk.rooms:
            return
        self.take_all()
        self.said.pop(room, None)
        message = self.protocol.desk.rooms.leave(room)
        if self.session is not None and self.greeted:
            self.uplink.append(self.protocol.ask(message))


def check_said(client: DeskClient, run: ServerRun, kept: int, *, whole: bool) -> None:
    for room, heard in client.said.items():
        sent = run.recorder.said[room]
        assert [sent[said.seq] for said in heard] == [said.text for said in heard]
        steps = list(pairwise(heard))
        assert all(later.seq == said.seq + 1 + later.lost for said, later in steps), "a gap or a repetition"
        if kept >= len(sent) and heard:
            assert heard[0].seq == 1
    if whole:
        for room in ROOMS:
            if room in client.protocol.desk.rooms:
                newest = max(run.recorder.said[room], default=0)
                assert [said.seq for said in client.said[room][-1:]] == ([newest] if newest else [])
                assert set(client.protocol.desk.rooms.names()[room]) == {"Ann", "Bob"}


def check_fired(client: DeskClient, run: ServerRun, *, whole: bool) -> None:
    heard = [(fired.seq, fired.id, fired.value) for fired in client.fired]
    sent = [(fired.seq, fired.id, fired.value) for fired in run.fired]
    assert heard == (sent if whole else sent[: len(heard)])
    assert all(fired.lost == 0 for fired in client.fired)


def settle(client: DeskClient, run: ServerRun) -> None:
    for _ in range(12):
        client.come()
        client.outlet.is_ready = True
        for _ in range(3):
            client.down(10_000)
            client.up(10_000)
            client.go_on()
        for at in range(3):
            run.hub.poll(TS + at * 10**12)
    assert client.protocol.live
    assert not client.uplink
    assert client.pending is None
    client.take_all()


_room = st.sampled_from(ROOMS)
_code = st.integers(0, 1)
_trade = st.tuples(st.just("trade"), _code, st.sampled_from([9.0, 10.0, 10.5, 11.0, 20.0]))
_alert = st.builds(
    Alert,
    # Numbers and texts that resemble the ids of the client's requests.
    id=st.sampled_from([1, 2, 3, "1", "a"]),
    symbol=st.sampled_from(TABLE.names),
    when=st.sampled_from(["last >= 10", "last < 10.5", "last  crosses 10.5"]),
    once=st.booleans(),
)
#: Deliver many or few messages; break the connection in between.
_flow = st.tuples(st.just("flow"), st.sampled_from([9, 9, 9, 0, 1, 2]), st.sampled_from([9, 9, 9, 0, 1, 2]))
_break = st.tuples(st.just("break"), st.sampled_from([0, 0, 1, 2]), st.sampled_from([0, 0, 1, 2]))
_say = st.tuples(st.just("say"), _room)
_WEIGHTS: dict[st.SearchStrategy[tuple[Any, ...]], int] = {
    _flow: 16,
    _trade: 10,
    _say: 8,
    st.tuples(st.just("alert"), _alert): 6,
    st.tuples(st.just("join"), _room): 4,
    _break: 4,
    st.tuples(st.just("ready"), st.booleans()): 2,
    st.tuples(st.just("poll")): 2,
    st.tuples(st.just("away")): 1,
    st.tuples(st.just("unalert"), st.sampled_from([1, "a", "*"])): 1,
    st.tuples(st.just("leave"), _room): 1,
    st.tuples(st.just("epoch")): 1,
    st.tuples(st.just("restart")): 1,
}
#: Chosen by weight: `one_of` ignores repetitions.
_actions = st.sampled_from([each for each, weight in _WEIGHTS.items() for _ in range(weight)]).flatmap(
    lambda each: each
)


def act(client: DeskClient, run: ServerRun, action: tuple[Any, ...], texts: count[int]) -> None:
    kind, *rest = action
    if kind == "trade":
        run.trade(*rest)
    elif kind == "say":
        run.say(rest[0], str(next(texts)))
    elif kind == "flow":
        client.come()
        client.up(rest[0])
        client.down(rest[1])
    elif kind == "break":
        # Some of the first requests may be answered.
        client.disconnect()
        client.come()
        client.down(rest[0])
        client.up(rest[1])
        client.down(rest[0])
    elif kind == "away":
        client.disconnect()
    elif kind == "alert":
        client.alert(rest[0])
    elif kind == "unalert":
        client.unalert(rest[0])
    elif kind == "join":
        client.join(rest[0])
    elif kind == "leave":
        client.leave(rest[0])
    elif kind == "ready":
        client.outlet.is_ready = rest[0]
    elif kind == "poll":
        run.hub.poll(TS)
    elif kind == "epoch":
        run.hub.publish(Restart())


@given(st.lists(_actions, min_size=40, max_size=120), st.sampled_from([2, 200]))
def test_each_alert_and_each_message_is_delivered_once_in_order(actions: list[Any], kept: int) -> None:
    """For any lag, broken connections, new epochs and servers that lose their state: each fired alert is delivered
    exactly once, and so is each message in a room, unless the room no longer had it and it is counted as lost. The
    client's set of armed alerts equals the server's.
    """
    epochs, texts = count(1), count(1)
    with patch("ticker.rooms.room.KEPT", kept):
        run = ServerRun(epochs)
        client = DeskClient(run.hub, "json" if len(actions) % 2 else "msgpack")
        client.begin()
        for action in actions:
            if action[0] == "restart":
                client.disconnect()
                client.take_all()
                check_said(client, run, kept, whole=False)
                check_fired(client, run, whole=False)
                client.said.clear()
                client.fired.clear()
                run = ServerRun(epochs)
                client.hub = run.hub
            else:
                act(client, run, action, texts)
            client.go_on()
        settle(client, run)
    check_said(client, run, kept, whole=True)
    check_fired(client, run, whole=True)
    assert set(client.protocol.desk.alerts._set) == run.armed()
