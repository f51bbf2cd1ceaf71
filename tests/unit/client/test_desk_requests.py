"""Alerts, rooms, notices and pings of the asyncio client, against a scripted server."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

import ticker
from tests.support.scripted_server import TS, Conversation, ScriptedServer, welcome
from ticker.wire.messages import (
    Alert,
    AlertList,
    AlertRow,
    Alerts,
    Error,
    Fired,
    Join,
    Joined,
    Leave,
    Left,
    Notice,
    Ping,
    Pong,
    Present,
    Said,
    Say,
    Unalert,
)

#: Reconnects without a pause.
EAGER = ticker.Backoff(initial_s=0.0)


pytestmark = pytest.mark.usefixtures("nothing_left_open")


async def opened(server: ScriptedServer, **options: Any) -> tuple[ticker.Stream, Conversation]:
    """A stream without symbols, and the server's side of it."""
    options.setdefault("backoff", EAGER)
    opening = asyncio.create_task(ticker.connect(server.url, **options).open())
    client = await server.client()
    await client.say(welcome())
    if "owner" in options:
        await listing(client, 0)
    return await opening, client


def row(id_: int | str, state: Any = "waiting", when: str = "last >= 190") -> AlertRow:
    return AlertRow(id=id_, symbol="AAPL", when=when, once=True, hysteresis=0.19, state=state)


async def listing(client: Conversation, seq: int, *rows: AlertRow) -> Alerts:
    """Answer the next request, which must be for all alerts."""
    asked = await client.next_message()
    assert isinstance(asked, Alerts)
    await client.say(AlertList(id=asked.id, alerts=list(rows), seq=seq))
    return asked


async def refuse(client: Conversation, code: str) -> None:
    """Answer the next request with an error."""
    asked = await client.next_message()
    await client.say(Error(id=asked.id, code=code, message="no"))


async def entered(client: Conversation, seq: int = 0, *names: str) -> Join:
    """Answer the next request, which must be a join."""
    asked = await client.next_message()
    assert isinstance(asked, Join)
    joined = Joined(id=asked.id, room=asked.room, name="Ann", names=list(names or ("Ann",)), epoch="e", seq=seq)
    await client.say(joined)
    return asked


def said(seq: int, text: str = "…", id_: int | str | None = None) -> Said:
    return Said(id=id_, room="desk", sender="Bob", text=text, seq=seq, ts=TS)


async def heard(client: Conversation) -> Say:
    """Answer the next request, which must be a message to a room."""
    asked = await client.next_message()
    assert isinstance(asked, Say)
    await client.say(said(1, asked.text, asked.id))
    return asked


# Alerts


@pytest.mark.parametrize("id_", [None, 7, "mine"])
async def test_setting_an_alert_returns_its_row(server: ScriptedServer, id_: int | str | None) -> None:
    """Without an id it gets a random one. The request has the owner."""
    stream, client = await opened(server, owner="ann")
    setting = asyncio.create_task(stream.alert("AAPL", "last >= 190", id=id_, hysteresis=0.5))
    asked = await client.next_message()
    assert isinstance(asked, Alert)
    assert asked == Alert(id=asked.id, symbol="AAPL", when="last >= 190", hysteresis=0.5, owner="ann")
    assert asked.id is not None
    await client.say(AlertList(id=asked.id, alerts=[row("other"), row(asked.id)], seq=0))
    found = await setting
    assert found == row(asked.id)
    assert (id_ is None and len(str(found.id)) == 16) or found.id == id_
    await stream.close()


async def test_all_alerts_are_listed_and_removed(server: ScriptedServer) -> None:
    """Removing an unknown alert is an error."""
    stream, client = await opened(server, owner="ann")
    listed = asyncio.create_task(stream.alerts())
    asked = await listing(client, 3, row(1), row(2))
    assert asked == Alerts(id=asked.id, owner="ann")
    assert await listed == [row(1), row(2)]
    removing = asyncio.create_task(stream.unalert(1))
    assert await client.next_message() == Unalert(id=1, owner="ann")
    await client.say(AlertList(id=1, alerts=[row(2)], seq=3))
    await removing
    removing = asyncio.create_task(stream.unalert())
    assert await client.next_message() == Unalert(id="*", owner="ann")
    await client.say(AlertList(id="*", alerts=[], seq=3))
    await removing
    removing = asyncio.create_task(stream.unalert(1))
    await refuse(client, "no-alert")
    with pytest.raises(ticker.ProtocolError) as caught:
        await removing
    assert caught.value.code == "no-alert"
    await stream.close()


async def test_an_alert_without_an_owner_is_an_error_with_a_hint(server: ScriptedServer) -> None:
    """Other errors have the server's message."""
    stream, client = await opened(server)
    for code, text in (("no-owner", r"ticker\.connect\(…, owner=…\)"), ("bad-condition", "^no$")):
        setting = asyncio.create_task(stream.alert("AAPL", "last >= 190"))
        await refuse(client, code)
        with pytest.raises(ticker.ProtocolError, match=text) as caught:
            await setting
        assert caught.value.code == code
    await stream.close()


async def test_an_alert_id_must_not_look_like_a_request_id(server: ScriptedServer) -> None:
    """Their answers could be confused."""
    stream, _ = await opened(server)
    with pytest.raises(ValueError, match="begin with #"):
        await stream.alert("AAPL", "last >= 190", id="#1")
    await stream.close()


@pytest.mark.parametrize("was_set", [False, True])
async def test_an_unanswered_alert_is_repeated_only_if_the_server_lacks_it(
    server: ScriptedServer, was_set: bool
) -> None:
    """It may have fired since, and would fire twice."""
    stream, client = await opened(server, owner="ann")
    setting = asyncio.create_task(stream.alert("AAPL", "last >= 190", id=7))
    await client.next_message()
    client.break_off()
    client = await server.client()
    await client.say(welcome())
    assert (await listing(client, 1, *([row(7, "fired")] if was_set else []))).since == 0
    if not was_set:
        assert isinstance(await client.next_message(), Alert)
        await client.say(AlertList(id=7, alerts=[row(7)], seq=0))
    assert await setting == row(7, "fired" if was_set else "waiting")
    assert client.heard.empty()
    await stream.close()


async def test_a_removal_without_an_answer_is_not_repeated_if_the_alert_is_gone(server: ScriptedServer) -> None:
    stream, client = await opened(server, owner="ann")
    removing = asyncio.create_task(stream.unalert(7))
    await client.next_message()
    client.break_off()
    client = await server.client()
    await client.say(welcome())
    await listing(client, 0, row(8))
    await removing
    assert client.heard.empty()
    await stream.close()


async def test_a_client_with_a_key_that_listens_misses_no_fired_alert(server: ScriptedServer) -> None:
    """It asks for the last number when it begins to listen, and resumes from it."""
    stream, client = await opened(server, key="tk_secret")
    events = stream.events()
    coming = asyncio.create_task(anext(events))
    assert await listing(client, 4) == Alerts(id="#1")
    client.break_off()
    client = await server.client()
    await client.say(welcome())
    assert await listing(client, 5) == Alerts(id="#2", since=4)
    fired = Fired(id=1, symbol="AAPL", when="last >= 190", value=190.02, ts=TS, seq=5)
    await client.say(fired)
    assert await coming == fired
    await stream.close()


async def test_events_of_a_server_without_alerts(server: ScriptedServer) -> None:
    """Notices arrive."""
    stream, client = await opened(server, key="tk_secret")
    coming = asyncio.create_task(anext(stream.events()))
    await refuse(client, "unknown-op")
    notice = Notice(text="Maintenance at 17:00", sender="operator", ts=TS)
    await client.say(notice)
    assert await coming == notice
    await stream.close()


# Rooms


async def test_joining_returns_the_members_and_messages_arrive(server: ScriptedServer) -> None:
    """Messages and changes of members come in order, until the room is left."""
    stream, client = await opened(server)
    joining = asyncio.create_task(stream.join("desk", "Ann"))
    asked = await entered(client, 1, "Ann", "Bob")
    assert asked == Join(id=asked.id, room="desk", name="Ann")
    assert (await joining).names == ["Ann", "Bob"]
    assert stream.rooms == {"desk": ["Ann", "Bob"]}
    told = [said(1), Present(room="desk", names=["Ann"]), said(2)]
    await client.say(*told)
    events = stream.events()
    assert [await anext(events) for _ in told] == told
    assert stream.rooms == {"desk": ["Ann"]}
    leaving = asyncio.create_task(stream.leave("desk"))
    asked_to = await client.next_message()
    assert asked_to == Leave(id=asked_to.id, room="desk")
    await client.say(said(3), Left(id=asked_to.id, room="desk"))
    await leaving
    assert stream.rooms == {}
    await stream.close()
    assert [event async for event in events] == []


async def test_saying_something_joins_the_room_first(server: ScriptedServer) -> None:
    """Once. Returns the message with its number."""
    stream, client = await opened(server)
    saying = asyncio.create_task(stream.say("desk", "one"))
    assert (await entered(client)).name == "python"
    await heard(client)
    assert await saying == said(1, "one", "#2")
    saying = asyncio.create_task(stream.say("desk", "two", name="Ann"))
    assert (await heard(client)).text == "two"
    await saying
    await stream.close()


async def test_rooms_are_rejoined_after_a_reconnect(server: ScriptedServer) -> None:
    """Messages sent meanwhile arrive once."""
    stream, client = await opened(server)
    joining = asyncio.create_task(stream.join("desk"))
    await entered(client)
    await joining
    await client.say(said(1))
    events = stream.events()
    assert await anext(events) == said(1)
    client.break_off()
    client = await server.client()
    await client.say(welcome())
    asked = await entered(client, 3)
    assert asked.since is not None
    assert (asked.since.epoch, asked.since.version) == ("e", 1)
    await client.say(said(2), said(3))
    assert [await anext(events), await anext(events)] == [said(2), said(3)]
    assert stream.reconnects == 1
    await stream.close()


async def test_no_message_is_sent_twice(server: ScriptedServer) -> None:
    """If the connection breaks before the answer, the outcome is unknown. Later messages wait for the reconnect."""
    stream, client = await opened(server)
    saying = asyncio.create_task(stream.say("desk", "once"))
    await entered(client)
    await client.next_message()
    later = asyncio.create_task(stream.say("desk", "later"))
    client.break_off()
    with pytest.raises(ticker.StreamError, match="the connection broke"):
        await saying
    client = await server.client()
    await client.say(welcome())
    await entered(client)
    assert (await heard(client)).text == "later"
    await later
    await stream.close()


async def test_saying_something_joins_again_if_the_rejoin_was_refused(server: ScriptedServer) -> None:
    """The room was full after the reconnect. If it still is, that is the error."""
    stream, client = await opened(server)
    joining = asyncio.create_task(stream.join("desk"))
    await entered(client)
    await joining
    client.break_off()
    client = await server.client()
    await client.say(welcome())
    await refuse(client, "room-full")
    saying = asyncio.create_task(stream.say("desk", "hello"))
    await refuse(client, "not-joined")
    await entered(client)
    await heard(client)
    await saying
    saying = asyncio.create_task(stream.say("desk", "hello"))
    await refuse(client, "not-joined")
    await refuse(client, "room-full")
    with pytest.raises(ticker.ProtocolError) as caught:
        await saying
    assert caught.value.code == "room-full"
    await stream.close()


async def test_leaving_a_room_without_being_in_it_is_an_error(server: ScriptedServer) -> None:
    """Unless the membership was lost by a reconnect."""
    stream, client = await opened(server)
    leaving = asyncio.create_task(stream.leave("desk"))
    await refuse(client, "not-joined")
    with pytest.raises(ticker.ProtocolError, match="no"):
        await leaving
    joining = asyncio.create_task(stream.join("desk"))
    await entered(client)
    await joining
    leaving = asyncio.create_task(stream.leave("desk"))
    await refuse(client, "not-joined")
    await leaving
    assert stream.rooms == {}
    await stream.close()


# Events and pings


async def test_dropped_events_are_counted_and_logged_once_the_user_listens(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The newest are kept. Without a listener, losses are not logged."""
    stream, client = await opened(server)
    monkeypatch.setattr(stream._protocol.desk.events, "_bound", 2)
    notices = [Notice(text=f"{number}", sender="operator", ts=TS) for number in range(5)]
    await client.say(*notices)
    assert 0 <= await pinged(stream, client) < 60
    assert stream.lost == {"events": {"notice": 3}}
    assert caplog.messages == []
    events = stream.events()
    await client.say(notices[0])
    assert 0 <= await pinged(stream, client) < 60
    assert caplog.messages == [f"{stream.url}: 4 events were lost: notice 4"]
    assert [await anext(events), await anext(events)] == [notices[4], notices[0]]
    await stream.close()


async def pinged(stream: ticker.Stream, client: Conversation) -> float:
    pinging = asyncio.create_task(stream.ping([1]))
    asked = await client.next_message()
    assert asked == Ping(id=asked.id, data=[1])
    await client.say(Pong(id=asked.id, data=[1]))
    return await pinging


async def test_a_ping_is_repeated_after_a_reconnect(server: ScriptedServer) -> None:
    """The result is the time of the answered one."""
    stream, client = await opened(server)
    pinging = asyncio.create_task(stream.ping())
    await client.next_message()
    client.break_off()
    client = await server.client()
    await client.say(welcome())
    asked = await client.next_message()
    assert isinstance(asked, Ping)
    await client.say(Pong(id=asked.id))
    assert await pinging >= 0
    await stream.close()


async def test_an_answer_of_the_wrong_type_is_an_error(server: ScriptedServer) -> None:
    """It names both types."""
    stream, client = await opened(server)
    pinging = asyncio.create_task(stream.ping())
    asked = await client.next_message()
    await client.say(Left(id=asked.id, room="desk"))
    with pytest.raises(ticker.StreamError, match="answered Ping with Left"):
        await pinging
    await stream.close()


async def test_a_request_on_a_closed_stream_is_an_error(server: ScriptedServer) -> None:
    stream, _ = await opened(server)
    await stream.close()
    asking = (
        stream.alert("A", "last > 1"),
        stream.unalert(),
        stream.join("desk"),
        stream.say("desk", "…"),
        stream.ping(),
    )
    for each in asking:
        with pytest.raises(ticker.StreamError, match="closed"):
            await each
