"""Clocks that jump: beats and heartbeats follow the event loop's clock, and bars follow the timestamps."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet
from ticker.hub.hub import Hub
from ticker.model import SymbolTable
from ticker.server.core import metronome
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.market_clock import LAG_NS, NEAR_NS, MarketClock
from ticker.server.core.metronome import Metronome

SECOND = 1_000_000_000
DAY = 86_400 * SECOND
#: 2024-01-02 14:30 UTC.
START = 1_704_205_800 * SECOND


class Market:
    """A hub, clocks that the test moves, and a client of prices at rate 60 and of bars of a second and a minute."""

    def __init__(self) -> None:
        self.table = SymbolTable(["AAPL", "MSFT"])
        self.hub = Hub(self.table.names, heartbeat_s=0.05)
        self.second = 0
        #: The errors of the server's clock and of the feed's.
        self.off_ns = self.feed_off_ns = 0
        self.goes_on = True
        self.asked = 0
        self.metronome = Metronome(self.hub, self.time_ns, advance=self.advance)
        self.dispatcher = Dispatcher(self.hub, self.metronome, self.time_ns, self.monotonic_ns)
        self.outlet = ScriptedOutlet()
        session = self.hub.attach(self.outlet, "json")
        self.metronome.start()
        for more in ({}, {"channel": "bars", "interval": "1s"}, {"channel": "bars", "interval": "1m"}):
            ask = {"op": "subscribe", "symbols": ["*"], "rate": 60, **more}
            self.dispatcher.receive(session, json.dumps(ask))

    def advance(self) -> None:
        self.dispatcher.advance(goes_on=self.goes_on)

    def time_ns(self) -> int:
        return START + self.second * SECOND + self.off_ns

    def monotonic_ns(self) -> int:
        self.asked += 1
        return self.second * SECOND

    def came(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in map(json.loads, self.outlet.sent) if message["type"] == kind]

    def closed(self, interval: str = "1s") -> list[tuple[str, int]]:
        """Symbol and start (seconds after START) of each closed bar that the client got, in order."""
        frames = [message for message in self.came("bars") if message["interval"] == interval]
        return [(bar[0], (bar[1] - START) // SECOND) for frame in frames for bar in frame["data"] if bar[-1]]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(60):
            while not true():
                await asyncio.sleep(0.001)

    async def trade(self, seconds: int) -> None:
        """A trade of AAPL in each of the next seconds, and of MSFT in the first. The client gets each of them."""
        for number in range(seconds):
            ts = START + self.second * SECOND + self.feed_off_ns
            rows = [(0, ts + 1, 100.0 + self.second, 1.0)]
            if not number:
                rows.append((1, ts + 2, 50.0 + self.second, 1.0))
            self.dispatcher.publish(batch(self.table, rows))
            last = b'"last":%d,' % (100 + self.second)
            await self.until(lambda last=last: any(last in frame for frame in self.outlet.sent))  # type: ignore[misc]
            self.second += 1

    async def advanced(self) -> None:
        """Wait until market time was published."""
        asked = self.asked
        await self.until(lambda: self.asked > asked)

    async def rest(self, seconds: int = 4) -> None:
        """Time passes without trades."""
        for _ in range(seconds):
            await self.advanced()
            self.second += 1
        await self.advanced()


@pytest.fixture
async def market(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Market]:
    monkeypatch.setattr(metronome, "WATERMARK_S", 0.005)
    market = Market()
    yield market
    market.metronome.stop()


@pytest.mark.parametrize("jump_ns", [DAY, -DAY, 30 * DAY])
async def test_a_jump_of_the_servers_clock_does_not_affect_bars(market: Market, jump_ns: int) -> None:
    """The feed's timestamps are right, and so are the bars, each once. Prices come with their beats."""
    await market.trade(5)
    market.off_ns = jump_ns
    await market.trade(5)
    if jump_ns > 0:
        # The stamps are of a recorded day, for the clock: they close the bars.
        await market.until(lambda: ("AAPL", 6) in market.closed())
    market.off_ns = 0
    await market.trade(5)
    await market.rest()
    await market.until(lambda: {("AAPL", 14), ("MSFT", 10)} <= set(market.closed()))
    assert sorted(market.closed()) == [("AAPL", n) for n in range(15)] + [("MSFT", n) for n in (0, 5, 10)]
    assert market.hub.market.counts.too_late == 0
    # The bar of the minute has all trades. It closes when market time is in the next minute.
    market.second = 60
    await market.trade(3)
    await market.rest()
    await market.until(lambda: len(market.closed("1m")) == 2)
    minutes = [bar for frame in market.came("bars") if frame["interval"] == "1m" for bar in frame["data"] if bar[-1]]
    assert [(bar[0], bar[8]) for bar in minutes] == [("AAPL", 15), ("MSFT", 3)]


@pytest.mark.parametrize("jump_ns", [DAY, -DAY])
async def test_a_jump_does_not_stop_heartbeats_and_beats(market: Market, jump_ns: int) -> None:
    """They have the time of the clock as it is."""
    await market.trade(2)
    for off_ns in (jump_ns, 0):
        market.off_ns = off_ns
        had = len(market.came("heartbeat"))
        await market.until(lambda had=had: len(market.came("heartbeat")) > had + 2)  # type: ignore[misc]
        assert abs(market.came("heartbeat")[-1]["ts"] - market.time_ns()) < 2 * SECOND
        had = len(market.came("update"))
        await market.trade(2)
        assert len(market.came("update")) > had
        assert abs(market.came("update")[-1]["ts"] - market.time_ns()) < 2 * SECOND


async def test_feed_and_server_may_jump_ahead_together(market: Market) -> None:
    """One clock, set ahead by a day: open bars close once, and bars continue on the new day."""
    await market.trade(5)
    market.off_ns = market.feed_off_ns = DAY
    await market.trade(5)
    await market.rest()
    day = DAY // SECOND
    expected = [("AAPL", n) for n in (*range(5), *range(day + 5, day + 10))] + [("MSFT", 0), ("MSFT", day + 5)]
    await market.until(lambda: len(market.closed()) >= len(expected))
    assert sorted(market.closed()) == expected


async def test_feed_and_server_may_jump_back_together(market: Market) -> None:
    """Closed bars and prices stay. Trades are too late for both until the time of the jump is reached again."""
    await market.trade(5)
    await market.rest()
    await market.until(lambda: ("AAPL", 4) in market.closed())
    before = market.closed()
    market.off_ns = market.feed_off_ns = -DAY
    for second in range(5):
        ts = START + market.second * SECOND - DAY
        rows = [(0, ts, 1.0, 1.0), *([(1, ts, 1.0, 1.0)] if not second else [])]
        market.dispatcher.publish(batch(market.table, rows))
        market.second += 1
    assert market.hub.apply_pending().symbols == ["AAPL", "MSFT"]
    market.hub.bars.fold()
    assert (market.closed(), market.hub.market.counts.too_late) == (before, 6)
    assert market.hub.board.column("last").tolist() == [104.0, 50.0]
    market.second += DAY // SECOND
    await market.trade(5)
    await market.rest()
    first = market.second - 9 - DAY // SECOND
    expected = [("AAPL", first + n) for n in range(5)] + [("MSFT", first)]
    await market.until(lambda: len(market.closed()) >= len(before) + len(expected))
    assert sorted(market.closed()) == sorted(before + expected)
    assert market.hub.market.counts.too_late == 6


async def test_a_clock_that_is_briefly_ahead_closes_no_later_bars(market: Market) -> None:
    """Here by half an hour."""
    await market.trade(5)
    market.off_ns = DAY // 48
    await market.rest(2)
    market.off_ns = 0
    await market.trade(5)
    await market.rest()
    await market.until(lambda: {("AAPL", 11), ("MSFT", 7)} <= set(market.closed()))
    assert sorted(market.closed()) == [("AAPL", n) for n in (*range(5), *range(7, 12))] + [("MSFT", 0), ("MSFT", 7)]
    assert market.hub.market.counts.too_late == 0


@pytest.mark.parametrize("ahead_ns", [DAY // 48, 365 * DAY])
async def test_one_stamp_in_the_future_does_not_affect_other_symbols(market: Market, ahead_ns: int) -> None:
    """It neither closes their bars nor keeps them open."""
    await market.trade(1)
    market.dispatcher.publish(batch(market.table, [(1, START + ahead_ns, 50.0, 1.0)]))
    for _ in range(5):
        market.dispatcher.publish(batch(market.table, [(0, market.time_ns(), 100.0, 1.0)]))
        await market.rest(1)
    await market.rest()
    await market.until(lambda: ("AAPL", 5) in market.closed())
    assert [bar for bar in market.closed() if bar[0] == "AAPL"] == [("AAPL", n) for n in range(6)]
    assert market.hub.market.counts.too_late == 0


async def test_a_delayed_feed_has_bars_by_its_own_time_stamps(market: Market) -> None:
    """Here by a quarter of an hour, as is common for free data."""
    late = DAY // 96
    market.feed_off_ns = -late
    await market.trade(5)
    await market.rest()
    await market.until(lambda: {("AAPL", 4 - late // SECOND), ("MSFT", -late // SECOND)} <= set(market.closed()))
    assert market.hub.market.counts.too_late == 0


async def test_trades_read_late_after_a_stopped_process_are_in_their_bars(market: Market) -> None:
    """Market time is published once before they are read."""
    await market.trade(5)
    await market.advanced()
    market.second += 60
    await market.advanced()
    rows = [(0, START + second * SECOND, 100.0, 1.0) for second in range(5, 65)]
    market.dispatcher.publish(batch(market.table, rows))
    await market.rest()
    await market.until(lambda: ("AAPL", 64) in market.closed())
    assert [second for name, second in market.closed() if name == "AAPL"] == list(range(65))
    assert market.hub.market.counts.too_late == 0


async def test_market_time_stands_still_while_a_feed_has_failed(market: Market) -> None:
    """Trades of that time, which it yields after the restart, are in their bars."""
    await market.trade(5)
    await market.advanced()
    market.goes_on = False
    await market.rest(60)
    market.goes_on = True
    await market.rest(5)
    rows = [(0, START + second * SECOND, 100.0, 1.0) for second in range(5, 65)]
    for row in rows:
        market.dispatcher.publish(batch(market.table, [row]))
    await market.rest()
    await market.until(lambda: ("AAPL", 64) in market.closed())
    assert [second for name, second in market.closed() if name == "AAPL"] == list(range(65))
    assert market.hub.market.counts.too_late == 0


class Clocks:
    """A ``MarketClock`` and its two clocks."""

    def __init__(self) -> None:
        self.wall = START
        self.passed = 0
        self.market = MarketClock(lambda: self.wall, lambda: self.passed)

    def after(self, seconds: float, newest: int | None, *, goes_on: bool = True) -> int | None:
        """The watermark ``seconds`` later, asked for once per second."""
        found = None
        for _ in range(int(seconds)):
            self.wall += SECOND
            self.passed += SECOND
            found = self.market.watermark(newest, goes_on=goes_on)
        return found


def test_market_time_is_the_newest_stamp_plus_elapsed_time() -> None:
    """Less the time that a tick may be late. A newer stamp corrects it."""
    clocks = Clocks()
    assert clocks.after(1, None) is None
    assert clocks.after(1, START - 5) == START - 5 - LAG_NS
    assert clocks.after(10, START - 5) == START - 5 + 10 * SECOND - LAG_NS
    assert clocks.after(1, START) == START - LAG_NS


def test_market_time_advances_through_hours_without_ticks() -> None:
    """The last stamp was near the clock when it was seen. So the bar of a day closes hours after the last trade."""
    clocks = Clocks()
    clocks.after(1, START)
    assert clocks.after(8 * 3600, START) == START + 8 * 3600 * SECOND - LAG_NS


@pytest.mark.parametrize("far_ns", [NEAR_NS + 60 * SECOND, DAY, 19_000 * DAY])
def test_market_time_of_a_recorded_day_is_its_newest_stamp(far_ns: int) -> None:
    """Recorded days may be played at any speed, also in steps of years: the clock adds nothing to their stamps."""
    clocks = Clocks()
    newest = START - far_ns
    assert clocks.after(5, newest) == newest - LAG_NS
    assert clocks.after(1, newest + 30 * SECOND) == newest + 30 * SECOND - LAG_NS
    assert clocks.after(100, newest + 30 * SECOND) == newest + 30 * SECOND - LAG_NS


def test_a_stamp_far_after_the_clock_is_no_market_time() -> None:
    assert Clocks().after(5, START + NEAR_NS + 5 * SECOND) is None


async def test_bars_of_a_recorded_day_close(market: Market) -> None:
    """Its feed has no watermarks, and its stamps are weeks old. Closed are those that end before the newest stamp."""
    market.feed_off_ns = -30 * DAY
    await market.trade(8)
    first = -30 * DAY // SECOND
    await market.until(lambda: ("AAPL", first + 4) in market.closed())
    await market.rest()
    # No trade says that the last seconds are over, and the clock of another month does not either.
    assert ("AAPL", first + 7) not in market.closed()
    assert market.hub.market.counts.too_late == 0


def test_market_time_does_not_pass_the_clock() -> None:
    """A stamp in the future is wrong, or the clock is behind. In doubt bars close late."""
    clocks = Clocks()
    assert clocks.after(1, START + 100 * SECOND) == START + SECOND - LAG_NS
    clocks.wall = SECOND
    assert clocks.after(1, START + 100 * SECOND) == 0


async def test_one_stamp_far_in_the_future_of_a_recorded_day_closes_no_bars(market: Market) -> None:
    market.feed_off_ns = -30 * DAY
    await market.trade(3)
    market.dispatcher.publish(batch(market.table, [(1, START + 365 * DAY, 50.0, 1.0)]))
    await market.trade(5)
    first = -30 * DAY // SECOND
    await market.until(lambda: ("AAPL", first + 4) in market.closed())
    await market.rest()
    assert {name for name, second in market.closed() if second > first + 7} == set()
    assert [second - first for name, second in market.closed() if name == "AAPL"][:5] == [0, 1, 2, 3, 4]
