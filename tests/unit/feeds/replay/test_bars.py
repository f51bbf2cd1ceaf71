"""Bars in a replay: bar by bar, or coarsely where no one can see single bars, with the same result."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.files.timeline.timeline import Timeline
from feeds.reached import Reached
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from tests.support.data_files import DAY, HOUR, FakeSource, as_plain, bars, timeline_of, trades
from tests.support.fake_clock import FakeClock
from ticker.model import BarBatch, FeedEvent, Restart, Settled, TickBatch, Watermark

MINUTE = HOUR // 60


@pytest.fixture
def minutes() -> Iterator[Callable[..., Timeline]]:
    """Timelines of one-minute bars of A and B."""
    made: list[Timeline] = []

    def make(count: int, *more: FakeSource) -> Timeline:
        made.append(timeline_of([minute_bars(count), *more], run=10_000))
        return made[-1]

    yield make
    for each in made:
        each.close()


def minute_bars(count: int) -> FakeSource:
    rows = [
        (code, DAY + at * MINUTE, 10.0 + at % 7, 20.0, 5.0, 11.0 + at % 5) for at in range(count) for code in (0, 1)
    ]
    return FakeSource("bars", bars(*rows))


def replay(timeline: Timeline, **options: Any) -> Replay:
    return Replay(ReplayOptions(path=("a.csv",), **options), FakeClock(), history=timeline)


async def played(feed: Replay, change: Callable[[Replay, int], object] = lambda _feed, _count: None) -> list[FeedEvent]:
    """All events without watermarks; ``change`` is called after each."""
    events: list[FeedEvent] = []
    async with aclosing(aiter(feed)) as stream:  # type: ignore[type-var]  # a generator
        async for event in stream:
            assert not isinstance(event, Reached)
            if not isinstance(event, Watermark):
                events.append(event)
                change(feed, len(events))
    return events


def assert_equal(events: list[FeedEvent], timeline: Timeline) -> None:
    """Each tick and each closed bar came once, in order."""
    whole, found = as_plain(timeline.events()), as_plain(events)
    assert [each for each in found if each[0] == "close"] == [each for each in whole if each[0] == "close"]
    assert [each for each in found if isinstance(each[0], int)] == [each for each in whole if isinstance(each[0], int)]


@pytest.mark.parametrize("speed", [0, 100_000])
async def test_at_a_speed_at_which_bars_are_shorter_than_a_beat_they_come_in_few_events(
    minutes: Callable[..., Timeline], speed: float
) -> None:
    timeline = minutes(3000)
    events = await played(replay(timeline, speed=speed))
    assert_equal(events, timeline)
    assert len(events) < 200
    assert sum(isinstance(event, BarBatch) and not event.closed for event in events) < 100


def test_coarse_blocks_end_between_timestamps(minutes: Callable[..., Timeline]) -> None:
    """However many symbols share a timestamp: at the marks watermarks close bars, and the pace may change."""
    timeline = minutes(10_000)
    marks = [event.ts for event in timeline.stretches(None, 0) if isinstance(event, Reached)]
    assert len(marks) >= 80_000 // 8192
    assert np.diff(marks).max() <= 8192 * MINUTE


async def test_at_lower_speeds_each_bar_opens_trades_and_closes(minutes: Callable[..., Timeline]) -> None:
    timeline = minutes(50)
    assert as_plain(await played(replay(timeline, speed=1000))) == as_plain(timeline.events())


async def test_after_a_change_of_pace_bars_are_read_in_another_way(minutes: Callable[..., Timeline]) -> None:
    """From where they were: nothing is lost or repeated."""
    timeline = minutes(5000)

    def change(feed: Replay, count: int) -> None:
        if count in (4, 3000):
            feed.set_speed(1000 if count == 4 else 0)

    events = await played(replay(timeline, speed=0), change)
    assert_equal(events, timeline)
    opened = [isinstance(event, BarBatch) and not event.closed for event in events]
    assert sum(opened) > 500
    assert len(events) < 20_000


async def test_a_step_while_bars_were_read_coarsely_plays_one_timestamp(minutes: Callable[..., Timeline]) -> None:
    """All bars that ended before have closed."""
    timeline = minutes(5000)
    feed = replay(timeline, speed=0)
    seen: list[FeedEvent] = []
    async with aclosing(aiter(feed)) as stream:  # type: ignore[type-var]  # a generator
        async for event in stream:
            seen.append(event)
            if isinstance(event, TickBatch):
                break_at = int(event.trades.ts[-1])
                feed.step()
                break
        async for event in stream:
            seen.append(event)
            if isinstance(event, TickBatch):
                break
    step = seen[-1]
    assert isinstance(step, TickBatch)
    assert set(step.trades.ts.tolist()) == {break_at + MINUTE // 4}
    assert _closed(seen) == [
        each for each in as_plain(timeline.events(None, break_at + MINUTE // 4)) if each[0] == "close"
    ]


def _closed(events: list[FeedEvent]) -> list[Any]:
    return [each for each in as_plain(event for event in events if isinstance(event, BarBatch)) if each[0] == "close"]


@settings(max_examples=30, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 400), st.sampled_from([0.0, 100.0, 1e5, 1e7])), max_size=4))
async def test_any_changes_of_speed_play_each_event_once(changes: list[tuple[int, float]]) -> None:
    """With trades of a file among the bars."""
    ticks = trades(*((2, DAY + at * 7 * MINUTE // 3, float(at + 1)) for at in range(300)))
    timeline = timeline_of([minute_bars(700), FakeSource("ticks", ticks)], run=10_000)
    waiting = list(changes)

    def change(feed: Replay, _count: int) -> None:
        if waiting:
            waiting[0] = (waiting[0][0] - 1, waiting[0][1])
            if waiting[0][0] <= 0:
                feed.set_speed(waiting.pop(0)[1])

    try:
        assert_equal(await played(replay(timeline, speed=0), change), timeline)
    finally:
        timeline.close()


WEEK = 7 * 24 * HOUR


async def test_weeks_can_be_sought_stepped_through_and_looped() -> None:
    """The last watermark is the end of the last week, which closes it; a loop starts again."""
    rows = [(0, DAY + at * WEEK, 10.0, 20.0, 5.0, 11.0) for at in range(4)]
    timeline = timeline_of([FakeSource("a", bars(*rows))])
    try:
        assert timeline.end == DAY + 4 * WEEK
        feed = replay(timeline, speed=0, loop=True)
        assert feed.info.calendar.day(DAY + WEEK)[1] == DAY + 2 * WEEK
        events: list[FeedEvent] = []
        async with aclosing(aiter(feed)) as stream:  # type: ignore[type-var]  # a generator
            async for event in stream:
                events.append(event)
                if isinstance(event, Restart) and not event.hidden:
                    break
            assert max(event.ts for event in events if isinstance(event, Watermark)) == timeline.end
            assert len(_closed(events)) == 4
            feed.seek(DAY + 2 * WEEK + HOUR)
            events.clear()
            async for event in stream:
                events.append(event)
                if isinstance(event, Settled):
                    break
            assert len(_closed(events)) == 2
            opened = [event for event in events if isinstance(event, BarBatch) and not event.closed]
            assert opened[-1].bars.start.tolist() == [DAY + 2 * WEEK]
            feed.step()
            async for event in stream:
                if isinstance(event, TickBatch):
                    assert event.trades.ts.tolist() == [DAY + 2 * WEEK + WEEK // 4]
                    break
    finally:
        timeline.close()


def test_the_end_is_that_of_the_last_trading_day(minutes: Callable[..., Timeline]) -> None:
    """In the calendar of the files."""
    assert minutes(60).end == DAY + 24 * HOUR
    ticks = FakeSource("t", trades((0, DAY + 23 * HOUR, 1.0)), zone="America/New_York")
    timeline = timeline_of([ticks])
    try:
        assert timeline.end == DAY + 29 * HOUR
    finally:
        timeline.close()
