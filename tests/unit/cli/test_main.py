"""The group of commands: help, exit status, start-up."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import ticker
from ticker.cli import Commands, main


def test_without_a_command_it_prints_the_help() -> None:
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    for command in ("serve", "watch", "feeds"):
        assert command in result.output


def test_it_prints_the_version() -> None:
    assert CliRunner().invoke(main, ["--version"]).output == f"ticker {ticker.__version__}\n"


@pytest.mark.parametrize("args", [["serv"], ["--nonsense"], ["watch", "--rate", "often"], ["feeds", "extra"]])
def test_a_usage_error_is_one_line_on_stderr_and_status_2(args: list[str]) -> None:
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("ticker: ")


@pytest.mark.parametrize(
    ("raised", "status"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0), (FileNotFoundError(2, "gone", "x"), 2)]
)
def test_interrupts_closed_pipes_and_errors_have_an_exit_status(raised: BaseException, status: int) -> None:
    """130 for Ctrl-C, 0 for a reader that closed the pipe."""

    @click.group(cls=Commands)
    def group() -> None:
        raise raised

    result = CliRunner().invoke(group, ["feeds"])
    assert result.exit_code == status
    assert "Traceback" not in result.output


def test_an_unexpected_exception_keeps_its_traceback() -> None:

    @click.group(cls=Commands)
    def group() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["feeds"]).exception, ZeroDivisionError)


@pytest.mark.parametrize("args", [["--help"], ["watch", "--help"], ["--version"]])
def test_help_imports_no_slow_module(args: list[str]) -> None:
    heavy = ["numpy", "pandas", "aiohttp", "rich", "asyncio"]
    code = (
        "import sys, json\nfrom ticker.cli import main\n"
        "try: main(sys.argv[1:])\n"
        f"except SystemExit: print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == []
