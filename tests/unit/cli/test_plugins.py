"""Commands from other packages: found by entry point, and unable to hurt the rest."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import click
import pytest
from click.testing import CliRunner

from ticker.cli import main
from ticker.cli.plugins import GROUP, installed_commands


@click.command("hello", help="Says hello.")
def hello() -> None:
    click.echo("hello")


no_command = "a text"


@pytest.fixture
def plugins(monkeypatch: pytest.MonkeyPatch) -> None:
    """Those of this module are installed: one that works, three that don't, and one under a name that is taken."""
    targets = {
        "hello": f"{__name__}:hello",
        "gone": f"{__name__}:gone",
        "nowhere": "no.such.module:command",
        "text": f"{__name__}:no_command",
        "feeds": f"{__name__}:hello",
    }
    points = [EntryPoint(name, target, GROUP) for name, target in targets.items()]
    monkeypatch.setattr("ticker.cli.plugins.entry_points", lambda group: points if group == GROUP else [])


def test_inspect_comes_in_by_this_door() -> None:
    """Like anybody's command."""
    assert "inspect" in installed_commands()
    assert "inspect" in CliRunner().invoke(main, ["--help"]).output


@pytest.mark.usefixtures("plugins")
def test_a_plug_in_is_a_command_like_the_others() -> None:
    """In the help, and when it is named."""
    assert "Says hello." in CliRunner().invoke(main, ["--help"]).output
    assert CliRunner().invoke(main, ["hello"]).output == "hello\n"


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["gone", "nowhere", "text"])
def test_a_broken_one_says_so_when_it_is_named(name: str) -> None:
    """In one line, whatever it was given; the help shows the others, and that it is broken."""
    result = CliRunner().invoke(main, [name, "x", "--y", "z"])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert f"the command '{name}' is broken: " in result.stderr
    listed = CliRunner().invoke(main, ["--help"])
    assert listed.exit_code == 0
    assert listed.output.count("(broken: ") == 3


@pytest.mark.usefixtures("plugins")
def test_a_command_of_tickers_own_is_not_replaced() -> None:
    """And stands in the help once."""
    assert CliRunner().invoke(main, ["feeds"]).output != "hello\n"
    assert CliRunner().invoke(main, ["--help"]).output.count("\n  feeds ") == 1
