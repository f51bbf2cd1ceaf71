"""One run of ``ticker watch``: connects, reports rejected symbols, and shows the others until it is stopped."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from ticker.cli.events import EventPrinter
from ticker.cli.server import Server
from ticker.cli.stopping import Stop
from ticker.cli.streaming import streaming
from ticker.cli.watch.lines import lines
from ticker.cli.watch.output import Output, standard_output
from ticker.cli.watch.stream import at_once, items_of, next_batch
from ticker.client.stream import Stream
from ticker.client.transports.dialer import TransportName


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchRequest:
    """``output`` is ``table``, ``jsonl`` or ``csv``."""

    symbols: Sequence[str]
    server: Server
    channel: str
    encoding: str
    rate: float | None
    output: str
    count: int | None
    wait: bool
    transport: TransportName = "auto"
    compress: bool = False

    @property
    def table(self) -> bool:
        """Whether to draw the live table; on trades and quotes a tape is printed instead."""
        return self.output == "table" and self.channel == "ticker"


async def watch(request: WatchRequest, stop: Stop) -> int:
    """Show prices until the stream ends or the user stops it. Returns the exit status."""
    return await stop.run(_show(request))


async def _show(request: WatchRequest) -> int:
    async with streaming(
        request.server,
        request.symbols,
        channel=request.channel,
        encoding=request.encoding,
        rate=request.rate if request.channel == "ticker" else None,
        wait=request.wait,
        transport=request.transport,
        compress=request.compress,
        log=not request.table,  # the table shows the same
    ) as stream:
        await _show_with_events(stream, request)
    return 0


async def _show_with_events(stream: Stream, request: WatchRequest) -> None:
    printer = EventPrinter(held=request.table and sys.stdout.isatty())
    following = asyncio.create_task(printer.follow(stream.events()))
    try:
        await _show_stream(stream, request, printer)
    finally:
        following.cancel()
        # The display reports why the stream ended.
        await asyncio.gather(following, return_exceptions=True)
        printer.release()


async def _show_stream(stream: Stream, request: WatchRequest, printer: EventPrinter) -> None:
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


async def write_lines(stream: Stream, request: WatchRequest, output: Output) -> None:
    """Write lines, flushed per batch. A slow reader gets the latest values, or ticks with a count of those lost."""
    items = items_of(stream, request.channel)
    form = lines(request.output, request.channel)
    if form.header:
        await output.write(form.header)
    seen = 0
    while batch := await next_batch(items, at_once(request.count, seen)):
        seen += len(batch)
        if request.channel == "ticker":
            await output.write(b"".join(map(form.update, batch)))
        else:
            await output.write(b"".join(form.tick(request.channel, tick) for tick in batch))
