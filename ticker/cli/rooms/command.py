"""``ticker rooms``: lists and removes the chat rooms of a running server over HTTP."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, TypeVar

import click

from ticker.cli.action_group import ActionGroup
from ticker.cli.http import fetch
from ticker.cli.listing import Duration, ago, check_selection, confirm, count, print_table, with_query
from ticker.cli.server import Server, option, server_options

F = TypeVar("F", bound=Callable[..., Any])
_PATH = "/v1/rooms"


def _options(function: F) -> F:
    """The options of every subcommand."""
    for add in (
        option("rooms", "--json", "as_json", is_flag=True, help="Print the server's answer as JSON."),
        click.option("--idle", type=Duration(), metavar="DURATION", help="Rooms not used for this long: 30d, 12h."),
        click.option("--empty/--occupied", default=None, help="Rooms without members, or with members."),
        click.option("--source", metavar="NAME", help="Rooms created by this key or address (IPv6: its /64)."),
        click.option("--room", metavar="ROOM", help="The room of this name."),
        server_options("rooms"),
    ):
        function = add(function)
    return function


@click.group("rooms", cls=ActionGroup, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List and remove the chat rooms of a running server.

    It requires a key made with --admin or, without authentication, localhost.

    \b
    ticker rooms list --empty
    ticker rooms remove --source 198.51.100.7
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("list")
@_options
def list_(server: Server, as_json: bool, **selection: Any) -> None:
    """List the rooms, all or those that the options select."""
    answer = fetch(server, with_query(_PATH, selection), has={"rooms"})
    if as_json:
        click.echo(json.dumps(answer))
        return
    rows = [
        (row["room"], row["source"], row["members"], row["messages"], row["bytes"], ago(row["idle"]))
        for row in answer["rooms"]
    ]
    print_table(("room", "source", "members", "messages", "bytes", "idle"), rows)


@command.command("remove")
@click.option("--all", "all_", is_flag=True, help="Remove all rooms.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_options
def remove(server: Server, as_json: bool, all_: bool, yes: bool, **selection: Any) -> None:
    """Remove the rooms that all given options select, with their messages.

    Their members leave them, and may create them again.
    """
    chosen = check_selection(selection, all_=all_, options="--room, --source, --empty, --occupied, --idle")
    found = fetch(server, with_query(_PATH, chosen), has={"rooms"})["rooms"]
    if found:
        members = sum(row["members"] for row in found)
        confirm(f"Remove {count(len(found), 'room')} with {count(members, 'member')}?", yes=yes)
    answer = fetch(server, _PATH, {"action": "remove", "all": all_, **chosen}, has={"removed", "members"})
    click.echo(json.dumps(answer) if as_json else f"removed {count(answer['removed'], 'room')}")
