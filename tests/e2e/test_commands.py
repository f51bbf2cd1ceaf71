"""`ticker watch`, `ticker feeds` and `make` as processes, with a real server and pseudo-terminals."""

from __future__ import annotations

import csv
import json
import os
import pty
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator, Sequence
from fcntl import ioctl
from pathlib import Path
from types import TracebackType
from typing import IO, Self

import pytest

from tests.support.ports import own_port
from tests.support.processes import Server
from ticker.fields import FIELDS

COMMAND = [sys.executable, "-W", "error", "-m", "ticker"]
ROOT = Path(__file__).parents[2]
NOWHERE = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("--symbols", "AAPL,MSFT,NVDA", "--ticks-per-second", "500", "--seed", "7") as running:
        yield running


def ticker(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*COMMAND, *args], capture_output=True, text=True, timeout=60, check=False)


class Terminal:
    """A command in a pseudo-terminal. ``text`` is its whole output, including control sequences."""

    def __init__(self, args: Sequence[str], columns: int = 100, rows: int = 20) -> None:
        self._master, slave = pty.openpty()
        ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
        env = {**os.environ, "TERM": "xterm-256color"}
        for name in ("NO_COLOR", "COLUMNS", "LINES"):
            env.pop(name, None)
        # Opened by the session leader it becomes the controlling terminal, so Ctrl-C sends SIGINT.
        tty = os.ttyname(slave)
        command = ["sh", "-c", f'exec "$@" <{tty} >{tty} 2>&1', "sh", *COMMAND, *args]
        self.process = subprocess.Popen(
            command, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        self.text = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        os.close(self._master)

    def until(self, words: str) -> None:
        """Read until new output contains ``words``."""
        seen = len(self.text)
        while words not in self.text[seen:]:
            if not self._read():
                raise AssertionError(f"it ended without {words!r}: {self.text[-2000:]!r}")

    def end(self) -> int:
        """Read the rest of the output; return the exit status."""
        while self._read():
            pass
        return self.process.wait(timeout=60)

    def _read(self) -> bool:
        try:
            data = os.read(self._master, 65_536)
        except OSError:  # Linux raises this when the other side is closed
            return False
        self.text += data.decode(errors="replace")
        return bool(data)


@pytest.mark.parametrize("encoding", ["json", "msgpack"])
def test_lines_of_json_have_changed_and_current_values(server: Server, encoding: str) -> None:
    """--count lines; the first of each symbol has all fields."""
    ran = ticker("watch", "AAPL", "MSFT", "--url", server.url, "--encoding", encoding, "--count", "6")
    assert (ran.returncode, ran.stderr) == (0, "")
    updates = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(updates) == 6
    assert {update["symbol"] for update in updates} == {"AAPL", "MSFT"}
    assert updates[0]["changed"].keys() == set(FIELDS)
    for update in updates:
        assert update["changed"].items() <= update.items()


def test_csv_has_every_field(server: Server) -> None:
    """Without symbols, all symbols."""
    ran = ticker("watch", "--url", server.url, "--output", "csv", "--count", "9")
    rows = list(csv.DictReader(ran.stdout.splitlines()))
    assert len(rows) == 9
    assert {row["symbol"] for row in rows} == {"AAPL", "MSFT", "NVDA"}
    assert all(float(row["bid"]) < float(row["ask"]) for row in rows)


@pytest.mark.parametrize(("channel", "fields"), [("trades", {"price", "size"}), ("quotes", {"bid", "ask_size"})])
def test_every_tick_is_a_line(server: Server, channel: str, fields: set[str]) -> None:
    """In the order of their times."""
    ran = ticker("watch", "NVDA", "--url", server.url, "--channel", channel, "--count", "20")
    ticks = [json.loads(line) for line in ran.stdout.splitlines()]
    assert len(ticks) == 20
    assert [tick["ts"] for tick in ticks] == sorted(tick["ts"] for tick in ticks)
    assert fields <= ticks[0].keys()


def test_a_closed_output_pipe_ends_it_quietly(server: Server) -> None:
    """As with `head`: status 0, and nothing on stderr."""
    with subprocess.Popen(
        [*COMMAND, "watch", "--url", server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        stdout, stderr = pipes(process)
        stdout.readline()
        stdout.close()
        assert process.wait(timeout=60) == 0
        assert stderr.read() == b""


@pytest.mark.parametrize(("sent", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 0)])
def test_a_signal_ends_it_quietly(server: Server, sent: signal.Signals, status: int) -> None:
    """While it streams."""
    with subprocess.Popen(
        [*COMMAND, "watch", "--url", server.url], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        stdout, stderr = pipes(process)
        stdout.readline()
        process.send_signal(sent)
        stdout.read()
        assert process.wait(timeout=60) == status
        assert stderr.read() == b""


def pipes(process: subprocess.Popen[bytes]) -> tuple[IO[bytes], IO[bytes]]:
    assert process.stdout is not None
    assert process.stderr is not None
    return process.stdout, process.stderr


def test_ctrl_c_ends_it_while_its_output_pipe_is_full(server: Server) -> None:
    """Its output is never read, so a write blocks."""
    with subprocess.Popen(
        [*COMMAND, "watch", "--url", server.url, "--rate", "60"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        stdout, stderr = pipes(process)
        capacity = 4096
        try:
            from fcntl import F_SETPIPE_SZ, fcntl

            fcntl(stdout, F_SETPIPE_SZ, capacity)
        except ImportError:
            pytest.skip("the size of a pipe can't be set here")
        # The pipe is full when its fill level is stable, although there would be lines sixty times a second. (How much
        # fits depends on the number of lines in a write: writes to a pipe are all or nothing.)
        held, still = 0, 0
        while still < 20:
            before = held
            held = struct.unpack("i", ioctl(stdout, termios.FIONREAD, b"\0" * 4))[0]
            still = still + 1 if held and held == before else 0
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=60) == 130
        assert stderr.read() == b""


def test_unknown_symbols_are_reported_and_the_others_are_streamed(server: Server) -> None:
    """If all are unknown, it is an error."""
    ran = ticker("watch", "AAPL", "XYZ", "--url", server.url, "--count", "1")
    assert (ran.returncode, ran.stderr) == (0, "ticker: the server has no symbol XYZ\n")
    ran = ticker("watch", "XYZ", "--url", server.url)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "XYZ (unknown-symbol)" in ran.stderr


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("AAPL", "--url", NOWHERE), "Connection refused"),
        (("AAPL", "--url", "ftp://x"), "--url"),
        (("AAPL", "--output", "xml"), "--output"),
        (("AAPL", "--rate", "-1"), "--rate"),
    ],
)
def test_a_command_that_cannot_work_is_one_line_with_status_2(args: tuple[str, ...], said: str) -> None:
    ran = ticker("watch", *args)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert len(ran.stderr.splitlines()) == 1
    assert said in ran.stderr


def test_with_wait_it_waits_for_a_server() -> None:
    """And reports its attempts on stderr."""
    port = own_port()
    with subprocess.Popen(
        [*COMMAND, "watch", "AAPL", "--wait", "--count", "1", "--url", f"http://127.0.0.1:{port}"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        stdout, stderr = pipes(process)
        assert b"reconnecting" in stderr.readline()
        with Server("--symbols", "AAPL", port=port):
            assert json.loads(stdout.readline())["symbol"] == "AAPL"
            assert process.wait(timeout=60) == 0


def test_a_terminal_shows_a_live_table_and_is_restored(server: Server) -> None:
    """Colours and arrows while it runs; Ctrl-C restores the screen and the cursor, and the status is 130."""
    with Terminal(["watch", "NVDA", "AAPL", "XYZ", "--url", server.url]) as terminal:
        for words in ("LIVE", "NVDA", "unknown to the server: XYZ"):
            terminal.until(words)
        terminal.until("▲")
        terminal.until("▼")
        assert "\x1b[?1049h" in terminal.text
        terminal.process.send_signal(signal.SIGINT)
        assert terminal.end() == 130
        last = terminal.text[terminal.text.rindex("\x1b[?1049h") :]
        assert "\x1b[?1049l" in last
        assert last.rindex("\x1b[?25h") > last.rindex("\x1b[?25l")
        assert "Traceback" not in terminal.text


def test_the_table_shows_a_lost_and_restored_connection() -> None:
    """The table stays on the screen, and prices continue."""
    port = own_port()
    with Server("--symbols", "AAPL", port=port) as first:
        with Terminal(["watch", "AAPL", "--url", first.url]) as terminal:
            terminal.until("LIVE")
            first.kill()
            terminal.until("RECONNECTING")
            with Server("--symbols", "AAPL", port=port):
                terminal.until("LIVE")
                terminal.until("▲")
                terminal.process.send_signal(signal.SIGINT)
                assert terminal.end() == 130


def test_a_terminal_shows_a_tape_of_trades(server: Server) -> None:
    """As scrolling lines."""
    with Terminal(["watch", "NVDA", "--channel", "trades", "--count", "30", "--url", server.url]) as terminal:
        assert terminal.end() == 0
        assert len([line for line in terminal.text.splitlines() if "NVDA" in line]) == 30


def test_feeds_lists_the_built_in_ones() -> None:
    """As text and as JSON."""
    told = ticker("feeds").stdout
    assert "random-walk" in told
    assert "--ticks-per-second" in told
    assert "TICKER_" in told
    feeds = {feed["name"]: feed for feed in json.loads(ticker("feeds", "--json").stdout)}
    assert {"random-walk", "csv"} <= feeds.keys()
    assert not any(feed["broken"] for feed in feeds.values())
    assert {"path", "speed", "loop"} <= {option["name"] for option in feeds["csv"]["options"]}
    assert "TICKER_TICKS_PER_SECOND" in {option["variable"] for option in feeds["random-walk"]["options"]}


def make(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["make", "--no-print-directory", *args], cwd=ROOT, capture_output=True, text=True, check=False
    )


def test_make_alone_lists_the_targets() -> None:
    """Every target with a description; nothing else happens."""
    ran = make()
    assert (ran.returncode, ran.stderr) == (0, "")
    for target in ("serve", "test", "lint", "bench", "clean"):
        assert f"\n  {target} " in ran.stdout


def test_make_reports_what_the_machine_lacks(tmp_path: Path) -> None:
    """No new enough Python, or one without venv: the message says what to install."""
    ran = make("serve", f"VENV={tmp_path / 'venv'}", "PYTHON=/bin/false")
    assert ran.returncode == 2
    assert "Python 3.11 or newer; tried: /bin/false" in ran.stderr
    bare = tmp_path / "python"
    bare.write_text('#!/bin/sh\ncase "$2" in *ensurepip*) exit 1;; *print*) echo 3.11;; esac\n')
    bare.chmod(0o755)
    ran = make("serve", f"VENV={tmp_path / 'venv'}", f"PYTHON={bare}")
    assert ran.returncode == 2
    assert "apt install python3.11-venv" in ran.stderr
