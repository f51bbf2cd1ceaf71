"""Reads a history (an iterator of events in time order) in a thread, ahead of its use, and times its events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import aclosing
from typing import Final

from feeds.pacing.pacer import Timed
from feeds.reached import Reached
from ticker.model import BarBatch, Corrections, FeedEvent, Split, TickBatch

#: The maximum of events, and about of ticks, per read: each read is a round trip to the thread.
READ_EVENTS: Final = 256
READ_TICKS: Final = 65_536


async def read_ahead(events: Iterator[FeedEvent]) -> AsyncGenerator[FeedEvent, None]:
    """The events, read in a thread one part ahead.

    When this generator ends or is closed, no thread uses ``events`` any more, and it is closed.
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


async def timed(
    events: AsyncGenerator[FeedEvent, None], *, whole: bool = False
) -> AsyncGenerator[FeedEvent | Timed, None]:
    """The events in order, those without a timestamp of their own as ``Timed``.

    A rollover is due with the event after it. Closed bars are due at their end, or with the next event if that is
    sooner: a bar ends where its symbol's next one starts. ``whole``: batches of ticks are due at their last timestamp
    and are not cut; what comes between two marks is no older than the first of them.
    """
    held: list[FeedEvent] = []  # at most the events of one timestamp
    mark = 0
    async with aclosing(events):
        async for event in events:
            ts = _begins(event)
            if ts is None:
                held.append(event)
                continue
            for before in held:
                yield Timed(min(ts, _ends(before, ts)), before, mark if whole else None)
            held.clear()
            if whole:
                yield Timed(_last(event) if isinstance(event, TickBatch) else ts, event, mark)
            else:
                yield event if isinstance(event, TickBatch) else Timed(ts, event)
            if isinstance(event, Reached):
                mark = event.ts
    for before in held:
        if isinstance(before, BarBatch):
            yield Timed(_ends(before, 0), before)


def _begins(event: FeedEvent) -> int | None:
    """The first timestamp of ticks and opening bars, that of a mark, the last of corrections; None for others."""
    if isinstance(event, Reached | Split):
        return event.ts
    if isinstance(event, TickBatch):
        return min(int(column.ts[0]) for column in (event.trades, event.quotes) if len(column))
    if isinstance(event, Corrections):
        return int(event.ts.max())
    if isinstance(event, BarBatch) and not event.closed:
        return int(event.bars.start.max())
    return None


def _last(batch: TickBatch) -> int:
    return max(int(column.ts[-1]) for column in (batch.trades, batch.quotes) if len(column))


def _ends(event: FeedEvent, otherwise: int) -> int:
    return int(event.bars.start.max()) + event.interval_ns if isinstance(event, BarBatch) else otherwise


def _in_thread(events: Iterator[FeedEvent]) -> asyncio.Task[list[FeedEvent]]:
    task = asyncio.create_task(asyncio.to_thread(_part, events))
    # An abandoned part may still fail: retrieve its exception, so that asyncio prints no traceback.
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def _part(events: Iterator[FeedEvent]) -> list[FeedEvent]:
    """The next events; empty at the end."""
    part: list[FeedEvent] = []
    ticks = 0
    while len(part) < READ_EVENTS and ticks < READ_TICKS:
        event = next(events, None)
        if event is None:
            break
        part.append(event)
        ticks += len(event) if isinstance(event, TickBatch) else 0
    return part
