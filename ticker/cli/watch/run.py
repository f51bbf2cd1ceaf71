"""One run of ``ticker watch``: connects, says what the server doesn't have, and shows the rest until it is stopped."""

from __future__ import annotations

import asyncio
import logging
import sys
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from ssl import SSLContext

import click

import ticker
from ticker.cli.events import EventPrinter
from ticker.cli.failure import Failure, printable, unreachable
from ticker.cli.logs import logging_to_stderr
from ticker.cli.stopping import Stop
from ticker.cli.watch.lines import lines
from ticker.cli.watch.output import Output, standard_output
from ticker.cli.watch.stream import Stream, at_once, inbox_of, next_batch
from ticker.client.transports.dialer import TransportName
from ticker.errors import ConnectError, RefusedError

_LOG_LINE = "ticker: %(message)s"


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
    transport: TransportName = "auto"
    compress: bool = False
    key: str | None = field(default=None, repr=False)
    ssl: SSLContext | None = None

    @property
    def table(self) -> bool:
        """Whether the live table is wanted; on the other channels people get a tape."""
        return self.output == "table" and self.channel == "ticker"


async def watch(request: Request, stop: Stop) -> int:
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
    try:
        stream = ticker.connect(
            request.url,
            request.symbols,
            channel=request.channel,
            encoding=request.encoding,
            rate=request.rate if request.channel == "ticker" else None,
            wait=request.wait,
            key=request.key,
            ssl=request.ssl,
            transport=request.transport,
            compress=request.compress,
        )
    except ValueError as error:
        raise Failure(f"--url: {error}") from error
    # What is not logged to stderr on purpose is not logged there by default either.
    logging.getLogger("ticker").addHandler(logging.NullHandler())
    with ExitStack() as log:
        if request.wait:
            log.enter_context(logging_to_stderr("warning", _LOG_LINE))
        try:
            async with stream:
                log.close()
                for name, reason in stream.rejected.items():
                    why = "your key is not for" if reason == "not-entitled" else "the server has no symbol"
                    click.echo(f"ticker: {why} {printable(name)}", err=True)
                if not request.table:  # the table has its own words for what the log says
                    log.enter_context(logging_to_stderr("warning", _LOG_LINE))
                await _show_with_events(stream, request)
        except (RefusedError, ConnectError) as error:
            raise unreachable(
                error, stream.url, "start one with `ticker serve`, or wait for one with --wait"
            ) from error


async def _show_with_events(stream: ticker.Stream, request: Request) -> None:
    printer = EventPrinter(held=request.table and sys.stdout.isatty())
    following = asyncio.create_task(printer.follow(stream.events()))
    try:
        await _show_stream(stream, request, printer)
    finally:
        following.cancel()
        # What ended the stream is told by what shows it.
        await asyncio.gather(following, return_exceptions=True)
        printer.release()


async def _show_stream(stream: Stream, request: Request, printer: EventPrinter) -> None:
    if request.output != "table":
        await write_lines(stream, request, Output(standard_output()))
        return
    from rich.console import Console

    from ticker.cli.watch.show import show_table, show_tape

    console = Console(highlight=False)
    if request.table:
        await show_table(stream, console, request.count, lambda: printer.newest)
    else:
        await show_tape(stream, request.channel, console, request.count)


async def write_lines(stream: Stream, request: Request, output: Output) -> None:
    """Write lines, flushed with each batch. A slow reader gets later values, or ticks with a count of those lost."""
    inbox = inbox_of(stream, request.channel)
    form = lines(request.output, request.channel)
    if form.header:
        await output.write(form.header)
    seen = 0
    while batch := await next_batch(inbox, at_once(request.count, seen)):
        seen += len(batch)
        if request.channel == "ticker":
            await output.write(b"".join(map(form.update, batch)))
        else:
            await output.write(b"".join(form.tick(request.channel, tick) for tick in batch))
