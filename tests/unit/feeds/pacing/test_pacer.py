"""Pacing by the events' own stamps, on a clock that the tests move."""

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

from feeds.pacing.lateness import LATE_S, WARN_EVERY_S
from feeds.pacing.pacer import AHEAD_TICKS, STALL_S, SYSTEM_CLOCK, Pacer, Timed
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
    """A batch whose ticks have the stamps given, in seconds after the start; each price tells its row."""
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
    """What comes out but for the watermarks, which the pacer adds."""
    async with aclosing(pacer.pace(events)) as paced:
        async for event in paced:
            if not isinstance(event, Watermark):
                yield event


async def deliveries(pacer: Pacer, clock: FakeClock, events: Iterable[FeedEvent]) -> list[tuple[float, FeedEvent]]:
    """Everything that comes out, each with the moment it came, in seconds after the first."""
    begin_s = clock.now_s
    return [(clock.now_s - begin_s, event) async for event in unmarked(pacer, source(events))]


def lateness(deliveries: list[tuple[float, FeedEvent]], speed: float) -> npt.NDArray[np.float64]:
    """How late each tick came, in seconds."""
    late = []
    for moment_s, event in deliveries:
        assert isinstance(event, TickBatch)
        stamps = np.concatenate((event.trades.ts, event.quotes.ts))
        late.append(moment_s - (stamps - START_NS) / SECOND_NS / speed)
    return np.concatenate(late)


async def test_an_hour_at_sixty_times_speed_takes_a_minute_and_does_not_drift() -> None:
    """Deadlines are absolute: after an hour of 10 ticks a second no tick is further off than the timer's grain."""
    clock = FakeClock(epoll)
    stamps = np.arange(36_001) / 10
    events = [batch(trades=stamps[i : i + 1000], quotes=stamps[i : i + 1000] + 0.03) for i in range(0, 36_001, 1000)]
    out = await deliveries(Pacer(60, clock), clock, events)
    late = lateness(out, 60)
    assert len(late) == 72_002
    assert late.min() >= -1e-6
    assert late.max() < QUANTUM_S + 0.0022
    assert out[-1][0] == pytest.approx(60, abs=0.005)


async def test_sparse_ticks_come_at_their_own_moments() -> None:
    """The quantum only groups: a tick that stands alone is not held until a quantum's end."""
    clock = FakeClock()
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=[0, 0.7, 0.7005, 3])])
    assert [moment for moment, _ in out] == pytest.approx([0, 0.7, 0.7 + QUANTUM_S, 3])


async def test_a_dense_stream_wakes_the_loop_once_a_quantum() -> None:
    """200,000 ticks a second cost one slice a quantum, not 200,000."""
    clock = FakeClock()
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=np.arange(200_000) / 200_000)])
    assert len(out) == pytest.approx(1 / QUANTUM_S, abs=3)
    assert len(clock.slept) < 1 / QUANTUM_S + 20


async def test_trades_and_quotes_are_cut_at_the_same_stamp() -> None:
    """No slice has a tick that is newer than one left for a later slice, of either kind."""
    clock = FakeClock()
    rng = np.random.default_rng(1)
    events = [batch(trades=np.sort(rng.uniform(0, 2, 3000)), quotes=np.sort(rng.uniform(0, 2, 500)))]
    out = await deliveries(Pacer(1, clock), clock, events)
    parts = [event for _, event in out if isinstance(event, TickBatch)]
    assert len(parts) > 100
    for before, after in itertools.pairwise(parts):
        assert max(np.r_[before.trades.ts, before.quotes.ts]) < min(np.r_[after.trades.ts, after.quotes.ts])


@pytest.mark.parametrize("speed", [0, 1, 60, 1e12])
async def test_everything_comes_exactly_once_and_in_order(speed: float) -> None:
    """At every speed the slices put together are the batches that went in, and other events keep their place."""
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


async def test_speed_0_takes_no_time_and_gives_the_loop_its_turns() -> None:
    """As fast as it goes: slices of at most MAX_SLICE ticks, with a turn of the loop for each."""
    clock = FakeClock()
    rows = 5 * MAX_SLICE + 1
    out = await deliveries(Pacer(0, clock), clock, [batch(trades=np.arange(rows) * 60.0)])
    assert [len(event) for _, event in out if isinstance(event, TickBatch)] == [MAX_SLICE] * 5 + [1]
    assert out[-1][0] == 0
    assert set(clock.slept) == {0}
    assert len(clock.slept) >= len(out)


async def test_pausing_stops_the_clock() -> None:
    """After resume every deadline is later by the pause: nothing was lost, and nothing comes in a burst."""
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


async def test_pausing_holds_other_events_and_speed_0_back_too() -> None:
    """Paused means that nothing comes, whatever it is and however fast it was going."""
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


async def test_a_slow_consumer_gets_everything_late_and_then_catches_up() -> None:
    """A stall is made good at once, by the absolute deadlines, and behind_s tells of it while it lasts."""
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


async def test_catching_up_goes_in_bounded_slices_without_waiting() -> None:
    """A second of a dense stream that fell due meanwhile does not come as one huge batch, nor at a quantum's pace."""
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


async def test_falling_behind_is_said_with_the_pace_asked_and_reached_but_not_too_often(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A consumer that takes twice the time there is: the warning names 50 % and comes once in ten seconds."""
    clock = FakeClock()
    pacer = Pacer(1, clock, asked="20,000 ticks a second")
    begin_s = clock.now_s
    with caplog.at_level(logging.WARNING):
        async for event in unmarked(pacer, source([batch(trades=np.arange(600_000) / 20_000)])):
            assert isinstance(event, TickBatch)
            clock.now_s += len(event) * 0.0001
    took_s = clock.now_s - begin_s
    texts = [record.getMessage() for record in caplog.records]
    assert took_s == pytest.approx(60, abs=0.1)
    assert 5 <= len(texts) <= took_s / WARN_EVERY_S
    assert "10,000 ticks a second" in texts[-1]
    assert "50 % of the pace asked for (20,000 ticks a second)" in texts[-1]
    assert pacer.behind_s == 0


async def test_being_on_time_is_not_worth_a_word(caplog: pytest.LogCaptureFixture) -> None:
    """The timer's grain and short stalls do not warn."""
    clock = FakeClock(epoll)
    async for _ in unmarked(Pacer(1, clock), source([batch(trades=np.arange(0, 60, 0.01))])):
        clock.now_s += LATE_S / 1000
    assert not caplog.records


@pytest.mark.parametrize("where", ["asleep", "handed over"])
async def test_a_suspended_machine_does_not_cause_a_burst(where: str, caplog: pytest.LogCaptureFixture) -> None:
    """If the monotonic clock jumps by an hour, the feed goes on from where it was, and says so once."""
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
        "time jumped by 3600 s (a suspended machine?); the feed goes on from where it was"
    ]


@pytest.mark.parametrize("where", ["asleep", "handed over"])
async def test_a_long_pause_is_not_a_stall_as_well(where: str) -> None:
    """Wherever the feed was when it was paused: the time counts as left out once, so it goes on at once after."""
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
    """Some event loops wake before the time by their clock's resolution."""
    clock = FakeClock(lambda seconds: seconds * 0.9)
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=np.arange(100) / 50)])
    assert lateness(out, 1).min() >= -2e-6


@pytest.mark.parametrize("speed", [0, 1, 60])
async def test_stamps_that_go_backwards_are_due_at_once(speed: float) -> None:
    """Within a batch and between batches: nothing is lost, held back for ever, or counted as lateness."""
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


async def test_after_a_restart_the_stamps_may_begin_anywhere() -> None:
    """A file played again from its start is paced like the first time; so is one from another year."""
    clock = FakeClock()
    lap = batch(trades=[0, 1, 2])
    events: list[FeedEvent] = [lap, Restart(), lap, Restart(), batch(trades=[1e8, 1e8 + 1])]
    out = await deliveries(Pacer(1, clock), clock, events)
    moments = [moment for moment, event in out if isinstance(event, TickBatch)]
    assert moments == pytest.approx([0, 1, 2, 2, 3, 4, 4, 5], abs=1e-5)


async def test_a_batch_with_a_version_of_its_own_is_not_cut() -> None:
    """It is one version of the board wherever it is applied, so it comes whole, when its last tick is due."""
    clock = FakeClock()
    whole = batch(trades=np.arange(3 * MAX_SLICE) / MAX_SLICE, quotes=[4], version=7)
    out = await deliveries(Pacer(1, clock), clock, [batch(trades=[0]), whole])
    assert out[1][1] is whole
    assert out[1][0] == pytest.approx(4)


async def test_a_source_of_other_events_alone_does_not_starve_the_loop() -> None:
    """Every event leaves the other tasks a turn."""
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
async def test_the_source_is_closed_however_it_ends(how: str) -> None:
    """A file behind the source is closed at once, not when the garbage collector gets to it."""
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
def test_a_speed_that_can_not_be_is_refused(speed: float) -> None:
    """Speeds are finite and not negative."""
    with pytest.raises(ValueError, match="a speed is a finite number"):
        Pacer(speed)


async def test_the_real_clock_keeps_the_time() -> None:
    """A quarter of a second of 4,000 ticks a second takes a quarter of a second on the machine's clock."""
    begin_s = SYSTEM_CLOCK.monotonic()
    ticks = 0
    async for event in unmarked(Pacer(1), source([batch(trades=np.arange(1001) / 4000)])):
        assert isinstance(event, TickBatch)
        ticks += len(event)
    assert ticks == 1001
    assert 0.249 < SYSTEM_CLOCK.monotonic() - begin_s < 2
    assert SYSTEM_CLOCK.time_ns() > START_NS


# Events that are collected


class Collected:
    """What a pacer gives on a clock that stands still: ``yielded`` by its iterator, ``out`` in all."""

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
        """Time passes, and then what is due is collected. Returns how many ticks that were."""
        self.clock.now_s += seconds
        events = list(self.pacer.collect())
        self.out += events
        await self.clock.advance(0)
        return sum(len(event) for event in events if isinstance(event, TickBatch))

    @property
    def ticks(self) -> list[float]:
        """The stamps of the trades, in seconds after the start."""
        batches = [event for event in self.out if isinstance(event, TickBatch)]
        return [round((ts - START_NS) / SECOND_NS, 6) for each in batches for ts in each.trades.ts.tolist()]

    async def stop(self) -> None:
        self._task.cancel()
        await asyncio.wait({self._task})


async def test_a_beat_collects_every_tick_that_is_due() -> None:
    """Across batches, whenever they begin; the iterator yields none of them and hardly wakes up."""
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


async def test_what_is_not_collected_in_time_is_yielded() -> None:
    """Without beats, ticks wait as long as one interval and come together."""
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


async def test_a_wait_ends_when_ticks_are_wanted_at_once() -> None:
    """``attend(0)``: what waits to be collected is yielded, and so is all that follows, when it is due."""
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


async def test_nothing_can_be_collected_of_a_pacer_that_holds() -> None:
    """Paused, interrupted, at speed 0, or between two streams. A step is the iterator's."""
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
    """A beat may come before the sleep's end is noticed."""
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
    """However dense the stream is; what is not read ahead comes from the iterator."""
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
def test_collecting_neither_reorders_nor_repeats(items: list[int | str], steps: list[tuple[str, float]]) -> None:
    """Whatever happens meanwhile, what is yielded and collected together is what went in, watermarks aside."""
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
        """Ticks one by one, other events as they are."""
        found: list[object] = []
        for event in events:
            if isinstance(event, TickBatch) and len(event):
                found += event.trades.ts.tolist()
            elif not isinstance(event, Watermark):
                found.append(event)
        return found

    assert flat(asyncio.run(run())) == flat(events)


# Watermarks, bars, and what is said from outside


async def test_watermarks_are_at_no_tick_that_is_still_to_come() -> None:
    """At any speed, with stamps at random: each says what is true, and they grow."""
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


async def test_bars_come_when_they_begin_and_when_they_end() -> None:
    """And a timed event when it says."""
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


async def test_it_may_begin_before_the_first_tick() -> None:
    """Where market time was set, the first tick is due by it."""
    clock = FakeClock()
    begin_s = clock.now_s
    async for event in Pacer(2, clock).pace(source([batch(trades=[8])]), START_NS):
        if isinstance(event, TickBatch):
            assert clock.now_s - begin_s == pytest.approx(4)


async def test_an_interrupt_ends_it_before_its_next_event() -> None:
    """Waiting, paused, or in the middle of a batch; the source is closed."""
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


async def test_resting_takes_its_time_and_holds_while_paused() -> None:
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
