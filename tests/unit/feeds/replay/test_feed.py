"""The feed `csv`: its order of events and its controls."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import numpy as np
import pytest

from feeds.replay.feed import SHORTEST_ROUND_S, Replay
from feeds.replay.options import ReplayOptions
from tests.support.fake_clock import FakeClock, epoll
from tests.support.replay_file import DAY_NS, FakeTimeline, ns
from ticker.errors import OptionError
from ticker.event_check import check_batch
from ticker.feed.feed import LoadingFeed, PausableFeed, ReplayFeed, feed_options
from ticker.model import FeedEvent, Restart, Settled, TickBatch, Watermark


def replay(timeline: FakeTimeline, clock: FakeClock | None = None, **options: Any) -> Replay:
    return Replay(ReplayOptions(path=("a.csv",), **options), clock or FakeClock(), history=timeline)


def stream(feed: Replay) -> Any:
    """The feed's events; closed at the end of the block."""
    return aclosing(aiter(feed))


async def take(
    feed: Replay, between: Callable[[list[FeedEvent]], object] = lambda _: None, limit: int = 10_000
) -> list[FeedEvent]:
    """The events up to the end, or the first ``limit``; ``between`` is called after each."""
    events: list[FeedEvent] = []
    async with stream(feed) as iterator:
        async for event in iterator:
            if isinstance(event, TickBatch):
                check_batch(event)
            events.append(event)
            between(events)
            if len(events) == limit:
                break
    return events


def plain_events(events: list[FeedEvent]) -> list[Any]:
    """The events without watermarks: of ticks the prices, of others the kind."""
    parts: list[Any] = []
    for event in events:
        if isinstance(event, TickBatch):
            prices = event.trades.price.astype(int).tolist()
            if parts and isinstance(parts[-1], list):
                parts[-1] += prices
            else:
                parts.append(prices)
        elif isinstance(event, Restart):
            parts.append("hidden" if event.hidden else "restart")
        elif not isinstance(event, Watermark):
            parts.append(type(event).__name__.lower())
    return parts


async def still(iterator: AsyncIterator[FeedEvent]) -> asyncio.Future[FeedEvent]:
    """A pending wait for the next event."""
    following = asyncio.ensure_future(anext(iterator))
    for _ in range(200):
        await asyncio.sleep(0)
    assert not following.done()
    return following


async def next_ticks(iterator: AsyncIterator[FeedEvent]) -> list[int]:
    """The prices of the next batch."""
    async for event in iterator:
        if isinstance(event, TickBatch):
            return event.trades.price.astype(int).tolist()  # type: ignore[no-any-return]  # numpy's
    raise AssertionError("it ended")


# Info and options


def test_the_feed_satisfies_the_protocols_of_a_replay() -> None:
    """Its info and status are known before the first event."""
    feed = replay(FakeTimeline([0, 1]), speed=2, loop=True)
    assert isinstance(feed, PausableFeed)
    assert isinstance(feed, ReplayFeed)
    assert isinstance(Replay, LoadingFeed)
    info = feed.info
    assert (info.complete, info.ends, info.pausable, info.watermarks) == (True, False, True, True)
    assert info.title == "trades of a.csv"
    status = feed.replay
    assert (status.state, status.position, status.first, status.last) == ("playing", ns(0), ns(0), ns(1))
    assert (status.speed, status.loop, status.time_zone) == (2, True, "America/New_York")
    assert replay(FakeTimeline([0])).info.ends


def test_importing_the_feed_does_not_import_pandas() -> None:
    """Listing the feeds would take half a second longer."""
    code = "import sys, feeds.replay; sys.exit('pandas' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize(
    ("options", "option", "complaint"),
    [
        ({}, "path", "--path is required"),
        ({"path": ""}, "path", "--path: the name of a file or folder is needed"),
        ({"path": [" "]}, "path", "--path: the name of a file or folder is needed"),
        ({"path": "f.csv", "speed": "-1"}, "speed", "--speed: expected a number >= 0"),
        ({"path": "f.csv", "speed": "fast"}, "speed", "--speed: expected a number"),
        ({"path": "f.csv", "speed": "inf"}, "speed", "--speed: a finite number is needed, not inf"),
        ({"path": "f.csv", "speed": "nan"}, "speed", "--speed: "),
        ({"path": "f.csv", "loop": "maybe"}, "loop", "--loop: "),
        ({"path": "f.csv", "max_gap": "soon"}, "max_gap", "--max-gap: 'soon' is not a duration"),
        ({"path": "f.csv", "time_zone": "Mars/Olympus"}, "time_zone", "--time-zone: unknown time zone 'Mars/Oly"),
        ({"path": "f.csv", "price_scale": "0"}, "price_scale", "--price-scale: expected a number > 0"),
        ({"path": "f.csv", "price_scale": "inf"}, "price_scale", "--price-scale must be a finite number"),
        ({"path": "f.csv", "decimal": ";"}, "decimal", "--decimal: invalid value, got ';'"),
        ({"path": "f.csv", "day_first": "maybe"}, "day_first", "--day-first: "),
        ({"path": "f.csv", "bar_stamp": "middle"}, "bar_stamp", "--bar-stamp: invalid value, got 'middle'"),
        ({"path": "f.csv", "allow_negative": "-1"}, "allow_negative", "--allow-negative: "),
        (
            {"path": "f.csv", "exchange": "XNYC"},
            "exchange",
            "--exchange: there is no calendar 'XNYC'; did you mean XNYS",
        ),
        ({"path": "f.csv", "exchange": ""}, "exchange", "--exchange: there is no calendar ''; known: 24/7, forex"),
        ({"path": "f.csv", "columns": "price"}, "columns", "--columns: 'price' is not of the form name=value"),
        ({"path": "f.csv", "sped": "1"}, "sped", "--sped is not an option of this feed"),
    ],
)
def test_a_wrong_option_is_an_error_that_names_it(options: dict[str, str], option: str, complaint: str) -> None:
    """Before a file is opened: these do not exist."""
    with pytest.raises(OptionError) as error:
        Replay(feed_options(Replay, options))  # type: ignore[arg-type]  # the options of this feed
    assert error.value.option == option
    assert complaint in str(error.value)


# Playing


async def test_all_events_come_in_order_and_the_feed_ends() -> None:
    """Then the state is ended, the position is the last timestamp, and a watermark closes every bar."""
    feed = replay(FakeTimeline(range(50), batch=7), speed=0)
    events = await take(feed)
    assert plain_events(events) == [list(range(1, 51))]
    assert feed.replay.state == "ended"
    assert feed.replay.position == ns(49)
    assert events[-1] == Watermark((ns(49) // DAY_NS + 1) * DAY_NS)


async def test_at_speed_0_two_runs_give_the_same_events() -> None:
    """Including watermarks and slices."""
    seconds = np.sort(np.random.default_rng(1).uniform(0, 3 * 86_400, 30_000)).tolist()

    async def run() -> list[Any]:
        events = await take(replay(FakeTimeline(seconds, batch=9000), speed=0))
        return [event.trades.price.tobytes() if isinstance(event, TickBatch) else str(event) for event in events]

    first = await run()
    first = [text if isinstance(text, bytes) else text.partition(" object")[0] for text in first]
    second = [text if isinstance(text, bytes) else text.partition(" object")[0] for text in await run()]
    assert first == second
    assert len(first) > 8


async def test_an_hour_is_played_without_drift() -> None:
    """Each tick is due at its timestamp divided by the speed, though every sleep is late."""
    clock = FakeClock(epoll)
    feed = replay(FakeTimeline(range(3601), batch=100), clock, speed=60)
    late: list[float] = []

    def note(events: list[FeedEvent]) -> None:
        if isinstance(events[-1], TickBatch):
            late.extend(clock.now_s - 1000 - (events[-1].trades.ts - ns(0)) / 1e9 / 60)

    await take(feed, note)
    assert len(late) == 3601
    assert min(late) > -1e-5
    assert max(late) < 0.005
    assert clock.now_s == pytest.approx(1060, abs=0.005)


async def test_a_rollover_waits_for_the_days_first_tick() -> None:
    """The board keeps yesterday's values until the morning."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0, 86_400]), clock, speed=86_400)
    moments: list[tuple[str, float]] = []
    await take(feed, lambda events: moments.append((type(events[-1]).__name__, round(clock.now_s - 1000, 2))))
    kinds = [moment for moment in moments if moment[0] != "Watermark"]
    assert kinds == [("TickBatch", 0.0), ("Rollover", 1.0), ("TickBatch", 1.0)]


async def test_market_time_advances_between_events() -> None:
    """With a watermark per market second, and in the position."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0.25, 5.25]), clock, speed=1)
    marks: list[tuple[int, int, float]] = []

    def note(events: list[FeedEvent]) -> None:
        if isinstance(events[-1], Watermark) and feed.replay.state == "playing" and len(events) < 7:
            marks.append((events[-1].ts, feed.replay.position, round(clock.now_s - 1000, 3)))

    await take(feed, note)
    assert [mark[0] for mark in marks] == [ns(second) for second in (1, 2, 3, 4, 5)]
    assert [mark[1] - mark[0] for mark in marks] == pytest.approx([0] * 5, abs=100_000)
    assert [mark[2] for mark in marks] == [0.75, 1.75, 2.75, 3.75, 4.75]


async def test_watermarks_come_at_most_20_times_per_second() -> None:
    """At any speed."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0, 3600]), clock, speed=3600)
    events = await take(feed)
    marks = [event for event in events if isinstance(event, Watermark)]
    assert 18 <= len(marks) <= 22


@pytest.mark.parametrize("batch", [1, 1000])
async def test_long_gaps_are_shortened(batch: int) -> None:
    """To the maximum gap at the current speed; later events move forward."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0, 1, 1000, 1003, 90_000], batch), clock, speed=2, max_gap="4s")
    moments: list[float] = []

    def note(events: list[FeedEvent]) -> None:
        if isinstance(events[-1], TickBatch):
            moments.append(clock.now_s - 1000)

    await take(feed, note)
    assert moments == pytest.approx([0, 0.5, 2.5, 4, 6], abs=1e-6)


# Pause, step, speed


async def test_a_pause_delays_all_later_events() -> None:
    """The position does not move meanwhile."""
    clock = FakeClock()
    feed = replay(FakeTimeline(range(3)), clock, speed=1)
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
        feed.pause()
        assert feed.paused
        following = await still(events)
        assert (feed.replay.state, feed.replay.position) == ("paused", ns(0))
        clock.now_s += 100
        feed.resume()
        assert feed.replay.state == "playing"
        resumed_s = clock.now_s
        await following
        assert await next_ticks(events) == [2]
        assert clock.now_s - resumed_s == pytest.approx(1)


async def test_a_step_plays_the_next_timestamps_only() -> None:
    """It pauses the replay; ticks of one timestamp are one step."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0, 50, 50, 50, 60, 70, 71], batch=2), clock, speed=1)
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
        feed.step()
        assert feed.paused
        assert await next_ticks(events) + await next_ticks(events) == [2, 3, 4]
        following = await still(events)
        assert (feed.replay.state, feed.replay.position) == ("paused", ns(50))
        feed.step(2)
        assert await following == Watermark(ns(60))
        assert await next_ticks(events) == [5]
        assert await anext(events) == Watermark(ns(70))
        assert await next_ticks(events) == [6]
        following = await still(events)
        begin_s = clock.now_s
        feed.resume()
        await following
        assert await next_ticks(events) == [7]
        assert clock.now_s - begin_s == pytest.approx(1)


async def test_a_new_speed_applies_from_now_on() -> None:
    """Market time makes no jump."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0, 10, 20, 1000, 2000]), clock, speed=1)
    moments: list[float] = []

    def change(events: list[FeedEvent]) -> None:
        if isinstance(events[-1], TickBatch):
            moments.append(clock.now_s - 1000)
            if len(moments) == 2:
                feed.set_speed(10)
            if len(moments) == 3:
                feed.set_speed(0)

    await take(feed, change)
    assert moments == pytest.approx([0, 10, 11, 11])  # the last two are one batch
    assert feed.replay.speed == 0
    with pytest.raises(ValueError, match="speed"):
        feed.set_speed(-1)


# Seeking


@pytest.mark.parametrize(("to", "built", "rest"), [(30, 31, 9), (5, 6, 34), (-100, 1, 39), (1e6, 40, 0), (7.5, 8, 32)])
async def test_a_seek_rebuilds_the_history_up_to_that_time_and_plays_on(to: float, built: int, rest: int) -> None:
    """Forward and back, before the first tick and after the last; hidden until it is settled."""
    clock = FakeClock()
    feed = replay(FakeTimeline(range(40), batch=9), clock, speed=1)
    settled_s: list[float] = []

    def seek(events: list[FeedEvent]) -> None:
        if plain_events(events) == [list(range(1, 11))]:
            feed.seek(ns(to))
            assert feed.replay.position == min(max(ns(to), ns(0)), ns(39))
        if isinstance(events[-1], Settled):
            settled_s.append(clock.now_s)
            assert events[-2] == Watermark(feed.replay.position)

    events = await take(feed, seek)
    numbers = list(range(1, 41))
    expected: list[Any] = [numbers[:10], "hidden", numbers[:built], "settled"]
    assert plain_events(events) == expected + ([numbers[built:]] if rest else [])
    assert len(numbers[built:]) == rest
    reached = min(max(to, 0), 39)
    assert clock.now_s - settled_s[0] == pytest.approx(39 - reached, abs=0.01)


async def test_a_seek_interrupts_a_long_wait() -> None:
    """On the real clock, with an hour to go."""
    feed = Replay(ReplayOptions(path=("a.csv",)), history=FakeTimeline([0, 3600]))
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
        following = asyncio.ensure_future(anext(events))
        await asyncio.sleep(0)
        feed.seek(ns(3600))
        assert await asyncio.wait_for(following, 60) == Restart(hidden=True)
        assert plain_events([event async for event in events]) == [[1, 2], "settled"]


async def test_a_seek_while_paused_shows_that_time_and_stays_paused() -> None:
    """A step continues from there."""
    feed = replay(FakeTimeline(range(10)), speed=1)
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
        feed.pause()
        feed.seek(ns(5))
        seen = [await anext(events)]
        while not isinstance(seen[-1], Settled):
            seen.append(await anext(events))
        assert plain_events(seen) == ["hidden", [1, 2, 3, 4, 5, 6], "settled"]
        following = await still(events)
        assert (feed.replay.state, feed.replay.position) == ("paused", ns(5))
        feed.step()
        assert isinstance(await following, Watermark)
        assert await next_ticks(events) == [7]


async def test_after_steps_and_a_seek_back_the_replay_is_paused() -> None:
    """Steps do not carry over."""
    feed = replay(FakeTimeline(range(100), batch=3), speed=1)
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
        feed.step(3)
        assert [await next_ticks(events) for _ in range(3)] == [[2], [3], [4]]
        feed.step(50)
        assert await next_ticks(events) == [5]
        feed.seek(ns(1))
        async for event in events:
            if isinstance(event, Settled):
                break
        following = await still(events)
        assert (feed.replay.state, feed.replay.position) == ("paused", ns(1))
        feed.step()
        await following
        assert await next_ticks(events) == [3]
        following = await still(events)
        following.cancel()
        await asyncio.wait([following])


async def test_of_several_seeks_in_quick_succession_the_last_one_counts() -> None:
    """Also while the history for an earlier one is being rebuilt."""
    feed = replay(FakeTimeline(range(40)), speed=1)
    left = [ns(20), ns(3)]

    def seek(events: list[FeedEvent]) -> None:
        if plain_events(events) == [[1, 2]]:
            feed.seek(ns(30))
            feed.seek(ns(35))
        elif left and isinstance(events[-1], TickBatch | Watermark) and "hidden" in plain_events(events):
            feed.seek(left.pop(0))

    events = await take(feed, seek, limit=200)
    parts = plain_events(events)
    assert parts.count("settled") == 1
    assert parts[parts.index("settled") - 1] == [1, 2, 3, 4]
    assert parts[-1] == list(range(5, 41))


async def test_a_seek_before_the_first_event_sets_the_start() -> None:
    feed = replay(FakeTimeline(range(4)), speed=0)
    feed.seek(ns(2))
    assert plain_events(await take(feed)) == ["hidden", [1, 2, 3], "settled", [4]]


async def test_after_the_end_a_seek_plays_on() -> None:
    """The pump waits for it and iterates again."""
    feed = replay(FakeTimeline(range(4)), speed=0)
    await take(feed)
    feed.step()
    assert (feed.replay.state, feed.paused) == ("ended", False)
    waiting = asyncio.ensure_future(feed.again())
    for _ in range(20):
        await asyncio.sleep(0)
    assert not waiting.done()
    feed.seek(ns(1))
    await waiting
    assert (feed.replay.state, feed.replay.position) == ("playing", ns(1))
    assert plain_events(await take(feed)) == ["hidden", [1, 2], "settled", [3, 4]]
    assert feed.replay.state == "ended"


async def test_paused_at_the_end_the_replay_has_not_ended() -> None:
    """Until it is resumed."""
    feed = replay(FakeTimeline(range(2)), speed=1)
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
        feed.step(1)
        assert await next_ticks(events) == [2]
        following = await still(events)
        assert (feed.replay.state, feed.replay.position) == ("paused", ns(1))
        feed.resume()
        assert isinstance(await following, Watermark)
        assert [event async for event in events] == []
    assert feed.replay.state == "ended"


# Loops and repeated iteration


async def test_a_loop_starts_again_with_a_new_epoch() -> None:
    """A restart, then the same ticks with the same pauses."""
    clock = FakeClock()
    feed = replay(FakeTimeline([0, 2]), clock, speed=1, loop=True)
    moments: list[float] = []

    def note(events: list[FeedEvent]) -> None:
        if isinstance(events[-1], TickBatch):
            moments.append(clock.now_s - 1000)

    events = await take(feed, note, limit=16)
    assert plain_events(events)[:5] == [[1, 2], "restart", [1, 2], "restart", [1, 2]]
    round_s = 2 + SHORTEST_ROUND_S
    assert moments[:4] == pytest.approx([0, 2, round_s, round_s + 2])


@pytest.mark.parametrize("speed", [0, 1])
async def test_a_loop_over_one_timestamp_does_not_spin(speed: float) -> None:
    """At any speed."""
    clock = FakeClock()
    events = await take(replay(FakeTimeline([0]), clock, speed=speed, loop=True), limit=30)
    assert plain_events(events) == [[1], "restart"] * 10
    assert clock.now_s - 1000 >= 9 * SHORTEST_ROUND_S


async def test_iterating_again_after_the_end_restarts() -> None:
    """With a Restart: clients must drop the old state."""
    feed = replay(FakeTimeline([0, 1, 86_400]), speed=0)
    assert plain_events(await take(feed)) == [[1, 2], "rollover", [3]]
    assert plain_events(await take(feed)) == ["restart", [1, 2], "rollover", [3]]


async def test_iterating_again_after_a_break_rebuilds_the_history() -> None:
    """It is unknown which events reached the board."""
    feed = replay(FakeTimeline(range(4)), speed=1)
    async with stream(feed) as events:
        assert await next_ticks(events) == [1]
    assert plain_events(await take(feed)) == ["hidden", [1], "settled", [2, 3, 4]]


async def test_only_one_thread_reads_at_a_time_and_all_readers_are_closed() -> None:
    """Also with seeks and a close in the middle."""
    timeline = FakeTimeline(range(5000), batch=1)
    feed = replay(timeline, speed=0)
    async with stream(feed) as events:
        for _ in range(20):
            assert await next_ticks(events)
        feed.seek(ns(1000))
        async for event in events:
            if isinstance(event, Settled):
                break
        assert timeline.closed == len(timeline.asked)
        await next_ticks(events)
    assert timeline.closed == len(timeline.asked) == 3
