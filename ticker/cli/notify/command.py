"""``ticker notify``: a word from the server's operator to everybody who is connected. Knows its HTTP side alone."""

from __future__ import annotations

from pathlib import Path

import click

from ticker.cli.access import access_options, key_of, trust
from ticker.cli.asking import ask
from ticker.cli.watch.command import DEFAULT_URL


@click.command("notify")
@click.argument("text")
@click.option(
    "--to",
    metavar="NAME",
    envvar="TICKER_NOTIFY_TO",
    show_envvar=True,
    help="Tell the clients of this key (or of this `sub`, where they bring tokens) alone.",
)
@click.option(
    "--url",
    default=DEFAULT_URL,
    envvar="TICKER_NOTIFY_URL",
    show_envvar=True,
    show_default=True,
    help="The server's address.",
)
@access_options
def command(text: str, to: str | None, url: str, key_file: Path | None, ca: Path | None) -> None:
    """Tell everybody who is connected something: a TEXT in their dashboards, terminals and programs.

    It takes a key made with --admin, where the server asks for keys. Who is not connected now will not be told.

    \b
    ticker notify "Maintenance at 17:00"
    ticker notify "Your key ends tomorrow" --to partner
    """
    body: dict[str, object] = {"text": text} if to is None else {"text": text, "to": to}
    reached = ask(url, "/v1/notices", body, key_of(key_file), trust(ca), has={"reached"})["reached"]
    click.echo(f"told {reached} {'client' if reached == 1 else 'clients'}")
