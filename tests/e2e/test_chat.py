"""`ticker chat` as processes, in pipes and pseudo-terminals, with a real server."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.test_commands import Terminal
from tests.support.ports import own_port
from tests.support.processes import Server
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing

COMMAND = [sys.executable, "-W", "error", "-m", "ticker", "chat"]
#: Control sequences of a terminal (ECMA-48).
CONTROL = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[@-Z\\-_])")


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with Server("--symbols", "AAPL", "--max-says-per-minute", "600") as running:
        yield running


def chat(text: str, *args: str, url: str) -> subprocess.CompletedProcess[str]:
    """`echo text | ticker chat …`"""
    return subprocess.run(
        [*COMMAND, *args, "--url", url], input=text, capture_output=True, text=True, timeout=60, check=False
    )


@contextmanager
def piped(*args: str, url: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [*COMMAND, *args, "--url", url],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, bufsize=1,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()


def put(process: subprocess.Popen[str], line: str) -> None:
    assert process.stdin is not None
    process.stdin.write(f"{line}\n")


def line(process: subprocess.Popen[str]) -> str:
    """The next line, without its time."""
    assert process.stdout is not None
    return re.sub(r"^\d\d:\d\d:\d\d ", "", process.stdout.readline().rstrip("\n"))


def test_a_pipe_sends_its_lines_and_ends(server: Server) -> None:
    """Each line is printed as all members see it; a later member sees the history, and may send nothing."""
    ran = chat("hello\n\n  $AAPL looks heavy  \n", "pipes", "--name", "Ann", url=server.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    lines = [re.sub(r"^\d\d:\d\d:\d\d ", "", each) for each in ran.stdout.splitlines()]
    assert lines == ["Ann: hello", "Ann: $AAPL looks heavy"]
    later = chat("", "pipes", "--name", "Bob", url=server.url)
    assert (later.returncode, later.stdout, later.stderr) == (0, ran.stdout, "")


def test_two_members_see_the_same_lines_in_one_order(server: Server) -> None:
    """Control sequences of a terminal are removed."""
    with piped("two", "--name", "Ann", url=server.url) as ann, piped("two", "--name", "Bob", url=server.url) as bob:
        put(ann, "hello")
        assert line(ann) == "Ann: hello"
        put(bob, "\x1b[2Jfine\x07 \x9b5m‮")
        put(bob, "done")
        for each in (ann, bob):
            if each is bob:
                assert line(bob) == "Ann: hello"
            heard = line(each)
            assert heard.startswith("Bob: ")
            assert "fine" in heard
            assert heard.isprintable()
            assert line(each) == "Bob: done"
        for each, number, status in ((ann, signal.SIGINT, 130), (bob, signal.SIGTERM, 0)):
            each.send_signal(number)
            assert each.wait(timeout=60) == status


def test_over_a_restart_no_message_is_lost_or_repeated(tmp_path: Path) -> None:
    """Clients reconnect by themselves, say so on stderr, and get the messages they missed."""
    options = ("--symbols", "AAPL", "--state", str(tmp_path))
    first = Server(*options, port=own_port())
    try:
        with piped("desk", "--name", "Ann", url=first.url) as ann:
            put(ann, "before")
            assert line(ann) == "Ann: before"
            first.process.terminate()
            first.process.wait(timeout=60)
            second = Server(*options, port=first.port)
            try:
                ran = chat("meanwhile\n", "desk", "--name", "Bob", url=second.url)
                assert len(ran.stdout.splitlines()) == 2
                assert line(ann) == "Bob: meanwhile"
                put(ann, "after")
                assert line(ann) == "Ann: after"
                assert ann.stdin is not None
                ann.stdin.close()
                ann.stdin = None  # for communicate
                assert ann.wait(timeout=60) == 0
                assert ann.stderr is not None
                assert "reconnected" in ann.stderr.read()
            finally:
                second.__exit__(None, None, None)
    finally:
        first.__exit__(None, None, None)


def test_a_pipe_waits_when_it_exceeds_the_rate_limit() -> None:
    """All lines are sent."""
    with Server("--symbols", "AAPL", "--max-says-per-minute", "120") as server:
        words = [str(number) for number in range(42)]
        ran = chat("\n".join(words), "desk", "--name", "Ann", url=server.url)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert [each.rpartition(" ")[2] for each in ran.stdout.splitlines()] == words


def test_a_refused_line_is_reported(server: Server) -> None:
    """One line on stderr quotes it; the other lines are sent, and the exit status is 1."""
    ran = chat("x" * 3_000 + "\nhello\n", "long", "--name", "Ann", url=server.url)
    assert (ran.returncode, len(ran.stdout.splitlines())) == (1, 1)
    assert ran.stderr.startswith(f"ticker: not sent: {'x' * 59}…: ")
    assert "3000 characters" in ran.stderr
    assert len(ran.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("room", "url", "words"),
    [
        ("desk", "http://127.0.0.1:1", "no server at http://127.0.0.1:1: Connection refused"),
        ("desk", "ftp://127.0.0.1", "--url"),
        ("x" * 65, "", "room: "),
    ],
)
def test_an_unusable_room_or_server_is_one_line_with_status_2(server: Server, room: str, url: str, words: str) -> None:
    ran = chat("hello\n", room, url=url or server.url)
    assert (ran.returncode, ran.stdout, len(ran.stderr.splitlines())) == (2, "", 1)
    assert words in ran.stderr


def test_a_key_sets_the_name_and_the_rooms(tmp_path: Path) -> None:
    """It overrides --name."""
    path, key = tmp_path / "keys.json", tmp_path / "key"
    with editing(path) as keys:
        key.write_text(add(keys, "carl", Entitlements(rooms=("desk",)))[1])
    with Server("--symbols", "AAPL", "--keys", str(path)) as server:
        ran = chat("hello\n", "desk", "--name", "Ann", "--key-file", str(key), url=server.url)
        assert ran.stdout.endswith(" carl: hello\n")
        ran = chat("hello\n", "floor", "--key-file", str(key), url=server.url)
        assert (ran.returncode, ran.stdout) == (2, "")
        assert "not entitled" in ran.stderr
        assert "--key-file" in chat("hello\n", "desk", url=server.url).stderr


def test_on_a_terminal_lines_appear_above_the_line_being_typed(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the members, joins, leaves and notices. /quit, Ctrl-D and Ctrl-C leave."""
    monkeypatch.setenv("PROMPT_TOOLKIT_NO_CPR", "1")
    chat("earlier\n", "tty", "--name", "Zoe", url=server.url)

    def shown(terminal: Terminal, words: str) -> None:
        """Read until it has shown ``words``, ignoring control sequences."""
        while words not in CONTROL.sub("", terminal.text):
            assert terminal._read(), CONTROL.sub("", terminal.text)

    def typed(terminal: Terminal, keys: str) -> None:
        os.write(terminal._master, keys.encode())

    with Terminal(["chat", "tty", "--name", "Ann", "--url", server.url]) as ann:
        shown(ann, "* you are in tty as Ann, alone")
        shown(ann, "Zoe: earlier")
        shown(ann, "tty>")
        with Terminal(["chat", "tty", "--name", "Bob", "--url", server.url]) as bob:
            shown(bob, "* you are in tty as Bob, with Ann")
            shown(ann, "* Bob joined")
            typed(ann, "half-a-")
            shown(ann, "half-a-")
            typed(bob, "$AAPL looks heavy\r")
            shown(ann, "Bob: $AAPL looks heavy")
            shown(bob, "Bob: $AAPL looks heavy")
            assert "\x1b[0;1m$AAPL" in ann.text
            typed(ann, "line\r")
            shown(bob, "Ann: half-a-line")
            subprocess.run(
                [*COMMAND[:-1], "notify", "Maintenance", "--url", server.url],
                check=True,
                timeout=60,
                capture_output=True,
            )
            shown(bob, "* operator: Maintenance")
            typed(bob, "/quit\r")
            assert bob.end() == 0
            shown(ann, "* Bob left")
        with Terminal(["chat", "tty", "--name", "Carl", "--url", server.url]) as carl:
            shown(carl, "tty>")
            typed(carl, "\x03")
            assert carl.end() == 130
        typed(ann, "\x04")
        assert ann.end() == 0
