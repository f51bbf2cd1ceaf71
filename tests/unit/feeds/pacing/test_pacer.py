"""Pacing by timestamps, on a clock that the tests move."""

from __future__ import annotations

import asyncio
import itertools
import logging
import math
from collections.abc import AsyncGenerator, AsyncIterator, Iterable, Sequence
from contextlib import aclosing

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.pacing.clock import SYSTEM_CLOCK
from feeds.pacing.lateness import LATE_S, WARN_EVERY_S
from feeds.pacing.pacer import AHEAD_TICKS, STALL_S, Pacer, Timed
from feeds.pacing.schedule import QUANTUM_S
from feeds.pacing.slicer import MAX_SLICE
from tests.support.fake_clock import START_NS, FakeClock, ManualClock, epoll
from ticker.model import (
    NO_QUOTES,
    NO_TRADES,
    BarBatch,
    Bars,
    FeedEvent,
    Quotes,
    Removal,
    Restart,
    Rollover,
    SymbolTable,
    TickBatch,
    Trades,
    Watermark,
)

TABLE = SymbolTable(["AAPL", "MSFT"])
SECOND_NS = 1_000_000_000

Stamps = Sequence[float] | npt.NDArray[np.floating]


def batch(trades: Stamps = (), quotes: Stamps = (), version: int | None = None) -> TickBatch:
    """A batch of ticks at these seconds after the start; the price is the row's number."""
    sides: list[Trades | Quotes] = []
    for stamps, empty in ((trades, NO_TRADES), (quotes, NO_QUOTES)):
        rows = len(stamps)
        if not rows:
            sides.append(empty)
            continue
        symbol = np.zeros(rows, np.int32)
        ts = START_NS + np.rint(np.asarray(stamps) * SECOND_NS).astype(np.int64)
        number = np.arange(1.0, rows + 1)
        is_trades = empty is NO_TRADES
        sides.append(
            Trades(symbol, ts, number, number) if is_trades else Quotes(symbol, ts, number, number, number, number)
        )
    first, second = sides
    assert isinstance(first, Trades)
    assert isinstance(second, Quotes)
    return TickBatch(TABLE, first, second, version)


async def source(events: Iterable[FeedEvent]) -> AsyncGenerator[FeedEvent, None]:
    for event in events:
        yield event


async def unmarked(pacer: Pacer, events: AsyncGenerator[FeedEvent, None]) -> AsyncGenerator[FeedEvent, None]:
    """The events without watermarks, which the pacer adds."""
    async with aclosing(pacer.pace(events)) as paced:
        async for event in paced:
            if not isinstance(event, Watermark):
                yield event


async def deliveries(pacer: Pacer, clock: FakeClock, events: Iterable[FeedEvent]) -> list[tuple[float, FeedEvent]]:
    """All events, each with its time in seconds after the first."""
    begin_s = clock.now_s
    return [(clock.now_s - begin_s, event) async for event in unmarked(pacer, source(events))]


def lateness(deliveries: list[tuple[float, FeedEvent]], speed: float) -> npt.NDArray[np.float64]:
    """The lateness of each tick in seconds."""
    late = []
    for moment_s, event in deliveries:
        assert isinstance(event, TickBatch)
        stamps = np.concatenate((event.trades.ts, event.quotes.ts))
        late.append(moment_s - (stamps - START_NS) / SECOND_NS / speed)
    return np.concatenate(late)


async def test_an_hour_at_speed_60_takes_a_minute_without_drift() -> None:
    """Deadlines are absolute: after an hour of 10 ticks per second the error is at most the timer's resolution."""
    clock = FakeClock(epoll)
    stamps = np.arange(36_001) / 10
    events = [batch(trades=stamps[i : i + 1000], quotes=stamps[i : i + 1000] + 0.03) for i in range(0, 36_001, 1000)]
    out = await deliveries(Pacer(60, clock), clock, events)
    late = lateness(out, 60)
    assert len(late) == 72_002
    assert late.min() >= -1e-6
    assert late.max() < QUANTUM_S + 0.0022
    assert out[-1][0] == pytest.approx(60, abs=0.005)


async def test_sparse_ticks_come_at_their_own_times() -> None:
    """A single tick is not delayed by a quantum."""
    clock = FakeClock()
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=[0, 0.7, 0.7005, 3])])
    assert [moment for moment, _ in out] == pytest.approx([0, 0.7, 0.7 + QUANTUM_S, 3])


async def test_a_dense_stream_costs_one_slice_per_quantum() -> None:
    """200,000 ticks per second."""
    clock = FakeClock()
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=np.arange(200_000) / 200_000)])
    assert len(out) == pytest.approx(1 / QUANTUM_S, abs=3)
    assert len(clock.slept) < 1 / QUANTUM_S + 20


async def test_trades_and_quotes_are_cut_at_the_same_timestamp() -> None:
    """No tick of a slice is newer than one of a later slice, of either kind."""
    clock = FakeClock()
    rng = np.random.default_rng(1)
    events = [batch(trades=np.sort(rng.uniform(0, 2, 3000)), quotes=np.sort(rng.uniform(0, 2, 500)))]
    out = await deliveries(Pacer(1, clock), clock, events)
    parts = [event for _, event in out if isinstance(event, TickBatch)]
    assert len(parts) > 100
    for before, after in itertools.pairwise(parts):
        assert max(np.r_[before.trades.ts, before.quotes.ts]) < min(np.r_[after.trades.ts, after.quotes.ts])


@pytest.mark.parametrize("speed", [0, 1, 60, 1e12])
async def test_all_events_come_exactly_once_and_in_order(speed: float) -> None:
    """At every speed the slices together are the batches; other events keep their place."""
    clock = FakeClock(epoll)
    rng = np.random.default_rng(2)
    big = batch(trades=np.sort(rng.uniform(0, 5, 30_000)), quotes=np.sort(rng.uniform(0, 5, 9_000)))
    rollover, removal, empty = Rollover(TABLE), Removal(("MSFT",)), batch()
    later = batch(quotes=[6, 7])
    out = [e for _, e in await deliveries(Pacer(speed, clock), clock, [rollover, big, removal, later, empty])]
    assert out[0] is rollover
    assert out[-1] is empty
    middle = out.index(removal)
    for put_in, parts in ((big, out[1:middle]), (later, out[middle + 1 : -1])):
        batches = [part for part in parts if isinstance(part, TickBatch)]
        assert len(batches) == len(parts)
        assert np.array_equal(np.concatenate([b.trades.price for b in batches]), put_in.trades.price)
        assert np.array_equal(np.concatenate([b.quotes.bid for b in batches]), put_in.quotes.bid)
        assert all(b.table is TABLE for b in batches)


async def test_speed_0_takes_no_time_and_yields_to_the_loop() -> None:
    """In slices of at most MAX_SLICE ticks, with a turn of the loop for each."""
    clock = FakeClock()
    rows = 5 * MAX_SLICE + 1
    out = await deliveries(Pacer(0, clock), clock, [batch(trades=np.arange(rows) * 60.0)])
    assert [len(event) for _, event in out if isinstance(event, TickBatch)] == [MAX_SLICE] * 5 + [1]
    assert out[-1][0] == 0
    assert set(clock.slept) == {0}
    assert len(clock.slept) >= len(out)


async def test_pausing_stops_the_clock() -> None:
    """After resume every deadline is later by the pause; no burst follows."""
    clock = FakeClock()
    pacer = Pacer(1, clock)
    begin_s = clock.now_s
    moments = []
    async with aclosing(unmarked(pacer, source([batch(trades=[0, 1, 2, 3])]))) as stream:
        async for _ in stream:
            moments.append(clock.now_s - begin_s)
            if len(moments) == 2:
                pacer.pause()
                pacer.pause()
                assert pacer.paused
                break
        following = asyncio.ensure_future(anext(stream))
        for _ in range(20):
            await asyncio.sleep(0)
        assert not following.done()
        clock.now_s += 500
        pacer.resume()
        pacer.resume()
        resumed_s = clock.now_s - begin_s
        assert not pacer.paused
        await following
        moments.append(clock.now_s - begin_s)
        moments += [clock.now_s - begin_s async for _ in stream]
    assert moments[:2] == [0, 1]
    assert moments[3] - moments[2] == pytest.approx(1)
    assert moments[2] - resumed_s == pytest.approx(1)
    assert resumed_s > 500


async def test_pausing_also_holds_other_events_and_speed_0() -> None:
    for speed in (0, 1):
        clock = FakeClock()
        pacer = Pacer(speed, clock)
        pacer.pause()
        for event in (Rollover(TABLE), batch(trades=[0])):
            async with aclosing(unmarked(pacer, source([event]))) as stream:
                following = asyncio.ensure_future(anext(stream))
                for _ in range(20):
                    await asyncio.sleep(0)
                assert not following.done()
                pacer.resume()
                assert await following is event
                pacer.pause()


async def test_a_slow_consumer_gets_all_ticks_late_and_catches_up() -> None:
    """At once, by the absolute deadlines; behind_s reports it meanwhile."""
    clock = FakeClock()
    pacer = Pacer(1, clock)
    moments, behind, ticks = [], [], 0
    begin_s = clock.now_s
    async for event in unmarked(pacer, source([batch(trades=np.arange(0, 20, 0.1))])):
        assert isinstance(event, TickBatch)
        moments.append(clock.now_s - begin_s)
        behind.append(pacer.behind_s)
        ticks += len(event)
        if ticks == 50:
            clock.now_s += 5
    assert ticks == 200
    assert max(behind) == pytest.approx(4.9, abs=0.01)
    assert behind[0] == 0
    assert behind[-1] == pytest.approx(0, abs=1e-6)
    assert moments[-1] == pytest.approx(19.9)
    assert pacer.behind_s == 0


async def test_catching_up_uses_bounded_slices_without_waits() -> None:
    """Not one huge batch, and not one quantum per slice."""
    clock = FakeClock()
    pacer = Pacer(1, clock)
    sizes, moments = [], []
    async for event in unmarked(pacer, source([batch(trades=np.arange(300_000) / 100_000)])):
        assert isinstance(event, TickBatch)
        sizes.append(len(event))
        moments.append(clock.now_s)
        if len(sizes) == 2:
            clock.now_s += 1
    burst = [size for size in sizes if size == MAX_SLICE]
    assert max(sizes) == MAX_SLICE
    assert len(burst) == 100_000 // MAX_SLICE
    first = sizes.index(MAX_SLICE)
    assert moments[first] == moments[first + len(burst) - 1]


async def test_falling_behind_logs_requested_and_actual_pace_every_10_s(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A consumer that takes twice the available time: 50 %."""
    clock = FakeClock()
    pacer = Pacer(1, clock, pace_text="20,000 ticks per second")
    begin_s = clock.now_s
    with caplog.at_level(logging.WARNING):
        async for event in unmarked(pacer, source([batch(trades=np.arange(600_000) / 20_000)])):
            assert isinstance(event, TickBatch)
            clock.now_s += len(event) * 0.0001
    took_s = clock.now_s - begin_s
    texts = [record.getMessage() for record in caplog.records]
    assert took_s == pytest.approx(60, abs=0.1)
    assert 5 <= len(texts) <= took_s / WARN_EVERY_S
    assert "10,000 ticks per second" in texts[-1]
    assert "50 % of the requested pace (20,000 ticks per second)" in texts[-1]
    assert pacer.behind_s == 0


async def test_the_timers_resolution_and_short_stalls_log_nothing(caplog: pytest.LogCaptureFixture) -> None:
    clock = FakeClock(epoll)
    async for _ in unmarked(Pacer(1, clock), source([batch(trades=np.arange(0, 60, 0.01))])):
        clock.now_s += LATE_S / 1000
    assert not caplog.records


@pytest.mark.parametrize("where", ["asleep", "handed over"])
async def test_a_suspended_machine_does_not_cause_a_burst(where: str, caplog: pytest.LogCaptureFixture) -> None:
    """After a jump of the clock by an hour the feed continues where it was, and logs it once."""
    jumps = iter([3600.0] if where == "asleep" else [])
    clock = FakeClock(lambda seconds: seconds + (next(jumps, 0.0) if seconds > 0.4 else 0.0))
    moments: list[float] = []
    async for _ in unmarked(Pacer(1, clock), source([batch(trades=np.arange(20) / 2)])):
        moments.append(clock.now_s)
        if where == "handed over" and len(moments) == 4:
            clock.now_s += 3600
    gaps = sorted(np.diff(moments))
    assert gaps == pytest.approx([0.5] * 18 + [3600.5])
    assert [record.getMessage() for record in caplog.records] == [
        "the clock jumped by 3600 s (was the machine suspended?); the feed continues where it was"
    ]


@pytest.mark.parametrize("where", ["asleep", "handed over"])
async def test_a_long_pause_is_not_also_counted_as_a_stall(where: str) -> None:
    """Wherever the feed was when it was paused."""
    clock = FakeClock()
    pacer = Pacer(1, clock)
    async with aclosing(unmarked(pacer, source([batch(trades=[0, 1, 2])]))) as stream:
        await anext(stream)
        pacer.pause()
        if where == "handed over":
            clock.now_s += 100 * STALL_S
        following = asyncio.ensure_future(anext(stream))
        for _ in range(20):
            await asyncio.sleep(0)
        clock.now_s += 100 * STALL_S
        pacer.resume()
        resumed_s = clock.now_s
        await following
        await anext(stream)
        assert clock.now_s - resumed_s <= 2.001


async def test_a_timer_that_ends_early_delivers_nothing_early() -> None:
    """Some event loops wake up early, within the clock's resolution."""
    clock = FakeClock(lambda seconds: seconds * 0.9)
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=np.arange(100) / 50)])
    assert lateness(out, 1).min() >= -2e-6


@pytest.mark.parametrize("speed", [0, 1, 60])
async def test_timestamps_that_go_back_are_due_at_once(speed: float) -> None:
    """Within a batch and between batches: none is lost, blocked, or counted as late."""
    clock = FakeClock()
    pacer = Pacer(speed, clock)
    events = [
        batch(trades=[0, 6, 3, 5, 7]),
        batch(trades=[-86400]),
        batch(trades=[2], quotes=[1]),
        batch(trades=[9, 8]),
    ]
    out, behind = [], []
    begin_s = clock.now_s
    async for event in unmarked(pacer, source(events)):
        out.append((clock.now_s - begin_s, event))
        behind.append(pacer.behind_s)
    assert sum(len(event) for _, event in out if isinstance(event, TickBatch)) == 10
    assert max(behind) < 0.01
    assert out[-1][0] == pytest.approx(9 / speed if speed else 0)
    if speed:
        assert [round(moment * speed) for moment, _ in out] == [0, 6, 7, 7, 7, 9]


async def test_after_a_restart_timestamps_may_start_anywhere() -> None:
    """A file played again is paced as the first time."""
    clock = FakeClock()
    lap = batch(trades=[0, 1, 2])
    events: list[FeedEvent] = [lap, Restart(), lap, Restart(), batch(trades=[1e8, 1e8 + 1])]
    out = await deliveries(Pacer(1, clock), clock, events)
    moments = [moment for moment, event in out if isinstance(event, TickBatch)]
    assert moments == pytest.approx([0, 1, 2, 2, 3, 4, 4, 5], abs=1e-5)


async def test_a_batch_with_a_version_of_its_own_is_not_cut() -> None:
    """It is one version of the board, due with its last tick."""
    clock = FakeClock()
    whole = batch(trades=np.arange(3 * MAX_SLICE) / MAX_SLICE, quotes=[4], version=7)
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=[0]), whole])
    assert out[1][1] is whole
    assert out[1][0] == pytest.approx(4)


async def test_a_source_of_other_events_alone_does_not_starve_the_loop() -> None:
    """Every event leaves other tasks a turn."""
    turns = 0

    async def other() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    task = asyncio.ensure_future(other())
    out = [event async for event in unmarked(Pacer(1, SYSTEM_CLOCK), source([Rollover(TABLE)] * 50))]
    task.cancel()
    assert len(out) == 50
    assert turns >= 50


@pytest.mark.parametrize("how", ["to the end", "closed early", "failing"])
async def test_the_source_is_closed_in_every_case(how: str) -> None:
    """At once, not by the garbage collector."""
    closed = []

    async def file() -> AsyncGenerator[FeedEvent, None]:
        try:
            yield batch(trades=[0])
            yield batch(trades=[0])
            if how == "failing":
                raise OSError("disk")
        finally:
            closed.append(True)

    async def consume() -> None:
        async with aclosing(Pacer(1, FakeClock()).pace(file())) as stream:
            async for _ in stream:
                if how == "closed early":
                    break

    if how == "failing":
        with pytest.raises(OSError, match="disk"):
            await consume()
    else:
        await consume()
    assert closed == [True]


@pytest.mark.parametrize("speed", [-1, math.nan, math.inf])
def test_an_invalid_speed_is_an_error(speed: float) -> None:
    """Speeds are finite and not negative."""
    with pytest.raises(ValueError, match="speed"):
        Pacer(speed)


async def test_the_real_clock_keeps_time() -> None:
    """A quarter of a second with 4,000 ticks per second."""
    begin_s = SYSTEM_CLOCK.monotonic()
    ticks = 0
    async for event in unmarked(Pacer(1), source([batch(trades=np.arange(1001) / 4000)])):
        assert isinstance(event, TickBatch)
        ticks += len(event)
    assert ticks == 1001
    # A busy machine may take longer; a clock in other units would take minutes.
    assert 0.249 < SYSTEM_CLOCK.monotonic() - begin_s < 60
    assert SYSTEM_CLOCK.time_ns() > START_NS


# Events that are collected


class Collected:
    """The events of a pacer on a manual clock: ``yielded`` by its iterator, and ``out`` in all."""

    def __init__(self, pacer: Pacer, clock: ManualClock, events: AsyncIterator[FeedEvent]) -> None:
        self.pacer = pacer
        self.clock = clock
        self.out: list[FeedEvent] = []
        self.yielded = 0
        self._task = asyncio.ensure_future(self._run(events))

    async def _run(self, events: AsyncIterator[FeedEvent]) -> None:
        async for event in self.pacer.pace(events):
            self.out.append(event)
            self.yielded += 1

    async def beat(self, seconds: float) -> int:
        """Advance the clock, then collect. Returns the number of collected ticks."""
        self.clock.now_s += seconds
        events = list(self.pacer.collect())
        self.out += events
        await self.clock.advance(0)
        return sum(len(event) for event in events if isinstance(event, TickBatch))

    @property
    def ticks(self) -> list[float]:
        """The timestamps of the trades in seconds after the start."""
        batches = [event for event in self.out if isinstance(event, TickBatch)]
        return [round((ts - START_NS) / SECOND_NS, 6) for each in batches for ts in each.trades.ts.tolist()]

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


async def test_a_beat_collects_every_tick_that_is_due() -> None:
    """Across batches; the iterator yields none of them and hardly wakes up."""
    clock = ManualClock()
    pacer = Pacer(1, clock)
    pacer.attend(0.05)
    stamps = np.arange(1_000) / 1_000
    collected = Collected(pacer, clock, source(batch(trades=stamps[i : i + 7]) for i in range(0, 1_000, 7)))
    await clock.advance(0)
    clock.slept.clear()
    for beat in range(1, 20):
        await collected.beat(0.05)
        assert collected.ticks[-1] == pytest.approx(0.05 * beat)
    assert collected.ticks == stamps[: 50 * 19 + 1].tolist()
    assert collected.yielded == 0
    assert len([each for each in clock.slept if each]) < 60
    await collected.stop()


async def test_ticks_that_are_not_collected_in_time_are_yielded() -> None:
    """Without beats, ticks wait for one interval and come together."""
    clock = ManualClock()
    pacer = Pacer(1, clock)
    pacer.attend(0.05)
    collected = Collected(pacer, clock, source([batch(trades=np.arange(200) / 1_000)]))
    await clock.advance(0.049)
    assert collected.ticks == []
    for _ in range(4):
        await clock.advance(0.052)
    assert len(collected.ticks) == 200
    assert collected.yielded == len(collected.out) <= 4
    await collected.stop()


async def test_attend_0_yields_waiting_ticks_at_once() -> None:
    """And all later ones when they are due."""
    clock = ManualClock()
    pacer = Pacer(1, clock)
    pacer.attend(3600)
    collected = Collected(pacer, clock, source([batch(trades=[0, 0.5])]))
    await clock.advance(0)
    await clock.advance(0.2)
    assert collected.ticks == []
    pacer.attend(0)
    await clock.advance(0)
    assert collected.ticks == [0]
    await clock.advance(0.3)
    assert collected.ticks == [0, 0.5]
    await collected.stop()


async def test_nothing_is_collected_while_paused_interrupted_or_at_speed_0() -> None:
    """Nor between two streams. The iterator yields the events of a step."""
    clock = ManualClock()
    pacer = Pacer(1, clock)
    pacer.attend(0.05)
    collected = Collected(pacer, clock, source([batch(trades=np.arange(10) / 10)]))
    await clock.advance(0)
    pacer.pause()
    assert await collected.beat(10) == 0
    pacer.step()
    await clock.advance(0)
    assert (collected.ticks, collected.yielded) == ([0], 1)
    pacer.resume()
    assert await collected.beat(0.21) == 2
    pacer.set_speed(0)
    assert list(pacer.collect()) == []
    await clock.advance(0)
    assert len(collected.ticks) == 10
    assert list(pacer.collect()) == []

    pacer = Pacer(1, clock)
    pacer.attend(10)
    collected = Collected(pacer, clock, source([batch(trades=[0, 1])]))
    await clock.advance(2)
    pacer.interrupt()
    assert list(pacer.collect()) == []
    await clock.advance(0)
    assert collected.ticks == []


async def test_a_suspended_machine_does_not_cause_a_burst_of_collected_ticks() -> None:
    """A beat may come before the end of the sleep is noticed."""
    clock = ManualClock()
    pacer = Pacer(1, clock)
    pacer.attend(0.05)
    collected = Collected(pacer, clock, source([batch(trades=np.arange(100_000) / 10)]))
    await clock.advance(0)
    assert await collected.beat(0.05) == 1
    assert await collected.beat(3600) <= 3
    assert await collected.beat(0.1) == 1
    await collected.stop()


async def test_reading_ahead_is_bounded() -> None:
    """For any density; the iterator yields the rest."""
    read = 0

    async def dense() -> AsyncGenerator[FeedEvent, None]:
        nonlocal read
        for second in range(200):
            read += 1
            yield batch(trades=second + np.arange(1_000) / 1_000)

    clock = ManualClock()
    pacer = Pacer(1e6, clock)
    pacer.attend(1)
    collected = Collected(pacer, clock, dense())
    await clock.advance(0)
    assert read <= AHEAD_TICKS // 1_000 + 1
    assert await collected.beat(1) <= AHEAD_TICKS + 1_000
    for _ in range(40):
        await clock.advance(1)
    assert len(collected.ticks) == 200_000
    assert collected.ticks == sorted(collected.ticks)


_steps = st.one_of(
    st.tuples(st.just("beat"), st.sampled_from([0.0, 0.01, 0.05, 0.05, 0.05, 0.3, 3.0])),
    st.tuples(st.just("beat"), st.sampled_from([0.05, 0.2])),
    st.tuples(st.just("pass"), st.sampled_from([0.0, 0.04, 0.1, 1.0])),
    st.tuples(st.just("attend"), st.sampled_from([0.0, 0.05, 1.0])),
    st.tuples(st.just("speed"), st.sampled_from([0.5, 1.0, 60.0])),
    st.tuples(st.just("pause"), st.just(0.0)),
    st.tuples(st.just("resume"), st.just(0.0)),
    st.tuples(st.just("step"), st.just(0.0)),
)


@given(
    st.lists(st.one_of(st.integers(0, 3_000), st.sampled_from(["rollover", "restart", "empty", "bars"])), max_size=30),
    st.lists(_steps, min_size=5, max_size=30),
)
def test_collecting_neither_reorders_nor_repeats_events(items: list[int | str], steps: list[tuple[str, float]]) -> None:
    """Yielded and collected events together are the source's, apart from watermarks."""
    events: list[FeedEvent] = []
    at = 0.0
    for item in items:
        if isinstance(item, int):
            stamps = at + np.arange(1 + item % 7) * item / 10_000
            at = float(stamps[-1])
            events.append(batch(trades=stamps, version=None if item % 5 else len(events) + 1))
        elif item == "bars":
            one = np.ones(1)
            start = np.array([START_NS + round(at * SECOND_NS)], np.int64)
            bars = Bars(np.zeros(1, np.int32), start, one, one, one, one, one, one, one)
            events.append(BarBatch(TABLE, 60 * SECOND_NS, bars, closed=False))
        else:
            others: dict[str, FeedEvent] = {"rollover": Rollover(TABLE), "restart": Restart(), "empty": batch()}
            events.append(others[item])

    async def run() -> list[FeedEvent]:
        clock = ManualClock()
        pacer = Pacer(1, clock)
        collected = Collected(pacer, clock, source(events))
        for kind, value in steps:
            if kind == "beat":
                await collected.beat(value)
            elif kind == "pass":
                await clock.advance(value)
            elif kind == "attend":
                pacer.attend(value)
            elif kind == "speed":
                pacer.set_speed(value)
            else:
                getattr(pacer, kind)()
        pacer.attend(0)
        pacer.resume()
        for _ in range(20):
            await collected.beat(9)
        return collected.out

    def flat(events: list[FeedEvent]) -> list[object]:
        """Ticks one by one; other events unchanged."""
        found: list[object] = []
        for event in events:
            if isinstance(event, TickBatch) and len(event):
                found += event.trades.ts.tolist()
            elif not isinstance(event, Watermark):
                found.append(event)
        return found

    assert flat(asyncio.run(run())) == flat(events)


# Watermarks, bars, interrupts


async def test_no_tick_comes_after_a_higher_watermark() -> None:
    """At any speed, with random timestamps; watermarks grow."""
    rng = np.random.default_rng(5)
    for speed in (0, 1, 60, 5000):
        clock = FakeClock(epoll)
        events = [batch(trades=np.sort(rng.uniform(low, low + 100, 500))) for low in range(0, 1000, 100)]
        mark, count = 0, 0
        async for event in Pacer(speed, clock).pace(source(events)):
            if isinstance(event, Watermark):
                assert event.ts > mark
                assert event.ts % SECOND_NS == 0
                mark, count = event.ts, count + 1
            else:
                assert isinstance(event, TickBatch)
                assert event.trades.ts[0] >= mark
        assert count > 3


async def test_bars_come_at_their_start_and_at_their_end() -> None:
    """And a timed event at its time."""
    clock = FakeClock()
    one = np.ones(1)
    start = np.array([START_NS + 10 * SECOND_NS], np.int64)
    bars = Bars(np.zeros(1, np.int32), start, one, one, one, one, one, one, one)
    opened, closed = (BarBatch(TABLE, 60 * SECOND_NS, bars, is_closed) for is_closed in (False, True))
    rollover = Rollover(TABLE)

    async def events() -> AsyncGenerator[FeedEvent | Timed, None]:
        yield batch(trades=[0])
        yield opened
        yield closed
        yield Timed(START_NS + 100 * SECOND_NS, rollover)

    begin_s, pacer = clock.now_s, Pacer(1, clock)
    paced = pacer.pace(events())
    out = [(each, round(clock.now_s - begin_s, 3)) async for each in paced if not isinstance(each, Watermark)]
    assert [moment for _, moment in out] == [0, 10, 70, 100]
    assert [event for event, _ in out[1:]] == [opened, closed, rollover]


def bar_batch(second: int, *, closed: bool) -> BarBatch:
    """A bar of a minute."""
    one = np.ones(1)
    start = np.array([START_NS + second * SECOND_NS], np.int64)
    return BarBatch(
        TABLE, 60 * SECOND_NS, Bars(np.zeros(1, np.int32), start, one, one, one, one, one, one, one), closed
    )


@pytest.mark.parametrize("speed", [0, 1, 60])
async def test_bars_close_before_the_watermark_of_their_end(speed: float) -> None:
    """The watermark says that all bars that end by then have closed."""
    events: list[FeedEvent] = [bar_batch(0, closed=False), batch(trades=[0, 30]), bar_batch(0, closed=True)]
    events += [bar_batch(60, closed=False), batch(trades=[60, 90]), bar_batch(60, closed=True), batch(trades=[120])]
    closed = mark = 0
    async for event in Pacer(speed, FakeClock()).pace(source(events), START_NS):
        if isinstance(event, Watermark):
            mark = event.ts
            assert mark < START_NS + (closed + 1) * 60 * SECOND_NS
        closed += isinstance(event, BarBatch) and event.closed
    assert closed == 2
    assert mark > START_NS + 110 * SECOND_NS


async def test_a_timed_batch_is_delivered_whole_at_its_last_timestamp() -> None:
    """Watermarks before it reach its first."""
    clock = FakeClock()
    item = Timed(START_NS + 90 * SECOND_NS, batch(trades=[30, 60, 90]), first=START_NS + 30 * SECOND_NS)

    async def events() -> AsyncGenerator[FeedEvent | Timed, None]:
        yield item

    begin_s, marks, found = clock.now_s, [0], []
    async for event in Pacer(10, clock).pace(events(), START_NS):
        if isinstance(event, Watermark):
            marks.append((event.ts - START_NS) // SECOND_NS)
        else:
            found.append((event, round(clock.now_s - begin_s, 3)))
    assert found == [(item.event, 9)]
    assert marks[-1] == 30


async def test_a_pause_lets_pass_what_belongs_to_delivered_ticks() -> None:
    """Bars that close with the tick before which nothing else is missing."""
    pacer = Pacer(0, FakeClock())
    late = Timed(START_NS + 30 * SECOND_NS, bar_batch(0, closed=True))

    async def events() -> AsyncGenerator[FeedEvent | Timed, None]:
        yield batch(trades=[0, 30])
        yield late
        yield batch(trades=[60])

    found: list[FeedEvent] = []
    async for event in pacer.pace(events(), START_NS):
        if not isinstance(event, Watermark):
            found.append(event)
        if len(found) == 1:
            pacer.pause()
        elif event is late.event:
            asyncio.get_running_loop().call_soon(pacer.resume)
    assert found[1] is late.event
    assert len(found) == 3


async def test_market_time_may_start_before_the_first_tick() -> None:
    """Then the first tick has to wait."""
    clock = FakeClock()
    begin_s = clock.now_s
    async for event in Pacer(2, clock).pace(source([batch(trades=[8])]), START_NS):
        if isinstance(event, TickBatch):
            assert clock.now_s - begin_s == pytest.approx(4)


async def test_an_interrupt_ends_the_stream_before_its_next_event() -> None:
    """While waiting, paused, or within a batch; the source is closed."""
    for paused in (False, True):
        closed = []

        async def file() -> AsyncGenerator[FeedEvent, None]:
            try:
                yield batch(trades=[0, 1, 2, 3])
            finally:
                closed.append(True)  # noqa: B023 - it is used in this round

        pacer = Pacer(1, FakeClock())
        seen = []
        async with aclosing(pacer.pace(file())) as stream:
            async for event in stream:
                seen.append(event)
                if paused:
                    pacer.pause()
                pacer.interrupt()
        assert len(seen) == 1
        assert pacer.interrupted
        assert closed == [True]


async def test_rest_waits_and_holds_while_paused() -> None:
    """Between two streams."""
    clock = FakeClock()
    pacer = Pacer(1, clock)
    begin_s = clock.now_s
    assert await pacer.rest(2)
    assert clock.now_s - begin_s == pytest.approx(2)
    pacer.pause()
    resting = asyncio.ensure_future(pacer.rest(0))
    for _ in range(20):
        await asyncio.sleep(0)
    assert not resting.done()
    pacer.resume()
    assert await resting
    pacer.interrupt()
    assert not await pacer.rest(5)
