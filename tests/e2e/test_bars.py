"""Bars over WebSockets and HTTP, and from files."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from pathlib import Path
from typing import Any

import aiohttp
import msgpack
import pytest

import ticker
from tests.support.processes import Server
from tests.support.serving import ScriptedFeed, serving
from ticker.errors import RefusedError
from ticker.model import Watermark

SECOND = 1_000_000_000
#: 2024-01-02 14:30 UTC.
START = 1_704_205_800 * SECOND


async def bars_until(socket: aiohttp.ClientWebSocketResponse, decode: Any, wanted: int) -> list[list[Any]]:
    """The rows received on the channel until ``wanted`` bars have closed."""
    found: list[list[Any]] = []
    async with asyncio.timeout(60):
        while sum(bar[-1] for bar in found) < wanted:
            message = decode((await socket.receive()).data)
            if message["type"] == "bars":
                assert message["interval"] == "1s"
                found += message["data"]
    return found


@pytest.mark.parametrize(("encoding", "decode"), [("json", json.loads), ("msgpack", msgpack.unpackb)])
async def test_a_bar_is_sent_open_and_then_closed(encoding: str, decode: Any) -> None:
    """Closed by the next trade or by the clock; HTTP returns the same bars."""
    feed = ScriptedFeed()
    async with (
        serving(feed) as service,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{service.url}/v1/stream?encoding={encoding}") as socket,
    ):
        await socket.send_json(
            {"op": "subscribe", "channel": "bars", "interval": "1s", "symbols": ["AAPL"], "rate": 0, "id": 1}
        )
        assert decode((await socket.receive()).data)["type"] == "welcome"
        answer = decode((await socket.receive()).data)
        assert (answer["channel"], answer["interval"], answer["symbols"]) == ("bars", "1s", ["AAPL"])
        assert decode((await socket.receive()).data)["data"] == []
        feed.tick([(0, START, 10.0, 1.0)])
        feed.tick([(0, START + SECOND, 12.0, 2.0), (1, START + SECOND, 5.0, 1.0)])
        feed.put(Watermark(START + 2 * SECOND))
        found = await bars_until(socket, decode, 2)
        assert [bar for bar in found if bar[-1]] == [
            ["AAPL", START, 10, 10, 10, 10, 1, 10, 1, True],
            ["AAPL", START + SECOND, 12, 12, 12, 12, 2, 12, 1, True],
        ]
        async with session.get(f"{service.url}/v1/bars/AAPL?interval=1s") as response:
            body = await response.json()
        assert [["AAPL", *bar] for bar in body["bars"]] == [bar for bar in found if bar[-1]]
        assert body["version"] == 3


async def test_an_unknown_interval_is_refused() -> None:
    """The error has its own code and says what is wrong."""
    async with (
        serving(ScriptedFeed()) as service,
        aiohttp.ClientSession() as session,
        session.ws_connect(f"{service.url}/v1/stream") as socket,
    ):
        await socket.receive()
        for interval, complaint in ((None, "missing"), ("7s", "7s is no interval: it does not divide a day")):
            await socket.send_json({"op": "subscribe", "channel": "bars", "interval": interval, "symbols": ["AAPL"]})
            error = json.loads((await socket.receive()).data)
            assert error["code"] == "bad-interval"
            assert complaint in error["message"]


@pytest.mark.parametrize(
    ("path", "status", "complaint"),
    [
        ("/v1/bars/NOPE", 404, "unknown symbol 'NOPE'"),
        ("/v1/bars/AAPL?interval=7m", 400, "interval: "),
        ("/v1/bars/AAPL?limit=0", 400, "limit: must be from 1 to 15,000"),
        ("/v1/bars/AAPL?limit=x", 400, "limit: must be from 1 to 15,000"),
        ("/v1/bars/AAPL?start=soon", 400, "start: "),
        ("/v1/bars/AAPL?format=xml", 400, "format: "),
    ],
)
async def test_a_bad_request_gets_an_error(path: str, status: int, complaint: str) -> None:
    """The message begins with the parameter at fault."""
    async with serving(ScriptedFeed()) as service, aiohttp.ClientSession() as session:
        async with session.get(service.url + path) as response:
            assert response.status == status
            assert complaint in (await response.json())["message"]


async def test_bars_of_a_time_range_and_as_csv() -> None:
    """Times are in ns or ISO 8601; symbols may contain a slash."""
    feed = ScriptedFeed(("BTC/USD", "A"))
    async with serving(feed) as service, aiohttp.ClientSession() as session:
        feed.tick([(0, START + second * SECOND, 10.0 + second, 0.5) for second in range(10)])
        feed.put(Watermark(START + 5 * SECOND))
        query = {"interval": "1s", "start": "2024-01-02T14:30:02Z", "end": str(START + 5 * SECOND), "format": "csv"}
        async with session.get(f"{service.url}/v1/bars/BTC%2FUSD", params=query) as response:
            assert response.content_type == "text/csv"
            rows = list(csv.DictReader(io.StringIO(await response.text())))
        assert [int(row["start"]) for row in rows] == [START + second * SECOND for second in (2, 3, 4)]
        assert (rows[0]["open"], rows[0]["vwap"], rows[0]["closed"]) == ("12", "12", "true")


BARS = """Date,Open,High,Low,Close,Adj Close,Volume
2024-01-02,187.15,188.44,183.89,185.64,184.73,82488700
2024-01-03,184.22,185.88,183.43,184.25,183.35,58414500
2024-01-04,182.15,183.09,180.88,181.91,181.02,71983600
"""


async def test_a_file_of_bars_gives_its_own_bars_to_the_python_client(tmp_path: Path) -> None:
    """Unchanged for their interval, as a DataFrame with UTC times. There are none of an hour: the file doesn't tell."""
    path = tmp_path / "AAPL.csv"
    path.write_text(BARS)
    with Server("--feed", "csv", "--path", str(path), "--speed", "0") as server:
        while server.get("/healthz")["feed"]["state"] != "ended":
            await asyncio.sleep(0.02)
        async with ticker.connect(server.url, ["AAPL"], channel="trades") as stream:
            frame = await stream.bars("AAPL", "1d")
            hours = await stream.bars("AAPL", "1h", start="2024-01-03T00:00:00", limit=2)
            with pytest.raises(RefusedError) as caught:
                await stream.bars("NOPE")
            assert caught.value.code == "unknown-symbol"
            assert stream.trades_frame().empty
    assert [str(start) for start in frame.index] == [f"2024-01-0{day} 00:00:00+00:00" for day in (2, 3, 4)]
    assert frame["close"].tolist() == [185.64, 184.25, 181.91]
    assert frame["volume"].tolist() == [82488700, 58414500, 71983600]
    assert frame["closed"].tolist() == [True] * 3
    assert frame["vwap"].isna().all()
    assert hours.empty


def test_the_sync_client_fetches_bars() -> None:
    """With the same method names, without await."""
    with Server("--count", "2", "--ticks-per-second", "500", "--seed", "1") as server:
        with ticker.connect_sync(server.url, ["*"], channel="trades") as stream:
            trade = next(iter(stream.trades()))
            frame = stream.trades_frame()
            row = frame.iloc[0]
            assert (row["symbol"], row["price"], row["size"]) == (trade.symbol, trade.price, trade.size)
            assert (row["conditions"], row["id"]) == ("", 0)
            assert frame.index[0].value == trade.ts
            assert list(stream.bars(trade.symbol, "1s").columns) == [
                "open", "high", "low", "close", "volume", "vwap", "trades", "closed", "revision", "incomplete",
            ]  # fmt: skip
            with pytest.raises(ValueError, match="quotes"):
                stream.quotes_frame()
