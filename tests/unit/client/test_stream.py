"""The asyncio client against a server whose every word is scripted, over real sockets."""

from __future__ import annotations

import asyncio
import gc
import logging
import socket
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest
from aiohttp import web

import ticker
from tests.support.scripted_server import (
    TS,
    Conversation,
    ScriptedServer,
    heartbeat,
    mute_server,
    scripted_server,
    trades,
    update,
    welcome,
)
from ticker.client.transports.dialer import TransportName
from ticker.wire.limits import Limits
from ticker.wire.messages import Error, FeedState, Pong, Subscribe, Subscribed, Unsubscribed

#: Reconnecting at once.
EAGER = ticker.Backoff(initial_s=0.0)


@pytest.fixture
async def server() -> AsyncIterator[ScriptedServer]:
    async with scripted_server() as scripted:
        yield scripted


@pytest.fixture(autouse=True)
def nothing_left_open() -> Iterator[None]:
    """Whatever a test left behind warns when it is collected, and warnings are errors."""
    yield
    gc.collect()


@asynccontextmanager
async def streaming(
    server: ScriptedServer, symbols: list[str], data: dict[str, Any] | None = None, **options: Any
) -> AsyncIterator[tuple[ticker.Stream, Conversation]]:
    """A stream that is live at version 1, and the server's side of it."""
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
    """Wait for a state; whoever asks for a turn gives the loop one."""
    async with asyncio.timeout(5):
        while stream.state != wanted:
            await asyncio.sleep(0.001)


async def settled(client: Conversation, stream: ticker.Stream) -> None:
    """Wait until the client has read everything that was said to it so far."""
    before = stream._supervisor.messages
    await client.say(Pong(data="are you there?"))
    async with asyncio.timeout(5):
        while stream._supervisor.messages == before:
            await asyncio.sleep(0)


async def logged(caplog: pytest.LogCaptureFixture, text: str) -> str:
    """The first log line with ``text`` in it."""
    async with asyncio.timeout(5):
        while True:
            for message in caplog.messages:
                if text in message:
                    return message
            await asyncio.sleep(0.001)


# Connecting


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_the_first_values_are_on_the_board_when_the_block_is_entered(
    server: ScriptedServer, encoding: str
) -> None:
    """A script may look at prices in its first line; iterating gives them as the first updates."""
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


async def test_the_rate_and_the_symbols_asked_for_reach_the_server(server: ScriptedServer) -> None:
    """One subscribe, as the arguments say."""
    opening = asyncio.create_task(ticker.connect(server.url, "AAPL", rate=2.5).open())
    client = await server.client()
    asked = await client.greet()
    assert asked == Subscribe(id="#1", symbols=["AAPL"], rate=2.5)
    await (await opening).close()


async def test_nobody_there_is_an_error_at_once() -> None:
    """A script with a wrong address should not hang."""
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
        with pytest.raises(ticker.ConnectError, match="can't connect") as caught:
            await ticker.connect(f"127.0.0.1:{port}", ["AAPL"]).open()
    assert caught.value.attempts == 1


async def test_one_who_waits_finds_a_server_that_comes_later(caplog: pytest.LogCaptureFixture) -> None:
    """wait=True makes the first connection as patient as the others."""
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


async def test_waiting_ends_when_the_attempts_run_out() -> None:
    """The error says how many there were."""
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
async def test_a_refusal_is_for_good(server: ScriptedServer, status: int, transport: TransportName) -> None:
    """Asking again would be refused again, so nobody asks, not even one who waits."""
    server.refusals = [web.Response(status=status)]
    with pytest.raises(ticker.RefusedError) as caught:
        await ticker.connect(server.url, ["AAPL"], wait=True, backoff=EAGER, transport=transport).open()
    assert caught.value.code == f"http-{status}"
    assert server.requests == 1


async def test_a_server_that_is_busy_is_asked_again_and_not_too_soon(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """503 and 429 are no refusals; Retry-After is a lower bound of the wait."""
    server.refusals = [web.Response(status=503), web.Response(status=429, headers={"Retry-After": "7"})]
    stream = ticker.connect(server.url, ["AAPL"], wait=True, backoff=EAGER, transport="websocket")
    opening = asyncio.create_task(stream.open())
    assert "HTTP status 503; reconnecting in 0.00 s" in await logged(caplog, "status 503")
    assert "HTTP status 429; reconnecting in 7.00 s" in await logged(caplog, "status 429")
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert state(stream) == "closed"


async def test_rejected_symbols_are_told_and_the_others_stream(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """In the log, and in stream.rejected; they are not on the board."""
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


async def test_no_symbol_that_the_server_knows_is_an_error(server: ScriptedServer) -> None:
    """It names them all."""
    opening = asyncio.create_task(ticker.connect(server.url, ["NO", "NOPE"]).open())
    client = await server.client()
    await client.say(welcome())
    await client.subscribed({"NO": "unknown-symbol", "NOPE": "unknown-symbol"})
    with pytest.raises(ticker.RefusedError, match=r"NO \(.*, NOPE") as caught:
        await opening
    assert caught.value.code == "unknown-symbol"
    await client.closed


async def test_an_error_to_the_first_subscribe_is_for_good(server: ScriptedServer) -> None:
    """Such as a rate that the server doesn't offer."""
    opening = asyncio.create_task(ticker.connect(server.url, ["AAPL"], rate=-3).open())
    client = await server.client()
    await client.say(welcome())
    asked = await client.asked()
    await client.say(Error(id=asked.id, code="bad-rate", message="rate -3 can't be"))
    with pytest.raises(ticker.RefusedError, match="rate -3") as caught:
        await opening
    assert caught.value.code == "bad-rate"


async def test_a_server_that_never_answers_does_not_hang_the_user(server: ScriptedServer) -> None:
    """Welcomed, but the subscribe is not answered: the attempt has failed when its time is over."""
    opening = asyncio.create_task(ticker.connect(server.url, ["AAPL"], connect_timeout_s=0.05).open())
    client = await server.client()
    await client.say(welcome())
    with pytest.raises(ticker.ConnectError, match="not answered"):
        await opening


async def test_a_snapshot_that_is_held_back_does_not_hang_the_user(server: ScriptedServer) -> None:
    """Subscribed, but no values: the stream is open all the same once the time is over."""
    opening = asyncio.create_task(ticker.connect(server.url, ["AAPL"], connect_timeout_s=0.05).open())
    client = await server.client()
    await client.say(welcome())
    await client.subscribed()
    stream = await opening
    assert state(stream) == "live"
    await stream.close()


@pytest.mark.parametrize(
    "wrong",
    [{"url": "ftp://h"}, {"encoding": "xml"}, {"channel": "candles"}, {"queue_ticks": 0}],
)
def test_arguments_that_can_not_be_are_refused_where_they_are_written(wrong: dict[str, Any]) -> None:
    """Before anything is connected."""
    with pytest.raises(ValueError, match=r"."):
        ticker.connect(**{"url": "127.0.0.1:1", "symbols": ["AAPL"], **wrong})


# Iterating


async def test_a_slow_user_sees_the_latest_values_and_no_queue(server: ScriptedServer) -> None:
    """However much came meanwhile, each symbol comes once, with its newest values and all that changed."""
    async with streaming(server, ["A", "B"]) as (stream, client):
        for version in range(1, 500):
            await client.say(update(version, version + 1, {"A": {"last": version}, "B": {"bid": version}}))
        await settled(client, stream)
        first, second = await anext(stream), await anext(stream)
        assert (first.symbol, first.changed) == ("A", {"last": 499})
        assert (second.symbol, second.changed) == ("B", {"last": 1, "bid": 499})
        assert not stream._protocol.view


async def test_one_who_works_between_updates_without_waiting_still_gets_new_values(server: ScriptedServer) -> None:
    """Iterating gives the loop its turn, though there is always something to take: what is given is never old."""
    symbols = [f"S{number}" for number in range(40)]
    async with streaming(server, symbols) as (stream, client):

        async def keep_ticking() -> None:
            for version in range(1, 10_000):
                await client.say(update(version, version + 1, {symbol: {"last": version} for symbol in symbols}))
                await asyncio.sleep(0)

        ticking = asyncio.create_task(keep_ticking())
        seen = []
        async for given in stream:
            time.sleep(0.006)  # noqa: ASYNC251 - the user's work, which holds the loop
            seen.append(given.last or 0)
            if len(seen) == 40:
                break
        ticking.cancel()
        # Without turns, all forty would be of the first moment.
        assert seen[-1] > seen[10] > 1


async def test_cancelling_an_iteration_loses_nothing(server: ScriptedServer) -> None:
    """A timeout round the wait is a common way of doing something else now and then."""
    async with streaming(server, ["A"]) as (stream, client):
        await anext(stream)
        for version in range(1, 20):
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0):
                    await anext(stream)
            await client.say(update(version, version + 1, {"A": {"last": version + 100}}))
            assert (await anext(stream)).last == version + 100


async def test_closing_ends_the_iteration(server: ScriptedServer) -> None:
    """Whoever closes, and whoever waits: the loop ends as a loop does."""
    async with streaming(server, ["A"]) as (stream, _):
        await anext(stream)
        waiting = asyncio.create_task(_rest(stream))
        await asyncio.sleep(0)
        await stream.close()
        assert await waiting == []
        assert [given async for given in stream] == []


async def _rest(stream: ticker.Stream) -> list[ticker.Update]:
    return [given async for given in stream]


async def test_a_stream_is_opened_once(server: ScriptedServer) -> None:
    """Opening again is a mistake, and says so."""
    async with streaming(server, ["A"]) as (stream, _):
        with pytest.raises(RuntimeError, match="once"):
            await stream.open()
        assert state(stream) == "live"


async def test_a_stream_that_was_closed_is_not_opened(server: ScriptedServer) -> None:
    """Closing is for good, also before anything was open."""
    stream = ticker.connect(server.url, ["A"])
    await stream.close()
    with pytest.raises(ticker.StreamError, match="closed"):
        await stream.open()
    assert server.requests == 0


async def test_the_board_is_a_data_frame_on_demand(server: ScriptedServer) -> None:
    """A row for each symbol of the watchlist."""
    async with streaming(server, ["A", "B"], {"A": {"last": 2.5}}) as (stream, _):
        frame = stream.frame()
        assert list(frame.index) == ["A", "B"]
        assert frame.loc["A", "last"] == 2.5


# Subscribing


async def test_subscribing_and_unsubscribing_while_streaming(server: ScriptedServer) -> None:
    """The answers are given back; the symbols come and go."""
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


async def test_what_is_under_way_of_an_unsubscribed_symbol_is_dropped(server: ScriptedServer) -> None:
    """Also what was waiting to be iterated over."""
    async with streaming(server, ["A", "B"]) as (stream, client):
        unsubscribing = asyncio.create_task(stream.unsubscribe("A"))
        asked = await client.asked()
        await client.say(update(1, 2, {"A": {"last": 50}, "B": {"last": 60}}))
        await client.say(Unsubscribed(id=asked.id, channel="ticker", symbols=["B"]))
        await unsubscribing
        assert [(await anext(stream)).symbol] == ["B"]
        assert not stream._protocol.view
        assert stream.version == 2


async def test_an_error_is_raised_where_it_was_asked_for(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """With the server's code and words; the stream goes on. One without an id is logged."""
    async with streaming(server, ["A"]) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B"]))
        asked = await client.asked()
        await client.say(Error(id=asked.id, code="too-many-symbols", message="2 symbols; the limit is 1"))
        with pytest.raises(ticker.ProtocolError, match="limit is 1") as caught:
            await subscribing
        assert caught.value.code == "too-many-symbols"
        assert list(stream.board) == ["A"]
        await client.say(Error(code="malformed", message="what was that?"))
        await logged(caplog, "what was that?")
        assert state(stream) == "live"


async def test_a_subscribe_that_the_connection_broke_is_asked_again(server: ScriptedServer) -> None:
    """The user waits a little longer, and gets his answer from the next connection."""
    async with streaming(server, ["A"]) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B"]))
        await client.asked()
        client.break_off()
        again = await server.client()
        asked = await again.greet(1)
        assert asked.symbols == ["A"]
        assert (await again.subscribed()).symbols == ["B"]
        assert (await subscribing).symbols == ["B"]
        assert list(stream.board) == ["A", "B"]


async def test_unsubscribing_without_a_connection_needs_no_answer(server: ScriptedServer) -> None:
    """The next connection just doesn't ask for it."""
    async with streaming(server, ["A", "B"], backoff=ticker.Backoff(initial_s=0.05, jitter="none")) as (stream, client):
        client.break_off()
        await until(stream, "reconnecting")
        await stream.unsubscribe(["B"])
        assert list(stream.board) == ["A"]
        assert (await (await server.client()).greet(1)).symbols == ["A"]


async def test_a_question_that_is_never_answered_costs_the_connection(server: ScriptedServer) -> None:
    """The next connection is asked instead; a server that hangs doesn't hang its users."""
    async with streaming(server, ["A"], connect_timeout_s=0.1) as (stream, client):
        subscribing = asyncio.create_task(stream.subscribe(["B"]))
        await client.asked()
        again = await server.client()
        await again.greet(1)
        await again.subscribed()
        await subscribing
        assert stream.reconnects == 1


async def test_closing_ends_those_who_ask(server: ScriptedServer) -> None:
    """With an error that says so, also for all who ask later."""
    async with streaming(server, ["A"]) as (stream, client):
        asking = asyncio.create_task(stream.subscribe(["B"]))
        await client.asked()
        await stream.close()
        with pytest.raises(ticker.StreamError, match="closed"):
            await asking
        with pytest.raises(ticker.StreamError, match="closed"):
            await stream.unsubscribe(["A"])


async def test_more_symbols_than_a_message_holds_go_in_several(server: ScriptedServer) -> None:
    """As the server's limits say; the answers are put together."""
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
    """With the watchlist and the version: nothing is lost, nothing repeated, and the log tells."""
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
        assert not stream._protocol.view
        assert (stream.state, stream.reconnects, stream.version) == ("live", 1, 5)
        assert stream.board["A"].last == 1
    assert "reconnecting in 0.00 s" in caplog.text
    assert "reconnected, resuming from version 1" in caplog.text


async def test_a_server_with_a_new_history_is_followed_from_its_beginning(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Old values are void: the board has the new ones alone, and what went is told as None."""
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


async def test_the_state_tells_of_a_reconnect(server: ScriptedServer) -> None:
    """live, reconnecting, live; the board keeps what is known meanwhile."""
    async with streaming(server, ["A"], backoff=ticker.Backoff(initial_s=0.05, jitter="none")) as (stream, client):
        client.break_off()
        await until(stream, "reconnecting")
        assert stream.board["A"].last == 1
        await (await server.client()).greet(2)
        await until(stream, "live")


@pytest.mark.parametrize("code", [1001, 1011, 1012, 4321])
async def test_after_these_closes_the_client_comes_back(server: ScriptedServer, code: int) -> None:
    """What the table of close codes says, and codes that it doesn't have."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.socket.close(code=code)
        await (await server.client()).greet(2)
        await until(stream, "live")
        assert stream.reconnects == 1


@pytest.mark.parametrize("code", [1000, 1002, 1009])
async def test_after_these_closes_the_client_stays_away(server: ScriptedServer, code: int) -> None:
    """What was received is still given, then the error: the iteration doesn't end as if all were well."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.socket.close(code=code, message=b"go away")
        await until(stream, "closed")
        assert (await anext(stream)).symbol == "A"
        with pytest.raises(ticker.RefusedError, match=f"{code}.*go away") as caught:
            await anext(stream)
        assert caught.value.code == f"close-{code}"
        assert server.requests == 1


async def test_the_stream_fails_when_the_attempts_run_out(server: ScriptedServer) -> None:
    """Iterating and asking raise what went wrong."""
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


async def test_a_connection_that_was_live_starts_the_back_off_anew(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """Attempts are counted in a row: after a success, and be it short, one has them all again."""
    async with streaming(server, ["A"], backoff=ticker.Backoff(initial_s=0, attempts=2)) as (stream, client):
        for _ in range(3):
            server.refusals = [web.Response(status=503)]
            client.break_off()
            client = await server.client()
            await client.greet(1)
            await until(stream, "live")
        assert stream.reconnects == 3


async def test_a_mute_connection_is_given_up() -> None:
    """Nothing heard for 2.5 heartbeats (a second at the least): the other end is gone, whatever TCP believes."""
    asked = Subscribed(id="#1", channel="ticker", symbols=["A"], rate=10)
    payloads = [
        msgspec.json.encode(message) for message in (welcome(heartbeat=0.2), asked, update(0, 1, {"A": {"last": 1}}))
    ]
    # Room for the header of one length that the mute server writes.
    async with mute_server(*(payload + b" " * 126 for payload in payloads)) as url:
        async with ticker.connect(url, ["A"], backoff=ticker.Backoff(attempts=0)) as stream:
            begun_s = time.monotonic()
            await anext(stream)
            with pytest.raises(ticker.ConnectError, match="no message for"):
                await anext(stream)
            assert 0.8 < time.monotonic() - begun_s < 5


async def test_heartbeats_keep_a_quiet_connection(server: ScriptedServer) -> None:
    """Silence of prices is no silence; the heartbeat tells how the feed is."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.say(heartbeat(1, "paused"))
        await settled(client, stream)
        assert stream.feed == FeedState(state="paused", ts=TS)


async def test_a_program_that_was_held_up_does_not_take_the_server_for_mute(server: ScriptedServer) -> None:
    """What has arrived meanwhile is read before the silence is judged."""
    opening = asyncio.create_task(ticker.connect(server.url, ["A"]).open())
    client = await server.client()
    await client.say(welcome(heartbeat=0.1))
    await client.subscribed()
    await client.say(update(0, 1, {"A": {"last": 1}}))
    stream = await opening
    await client.say(update(1, 2, {"A": {"last": 2}}))
    time.sleep(1.2)  # noqa: ASYNC251 - the program is held up
    assert [(await anext(stream)).last] == [2]
    await asyncio.sleep(0.05)
    assert (stream.state, stream.reconnects) == ("live", 0)
    await stream.close()


async def test_a_gap_is_noticed_and_closed(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """The update isn't applied; the client asks from where it is, on the same connection."""
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


async def test_a_message_that_can_not_be_read_costs_the_connection_and_nothing_else(server: ScriptedServer) -> None:
    """It might have been a price: the next connection resumes. A message of an unknown type is passed over."""
    async with streaming(server, ["A"]) as (stream, client):
        await client.socket.send_str('{"type":"weather","sun":true}')
        await settled(client, stream)
        assert stream.reconnects == 0
        await client.socket.send_str('{"type":"update","since":')
        asked = await (await server.client()).greet(2)
        assert asked.since is not None
        assert asked.since.version == 1
        await until(stream, "live")


async def test_a_new_epoch_amid_the_connection(server: ScriptedServer) -> None:
    """A welcome comes again: all values are void, and come whole."""
    async with streaming(server, ["A"], {"A": {"last": 1, "open": 2}}) as (stream, client):
        await anext(stream)
        await client.say(welcome("two"), update(0, 1, {"A": {"last": 5}}))
        assert (await anext(stream)).changed == {"last": 5, "open": None}
        assert (stream.epoch, stream.reconnects) == ("two", 0)


# Trades and quotes


async def test_trades_come_one_by_one(server: ScriptedServer) -> None:
    """The iteration subscribes to the stream's symbols on that channel, and gives every trade, with its numbers."""
    async with streaming(server, ["A"]) as (stream, client):
        waiting = asyncio.create_task(anext(stream.trades()))
        asked = await client.subscribed()
        assert (asked.channel, asked.symbols) == ("trades", ["A"])
        await client.say(trades(10, 12, [("A", 1.5), ("A", 1.5)]))
        first = await waiting
        assert first == ticker.Trade("A", first.ts, 1.5, 1.0, 0)
        assert (await anext(stream.trades())).price == 1.5
        # Prices go on beside them.
        assert (await anext(stream)).symbol == "A"


async def test_a_stream_of_trades_alone(server: ScriptedServer) -> None:
    """connect(channel="trades") subscribes to nothing else; iterating over the stream itself says what to do."""
    async with streaming(server, ["A"], channel="trades") as (stream, client):
        with pytest.raises(ticker.StreamError, match=r"stream\.trades\(\)"):
            await anext(stream)
        await client.say(trades(0, 1, [("A", 1.5)]))
        assert (await anext(stream.trades())).price == 1.5


async def test_what_the_server_rejects_is_not_asked_for_again_as_trades(server: ScriptedServer) -> None:
    """By default trades are of the symbols that the stream really has."""
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


async def test_trades_of_nothing_and_of_what_is_unknown(server: ScriptedServer) -> None:
    """Without symbols there is nothing to wait for; with none that the server knows neither."""
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


async def test_a_slow_user_loses_trades_and_is_told_how_many(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """The queue is bounded; what the server lost and what the queue dropped is counted, by symbol and in place."""
    async with streaming(server, ["A", "B"], channel="trades", queue_ticks=3) as (stream, client):
        await client.say(trades(0, 100, [("A", 1), ("B", 2), ("A", 3)], {"A": 97}))
        await client.say(trades(100, 102, [("A", 4), ("B", 5)]))
        await settled(client, stream)
        assert stream.lost == {"trades": {"A": 98, "B": 1}}
        got = [await anext(stream.trades()) for _ in range(3)]
        assert [(trade.symbol, trade.price, trade.lost) for trade in got] == [("A", 3, 98), ("A", 4, 0), ("B", 5, 1)]
    lines = [message for message in caplog.messages if "were lost" in message]
    assert len(lines) == 2, "one line at once, one with the rest"
    assert "97 trades were lost: A 97" in lines[0]


async def test_trades_are_resumed_after_a_reconnect(server: ScriptedServer) -> None:
    """With the number of the last: the server goes on behind it, or tells how many it has no more."""
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


async def test_after_a_new_epoch_nobody_knows_how_many_trades_were_lost(
    server: ScriptedServer, caplog: pytest.LogCaptureFixture
) -> None:
    """That is said in the log, since no count can say it."""
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


async def test_closing_a_dead_connection_takes_a_second_at_the_most() -> None:
    """The peer answers nothing any more, not even the close."""
    asked = Subscribed(id="#1", channel="ticker", symbols=["A"], rate=10)
    payloads = [msgspec.json.encode(message) for message in (welcome(), asked, update(0, 1, {"A": {"last": 1}}))]
    async with mute_server(*(payload + b" " * 126 for payload in payloads)) as url:
        stream = await ticker.connect(url, ["A"]).open()
        begun_s = time.monotonic()
        await stream.close()
        assert time.monotonic() - begun_s < 1.2


async def test_leaving_the_block_leaves_nothing_behind(server: ScriptedServer) -> None:
    """No task, no socket; also when the block is left by an error, or while the stream reconnects."""
    before = asyncio.all_tasks()
    with pytest.raises(KeyError):
        async with streaming(server, ["A"]) as (stream, _):
            stream.board["B"]
    async with streaming(server, ["A"], backoff=ticker.Backoff(initial_s=20, jitter="none")) as (stream, client):
        client.break_off()
        await until(stream, "reconnecting")
    assert not [task for task in asyncio.all_tasks() - before if "ticker-client" in task.get_name()]


async def test_cancelling_the_opening_leaves_nothing_behind(server: ScriptedServer) -> None:
    """The user gave up before the server answered."""
    stream = ticker.connect(server.url, ["A"])
    opening = asyncio.create_task(stream.open())
    client = await server.client()
    await client.say(welcome())
    await client.asked()
    opening.cancel()
    with pytest.raises(asyncio.CancelledError):
        await opening
    assert state(stream) == "closed"
    await client.closed


async def test_no_secret_is_logged(server: ScriptedServer, caplog: pytest.LogCaptureFixture) -> None:
    """Neither the address's password nor its token."""
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
