"""``ticker keys``: creates, lists and revokes API keys in a key file."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ticker.auth.keys import Key

from ticker.cli.action_group import ActionGroup

DEFAULT = Path("ticker-keys.json")

_file = click.option(
    "--keys",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    default=DEFAULT,
    envvar="TICKER_KEYS",
    show_envvar=True,
    show_default=True,
    help="The key file.",
)


@click.group("keys", cls=ActionGroup, invoke_without_command=True)
@click.pass_context
def command(ctx: click.Context) -> None:
    """Create, list and revoke API keys.

    A server running with --keys FILE applies changes within seconds, without a restart.

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
@click.option("--symbols", default="*", show_default=True, help="Symbols: names and patterns, separated by commas.")
@click.option("--channels", metavar="LIST", help="Any of ticker, trades, quotes, bars.  [default: all]")
@click.option("--rooms", default="*", show_default=True, help="Chat rooms: names and patterns.")
@click.option(
    "--rate",
    type=click.FloatRange(0.5),
    metavar="HZ",
    help="Maximum updates per second, of prices and bars; trades and quotes are not conflated.",
)
@click.option(
    "--connections",
    type=click.IntRange(1),
    metavar="NUMBER",
    help="Maximum number of connections.  [default: the server's --max-connections-per-key]",
)
@click.option("--expires", metavar="WHEN", help="A date (2027-01-31) or a duration (30d, 12h).  [default: never]")
@click.option(
    "--admin",
    is_flag=True,
    help="May list clients, read metrics, send notices, control a replay, and remove alerts and rooms.",
)
def add_(name: str, path: Path, expires: str | None, **given: Any) -> None:
    """Create a key and print it.

    The file stores only its hash, so the key can't be shown again.
    """
    from ticker.auth.entitlements import Entitlements
    from ticker.auth.keys import add, editing
    from ticker.cli.failure import Failure, drop_output

    try:
        may = Entitlements(
            symbols=tuple(_listed(given["symbols"])),
            **({} if given["channels"] is None else {"channels": tuple(_listed(given["channels"]))}),
            rooms=tuple(_listed(given["rooms"])),
            rate=given["rate"],
            connections=given["connections"],
            admin=given["admin"],
        )
        ends = None if expires is None else _expiry_s(expires)
    except ValueError as error:
        raise Failure(f"--{error}") from error
    with editing(path) as keys:
        _, secret = add(keys, name, may, expires=ends)
        try:
            click.echo(secret)
            sys.stdout.flush()
        except OSError as error:
            # The key is not stored then: it would be lost.
            drop_output()
            raise Failure(
                f"no key was created, because it can't be printed: {error.filename}: {error.strerror}"
            ) from error
    click.echo(f"ticker: added {name} to {path}; the key above is not shown again", err=True)


@command.command("list")
@_file
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def list_(path: Path, as_json: bool) -> None:
    """List all keys, without secrets. Warns of names that can be mistaken for others."""
    import msgspec

    from ticker.auth.keys import Keys

    rows = Keys.read(path).rows
    for warning in _warnings(rows):
        click.echo(f"ticker: warning: {warning}", err=True)
    if as_json:
        hidden = [{k: v for k, v in msgspec.to_builtins(row).items() if k != "sha256"} for row in rows]
        click.echo(json.dumps(hidden))
        return
    table = [("id", "name", "created", "expires", "symbols", "channels", "rooms", "rate", "connections", "")]
    for row in rows:
        may = row.may
        ends = "never" if row.expires is None else _day(row.expires)
        table.append(
            (
                row.id,
                row.name,
                _day(row.created),
                f"{ends} (expired)" if row.expired else ends,
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
    """Revoke the key with this NAME or id, and disconnect its clients."""
    from ticker.auth.keys import editing, revoke

    with editing(path) as keys:
        gone = revoke(keys, name)
    click.echo(f"ticker: revoked {gone.name} ({gone.id})", err=True)


def _warnings(rows: list[Key]) -> Iterator[str]:
    from ticker.confusables import NameIndex, reserved

    before = NameIndex()
    for row in rows:
        if name := reserved(row.name):
            like = "is" if row.name == name else f"looks like {name}, which is"
            yield f"the name {row.name!r} {like} reserved for notices: its clients get prices, but can't join rooms"
        other = before.find(row.name)
        if other is not None and other != row.name:
            yield f"the names {other!r} and {row.name!r} look alike; in a room the second to join gets a number"
        before.add(row.name)


def _listed(text: str) -> list[str]:
    return [part.strip() for part in text.split(",") if part.strip()]


def _expiry_s(text: str) -> int:
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
            raise ValueError(f"expires: {text!r} is no date like 2027-01-31 and no duration like 30d") from None
    if found <= now_ns:
        raise ValueError(f"expires: {text} is in the past")
    return found // 1_000_000_000


def _days_ns(text: str) -> int:
    return int(float(text[:-1]) * 86_400e9)


def _day(seconds: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d")
