"""``ticker alerts``: lists and removes the alerts on a running server over HTTP."""

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
_PATH = "/v1/alerts"


def _options(function: F) -> F:
    """The options of every subcommand."""
    for add in (
        option("alerts", "--json", "as_json", is_flag=True, help="Print the server's answer as JSON."),
        click.option("--away", type=Duration(), metavar="DURATION", help="Owners away for this long: 30d, 12h."),
        click.option("--id", "id", metavar="ID", help="Alerts with this id."),
        click.option("--symbol", metavar="SYMBOL", help="Alerts on this symbol."),
        click.option("--source", metavar="ADDRESS", help="Alerts that count towards this address (IPv6: its /64)."),
        click.option("--owner", metavar="OWNER", help="Alerts of this owner, as the list shows it."),
        server_options("alerts"),
    ):
        function = add(function)
    return function


@click.group("alerts", cls=ActionGroup, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """List and remove the alerts on a running server.

    It requires a key made with --admin or, without authentication, localhost. Without authentication an owner is a
    client's secret: the list shows a hash of it.

    \b
    ticker alerts list --away 30d
    ticker alerts remove --source 198.51.100.7
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("list")
@click.option("--limit", type=click.IntRange(0, 10_000), default=1_000, show_default=True, help="Number of rows.")
@_options
def list_(server: Server, as_json: bool, limit: int, **selection: Any) -> None:
    """List alerts, of all owners or of those that the options select."""
    answer = fetch(server, with_query(_PATH, {**selection, "limit": limit}), has={"alerts", "total", "owners"})
    if as_json:
        click.echo(json.dumps(answer))
        return
    rows = [
        (
            *(row["owner"], row["source"], row["id"], row["symbol"], row["when"], row["state"]),
            "connected" if row["connected"] else ago(row["away"]),
        )
        for row in answer["alerts"]
    ]
    print_table(("owner", "source", "id", "symbol", "when", "state", "away"), rows)
    if len(rows) < answer["total"]:
        click.echo(f"ticker: {len(rows):,} of {count(answer['total'], 'alert')}; see --limit", err=True)


@command.command("remove")
@click.option("--all", "all_", is_flag=True, help="Remove the alerts of all owners.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@_options
def remove(server: Server, as_json: bool, all_: bool, yes: bool, **selection: Any) -> None:
    """Remove the alerts that all given options select.

    Alerts that have fired and wait for their owner are still delivered.
    """
    chosen = check_selection(selection, all_=all_, options="--owner, --source, --symbol, --id, --away")
    found = fetch(server, with_query(_PATH, {**chosen, "limit": 0}), has={"total", "owners"})
    if found["total"]:
        confirm(f"Remove {count(found['total'], 'alert')} of {count(found['owners'], 'owner')}?", yes=yes)
    body = {"action": "remove", "all": all_, **chosen}
    answer = fetch(server, _PATH, body, has={"removed", "owners"}, within_s=60.0)
    click.echo(json.dumps(answer) if as_json else f"removed {count(answer['removed'], 'alert')}")
