"""The Python client against the command `ticker serve`, over real sockets and processes."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import ticker
from tests.support.ports import own_port
from tests.support.processes import Server

HEADER = "timestamp,symbol,price,size,bid,ask,bid_size,ask_size\n"


def write(path: Path, rows: list[tuple[str, float]]) -> str:
    """A file of ticks, one per millisecond."""
    start = 1_704_205_800_000_000_000
    lines = (
        f"{start + n * 1_000_000},{name},{price},{n + 1},{price - 0.01:.2f},,{n},\n"
        for n, (name, price) in enumerate(rows)
    )
    path.write_text(HEADER + "".join(lines))
    return str(path)


def values(view: ticker.SymbolView) -> dict[str, Any]:
    return {field: value for field, value in view.as_dict().items() if value is not None and field != "symbol"}


async def equal(stream: ticker.Stream, server: Server) -> bool:
    """Whether the client's board equals `/v1/snapshot`."""
    snapshot = await asyncio.to_thread(server.get, "/v1/snapshot?symbols=*")
    mine = {name: fields for name, view in stream.board.items() if (fields := values(view))}
    return bool(mine == snapshot["data"])


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
async def test_a_client_reconnects_to_a_restarted_server_with_other_data(tmp_path: Path, encoding: str) -> None:
    """The server is killed, and another starts on its port: the board ends equal to the new server's."""
    first = write(tmp_path / "first.csv", [("AAPL", 100.0), ("MSFT", 50.0), ("AAPL", 101.5)])
    second = write(tmp_path / "second.csv", [("AAPL", 7.0), ("NVDA", 9.0)])
    backoff = ticker.Backoff(initial_s=0.05, maximum_s=0.2)
    with Server("--feed", "csv", "--path", first, "--speed", "0", port=own_port()) as server:
        url = server.url.replace("http", "ws")
        async with ticker.connect(url, ["*"], encoding=encoding, rate=60, backoff=backoff) as stream:
            while not await equal(stream, server):
                await anext(aiter(stream))
            epoch = stream.epoch
            assert stream.board["AAPL"].last == 101.5
            assert stream.board["AAPL"].high == 101.5
            server.kill()
            with Server("--feed", "csv", "--path", second, "--speed", "0", port=server.port) as again:
                async for update in stream:
                    if update.symbol == "NVDA" and await equal(stream, again):
                        break
                assert stream.epoch != epoch
                assert stream.reconnects == 1
                assert stream.state == "live"
                assert stream.board.keys() == {"AAPL", "NVDA"}
                assert stream.board["AAPL"].open == 7
        assert stream.symbols == ["*"]


async def test_a_slow_consumer_sees_the_latest_values() -> None:
    """It gets one update per symbol, the newest."""
    with Server("--symbols", "AAPL,MSFT", "--ticks-per-second", "5000", "--seed", "1") as server:
        async with ticker.connect(server.url, ["AAPL"], rate=0) as stream:
            first = await anext(aiter(stream))
            # Nothing is taken from the stream meanwhile.
            while (stream.board["AAPL"].trades or 0) < (first.trades or 0) + 200:
                await asyncio.sleep(0)
            update = await anext(aiter(stream))
            assert update.symbol == "AAPL"
            assert (update.trades or 0) >= (first.trades or 0) + 200


async def test_trades_are_complete_and_in_order() -> None:
    """None is lost."""
    with Server("--symbols", "AAPL", "--ticks-per-second", "20000", "--seed", "3") as server:
        async with ticker.connect(server.url, ["AAPL"], channel="trades", encoding="msgpack") as stream:
            stamps = []
            async for trade in stream.trades():
                assert trade.lost == 0
                stamps.append(trade.ts)
                if len(stamps) == 1000:
                    break
            assert stamps == sorted(stamps)
            assert stream.lost == {}


def test_the_sync_client_works_without_asyncio() -> None:
    """Iterate, subscribe and close in a script."""
    with Server("--symbols", "AAPL,MSFT", "--seed", "1") as server:
        with ticker.connect_sync(server.url, ["AAPL"], rate=60) as stream:
            seen = set()
            for update in stream:
                seen.add(update.symbol)
                if seen == {"AAPL"}:
                    stream.subscribe(["MSFT"])
                if seen == {"AAPL", "MSFT"}:
                    break
            frame = stream.frame()
            assert set(frame.index) == {"AAPL", "MSFT"}
            assert (frame["bid"] < frame["ask"]).all()


async def test_the_sync_client_works_inside_a_running_event_loop() -> None:
    """As in a notebook."""
    with Server("--symbols", "AAPL", "--seed", "1") as server:
        with ticker.connect_sync(server.url, ["AAPL"]) as stream:
            assert next(iter(stream)).symbol == "AAPL"


def test_ticker_watch_in_a_pipe_writes_one_json_object_per_line(tmp_path: Path) -> None:
    """With both encodings."""
    with Server("--symbols", "AAPL,MSFT", "--seed", "1") as server:
        for encoding in ("json", "msgpack"):
            command = [sys.executable, "-m", "ticker", "watch", "AAPL", "--url", server.url, "--encoding", encoding]
            ran = subprocess.run([*command, "--count", "3"], capture_output=True, text=True, timeout=60, check=True)
            lines = [json.loads(line) for line in ran.stdout.splitlines()]
            assert [line["symbol"] for line in lines] == ["AAPL"] * 3
            assert ran.stderr == ""
