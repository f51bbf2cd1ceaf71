"""A clock that jumps: beats, heartbeats and bars go on, for beats lie on the loop's clock and bars on the stamps."""

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
    """A hub and its clock, which goes on by the market's second and jumps when the test says so; and a client.

    The client watches prices at 60 beats a second, and bars of a second and a minute.
    """

    def __init__(self) -> None:
        self.table = SymbolTable(["AAPL", "MSFT"])
        self.hub = Hub(self.table.names, heartbeat_s=0.05)
        self.second = 0
        #: How far off the server's clock is, and the feed's.
        self.off_ns = self.feed_off_ns = 0
        self.goes_on = True
        self.looks = 0
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
        self.looks += 1
        return self.second * SECOND

    def came(self, kind: str) -> list[dict[str, Any]]:
        return [message for message in map(json.loads, self.outlet.sent) if message["type"] == kind]

    def closed(self, interval: str = "1s") -> list[tuple[str, int]]:
        """Symbol and start of each bar that came closed, in their order; the start in seconds after START."""
        frames = [message for message in self.came("bars") if message["interval"] == interval]
        return [(bar[0], (bar[1] - START) // SECOND) for frame in frames for bar in frame["data"] if bar[-1]]

    async def until(self, true: Callable[[], bool]) -> None:
        async with asyncio.timeout(10):
            while not true():
                await asyncio.sleep(0.001)

    async def trade(self, seconds: int) -> None:
        """A trade of one symbol in each of the next seconds; the other trades in the first only. Each is seen."""
        for number in range(seconds):
            ts = START + self.second * SECOND + self.feed_off_ns
            rows = [(0, ts + 1, 100.0 + self.second, 1.0)]
            if not number:
                rows.append((1, ts + 2, 50.0 + self.second, 1.0))
            self.dispatcher.publish(batch(self.table, rows))
            last = b'"last":%d,' % (100 + self.second)
            await self.until(lambda last=last: any(last in frame for frame in self.outlet.sent))  # type: ignore[misc]
            self.second += 1

    async def looked(self) -> None:
        """The clock has looked how far market time is."""
        looks = self.looks
        await self.until(lambda: self.looks > looks)

    async def rest(self, seconds: int = 4) -> None:
        """Nothing trades, and time goes on."""
        for _ in range(seconds):
            await self.looked()
            self.second += 1
        await self.looked()


@pytest.fixture
async def market(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Market]:
    monkeypatch.setattr(metronome, "WATERMARK_S", 0.005)
    market = Market()
    yield market
    market.metronome.stop()


@pytest.mark.parametrize("jump_ns", [DAY, -DAY, 30 * DAY])
async def test_the_servers_clock_jumps_and_comes_back(market: Market, jump_ns: int) -> None:
    """The feed's stamps are right all along: so are the bars, each once, and prices come at their beats."""
    await market.trade(5)
    market.off_ns = jump_ns
    await market.trade(5)
    # A trade of a later second closes; the clock, which can't be believed, does not.
    await market.until(lambda: ("AAPL", 8) in market.closed())
    market.off_ns = 0
    await market.trade(5)
    await market.rest()
    await market.until(lambda: {("AAPL", 14), ("MSFT", 10)} <= set(market.closed()))
    assert sorted(market.closed()) == [("AAPL", n) for n in range(15)] + [("MSFT", n) for n in (0, 5, 10)]
    assert market.hub.bars.late == 0
    # The bar of the minute has all of it, and comes when there is a trade in the next.
    market.second = 60
    await market.trade(1)
    await market.until(lambda: len(market.closed("1m")) == 2)
    minutes = [bar for frame in market.came("bars") if frame["interval"] == "1m" for bar in frame["data"] if bar[-1]]
    assert [(bar[0], bar[8]) for bar in minutes] == [("AAPL", 15), ("MSFT", 3)]


@pytest.mark.parametrize("jump_ns", [DAY, -DAY])
async def test_heartbeats_and_beats_go_on(market: Market, jump_ns: int) -> None:
    """In silence there are heartbeats, with the stamp of the clock as it is."""
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


async def test_feed_and_server_jump_ahead_together(market: Market) -> None:
    """One clock, set right by a day: what was under way is closed once, and bars go on on the new day."""
    await market.trade(5)
    market.off_ns = market.feed_off_ns = DAY
    await market.trade(5)
    await market.rest()
    day = DAY // SECOND
    expected = [("AAPL", n) for n in (*range(5), *range(day + 5, day + 10))] + [("MSFT", 0), ("MSFT", day + 5)]
    await market.until(lambda: len(market.closed()) >= len(expected))
    assert sorted(market.closed()) == expected


async def test_feed_and_server_jump_back_together(market: Market) -> None:
    """What was closed stays so: trades of the past are prices, but in no bar, until their time is reached again."""
    await market.trade(5)
    await market.rest()
    await market.until(lambda: ("AAPL", 4) in market.closed())
    before = market.closed()
    market.off_ns = market.feed_off_ns = -DAY
    await market.trade(5)
    assert market.hub.board.symbols == ["AAPL", "MSFT"]
    market.hub.bars.fold()
    assert (market.closed(), market.hub.bars.late) == (before, 6)
    market.second += DAY // SECOND
    await market.trade(5)
    await market.rest()
    first = market.second - 9 - DAY // SECOND
    expected = [("AAPL", first + n) for n in range(5)] + [("MSFT", first)]
    await market.until(lambda: len(market.closed()) >= len(before) + len(expected))
    assert sorted(market.closed()) == sorted(before + expected)
    assert market.hub.bars.late == 6


async def test_a_clock_that_is_half_an_hour_ahead_for_a_moment(market: Market) -> None:
    """That closes no bars of the next half hour."""
    await market.trade(5)
    market.off_ns = DAY // 48
    await market.rest(2)
    market.off_ns = 0
    await market.trade(5)
    await market.rest()
    await market.until(lambda: {("AAPL", 11), ("MSFT", 7)} <= set(market.closed()))
    assert sorted(market.closed()) == [("AAPL", n) for n in (*range(5), *range(7, 12))] + [("MSFT", 0), ("MSFT", 7)]
    assert market.hub.bars.late == 0


@pytest.mark.parametrize("ahead_ns", [DAY // 48, 365 * DAY])
async def test_one_stamp_that_is_ahead(market: Market, ahead_ns: int) -> None:
    """A feed's mistake about one symbol closes no bars of another, and keeps none from closing."""
    await market.trade(1)
    market.dispatcher.publish(batch(market.table, [(1, START + ahead_ns, 50.0, 1.0)]))
    for _ in range(5):
        market.dispatcher.publish(batch(market.table, [(0, market.time_ns(), 100.0, 1.0)]))
        await market.rest(1)
    await market.rest()
    await market.until(lambda: ("AAPL", 5) in market.closed())
    assert [bar for bar in market.closed() if bar[0] == "AAPL"] == [("AAPL", n) for n in range(6)]
    assert market.hub.bars.late == 0


async def test_a_feed_that_is_a_quarter_of_an_hour_behind(market: Market) -> None:
    """As free ones are: its bars are those of its own stamps."""
    late = DAY // 96
    market.feed_off_ns = -late
    await market.trade(5)
    await market.rest()
    await market.until(lambda: {("AAPL", 4 - late // SECOND), ("MSFT", -late // SECOND)} <= set(market.closed()))
    assert market.hub.bars.late == 0


async def test_a_process_that_stood_still(market: Market) -> None:
    """What was traded meanwhile is read after the clock has looked, and is in its bars all the same."""
    await market.trade(5)
    await market.looked()
    market.second += 60
    await market.looked()
    rows = [(0, START + second * SECOND, 100.0, 1.0) for second in range(5, 65)]
    market.dispatcher.publish(batch(market.table, rows))
    await market.rest()
    await market.until(lambda: ("AAPL", 64) in market.closed())
    assert [second for name, second in market.closed() if name == "AAPL"] == list(range(65))
    assert market.hub.bars.late == 0


async def test_a_feed_that_goes_on_where_it_failed(market: Market) -> None:
    """While it is started again its time stands still: what it gives later of that time is in its bars."""
    await market.trade(5)
    await market.looked()
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
    assert market.hub.bars.late == 0


class Clocks:
    """Market time with both clocks in hand."""

    def __init__(self) -> None:
        self.wall = START
        self.passed = 0
        self.market = MarketClock(lambda: self.wall, lambda: self.passed)

    def after(self, seconds: float, newest: int | None, *, goes_on: bool = True) -> int | None:
        """What is vouched for so much later, in looks of a second each."""
        vouched = None
        for _ in range(int(seconds)):
            self.wall += SECOND
            self.passed += SECOND
            vouched = self.market.watermark(newest, goes_on=goes_on)
        return vouched


def test_market_time_is_the_newest_stamp_and_what_has_gone_by_since() -> None:
    """Less what a tick may be late by; a newer stamp puts it right."""
    clocks = Clocks()
    assert clocks.after(1, None) is None
    assert clocks.after(1, START - 5) == START - 5 - LAG_NS
    assert clocks.after(10, START - 5) == START - 5 + 10 * SECOND - LAG_NS
    assert clocks.after(1, START) == START - LAG_NS


def test_a_silence_of_hours_is_vouched_for() -> None:
    """The stamp was near the clock when it was seen: the bar of a day closes although trading ended hours ago."""
    clocks = Clocks()
    clocks.after(1, START)
    assert clocks.after(8 * 3600, START) == START + 8 * 3600 * SECOND - LAG_NS


@pytest.mark.parametrize("far_ns", [-NEAR_NS, -DAY])
def test_nobody_vouches_for_a_time_of_another_day(far_ns: int) -> None:
    """Recorded days that are played have a pace of their own."""
    assert Clocks().after(5, START + far_ns) is None


def test_no_time_is_reached_before_the_clock_has_reached_it() -> None:
    """A stamp that is ahead is a mistake, or the clock is behind: in doubt bars close late."""
    clocks = Clocks()
    assert clocks.after(1, START + 100 * SECOND) == START + SECOND - LAG_NS
    clocks.wall = SECOND
    assert clocks.after(1, START + 100 * SECOND) == 0
