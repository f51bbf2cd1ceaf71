"""``ticker watch``: prices in the terminal, or as lines for other programs."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

import click

from ticker.cli.server import F, option, server_options
from ticker.cli.symbol_list import split_symbols


def _choice(name: str, *choices: str, help: str) -> Callable[[F], F]:  # noqa: A002 - click's name
    return option("watch", name, type=click.Choice(choices), default=choices[0], show_default=True, help=help)


@click.command("watch")
@click.argument("symbols", nargs=-1)
@_choice("--channel", "ticker", "trades", "quotes", help="The latest values, or every trade or quote.")
@option(
    "watch",
    "--rate",
    type=click.FloatRange(0, 1000),
    metavar="HZ",
    help="Maximum updates per second; 0: each change at once.",
)
@_choice("--encoding", "json", "msgpack", help="Encoding on the wire.")
@option(
    "watch",
    "--output",
    type=click.Choice(["table", "jsonl", "csv"]),
    help="Output format.  [default: table on a terminal, otherwise jsonl]",
)
@option("watch", "--count", type=click.IntRange(1), metavar="NUMBER", help="End after this many updates or ticks.")
@option("watch", "--wait", is_flag=True, help="Wait for the server if it is not running.")
@_choice("--transport", "auto", "websocket", "sse", "poll", help="auto falls back where WebSockets are blocked.")
@option("watch", "--compress", is_flag=True, help="Request compression, for slow networks.")
@server_options("watch")
def command(symbols: tuple[str, ...], output: str | None, **options: Any) -> int:
    """Watch live prices in the terminal.

    Shows a table, or prints lines for other programs. In CSV, for spreadsheets, a text that begins like a formula gets
    a quote before it; JSON lines have each text as it is.

    SYMBOLS are separated by blanks or commas. Without any, or with '*', all symbols are shown. A comma that belongs
    to a symbol is written %2C.

    \b
    ticker watch AAPL MSFT
    ticker watch AAPL --channel trades
    ticker watch | jq -c 'select(.changed.last) | [.symbol, .last]'
    ticker watch --output csv --count 10000 > prices.csv
    """
    from ticker.cli.stopping import run
    from ticker.cli.watch.run import WatchRequest, watch

    names = [name for given in symbols for name in split_symbols(given)]
    request = WatchRequest(symbols=names or ["*"], output=output or _default_output(), **options)
    return run(lambda stop: watch(request, stop))


def _default_output() -> str:
    """A table on a terminal that can draw one."""
    return "table" if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else "jsonl"
