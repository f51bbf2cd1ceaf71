"""`ticker record`: its files replay to the same ticks, and are readable however the recording ended."""

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

HISTORY = """timestamp,symbol,price,size,bid,bid_size,ask,ask_size,conditions,id,change
1704205800000000001,AAPL,187.15,100,,,,,,,
1704205800000000001,"BRK,B",0.1,0.30000000000000004,,,,,,,
1704205800000000001,AAPL,,,187.14,200,187.16,3,,,
1704205800500000000,AAPL,187.15,100,,,,,,,
1704205800500000000,AAPL,187.15,100,,,,,,,
1704205801000000000,"BRK,B",,,,,361.5,10,,,
1704205801000000000,"BRK,B",,,361.4,1e+16,,,,,
1704205802123456789,=1+1,1234567.875,1,,,,,,,
"""

#: With a late trade, a cancelled and a corrected one, and conditions of each vocabulary.
CORRECTED = """timestamp,symbol,price,size,bid,bid_size,ask,ask_size,conditions,id,change
1704205800000000001,AAPL,187.15,100,,,,,@,1,
1704205800000000002,AAPL,,,187.14,200,187.16,3,,,
1704205800500000000,AAPL,187.2,5,,,,,@ I,2,
1704205801000000000,"BRK,B",361.5,10,,,,,20002020,3,
1704205802000000000,AAPL,187.3,50,,,,,14 41,4,
1704205801500000000,AAPL,187.1,70,,,,,@ O UTP,5,late
1704205800000000001,AAPL,187.15,100,,,,,@,1,cancel
1704205802000000000,AAPL,187.25,60,,,,,02,4,correct
1704205802500000000,AAPL,187.4,10,,,,,?12,6,
"""


#: With sale conditions, a late trade, a cancelled and two corrected trades, each where it arrived.
CHANGES = """timestamp,symbol,price,size,bid,bid_size,ask,ask_size,conditions,id,change
1704205800000000001,AAPL,187.15,100,,,,,@,11,
1704205800100000000,AAPL,187.25,50,,,,,@ I,12,
1704205800100000000,MSFT,370.5,10,,,,,,9007199254740993,
1704205800100000000,AAPL,,,187.14,200,187.16,3,,,
1704205800200000000,AAPL,187.35,100,,,,,@,13,
1704205800050000000,AAPL,186.5,10,,,,,@,14,late
1704205800000000001,AAPL,187.15,100,,,,,@,11,cancel
1704205800300000000,MSFT,370.75,10,,,,,,15,
1704205800100000000,MSFT,370.25,5,,,,,,9007199254740993,correct
1704205800050000000,AAPL,186.75,20,,,,,@,14,correct
1704205801000000000,AAPL,187.5,100,,,,,@,16,
"""


def recorder(server: Server, out: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-m", "ticker", "record", str(out), "--url", server.url, *options]
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)


def resume(server: Server) -> None:
    request = urllib.request.Request(
        f"{server.url}/v1/replay", json.dumps({"action": "resume"}).encode(), {"Content-Type": "application/json"}
    )
    with urllib.request.urlopen(request, timeout=60):
        pass


def replayed(history: Path, out: Path) -> str:
    """Record a whole replay; return the recorder's summary."""
    with Server("--heartbeat", "0.5", "--feed", "csv", "--path", str(history), "--speed", "10", "--paused") as server:
        process = recorder(server, out)
        assert process.stderr is not None
        assert "recording trades and quotes" in process.stderr.readline()
        resume(server)
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
    return said


def test_recording_the_replay_of_a_recording_gives_the_same_file(tmp_path: Path) -> None:
    """Byte for byte, with unusual names and numbers. The recorder ends with the feed."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(HISTORY)
    said = replayed(first, second)
    assert second.read_text() == HISTORY
    assert "5 trades and 3 quotes" in said


def test_late_and_corrected_trades_and_conditions_are_recorded_as_they_arrived(tmp_path: Path) -> None:
    """Byte for byte: the replay sends the same messages."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    first.write_text(CORRECTED)
    replayed(first, second)
    assert second.read_text() == CORRECTED


def test_a_recording_without_details_replays_to_the_same_ticks(tmp_path: Path) -> None:
    """As earlier versions made them; recording its replay adds the three columns, which are empty."""
    first, second = tmp_path / "first.csv", tmp_path / "second.csv"
    lines = HISTORY.splitlines()
    first.write_text(
        "\n".join([lines[0].removesuffix(",conditions,id,change"), *(line[:-3] for line in lines[1:]), ""])
    )
    replayed(first, second)
    assert second.read_text() == HISTORY


@pytest.mark.parametrize("middle", ["middle.csv", "middle.parquet"])
def test_conditions_late_trades_and_corrections_replay_to_the_same_messages(tmp_path: Path, middle: str) -> None:
    """Their recording is the same file again, also by way of Parquet."""
    pytest.importorskip("pyarrow")
    first, second, third = tmp_path / "first.csv", tmp_path / middle, tmp_path / "third.csv"
    first.write_text(CHANGES)
    said = replayed(first, second)
    assert "10 trades and 1 quotes" in said
    replayed(second, third)
    assert third.read_text() == CHANGES


def test_parquet_replays_to_the_same_ticks(tmp_path: Path) -> None:
    """From CSV to Parquet and back to CSV."""
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
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        if path.exists() and path.read_bytes().count(b"\n") > rows:
            return
        time.sleep(0.02)
    raise AssertionError("nothing was written")


def test_a_killed_recording_has_whole_lines(tmp_path: Path, market: Server) -> None:
    """After SIGKILL the file can be replayed as it is."""
    out = tmp_path / "killed.csv"
    process = recorder(market, out)
    until_rows(out, 100)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    data = out.read_bytes()
    assert data.endswith(b"\n")
    assert {line.count(b",") for line in data.splitlines()} == {10}
    command = [sys.executable, "-m", "ticker", "inspect", "--json", str(out)]
    (report,) = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)["files"]
    assert report["rows"] == data.count(b"\n") - 1
    assert not report["refused"]


def test_a_killed_parquet_recording_can_be_completed(tmp_path: Path, market: Server) -> None:
    """Its rows are in a journal beside it: `--finish` converts them, and a new recording doesn't overwrite them."""
    pytest.importorskip("pyarrow")
    out, journal = tmp_path / "killed.parquet", tmp_path / "killed.parquet.part.csv"
    process = recorder(market, out)
    until_rows(journal, 100)
    process.send_signal(signal.SIGKILL)
    process.communicate()
    rows = journal.read_bytes().count(b"\n") - 1
    again = recorder(market, out, "--for", "1s")
    _, said = again.communicate(timeout=60)
    assert again.returncode == 2
    assert "--finish" in said
    command = [sys.executable, "-m", "ticker", "record", "--finish", str(out)]
    done = subprocess.run(command, capture_output=True, check=True, text=True)
    assert f"{rows:,} rows" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["killed.parquet"]


def test_a_signal_or_its_duration_ends_a_recording_cleanly(tmp_path: Path, market: Server) -> None:
    """SIGTERM and --for: status 0, and the summary counts the rows of the file."""
    for number, options in enumerate(([], ["--for", "500ms"])):
        out = tmp_path / f"{number}.csv"
        process = recorder(market, out, *options)
        if not options:
            until_rows(out, 10)
            process.terminate()
        _, said = process.communicate(timeout=60)
        assert process.returncode == 0, said
        counts = [int(word.replace(",", "")) for word in said.split(": ")[-1].split() if word[:1].isdigit()]
        assert counts[0] + counts[1] == out.read_bytes().count(b"\n") - 1


@pytest.mark.parametrize(
    ("name", "options", "complaint"),
    [
        ("there.csv", [], "--overwrite"),
        ("x.xlsx", [], ".csv or .parquet"),
        ("x.csv", ["--for", "soon"], "is not a duration"),
        ("no/such/x.csv", [], "No such file or directory"),
    ],
)
def test_a_recording_that_cannot_start_is_one_line_with_status_2(
    tmp_path: Path, market: Server, name: str, options: list[str], complaint: str
) -> None:
    """An existing file is unchanged."""
    (tmp_path / "there.csv").write_text("mine")
    process = recorder(market, tmp_path / name, *options)
    _, said = process.communicate(timeout=60)
    assert process.returncode == 2
    assert complaint in said
    assert said.count("\n") == 1
    assert (tmp_path / "there.csv").read_text() == "mine"


def test_an_existing_file_stays_if_there_is_no_server(tmp_path: Path) -> None:
    """--overwrite replaces the file only when the recording begins."""
    out = tmp_path / "old.csv"
    out.write_text("precious")
    command = [sys.executable, "-m", "ticker", "record", str(out), "--overwrite", "--url", "ws://127.0.0.1:1"]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 2, done.stderr
    assert out.read_text() == "precious"
