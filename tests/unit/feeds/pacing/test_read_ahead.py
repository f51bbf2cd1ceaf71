"""Reading a history in a thread, and the due times of its events."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Generator, Iterable
from contextlib import aclosing

import numpy as np
import pytest

from feeds.pacing.pacer import Timed
from feeds.pacing.read_ahead import READ_EVENTS, read_ahead, timed
from feeds.reached import Reached
from tests.support.fake_clock import START_NS
from tests.support.replay_file import SECOND_NS, ns
from ticker.model import BarBatch, Bars, FeedEvent, Rollover, SymbolTable, TickBatch, Trades

TABLE = SymbolTable(["A"])
MINUTE_NS = 60 * SECOND_NS


def ticks(*seconds: float) -> TickBatch:
    ts = np.array([ns(second) for second in seconds], np.int64)
    one = np.ones(len(ts))
    return TickBatch(TABLE, Trades(np.zeros(len(ts), np.int32), ts, one, one))


def bar(second: float, *, closed: bool) -> BarBatch:
    one = np.ones(1)
    start = np.array([ns(second)], np.int64)
    return BarBatch(TABLE, MINUTE_NS, Bars(np.zeros(1, np.int32), start, one, one, one, one, one, one, one), closed)


async def source(events: Iterable[FeedEvent]) -> AsyncGenerator[FeedEvent, None]:
    for event in events:
        yield event


async def due(*events: FeedEvent) -> list[tuple[str, float | None]]:
    """Each event's kind and due time in seconds; None if its own timestamps decide."""
    told: list[tuple[str, float | None]] = []
    async for item in timed(source(events)):
        event = item.event if isinstance(item, Timed) else item
        kind = type(event).__name__
        if isinstance(event, BarBatch):
            kind = "closed" if event.closed else "opened"
        told.append((kind, (item.ts - START_NS) / SECOND_NS if isinstance(item, Timed) else None))
    return told


async def test_a_rollover_is_due_with_the_next_event() -> None:
    """Not when the evening is over."""
    assert await due(ticks(0), Rollover(TABLE), ticks(50)) == [
        ("TickBatch", None),
        ("Rollover", 50),
        ("TickBatch", None),
    ]
    assert await due(Rollover(TABLE), bar(60, closed=False)) == [("Rollover", 60), ("opened", 60)]


async def test_a_bar_is_due_at_its_start_and_its_close_at_its_end() -> None:
    """Or where the next bar starts, if that is sooner."""
    events: list[FeedEvent] = [
        bar(0, closed=False),
        ticks(0, 45),
        bar(0, closed=True),
        bar(300, closed=False),
        ticks(300),
    ]
    assert await due(*events, bar(300, closed=True)) == [
        ("opened", 0),
        ("TickBatch", None),
        ("closed", 60),
        ("opened", 300),
        ("TickBatch", None),
        ("closed", 360),
    ]
    early: list[FeedEvent] = [bar(0, closed=True), Rollover(TABLE), bar(30, closed=False)]
    assert await due(*early) == [("closed", 30), ("Rollover", 30), ("opened", 30)]


async def test_whole_batches_are_due_at_their_last_timestamp_and_marks_at_their_time() -> None:
    batch, mark = ticks(10, 45), Reached(ns(45))
    closed = bar(-30, closed=True)
    found = [item async for item in timed(source([batch, closed, mark, closed, mark]), whole=True)]
    assert found[:3] == [Timed(ns(45), batch, 0), Timed(ns(30), closed, 0), Timed(ns(45), mark, 0)]
    assert found[3:] == [Timed(ns(30), closed, ns(45)), Timed(ns(45), mark, ns(45))]


def counted(count: int, taken: list[int], threads: set[threading.Thread]) -> Generator[FeedEvent, None, None]:
    """``count`` batches; which were taken, and by which threads."""
    for number in range(count):
        taken.append(number)
        threads.add(threading.current_thread())
        yield ticks(number)


async def test_the_history_is_read_in_a_thread_one_part_ahead() -> None:
    """Two parts bound the memory."""
    taken, threads = list[int](), set[threading.Thread]()
    used = most = 0
    async with aclosing(read_ahead(counted(3000, taken, threads))) as events:
        async for _ in events:
            used += 1
            most = max(most, len(taken) - used)
    assert (used, len(taken)) == (3000, 3000)
    assert most <= 2 * READ_EVENTS
    assert threading.main_thread() not in threads


async def test_an_error_of_the_history_is_raised_to_the_reader() -> None:

    def failing() -> Generator[FeedEvent, None, None]:
        yield ticks(0)
        raise OSError("disk")

    with pytest.raises(OSError, match="disk"):
        async for _ in read_ahead(failing()):
            pass


async def test_after_a_cancellation_no_thread_reads() -> None:
    """The next reader may use the same files."""
    begun, go_on = threading.Event(), threading.Event()
    closed: list[bool] = []

    def slow() -> Generator[FeedEvent, None, None]:
        try:
            begun.set()
            assert go_on.wait(60)
            yield ticks(0)
        finally:
            closed.append(True)

    async def read() -> None:
        async with aclosing(read_ahead(slow())) as events:
            async for _ in events:
                pass

    task = asyncio.create_task(read())
    assert await asyncio.to_thread(begun.wait, 10)
    task.cancel()
    await asyncio.sleep(0)
    assert not closed
    go_on.set()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert closed == [True]
