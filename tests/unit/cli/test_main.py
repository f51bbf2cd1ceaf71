"""The group of commands: help, statuses, and what it takes to come up."""

from __future__ import annotations

import json
import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

import ticker
from ticker.cli import Commands, main


def test_without_a_command_it_shows_its_help() -> None:
    """That is no mistake of the user's."""
    result = CliRunner().invoke(main, [])
    assert result.exit_code == 0
    for command in ("serve", "watch", "feeds"):
        assert command in result.output


def test_it_tells_its_version() -> None:
    """The package's."""
    assert CliRunner().invoke(main, ["--version"]).output == f"ticker {ticker.__version__}\n"


@pytest.mark.parametrize("args", [["serv"], ["--nonsense"], ["watch", "--rate", "often"], ["feeds", "extra"]])
def test_wrong_use_is_one_line_and_status_2(args: list[str]) -> None:
    """On stderr, and nothing on stdout."""
    result = CliRunner().invoke(main, args)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1
    assert result.stderr.startswith("ticker: ")


@pytest.mark.parametrize(
    ("raised", "status"), [(KeyboardInterrupt(), 130), (BrokenPipeError(), 0), (FileNotFoundError(2, "gone", "x"), 2)]
)
def test_every_end_has_its_status(raised: BaseException, status: int) -> None:
    """Ctrl-C before anything runs is 130; a reader who has read enough is no error."""

    @click.group(cls=Commands)
    def group() -> None:
        raise raised

    result = CliRunner().invoke(group, ["feeds"])
    assert result.exit_code == status
    assert "Traceback" not in result.output


def test_a_fault_of_the_programs_own_is_not_hidden() -> None:
    """It keeps its traceback."""

    @click.group(cls=Commands)
    def group() -> None:
        raise ZeroDivisionError

    assert isinstance(CliRunner().invoke(group, ["feeds"]).exception, ZeroDivisionError)


@pytest.mark.parametrize("args", [["--help"], ["watch", "--help"], ["--version"]])
def test_help_comes_at_once(args: list[str]) -> None:
    """Nothing that is slow to import is needed for it."""
    heavy = ["numpy", "pandas", "aiohttp", "rich", "asyncio"]
    code = (
        "import sys, json\nfrom ticker.cli import main\n"
        "try: main(sys.argv[1:])\n"
        f"except SystemExit: print(json.dumps([m for m in {heavy} if m in sys.modules]))"
    )
    ran = subprocess.run([sys.executable, "-c", code, *args], capture_output=True, text=True, check=True)
    assert json.loads(ran.stdout.splitlines()[-1]) == []
