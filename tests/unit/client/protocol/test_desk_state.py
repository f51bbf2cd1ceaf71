"""The client's alerts, rooms and events, message by message."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from tests.support.scripted_server import TS, heartbeat, welcome
from ticker.client.protocol.event_queue import Event, EventQueue
from ticker.client.protocol.protocol import ClientProtocol
from ticker.wire.limits import Limits
from ticker.wire.messages import (
    Alert,
    AlertList,
    AlertRow,
    Alerts,
    ClientMessage,
    Error,
    Fired,
    Join,
    Joined,
    Leave,
    Left,
    Notice,
    Ping,
    Present,
    Said,
    Since,
    Subscribe,
    Subscribed,
    Unalert,
)


def protocol(owner: str | None = None, *symbols: str) -> ClientProtocol:
    return ClientProtocol(symbols, "ticker", None, 100, "test", owner)


def row(id_: int | str, *, when: str = "last >= 10", once: bool = True, state: Any = "waiting") -> AlertRow:
    return AlertRow(id=id_, symbol="A", when=when, once=once, hysteresis=0.01, state=state)


def alerts(asked: ClientMessage | None, seq: int, *rows: AlertRow) -> AlertList:
    return AlertList(id=None if asked is None else asked.id, alerts=list(rows), seq=seq)


def fired(seq: int, id_: int | str = "x", *, lost: int = 0) -> Fired:
    return Fired(id=id_, symbol="A", when="last >= 10", value=10.5, ts=TS, seq=seq, lost=lost)


def joined(asked: ClientMessage, seq: int, *, epoch: str = "e", names: tuple[str, ...] = ("Ann",)) -> Joined:
    assert isinstance(asked, Join)
    return Joined(id=asked.id, room=asked.room, name="Ann", names=list(names), epoch=epoch, seq=seq)


def said(seq: int, room: str = "desk", *, lost: int = 0, id_: str | None = None) -> Said:
    return Said(id=id_, room=room, sender="Bob", text=f"{seq}", seq=seq, ts=TS, lost=lost)


def seqs(made: ClientProtocol) -> list[int]:
    """The numbers of what has come, as far as it has any."""
    events: list[Event] = []
    while (event := made.desk.events.take()) is not None:
        events.append(event)
    return [event.seq for event in events if isinstance(event, Fired | Said)]


def live(made: ClientProtocol) -> bool:
    return made.live


def set_alert(made: ClientProtocol, id_: int | str, seq: int = 0, *others: AlertRow) -> None:
    asked = made.ask(made.desk.alerts.alert(Alert(id=id_, symbol="A", when="last >= 10")))
    made.receive(alerts(asked, seq, row(id_), *others))


def in_desk(epoch: str = "e") -> ClientProtocol:
    """A protocol that is in a room of which it has heard the numbers up to 3."""
    made = protocol()
    assert made.connected(welcome()) == []
    asked = made.ask(made.desk.rooms.join("desk", "Ann"))
    made.receive(joined(asked, 3, epoch=epoch))
    for seq in (1, 2, 3):
        made.receive(said(seq))
    assert seqs(made) == [1, 2, 3]
    made.disconnected()
    return made


# Alerts


def test_an_owners_alerts_are_asked_for_when_it_connects() -> None:
    """A program that is started again has them, and is live when it was told; what fired meanwhile comes."""
    made = protocol("ann", "A")
    subscribe, claim = made.connected(welcome())
    assert isinstance(subscribe, Subscribe)
    assert claim == Alerts(id="#2", owner="ann")
    made.receive(Subscribed(id=subscribe.id, channel="ticker", symbols=["A"], rate=10))
    assert not live(made)
    # Of the seven that have fired, others of the owner's had the first five.
    made.receive(alerts(claim, 7, row(1)))
    assert live(made)
    made.receive(fired(6))
    made.receive(fired(7))
    assert seqs(made) == [6, 7]


def test_nobody_who_has_no_alerts_asks_for_any() -> None:
    """A server that knows none is not bothered by whoever wants prices."""
    made = protocol()
    assert made.connected(welcome()) == []
    made.disconnected()
    assert made.connected(welcome()) == []


def test_a_new_connection_asks_for_what_fired_after_the_last_that_came() -> None:
    """And what a server that knows its clients sends by itself, before it is asked, isn't taken twice, nor for all."""
    made = protocol()
    made.connected(welcome())
    made.receive(fired(4))
    made.disconnected()
    (claim,) = made.connected(welcome())
    assert claim == Alerts(id="#1", since=4)
    # It thinks that 5 was had, for it was on its way when the connection broke.
    made.receive(fired(6))
    assert seqs(made) == [4]
    made.receive(alerts(claim, 6))
    made.receive(fired(5))
    made.receive(fired(6))
    made.receive(fired(6))
    assert seqs(made) == [5, 6]


def test_where_nothing_had_come_yet_the_first_list_says_where_to_go_on() -> None:
    """What fires on its way to a connection that breaks comes on the next."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 9))
    made.disconnected()
    (again,) = made.connected(welcome())
    assert again == Alerts(id="#2", owner="ann", since=9)


def test_a_server_whose_numbers_begin_anew_is_followed_from_its_first() -> None:
    """One that keeps nothing was started again: its 1 is news, though 4 was had of the one before."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 4))
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    made.receive(alerts(claim, 2))
    made.disconnected()
    (again,) = made.connected(welcome("two"))
    assert again == Alerts(id="#3", owner="ann", since=0)
    made.receive(alerts(again, 2))
    made.receive(fired(1))
    made.receive(fired(2))
    assert seqs(made) == [1, 2]


def test_alerts_that_the_server_has_forgotten_are_set_again(caplog: pytest.LogCaptureFixture) -> None:
    """Until that is answered, be it over another break; those that fired, or were removed, stay away."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    set_alert(made, "fires")
    set_alert(made, "removed", 0, row("fires"))
    made.receive(fired(1, "fires"))
    unalert = made.ask(made.desk.alerts.unalert("removed"))
    assert unalert == Unalert(id="removed", owner="ann")
    made.receive(alerts(unalert, 1, row("fires", state="fired")))
    set_alert(made, 7, 1, row("fires", state="fired"))
    set_alert(made, "b", 1, row("fires", state="fired"), row(7))
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    first, second = made.receive(alerts(claim, 0))
    assert [first.id, second.id] == [7, "b"]
    assert first == Alert(id=7, symbol="A", when="last >= 10", owner="ann")
    assert not live(made), "nothing is asked for while they are set again"
    assert "alerts 7, b" in caplog.text
    made.receive(alerts(first, 0, row(7)))
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    (second,) = made.receive(alerts(claim, 0, row(7)))
    assert second.id == "b"
    made.receive(Error(id="b", code="too-many-alerts", message="no"))
    assert live(made)
    assert "alert b: too-many-alerts: no" in caplog.text
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    assert made.receive(alerts(claim, 0, row(7))) == []


def test_what_another_client_of_the_owners_removed_is_not_set_again() -> None:
    """The server that is still the same has forgotten nothing."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    set_alert(made, "a")
    made.disconnected()
    (claim,) = made.connected(welcome())
    assert made.receive(alerts(claim, 0)) == []
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    assert made.receive(alerts(claim, 0)) == []


def test_an_alert_that_was_set_once_more_is_armed_though_what_fired_before_comes_late() -> None:
    """The list that answers says how far it was when it was set."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    set_alert(made, "a")
    set_alert(made, "a", 1)
    made.receive(fired(1, "a"))
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    assert [message.id for message in made.receive(alerts(claim, 0))] == ["a"]


def test_an_alert_that_fired_is_no_answer_to_setting_it_and_no_question_has_its_id() -> None:
    """Users number their alerts as they like: 7 is theirs, "#7" the client's own."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    questions = [made.ask(Subscribe(symbols=["A"])) for _ in range(7)]
    asked = made.ask(made.desk.alerts.alert(Alert(id=7, symbol="A", when="last >= 10")))
    assert asked.id == 7
    assert 7 not in [question.id for question in questions]
    made.receive(fired(1, 7))
    made.receive(Error(id=7, code="bad-condition", message="no"))
    assert made.receive(Subscribed(id=questions[-1].id, channel="ticker", symbols=["A"], rate=10)) == []
    assert "A" in made.view.board


def test_an_alert_whose_answer_never_came_is_found_by_what_the_next_connection_is_told() -> None:
    """If it was set, it needn't be set again; and if it wasn't, another of its id is not taken for it."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    book = made.desk.alerts
    asked = made.ask(book.alert(Alert(id=7, symbol="A", when="last  >=  10")))
    made.disconnected()
    assert book.found(asked) is None
    assert not book.is_gone(7)
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0, row(7, when="last >= 11")))
    assert book.found(asked) is None
    made.receive(alerts(None, 0, row(7, once=False)))
    assert book.found(asked) is None
    made.receive(alerts(None, 0, row(7)))
    assert book.found(asked) == row(7)
    assert (book.is_gone(7), book.is_gone(8), book.is_gone("*")) == (False, True, False)
    # From now on it is one of those that were set.
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    assert [message.id for message in made.receive(alerts(claim, 0))] == [7]


def test_a_server_without_alerts_and_rooms_is_good_for_prices(caplog: pytest.LogCaptureFixture) -> None:
    """What it refuses at the beginning is logged, and the stream is live."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(Error(id=claim.id, code="unknown-op", message="this server doesn't offer that"))
    assert live(made)
    (line,) = caplog.messages
    assert "alerts: unknown-op: this server doesn't offer that" in line


# Rooms


def test_a_room_is_joined_again_and_goes_on_after_the_last_that_came() -> None:
    """Nothing that was said in between is missed, and nothing comes twice; ``lost`` is what the room no longer had."""
    made = in_desk()
    (join,) = made.connected(welcome("two"))
    assert join == Join(id="#2", room="desk", name="Ann", since=Since(epoch="e", version=3))
    assert not live(made)
    made.receive(joined(join, 6))
    assert live(made)
    for message in (said(3), said(5, lost=1), said(6), said(6)):
        made.receive(message)
    assert seqs(made) == [5, 6]
    assert made.desk.events.lost == {"said": 1}


def test_a_room_that_began_anew_is_heard_from_its_beginning() -> None:
    """The numbers of another epoch say nothing about those that were had."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(joined(join, 2, epoch="f"))
    for seq in (1, 2):
        made.receive(msgspec.structs.replace(said(seq), text="something new"))
    assert seqs(made) == [1, 2]


def test_who_is_told_nothing_before_a_break_asks_for_all_that_is_kept() -> None:
    """Unless it is known that there was nothing: then it goes on from there."""
    for head, since in ((5, None), (0, Since(epoch="e", version=0))):
        made = protocol()
        made.connected(welcome())
        asked = made.ask(made.desk.rooms.join("desk", "Ann"))
        made.receive(joined(asked, head))
        made.disconnected()
        assert made.connected(welcome()) == [Join(id="#2", room="desk", name="Ann", since=since)]


def test_a_server_that_was_killed_tells_nothing_twice_although_its_numbers_begin_anew() -> None:
    """What it kept comes again with other numbers, and is known; what was said since is not."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(joined(join, 4, epoch="after"))
    for seq, kept in enumerate((2, 3), 1):
        made.receive(msgspec.structs.replace(said(kept), seq=seq))
    for seq in (3, 4):
        made.receive(msgspec.structs.replace(said(seq), text="another"))
    assert seqs(made) == [3, 4]


def test_who_is_in_a_room_is_known_and_told_where_a_break_changed_it() -> None:
    """The answer to joining again says it; one who listens hears it as if it had been told."""
    made = in_desk()
    assert made.desk.rooms.names() == {"desk": ["Ann"]}
    (join,) = made.connected(welcome())
    made.receive(joined(join, 3, names=("Ann", "Bob")))
    assert made.desk.events.take() == Present(room="desk", names=["Ann", "Bob"])
    made.receive(Present(room="desk", names=["Ann"]))
    assert made.desk.events.take() == Present(room="desk", names=["Ann"])
    assert made.desk.rooms.names() == {"desk": ["Ann"]}
    made.disconnected()
    (join,) = made.connected(welcome())
    made.receive(joined(join, 3))
    assert made.desk.events.take() is None, "nothing has changed"


def test_who_has_left_a_room_hears_no_more_of_it() -> None:
    """Whatever is under way; and if joining it again was, the server is told once that is answered."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.desk.rooms.leave("desk")
    made.receive(said(4))
    made.receive(Present(room="desk", names=["Bob"]))
    (leave,) = made.receive(joined(join, 3))
    assert leave == Leave(id="#3", room="desk")
    assert not live(made)
    made.receive(Left(id=leave.id, room="desk"))
    assert live(made)
    assert seqs(made) == []
    made.disconnected()
    assert made.connected(welcome()) == []


def test_a_room_that_is_full_for_now_is_asked_for_again(caplog: pytest.LogCaptureFixture) -> None:
    """One who came back too late is not out for good."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(Error(id=join.id, code="room-full", message="no"))
    assert live(made)
    (line,) = caplog.messages
    assert "room desk: room-full: no" in line
    made.disconnected()
    assert len(made.connected(welcome())) == 1


# Events


def test_events_come_in_their_order() -> None:
    """Alerts, notices, what is said, and presence, as the wire has them."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(joined(join, 3))
    told: list[Event] = [
        Notice(text="t", sender="operator", ts=TS),
        said(4),
        fired(1),
        Present(room="desk", names=["Ann"]),
        said(5),
    ]
    for message in told:
        made.receive(message)
    assert [made.desk.events.take() for _ in told] == told
    assert not made.desk.events


def test_a_full_queue_loses_the_oldest_and_says_how_many() -> None:
    """In the next of its kind and room, and in the sums by kind."""
    queue = EventQueue(2)
    for event in (said(1), fired(1, lost=5), said(1, "fx"), said(2, lost=3), said(3)):
        queue.put(event)
    assert len(queue) == 2
    assert queue.take() == said(2, lost=4)
    assert queue.take() == said(3)
    assert queue.take() is None
    assert queue.lost == {"alert": 6, "said": 5}
    assert queue.lost_in_all == 11
    queue.put(fired(2))
    queue.put(said(2, "fx"))
    assert queue.take() == msgspec.structs.replace(fired(2), lost=6)
    assert queue.take() == msgspec.structs.replace(said(2, "fx"), lost=1)


def test_one_who_listens_for_notices_alone_shows_that_it_lives() -> None:
    """The server would take it for idle and close it. Whoever watches something needn't, nor one who doesn't listen."""
    limits = Limits(idle_seconds=60)
    listening, silent, watching = protocol(), protocol(), protocol(None, "A")
    for made in (listening, silent, watching):
        for asked in made.connected(welcome(limits=limits)):
            made.receive(Subscribed(id=asked.id, channel="ticker", symbols=["A"], rate=10))
    listening.desk.listening = watching.desk.listening = True
    answers = [[made.receive(heartbeat(0)) for made in (listening, silent, watching)] for _ in range(4)]
    assert answers == [[[], [], []], [[Ping(id="#1")], [], []], [[], [], []], [[Ping(id="#2")], [], []]]
