"""Feeds that hang, fail, flood or send invalid data.

The server keeps answering, reports the feed's state, and recovers with the feed.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, ClassVar, cast

import aiohttp
import numpy as np
import pytest

from tests.support.market import batch, quotes, trades
from tests.support.serving import ScriptedFeed, serving
from ticker.feed import pump
from ticker.feed.feed import FeedInfo, FeedOptions
from ticker.model import (
    BarBatch,
    Bars,
    FeedEvent,
    Removal,
    Restart,
    Rollover,
    SymbolTable,
    TickBatch,
    Trades,
    Watermark,
)
from ticker.server import Service, Settings
from ticker.server.core import market_clock, metronome

SECOND = 1_000_000_000
#: A time in ns on a whole second.
TS = 1_700_000_000 * SECOND
NAMES = ("AAPL", "MSFT")
NAN, INFINITE = float("nan"), float("inf")


@pytest.fixture(autouse=True)
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Restart after fractions of a second. A feed is live until the test makes it quiet, however slow the machine."""
    monkeypatch.setattr(pump, "FIRST_PAUSE_S", 0.05)
    monkeypatch.setattr(pump, "QUIET_AFTER_S", 3600)
    monkeypatch.setattr(pump, "CLOSE_S", 0.05)


class Watcher:
    """A WebSocket client and a reader of /healthz."""

    def __init__(self, service: Service, session: aiohttp.ClientSession, socket: aiohttp.ClientWebSocketResponse):
        self._url = service.url
        self._session = session
        self._socket = socket
        self.last: dict[str, float] = {}
        self.bars: list[list[Any]] = []
        #: Feed state of the last heartbeat.
        self.ts = 0

    async def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(await self._socket.receive_str(timeout=60))
        if message["type"] == "update":
            self.last.update({name: fields["last"] for name, fields in message["data"].items() if "last" in fields})
        self.ts = message["ts"] if message["type"] == "heartbeat" else self.ts
        if message["type"] == "bars":
            self.bars += [bar for bar in message["data"] if bar[-1]]
        return message

    async def sees(self, name: str, last: float) -> None:
        async with asyncio.timeout(60):
            while self.last.get(name) != last:
                await self.read()

    async def wait_for_state(self, state: str) -> None:
        """Wait for a heartbeat with this feed state."""
        async with asyncio.timeout(60):
            while (message := await self.read())["type"] != "heartbeat" or message["feed"]["state"] != state:
                pass

    async def get(self, path: str) -> Any:
        async with self._session.get(self._url + path, timeout=aiohttp.ClientTimeout(60)) as response:
            assert response.status == 200
            return await response.json()

    async def health(self, state: str) -> None:
        health = await self.get("/healthz")
        assert health["feed"]["state"] == state
        assert health["status"] == ("degraded" if state == "stale" else "ok")


@asynccontextmanager
async def watched(feed: Any) -> AsyncIterator[Watcher]:
    settings = Settings(port=0, heartbeat_s=0.05)
    async with serving(feed, settings) as service, aiohttp.ClientSession() as session:
        async with session.ws_connect(f"{service.url}/v1/stream") as socket:
            await socket.send_json({"op": "subscribe", "symbols": ["*"], "rate": 0})
            await socket.send_json({"op": "subscribe", "channel": "bars", "interval": "1s", "symbols": ["*"]})
            watcher = Watcher(service, session, socket)
            while (await watcher.read())["type"] != "bars":
                pass
            yield watcher


def trades_batch(table: SymbolTable, rows: int = 1, **wrong: Any) -> TickBatch:
    """A batch of ``rows`` trades with some columns replaced."""
    columns: dict[str, Any] = {
        "symbol": np.zeros(rows, np.int32),
        "ts": np.full(rows, TS),
        "price": np.full(rows, 99.0),
        "size": np.ones(rows),
    }
    return TickBatch(table, Trades(**{**columns, **wrong}))


def bars(**wrong: Any) -> Bars:
    """A bar of the feed with some columns replaced."""
    prices = {name: np.full(1, 99.0) for name in ("open", "high", "low", "close", "volume", "vwap", "trades")}
    columns: dict[str, Any] = {"symbol": np.zeros(1, np.int32), "start": np.full(1, TS), **prices}
    return Bars(**{**columns, **wrong})


def _codes(*codes: int) -> np.ndarray[Any, Any]:
    return np.array(codes, np.int32)


#: Built with the feed's table. Batches of more than a dozen ticks are validated by another code path.
NONSENSE: dict[str, Callable[[SymbolTable], object]] = {
    "a negative price": lambda table: batch(table, [(0, TS, 99.0, 1.0), (0, TS, -1.0, 1.0)]),
    "a price of NaN": lambda table: batch(table, [(0, TS, NAN, 1.0)]),
    "an infinite price": lambda table: batch(table, [(0, TS, INFINITE, 1.0)]),
    "a negative price among many": lambda table: trades_batch(table, 50, price=np.append(np.full(49, 99.0), -1.0)),
    "a size of NaN": lambda table: batch(table, [(0, TS, 99.0, NAN)]),
    "half a side": lambda table: TickBatch(table, quotes=quotes([(0, TS, 99.0, NAN, 100.0, 1.0)])),
    "a row out of range": lambda table: batch(table, [(0, TS, 99.0, 1.0), (2, TS, 99.0, 1.0)]),
    "a row below zero": lambda table: batch(table, [(-1, TS, 99.0, 1.0)]),
    "a stamp before 1970": lambda table: batch(table, [(0, -TS, 99.0, 1.0)]),
    "columns of unequal length": lambda table: trades_batch(table, price=np.full(2, 99.0)),
    "columns of another type": lambda table: trades_batch(table, price=np.full(1, 99, np.int64)),
    "lists": lambda table: trades_batch(table, price=[99.0]),
    "columns of columns": lambda table: trades_batch(
        table, symbol=np.zeros((1, 2), np.int32), ts=np.full((1, 2), TS), price=np.ones((1, 2)), size=np.ones((1, 2))
    ),
    "many columns of one row": lambda table: trades_batch(table, 50, ts=np.full((50, 1), TS)),
    "many prices each in a row of its own": lambda table: trades_batch(table, 50, price=np.full((50, 1), 99.0)),
    "numbers for columns": lambda table: TickBatch(table, cast("Any", Trades)(0, TS, 99.0, 1.0)),
    "no table": lambda table: TickBatch(cast("Any", None), trades([(0, TS, 99.0, 1.0)])),
    "a number": lambda table: 5,
    "a word": lambda table: "AAPL",
    "a version that goes back": lambda table: TickBatch(table, trades([(0, TS, 99.0, 1.0)]), version=0),
    "a price beyond all prices": lambda table: batch(table, [(0, TS, 1e300, 1.0)]),
    "a version that is no whole number": lambda table: TickBatch(table, version=cast("Any", 1e6)),
    "a version that is no number": lambda table: Rollover(table, version=cast("Any", NAN)),
    "a version beyond all versions": lambda table: Rollover(table, version=2**63),
    "a removal of a number": lambda table: Removal(cast("Any", (5,))),
    "a restart with a number for a name": lambda table: Restart(cast("Any", 5)),
    "a rollover of a row out of range": lambda table: Rollover(table, _codes(7), np.ones(1)),
    "a rollover of unequal length": lambda table: Rollover(table, _codes(0, 1), np.ones(1)),
    "a rollover with a negative close": lambda table: Rollover(table, _codes(0), np.full(1, -1.0)),
    "a rollover with an infinite close": lambda table: Rollover(table, _codes(0), np.full(1, INFINITE)),
    "a rollover of a row below zero": lambda table: Rollover(table, _codes(-1), np.ones(1)),
    "a watermark that is a word": lambda table: Watermark(cast("Any", "now")),
    "a watermark beyond all stamps": lambda table: Watermark(2**70),
    "a bar of a row out of range": lambda table: BarBatch(table, SECOND, bars(symbol=_codes(7)), closed=True),
    "a bar of a row below zero": lambda table: BarBatch(table, SECOND, bars(symbol=_codes(-1)), closed=True),
    "a bar of NaN": lambda table: BarBatch(table, SECOND, bars(close=np.full(1, NAN)), closed=True),
    "a bar below zero": lambda table: BarBatch(table, SECOND, bars(low=np.full(1, -1.0)), closed=True),
    "a bar of unequal length": lambda table: BarBatch(table, SECOND, bars(high=np.ones(3)), closed=True),
    "a bar under way of unequal length": lambda table: BarBatch(table, SECOND, bars(open=np.ones(3)), closed=False),
}


@pytest.mark.parametrize("nonsense", NONSENSE)
async def test_invalid_data_is_a_failure_of_the_feed(nonsense: str) -> None:
    """It is reported as such, clients get none of it, and prices and bars continue with the feed."""
    # The feed is stale until its next tick, even after its restart.
    feed = ScriptedFeed(NAMES)
    async with watched(feed) as watcher:
        feed.tick([(0, TS, 5.0, 1.0), (1, TS, 7.0, 1.0)])
        await watcher.sees("MSFT", 7.0)
        before = (await watcher.get("/v1/snapshot?symbols=*"))["data"]
        feed.put(cast("FeedEvent", NONSENSE[nonsense](feed.table)))
        await watcher.wait_for_state("stale")
        assert (await watcher.get("/v1/snapshot?symbols=*"))["data"] == before
        feed.tick([(0, TS + SECOND, 6.0, 1.0), (1, TS + SECOND, 8.0, 1.0)])
        await watcher.sees("AAPL", 6.0)
        await watcher.health("live")
        feed.put(Watermark(TS + 2 * SECOND))
        async with asyncio.timeout(60):
            while len(watcher.bars) < 4:
                await watcher.read()
        assert sorted((name, start, close) for name, start, _, _, _, close, *_ in watcher.bars) == [
            ("AAPL", TS, 5),
            ("AAPL", TS + SECOND, 6),
            ("MSFT", TS, 7),
            ("MSFT", TS + SECOND, 8),
        ]
        assert (await watcher.get("/v1/snapshot?symbols=AAPL"))["data"]["AAPL"]["last"] == 6


async def test_a_feed_that_hangs_is_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its prices stay, and it recovers with the next tick."""
    feed = ScriptedFeed(NAMES)
    async with watched(feed) as watcher:
        feed.tick([(0, TS, 5.0, 1.0)])
        await watcher.wait_for_state("live")
        monkeypatch.setattr(pump, "QUIET_AFTER_S", 0)
        await watcher.wait_for_state("quiet")
        await watcher.health("quiet")
        assert (await watcher.get("/v1/snapshot?symbols=*"))["data"]["AAPL"]["last"] == 5
        monkeypatch.setattr(pump, "QUIET_AFTER_S", 3600)
        feed.tick([(0, TS + 1, 6.0, 1.0)])
        await watcher.sees("AAPL", 6.0)
        await watcher.health("live")


@pytest.mark.parametrize("failure", [None, OSError("the upstream is gone")])
async def test_bars_of_a_failed_feed_wait_and_those_of_a_silent_feed_close(
    failure: Exception | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A restarted feed may resume where it failed; the bars of a silent feed close by the clock."""
    monkeypatch.setattr(pump, "FIRST_PAUSE_S", 60.0)
    monkeypatch.setattr(pump, "QUIET_AFTER_S", 0)
    monkeypatch.setattr(metronome, "WATERMARK_S", 0.01)
    monkeypatch.setattr(market_clock, "LAG_NS", SECOND // 10)
    feed = ScriptedFeed(NAMES)
    async with watched(feed) as watcher:
        start = (time.time_ns() // SECOND + 1) * SECOND
        feed.tick([(0, start, 5.0, 1.0)])
        if failure is not None:
            feed.put(failure)
        async with asyncio.timeout(60):
            while not watcher.bars and (failure is None or watcher.ts < start + 3 * SECOND // 2):
                await watcher.read()
        assert [bar[1] for bar in watcher.bars] == ([] if failure else [start])
        await watcher.health("stale" if failure else "quiet")


class RestartedFeed:
    """A feed whose n-th start runs the n-th of ``runs``; the last one is repeated."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions

    def __init__(self, *runs: Callable[[SymbolTable], AsyncIterator[FeedEvent]]) -> None:
        self.table = SymbolTable(NAMES)
        self.info = FeedInfo(symbols=self.table, title="runs")
        self.lived = 0
        self._lives = runs

    def __aiter__(self) -> AsyncIterator[FeedEvent]:
        self.lived += 1
        return self._lives[min(self.lived, len(self._lives)) - 1](self.table)


def ticks_after(seen: asyncio.Event) -> Callable[[SymbolTable], AsyncIterator[FeedEvent]]:
    """A run that works. The feed stays stale until its first tick, which waits for ``seen``."""

    async def run(table: SymbolTable) -> AsyncIterator[FeedEvent]:
        await seen.wait()
        yield batch(table, [(0, TS + SECOND, 6.0, 1.0)])
        await asyncio.Event().wait()

    return run


async def tick_and(
    table: SymbolTable, then: Callable[[], Awaitable[object]], ready: asyncio.Event
) -> AsyncIterator[FeedEvent]:
    """A run that fails once there is a watcher."""
    yield batch(table, [(0, TS, 5.0, 1.0)])
    await ready.wait()
    await then()


async def cancelled() -> None:
    """Like a library that cancels its own task while the caller waits for it."""
    task = asyncio.create_task(asyncio.sleep(60))
    asyncio.get_running_loop().call_soon(task.cancel)
    await task


async def by_itself() -> None:
    """Like a library that ends a wait by cancelling the caller."""
    asyncio.current_task().cancel()  # type: ignore[union-attr]  # there is one
    await asyncio.sleep(0)


async def timed_out() -> None:
    async with asyncio.timeout(0.01):
        await asyncio.Event().wait()


async def in_a_group() -> None:
    async def lost() -> None:
        raise ConnectionResetError("the upstream is gone")

    async with asyncio.TaskGroup() as group:
        group.create_task(lost())


@pytest.mark.parametrize("failure", [cancelled, by_itself, timed_out, in_a_group])
async def test_a_feed_that_raises_a_cancellation_is_restarted(failure: Callable[[], Awaitable[object]]) -> None:
    """It is stale and restarted: the cancellation is of its own task, not of the pump."""
    ready, seen = asyncio.Event(), asyncio.Event()
    feed = RestartedFeed(lambda table: tick_and(table, failure, ready), ticks_after(seen))
    async with watched(feed) as watcher:
        ready.set()
        await watcher.wait_for_state("stale")
        seen.set()
        await watcher.sees("AAPL", 6.0)
        await watcher.health("live")
    assert feed.lived == 2


async def test_a_feed_that_fails_repeatedly_at_start() -> None:
    """It is stale, snapshots still work, and the first run that works recovers it."""

    def broken(table: SymbolTable) -> AsyncIterator[FeedEvent]:
        raise ConnectionRefusedError("the upstream is not there")

    ready, seen = asyncio.Event(), asyncio.Event()
    feed = RestartedFeed(lambda table: tick_and(table, timed_out, ready), broken, broken, ticks_after(seen))
    async with watched(feed) as watcher:
        ready.set()
        await watcher.sees("AAPL", 5.0)
        while feed.lived < 3:
            await watcher.wait_for_state("stale")
            await watcher.health("stale")
            assert (await watcher.get("/v1/snapshot?symbols=*"))["data"]["AAPL"]["last"] == 5
        seen.set()
        await watcher.sees("AAPL", 6.0)
        await watcher.health("live")


async def test_a_feed_that_hangs_while_it_is_closed() -> None:
    """After invalid data its generator never finishes closing; it is restarted anyway."""

    ready, seen = asyncio.Event(), asyncio.Event()

    async def clings(table: SymbolTable) -> AsyncIterator[FeedEvent]:
        try:
            yield batch(table, [(0, TS, 5.0, 1.0)])
            await ready.wait()
            yield batch(table, [(0, TS, -1.0, 1.0)])
        finally:
            await asyncio.Event().wait()

    feed = RestartedFeed(clings, ticks_after(seen))
    async with watched(feed) as watcher:
        await watcher.sees("AAPL", 5.0)
        ready.set()
        await watcher.wait_for_state("stale")
        await watcher.health("stale")
        seen.set()
        await watcher.sees("AAPL", 6.0)
        await watcher.health("live")


@pytest.mark.parametrize("rows", [1, 2_000])
async def test_a_feed_that_floods(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """It never awaits, in small and large batches. Clients get prices and answers meanwhile, and the last price."""
    codes, ones = np.arange(rows, dtype=np.int32) % len(NAMES), np.ones(rows)
    given, answered = 0, asyncio.Event()

    async def flood(table: SymbolTable) -> AsyncIterator[FeedEvent]:
        nonlocal given
        while not answered.is_set():
            given += 1
            yield TickBatch(table, Trades(codes, np.full(rows, TS + given), ones * given, ones))
        await asyncio.Event().wait()

    async with watched(RestartedFeed(flood)) as watcher:
        asked, seen = 0, set[float]()
        # The flood ends only when the client has its answers: a server that does not answer fails by the timeout.
        async with asyncio.timeout(60):
            while asked < 4 or len(seen) < 4:
                asked += 1
                await watcher.health("live")
                while (await watcher.read())["type"] != "update":
                    pass
                seen.add(watcher.last["AAPL"])
        answered.set()
        await watcher.sees("AAPL", given)
        assert (await watcher.get("/v1/snapshot?symbols=AAPL"))["data"]["AAPL"]["trades"] == given * -(-rows // 2)
        monkeypatch.setattr(pump, "QUIET_AFTER_S", 0)
        await watcher.wait_for_state("quiet")
