"""`ticker serve` as a process: starting, stopping, refusing."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.support.processes import Server
from ticker.server.core.settings import Settings


def refused(*options: str, env: dict[str, str] | None = None, cwd: Path | None = None) -> str:
    """The one line on stderr of a `ticker serve` that exits with status 2, with nothing on stdout."""
    command = [sys.executable, "-m", "ticker", "serve", *options]
    ran = subprocess.run(
        command, capture_output=True, text=True, timeout=60, env={**os.environ, **(env or {})}, cwd=cwd, check=False
    )
    assert ran.returncode == 2, ran
    assert ran.stdout == ""
    assert "Traceback" not in ran.stderr
    lines = ran.stderr.splitlines()
    assert len(lines) == 1, lines
    return lines[0]


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGTERM, 0), (signal.SIGINT, 130)])
async def test_a_signal_stops_it_and_closes_the_clients(sent: signal.Signals, status: int) -> None:
    """Clients get 1012; one that never answers the close doesn't delay it."""
    with Server("--symbols", "AAPL") as server:
        with socket.create_connection(("127.0.0.1", server.port)) as mute:
            mute.sendall(
                b"GET /v1/stream HTTP/1.1\r\nHost: localhost\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
            )
            assert mute.recv(12) == b"HTTP/1.1 101"
            async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.url}/v1/stream") as stream:
                await stream.receive()
                server.process.send_signal(sent)
                notice = await stream.receive_json()
                assert (notice["type"], notice["from"]) == ("notice", "server")
                assert "stopping" in notice["text"]
                closed = await stream.receive()
                assert (closed.type, closed.data) == (aiohttp.WSMsgType.CLOSE, 1012)
            # As long as ``Settings.stop_clients_s``; aiohttp alone would wait for the other client for a minute.
            assert await asyncio.to_thread(server.process.wait, 30) == status
    assert Settings().stop_clients_s < 2


def test_a_port_in_use_is_one_line_with_status_2() -> None:
    """It names the port and the cause."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        line = refused("--port", str(port))
    assert str(port) in line
    assert "another program listens there" in line


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--feed", "csv"), "--path"),
        (("--feed", "csv", "--path", "nowhere.csv"), "nowhere.csv"),
        (("--feed", "csv", "--path", "."), "."),
        (("--feed", "csv", "--path", "empty.csv"), "empty.csv"),
        (("--feed", "csv", "--path", "columns.csv"), "price"),
        (("--feed", "csv", "--path", "bad.csv"), "bad.csv"),
        (("--feed", "csv", "--path", "good.csv", "--speed", "-1"), "--speed"),
        (("--path", "good.csv"), "csv"),
        (("--feed", "randomwalk"), "random-walk"),
        (("--ticks-per-second", "0"), "--ticks-per-second"),
        (("--ticks-per-second", "1e9"), "--ticks-per-second"),
        (("--seed", "one"), "--seed"),
        (("--symbols", "A", "--count", "3"), "--count"),
        (("--symbols-file", "nowhere.txt"), "nowhere.txt"),
        (("--port", "70000"), "--port"),
        (("--host", "no.such.host.invalid"), "no.such.host.invalid"),
        (("--nonsense",), "--nonsense"),
    ],
)
def test_a_bad_option_is_one_line_with_status_2(tmp_path: Path, options: tuple[str, ...], said: str) -> None:
    """It names the option or file at fault."""
    (tmp_path / "empty.csv").touch()
    (tmp_path / "columns.csv").write_text("timestamp,symbol,size\n1704205800,AAPL,1\n")
    (tmp_path / "bad.csv").write_text("timestamp,symbol,price,size\nnever,AAPL,1,1\n1704205800,AAPL,-1,1\n")
    (tmp_path / "good.csv").write_text("timestamp,symbol,price,size\n1704205800,AAPL,1,1\n")
    assert said in refused(*options, "--port", "0", cwd=tmp_path) if "--port" not in options else refused(*options)


def test_options_may_come_from_the_environment() -> None:
    """As `TICKER_` and the option's name; the command line has precedence."""
    assert "TICKER_PORT" in refused(env={"TICKER_PORT": "many"})
    env = {**os.environ, "TICKER_SYMBOLS": "ENVI,RON", "TICKER_PORT": "1"}
    command = [sys.executable, "-m", "ticker", "serve", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=env) as server:
        assert server.stdout is not None
        told = [server.stdout.readline() for _ in range(3)]
        server.terminate()
        server.communicate()
    assert "ENVI" in "".join(told)


async def test_a_configuration_file_starts_a_server(tmp_path: Path) -> None:
    """With its files beside it, and a limit that `welcome` tells."""
    (tmp_path / "day.csv").write_text("timestamp,symbol,price,size\n1704205800,AAPL,185.5,10\n")
    (tmp_path / "ticker.toml").write_text('files = ["day.csv"]\nmax-symbols = 77\n\n[csv]\nspeed = 0\n')
    with Server("--config", str(tmp_path / "ticker.toml")) as server:
        async with aiohttp.ClientSession() as session, session.ws_connect(f"{server.url}/v1/stream") as stream:
            assert (await stream.receive_json())["limits"]["symbols"] == 77


def test_a_replay_that_ended_stays_up(tmp_path: Path) -> None:
    """Its last values are still served, and /healthz reports the feed as ended."""
    path = tmp_path / "a.csv"
    path.write_text("timestamp,symbol,price,size\n1704205800,AAPL,5,1\n1704205801,AAPL,6,1\n")
    with Server("--feed", "csv", "--path", str(path), "--speed", "0") as server:
        while server.get("/healthz")["feed"]["state"] != "ended":
            pass
        snapshot = server.get("/v1/snapshot?symbols=AAPL")
        assert snapshot["data"]["AAPL"]["last"] == 6
        assert snapshot["data"]["AAPL"]["volume"] == 2
        assert server.get("/v1/symbols") == {"symbols": ["AAPL"], "complete": True, "currency": "USD"}
