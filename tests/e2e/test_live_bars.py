"""Live bars in the Python client, over real sockets."""

from __future__ import annotations

import asyncio

import numpy as np
import pytest

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.client.transports.dialer import TransportName
from ticker.errors import ProtocolError
from ticker.model import TickBatch, Trades, Watermark
from ticker.server.core.settings import Settings
from ticker.wire.limits import Limits

#: 2024-01-03 14:30 UTC, the start of a minute.
START = 1_704_292_200 * 10**9
SECOND = 10**9


def trade(feed: ScriptedFeed, second: float, price: float) -> None:
    """A trade of 10 shares of AAPL."""
    columns = np.array([0], np.int32), np.array([START + int(second * SECOND)]), np.array([price]), np.array([10.0])
    feed.put(TickBatch(feed.table, Trades(*columns)))


def mark(feed: ScriptedFeed, second: float) -> None:
    feed.put(Watermark(START + int(second * SECOND)))


async def closed(bars: object, count: int) -> list[tuple[float, float | None, float, int]]:
    """The next closed bars: start in seconds, close, volume, revision. Open ones are passed over."""
    found = []
    async with asyncio.timeout(60):
        async for bar in bars:  # type: ignore[attr-defined]  # an ItemIterator
            if bar.closed:
                found.append(((bar.start - START) / SECOND, bar.close, bar.volume, bar.revision))
            if len(found) == count:
                return found
    raise AssertionError("the stream ended")


async def until_open(bars: object, close: float) -> ticker.Bar:
    """The first open bar with this close."""
    async with asyncio.timeout(60):
        async for bar in bars:  # type: ignore[attr-defined]  # an ItemIterator
            assert isinstance(bar, ticker.Bar)
            if not bar.closed and bar.close == close:
                return bar
    raise AssertionError("the stream ended")


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_bars_come_open_closed_and_revised(transport: TransportName, encoding: str) -> None:
    """A late trade revises the minute that has closed: it comes again with revision 1."""
    feed = ScriptedFeed(("AAPL", "MSFT"))
    async with serving(feed) as service:
        async with ticker.connect(service.url, ["AAPL"], transport=transport, encoding=encoding) as stream:
            bars = stream.live_bars("1m")
            trade(feed, 10, 184.5)
            first = await until_open(bars, 184.5)
            trade(feed, 65, 185.0)
            mark(feed, 66)
            assert await closed(bars, 1) == [(0, 184.5, 10, 0)]
            trade(feed, 50, 183.0)
            mark(feed, 67)
            assert await closed(bars, 1) == [(0, 183.0, 20, 1)]
            assert stream.lost == {}
    assert (first.symbol, first.start, first.open, first.interval, first.incomplete) == (
        "AAPL", START, 184.5, "1m", False,
    )  # fmt: skip


@pytest.mark.parametrize("interval", ["1m", "30s"])
@pytest.mark.parametrize("transport", ["websocket", "sse"])
async def test_a_reconnect_resumes_without_a_gap(transport: TransportName, interval: str) -> None:
    """Bars that close while the connection is down follow, once each, and so do revisions.

    Of 30s the server repeats the last minute after a resume, as it folds them on request, and counts revisions anew.
    """
    feed = ScriptedFeed(("AAPL", "MSFT"))
    async with serving(feed) as service:
        async with ticker.connect(service.url, ["AAPL"], transport=transport) as stream:
            bars = stream.live_bars(interval)
            trade(feed, 1, 100.0)
            await until_open(bars, 100.0)
            trade(feed, 61, 101.0)
            trade(feed, 121, 102.0)
            mark(feed, 122)
            assert [start for start, *_ in await closed(bars, 2)] == [0, 60]
            for connection in [*service.registry.open]:
                connection.abort("the test cuts it")
            trade(feed, 70, 99.0)
            trade(feed, 181, 103.0)
            trade(feed, 241, 104.0)
            mark(feed, 242)
            found = await closed(bars, 3)
            trade(feed, 301, 105.0)
            mark(feed, 302)
            found += await closed(bars, 1)
            assert stream.reconnects == 1
            assert stream.lost == {}
    assert [bar[:3] for bar in sorted(found)] == [(60, 99.0, 20), (120, 102.0, 10), (180, 103.0, 10), (240, 104.0, 10)]
    if interval == "1m":
        assert [revision for *_, revision in sorted(found)] == [1, 0, 0, 0]


async def test_several_intervals_have_watchlists_of_their_own() -> None:
    """Also without a subscription to prices; a symbol that is removed from one stays in the other."""
    feed = ScriptedFeed(("AAPL", "MSFT"))
    async with serving(feed) as service, ticker.connect(service.url) as stream:
        seconds, minutes = stream.live_bars("5s", ["AAPL", "MSFT"]), stream.live_bars("1m", ["AAPL"])
        trade(feed, 1, 100.0)
        await until_open(seconds, 100.0)
        await until_open(minutes, 100.0)
        await stream.unsubscribe(["AAPL"], channel="bars", interval="5s")
        trade(feed, 61, 101.0)
        mark(feed, 62)
        assert await closed(minutes, 1) == [(0, 100.0, 10, 0)]
        answer = await stream.subscribe(["AAPL"], channel="bars", interval="5s")
        assert (answer.interval, answer.symbols, answer.revisions) == ("5s", ["MSFT", "AAPL"], True)


async def test_a_long_poll_says_that_it_carries_no_bars() -> None:
    """Prices go on."""
    feed = ScriptedFeed(("AAPL", "MSFT"))
    async with serving(feed) as service:
        trade(feed, 1, 100.0)
        async with ticker.connect(service.url, ["AAPL"], transport="poll") as stream:
            with pytest.raises(ProtocolError, match="long polls carry only the channel ticker, not bars"):
                await anext(stream.live_bars("1m"))
            trade(feed, 2, 101.0)
            async with asyncio.timeout(60):
                async for update in stream:
                    if update.last == 101.0:
                        break


async def test_an_interval_that_the_server_refuses_is_an_error_of_the_iteration() -> None:
    """It folds no interval for this client. Intervals that it keeps are not limited."""
    feed = ScriptedFeed(("AAPL", "MSFT"))
    async with serving(feed, Settings(limits=Limits(intervals=0))) as service:
        async with ticker.connect(service.url, ["AAPL"]) as stream:
            with pytest.raises(ProtocolError) as refused:
                await anext(stream.live_bars("30s"))
            assert refused.value.code == "too-many-intervals"
            trade(feed, 1, 100.0)
            await until_open(stream.live_bars("1m"), 100.0)


@pytest.mark.parametrize(("interval", "reason"), [("7m", "does not divide a day"), ("60s", "is written 1m")])
async def test_an_invalid_interval_is_refused_at_once(interval: str, reason: str) -> None:
    async with serving(ScriptedFeed()) as service, ticker.connect(service.url) as stream:
        with pytest.raises(ValueError, match=reason):
            stream.live_bars(interval, ["AAPL"])
        with pytest.raises(ValueError, match="live_bars"):
            await stream.subscribe(["AAPL"], channel="bars")


async def test_the_blocking_client_has_live_bars() -> None:
    """In another thread, while the server runs in this one."""
    feed = ScriptedFeed(("AAPL", "MSFT"))

    def follow(url: str) -> list[tuple[float | None, bool]]:
        with ticker.connect_sync(url) as stream:
            bars = stream.live_bars("1m", ["AAPL"])
            found = [bars.next(timeout=60)]
            asyncio.run_coroutine_threadsafe(more(), loop).result(60)
            while not found[-1].closed:
                found.append(bars.next(timeout=60))
        return [(bar.close, bar.closed) for bar in found]

    async def more() -> None:
        trade(feed, 61, 101.0)
        mark(feed, 62)

    async with serving(feed) as service:
        loop = asyncio.get_running_loop()
        trade(feed, 1, 100.0)
        found = await asyncio.to_thread(follow, service.url)
    assert found[0] == (100.0, False)
    assert found[-1] == (100.0, True)
