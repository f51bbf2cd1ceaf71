"""`ticker record`: what it writes replays to the same ticks, and is readable whatever ended it."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.processes import Server

HISTORY = """timestamp,symbol,price,size,bid,bid_size,ask,ask_size
1704205800000000001,AAPL,187.15,100,,,,
1704205800000000001,"BRK,B",0.1,0.30000000000000004,,,,
1704205800000000001,AAPL,,,187.14,200,187.16,3
1704205800500000000,AAPL,187.15,100,,,,
1704205800500000000,AAPL,187.15,100,,,,
1704205801000000000,"BRK,B",,,,,361.5,10
1704205801000000000,"BRK,B",,,361.4,1e+16,,
1704205802123456789,=1+1,1234567.875,1,,,,
"""


def recorder(server: Server, out: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "ticker", "record", str(out), "--url", server.url, *options]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def resume(server: Server) -> None:
    request = urllib.request.Request(
        f"{server.url}/v1/replay", json.dumps({"action": "resume"}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=10):
        pass


def replayed(history: Path, out: Path) -> str:
    """Record a replay from its first tick to its end; what the recorder says."""
    with Server("--heartbeat", "0.5", "--feed", "csv", "--path", str(history), "--speed", "10", "--paused") as server:
        process = recorder(server, out)
        assert process.stderr is not None
        assert "recording trades and quotes" in process.stderr.readline()
        resume(server)
        _, said = process.communicate(timeout=40)
        assert process.returncode == 0, said
    return said


def test_the_recording_of_a_recordings_replay_is_the_same_file(tmp_path: Path) -> None:
    """Byte for byte, odd names and odd numbers included; it ends when the feed has ended."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HISTORY)
    said = replayed(first, second)
    assert second.read_text() == HISTORY
    assert "5 trades and 3 quotes" in said


def test_parquet_replays_to_the_same_ticks(tmp_path: Path) -> None:
    """Out of a CSV into Parquet and back into CSV."""
    pytest.importorskip("pyarrow")
    first, middle, second = tmp_path / "first.csv", tmp_path / "middle.parquet", tmp_path / "second.csv"
    first.write_text(HISTORY)
    replayed(first, middle)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["first.csv", "middle.parquet"]
    replayed(middle, second)
    assert second.read_text() == HISTORY


@pytest.fixture
def market() -> Iterator[Server]:
    with Server("--count", "5", "--ticks-per-second", "500", "--seed", "1") as server:
        yield server


def until_rows(path: Path, rows: int) -> None:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes().count(b"\n") > rows:
            return
        time.sleep(0.02)
    raise AssertionError("nothing was written")


def test_a_recording_that_is_killed_has_whole_lines(tmp_path: Path, market: Server) -> None:
    """SIGKILL in the middle: the file can be replayed as it is."""
    out = tmp_path / "killed.csv"
    process = recorder(market, out)
    until_rows(out, 100)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    data = out.read_bytes()
    assert data.endswith(b"\n")
    assert {line.count(b",") for line in data.splitlines()} == {7}
    command = [sys.executable, "-m", "ticker", "inspect", "--json", str(out)]
    (report,) = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["files"]
    assert report["rows"] == data.count(b"\n") - 1
    assert not report["refused"]


def test_a_parquet_recording_that_was_killed_can_be_completed(tmp_path: Path, market: Server) -> None:
    """Its lines lie beside it; `--finish` makes the file of them, and a new recording doesn't write over them."""
    pytest.importorskip("pyarrow")
    out, journal = tmp_path / "killed.parquet", tmp_path / "killed.parquet.part.csv"
    process = recorder(market, out)
    until_rows(journal, 100)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    rows = journal.read_bytes().count(b"\n") - 1
    again = recorder(market, out, "--for", "1s")
    _, said = again.communicate(timeout=20)
    assert again.returncode == 2
    assert "--finish" in said
    command = [sys.executable, "-m", "ticker", "record", "--finish", str(out)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert f"{rows:,} rows" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["killed.parquet"]


def test_it_ends_in_order_with_a_signal_and_after_its_time(tmp_path: Path, market: Server) -> None:
    """SIGTERM and --for: status 0, and the summary counts what is in the file."""
    for number, options in enumerate(([], ["--for", "500ms"])):
        out = tmp_path / f"{number}.csv"
        process = recorder(market, out, *options)
        if not options:
            until_rows(out, 10)
            process.terminate()
        _, said = process.communicate(timeout=20)
        assert process.returncode == 0, said
        counts = [int(word.replace(",", "")) for word in said.split(": ")[-1].split() if word[:1].isdigit()]
        assert counts[0] + counts[1] == out.read_bytes().count(b"\n") - 1


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("there.csv", [], "is there already"),
        ("x.xlsx", [], "ends with .csv or .parquet"),
        ("x.csv", ["--for", "soon"], "is not a duration"),
        ("no/such/x.csv", [], "No such file or directory"),
    ],
)
def test_what_can_not_be_begun_is_one_line(
    tmp_path: Path, market: Server, name: str, options: list[str], complaint: str
) -> None:
    """Status 2, and a file that was there is as it was."""
    (tmp_path / "there.csv").write_text("mine")
    process = recorder(market, tmp_path / name, *options)
    _, said = process.communicate(timeout=20)
    assert process.returncode == 2
    assert complaint in said
    assert said.count("\n") == 1
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_what_is_there_stays_if_there_is_no_server(tmp_path: Path) -> None:
    """--overwrite makes room when the recording begins, and not before."""
    out = tmp_path / "old.csv"
    out.write_text("precious")
    command = [sys.executable, "-m", "ticker", "record", str(out), "--overwrite", "--url", "ws://127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 2, done.stderr
    assert out.read_text() == "precious"
