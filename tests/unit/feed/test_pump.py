"""The pump: restarts of a feed that fails, its state, and the collection of due events."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from typing import ClassVar

import pytest

from tests.support.market import batch
from ticker.errors import BatchError
from ticker.feed.feed import FeedInfo, FeedOptions, ReplayStatus
from ticker.feed.pump import FIRST_PAUSE_S, MAXIMUM_PAUSE_S, QUIET_AFTER_S, Pump
from ticker.model import FeedEvent, Removal, SymbolTable

TS = 1_700_000_000_000_000_000


class Moments:
    """A clock that moves when the pump sleeps, and records how long."""

    def __init__(self) -> None:
        self.now_s = 100.0
        self.slept: list[float] = []

    def monotonic(self) -> float:
        return self.now_s

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.now_s += seconds
        await asyncio.sleep(0)


class Failing:
    """Yields one batch per iteration, and fails ``times`` times."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions

    def __init__(self, times: int, moments: Moments | None = None, life_s: float = 0.0) -> None:
        self.table = SymbolTable(["AAPL"])
        self.info = FeedInfo(symbols=self.table, ends=True, pausable=True)
        self.paused = False
        self.lives = 0
        self.closed = 0
        self._times = times
        self._moments = moments
        self._life_s = life_s

    def pause(self) -> None:
        self.paused = True

    def resume(self) -> None:
        self.paused = False

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        self.lives += 1
        try:
            yield batch(self.table, [(0, TS + self.lives, 1.0, 1.0)])
            if self._moments is not None:
                self._moments.now_s += self._life_s
            if self.lives <= self._times:
                raise RuntimeError(f"failure {self.lives}")
        finally:
            self.closed += 1


def pump(feed: Failing, moments: Moments, published: list[FeedEvent]) -> Pump:
    return Pump(feed, published.append, monotonic=moments.monotonic, sleep=moments.sleep, jitter=lambda: 1.0)


async def test_a_feed_that_fails_is_restarted_after_growing_pauses(caplog: pytest.LogCaptureFixture) -> None:
    """The pause doubles up to its maximum. Each failure is one log line; the traceback is logged once."""
    moments, published = Moments(), list[FeedEvent]()
    feed = Failing(9)
    with caplog.at_level(logging.ERROR):
        await pump(feed, moments, published).run()
    assert moments.slept[:4] == [FIRST_PAUSE_S * 2**n for n in range(4)]
    assert moments.slept[-1] == MAXIMUM_PAUSE_S
    assert len(published) == 10
    assert feed.closed == 10
    assert [bool(record.exc_info) for record in caplog.records] == [True] + [False] * 8
    assert "RuntimeError: failure 9" in caplog.records[-1].getMessage()


async def test_a_feed_that_ran_for_long_restarts_after_the_first_pause() -> None:
    """A failure per day is no series of failures."""
    moments, published = Moments(), list[FeedEvent]()
    await pump(Failing(4, moments, life_s=MAXIMUM_PAUSE_S + 1), moments, published).run()
    assert moments.slept == [FIRST_PAUSE_S] * 4


async def test_an_event_that_the_hub_refuses_is_a_failure_of_the_feed() -> None:
    """The feed is closed and restarted."""
    moments = Moments()
    feed = Failing(0)
    refused = [True]

    def publish(event: FeedEvent) -> None:
        if refused:
            refused.pop()
            raise BatchError("a price that is none")

    each = Pump(feed, publish, monotonic=moments.monotonic, sleep=moments.sleep)
    await each.run()
    assert (feed.lives, feed.closed, each.failures) == (2, 2, 1)


async def test_the_state_is_live_paused_quiet_stale_or_ended() -> None:
    """With the timestamp of the newest tick."""
    moments, seen = Moments(), list[str]()
    feed = Failing(1)

    def publish(event: FeedEvent) -> None:
        seen.append(each.state().state)

    async def sleep(seconds: float) -> None:
        seen.append(each.state().state)
        await moments.sleep(seconds)

    each = Pump(feed, publish, monotonic=moments.monotonic, sleep=sleep)
    assert each.state().state == "quiet"
    assert each.state().ts is None
    running = asyncio.create_task(each.run())
    while each.state().state != "live":
        await asyncio.sleep(0)
    feed.pause()
    seen.append(each.state().state)
    feed.resume()
    moments.now_s += QUIET_AFTER_S + 1
    seen.append(each.state().state)
    await running
    assert seen == ["quiet", "paused", "quiet", "stale", "stale"]
    assert each.state().state == "ended"
    assert each.state().ts == TS + 2


async def test_a_feed_that_starts_paused_is_paused() -> None:
    """Also before its first event."""
    feed = Failing(1)
    feed.pause()
    each = Pump(feed, lambda event: None, monotonic=Moments().monotonic)
    assert each.state().state == "paused"
    feed.resume()
    assert each.state().state == "quiet"


async def test_cancelling_closes_the_feed() -> None:
    """A feed closes its files when the service stops."""
    moments = Moments()
    feed = Failing(10**9)
    each = Pump(feed, lambda event: None, monotonic=moments.monotonic, sleep=moments.sleep)
    running = asyncio.create_task(each.run())
    while not feed.lives:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert feed.closed == feed.lives


@pytest.mark.parametrize("fault", [OSError("gone"), asyncio.CancelledError()])
async def test_the_log_has_the_first_failure_and_not_that_of_closing_the_feed(
    fault: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    """The feed is restarted in either case."""
    moments, published = Moments(), list[FeedEvent]()

    class Clinging(Failing):
        async def __aiter__(self) -> AsyncIterator[FeedEvent]:
            self.lives += 1
            try:
                yield batch(self.table, [(0, TS, 1.0, 1.0)])
            finally:
                if self.lives == 1:
                    raise fault

    def publish(event: FeedEvent) -> None:
        if not published:
            published.append(event)
            raise BatchError("a price that is none")

    feed = Clinging(0)
    with caplog.at_level(logging.ERROR):
        await Pump(feed, publish, monotonic=moments.monotonic, sleep=moments.sleep).run()
    assert feed.lives == 2
    named = "BatchError" if isinstance(fault, Exception) else "CancelledError"
    assert [named in record.getMessage() for record in caplog.records] == [True]


async def test_a_feed_that_raises_when_it_is_cancelled_is_not_restarted() -> None:
    """Stopping the service stops the feed, whatever the feed raises."""

    class Stubborn(Failing):
        async def __aiter__(self) -> AsyncIterator[FeedEvent]:
            self.lives += 1
            yield batch(self.table, [(0, TS, 1.0, 1.0)])
            try:
                await asyncio.Event().wait()
            except asyncio.CancelledError:
                raise OSError("not now") from None

    feed, published = Stubborn(0), list[FeedEvent]()
    running = asyncio.create_task(Pump(feed, published.append).run())
    while not published:
        await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert feed.lives == 1


class Sought:
    """A replay of one tick, which plays again after each seek."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions

    def __init__(self) -> None:
        self.table = SymbolTable(["AAPL"])
        self.info = FeedInfo(symbols=self.table, ends=True, pausable=True)
        self.paused = False
        self.lives = 0
        self.sought = asyncio.Event()
        self.replay = ReplayStatus(state="playing", position=TS, first=TS, last=TS, speed=1, loop=False)

    def pause(self) -> None: ...

    def resume(self) -> None: ...

    def step(self, count: int = 1) -> None: ...

    def set_speed(self, speed: float) -> None: ...

    def seek(self, ts: int) -> None:
        self.sought.set()

    async def again(self) -> None:
        await self.sought.wait()

    async def settled(self) -> None: ...

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        self.lives += 1
        self.sought.clear()
        yield batch(self.table, [(0, TS + self.lives, 1.0, 1.0)])


async def test_a_replay_that_ended_plays_again_after_a_seek() -> None:
    """Until then its state is ended."""
    feed, published = Sought(), list[FeedEvent]()
    each = Pump(feed, published.append)
    running = asyncio.create_task(each.run())
    for lives in (1, 2):
        while each.state().state != "ended" or len(published) < lives:
            await asyncio.sleep(0)
        assert feed.lives == len(published) == lives
        assert not running.done()
        feed.seek(TS)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running


class Attentive(Failing):
    """Its iterator yields one batch and waits; ``collect`` returns what is in ``due``."""

    def __init__(self) -> None:
        super().__init__(0)
        self.due: list[FeedEvent] = []
        self.attended: list[float] = []

    def attend(self, every_s: float) -> None:
        self.attended.append(every_s)

    def collect(self) -> Iterator[FeedEvent]:
        while self.due:
            yield self.due.pop(0)

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        self.lives += 1
        try:
            yield batch(self.table, [(0, TS, 1.0, 1.0)])
            await asyncio.Event().wait()
        finally:
            self.closed += 1


async def test_events_are_collected_only_while_the_feed_runs() -> None:
    """They count like events of the iterator."""
    feed, published = Attentive(), list[FeedEvent]()
    each = Pump(feed, published.append)
    each.attend(0.05)
    feed.due = [batch(feed.table, [(0, TS + 5, 1.0, 1.0)])]
    each.collect()
    assert (feed.attended, published) == ([0.05], [])
    running = asyncio.create_task(each.run())
    while not published:
        await asyncio.sleep(0)
    each.collect()
    assert (len(published), each.state().ts, feed.due) == (2, TS + 5, [])
    running.cancel()
    await asyncio.wait({running})
    feed.due = [batch(feed.table, [(0, TS + 6, 1.0, 1.0)])]
    each.collect()
    assert len(published) == 2


async def test_a_collected_event_that_is_refused_is_a_failure_of_the_feed(caplog: pytest.LogCaptureFixture) -> None:
    """The feed is closed and restarted. No later event is taken before."""
    moments, published = Moments(), list[FeedEvent]()
    feed = Attentive()

    def publish(event: FeedEvent) -> None:
        if isinstance(event, Removal):
            raise BatchError("no such symbol")
        published.append(event)

    each = Pump(feed, publish, monotonic=moments.monotonic, sleep=moments.sleep)
    running = asyncio.create_task(each.run())
    while not published:
        await asyncio.sleep(0)
    feed.due = [batch(feed.table, [(0, TS, 1.0, 1.0)]), Removal(("NONE",)), batch(feed.table, [(0, TS, 2.0, 1.0)])]
    each.collect()
    assert (len(published), len(feed.due), each.state().state) == (2, 1, "stale")
    each.collect()
    assert len(feed.due) == 1
    while feed.lives < 2:
        await asyncio.sleep(0)
    assert (feed.closed, each.failures) == (1, 1)
    assert ["BatchError: no such symbol" in record.getMessage() for record in caplog.records] == [True]
    while each.state().state != "live":
        await asyncio.sleep(0)
    each.collect()
    assert (feed.due, len(published)) == ([], 4)
    running.cancel()
    await asyncio.wait({running})


@pytest.mark.parametrize("fault", [OSError("gone"), asyncio.CancelledError()])
async def test_a_feed_that_raises_while_it_is_collected_is_restarted(fault: BaseException) -> None:
    """``collect`` itself raises nothing: it is called by the beat."""

    class Raising(Attentive):
        def collect(self) -> Iterator[FeedEvent]:
            raise fault

    moments, published = Moments(), list[FeedEvent]()
    feed = Raising()
    each = pump(feed, moments, published)
    running = asyncio.create_task(each.run())
    while not published:
        await asyncio.sleep(0)
    each.collect()
    while feed.lives < 2:
        await asyncio.sleep(0)
    assert (each.failures, feed.closed) == (1, 1)
    running.cancel()
    await asyncio.wait({running})


async def test_collecting_from_another_feed_does_nothing() -> None:
    """Most feeds are not attentive."""
    published = list[FeedEvent]()
    each = pump(Failing(0), Moments(), published)
    each.attend(0.05)
    each.collect()
    assert published == []
