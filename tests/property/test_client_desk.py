"""The client's alerts and rooms against the real hub and its desks: nothing is missed, and nothing told twice."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import count, pairwise
from typing import Any
from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st

from tests.property.test_client_protocol import Party
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


class Shelf:
    """Notes all that is said, and forgets it with the server."""

    def __init__(self) -> None:
        self.said: dict[str, dict[int, str]] = defaultdict(dict)

    def load(self, most: int) -> Iterable[KeptRoom]:
        return ()

    def append(self, epoch: str, said: Said) -> None:
        self.said[said.room][said.seq] = said.text

    def forget(self, room: str) -> None:
        self.said.pop(room, None)


class Life:
    """A server from its start to its end, with somebody in all rooms who never suffers anything."""

    def __init__(self, epochs: count[int]) -> None:
        self.shelf = Shelf()
        self.fired: list[Fired] = []
        self.alerts = AlertHandler(fired=lambda _, fired: self.fired.append(fired))
        self.rooms = RoomHandler(self.shelf, new_epoch=lambda: f"room-{next(epochs)}")
        self.hub = Hub(
            TABLE.names,
            epoch=f"life-{next(epochs)}",
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
        """The alerts that may still fire."""
        owner = self.alerts._owners.get("me")
        return set() if owner is None else {alert.id for alert in owner.alerts.values() if not alert.done}


class Talker(Party):
    """A client whose user asks one thing after the other, and knows nothing but what the events say."""

    def __init__(self, hub: Hub, encoding: str) -> None:
        super().__init__(hub, [], "ticker", encoding, 10)
        self.protocol = ClientProtocol([], "ticker", None, 10, "test", "me")
        self.fired: list[Fired] = []
        self.said: dict[str, list[Said]] = defaultdict(list)
        #: An alert that the user waits to have set.
        self.pending: Alert | None = None

    @property
    def asking(self) -> bool:
        questions = self.protocol._pending
        return bool(questions._open.keys() - questions._first)

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
        """What the stream's user waits for: found to be done after a break, or asked again."""
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
        """Also while there is no connection, or one is at its beginning."""
        if self.asking or room not in self.protocol.desk.rooms:
            return
        self.take_all()
        self.said.pop(room, None)
        message = self.protocol.desk.rooms.leave(room)
        if self.session is not None and self.greeted:
            self.uplink.append(self.protocol.ask(message))


def check_said(talker: Talker, life: Life, kept: int, *, whole: bool) -> None:
    for room, heard in talker.said.items():
        truth = life.shelf.said[room]
        assert [truth[said.seq] for said in heard] == [said.text for said in heard]
        steps = list(pairwise(heard))
        assert all(later.seq == said.seq + 1 + later.lost for said, later in steps), "a gap, or something twice"
        if kept >= len(truth) and heard:
            assert heard[0].seq == 1
    if whole:
        for room in ROOMS:
            if room in talker.protocol.desk.rooms:
                newest = max(life.shelf.said[room], default=0)
                assert [said.seq for said in talker.said[room][-1:]] == ([newest] if newest else [])
                assert set(talker.protocol.desk.rooms.names()[room]) == {"Ann", "Bob"}


def check_fired(talker: Talker, life: Life, *, whole: bool) -> None:
    heard = [(fired.seq, fired.id, fired.value) for fired in talker.fired]
    truth = [(fired.seq, fired.id, fired.value) for fired in life.fired]
    assert heard == (truth if whole else truth[: len(heard)])
    assert all(fired.lost == 0 for fired in talker.fired)


def settle(talker: Talker, life: Life) -> None:
    for _ in range(12):
        talker.come()
        talker.outlet.is_ready = True
        for _ in range(3):
            talker.down(10_000)
            talker.up(10_000)
            talker.go_on()
        for at in range(3):
            life.hub.poll(TS + at * 10**12)
    assert talker.protocol.live
    assert not talker.uplink
    assert talker.pending is None
    talker.take_all()


_room = st.sampled_from(ROOMS)
_code = st.integers(0, 1)
_trade = st.tuples(st.just("trade"), _code, st.sampled_from([9.0, 10.0, 10.5, 11.0, 20.0]))
_alert = st.builds(
    Alert,
    # Numbers that the client's own questions might have, and texts that look like them.
    id=st.sampled_from([1, 2, 3, "1", "a"]),
    symbol=st.sampled_from(TABLE.names),
    when=st.sampled_from(["last >= 10", "last < 10.5", "last  crosses 10.5"]),
    once=st.booleans(),
)
#: Messages go up and come down, many or few; and a connection breaks in between, and is made again.
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
#: One of these, by weight: `one_of` would take each of them once, however often it is named.
_actions = st.sampled_from([each for each, weight in _WEIGHTS.items() for _ in range(weight)]).flatmap(
    lambda each: each
)


def act(talker: Talker, life: Life, action: tuple[Any, ...], texts: count[int]) -> None:
    kind, *rest = action
    if kind == "trade":
        life.trade(*rest)
    elif kind == "say":
        life.say(rest[0], str(next(texts)))
    elif kind == "flow":
        talker.come()
        talker.up(rest[0])
        talker.down(rest[1])
    elif kind == "break":
        # What is asked at the beginning may be answered in part.
        talker.disconnect()
        talker.come()
        talker.down(rest[0])
        talker.up(rest[1])
        talker.down(rest[0])
    elif kind == "away":
        talker.disconnect()
    elif kind == "alert":
        talker.alert(rest[0])
    elif kind == "unalert":
        talker.unalert(rest[0])
    elif kind == "join":
        talker.join(rest[0])
    elif kind == "leave":
        talker.leave(rest[0])
    elif kind == "ready":
        talker.outlet.is_ready = rest[0]
    elif kind == "poll":
        life.hub.poll(TS)
    elif kind == "epoch":
        life.hub.publish(Restart())


@given(st.lists(_actions, min_size=40, max_size=120), st.sampled_from([2, 200]))
def test_what_fired_and_what_was_said_comes_once_and_in_order(actions: list[Any], kept: int) -> None:
    """Lag, breaks, new epochs, and servers that forget everything: each alert that fires is told exactly once, each
    thing said in a room too, or counted as lost where the room no longer had it; and what the client takes for its
    armed alerts are the server's.
    """
    epochs, texts = count(1), count(1)
    with patch("ticker.rooms.room.KEPT", kept):
        life = Life(epochs)
        talker = Talker(life.hub, "json" if len(actions) % 2 else "msgpack")
        talker.begin()
        for action in actions:
            if action[0] == "restart":
                talker.disconnect()
                talker.take_all()
                check_said(talker, life, kept, whole=False)
                check_fired(talker, life, whole=False)
                talker.said.clear()
                talker.fired.clear()
                life = Life(epochs)
                talker.hub = life.hub
            else:
                act(talker, life, action, texts)
            talker.go_on()
        settle(talker, life)
    check_said(talker, life, kept, whole=True)
    check_fired(talker, life, whole=True)
    assert set(talker.protocol.desk.alerts._set) == life.armed()
