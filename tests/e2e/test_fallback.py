"""Networks that block WebSockets: a proxy that blocks requests, and clients that fall back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, suppress

import pytest

import ticker
from tests.support.loop_clock import LoopClock
from tests.support.serving import ScriptedFeed, serving
from ticker.client.transports import dialer
from ticker.client.transports.dialer import TransportName
from ticker.model import Restart
from ticker.server import Service, Settings
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
EAGER = ticker.Backoff(initial_s=0.01, maximum_s=0.05)


class Proxy:
    """Forwards bytes, but answers what it ``blocks`` (``upgrade``, ``events``) itself, or not at all if ``mute``."""

    def __init__(self, to: int) -> None:
        self.to = to
        self.port = 0
        self.blocks: set[str] = set()
        self.mute = False
        self.status = b"502 Bad Gateway"
        self.asked: list[bytes] = []
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def cut(self) -> None:
        for task in list(self._tasks):
            task.cancel()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        other: asyncio.StreamWriter | None = None
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            self.asked.append(head.split()[1].partition(b"?")[0])
            if ("upgrade" in self.blocks and b"websocket" in head.lower()) or (
                "events" in self.blocks and b"/v1/events" in head
            ):
                if self.mute:
                    await reader.read()
                writer.write(b"HTTP/1.1 %b\r\nContent-Length: 0\r\nConnection: close\r\n\r\n" % self.status)
                return
            back, other = await asyncio.open_connection("127.0.0.1", self.to)
            # One request per connection, so that each is checked.
            other.write(head.replace(b"\r\n\r\n", b"\r\nX-Proxy: 1\r\n\r\n", 1))
            await asyncio.gather(_pass(reader, other), _pass(back, writer))
        except (ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            pass
        finally:
            self._tasks.discard(task)
            for each in (writer, other):
                if each is not None:
                    each.close()


async def _pass(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65_536):
        writer.write(data)
        with suppress(ConnectionError):
            await writer.drain()
    writer.close()


@asynccontextmanager
async def behind_proxy(settings: Settings | None = None) -> AsyncIterator[tuple[ScriptedFeed, Service, Proxy]]:
    feed = ScriptedFeed()
    async with serving(feed, settings) as service:
        proxy = Proxy(service.port)
        server = await asyncio.start_server(proxy.serve, "127.0.0.1", 0)
        proxy.port = server.sockets[0].getsockname()[1]
        try:
            yield feed, service, proxy
        finally:
            server.close()
            proxy.cut()


async def agrees(stream: ticker.Stream, service: Service) -> None:
    """Wait until the client's view equals the server's."""
    names = sorted(stream.board)
    async with asyncio.timeout(60):
        while True:
            data = service.hub.snapshot(names, 0).data
            if all(stream.board[name].last == (data[name] or {}).get("last") for name in names):
                return
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("blocked", "by"), [((), "websocket"), (("upgrade",), "sse"), (("upgrade", "events"), "poll")])
@pytest.mark.parametrize(
    "status", [b"501 Not Implemented", b"502 Bad Gateway", b"503 Service Unavailable", b"403 Forbidden", b"200 OK"]
)
async def test_the_best_transport_that_gets_through_is_used(blocked: tuple[str, ...], by: str, status: bytes) -> None:
    """It supports subscribing, unsubscribing, rejected symbols, and a new epoch."""
    async with behind_proxy() as (feed, service, proxy):
        proxy.blocks, proxy.status = set(blocked), status
        feed.tick([(0, TS, 1.5, 1.0), (1, TS, 2.5, 1.0)])
        async with ticker.connect(proxy.url, ["AAPL", "NONE"], rate=20, backoff=EAGER) as stream:
            assert stream.transport == by
            assert stream.rejected == {"NONE": "unknown-symbol"}
            assert stream.board["AAPL"].last == 1.5
            answer = await stream.subscribe(["MSFT", "ABSENT"])
            assert (set(answer.symbols), answer.rejected) == ({"AAPL", "MSFT"}, {"ABSENT": "unknown-symbol"})
            feed.tick([(0, TS, 3.5, 1.0), (1, TS, 4.5, 1.0)])
            async with asyncio.timeout(60):
                while (stream.board["AAPL"].last, stream.board["MSFT"].last) != (3.5, 4.5):
                    await anext(aiter(stream))
            await stream.unsubscribe(["AAPL"])
            assert set(stream.board) == {"MSFT"}
            feed.put(Restart("another"))
            feed.tick([(0, TS, 5.5, 1.0), (1, TS, 6.5, 1.0)])
            async with asyncio.timeout(60):
                while stream.epoch != "another" or "MSFT" not in stream.board or stream.board["MSFT"].last != 6.5:
                    await asyncio.sleep(0.01)
            assert set(stream.board) == {"MSFT"}
            await agrees(stream, service)


@pytest.mark.parametrize("by", ["websocket", "sse", "poll"])
async def test_a_requested_transport_is_the_only_one_tried(by: TransportName) -> None:
    async with behind_proxy() as (feed, _, proxy):
        feed.tick([(0, TS, 1.5, 1.0)])
        async with ticker.connect(proxy.url, ["*"], transport=by, backoff=EAGER) as stream:
            assert stream.transport == by
            feed.tick([(1, TS, 2.5, 1.0)])
            async with asyncio.timeout(60):
                while "MSFT" not in stream.board:
                    await anext(aiter(stream))
        # The proxy sees the first request of each connection; later requests of a poll follow on the same.
        first = {"websocket": b"/v1/stream", "sse": b"/v1/events", "poll": b"/healthz"}
        assert first.pop(by) in proxy.asked
        assert not set(first.values()) & set(proxy.asked)


@pytest.mark.parametrize("by", ["sse", "poll"])
async def test_a_connection_that_breaks_is_replaced_without_a_gap(by: TransportName) -> None:
    async with behind_proxy() as (feed, service, proxy):
        feed.tick([(0, TS, 1.5, 1.0), (1, TS, 2.5, 1.0)])
        async with ticker.connect(proxy.url, ["AAPL", "MSFT"], transport=by, backoff=EAGER, rate=20) as stream:
            proxy.cut()
            feed.tick([(1, TS, 3.5, 1.0)])
            async with asyncio.timeout(60):
                while stream.board["MSFT"].last != 3.5:
                    await anext(aiter(stream))
            # aiohttp repeats a request that fails on a reused connection.
            assert stream.reconnects == (by == "sse")
            await agrees(stream, service)


async def test_the_client_returns_to_a_websocket(monkeypatch: pytest.MonkeyPatch) -> None:
    """As soon as one gets through, without a gap."""
    monkeypatch.setattr(dialer, "BETTER_AFTER_S", 0.05)
    async with behind_proxy() as (feed, service, proxy):
        proxy.blocks, proxy.status = {"upgrade"}, b"403 Forbidden"
        feed.tick([(0, TS, 1.5, 1.0)])
        async with ticker.connect(proxy.url, ["AAPL"], rate=20, backoff=EAGER) as stream:
            assert stream.transport == "sse"
            proxy.blocks.clear()
            async with asyncio.timeout(60):
                while stream.transport != "websocket" or stream.state != "live":
                    await asyncio.sleep(0.01)
            feed.tick([(0, TS, 2.5, 1.0)])
            async with asyncio.timeout(60):
                while stream.board["AAPL"].last != 2.5:
                    await anext(aiter(stream))
            await agrees(stream, service)


@pytest.mark.parametrize("why", ["full", "stopping", "no-memory"])
async def test_a_503_from_the_server_itself_is_no_reason_to_fall_back(why: str) -> None:
    """Neither another transport nor a second WebSocket is tried."""
    settings = Settings(port=0, limits=Limits(connections=1, memory_bytes=1 if why == "no-memory" else 2**40))
    async with behind_proxy(settings) as (_, service, proxy), AsyncExitStack() as stack:
        if why == "full":
            await stack.enter_async_context(ticker.connect(service.url, ["AAPL"]))
        elif why == "stopping":
            service.registry.stopping = True
            stack.callback(setattr, service.registry, "stopping", False)
        else:
            service.registry.measure_memory()
        with pytest.raises(ticker.ConnectError, match="503"):
            await ticker.connect(proxy.url, ["AAPL"], backoff=EAGER).open()
        assert proxy.asked == [b"/v1/stream"]
        # The proxy doesn't see later requests on the same connection.
        assert service.hub.errors.total() == 1


async def test_an_unanswered_upgrade_falls_back_after_one_attempt() -> None:
    async with behind_proxy() as (feed, _, proxy):
        proxy.blocks, proxy.mute = {"upgrade"}, True
        feed.tick([(0, TS, 1.5, 1.0)])
        clock = LoopClock()
        stream = ticker.connect(proxy.url, ["AAPL"], connect_timeout_s=100, backoff=EAGER)
        opening = asyncio.create_task(stream.open())
        while not proxy.asked:
            await asyncio.sleep(0)
        clock.skip(101)
        await opening
        assert stream.transport == "sse"
        assert proxy.asked.count(b"/v1/stream") == 1
        await stream.close()


async def test_if_all_transports_are_blocked_connecting_fails() -> None:
    """After two WebSockets, events and a poll."""
    async with behind_proxy() as (_, _, proxy):
        proxy.to = 1  # no server there
        proxy.blocks, proxy.status = {"upgrade", "events"}, b"403 Forbidden"
        with pytest.raises(ticker.StreamError):
            await ticker.connect(proxy.url, ["AAPL"], backoff=EAGER).open()
        assert proxy.asked[:3] == [b"/v1/stream", b"/v1/stream", b"/v1/events"]


async def test_long_polls_carry_only_the_channel_ticker() -> None:
    async with behind_proxy() as (feed, _, proxy):
        async with ticker.connect(proxy.url, ["AAPL"], transport="poll") as stream:
            with pytest.raises(ticker.ProtocolError, match="only the channel ticker"):
                await stream.subscribe(["AAPL"], channel="trades")
        async with ticker.connect(proxy.url, ["AAPL"], transport="sse", channel="trades") as stream:
            feed.tick([(0, TS, 1.5, 1.0)])
            assert (await anext(aiter(stream.trades()))).price == 1.5


async def _all(bars: AsyncIterator[ticker.Bar]) -> None:
    async for _ in bars:
        pass


async def test_live_bars_follow_over_events_and_end_with_an_error_over_polls() -> None:
    """When WebSockets are blocked during the stream, bars go on over events without a gap; polls carry prices only."""
    async with behind_proxy() as (feed, _, proxy):
        async with ticker.connect(proxy.url, ["AAPL"], rate=20, backoff=EAGER) as stream:
            bars = stream.live_bars("1m")
            feed.tick([(0, TS, 1.5, 1.0)])
            async with asyncio.timeout(30):
                assert (await anext(bars)).close == 1.5
                proxy.blocks.add("upgrade")
                proxy.cut()
                feed.tick([(0, TS + 120 * 10**9, 2.5, 1.0)])
                while not (bar := await anext(bars)).closed:
                    pass
                assert (bar.close, stream.transport) == (1.5, "sse")
                proxy.blocks.add("events")
                proxy.cut()
                with pytest.raises(ticker.RefusedError, match="long polls carry only the channel ticker, not bars"):
                    await _all(bars)
                feed.tick([(0, TS + 121 * 10**9, 3.5, 1.0)])
                while stream.board["AAPL"].last != 3.5:
                    await anext(aiter(stream))
                assert stream.transport == "poll"
