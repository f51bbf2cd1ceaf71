"""``ticker keys``: makes, lists and revokes the keys that clients show a server. Knows no server: only the file."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import click

DEFAULT = Path("ticker-keys.json")

_file = click.option(
    "--keys",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT,
    envvar="TICKER_KEYS",
    show_envvar=True,
    show_default=True,
    help="The file of keys.",
)


@click.group("keys", invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Make, list and revoke the keys that clients show the server.

    A server that runs with --keys FILE takes a change within seconds, without a restart.

    \b
    ticker keys add desk
    ticker keys add partner --symbols 'AAPL,FX:*' --channels ticker,bars --rate 2 --expires 30d
    ticker serve --host 0.0.0.0 --keys ticker-keys.json
    """
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@command.command("add")
@click.argument("name")
@_file
@click.option(
    "--symbols", default="*", show_default=True, help="Which symbols: names and patterns, with commas between."
)
@click.option("--channels", metavar="LIST", help="Which of ticker, trades, quotes and bars.  [default: all]")
@click.option("--rooms", default="*", show_default=True, help="Which rooms of the chat: as with --symbols.")
@click.option(
    "--rate",
    type=click.FloatRange(0.5),
    metavar="HZ",
    help="At most so many updates a second, and bars; trades and quotes come one by one (see --channels).",
)
@click.option(
    "--connections",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="At most so many at the same time.  [default: the server's --max-connections-per-key]",
)
@click.option(
    "--expires", metavar="WHEN", help="A date (2027-01-31), or how long it holds (30d, 12h).  [default: never]"
)
@click.option("--admin", is_flag=True, help="May see who is connected and the metrics, and move a replay's clock.")
def add_(name: str, path: Path, expires: str | None, **asked: Any) -> None:
    """Make a key called NAME, and print it: this once, for the file has only its hash."""
    from ticker.auth.entitlements import Entitlements
    from ticker.auth.keys import add, editing
    from ticker.cli.failure import Failure

    try:
        may = Entitlements(
            symbols=tuple(_listed(asked["symbols"])),
            **({} if asked["channels"] is None else {"channels": tuple(_listed(asked["channels"]))}),
            rooms=tuple(_listed(asked["rooms"])),
            rate=asked["rate"],
            connections=asked["connections"],
            admin=asked["admin"],
        )
        ends = None if expires is None else _moment(expires)
    except ValueError as error:
        raise Failure(f"--{error}") from error
    with editing(path) as keys:
        _, secret = add(keys, name, may, expires=ends)
    click.echo(secret)
    click.echo(f"ticker: {name} is in {path}; the key above is not told again", err=True)


@command.command("list")
@_file
@click.option("--json", "as_json", is_flag=True, help="For programs.")
def list_(path: Path, as_json: bool) -> None:
    """Show all keys, without their secrets."""
    import time

    import msgspec

    from ticker.auth.keys import Keys

    rows = Keys.read(path).rows
    if as_json:
        hidden = [{k: v for k, v in msgspec.to_builtins(row).items() if k != "sha256"} for row in rows]
        click.echo(json.dumps(hidden))
        return
    table = [("id", "name", "made", "ends", "symbols", "channels", "rooms", "rate", "connections", "")]
    for row in rows:
        may = row.may
        ends = "never" if row.expires is None else _day(row.expires)
        table.append(
            (
                row.id,
                row.name,
                _day(row.created),
                f"{ends} (over)" if row.expired(time.time()) else ends,
                ",".join(may.symbols),
                ",".join(may.channels),
                ",".join(may.rooms),
                "any" if may.rate is None else f"{may.rate:g} Hz",
                "any" if may.connections is None else str(may.connections),
                "admin" if may.admin else "",
            )
        )
    if sys.stdout.isatty():
        from rich.console import Console
        from rich.table import Table
        from rich.text import Text

        shown = Table(*table[0], box=None, header_style="bold", pad_edge=False)
        for each in table[1:]:
            shown.add_row(*map(Text, each))
        Console(highlight=False).print(shown)
    else:
        for each in table:
            click.echo("\t".join(each))


@command.command("revoke")
@click.argument("name")
@_file
def revoke_(name: str, path: Path) -> None:
    """Take the key called NAME (or with that id) away. Who is connected with it is disconnected."""
    from ticker.auth.keys import editing, revoke

    with editing(path) as keys:
        gone = revoke(keys, name)
    click.echo(f"ticker: {gone.name} ({gone.id}) is revoked", err=True)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _moment(text: str) -> int:
    """Seconds since 1970 UTC. Raises ``ValueError``."""
    import time

    from ticker.timeparse import duration_ns, moment_ns

    now_ns = time.time_ns()
    try:
        found = now_ns + _days_ns(text) if text.endswith("d") else now_ns + duration_ns(text)
    except ValueError:
        try:
            found = moment_ns(text if "T" in text else f"{text}T00:00:00", now_ns, "UTC")
        except ValueError:
            raise ValueError(f"expires: say 2027-01-31, or 30d, or 12h, not {text!r}") from None
    if found <= now_ns:
        raise ValueError(f"expires: {text} is over already")
    return found // 1_000_000_000


def _days_ns(text: str) -> int:
    return int(float(text[:-1]) * 86_400e9)


def _day(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
