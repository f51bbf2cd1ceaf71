"""Reading a history in a thread, a little ahead of whoever plays it; and when each of its events is due.

It knows neither files nor clocks: a history is an iterator of events in the order of time.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import aclosing
from typing import Final

from feeds.pacing.pacer import Timed
from ticker.model import BarBatch, FeedEvent, TickBatch

#: One read, which is one hop to the thread and back, takes so many events, or fewer if they have so many ticks.
READ_EVENTS: Final = 256
READ_TICKS: Final = 65_536


async def read_ahead(events: Iterator[FeedEvent]) -> AsyncGenerator[FeedEvent, None]:
    """The events, read in a thread: the next part while this one is used, and no more.

    When this ends or is closed, no thread is at work on ``events``, which is closed.
    """
    pending = _in_thread(events)
    try:
        while part := await asyncio.shield(pending):
            pending = _in_thread(events)
            for event in part:
                yield event
    finally:
        await asyncio.wait([pending])
        if isinstance(events, Generator):
            events.close()


async def timed(events: AsyncGenerator[FeedEvent, None]) -> AsyncGenerator[FeedEvent | Timed, None]:
    """The events, each with its moment where it doesn't tell that itself; none comes after a later one.

    A rollover comes with what follows it. Closed bars come at their end, or with what follows them if that is sooner:
    a bar ends where its symbol's next one begins.
    """
    held: list[FeedEvent] = []  # at most what happens at one moment
    async with aclosing(events):
        async for event in events:
            ts = _begins(event)
            if ts is None:
                held.append(event)
                continue
            for before in held:
                yield Timed(min(ts, _ends(before, ts)), before)
            held.clear()
            yield Timed(ts, event) if isinstance(event, BarBatch) else event
    for before in held:
        if isinstance(before, BarBatch):
            yield Timed(_ends(before, 0), before)


def _begins(event: FeedEvent) -> int | None:
    """The first stamp, of what has one and is not known to come later."""
    if isinstance(event, TickBatch):
        return min(int(column.ts[0]) for column in (event.trades, event.quotes) if len(column))
    if isinstance(event, BarBatch) and not event.closed:
        return int(event.bars.start.max())
    return None


def _ends(event: FeedEvent, otherwise: int) -> int:
    return int(event.bars.start.max()) + event.interval_ns if isinstance(event, BarBatch) else otherwise


def _in_thread(events: Iterator[FeedEvent]) -> asyncio.Task[list[FeedEvent]]:
    task = asyncio.create_task(asyncio.to_thread(_part, events))
    # A part that nobody waits for any more may still fail; that is not worth asyncio's traceback.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _part(events: Iterator[FeedEvent]) -> list[FeedEvent]:
    """The next events; none if there are none."""
    part: list[FeedEvent] = []
    ticks = 0
    while len(part) < READ_EVENTS and ticks < READ_TICKS:
        event = next(events, None)
        if event is None:
            break
        part.append(event)
        ticks += len(event) if isinstance(event, TickBatch) else 0
    return part
