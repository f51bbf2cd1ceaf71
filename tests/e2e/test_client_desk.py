"""The Python client's alerts, rooms, notices and pings against a real server, over real sockets."""

from __future__ import annotations

import asyncio
import threading
from typing import Literal

import pytest

import ticker
from tests.support.ports import own_port
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Settings

TS = 1_700_000_000_000_000_000
EAGER = ticker.Backoff(initial_s=0.01, maximum_s=0.1)

AAPL = 0


def url_of(port: int) -> str:
    return f"ws://127.0.0.1:{port}"


async def next_fired(stream: ticker.Stream) -> ticker.Fired:
    async with asyncio.timeout(60):
        async for event in stream.events():
            if isinstance(event, ticker.Fired):
                return event
    raise AssertionError("the stream ended")


async def next_said(stream: ticker.Stream) -> ticker.Said:
    async with asyncio.timeout(60):
        async for event in stream.events():
            if isinstance(event, ticker.Said):
                return event
    raise AssertionError("the stream ended")


def break_off(stream: ticker.Stream) -> None:
    transport = stream._supervisor._transport
    assert transport is not None
    transport.abort("aborted by the test")


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_alerts_that_fire_during_a_reconnect_or_while_offline_are_delivered_once(encoding: str) -> None:
    """The program is recognised by its owner."""
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


async def test_alerts_are_set_again_on_a_restarted_server_without_state() -> None:
    """Its fired alerts arrive, although it numbers them anew."""
    feed, port = ScriptedFeed(), own_port()
    async with serving(feed, Settings(port=port)):
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


async def test_setting_an_alert_without_an_owner_is_an_error() -> None:
    """The error names the option."""
    async with serving(ScriptedFeed()) as service, ticker.connect(url_of(service.port)) as stream:
        with pytest.raises(ticker.ProtocolError, match="owner=") as caught:
            await stream.alert("AAPL", "last >= 190")
        assert caught.value.code == "no-owner"


@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_two_clients_in_a_room_receive_each_others_messages(transport: Literal["websocket", "sse"]) -> None:
    """Members, earlier messages, and messages during a reconnect, each once."""
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
            async with asyncio.timeout(60):
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


async def test_a_notice_reaches_a_stream_without_symbols() -> None:
    async with serving(ScriptedFeed()) as service, ticker.connect(url_of(service.port)) as stream:
        assert service.hub.notify("Maintenance at 17:00", "operator", TS) == 1
        async with asyncio.timeout(60):
            event = await anext(stream.events())
        assert event == ticker.Notice(text="Maintenance at 17:00", sender="operator", ts=TS)


async def test_long_polls_carry_only_prices(caplog: pytest.LogCaptureFixture) -> None:
    """The stream opens; other requests are an error."""
    async with serving(ScriptedFeed()) as service:
        async with ticker.connect(url_of(service.port), transport="poll", owner="ann") as stream:
            assert "the alerts: unknown-op" in caplog.text
            for asking in (stream.alert("AAPL", "last >= 190"), stream.say("desk", "hello"), stream.ping()):
                with pytest.raises(ticker.ProtocolError, match="long polls carry") as caught:
                    await asking
                assert caught.value.code == "unknown-op"


def test_the_sync_client_has_alerts_and_rooms() -> None:
    """In a thread without an event loop."""
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
            said = stream.events().next(timeout=60)
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
            async with asyncio.timeout(60):
                await running

    asyncio.run(main())
