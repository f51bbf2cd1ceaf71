"""``ticker feeds``: what is installed, and how it is set up."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from rich.console import RenderableType

    from ticker.cli.catalogue import Listing, Option

#: How wide the list is where there is no terminal to say it.
_PIPE_COLUMNS = 120


@click.command("feeds")
@click.option(
    "--json",
    "as_json",
    is_flag=True,
    envvar="TICKER_FEEDS_JSON",
    show_envvar=True,
    help="For programs: one JSON array.",
)
def command(as_json: bool) -> None:
    """List the feeds that are installed, with their options.

    A feed comes with any package that registers one; CONTRIBUTING.md tells how.
    """
    from ticker.cli.catalogue import listings

    found = list(listings())
    if as_json:
        click.echo(json.dumps([as_dict(feed) for feed in found], indent=2, ensure_ascii=False))
        return
    from rich.console import Console

    terminal = sys.stdout.isatty()
    console = Console(file=sys.stdout, width=None if terminal else _PIPE_COLUMNS, highlight=False)
    for part in renderables(found):
        console.print(part)


def as_dict(feed: Listing) -> dict[str, Any]:
    """A feed for programs; ``broken`` is null for one that works."""
    fields = asdict(feed)
    fields["options"] = [
        {**asdict(option), "flags": list(option.flags), "variable": option.variable} for option in feed.options
    ]
    return fields


def renderables(feeds: Iterable[Listing]) -> Iterable[RenderableType]:
    """The list for people: a heading a feed, and its options below."""
    from rich.text import Text

    empty = True
    for feed in feeds:
        if not empty:
            yield Text()
        empty = False
        package = f"{feed.package} {feed.version}".strip()
        yield Text.assemble((feed.name, "bold cyan"), (f"  {package}  {feed.target}", "dim"))
        if feed.broken:
            yield Text.assemble(("  ✗ broken: ", "bold red"), feed.broken)
            continue
        if feed.summary:
            yield Text(f"  {feed.summary}.")
        if feed.options:
            yield _table(feed.options)
    if empty:
        yield Text("No feed is installed.")


def _table(options: Iterable[Option]) -> RenderableType:
    from rich.padding import Padding
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim", expand=False)
    table.add_column("option", no_wrap=True, style="green")
    table.add_column("takes", no_wrap=True)
    table.add_column("default", overflow="fold", max_width=16)
    table.add_column("environment", no_wrap=True, style="dim")
    table.add_column("")
    for option in options:
        default = Text("required", "yellow") if option.required else Text(option.default or "")
        takes = "" if option.is_flag else option.kind
        row = ("/".join(option.flags), takes, default, option.variable, option.description)
        table.add_row(*(cell if isinstance(cell, Text) else Text(cell) for cell in row))
    return Padding(table, (0, 0, 0, 2))
