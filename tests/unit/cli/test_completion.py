"""Shell completion: the scripts, and the answers to their requests."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.cli_feeds import feeds as feeds
from ticker.cli import main

pytestmark = pytest.mark.usefixtures("feeds")


def completed(*words: str) -> set[tuple[str, str]]:
    """The kinds and values that complete the last word."""
    env = {"_TICKER_COMPLETE": "bash_complete", "COMP_WORDS": " ".join(words), "COMP_CWORD": str(len(words) - 1)}
    result = CliRunner().invoke(main, prog_name="ticker", env=env)
    assert result.exit_code == 0, result.output
    lines = [line.partition(",") for line in result.stdout.splitlines()]
    return {(kind, value) for kind, _, value in lines}


@pytest.mark.parametrize("shell", ["zsh", "fish"])
def test_the_script_for_a_shell_is_printed(shell: str) -> None:
    result = CliRunner().invoke(main, prog_name="ticker", env={"_TICKER_COMPLETE": f"{shell}_source"})
    assert result.exit_code == 0
    assert f"_TICKER_COMPLETE={shell}_complete" in result.stdout


def test_commands_and_options_are_completed() -> None:
    """Options of the chosen feed too, and on a line that is not finished or not valid."""
    assert ("plain", "serve") in completed("ticker", "se")
    assert completed("ticker", "serve", "--fe") == {("plain", "--feed")}
    assert completed("ticker", "serve", "--feed", "plain", "--spe") == {("plain", "--speed")}
    assert completed("ticker", "serve", "--feed", "nonsense", "--po") == {("plain", "--port")}
    assert ("plain", "--max-memory") in completed("ticker", "serve", "--config", "none.toml", "--max-m")
    assert ("plain", "add") in completed("ticker", "keys", "")


def test_values_are_completed() -> None:
    """Names of feeds, choices, and files."""
    assert completed("ticker", "serve", "--feed", "") == {("plain", name) for name in ("gone", "odd", "plain", "sine")}
    assert completed("ticker", "serve", "--log-level", "w") == {("plain", "warning")}
    assert completed("ticker", "serve", "--feed", "sine", "--venue", "") == {("plain", "lit"), ("plain", "dark")}
    for words in (
        ["da"],
        ["--keys", "da"],
        ["--feed", "plain", "--path", "da"],
        ["--feed", "plain", "--path", "a", "da"],
    ):
        assert completed("ticker", "serve", *words) == {("file", "da")}
    assert completed("ticker", "inspect", "da") == {("file", "da")}


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes_after_the_documented_line() -> None:
    """The command is found on the PATH, as in a user's shell."""
    script = (
        'eval "$(_TICKER_COMPLETE=bash_source ticker)"; complete -p ticker; '
        'COMP_WORDS=(ticker serve --fe); COMP_CWORD=2; _ticker_completion ticker; echo "${COMPREPLY[@]}"'
    )
    path = f"{Path(sys.executable).parent}:/usr/bin:/bin"
    ran = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True, env={"PATH": path})
    assert "_ticker_completion ticker" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "--feed"
