"""`ticker ping` over real sockets: the line of each ping, the summary, and errors."""

from __future__ import annotations

import asyncio
import re
import signal
import subprocess
import sys

import pytest

from tests.support.processes import Server
from tests.support.scripted_server import scripted_server, welcome
from ticker.cli.ping.run import summary
from ticker.wire.messages import Ping, Pong

COMMAND = [sys.executable, "-W", "error", "-m", "ticker", "ping"]


def ping(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, timeout=60, check=False)


def start_ping(*args: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [*COMMAND, *args, "--interval", "0.01"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def until(process: subprocess.Popen[str], words: str) -> None:
    assert process.stdout is not None
    for line in process.stdout:
        if words in line:
            return
    raise AssertionError(f"{words!r} was never printed: {process.communicate()}")


def test_each_ping_is_a_line_and_a_summary_follows() -> None:
    """As of ping(8): the time of each; minimum, mean, maximum and standard deviation of all."""
    with Server("--symbols", "AAPL") as server:
        ran = ping("--url", server.url, "--count", "3", "--interval", "0.01")
    assert (ran.returncode, ran.stderr) == (0, "")
    first, *lines, blank, title, counts, figures = ran.stdout.splitlines()
    address = f"ws://127.0.0.1:{server.port}/v1/stream"
    assert first.startswith(f"PING {address}: ticker")
    took = [float(re.fullmatch(rf"seq={seq} time=(\d+\.\d+) ms", line)[1]) for seq, line in enumerate(lines, 1)]  # type: ignore[index]  # None fails too
    assert len(took) == 3
    assert (blank, title, counts) == ("", f"--- {address} ping statistics ---", "3 sent, 3 answered, 0% lost")
    assert figures.startswith(f"rtt min/avg/max/mdev = {min(took):.3f}/")
    assert f"/{max(took):.3f}/" in figures


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_with_the_summary(sent: signal.Signals, status: int) -> None:
    """Without --count."""
    with Server("--symbols", "AAPL") as server, start_ping("--url", server.url, "--count", "0") as process:
        until(process, "seq=3")
        process.send_signal(sent)
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stderr) == (status, "")
        assert " answered, 0% lost" in stdout


def test_it_ends_when_the_server_dies() -> None:
    """With one line on stderr, and the summary."""
    with Server("--symbols", "AAPL") as server, start_ping("--url", server.url, "--count", "0") as process:
        until(process, "seq=2")
        server.kill()
        stdout, stderr = process.communicate(timeout=60)
        assert process.returncode == 1
        assert len(stderr.splitlines()) == 1
        assert " sent, " in stdout


async def test_a_ping_without_an_answer_in_time_is_lost() -> None:
    """A late answer, or one with other data, does not count for the next ping."""
    async with scripted_server() as server:
        process = start_ping("--url", server.url, "--count", "3", "--timeout", "0.2")
        client = await server.client()
        await client.say(welcome())
        late = await client.next_message()
        asked = await client.next_message()
        assert isinstance(late, Ping)
        assert isinstance(asked, Ping)
        assert asked.data != late.data
        await client.say(Pong(id=asked.id, data=late.data), Pong(id=asked.id, data="other"))
        await client.next_message()
        stdout, stderr = await asyncio.to_thread(process.communicate, timeout=60)
    assert (process.returncode, stderr) == (1, "")
    assert re.findall(r"^seq=\d lost$", stdout, re.MULTILINE) == ["seq=1 lost", "seq=2 lost", "seq=3 lost"]
    assert "3 sent, 0 answered, 100% lost" in stdout


@pytest.mark.parametrize(
    ("url", "said"),
    [("http://127.0.0.1:1", "no server at http://127.0.0.1:1: Connection refused"), ("ftp://x", "--url")],
)
def test_no_server_is_one_line_with_status_2(url: str, said: str) -> None:
    """With the operating system's error message."""
    ran = ping("--url", url)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert said in ran.stderr


def test_the_spread_is_the_standard_deviation() -> None:
    """Of the answered pings; without any there is no line of times."""
    assert summary([0.001, None, 0.003]).splitlines() == [
        "3 sent, 2 answered, 33.3% lost",
        "rtt min/avg/max/mdev = 1.000/2.000/3.000/1.000 ms",
    ]
    assert summary([None]) == "1 sent, 0 answered, 100% lost"
    assert summary([]) == "0 sent, 0 answered, 0% lost"
