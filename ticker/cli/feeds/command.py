"""``ticker feeds``: lists the installed feeds and their options."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ticker.cli.catalogue import Listing


_ENVIRONMENT = "In the environment, --time-zone is TICKER_TIME_ZONE, and so on."


@click.command("feeds")
@click.option(
    "--json", "as_json", is_flag=True, envvar="TICKER_FEEDS_JSON", show_envvar=True, help="Print a JSON array."
)
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """List the installed feeds and their options.

    Other packages can provide feeds; see CONTRIBUTING.md.
    """
    from ticker.cli.catalogue import listings

    found = list(listings())
    if as_json:
        click.echo(json.dumps([_as_dict(feed) for feed in found], indent=2, ensure_ascii=False))
    elif found:
        click.echo("\n\n".join([*(_as_text(ctx, feed) for feed in found), _ENVIRONMENT]))
    else:
        click.echo("No feed is installed.")


def _as_dict(feed: Listing) -> dict[str, Any]:
    fields = asdict(feed)
    fields["options"] = [
        {**asdict(option), "flags": list(option.flags), "variable": option.variable} for option in feed.options
    ]
    return fields


def _as_text(ctx: click.Context, feed: Listing) -> str:
    """The feed's name and package, its summary, and its options as `ticker serve --help` shows them."""
    from ticker.cli.feed_params import feed_params, write_options

    formatter = ctx.make_formatter()
    package = f"{feed.package} {feed.version}".strip()
    title = click.style(feed.name, fg="cyan", bold=True)
    formatter.write(f"{title}  {click.style(f'{package}  {feed.target}', dim=True)}\n")
    with formatter.indentation():
        if feed.broken:
            formatter.write_text(f"✗ broken: {feed.broken}")
        elif feed.summary:
            formatter.write_text(f"{feed.summary}.")
    write_options(ctx, formatter, [("Options", feed_params(feed))])
    return formatter.getvalue().rstrip("\n")
