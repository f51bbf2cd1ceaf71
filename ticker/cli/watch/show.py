"""Shows a stream as the live table or the tape, until the stream ends or the count is reached.

Cancelled when the user stops the command; the terminal is restored.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterable
from typing import Any, Final

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ticker.cli.watch.sheet import Sheet
from ticker.cli.watch.stream import at_once, items_of, next_batch, taken
from ticker.cli.watch.table import Status, Table
from ticker.cli.watch.tape import Tape
from ticker.client.iterators import ItemIterator
from ticker.client.stream import Stream

#: Minimum time between two frames, and maximum, for the clock and the state.
FRAME_S: Final = 0.1
IDLE_S: Final = 0.5


async def show_tape(stream: Stream, channel: str, console: Console, count: int | None) -> None:
    """Print every tick on its own line."""
    items = items_of(stream, channel)
    tape = Tape(channel)
    seen = 0
    while batch := await next_batch(items, at_once(count, seen)):
        seen += len(batch)
        for tick in batch:
            console.print(tape.line(tick), soft_wrap=True)


async def show_table(
    stream: Stream, console: Console, count: int | None, event_line: Callable[[], str] = lambda: ""
) -> None:
    """Draw the live table: continuously on a terminal, otherwise once at the end.

    After ``count`` updates the last table stays on the terminal. ``event_line`` is the text below the table.
    """
    items = items_of(stream, "ticker")
    sheet = Sheet(stream.symbols)
    table = Table()

    def draw(height: int | None) -> Text:
        rejected = tuple(stream.rejected)
        sheet.drop(rejected)
        status = Status(
            state=stream.state, feed=stream.feed, url=stream.url, rejected=rejected, event_line=event_line()
        )
        return table.draw(sheet, status, time.monotonic(), console.width, height)

    if console.is_terminal:
        with Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        ) as live:
            live.update(draw(console.height), refresh=True)
            while await _advance(sheet, items, count):
                live.update(draw(console.height), refresh=True)
        console.print(draw(None))
    else:
        try:
            while await _advance(sheet, items, count):
                pass
        finally:
            console.print(draw(None))


async def _advance(sheet: Sheet, items: ItemIterator[Any], count: int | None) -> bool:
    """Apply the updates of one frame. Returns False at the end of the stream."""
    try:
        async with asyncio.timeout(IDLE_S):
            batch = await next_batch(items, at_once(count, sheet.updates))
    except TimeoutError:
        return True
    if not batch:
        return False
    _apply(sheet, batch)
    await asyncio.sleep(FRAME_S)
    while batch := taken(items, at_once(count, sheet.updates)):
        _apply(sheet, batch)
    return True


def _apply(sheet: Sheet, batch: Iterable[Any]) -> None:
    now_s = time.monotonic()
    for update in batch:
        sheet.apply(update.symbol, update.values, now_s)
