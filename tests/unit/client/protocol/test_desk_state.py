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
    """Take all events; the numbers of those that have one."""
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
    """A disconnected client that is in a room and has received the messages 1 to 3."""
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


def test_a_client_with_an_owner_asks_for_its_alerts_when_it_connects() -> None:
    """A restarted program gets them, is live after the answer, and receives those that fired in between."""
    made = protocol("ann", "A")
    subscribe, claim = made.connected(welcome())
    assert isinstance(subscribe, Subscribe)
    assert claim == Alerts(id="#2", owner="ann")
    made.receive(Subscribed(id=subscribe.id, channel="ticker", symbols=["A"], rate=10))
    assert not live(made)
    # Seven have fired; the owner's other clients received the first five.
    made.receive(alerts(claim, 7, row(1)))
    assert live(made)
    made.receive(fired(6))
    made.receive(fired(7))
    assert seqs(made) == [6, 7]


def test_a_client_without_alerts_does_not_ask_for_any() -> None:
    """The server may not have alerts."""
    made = protocol()
    assert made.connected(welcome()) == []
    made.disconnected()
    assert made.connected(welcome()) == []


def test_a_new_connection_resumes_after_the_last_fired_alert() -> None:
    """What the server sends before it answers the resume is ignored: the answer repeats it."""
    made = protocol()
    made.connected(welcome())
    made.receive(fired(4))
    made.disconnected()
    (claim,) = made.connected(welcome())
    assert claim == Alerts(id="#1", since=4)
    # The server takes 5 for received: it was sent when the connection broke.
    made.receive(fired(6))
    assert seqs(made) == [4]
    made.receive(alerts(claim, 6))
    made.receive(fired(5))
    made.receive(fired(6))
    made.receive(fired(6))
    assert seqs(made) == [5, 6]


def test_before_the_first_fired_alert_a_connection_resumes_from_the_first_list() -> None:
    """An alert that fires as the connection breaks arrives on the next."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 9))
    made.disconnected()
    (again,) = made.connected(welcome())
    assert again == Alerts(id="#2", owner="ann", since=9)


def test_a_server_that_numbers_anew_is_followed_from_1() -> None:
    """A server without state was restarted: its 1 is new, although 4 was received before."""
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


def test_alerts_that_a_restarted_server_lost_are_set_again(caplog: pytest.LogCaptureFixture) -> None:
    """Until the server answers, also over another reconnect. Fired and removed alerts are not set again."""
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


def test_an_alert_that_another_client_removed_is_not_set_again() -> None:
    """The server wasn't restarted, so it lost nothing."""
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


def test_a_late_fired_event_does_not_disarm_an_alert_that_was_set_again() -> None:
    """The answer has the last number at the time of setting."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    set_alert(made, "a")
    set_alert(made, "a", 1)
    made.receive(fired(1, "a"))
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    assert [message.id for message in made.receive(alerts(claim, 0))] == ["a"]


def test_a_fired_event_is_not_the_answer_to_a_request_with_its_id() -> None:
    """Users may number alerts: 7 is an alert's id, "#7" a request's."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(alerts(claim, 0))
    requests = [made.ask(Subscribe(symbols=["A"])) for _ in range(7)]
    asked = made.ask(made.desk.alerts.alert(Alert(id=7, symbol="A", when="last >= 10")))
    assert asked.id == 7
    assert 7 not in [request.id for request in requests]
    made.receive(fired(1, 7))
    made.receive(Error(id=7, code="bad-condition", message="no"))
    assert made.receive(Subscribed(id=requests[-1].id, channel="ticker", symbols=["A"], rate=10)) == []
    assert "A" in made.view.board


def test_an_unanswered_alert_is_found_in_the_next_list() -> None:
    """If it was set. Another alert with the same id is not taken for it."""
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
    # From now on it counts as set.
    made.disconnected()
    (claim,) = made.connected(welcome("two"))
    assert [message.id for message in made.receive(alerts(claim, 0))] == [7]


def test_prices_of_a_server_without_alerts_and_rooms(caplog: pytest.LogCaptureFixture) -> None:
    """Refused first requests are logged, and the stream is live."""
    made = protocol("ann")
    (claim,) = made.connected(welcome())
    made.receive(Error(id=claim.id, code="unknown-op", message="this server doesn't offer that"))
    assert live(made)
    (line,) = caplog.messages
    assert "alerts: unknown-op: this server doesn't offer that" in line


# Rooms


def test_a_room_is_rejoined_and_resumed_after_the_last_message() -> None:
    """No message is missed or repeated; ``lost`` counts those that the room no longer had."""
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


def test_a_room_with_a_new_epoch_is_followed_from_1() -> None:
    """Numbers of different epochs are not comparable."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(joined(join, 2, epoch="f"))
    for seq in (1, 2):
        made.receive(msgspec.structs.replace(said(seq), text="something new"))
    assert seqs(made) == [1, 2]


def test_without_a_received_message_a_rejoin_asks_for_all() -> None:
    """Unless the room was empty: then it resumes from 0."""
    for head, since in ((5, None), (0, Since(epoch="e", version=0))):
        made = protocol()
        made.connected(welcome())
        asked = made.ask(made.desk.rooms.join("desk", "Ann"))
        made.receive(joined(asked, head))
        made.disconnected()
        assert made.connected(welcome()) == [Join(id="#2", room="desk", name="Ann", since=since)]


def test_messages_that_a_killed_server_repeats_under_new_numbers_are_ignored() -> None:
    """New messages are not."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(joined(join, 4, epoch="after"))
    for seq, kept in enumerate((2, 3), 1):
        made.receive(msgspec.structs.replace(said(kept), seq=seq))
    for seq in (3, 4):
        made.receive(msgspec.structs.replace(said(seq), text="another"))
    assert seqs(made) == [3, 4]


def test_members_that_changed_during_a_reconnect_are_an_event() -> None:
    """The answer to the rejoin has the members."""
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


def test_messages_of_a_left_room_are_ignored() -> None:
    """If a rejoin was pending, the client leaves the room once it is answered."""
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


def test_a_refused_rejoin_is_repeated_on_the_next_connection(caplog: pytest.LogCaptureFixture) -> None:
    """The room may be full only for now."""
    made = in_desk()
    (join,) = made.connected(welcome())
    made.receive(Error(id=join.id, code="room-full", message="no"))
    assert live(made)
    (line,) = caplog.messages
    assert "room desk: room-full: no" in line
    made.disconnected()
    assert len(made.connected(welcome())) == 1


# Events


def test_events_come_in_order() -> None:
    """Alerts, notices, messages and changes of members."""
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


def test_a_full_queue_drops_the_oldest_and_counts_it() -> None:
    """In the next event of the kind and room, and in the totals by kind."""
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


def test_a_client_that_only_listens_for_events_sends_pings() -> None:
    """The server would close it as idle. Clients with a watchlist, or without a listener, send none."""
    limits = Limits(idle_seconds=60)
    listening, silent, watching = protocol(), protocol(), protocol(None, "A")
    for made in (listening, silent, watching):
        for asked in made.connected(welcome(limits=limits)):
            made.receive(Subscribed(id=asked.id, channel="ticker", symbols=["A"], rate=10))
    listening.desk.listening = watching.desk.listening = True
    answers = [[made.receive(heartbeat(0)) for made in (listening, silent, watching)] for _ in range(4)]
    assert answers == [[[], [], []], [[Ping(id="#1")], [], []], [[], [], []], [[Ping(id="#2")], [], []]]
