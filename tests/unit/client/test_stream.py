"""The asyncio client against a scripted server, over real sockets."""

from __future__ import annotations

import asyncio
import logging
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

import ticker
from tests.support.loop_clock import LoopClock
from tests.support.scripted_server import (
    TS,
    Conversation,
    ScriptedServer,
    heartbeat,
    mute_server,
    trades,
    update,
    welcome,
)
from ticker.client.transports.dialer import TransportName
from ticker.wire.limits import Limits
from ticker.wire.messages import Error, FeedState, Ping, Pong, Subscribe, Subscribed, Unsubscribed

#: Reconnects without a pause.
EAGER = ticker.Backoff(initial_s=0.0)


pytestmark = pytest.mark.usefixtures("nothing_left_open")


@asynccontextmanager
async def streaming(
    server: ScriptedServer, symbols: list[str], data: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[ticker.Stream, Conversation]]:
    """A live stream at version 1, and the server's side of it."""
    options.setdefault("backoff", EAGER)
    stream = ticker.connect(server.url, symbols, **options)
    opening = asyncio.create_task(stream.open())
    client = await server.client()
    await client.greet(1, data if data is not None else {symbol: {"last": 1} for symbol in symbols})
    await opening
    try:
        yield stream, client
    finally:
        await stream.close()


def state(stream: ticker.Stream) -> str:
    return stream.state


async def until(stream: ticker.Stream, wanted: str) -> None:
    """Wait for a state."""
    async with asyncio.timeout(60):
        while stream.state != wanted:
            await asyncio.sleep(0.001)


async def settled(client: Conversation, stream: ticker.Stream) -> None:
    """Wait until the client has read all messages sent so far."""
    pinging = asyncio.create_task(stream.ping())
    asked = await client.next_message()
    assert isinstance(asked, Ping)
    await client.say(Pong(id=asked.id))
    await pinging


async def nothing_waits(stream: ticker.Stream) -> bool:
    """Whether there is no update to take."""
    try:
        async with asyncio.timeout(0.01):
            await anext(stream)
    except TimeoutError:
        return True
    return False


async def some_turns() -> None:
    """Let the event loop run everything that is ready."""
    for _ in range(100):
        await asyncio.sleep(0)


async def still_live(stream: ticker.Stream) -> bool:
    """Whether the connection stays, after some turns of the event loop."""
    await some_turns()
    return stream.state == "live"


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> str:
    """The first log line with ``text`` in it."""
    async with asyncio.timeout(60):
        while True:
            for message in caplog.messages:
                if text in message:
                    return message
            await asyncio.sleep(0.001)


# Connecting


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_entering_the_block_waits_for_the_first_values(server: ScriptedServer, encoding: str) -> None:
    """They are on the board, and are the first updates."""
    data = {"AAPL": {"last": 189.23, "volume": 1200300}, "MSFT": {"bid": 415.5}}
    async with streaming(server, ["AAPL", "MSFT"], data, encoding=encoding, rate=25) as (stream, client):
        assert client.codec.name == encoding
        assert state(stream) == "live"
        assert (stream.epoch, stream.version, stream.rate) == ("one", 1, 10)
        assert stream.welcome is not None
        assert stream.board["AAPL"].last == 189.23
        assert stream.board["MSFT"].last is None
        first = await anext(stream)
        assert (first.symbol, first.changed, first.last) == ("AAPL", data["AAPL"], 189.23)
        assert (await anext(stream)).symbol == "MSFT"
        assert stream.symbols == ["AAPL", "MSFT"]
    assert state(stream) == "closed"
    assert await client.closed == 1000


async def test_connecting_sends_one_subscribe_with_symbols_and_rate(server: ScriptedServer) -> None:
    opening = asyncio.create_task(ticker.connect(server.url, "AAPL", rate=2.5).open())
    client = await server.client()
    asked = await client.greet()
    assert asked == Subscribe(id="#1", symbols=["AAPL"], rate=2.5)
    await (await opening).close()


async def test_an_unreachable_server_is_an_error_at_once() -> None:
    """A script with a wrong address must not hang."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ticker.ConnectError, match="can't connect") as caught:
            await ticker.connect(f"127.0.0.1:{port}", ["AAPL"]).open()
    assert caught.value.attempts == 1


async def test_with_wait_the_client_connects_to_a_server_that_starts_later(caplog: pytest.LogCaptureFixture) -> None:
    with socket.socket() as reserved:
        reserved.bind(("127.0.0.1", 0))
        port = reserved.getsockname()[1]
    stream = ticker.connect(
        f"127.0.0.1:{port}", ["AAPL"], wait=True, backoff=ticker.Backoff(maximum_s=0.02, initial_s=0.02)
    )
    opening = asyncio.create_task(stream.open())
    await logged(caplog, "reconnecting in")
    assert state(stream) == "connecting"
    scripted = ScriptedServer(port)
    await scripted.server.start_server()
    client = await scripted.client()
    await client.greet()
    await opening
    assert state(stream) == "live"
    await stream.close()
    await scripted.server.close()


async def test_with_wait_the_client_gives_up_after_the_last_attempt() -> None:
    """The error has the number of attempts."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        stream = ticker.connect(
            f"127.0.0.1:{unused.getsockname()[1]}", ["AAPL"], wait=True, backoff=ticker.Backoff(initial_s=0, attempts=3)
        )
        with pytest.raises(ticker.ConnectError, match="after 3 attempts") as caught:
            await stream.open()
    assert caught.value.attempts == 3
    assert stream.error is caught.value


@pytest.mark.parametrize(("status", "transport"), [(401, "auto"), (403, "websocket"), (404, "websocket")])
async def test_a_refusal_is_final(server: ScriptedServer, status: int, transport: TransportName) -> None:
    """The client doesn't try again, not even with ``wait``."""
    server.refusals = [web.Response(status=status)]
    with pytest.raises(ticker.RefusedError) as caught:
        await ticker.connect(server.url, ["AAPL"], wait=True, backoff=EAGER, transport=transport).open()
    assert caught.value.code == f"http-{status}"
    assert server.requests == 1


async def test_a_first_connection_that_is_refused_for_a_while_says_for_how_long(server: ScriptedServer) -> None:
    server.refusals = [web.Response(status=429, headers={"Retry-After": "7"})]
    with pytest.raises(ticker.ConnectError, match=r"too many .* of your key or address; try again in 7 s$"):
        await ticker.connect(server.url, ["AAPL"], transport="websocket").open()


async def test_429_and_503_are_retried_after_the_time_in_retry_after(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """``Retry-After`` is the minimum of the pause."""
    server.refusals = [web.Response(status=503), web.Response(status=429, headers={"Retry-After": "7"})]
    stream = ticker.connect(server.url, ["AAPL"], wait=True, backoff=EAGER, transport="websocket")
    opening = asyncio.create_task(stream.open())
    assert "HTTP status 503; reconnecting in 0.00 s" in await logged(caplog, "status 503")
    line = await logged(caplog, "status 429")
    assert "HTTP status 429: too many connections, messages or requests of your key or address; reconn" in line
    assert line.endswith("reconnecting in 7.00 s")
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert state(stream) == "closed"


async def test_rejected_symbols_are_logged_and_listed_and_the_others_stream(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Rejected symbols are not on the board."""
    opening = asyncio.create_task(ticker.connect(server.url, ["AAPL", "NOPE"]).open())
    client = await server.client()
    await client.say(welcome())
    await client.subscribed({"NOPE": "unknown-symbol"})
    await client.say(update(0, 1, {"AAPL": {"last": 1}}))
    stream = await opening
    assert stream.rejected == {"NOPE": "unknown-symbol"}
    assert stream.symbols == list(stream.board) == ["AAPL"]
    assert "NOPE (unknown-symbol)" in caplog.text
    await stream.close()


async def test_connecting_fails_if_all_symbols_are_rejected(server: ScriptedServer) -> None:
    """The error names them."""
    opening = asyncio.create_task(ticker.connect(server.url, ["NO", "NOPE"]).open())
    client = await server.client()
    await client.say(welcome())
    await client.subscribed({"NO": "unknown-symbol", "NOPE": "unknown-symbol"})
    with pytest.raises(ticker.RefusedError, match=r"NO \(.*, NOPE") as caught:
        await opening
    assert caught.value.code == "unknown-symbol"
    await client.closed


async def test_an_error_to_the_first_subscribe_is_final(server: ScriptedServer) -> None:
    """For example, for an invalid rate."""
    opening = asyncio.create_task(ticker.connect(server.url, ["AAPL"], rate=-3).open())
    client = await server.client()
    await client.say(welcome())
    asked = await client.next_message()
    await client.say(Error(id=asked.id, code="bad-rate", message="rate -3 can't be"))
    with pytest.raises(ticker.RefusedError, match="rate -3") as caught:
        await opening
    assert caught.value.code == "bad-rate"


async def test_an_unanswered_subscribe_times_out(server: ScriptedServer) -> None:
    """The attempt fails after ``connect_timeout_s``."""
    clock = LoopClock()
    opening = asyncio.create_task(ticker.connect(server.url, ["AAPL"], connect_timeout_s=100).open())
    client = await server.client()
    await client.say(welcome(heartbeat=3_600))
    assert isinstance(await client.next_message(), Subscribe)
    clock.skip(101)
    with pytest.raises(ticker.ConnectError, match="not answered"):
        await opening


async def test_a_missing_snapshot_does_not_block_opening(server: ScriptedServer) -> None:
    """The stream is open after ``connect_timeout_s``."""
    clock = LoopClock()
    stream = ticker.connect(server.url, ["AAPL", "NONE"], connect_timeout_s=100)
    opening = asyncio.create_task(stream.open())
    client = await server.client()
    await client.say(welcome(heartbeat=3_600))
    await client.subscribed({"NONE": "unknown-symbol"})
    while not stream.rejected:
        await asyncio.sleep(0)
    assert not opening.done()
    clock.skip(101)
    await opening
    assert state(stream) == "live"
    await stream.close()


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://h"}, {"encoding": "xml"}, {"channel": "candles"}, {"queue_ticks": 0}],
)
def test_invalid_arguments_raise_before_connecting(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"."):
        ticker.connect(**{"url": "127.0.0.1:1", "symbols": ["AAPL"], **wrong})


# Iterating


async def test_a_slow_consumer_gets_one_update_per_symbol_with_the_latest_values(server: ScriptedServer) -> None:
    """Updates are not queued."""
    async with streaming(server, ["A", "B"]) as (stream, client):
        for version in range(1, 500):
            await client.say(update(version, version + 1, {"A": {"last": version}, "B": {"bid": version}}))
        await settled(client, stream)
        first, second = await anext(stream), await anext(stream)
        assert (first.symbol, first.changed) == ("A", {"last": 499})
        assert (second.symbol, second.changed) == ("B", {"last": 1, "bid": 499})
        assert await nothing_waits(stream)


async def test_a_busy_consumer_still_gets_new_values(server: ScriptedServer) -> None:
    """Iterating yields to the event loop, even if there is always an update to take."""
    symbols = [f"S{number}" for number in range(40)]
    async with streaming(server, symbols) as (stream, client):

        async def keep_ticking() -> None:
            for version in range(1, 10_000):
                await client.say(update(version, version + 1, {symbol: {"last": version} for symbol in symbols}))
                await asyncio.sleep(0)

        ticking = asyncio.create_task(keep_ticking())
        seen = []
        async for given in stream:
            time.sleep(0.006)  # noqa: ASYNC251 - the user's work, which blocks the event loop
            seen.append(given.last or 0)
            if len(seen) == 40:
                break
        ticking.cancel()
        # Otherwise all forty updates would have the first value.
        assert seen[-1] > seen[10] > 1


async def test_cancelling_an_iteration_loses_nothing(server: ScriptedServer) -> None:
    """A timeout around the wait is common."""
    async with streaming(server, ["A"]) as (stream, client):
        await anext(stream)
        for version in range(1, 20):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await anext(stream)
            await client.say(update(version, version + 1, {"A": {"last": version + 100}}))
            assert (await anext(stream)).last == version + 100


async def test_closing_ends_the_iteration(server: ScriptedServer) -> None:
    """Also one that is waiting."""
    async with streaming(server, ["A"]) as (stream, _):
        await anext(stream)
        waiting = asyncio.create_task(_rest(stream))
        await asyncio.sleep(0)
        await stream.close()
        assert await waiting == []
        assert [given async for given in stream] == []


async def _rest(stream: ticker.Stream) -> list[ticker.Update]:
    return [given async for given in stream]


async def test_a_stream_can_be_opened_only_once(server: ScriptedServer) -> None:
    async with streaming(server, ["A"]) as (stream, _):
        with pytest.raises(RuntimeError, match="once"):
            await stream.open()
        assert state(stream) == "live"


async def test_iterating_over_a_stream_that_was_never_opened_raises(server: ScriptedServer) -> None:
    """Waiting for it would take forever, whatever the channel."""
    stream = ticker.connect(server.url, ["A"])
    for iterator in (stream, stream.updates(), stream.events()):
        with pytest.raises(RuntimeError, match="open"):
            await anext(iterator)
    await stream.close()


async def test_a_closed_stream_can_not_be_opened(server: ScriptedServer) -> None:
    stream = ticker.connect(server.url, ["A"])
    await stream.close()
    with pytest.raises(ticker.StreamError, match="closed"):
        await stream.open()
    assert server.requests == 0


async def test_the_board_as_a_data_frame(server: ScriptedServer) -> None:
    """One row per symbol of the watchlist."""
    async with streaming(server, ["A", "B"], {"A": {"last": 2.5}}) as (stream, _):
        frame = stream.frame()
        assert list(frame.index) == ["A", "B"]
        assert frame.loc["A", "last"] == 2.5


# Subscribing


async def test_subscribing_and_unsubscribing_while_streaming(server: ScriptedServer) -> None:
    """The board follows the server's answers."""
    async with streaming(server, ["A"]) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B", "X"], 60))
        asked = await client.subscribed({"X": "unknown-symbol"}, rate=60)
        assert (asked.symbols, asked.rate, asked.since) == (["B", "X"], 60, None)
        answer = await subscribing
        assert (answer.rejected, answer.rate, stream.rate) == ({"X": "unknown-symbol"}, 60, 60)
        await client.say(update(1, 2, {"B": {"last": 7}}))
        assert [(await anext(stream)).symbol for _ in range(2)] == ["A", "B"]
        unsubscribing = asyncio.create_task(stream.unsubscribe(["A"]))
        await client.unsubscribed()
        await unsubscribing
        assert list(stream.board) == stream.symbols == ["B"]


async def test_updates_of_an_unsubscribed_symbol_are_dropped(server: ScriptedServer) -> None:
    """Also those that were sent before the server's answer, or not taken yet."""
    async with streaming(server, ["A", "B"]) as (stream, client):
        unsubscribing = asyncio.create_task(stream.unsubscribe("A"))
        asked = await client.next_message()
        await client.say(update(1, 2, {"A": {"last": 50}, "B": {"last": 60}}))
        await client.say(Unsubscribed(id=asked.id, channel="ticker", symbols=["B"]))
        await unsubscribing
        assert [(await anext(stream)).symbol] == ["B"]
        assert await nothing_waits(stream)
        assert stream.version == 2


async def test_an_error_is_raised_by_the_request_that_caused_it(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The stream stays open. An error without an id is logged."""
    async with streaming(server, ["A"]) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B"]))
        asked = await client.next_message()
        await client.say(Error(id=asked.id, code="too-many-symbols", message="2 symbols; the limit is 1"))
        with pytest.raises(ticker.ProtocolError, match="limit is 1") as caught:
            await subscribing
        assert caught.value.code == "too-many-symbols"
        assert list(stream.board) == ["A"]
        await client.say(Error(code="malformed", message="what was that?"))
        await logged(caplog, "what was that?")
        assert state(stream) == "live"


async def test_a_subscribe_is_repeated_after_a_reconnect(server: ScriptedServer) -> None:
    """The next connection answers it."""
    async with streaming(server, ["A"]) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B"]))
        await client.next_message()
        client.break_off()
        again = await server.client()
        asked = await again.greet(1)
        assert asked.symbols == ["A"]
        assert (await again.subscribed()).symbols == ["B"]
        assert (await subscribing).symbols == ["B"]
        assert list(stream.board) == ["A", "B"]


async def test_unsubscribing_during_a_reconnect_returns_at_once(server: ScriptedServer) -> None:
    """The next connection doesn't subscribe to the symbol."""
    async with streaming(server, ["A", "B"], backoff=ticker.Backoff(initial_s=0.05, jitter="none")) as (stream, client):
        client.break_off()
        await until(stream, "reconnecting")
        await stream.unsubscribe(["B"])
        assert list(stream.board) == ["A"]
        assert (await (await server.client()).greet(1)).symbols == ["A"]


async def test_an_unanswered_request_closes_the_connection(server: ScriptedServer) -> None:
    """The request is repeated on the next connection."""
    clock = LoopClock()
    async with streaming(server, ["A"], connect_timeout_s=5) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B"]))
        await client.next_message()
        clock.skip(6)
        again = await server.client()
        await again.greet(1)
        await again.subscribed()
        await subscribing
        assert stream.reconnects == 1


async def test_closing_fails_pending_and_later_requests(server: ScriptedServer) -> None:
    async with streaming(server, ["A"]) as (stream, client):
        asking = asyncio.create_task(stream.subscribe(["B"]))
        await client.next_message()
        await stream.close()
        with pytest.raises(ticker.StreamError, match="closed"):
            await asking
        with pytest.raises(ticker.StreamError, match="closed"):
            await stream.unsubscribe(["A"])


async def test_symbols_that_exceed_a_message_are_sent_in_several(server: ScriptedServer) -> None:
    """The server's limit applies, and the answers are merged."""
    names = [f"SYMBOL-{number}" for number in range(60)]
    opening = asyncio.create_task(ticker.connect(server.url).open())
    client = await server.client()
    await client.say(welcome(limits=Limits(message_bytes=1_000)))
    stream = await opening
    subscribing = asyncio.create_task(stream.subscribe(names))
    first = await client.subscribed({names[0]: "unknown-symbol"})
    second = await client.subscribed({names[-1]: "unknown-symbol"})
    assert first.symbols + second.symbols == names
    assert set((await subscribing).rejected) == {names[0], names[-1]}
    await stream.close()


# Reconnecting


async def test_a_broken_connection_is_replaced_and_resumed(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The client sends its watchlist and version, and gets the difference."""
    async with streaming(server, ["A", "B"]) as (stream, client):
        await stream.__anext__()
        await stream.__anext__()
        client.break_off()
        again = await server.client()
        asked = await again.greet(5, {"B": {"last": 9}})
        assert asked.symbols == ["A", "B"]
        assert asked.since is not None
        assert (asked.since.epoch, asked.since.version) == ("one", 1)
        given = await anext(stream)
        assert (given.symbol, given.changed) == ("B", {"last": 9})
        assert await nothing_waits(stream)
        assert (stream.state, stream.reconnects, stream.version) == ("live", 1, 5)
        assert stream.board["A"].last == 1
    assert "reconnecting in 0.00 s" in caplog.text
    assert "reconnected, resuming from version 1" in caplog.text


async def test_a_restarted_server_sends_all_values_again(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Old values are discarded; a field that is gone changes to None."""
    async with streaming(server, ["A"], {"A": {"last": 1, "open": 5}}) as (stream, client):
        await anext(stream)
        await client.socket.close(code=1012)
        again = await server.client()
        asked = await again.greet(3, {"A": {"last": 2}}, epoch="two")
        assert asked.since is None
        given = await anext(stream)
        assert given.changed == {"last": 2, "open": None}
        assert stream.board["A"].as_dict() == {"last": 2}
        assert (stream.epoch, stream.version) == ("two", 3)
    assert "new epoch (two, was one)" in caplog.text


async def test_the_state_during_a_reconnect(server: ScriptedServer) -> None:
    """The board keeps its values."""
    async with streaming(server, ["A"], backoff=ticker.Backoff(initial_s=0.05, jitter="none")) as (stream, client):
        client.break_off()
        await until(stream, "reconnecting")
        assert stream.board["A"].last == 1
        await (await server.client()).greet(2)
        await until(stream, "live")


@pytest.mark.parametrize("code", [1001, 1011, 1012, 4321])
async def test_after_these_close_codes_the_client_reconnects(server: ScriptedServer, code: int) -> None:
    """As in the table of close codes, and for unknown codes."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.socket.close(code=code)
        await (await server.client()).greet(2)
        await until(stream, "live")
        assert stream.reconnects == 1


@pytest.mark.parametrize("code", [1000, 1002, 1009])
async def test_after_these_close_codes_the_client_does_not_reconnect(server: ScriptedServer, code: int) -> None:
    """The iteration returns what was received, then raises the error."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.socket.close(code=code, message=b"go away")
        await until(stream, "closed")
        assert (await anext(stream)).symbol == "A"
        with pytest.raises(ticker.RefusedError, match=f"{code}.*go away") as caught:
            await anext(stream)
        assert caught.value.code == f"close-{code}"
        assert server.requests == 1


async def test_the_stream_fails_after_the_last_attempt(server: ScriptedServer) -> None:
    """Iterating and requests raise the error."""
    backoff = ticker.Backoff(initial_s=0, attempts=2)
    async with streaming(server, ["A"], backoff=backoff, transport="websocket") as (stream, client):
        await anext(stream)
        server.refusals = [web.Response(status=503), web.Response(status=503)]
        client.break_off()
        with pytest.raises(ticker.ConnectError, match=r"503.*after 2 attempts") as caught:
            await anext(stream)
        assert caught.value.attempts == 2
        assert (stream.state, stream.error) == ("closed", caught.value)
        with pytest.raises(ticker.ConnectError):
            await stream.subscribe(["B"])


async def test_a_live_connection_resets_the_back_off(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """Only consecutive failures count, even if the connection was live only briefly."""
    async with streaming(server, ["A"], backoff=ticker.Backoff(initial_s=0, attempts=2)) as (stream, client):
        for _ in range(3):
            server.refusals = [web.Response(status=503)]
            client.break_off()
            client = await server.client()
            await client.greet(1)
            await until(stream, "live")
        assert stream.reconnects == 3


async def test_a_silent_connection_is_given_up() -> None:
    """After 2.5 heartbeats of 10 seconds."""
    asked = Subscribed(id="#1", channel="ticker", symbols=["A"], rate=10)
    payloads = [msgspec.json.encode(message) for message in (welcome(), asked, update(0, 1, {"A": {"last": 1}}))]
    clock = LoopClock()
    # The mute server writes headers for this range of lengths only.
    async with mute_server(*(payload + b" " * 126 for payload in payloads)) as url:
        async with ticker.connect(url, ["A"], backoff=ticker.Backoff(attempts=0)) as stream:
            await anext(stream)
            with clock.stopped():
                clock.skip(24)
                assert await still_live(stream)
                # The limit is over; a message that came meanwhile could still be read for a second.
                clock.skip(1.1)
                assert await still_live(stream)
                clock.skip(1.1)
                with pytest.raises(ticker.ConnectError, match="no message for"):
                    await anext(stream)


async def test_a_heartbeat_has_the_state_of_the_feed(server: ScriptedServer) -> None:
    async with streaming(server, ["A"]) as (stream, client):
        await client.say(heartbeat(1, "paused"))
        await settled(client, stream)
        assert stream.feed == FeedState(state="paused", ts=TS)


async def test_a_suspended_program_does_not_take_the_server_for_silent(server: ScriptedServer) -> None:
    """Messages that arrived meanwhile are read first."""
    clock = LoopClock()
    opening = asyncio.create_task(ticker.connect(server.url, ["A"]).open())
    client = await server.client()
    await client.say(welcome(heartbeat=10))
    await client.subscribed()
    await client.say(update(0, 1, {"A": {"last": 1}}))
    stream = await opening
    await client.say(update(1, 2, {"A": {"last": 2}}))
    clock.skip(26)  # the program is suspended
    assert [(await anext(stream)).last] == [2]
    assert await still_live(stream)
    assert stream.reconnects == 0
    await stream.close()


async def test_a_gap_is_detected_and_closed(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """The update is not applied; the client resumes from its version, on the same connection."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.say(update(3, 4, {"A": {"bid": 4}}))
        asked = await client.subscribed()
        assert asked.since is not None
        assert asked.since.version == 1
        await client.say(update(1, 4, {"A": {"last": 3, "bid": 4}}))
        given = await anext(stream)
        assert given.changed == {"last": 3, "bid": 4}
        assert (stream.resyncs, stream.reconnects, stream.version) == (1, 0, 4)
    assert "gap from 1 to 3" in caplog.text


async def test_a_malformed_message_closes_the_connection(server: ScriptedServer) -> None:
    """It may have been a price: the next connection resumes. A message of an unknown type is ignored."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.socket.send_str('{"type":"weather","sun":true}')
        await settled(client, stream)
        assert stream.reconnects == 0
        await client.socket.send_str('{"type":"update","since":')
        asked = await (await server.client()).greet(2)
        assert asked.since is not None
        assert asked.since.version == 1
        await until(stream, "live")


async def test_a_new_epoch_on_an_open_connection(server: ScriptedServer) -> None:
    """A second welcome: all values are discarded and sent again."""
    async with streaming(server, ["A"], {"A": {"last": 1, "open": 2}}) as (stream, client):
        await anext(stream)
        await client.say(welcome("two"), update(0, 1, {"A": {"last": 5}}))
        assert (await anext(stream)).changed == {"last": 5, "open": None}
        assert (stream.epoch, stream.reconnects) == ("two", 0)


# Trades and quotes


async def test_iterating_over_trades_returns_each_trade(server: ScriptedServer) -> None:
    """It subscribes to the stream's symbols on the channel `trades`."""
    async with streaming(server, ["A"]) as (stream, client):
        waiting = asyncio.create_task(anext(stream.trades()))
        asked = await client.subscribed()
        assert (asked.channel, asked.symbols) == ("trades", ["A"])
        await client.say(trades(10, 12, [("A", 1.5), ("A", 1.5)]))
        first = await waiting
        assert first == ticker.Trade("A", first.ts, 1.5, 1.0, 0)
        assert (await anext(stream.trades())).price == 1.5
        # Prices continue.
        assert (await anext(stream)).symbol == "A"


async def test_a_stream_of_trades_only(server: ScriptedServer) -> None:
    """``connect(channel="trades")`` subscribes to no prices; iterating over the stream raises an error with a hint."""
    async with streaming(server, ["A"], channel="trades") as (stream, client):
        with pytest.raises(ticker.StreamError, match=r"stream\.trades\(\)"):
            await anext(stream)
        await client.say(trades(0, 1, [("A", 1.5)]))
        assert (await anext(stream.trades())).price == 1.5


async def test_trades_are_not_requested_for_rejected_symbols(server: ScriptedServer) -> None:
    opening = asyncio.create_task(ticker.connect(server.url, ["A", "NOPE"]).open())
    client = await server.client()
    await client.say(welcome())
    await client.subscribed({"NOPE": "unknown-symbol"})
    await client.say(update(0, 1, {}))
    stream = await opening
    waiting = asyncio.create_task(anext(stream.trades()))
    assert (await client.subscribed()).symbols == ["A"]
    await client.say(trades(0, 1, [("A", 1)]))
    assert (await waiting).symbol == "A"
    await stream.close()


async def test_trades_without_symbols_or_of_unknown_symbols_are_an_error(server: ScriptedServer) -> None:
    opening = asyncio.create_task(ticker.connect(server.url).open())
    client = await server.client()
    await client.say(welcome())
    stream = await opening
    with pytest.raises(ValueError, match="quotes needs symbols"):
        stream.quotes()
    waiting = asyncio.create_task(anext(stream.trades(["NOPE"])))
    await client.subscribed({"NOPE": "unknown-symbol"})
    with pytest.raises(ticker.RefusedError, match="NOPE"):
        await waiting
    await stream.close()


async def test_a_slow_consumer_loses_the_oldest_trades_and_they_are_counted(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Losses at the server and in the queue are counted by symbol, and in the next trade of the symbol."""
    async with streaming(server, ["A", "B"], channel="trades", queue_ticks=3) as (stream, client):
        await client.say(trades(0, 100, [("A", 1), ("B", 2), ("A", 3)], {"A": 97}))
        await client.say(trades(100, 102, [("A", 4), ("B", 5)]))
        await settled(client, stream)
        assert stream.lost == {"trades": {"A": 98, "B": 1}}
        got = [await anext(stream.trades()) for _ in range(3)]
        assert [(trade.symbol, trade.price, trade.lost) for trade in got] == [("A", 3, 98), ("A", 4, 0), ("B", 5, 1)]
    lines = [message for message in caplog.messages if "were lost" in message]
    assert len(lines) == 2, "one line at once, one for the rest"
    assert "97 trades were lost: A 97" in lines[0]


async def test_trades_are_resumed_after_a_reconnect(server: ScriptedServer) -> None:
    """The server continues after the last one, or reports how many it no longer has."""
    async with streaming(server, ["A"], channel="trades") as (stream, client):
        await client.say(trades(7, 9, [("A", 1)]))
        await settled(client, stream)
        client.break_off()
        again = await server.client()
        asked = await again.greet()
        assert asked.since is not None
        assert asked.since.version == 9
        await again.say(trades(9, 20, [("A", 2)], {"A": 4}))
        assert [(trade.price, trade.lost) for trade in [await anext(stream.trades()) for _ in range(2)]] == [
            (1, 0),
            (2, 4),
        ]


async def test_after_a_new_epoch_the_number_of_lost_trades_is_unknown(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The log says so."""
    async with streaming(server, ["A"], channel="trades") as (stream, client):
        await client.say(trades(7, 9, [("A", 1)]))
        await settled(client, stream)
        client.break_off()
        again = await server.client()
        assert (await again.greet(epoch="two")).since is None
        await again.say(trades(0, 1, [("A", 2)]))
        assert [(await anext(stream.trades())).price for _ in range(2)] == [1, 2]
    assert "unknown number of trades was lost" in caplog.text


# Closing


async def test_closing_a_dead_connection_takes_at_most_a_second() -> None:
    """The peer doesn't answer the close."""
    asked = Subscribed(id="#1", channel="ticker", symbols=["A"], rate=10)
    payloads = [msgspec.json.encode(message) for message in (welcome(), asked, update(0, 1, {"A": {"last": 1}}))]
    async with mute_server(*(payload + b" " * 126 for payload in payloads)) as url:
        stream = await ticker.connect(url, ["A"]).open()
        clock = LoopClock()
        with clock.stopped():
            closing = asyncio.create_task(stream.close())
            # Its timers start one after another: a tenth of a second at a time.
            for _ in range(10):
                await some_turns()
                clock.skip(0.1)
            await some_turns()
            assert closing.done()
        await closing


async def test_leaving_the_block_ends_all_tasks(server: ScriptedServer) -> None:
    """Also after an exception, and during a reconnect."""
    before = asyncio.all_tasks()
    with pytest.raises(KeyError):
        async with streaming(server, ["A"]) as (stream, _):
            stream.board["B"]
    async with streaming(server, ["A"], backoff=ticker.Backoff(initial_s=20, jitter="none")) as (stream, client):
        client.break_off()
        await until(stream, "reconnecting")
    assert not [task for task in asyncio.all_tasks() - before if "ticker-client" in task.get_name()]


async def test_cancelling_the_opening_closes_the_stream(server: ScriptedServer) -> None:
    """Before the server has answered."""
    stream = ticker.connect(server.url, ["A"])
    opening = asyncio.create_task(stream.open())
    client = await server.client()
    await client.say(welcome())
    await client.next_message()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert state(stream) == "closed"
    await client.closed


async def test_no_secret_is_logged(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the password nor the token in the address."""
    caplog.set_level(logging.DEBUG, "ticker.client")
    url = server.url.replace("ws://", "ws://me:secret@") + "/v1/stream?token=secret"
    opening = asyncio.create_task(ticker.connect(url, ["A"]).open())
    client = await server.client()
    assert client.request.query["token"] == "secret"
    await client.greet()
    stream = await opening
    await stream.close()
    assert "secret" not in caplog.text
    assert "secret" not in stream.url
