"""A replay of files by a server process: one clock for all clients, and the state at any time."""

from __future__ import annotations

import asyncio
import random
import subprocess
import sys
import time
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp

import ticker
from tests.support.day_file import OPEN_S, SECOND_NS, SYMBOLS, board_at, same, stamp_ns, write_days
from tests.support.processes import Server
from ticker.fields import FIELDS


def clock(server: Server, *words: str, url_first: bool = False) -> str:
    """The output of `ticker replay`."""
    url = ["--url", server.url]
    arguments = [*url, *words] if url_first else [*words, *url]
    command = [sys.executable, "-W", "error", "-m", "ticker", "replay", *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert (ran.returncode, ran.stderr) == (0, ""), ran
    return ran.stdout


async def move(server: Server, **body: Any) -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.post(f"{server.url}/v1/replay", json=body) as response:
        assert response.status == 200, await response.text()
        answer: dict[str, Any] = await response.json()
        return answer


def values(view: ticker.SymbolView) -> dict[str, Any]:
    return {name: getattr(view, name) for name in FIELDS}


async def agrees(stream: ticker.Stream, computed: dict[str, dict[str, Any]]) -> None:
    """Wait until a client's view equals that board."""
    while True:
        shown = {name: values(view) for name, view in stream.board.items()}
        shown = {name: fields for name, fields in shown.items() if any(v is not None for v in fields.values())}
        if shown.keys() == computed.keys() and all(same(computed[name], shown[name]) for name in shown):
            return
        await asyncio.sleep(0.01)


async def test_after_each_seek_every_client_has_the_board_of_that_time(tmp_path: Path) -> None:
    """Forward and back over three days; the expected board is computed from the file alone."""
    path = write_days(tmp_path / "days.csv")
    with Server(str(path), "--speed", "1") as server:
        await move(server, action="pause")
        async with AsyncExitStack() as stack:
            streams = [
                await stack.enter_async_context(ticker.connect(server.url, symbols, encoding=encoding, rate=rate))
                for symbols, encoding, rate in ((["*"], "json", 10), (list(SYMBOLS), "msgpack", 0))
            ]
            rng, epochs = random.Random(1), set[str | None]()
            seconds = [
                3600.0,
                86_400 + 1800.5,
                60.25,
                2 * 86_400 + 3599.0,
                0.0,
                *(rng.uniform(0, 3e5) for _ in range(5)),
            ]
            status = server.get("/v1/replay")
            for second in seconds:
                to = OPEN_S * SECOND_NS + round(second * 1e9)
                at = await move(server, action="seek", to=to)
                assert at["state"] == "paused"
                assert at["position"] == min(max(to, status["first"]), status["last"])
                computed = board_at(path, at["position"])
                snapshot = server.get("/v1/snapshot?symbols=*")
                assert all(same(computed[name], fields) for name, fields in snapshot["data"].items())
                for stream in streams:
                    await asyncio.wait_for(agrees(stream, computed), 60)
                    assert stream.reconnects == 0
                epochs.add(streams[0].epoch)
            assert len(epochs) == len(seconds)


async def test_after_a_seek_it_plays_to_the_same_end(tmp_path: Path) -> None:
    """At the end the state is `ended`, clients stay connected and have received the whole file."""
    path = write_days(tmp_path / "days.csv")
    end = board_at(path, 2**62)
    with Server(str(path), "--speed", "0.001") as server:
        async with ticker.connect(server.url, ["*"]) as stream:
            await move(server, action="seek", to=(OPEN_S + 86_400 + 1800) * SECOND_NS)
            await move(server, action="speed", speed=0)
            await asyncio.wait_for(agrees(stream, end), 60)
            while server.get("/healthz")["feed"]["state"] != "ended":
                await asyncio.sleep(0.01)
            assert server.get("/v1/replay")["state"] == "ended"
            assert stream.state == "live"


async def trades_of(path: Path) -> list[Any]:
    """All trades of a replay, received by a client that was connected before it started."""
    with Server(str(path), "--speed", "0", "--paused") as server:
        async with ticker.connect(server.url, ["*"], channel="trades") as stream:
            inbox = stream.trades()
            await move(server, action="resume")
            last = server.get("/v1/replay")["last"]
            got: list[Any] = []
            async for trade in inbox:
                got.append((trade.symbol, trade.ts, trade.price, trade.size))
                if trade.ts == last:
                    return got
    raise AssertionError("the stream ended")


def test_ticker_replay_controls_the_clock(tmp_path: Path) -> None:
    """Pause, seek, step, speed, resume and status print one line each and affect all clients."""
    path = write_days(tmp_path / "days.csv", trades_only=True)
    with Server("--feed", "csv", "--path", str(path), "--speed", "6") as server:
        assert clock(server, "pause").startswith("paused at 6x, 2024-01-03 14:")
        assert clock(server, "seek", "15:00").startswith("paused at 6x, 2024-01-03 15:00:00 (UTC), 1 % of 14:30:")
        assert server.get("/healthz")["feed"]["state"] == "paused"
        before = server.get("/v1/replay")["position"]
        clock(server, "step", "3")
        after = server.get("/v1/replay")["position"]
        stamps = sorted({stamp_ns(line.partition(",")[0]) for line in path.read_text().splitlines()[1:]})
        following = [stamp for stamp in stamps if stamp > before]
        assert after == following[2]
        assert "at 0.5x" in clock(server, "speed", "0.5")
        assert clock(server, "resume").startswith("playing at 0.5x")
        assert clock(server, "status").startswith("playing at 0.5x")
        assert clock(server, "speed", "2", url_first=True).startswith("playing at 2x")


def test_a_loop_is_a_new_epoch(tmp_path: Path) -> None:
    """Each round ends with the same prices."""
    path = write_days(tmp_path / "days.csv", 50)
    with Server(str(path), "--speed", "0", "--loop") as server:
        epochs = set[str]()
        give_up_s = time.monotonic() + 120
        while len(epochs) < 3 and time.monotonic() < give_up_s:
            epochs.add(server.get("/healthz")["epoch"])
        assert len(epochs) == 3
        assert server.get("/v1/replay")["loop"]


def test_several_files_and_folders_are_one_replay(tmp_path: Path) -> None:
    """Given one by one, as a folder, or with commas in their names."""
    folder = tmp_path / "of, many"
    folder.mkdir()
    paths = [write_days(folder / f"{number},.csv", 40, seed=number) for number in range(3)]
    for words in (["--feed", "csv", "--path", *map(str, paths)], [str(folder)]):
        with Server(*words, "--speed", "0") as server:
            while server.get("/healthz")["feed"]["state"] != "ended":
                time.sleep(0.01)
            data = server.get("/v1/snapshot?symbols=*")["data"]
            last_day = max(stamp_ns(path.read_text().splitlines()[-1].partition(",")[0]) for path in paths)
            assert max(fields["ts"] for fields in data.values()) == last_day


async def test_two_servers_give_the_same_trades(tmp_path: Path) -> None:
    """All of them, over real sockets."""
    path = write_days(tmp_path / "days.csv", 5000, trades_only=True)
    first, second = [await asyncio.wait_for(trades_of(path), 60) for _ in range(2)]
    assert first == second
    assert len(first) == 5000
