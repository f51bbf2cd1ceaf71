"""Commands as processes whose standard streams are closed, full, or read by a program that ends."""

from __future__ import annotations

import shlex
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.ports import own_port
from tests.support.processes import Server

COMMAND = shlex.join([sys.executable, "-W", "error", "-m", "ticker"])
NOWHERE = "http://127.0.0.1:1"
CLOSED = ("<&-", ">&-", "2>&-", "<&- >&- 2>&-")
#: Each prints something on standard output.
PRINTING = ("--version", "feeds", "serve --print-config", "keys")

pytestmark = pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full and /proc")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("--symbols", "AAPL,MSFT", "--ticks-per-second", "100", "--seed", "7") as running:
        yield running


def shell(command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """Run a ticker command line with the shell's redirections."""
    line = f"exec {COMMAND} {command}"
    return subprocess.run(["sh", "-c", line], capture_output=True, text=True, timeout=60, check=False, cwd=cwd)


def wait_until_served(process: subprocess.Popen[bytes], port: int) -> None:
    """Return when the server answers. It can't say so: its output is closed."""
    while True:
        assert process.poll() is None, f"it ended with status {process.returncode}"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz", timeout=60).close()
        except OSError:
            time.sleep(0.05)
        else:
            return


@pytest.mark.parametrize("closed", CLOSED)
def test_a_server_runs_with_closed_streams(closed: str, tmp_path: Path) -> None:
    """Descriptors 0 to 2 are no socket and no file of its own: a log line never lands in a database or at a client."""
    port, state = own_port(), tmp_path / "state"
    line = f"exec {COMMAND} serve --symbols AAPL --port {port} --log-level debug --state {state} {closed}"
    process = subprocess.Popen(
        ["sh", "-c", line], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until_served(process, port)
        descriptors = [Path(f"/proc/{process.pid}/fd/{number}").readlink() for number in range(3)]
        assert {each.as_posix() for each in descriptors} == {"/dev/null"}
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize(("output", "why"), [(">&-", "it is closed"), (">/dev/full", "No space left on device")])
def test_a_server_whose_banner_cannot_be_written_logs_its_address(output: str, why: str) -> None:
    line = f"exec {COMMAND} serve --symbols AAPL --port 0 {output}"
    process = subprocess.Popen(["sh", "-c", line], stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        told = next(each for each in process.stderr if "standard output" in each)
        assert f"standard output: {why}; the server listens on http://127.0.0.1:" in told
    finally:
        process.terminate()
        _, rest = process.communicate(timeout=60)
    assert process.returncode == 0
    assert "Traceback" not in rest


def test_a_server_runs_on_when_its_log_cannot_be_written() -> None:
    port = own_port()
    line = f"exec {COMMAND} serve --symbols AAPL --port {port} --log-level debug >/dev/full 2>/dev/full"
    process = subprocess.Popen(["sh", "-c", line])
    try:
        wait_until_served(process, port)
    finally:
        process.terminate()
        assert process.wait(timeout=60) == 0


@pytest.mark.parametrize("command", PRINTING)
def test_a_command_that_cannot_print_says_so(command: str) -> None:
    """In one line, with status 2: its output is lost. Standard input does not matter."""
    assert shell(f"{command} <&-").returncode == 0
    for output, why in ((">&-", "it is closed"), (">/dev/full", "No space left on device")):
        done = shell(f"{command} {output} <&-")
        assert (done.returncode, done.stderr) == (2, f"ticker: standard output: {why}\n")
    assert shell(f"{command} >&- 2>&- <&-").returncode == 2


@pytest.mark.parametrize("command", ["ping", "watch", "record x.csv", "chat desk", "replay status"])
def test_a_client_reports_its_error_whatever_is_closed(command: str, tmp_path: Path) -> None:
    for closed in ("2>&-", "<&- >&-"):
        done = shell(f"{command} --url {NOWHERE} {closed}", tmp_path)
        assert done.returncode == 2, closed
        assert done.stdout == ""
        assert done.stderr.count("\n") == ("2>&-" not in closed)
        assert "Traceback" not in done.stderr


@pytest.mark.parametrize("stderr", ["2>&-", "2>/dev/full"])
def test_a_client_needs_no_stderr(server: Server, tmp_path: Path, stderr: str) -> None:
    """Messages beside the output are lost, and change nothing else."""
    watched = shell(f"watch AAPL NONE --count 3 --url {server.url} {stderr}")
    assert (watched.returncode, watched.stdout.count("\n")) == (0, 3)
    pinged = shell(f"ping --count 1 --url {server.url} <&- {stderr}")
    assert (pinged.returncode, "1 answered" in pinged.stdout) == (0, True)
    assert shell(f"record day.csv --for 1s --url {server.url} {stderr}", tmp_path).returncode == 0
    assert (tmp_path / "day.csv").read_text().startswith("timestamp,")


def test_a_recording_needs_no_standard_stream(server: Server, tmp_path: Path) -> None:
    """Its output is the file."""
    assert shell(f"record day.csv --for 1s --url {server.url} <&- >&- 2>&-", tmp_path).returncode == 0
    assert (tmp_path / "day.csv").read_text().startswith("timestamp,")


@pytest.mark.parametrize("output", ["jsonl", "csv"])
def test_watch_ends_when_its_output_does(server: Server, output: str) -> None:
    """Quietly if the reader ends, as `head` does; otherwise with an error."""
    done = subprocess.run(
        ["sh", "-c", f"{COMMAND} watch --output {output} --url {server.url} | head -n 2"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert (done.stdout.count("\n"), done.stderr) == (2, "")
    for closed, why in ((">&-", "it is closed"), (">/dev/full", "No space left on device")):
        done = shell(f"watch --output {output} --url {server.url} {closed}")
        assert (done.returncode, done.stderr) == (2, f"ticker: standard output: {why}\n")


def test_a_chat_without_input_ends(server: Server) -> None:
    """As one whose input is /dev/null."""
    done = shell(f"chat desk --url {server.url} <&-")
    assert (done.returncode, "Traceback" in done.stderr) == (0, False)


def test_a_key_that_cannot_be_printed_is_not_created(tmp_path: Path) -> None:
    for output, why in ((">&-", "it is closed"), (">/dev/full", "No space left on device")):
        done = shell(f"keys add desk {output}", tmp_path)
        assert done.returncode == 2
        assert done.stderr == f"ticker: no key was created, because it can't be printed: standard output: {why}\n"
        assert not (tmp_path / "ticker-keys.json").exists()
