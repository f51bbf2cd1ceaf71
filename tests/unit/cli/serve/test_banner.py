"""The banner of `ticker serve`."""

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


def test_the_first_line_has_the_address_and_the_others_how_to_connect() -> None:
    """Programs read the address from the first line."""
    text = banner("http://127.0.0.1:9000", "walk", info("IBM", "AAPL", "MSFT"), "ticker").plain()
    lines = text.splitlines()
    assert lines[0] == f"ticker {ticker.__version__}  http://127.0.0.1:9000"
    assert "walk: a market" in text
    assert "3: IBM, AAPL, MSFT" in text
    assert "ticker watch AAPL MSFT --url http://127.0.0.1:9000" in text
    assert 'ticker.connect_sync("http://127.0.0.1:9000", ["AAPL"])' in text
    assert lines[-1] == "Ctrl-C stops."


def test_commands_leave_out_the_default_address() -> None:
    assert "--url" not in banner("http://127.0.0.1:8000", "walk", info("A"), "ticker").plain()


def test_without_known_symbols_the_example_subscribes_to_all() -> None:
    """A replay finds its symbols while it runs."""
    text = banner("http://127.0.0.1:8000", "csv", info(complete=False), "ticker").plain()
    assert "0 known so far" in text
    assert '["*"]' in text


def test_titles_and_names_are_printable_and_quoted() -> None:
    """They can't control the terminal, or be a command of the shell."""
    text = banner("http://127.0.0.1:8000", "csv", info("A; rm x", title="\x1b[2Jt"), "ticker").plain()
    assert "\x1b" not in text
    assert "watch 'A; rm x'" in text


def test_on_a_terminal_it_is_coloured_and_not_wrapped(monkeypatch: pytest.MonkeyPatch) -> None:
    """A command copied from it has no line breaks."""

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


def test_it_is_flushed() -> None:
    """Programs read the address from a pipe, which Python buffers."""

    class Pipe(io.StringIO):
        out = ""

        def flush(self) -> None:
            self.out = self.getvalue()

    pipe = Pipe()
    told = banner("http://127.0.0.1:9000", "walk", info("A"), "ticker")
    told.write(pipe)
    assert pipe.out == told.plain()


def test_the_command_is_named_as_the_shell_finds_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """`ticker` if that is this program; else its shorter path, quoted if necessary."""
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


def test_without_a_script_the_command_is_python_dash_m(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sys.argv", ["/x/ticker/__main__.py"])
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    monkeypatch.chdir(tmp_path)
    assert shell_command() == "./python -m ticker"


def test_a_replay_has_its_span_and_the_command_that_controls_it() -> None:
    """In the replay's time zone."""
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


def test_notes_have_a_line_each() -> None:
    """Printable, under one label."""
    noted = replace(info("A"), notes=("no zone in the file: taken as UTC; change with --time-zone", "b\x1bc"))
    lines = banner("http://127.0.0.1:8000", "csv", noted, "ticker", files=["day.csv"]).plain().splitlines()
    at = lines.index("  notes     no zone in the file: taken as UTC; change with --time-zone")
    assert lines[at + 1].strip().startswith("b")
    assert "\x1b" not in lines[at + 1]
    assert lines[at + 2].startswith("  browser ")


@pytest.mark.parametrize(("count", "shown", "left"), [(8, 8, 0), (9, 7, 2), (1_200, 7, 1_193)])
def test_more_than_eight_notes_are_counted(count: int, shown: int, left: int) -> None:
    """The last of the eight lines names the command that shows them all."""
    noted = replace(info("A"), notes=tuple(f"note {number}" for number in range(count)))
    text = banner("http://127.0.0.1:8000", "csv", noted, "ticker", files=["a b.csv", "c.csv"]).plain()
    assert sum("note " in line for line in text.splitlines()) == shown
    assert (f"… and {left:,} more: ticker inspect 'a b.csv' …\n" in text) == (left > 0)


def test_more_notes_of_a_feed_without_files_are_at_its_address() -> None:
    noted = replace(info("A"), notes=tuple(f"note {number}" for number in range(9)))
    text = banner("http://127.0.0.1:8000", "walk", noted, "ticker").plain()
    assert "… and 2 more: http://127.0.0.1:8000/v1/feed\n" in text
