"""Prices of zero and below, from a file to clients over real sockets."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import TypeVar

import pytest

import ticker
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from tests.support.published import published
from tests.support.samples import text
from tests.support.serving import serving

Item = TypeVar("Item")

ROWS = text(
    "timestamp,symbol,price,size,bid,bid_size,ask,ask_size",
    "2020-04-20T18:07:59Z,CLK0,0.50,12,0.49,1,0.51,2",
    "2020-04-20T18:08:11Z,CLK0,0.00,3,-0.01,4,0.00,5",
    "2020-04-20T18:08:12.5Z,CLK0,-0.01,25,-0.02,1,0,0",
    "2020-04-20T18:28:59.9Z,CLK0,-40.32,5,-40.5,1,-40,2",
    "2020-04-20T18:30:00Z,CLK0,-37.63,77,,,,",
    "2020-04-21T14:00:00Z,CLK0,10.01,1,9,1,11,1",
)
QUOTES = [(0.49, 0.51), (-0.01, 0.00), (-0.02, None), (-40.5, -40), (9, 11)]
PRICES = [0.50, 0.00, -0.01, -40.32, -37.63, 10.01]


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_trades_quotes_bars_and_alerts_have_prices_below_zero(encoding: str, tmp_path: Path) -> None:
    """As the file has them; of a rise from below zero the change is positive."""
    path = tmp_path / "cl.csv"
    path.write_bytes(ROWS)
    feed = Replay(ReplayOptions(path=(str(path),), speed=0, paused=True, allow_negative=True))
    assert feed.info.negative_prices
    async with asyncio.timeout(60), serving(feed) as service:
        address = f"http://127.0.0.1:{service.port}"
        async with ticker.connect(address, ["CLK0"], encoding=encoding, owner="ann", rate=0) as stream:
            whens = ("last <= 0", "last crosses -40", "bid < -40", "change_pct > 126")
            alerts = {(await stream.alert("CLK0", when, hysteresis=0)).id: when for when in whens}
            for channel in ("trades", "quotes"):
                await stream.subscribe(["CLK0"], channel=channel)
            feed.resume()
            fired = {alerts[each.id]: each.value async for each in first(4, fires(stream))}
            trades = [trade.price async for trade in first(len(PRICES), stream.trades())]
            quotes = [(quote.bid, quote.ask) async for quote in first(len(QUOTES), stream.quotes())]
            view = stream.board["CLK0"]
            while view.bid != 9:
                await anext(stream)
            assert (view.last, view.open, view.high, view.low) == (10.01, 10.01, 10.01, 10.01)
            assert (view.prev_close, view.bid, view.ask) == (-37.63, 9, 11)
            bars = await stream.bars("CLK0", "1m")
    feed.close()
    assert trades == PRICES
    assert quotes == QUOTES
    assert fired == {
        "last <= 0": 0,
        "last crosses -40": -40.32,
        "bid < -40": -40.5,
        "change_pct > 126": pytest.approx(126.60, abs=0.01),
    }
    assert bars[["open", "high", "low", "close", "volume"]].to_numpy().tolist() == [
        [0.5, 0.5, 0.5, 0.5, 12],
        [0, 0, -0.01, -0.01, 28],
        [-40.32, -40.32, -40.32, -40.32, 5],
        [-37.63, -37.63, -37.63, -37.63, 77],
        [10.01, 10.01, 10.01, 10.01, 1],
    ]
    assert bars["vwap"].iloc[1] == pytest.approx(-0.25 / 28)


async def fires(stream: ticker.Stream) -> AsyncIterator[ticker.Fired]:
    async for event in stream.events():
        if isinstance(event, ticker.Fired):
            yield event


async def first(count: int, items: AsyncIterator[Item]) -> AsyncIterator[Item]:
    async for item in items:
        yield item
        count -= 1
        if not count:
            return


def test_without_the_option_they_are_refused_and_told(tmp_path: Path) -> None:
    """In the feed's notes, with the option."""
    path = tmp_path / "cl.csv"
    path.write_bytes(ROWS)
    feed = Replay(ReplayOptions(path=(str(path),)))
    assert not feed.info.negative_prices
    assert "4 of 6 rows refused (not a price above zero; --allow-negative accepts it: 4)" in feed.info.notes
    feed.close()


def test_bars_and_the_trades_that_they_are_played_as_go_below_zero(tmp_path: Path) -> None:
    """Hourly prices of power."""
    path = tmp_path / "DE.csv"
    path.write_bytes(text("timestamp,open,high,low,close,volume", "2024-05-12T12:00:00Z,5.5,5.5,-135.4,-100,7"))
    found = published([path], allow_negative=True)
    assert [bar[2:] for bar in found.closed] == [(5.5, 5.5, -135.4, -100, 7)]
    assert [trade[2] for trade in found.trades] == [5.5, 5.5, -135.4, -100]
