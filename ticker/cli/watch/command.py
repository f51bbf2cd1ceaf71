"""``ticker watch``: prices in the terminal, or as lines for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from ticker.cli.access import access_options, key_of, trust

F = TypeVar("F", bound=Callable[..., Any])
DEFAULT_URL = "http://127.0.0.1:8000"


def _option(name: str, **more: Any) -> Callable[[F], F]:
    """An option of this command. Its variable has the command's name in it: `serve` has a --count of its own."""
    variable = "TICKER_WATCH_" + name.removeprefix("--").upper().replace("-", "_")
    return click.option(name, envvar=variable, show_envvar=True, **more)


@click.command("watch")
@click.argument("symbols", nargs=-1)
@_option("--url", default=DEFAULT_URL, show_default=True, help="The server's address.")
@_option(
    "--channel",
    type=click.Choice(["ticker", "trades", "quotes"]),
    default="ticker",
    show_default=True,
    help="The latest values of each symbol, or every single trade or quote.",
)
@_option("--rate", type=click.FloatRange(0, 1000), help="Updates a second at the most; 0: each change at once.")
@_option(
    "--encoding", type=click.Choice(["json", "msgpack"]), default="json", show_default=True, help="How it is sent."
)
@_option(
    "--output",
    type=click.Choice(["table", "jsonl", "csv"]),
    help="How it is shown.  [default: table on a terminal, jsonl elsewhere]",
)
@_option("--count", type=click.IntRange(1), metavar="NUMBER", help="End after so many updates, trades or quotes.")
@_option("--wait", is_flag=True, help="If the server isn't there, wait for it.")
@_option(
    "--transport",
    type=click.Choice(["auto", "websocket", "sse", "poll"]),
    default="auto",
    show_default=True,
    help="How prices get here. Where the network lets no WebSocket through, auto finds what does.",
)
@_option("--compress", is_flag=True, help="Ask the server to compress what it sends: for a slow link.")
@access_options
def command(
    symbols: tuple[str, ...], output: str | None, key_file: Path | None, ca: Path | None, **options: Any
) -> int:
    """Watch prices live: a table in the terminal, or lines for other programs.

    SYMBOLS are separated by blanks or commas; none at all, or '*', are all that the server has.

    \b
    ticker watch AAPL MSFT
    ticker watch AAPL --channel trades
    ticker watch | jq -c 'select(.changed.last) | [.symbol, .last]'
    ticker watch --output csv --count 10000 > prices.csv
    """
    from ticker.cli.stopping import run
    from ticker.cli.watch.run import Request, watch

    names = [name for given in symbols for name in given.split(",") if name]
    request = Request(
        symbols=names or ["*"], output=output or _fitting_output(), key=key_of(key_file), ssl=trust(ca), **options
    )
    return run(lambda stop: watch(request, stop))


def _fitting_output() -> str:
    """A table where there is a terminal that can draw one."""
    return "table" if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else "jsonl"
