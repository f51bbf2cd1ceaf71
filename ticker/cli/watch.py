"""``ticker watch``: prices in the terminal, or as lines for other programs."""

from __future__ import annotations

import asyncio
import logging
import os
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ticker.cli.failure import Failure, printable

if TYPE_CHECKING:
    from ticker.cli.stopping import Stop
    from ticker.client import Stream

F = TypeVar("F", bound=Callable[..., Any])
_LOG_LINE = "ticker: %(message)s"
DEFAULT_URL = "http://127.0.0.1:8000"


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be watched, and how it is shown. ``output`` is ``table``, ``jsonl`` or ``csv``."""

    symbols: Sequence[str]
    url: str
    channel: str
    encoding: str
    rate: float | None
    output: str
    count: int | None
    wait: bool


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
def command(symbols: tuple[str, ...], output: str | None, **options: Any) -> int:
    """Watch prices live: a table in the terminal, or lines for other programs.

    SYMBOLS are separated by blanks or commas; none at all, or '*', are all that the server has.

    \b
    ticker watch AAPL MSFT
    ticker watch AAPL --channel trades
    ticker watch | jq -c 'select(.changed.last) | [.symbol, .last]'
    ticker watch --output csv --count 10000 > prices.csv
    """
    from ticker.cli.stopping import run

    names = [name for given in symbols for name in given.split(",") if name]
    request = Request(symbols=names or ["*"], output=output or _fitting_output(), **options)
    return run(lambda stop: _watch(request, stop))


def _fitting_output() -> str:
    """A table where there is a terminal that can draw one."""
    return "table" if sys.stdout.isatty() and os.environ.get("TERM") != "dumb" else "jsonl"


async def _watch(request: Request, stop: Stop) -> int:
    """Show until it ends by itself, or the user stops it."""
    showing = asyncio.create_task(_show(request))
    asked = asyncio.create_task(stop.wait())
    await asyncio.wait({showing, asked}, return_when=asyncio.FIRST_COMPLETED)
    asked.cancel()
    if not showing.done():
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
        return stop.status
    await showing
    return 0


async def _show(request: Request) -> None:
    import ticker
    from ticker.cli.logs import logging_to_stderr

    try:
        stream = ticker.connect(
            request.url,
            request.symbols,
            channel=request.channel,
            encoding=request.encoding,
            rate=request.rate if request.channel == "ticker" else None,
            wait=request.wait,
        )
    except ValueError as error:
        raise Failure(f"--url: {error}") from error
    # What is not logged to stderr on purpose is not logged there by default either.
    logging.getLogger("ticker").addHandler(logging.NullHandler())
    with ExitStack() as log:
        if request.wait:
            log.enter_context(logging_to_stderr("warning", _LOG_LINE))
        try:
            await stream.open()
        except ConnectError as error:
            raise Failure(f"{error}; start a server with `ticker serve`, or wait for one with --wait") from error
        async with aclosing(stream):
            log.close()
            for name in stream.rejected:
                click.echo(f"ticker: the server has no symbol {printable(name)}", err=True)
            if request.output != "table":  # the table has its own words for what the log says
                log.enter_context(logging_to_stderr("warning", _LOG_LINE))
            await _show_stream(stream, request)


async def _show_stream(stream: Stream, request: Request) -> None:
    if request.output == "table":
        from rich.console import Console

        from ticker.cli.watching.show import show_table, show_tape

        console = Console(highlight=False)
        if request.channel == "ticker":
            await show_table(stream, request.url, console, request.count)
        else:
            await show_tape(stream, request.channel, console, request.count)
        return
    from ticker.cli.watching.lines import lines
    from ticker.cli.watching.output import Output, standard_output
    from ticker.cli.watching.show import show_lines

    form = lines(request.output, request.channel)
    await show_lines(stream, request.channel, form, Output(standard_output()), request.count)
