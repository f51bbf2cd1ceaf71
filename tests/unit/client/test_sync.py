"""The client without asyncio, against a scripted server in a thread of its own."""

from __future__ import annotations

import asyncio
import inspect
import signal
import threading
import time
from collections.abc import Awaitable, Callable

import pytest

import ticker
from tests.support.scripted_server import Conversation, ScriptedServer, scripted_thread, trades, update, welcome
from ticker.wire.messages import Error, Fields

Script = Callable[[ScriptedServer], Awaitable[None]]


def greeted(more: Callable[[Conversation], Awaitable[None]] | None = None) -> Script:
    """A script: greet one client with A at 1 and B at 2, then run ``more``."""

    async def script(server: ScriptedServer) -> None:
        client = await server.client()
        await client.greet(1, {"A": {"last": 1}, "B": {"last": 2}})
        if more is not None:
            await more(client)

    return script


def threads() -> list[str]:
    return [thread.name for thread in threading.enumerate() if thread.name == "ticker-client"]


def test_iterating_in_a_for_loop() -> None:
    """Entering the block waits for the first values; leaving it ends the thread."""

    async def more(client: Conversation) -> None:
        await client.say(update(1, 2, {"A": {"last": 3}}))
        assert await client.closed == 1000

    with scripted_thread(greeted(more)) as url:
        with ticker.connect_sync(url, ["A", "B"]) as stream:
            assert stream.board["B"].last == 2
            seen = []
            for given in stream:
                seen.append(given.symbol)
                if given.last == 3:
                    break
            assert seen[0] == "A"
            assert (stream.state, stream.epoch, stream.version, stream.channel) == ("live", "one", 2, "ticker")
            assert (stream.symbols, stream.rejected, stream.lost, stream.rate) == (["A", "B"], {}, {}, 10)
            assert (stream.reconnects, stream.resyncs, stream.feed, stream.error) == (0, 0, None, None)
            assert stream.welcome is not None
            assert stream.url.endswith("/v1/stream")
            assert stream.frame().loc["B", "last"] == 2
        assert threads() == []
        assert list(stream) == []


async def test_it_works_inside_a_running_event_loop() -> None:
    """As in a notebook."""
    assert asyncio.get_running_loop().is_running()
    with scripted_thread(greeted()) as url, ticker.connect_sync(url, ["A", "B"], encoding="msgpack") as stream:
        assert next(stream).symbol == "A"
        assert stream.next(timeout=60).symbol == "B"


def test_a_slow_consumer_gets_one_update_per_symbol_with_the_latest_values() -> None:
    """The thread applies updates while the user does something else."""
    said = threading.Event()

    async def more(client: Conversation) -> None:
        for version in range(1, 1_000):
            await client.say(update(version, version + 1, {"A": {"last": version + 1}}))
        said.set()

    with scripted_thread(greeted(more)) as url, ticker.connect_sync(url, ["A", "B"]) as stream:
        assert said.wait(60)
        while stream.version < 1_000:
            time.sleep(0.001)
        assert [(stream.next().symbol, stream.board["A"].last) for _ in range(2)] == [("A", 1_000), ("B", 1_000)]
        with pytest.raises(TimeoutError, match=r"within 0\.01 s"):
            stream.next(timeout=0.01)


def test_subscribing_in_the_users_thread() -> None:
    """The call returns the answer, or raises the error."""

    async def more(client: Conversation) -> None:
        await client.subscribed(rate=60)
        await client.unsubscribed()
        asked = await client.next_message()
        await client.say(Error(id=asked.id, code="too-many-symbols", message="enough"))

    with scripted_thread(greeted(more)) as url, ticker.connect_sync(url, ["A", "B"]) as stream:
        assert stream.subscribe(["C"], 60).rate == 60
        stream.unsubscribe(["A", "B"])
        assert list(stream.board) == ["C"]
        with pytest.raises(ticker.ProtocolError, match="enough"):
            stream.subscribe(["D"])


def test_trades_are_an_iterator() -> None:
    """It subscribes by itself, and has a timeout."""

    async def more(client: Conversation) -> None:
        await client.subscribed()
        await client.say(trades(0, 2, [("A", 1), ("B", 2)], {"A": 4}))

    with scripted_thread(greeted(more)) as url, ticker.connect_sync(url, ["A", "B"]) as stream:
        found = []
        for trade in stream.trades():
            found.append((trade.symbol, trade.price, trade.lost))
            if len(found) == 2:
                break
        assert found == [("A", 1, 4), ("B", 2, 0)]
        assert stream.lost == {"trades": {"A": 4}}
        with pytest.raises(TimeoutError):
            stream.trades().next(timeout=0)


def test_ctrl_c_interrupts_waiting() -> None:
    """While no update arrives. The block closes the stream."""
    main = threading.main_thread().ident
    assert main is not None

    async def more(client: Conversation) -> None:
        await client.subscribed()
        signal.pthread_kill(main, signal.SIGINT)
        assert await client.closed == 1000

    def wait(url: str) -> None:
        with ticker.connect_sync(url, ["A", "B"]) as stream:
            for _ in range(2):
                stream.next()
            threading.Thread(target=stream.subscribe, args=(["C"],)).start()
            for _ in stream:
                pass

    with scripted_thread(greeted(more)) as url:
        with pytest.raises(KeyboardInterrupt):
            wait(url)
        assert threads() == []


def test_ctrl_c_interrupts_connecting() -> None:
    """While the server is silent."""
    main = threading.main_thread().ident
    assert main is not None

    async def script(server: ScriptedServer) -> None:
        client = await server.client()
        await client.say(welcome())
        await client.next_message()
        signal.pthread_kill(main, signal.SIGINT)
        await client.closed

    with scripted_thread(script) as url:
        with pytest.raises(KeyboardInterrupt):
            ticker.connect_sync(url, ["A"]).open()
        assert threads() == []


def test_errors_in_the_thread_are_raised_in_the_users() -> None:
    """By connecting, by iterating, and by later requests."""
    with pytest.raises(ticker.ConnectError):
        ticker.connect_sync("127.0.0.1:1", ["A"]).open()

    async def more(client: Conversation) -> None:
        await client.socket.close(code=1009, message=b"too long")

    with scripted_thread(greeted(more)) as url, ticker.connect_sync(url, ["A", "B"]) as stream:
        with pytest.raises(ticker.RefusedError, match="too long"):
            for _ in stream:
                pass
        assert isinstance(stream.error, ticker.RefusedError)
        with pytest.raises(ticker.RefusedError):
            stream.subscribe(["C"])
        with pytest.raises(ticker.RefusedError):
            stream.next(timeout=60)


def test_closing_in_another_thread_ends_the_iteration() -> None:
    """Then ``next`` raises an error. Closing again does nothing."""
    with scripted_thread(greeted()) as url:
        stream = ticker.connect_sync(url, ["A", "B"]).open()
        stream.next()
        stream.next()
        closer = threading.Timer(0.05, stream.close)
        closer.start()
        assert list(stream) == []
        closer.join()
        with pytest.raises(ticker.StreamError, match="closed"):
            stream.next()
        with pytest.raises(ticker.StreamError, match="not open"):
            stream.subscribe(["C"])
        stream.close()
        with pytest.raises(RuntimeError, match="once"):
            stream.open()
        assert stream.state == "closed"


def test_a_stream_that_was_never_opened_can_be_closed() -> None:
    stream = ticker.connect_sync("127.0.0.1:1", ["A"])
    with pytest.raises(ticker.StreamError, match="not open"):
        stream.subscribe(["B"])
    stream.close()
    with pytest.raises(ticker.StreamError, match="closed while"):
        stream.open()


def test_the_board_may_be_read_while_it_changes() -> None:
    """One thread adds thousands of symbols while another iterates over the board."""

    async def more(client: Conversation) -> None:
        for version in range(1, 300):
            data: dict[str, Fields | None] = {f"S{version}-{number}": {"last": number} for number in range(10)}
            await client.say(update(version, version + 1, data))

    with scripted_thread(greeted(more)) as url, ticker.connect_sync(url, ["*"]) as stream:
        while stream.version < 300:
            assert all(view.symbol for view in stream.board.values())
        assert len(stream.frame()) == 2 + 2990


def test_the_blocking_client_has_the_signatures_of_the_asyncio_client() -> None:
    """``help()`` and editors show each option and parameter, with its default and documentation."""
    options = inspect.signature(ticker.connect).parameters
    assert {"channel", "rate", "key", "owner"} < set(options)
    assert inspect.signature(ticker.connect_sync).parameters == options
    assert inspect.signature(ticker.connect_sync).return_annotation == "SyncStream"
    for name in ("subscribe", "unsubscribe", "alert", "alerts", "unalert", "join", "say", "leave", "ping", "bars"):
        asynchronous, blocking = getattr(ticker.Stream, name), getattr(ticker.SyncStream, name)
        assert inspect.signature(blocking) == inspect.signature(asynchronous)
        assert blocking.__doc__ == asynchronous.__doc__
        assert not inspect.iscoroutinefunction(blocking)


def test_the_blocking_client_has_all_public_names_of_the_asyncio_client() -> None:
    """Except ``updates``, which iterating over the stream replaces."""
    public = {name for name in dir(ticker.Stream) if not name.startswith("_")}
    assert public - set(dir(ticker.SyncStream)) == {"updates"}


def test_iterating_over_a_stream_that_was_never_opened_raises() -> None:
    """Waiting for it would take forever."""
    stream = ticker.connect_sync("ws://127.0.0.1:9", ["A"])
    with pytest.raises(RuntimeError, match="open"):
        next(iter(stream))
    stream.close()
