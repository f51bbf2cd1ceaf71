"""The findings of ``check_feed``."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import AsyncIterator, Callable
from typing import Any, ClassVar

import numpy as np
import pytest

from tests.support.market import batch, quotes, trades
from ticker.calendar import UTC_DAYS
from ticker.feed.feed import FeedInfo, FeedOptions
from ticker.model import (
    Corrections,
    DayValues,
    FeedEvent,
    Quotes,
    Removal,
    Restart,
    Rollover,
    Split,
    SymbolTable,
    TickBatch,
    Trades,
)
from ticker.testing import check_feed

NOW = 1_700_000_000_000_000_000
Script = Callable[["Scripted"], AsyncIterator[Any]]


class Scripted:
    """A feed that plays ``script``, a generator function of the feed; correct unless the script is not."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions

    def __init__(self, script: Script, **info: Any) -> None:
        self.table = SymbolTable(["AAPL", "MSFT"])
        self.script = script
        self.runs = 0
        self.clock = NOW
        self.told: dict[str, Any] = {"symbols": self.table, **info}

    @property
    def info(self) -> FeedInfo:
        return FeedInfo(**self.told)

    def __aiter__(self) -> AsyncIterator[FeedEvent]:
        self.runs += 1
        return self.script(self)

    def tick(self, code: int = 0, ts: int | None = None, version: int | None = None) -> TickBatch:
        """A good batch of one trade and one quote, a nanosecond after the last."""
        self.clock += 1
        ts = self.clock if ts is None else ts
        return TickBatch(
            self.table, trades([(code, ts, 10.0, 1.0)]), quotes([(code, ts, 9.0, 1.0, None, 0.0)]), version
        )


class Pausable(Scripted):
    """A feed that can be paused; its script waits for ``running``."""

    def __init__(self, script: Script, **info: Any) -> None:
        super().__init__(script, **{"pausable": True, **info})
        self.running = asyncio.Event()
        self.running.set()

    @property
    def paused(self) -> bool:
        return not self.running.is_set()

    def pause(self) -> None:
        self.running.clear()

    def resume(self) -> None:
        self.running.set()


def once(make: Callable[[Scripted], Any]) -> Script:
    """A script of good ticks whose second event is what ``make`` returns."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        yield feed.tick()
        if feed.runs == 1:
            yield make(feed)
        while True:
            yield feed.tick()
            await asyncio.sleep(0)

    return script


async def endless(feed: Scripted) -> AsyncIterator[Any]:
    while True:
        yield feed.tick()
        await asyncio.sleep(0)


async def short(feed: Scripted) -> AsyncIterator[Any]:
    yield feed.tick()


async def check(feed: Any, **limits: Any) -> list[str]:
    """The findings."""
    # A busy machine may hold the loop for a moment: tests of blocking and of silence state their own limits.
    return await check_feed(feed, **{"events": 5, "for_s": 30.0, "patience_s": 30.0, "block_s": 2.0, **limits})


async def test_a_correct_feed_has_no_findings() -> None:
    """With all kinds of events, a growing table and a second iteration that restarts."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        if feed.runs > 1:
            yield Restart()
            feed.clock = NOW
        yield feed.tick()
        yield feed.tick(feed.table.code("NEW"))
        yield Rollover(feed.table, np.array([0], np.int32), np.array([np.nan]))
        feed.clock = NOW
        yield feed.tick(0)
        yield Rollover(feed.table, None, np.array([1.0, 2.0, np.nan]))
        yield Removal(("MSFT",))
        while True:
            yield feed.tick()
            await asyncio.sleep(0)

    assert await check(Scripted(script, complete=False), events=20) == []


def identified(feed: Scripted, trade_id: int, ts: int) -> TickBatch:
    """A trade of AAPL with an id."""
    one = trades([(0, ts, 10.0, 1.0)])
    return TickBatch(feed.table, Trades(one.symbol, one.ts, one.price, one.size, None, np.array([trade_id])))


def day_values(table: SymbolTable) -> DayValues:
    names = ("open", "high", "low", "volume", "last", "prev_close", "vwap", "trades")
    columns: dict[str, Any] = dict.fromkeys(names, np.array([1.0]))
    return DayValues(table=table, symbol=CODES[:1], ts=NOW, **columns)


def correction(table: SymbolTable, **changes: Any) -> Corrections:
    columns = {"id": np.array([1]), "ts": np.array([NOW]), "price": np.array([np.nan]), "size": np.array([np.nan])}
    return Corrections(table, CODES[:1], **{**columns, **changes})


async def test_late_trades_corrections_day_values_and_splits_have_no_findings() -> None:
    """With `late_s`, since a trade that is older than the newest of its symbol is a mistake of most feeds."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        if feed.runs > 1:
            yield Restart()
        yield identified(feed, 1, NOW + 9)
        yield identified(feed, 2, NOW + 9 - 2_000_000_000)
        yield correction(feed.table)
        yield day_values(feed.table)
        yield Split(feed.table, CODES, np.array([4.0, 0.1]), NOW)
        feed.clock = NOW + 9
        while True:
            yield feed.tick()
            await asyncio.sleep(0)

    assert await check_feed(Scripted(script), events=20, late_s=2) == []
    findings = await check_feed(Scripted(script), events=20, late_s=1.9)
    assert findings == [f"event 2: trades of 'AAPL' go back in time, from {NOW + 9} to {NOW + 9 - 2_000_000_000}"]


async def test_an_id_that_comes_twice_is_found() -> None:
    """A restart begins anew."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        yield Restart()
        yield identified(feed, 0, NOW)
        yield identified(feed, 0, NOW)
        yield identified(feed, 7, NOW)
        if feed.told["title"]:
            yield identified(feed, 7, NOW)

    assert await check(Scripted(script, ends=True, title="")) == []
    findings = await check(Scripted(script, ends=True, title="twice"))
    assert findings == ["event 5: a second trade of 'AAPL' has the id 7; corrections name it"]


async def test_a_calendar_of_an_unknown_symbol_is_found() -> None:
    """Not while symbols may still come."""
    calendars = {"AAPL": UTC_DAYS, "APPL": UTC_DAYS}
    assert await check(Scripted(short, ends=True, calendars=calendars, complete=False)) == []
    findings = await check(Scripted(short, ends=True, calendars=calendars))
    assert findings == ["info.calendars has 'APPL', which is not in info.symbols"]


async def test_a_feed_that_ends_and_says_so_has_no_findings() -> None:
    assert await check(Scripted(short, ends=True)) == []


async def test_a_feed_that_pauses_has_no_findings() -> None:

    async def script(feed: Any) -> AsyncIterator[Any]:
        while True:
            await feed.running.wait()
            yield feed.tick()
            await asyncio.sleep(0)

    assert await check(Pausable(script)) == []


def _other_table(feed: Scripted) -> TickBatch:
    return batch(SymbolTable(["AAPL"]), [(0, NOW + 9, 1.0, 1.0)])


def _grow(feed: Scripted) -> TickBatch:
    return feed.tick(feed.table.code("NEW"))


def _lists(feed: Scripted) -> TickBatch:
    sides: Any = [1.0]
    return TickBatch(feed.table, quotes=Quotes(sides, sides, sides, sides, sides, sides))


def _tell(**info: Any) -> Callable[[Scripted], TickBatch]:
    def make(feed: Scripted) -> TickBatch:
        feed.told.update(info)
        return feed.tick()

    return make


def _shuffle(feed: Scripted) -> TickBatch:
    feed.table._names.reverse()
    return feed.tick()


def _rollover(symbol: Any, prev_close: Any = None) -> Callable[[Scripted], Rollover]:
    return lambda feed: Rollover(feed.table, symbol, prev_close)


CODES = np.array([0, 1], np.int32)


@pytest.mark.parametrize(
    ("make", "finding"),
    [
        (lambda feed: "tick", "event 2: a str is not a FeedEvent"),
        (lambda feed: None, "event 2: a NoneType is not a FeedEvent"),
        (_other_table, "event 2: the batch's table is not info.symbols"),
        (lambda feed: batch(feed.table, [(0, NOW, 0.0, 1.0)]), "event 2: trades.price: 1 of 1 values are invalid"),
        (lambda feed: batch(feed.table, [(7, NOW, 1.0, 1.0)]), "event 2: trades.symbol: 1 of 1 values are invalid"),
        (lambda feed: batch(feed.table, [(0, 0, 1.0, 1.0)]), "event 2: trades.ts: 1 of 1 values are invalid"),
        (lambda feed: batch(feed.table, [], [(0, NOW, 1.0, -1.0, None, 0)]), "event 2: quotes.bid_size: 1 of 1"),
        (_lists, "event 2: checking it raised "),
        (_grow, "event 2: info.complete is true, but the table grew by 'NEW'"),
        (_tell(complete=False), "event 2: info.complete was true and is false now"),
        (_tell(symbols=SymbolTable(["AAPL", "MSFT"])), "event 2: info.symbols is another table than before"),
        (_shuffle, "event 2: names in the symbol table moved or disappeared"),
        (lambda feed: feed.tick(0, NOW - 5), f"event 2: trades of 'AAPL' go back in time, from {NOW + 1} to {NOW - 5}"),
        (
            lambda feed: batch(feed.table, [(1, NOW + 9, 1, 1), (0, NOW + 9, 1, 1), (1, NOW + 8, 1, 1)]),
            f"event 2: trades of 'MSFT' go back in time, from {NOW + 9} to {NOW + 8}",
        ),
        (
            lambda feed: batch(feed.table, [], [(0, NOW - 5, 1.0, 1.0, None, 0)]),
            f"event 2: quotes of 'AAPL' go back in time, from {NOW + 1} to {NOW - 5}",
        ),
        (lambda feed: Rollover(SymbolTable()), "event 2: the rollover's table is not info.symbols"),
        (_rollover([0]), "event 2: a rollover's symbols must be a column of int32 codes"),
        (_rollover(np.array([0.0])), "event 2: a rollover's symbols must be a column of int32 codes"),
        (_rollover(np.array([2], np.int32)), "event 2: a rollover has a code that is not in the table"),
        (_rollover(np.array([-1], np.int32)), "event 2: a rollover has a code that is not in the table"),
        (_rollover(CODES, np.array([1.0])), "event 2: a rollover's prev_close must be a column of 2 float64"),
        (_rollover(None, np.array([1.0])), "event 2: a rollover's prev_close must be a column of 2 float64"),
        (_rollover(CODES, np.array([1.0, 0.0])), "event 2: a prev_close must be a positive finite number"),
        (_rollover(CODES, np.array([1.0, np.inf])), "event 2: a prev_close must be a positive finite number"),
        (lambda feed: correction(SymbolTable(["AAPL"])), "event 2: the table of the Corrections is not info.symbols"),
        (lambda feed: correction(feed.table, price=np.array([0.0])), "event 2: corrections.price: 1 of 1 values"),
        (lambda feed: day_values(SymbolTable(["AAPL"])), "event 2: the table of the DayValues is not info.symbols"),
        (
            lambda feed: Split(SymbolTable(["AAPL"]), CODES[:1], np.array([4.0]), NOW),
            "event 2: the table of the Split is not info.symbols",
        ),
        (lambda feed: Split(feed.table, CODES[:1], np.array([0.0]), NOW), "event 2: split.ratio: 1 of 1 values"),
        (lambda feed: Removal(("GONE",)), "event 2: it removes 'GONE', which is not in the table"),
        (lambda feed: Removal("AAPL"), "event 2: a removal's names must be a tuple of str"),  # type: ignore[arg-type]  # the mistake
        (lambda feed: Restart(""), "event 2: a restart's epoch must be None or a non-empty str"),
        (lambda feed: feed.tick(version=3), "event 2 has a version, but info.epoch is empty"),
        (lambda feed: feed.tick(version="3"), "event 2: a version must be a 64-bit int, not '3'"),
    ],
)
async def test_a_wrong_event_is_found(make: Callable[[Scripted], Any], finding: str) -> None:
    """Each rule has its sentence, which names the event."""
    findings = await check(Scripted(once(make)))
    assert any(sentence.startswith(finding) for sentence in findings), findings


@pytest.mark.parametrize(("versions", "finding"), [((1, 1), "version 1 after 1"), ((5, None), "has no version, but")])
async def test_versions_that_do_not_grow_are_found(versions: tuple[int | None, ...], finding: str) -> None:

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        for version in versions:
            yield feed.tick(version=version)

    findings = await check(Scripted(script, ends=True, epoch="e"))
    assert any(finding in sentence for sentence in findings), findings


async def test_timestamps_that_go_back_in_the_second_iteration_are_found() -> None:
    """They need a Restart first."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        feed.clock = NOW
        while True:
            yield feed.tick()
            await asyncio.sleep(0)

    findings = await check(Scripted(script))
    assert findings[0].startswith("iterated again, event 1: trades of 'AAPL' go back in time")


class NoOptions(Scripted):
    Options = None  # type: ignore[assignment]  # the mistake


class InfoMethod(Scripted):
    def info(self) -> FeedInfo:  # type: ignore[override]  # the mistake
        return FeedInfo()


class InfoRaises(Scripted):
    @property
    def info(self) -> FeedInfo:
        raise KeyError("symbols")


class NoIterator:
    Options = FeedOptions
    info = FeedInfo()


class CoroutineIterator(Scripted):
    async def __aiter__(self) -> AsyncIterator[FeedEvent]:  # type: ignore[override]  # the mistake
        return endless(self)


class ListIterator(Scripted):
    def __aiter__(self) -> Any:
        return iter([])


class IteratorRaises(Scripted):
    def __aiter__(self) -> Any:
        raise OSError("no route")


class LikesToBePaused(Pausable):
    paused = True


@pytest.mark.parametrize(
    ("feed", "finding"),
    [
        (lambda: NoOptions(endless), "Options must be a class attribute, a subclass of FeedOptions; it is None"),
        (lambda: InfoMethod(endless), "info must be a property that returns a FeedInfo; it is a method"),
        (lambda: InfoRaises(endless), "info raised KeyError: 'symbols'"),
        (lambda: Scripted(endless, symbols=["AAPL"]), "info.symbols must be a SymbolTable; it is a list"),
        (NoIterator, "__aiter__ is missing"),
        (
            lambda: CoroutineIterator(endless),
            "__aiter__ raised TypeError: it is a coroutine function; remove `async`",
        ),
        (
            lambda: ListIterator(endless),
            "__aiter__ raised TypeError: it returned a list_iterator without __anext__",
        ),
        (lambda: IteratorRaises(endless), "__aiter__ raised OSError: no route"),
        (lambda: Scripted(endless, pausable=True), "info.pausable is true, but there is no paused, pause, resume"),
        (lambda: LikesToBePaused(endless), "paused is true at the start"),
        (lambda: Scripted(short), "it ended after 1 events, but info.ends is false"),
    ],
)
async def test_a_wrong_member_is_found(feed: Callable[[], Any], finding: str) -> None:
    """Of the class, before or as soon as the feed runs."""
    findings = await check(feed())
    assert any(sentence.startswith(finding) for sentence in findings), findings


async def test_an_end_without_an_event_is_found() -> None:

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        return
        yield

    assert await check(Scripted(script, ends=True)) == ["it ended without an event"]


async def test_silence_is_found() -> None:
    """The wait for the first event is bounded."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        await asyncio.Event().wait()
        yield

    assert await check(Scripted(script), patience_s=0.2) == ["no event within 0.2 s"]


async def test_a_feed_with_one_event_per_minute_is_not_silent() -> None:
    """Nor in its second iteration, nor after a pause."""

    async def script(feed: Any) -> AsyncIterator[Any]:
        yield feed.tick()
        await asyncio.Event().wait()

    assert await check(Pausable(script), for_s=0.1, patience_s=0.1) == []


@pytest.mark.parametrize(("run", "finding"), [(1, "instead of event 2 it raised"), (2, "iterated again, it raised")])
async def test_an_exception_is_a_finding(run: int, finding: str) -> None:
    """In either iteration; it is not raised."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        if feed.runs == run == 2:
            raise ConnectionError("lost")
        yield feed.tick()
        if feed.runs == run:
            raise ConnectionError("lost")
        while True:
            yield feed.tick()
            await asyncio.sleep(0)

    assert await check(Scripted(script)) == [f"{finding} ConnectionError: lost"]


async def test_a_second_iteration_without_events_is_found() -> None:
    """Such a feed can't be restarted after a failure."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        while feed.runs == 1:
            yield feed.tick()
            await asyncio.sleep(0)
        await asyncio.Event().wait()

    assert await check(Scripted(script), patience_s=1) == ["iterated again, no event came within 1 s"]


async def test_a_blocked_event_loop_is_found() -> None:

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        yield feed.tick()
        time.sleep(1)  # noqa: ASYNC251 - the mistake; so long that a busy machine can't have done it
        while True:
            yield feed.tick()
            await asyncio.sleep(0)

    (finding,) = await check(Scripted(script), block_s=0.1)
    told = re.fullmatch(r"before event 2, it blocked the event loop for (\d+) ms", finding)
    assert told is not None
    assert int(told[1]) >= 100


@pytest.mark.parametrize(
    ("feed", "findings"),
    [
        (lambda: Pausable(endless), ["it published a batch while paused"]),
        (lambda: DeafToPause(endless), ["paused is false after pause()", "it published a batch while paused"]),
        (lambda: DeafToResume(held), ["paused is true after resume()", "after a pause, no event came within 1 s"]),
        (lambda: Pausable(upset), ["after a pause, it raised RuntimeError: I was paused"]),
    ],
)
async def test_a_pause_that_does_not_hold_is_found(feed: Callable[[], Any], findings: list[str]) -> None:
    # Silence counts only if no event before took half as long.
    assert await check(feed(), patience_s=1 if "within 1 s" in findings[-1] else 30) == findings


class DeafToPause(Pausable):
    def pause(self) -> None:
        pass


class DeafToResume(Pausable):
    def resume(self) -> None:
        pass


async def held(feed: Any) -> AsyncIterator[Any]:
    while True:
        await feed.running.wait()
        yield feed.tick()
        await asyncio.sleep(0)


async def upset(feed: Any) -> AsyncIterator[Any]:
    while True:
        if feed.paused:
            raise RuntimeError("I was paused")
        yield feed.tick()
        await asyncio.sleep(0)


async def test_an_iterator_that_fails_to_close_is_found() -> None:
    """The server closes it when it stops."""

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        try:
            while True:
                yield feed.tick()
                await asyncio.sleep(0)
        finally:
            raise ValueError("bad file descriptor")

    assert await check(Scripted(script)) == ["closing its iterator raised ValueError: bad file descriptor"]


async def test_an_iterator_that_does_not_stop_is_found() -> None:
    """A feed that swallows its cancellation keeps the server from stopping."""
    released = asyncio.Event()

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        try:
            while True:
                yield feed.tick()
                await asyncio.sleep(0)
        finally:
            await released.wait()

    assert await check(Scripted(script), patience_s=0.2) == [
        "its iterator did not stop within 0.2 s after its cancellation"
    ]
    released.set()
    await asyncio.sleep(0)


async def test_a_repeated_mistake_is_reported_once() -> None:

    async def script(feed: Scripted) -> AsyncIterator[Any]:
        while True:
            yield batch(feed.table, [(0, NOW, -1.0, 1.0)])
            await asyncio.sleep(0)

    assert await check(Scripted(script), events=1000) == [
        "event 1: trades.price: 1 of 1 values are invalid, first -1.0 in row 0"
    ]
