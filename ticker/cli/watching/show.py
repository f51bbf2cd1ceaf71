"""Carries what a stream gives to where it is shown, until there is no more of it or enough was seen.

Each of these is cancelled when the user stops it; a terminal is then as it was before.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from rich.console import Console
from rich.live import Live
from rich.text import Text

from ticker.cli.watching.lines import Lines
from ticker.cli.watching.output import Output
from ticker.cli.watching.sheet import Sheet
from ticker.cli.watching.table import Status, Table
from ticker.cli.watching.tape import Tape
from ticker.errors import StreamError
from ticker.messages import FeedState

#: The shortest and the longest time between two drawings: updates wait for the one, a clock or a state for the other.
FRAME_S: Final = 0.1
IDLE_S: Final = 0.5
#: Items written at once: as much as a pipe holds, about.
_BATCH: Final = 200


class Inbox(Protocol):
    """What the client's channels are: an iterator that can also be asked for what is there already."""

    async def __anext__(self) -> Any: ...

    def take(self) -> Any: ...


class Stream(Protocol):
    """What is used of the client's stream."""

    @property
    def state(self) -> str: ...

    @property
    def feed(self) -> FeedState | None: ...

    @property
    def symbols(self) -> list[str]: ...

    @property
    def rejected(self) -> Mapping[str, str]: ...

    def updates(self) -> Inbox: ...

    def trades(self) -> Inbox: ...

    def quotes(self) -> Inbox: ...


async def show_lines(stream: Stream, channel: str, lines: Lines, output: Output, count: int | None) -> None:
    """Write lines, flushed with each batch. A slow reader gets later values, or ticks with a count of those lost."""
    inbox = _inbox(stream, channel)
    if lines.header:
        await output.write(lines.header)
    seen = 0
    while batch := await next_batch(inbox, _left(count, seen)):
        seen += len(batch)
        if channel == "ticker":
            await output.write(b"".join(map(lines.update, batch)))
        else:
            await output.write(b"".join(lines.tick(channel, tick) for tick in batch))


async def show_tape(stream: Stream, channel: str, console: Console, count: int | None) -> None:
    """Print every tick, a line each."""
    inbox = _inbox(stream, channel)
    tape = Tape(channel)
    seen = 0
    while batch := await next_batch(inbox, _left(count, seen)):
        seen += len(batch)
        for tick in batch:
            console.print(tape.line(tick), soft_wrap=True)


async def show_table(stream: Stream, url: str, console: Console, count: int | None) -> None:
    """Draw the live table; on a terminal all the time, and elsewhere once, at the end.

    After ``count`` updates the last table stays on the terminal too.
    """
    inbox = _inbox(stream, "ticker")
    sheet = Sheet(stream.symbols)
    table = Table()

    def draw(height: int | None) -> Text:
        rejected = tuple(stream.rejected)
        sheet.drop(rejected)
        status = Status(state=stream.state, feed=stream.feed, url=url, rejected=rejected)
        return table.draw(sheet, status, time.monotonic(), console.width, height)

    if console.is_terminal:
        with Live(
            console=console, screen=True, auto_refresh=False, redirect_stdout=False, redirect_stderr=False
        ) as live:
            live.update(draw(console.height), refresh=True)
            while await _advance(sheet, inbox, count):
                live.update(draw(console.height), refresh=True)
        console.print(draw(None))
    else:
        try:
            while await _advance(sheet, inbox, count):
                pass
        finally:
            console.print(draw(None))


async def _advance(sheet: Sheet, inbox: Inbox, count: int | None) -> bool:
    """Take in what comes during a frame's time, or nothing if nothing comes. Whether there may be more."""
    try:
        async with asyncio.timeout(IDLE_S):
            batch = await next_batch(inbox, _left(count, sheet.updates))
    except TimeoutError:
        return True
    if not batch:
        return False
    _apply(sheet, batch)
    await asyncio.sleep(FRAME_S)
    while batch := _taken(inbox, _left(count, sheet.updates)):
        _apply(sheet, batch)
    return count is None or sheet.updates < count


def _apply(sheet: Sheet, batch: Iterable[Any]) -> None:
    now_s = time.monotonic()
    for update in batch:
        sheet.apply(update.symbol, update.values, now_s)


def _left(count: int | None, seen: int) -> int:
    """How many may come at once."""
    return _BATCH if count is None else min(_BATCH, count - seen)


async def next_batch(inbox: Inbox, most: int) -> list[Any]:
    """What comes together, at most so many; waits for the first. Nothing if no more can come, or none may."""
    if most <= 0:
        return []
    try:
        first = await inbox.__anext__()
    except StopAsyncIteration:
        return []
    return [first, *_taken(inbox, most - 1)]


def _taken(inbox: Inbox, most: int) -> list[Any]:
    """What is there already, at most so many."""
    taken: list[Any] = []
    # What ends the stream is told by the next wait, when these have been shown.
    with suppress(StopIteration, StreamError):
        while len(taken) < most and (item := inbox.take()) is not None:
            taken.append(item)
    return taken


def _inbox(stream: Stream, channel: str) -> Inbox:
    if channel == "trades":
        return stream.trades()
    return stream.quotes() if channel == "quotes" else stream.updates()
