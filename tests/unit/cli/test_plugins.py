"""Commands of other packages, found by entry points."""

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


def test_inspect_is_a_plug_in() -> None:
    assert "inspect" in installed_commands()
    assert "inspect" in CliRunner().invoke(main, ["--help"]).output


@pytest.mark.usefixtures("plugins")
def test_a_plug_in_is_listed_and_runs() -> None:
    assert "Says hello." in CliRunner().invoke(main, ["--help"]).output
    assert CliRunner().invoke(main, ["hello"]).output == "hello\n"


@pytest.mark.usefixtures("plugins")
@pytest.mark.parametrize("name", ["gone", "nowhere", "text"])
def test_a_broken_plug_in_is_an_error_of_one_line_when_it_is_called(name: str) -> None:
    """The help marks it, and lists the others."""
    result = CliRunner().invoke(main, [name, "x", "--y", "z"])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1
    assert f"the command '{name}' is broken: " in result.stderr
    listed = CliRunner().invoke(main, ["--help"])
    assert listed.exit_code == 0
    assert listed.output.count("(broken: ") == 3


@pytest.mark.usefixtures("plugins")
def test_a_plug_in_does_not_replace_a_built_in_command() -> None:
    assert CliRunner().invoke(main, ["feeds"]).output != "hello\n"
    assert CliRunner().invoke(main, ["--help"]).output.count("\n  feeds ") == 1
