"""The common options of a group's commands stand before or after the command's name."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from ticker.cli import main
from ticker.cli.action_group import ActionGroup


@click.group(cls=ActionGroup, invoke_without_command=True)
@click.pass_context
def group(ctx: click.Context) -> None:
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@group.command()
@click.argument("speed")
@click.option("--url", envvar="TOY_URL", default="none", help="Address of the server.")
@click.option("--json/--text", "as_json", default=False)
@click.option("--own")
def speed(speed: str, url: str, as_json: bool, own: str | None) -> None:
    click.echo(f"speed {speed} {url} {as_json} {own}")


@group.command()
@click.option("--url", default="none", help="Address of the server.")
@click.option("--json/--text", "as_json", default=False)
def pause(url: str, as_json: bool) -> None:
    click.echo(f"pause {url} {as_json}")


def run(args: Sequence[str], **env: str) -> Result:
    return CliRunner().invoke(group, list(args), env=env)


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("pause --url A", "pause A False"),
        ("--url A pause", "pause A False"),
        ("--url=A pause", "pause A False"),
        ("--json --url A pause", "pause A True"),
        ("--json pause --text --url B", "pause B False"),
        ("--url A pause --url B", "pause B False"),
        ("--url pause pause", "pause pause False"),
        ("--url A speed 20 --own x", "speed 20 A False x"),
        ("--json speed 20 --url A", "speed 20 A True None"),
    ],
)
def test_options_may_stand_on_both_sides(line: str, said: str) -> None:
    """The one after the command's name counts, if both are given."""
    found = run(line.split())
    assert (found.exit_code, found.output) == (0, said + "\n")


def test_an_option_before_the_command_counts_more_than_the_environment() -> None:
    assert run(["--url", "A", "speed", "1"], TOY_URL="B").output == "speed 1 A False None\n"
    assert run(["speed", "1"], TOY_URL="B").output == "speed 1 B False None\n"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--url A", "Missing command: one of pause, speed."),
        ("--url pause", "Missing command: one of pause, speed."),
        ("--own x speed 1", "No such option"),
        ("--url A nothing", "No such command 'nothing'"),
    ],
)
def test_what_is_missing_or_unknown_is_an_error(line: str, said: str) -> None:
    found = run(line.split())
    assert found.exit_code == 2
    assert said in found.output


@pytest.mark.parametrize("line", ["", "--help", "--url A --help"])
def test_the_help_lists_the_common_options(line: str) -> None:
    """And not those of one command."""
    found = run(line.split())
    assert found.exit_code == 0
    assert "Options of all commands, before or after the command:\n  --url TEXT" in found.output
    assert "--json / --text" in found.output
    assert "--own" not in found.output


@pytest.mark.parametrize("name", ["replay", "keys"])
def test_the_groups_of_ticker_accept_them(name: str) -> None:
    found = CliRunner().invoke(main, [name, "--help"])
    assert "Options of all commands, before or after the command:" in found.output


def test_keys_are_added_and_listed_in_the_file_before_the_command(tmp_path: Path) -> None:
    path = str(tmp_path / "keys.json")
    assert CliRunner().invoke(main, ["keys", "--keys", path, "add", "desk"]).exit_code == 0
    listed = CliRunner().invoke(main, ["keys", "list", "--keys", path]).output
    assert "desk" in listed
    assert CliRunner().invoke(main, ["keys", "--keys", path, "list"]).output == listed
