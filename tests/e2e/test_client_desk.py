"""The Python client's alerts, rooms, notices and pings against a real server, over real sockets."""

from __future__ import annotations

import asyncio
import threading
from typing import Literal

import pytest

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Settings

TS = 1_700_000_000_000_000_000
EAGER = ticker.Backoff(initial_s=0.01, maximum_s=0.1)

AAPL = 0


def url_of(port: int) -> str:
    return f"ws://127.0.0.1:{port}"


async def next_fired(stream: ticker.Stream) -> ticker.Fired:
    async with asyncio.timeout(20):
        async for event in stream.events():
            if isinstance(event, ticker.Fired):
                return event
    raise AssertionError("the stream ended")


async def next_said(stream: ticker.Stream) -> ticker.Said:
    async with asyncio.timeout(20):
        async for event in stream.events():
            if isinstance(event, ticker.Said):
                return event
    raise AssertionError("the stream ended")


def break_off(stream: ticker.Stream) -> None:
    transport = stream._supervisor._transport
    assert transport is not None
    transport.abort("the test wants it so")


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_an_alert_fires_and_one_that_fired_while_the_program_was_away_waits_for_it(encoding: str) -> None:
    """By the owner's name; each exactly once, also over a break of the connection."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        address = url_of(service.port)
        async with ticker.connect(address, owner="ann", encoding=encoding, backoff=EAGER) as stream:
            row = await stream.alert("AAPL", "last >= 190", once=False, hysteresis=1)
            assert (row.symbol, row.when, row.state) == ("AAPL", "last >= 190", "waiting")
            feed.tick([(AAPL, TS, 190.5, 1.0)])
            fired = await next_fired(stream)
            assert (fired.id, fired.value, fired.ts, fired.seq) == (row.id, 190.5, TS, 1)
            break_off(stream)
            feed.tick([(AAPL, TS + 1, 180.0, 1.0), (AAPL, TS + 2, 191.0, 1.0)])
            fired = await next_fired(stream)
            assert (fired.value, fired.seq) == (191, 2)
            assert stream.reconnects == 1
        feed.tick([(AAPL, TS + 3, 180.0, 1.0), (AAPL, TS + 4, 192.0, 1.0)])
        while service.hub.apply_pending().version < 3:
            await asyncio.sleep(0.001)
        async with ticker.connect(address, owner="ann", encoding=encoding) as stream:
            fired = await next_fired(stream)
            assert (fired.value, fired.seq, fired.lost) == (192, 3, 0)
            (row,) = await stream.alerts()
            assert (row.state, row.count) == ("held", 3)
            await stream.unalert()
            assert await stream.alerts() == []


async def test_a_server_that_was_started_again_without_a_state_gets_its_alerts_back() -> None:
    """A script doesn't notice; what fires then comes, though the numbers began anew."""
    feed = ScriptedFeed()
    async with serving(feed) as service:
        port = service.port
        stream = await ticker.connect(url_of(port), owner="ann", backoff=EAGER).open()
        await stream.alert("AAPL", "last >= 190", id=1)
        await stream.alert("AAPL", "last >= 191", id=2)
        feed.tick([(AAPL, TS, 190.5, 1.0)])
        assert (await next_fired(stream)).id == 1
    feed = ScriptedFeed()
    async with serving(feed, Settings(port=port)):
        assert [row.id for row in await stream.alerts()] == [2]
        feed.tick([(AAPL, TS, 191.0, 1.0)])
        fired = await next_fired(stream)
        assert (fired.id, fired.seq) == (2, 1)
        await stream.close()


async def test_nobody_knows_whose_an_alert_is_without_an_owner() -> None:
    """The server's no-owner, with what to do about it."""
    async with serving(ScriptedFeed()) as service, ticker.connect(url_of(service.port)) as stream:
        with pytest.raises(ticker.ProtocolError, match="owner=") as caught:
            await stream.alert("AAPL", "last >= 190")
        assert caught.value.code == "no-owner"


@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_two_who_are_in_a_room_hear_each_other(transport: Literal["websocket", "sse"]) -> None:
    """Presence, what was said before, and what is said during a break: each thing once."""
    async with serving(ScriptedFeed()) as service:
        address = url_of(service.port)
        async with (
            ticker.connect(address, transport=transport, backoff=EAGER) as ann,
            ticker.connect(address, transport=transport) as bob,
        ):
            said = await ann.say("desk", "first", name="Ann")
            assert (said.sender, said.text, said.seq) == ("Ann", "first", 1)
            assert (await next_said(ann)).id is not None
            joined = await bob.join("desk", "Bob")
            assert (joined.name, joined.names) == ("Bob", ["Ann", "Bob"])
            assert (await next_said(bob)).text == "first"
            async with asyncio.timeout(20):
                async for event in ann.events():
                    if isinstance(event, ticker.Present) and event.names == ["Ann", "Bob"]:
                        break
            break_off(ann)
            for text in ("second", "third"):
                await bob.say("desk", text)
            assert [(await next_said(ann)).text for _ in range(2)] == ["second", "third"]
            assert ann.reconnects == 1
            await ann.say("desk", "fourth")
            assert [(await next_said(bob)).text for _ in range(3)] == ["second", "third", "fourth"]
            await bob.leave("desk")
            assert bob.rooms == {}
            assert await ann.ping({"any": "thing"}) > 0


async def test_a_notice_reaches_a_stream_that_watches_nothing() -> None:
    """As an event."""
    async with serving(ScriptedFeed()) as service, ticker.connect(url_of(service.port)) as stream:
        assert service.hub.notify("Maintenance at 17:00", "operator", TS) == 1
        async with asyncio.timeout(20):
            event = await anext(stream.events())
        assert event == ticker.Notice(text="Maintenance at 17:00", sender="operator", ts=TS)


async def test_long_polls_carry_prices_alone(caplog: pytest.LogCaptureFixture) -> None:
    """The stream is open all the same; who asks for more is told why there is none."""
    async with serving(ScriptedFeed()) as service:
        async with ticker.connect(url_of(service.port), transport="poll", owner="ann") as stream:
            assert "the alerts: unknown-op" in caplog.text
            for asking in (stream.alert("AAPL", "last >= 190"), stream.say("desk", "hello"), stream.ping()):
                with pytest.raises(ticker.ProtocolError, match="long polls carry") as caught:
                    await asking
                assert caught.value.code == "unknown-op"


def test_plain_scripts_have_alerts_and_rooms_too() -> None:
    """The sync client's methods, in a thread that runs no loop."""
    ready = threading.Event()
    feed = ScriptedFeed()

    def script(port: int) -> None:
        with ticker.connect_sync(url_of(port), owner="ann") as stream:
            row = stream.alert("AAPL", "last >= 190", id=7)
            assert stream.alerts() == [row]
            assert stream.join("desk", "Ann").names == ["Ann"]
            assert stream.rooms == {"desk": ["Ann"]}
            assert stream.say("desk", "hello").text == "hello"
            assert stream.ping() > 0
            stream.leave("desk")
            said = stream.events().next(timeout=20)
            assert isinstance(said, ticker.Said)
            stream.unalert(7)
            assert stream.alerts() == []
            stream.alert("AAPL", "last >= 0.5")
            ready.set()
            for event in stream.events():
                if isinstance(event, ticker.Fired):
                    assert event.value == 1
                    break

    async def main() -> None:
        async with serving(feed) as service:
            running = asyncio.create_task(asyncio.to_thread(script, service.port))
            while not ready.is_set() and not running.done():
                await asyncio.sleep(0.001)
            feed.tick([(AAPL, TS, 1.0, 1.0)])
            async with asyncio.timeout(20):
                await running

    asyncio.run(main())
