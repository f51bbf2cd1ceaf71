"""The banner: where the server is, what it feeds, and how to connect."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import pytest

import ticker
from ticker.cli.serve.banner import banner, shell_command
from ticker.feed.feed import FeedInfo, ReplayStatus
from ticker.model import SymbolTable

#: 2024-01-03 09:30:00 in New York.
OPEN = 1_704_292_200 * 10**9


def info(*names: str, title: str = "a market", complete: bool = True) -> FeedInfo:
    return FeedInfo(symbols=SymbolTable(names), title=title, complete=complete)


def test_it_tells_the_address_first_and_then_how_to_connect() -> None:
    """The first line is what programs read it for."""
    text = banner("http://127.0.0.1:9000", "walk", info("IBM", "AAPL", "MSFT"), "ticker").plain()
    lines = text.splitlines()
    assert lines[0] == f"ticker {ticker.__version__}  http://127.0.0.1:9000"
    assert "walk: a market" in text
    assert "3: IBM, AAPL, MSFT" in text
    assert "ticker watch AAPL MSFT --url http://127.0.0.1:9000" in text
    assert 'ticker.connect("ws://127.0.0.1:9000", ["AAPL"])' in text
    assert lines[-1] == "Ctrl-C stops."


def test_the_usual_address_need_not_be_given() -> None:
    """`ticker watch` looks there by itself."""
    assert "--url" not in banner("http://127.0.0.1:8000", "walk", info("A"), "ticker").plain()


def test_a_feed_that_knows_no_symbols_yet_shows_how_to_take_all() -> None:
    """A replay learns them while it runs."""
    text = banner("http://127.0.0.1:8000", "csv", info(complete=False), "ticker").plain()
    assert "0 known so far" in text
    assert '["*"]' in text


def test_names_are_for_reading_only() -> None:
    """A title can't steer the terminal, and a name can't be a command of the shell."""
    text = banner("http://127.0.0.1:8000", "csv", info("A; rm x", title="\x1b[2Jt"), "ticker").plain()
    assert "\x1b" not in text
    assert "watch 'A; rm x'" in text


def test_on_a_terminal_it_says_the_same_in_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    """And doesn't break its lines: a command is copied out of it."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "20")
    told = banner("http://127.0.0.1:9000", "walk", info("AAPL", "MSFT"), "ticker")
    plain, coloured = io.StringIO(), Terminal()
    told.write(plain)
    told.write(coloured)
    assert plain.getvalue() == told.plain()
    assert "\x1b[" in coloured.getvalue()
    assert "ticker watch AAPL MSFT --url http://127.0.0.1:9000\n" in coloured.getvalue()


def test_it_is_out_when_it_was_written() -> None:
    """Programs read the address from a pipe, which Python fills in blocks otherwise."""

    class Pipe(io.StringIO):
        out = ""

        def flush(self) -> None:
            self.out = self.getvalue()

    pipe = Pipe()
    told = banner("http://127.0.0.1:9000", "walk", info("A"), "ticker")
    told.write(pipe)
    assert pipe.out == told.plain()


def test_the_command_is_called_as_the_shell_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`ticker` if that is this program; else its path, from here if that is shorter, quoted if need be."""
    program = tmp_path / "a b" / "ticker"
    program.parent.mkdir()
    program.touch(0o755)
    monkeypatch.setattr("sys.argv", [str(program)])
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", str(program.parent))
    assert shell_command() == "ticker"
    monkeypatch.setenv("PATH", "/nowhere")
    assert shell_command() == "'a b/ticker'"
    monkeypatch.chdir("/")
    assert shell_command() == f"'{str(program)[1:]}'"
    monkeypatch.chdir(program.parent)
    assert shell_command() == "./ticker"


def test_python_dash_m_is_told_as_such_where_there_is_no_command(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """An environment without scripts."""
    monkeypatch.setattr("sys.argv", ["/x/ticker/__main__.py"])
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.chdir(tmp_path)
    assert shell_command() == "./python -m ticker"


def test_a_replay_is_told_with_its_span_and_how_to_control_it() -> None:
    """In the replay's own time zone."""
    status = ReplayStatus(
        state="playing",
        position=OPEN,
        first=OPEN,
        last=OPEN + 23_400 * 10**9,
        speed=60,
        loop=True,
        time_zone="America/New_York",
    )
    text = banner("http://127.0.0.1:9000", "csv", info("A"), "ticker", status).plain()
    assert "replay    2024-01-03 09:30:00 – 16:00:00 (New York), at 60 times its pace, in a loop\n" in text
    assert "control   ticker replay pause --url http://127.0.0.1:9000 (or resume, step, seek 10:30," in text
    usual = banner("http://127.0.0.1:8000", "csv", info("A"), "ticker", replace(status, speed=0, loop=False)).plain()
    assert "16:00:00 (New York), as fast as possible\n" in usual
    assert "control   ticker replay pause (or resume" in usual
