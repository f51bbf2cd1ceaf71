"""The Python client over long polls: long watchlists, and symbols with commas."""

from __future__ import annotations

import asyncio

import pytest

import ticker
from tests.support.serving import ScriptedFeed, serving
from ticker.client.transports.dialer import TransportName

TS = 1_700_000_000_000_000_000


async def last_prices(stream: ticker.Stream, count: int) -> dict[str, float | None]:
    """The last price of each symbol, once ``count`` have come."""
    seen: dict[str, float | None] = {}
    async with asyncio.timeout(30):
        async for view in stream:
            seen[view.symbol] = view.last
            if len(seen) == count:
                return seen
    raise AssertionError("the stream ended")


async def test_a_watchlist_too_long_for_an_address_is_polled() -> None:
    """About 1,060 symbols fit into 8,190 bytes. Changes come after the first answer, too."""
    names = [f"SYMBOL{number:05}" for number in range(2_500)]
    feed = ScriptedFeed(tuple(names))
    async with serving(feed) as service:
        feed.tick([(row, TS, row + 1.0, 1.0) for row in range(len(names))])
        async with ticker.connect(service.url, names, transport="poll", rate=0) as stream:
            seen = await last_prices(stream, len(names))
            assert seen == {name: row + 1.0 for row, name in enumerate(names)}
            feed.tick([(11, TS + 1, 99.5, 1.0)])
            assert await last_prices(stream, 1) == {names[11]: 99.5}


@pytest.mark.parametrize("transport", ["websocket", "sse", "poll"])
@pytest.mark.parametrize("wanted", [["A,B"], ["A,B", "C,D"], ["C", "A,B"], [",", "A,B"]])
async def test_a_symbol_may_contain_commas(transport: TransportName, wanted: list[str]) -> None:
    """Alone and beside others, and it is not taken for the symbols A and B."""
    names = ("A", "B", "C", "A,B", "C,D", ",")
    feed = ScriptedFeed(names)
    async with serving(feed) as service:
        feed.tick([(row, TS, row + 1.0, 1.0) for row in range(len(names))])
        async with ticker.connect(service.url, wanted, transport=transport) as stream:
            assert await last_prices(stream, len(wanted)) == {name: names.index(name) + 1.0 for name in wanted}
            assert set(stream.symbols) == set(wanted)
            await stream.subscribe(["X,Y"])
            async with asyncio.timeout(60):
                while not stream.rejected:
                    await asyncio.sleep(0.01)
            assert stream.rejected == {"X,Y": "unknown-symbol"}


async def test_an_unknown_symbol_with_a_comma_is_refused_over_polls() -> None:
    """It doesn't wait for an answer that never comes."""
    async with asyncio.timeout(60), serving(ScriptedFeed()) as service:
        with pytest.raises(ticker.RefusedError, match="rejects all symbols"):
            await ticker.connect(service.url, ["X,Y"], transport="poll").open()
