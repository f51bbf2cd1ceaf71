"""Bars of files, in any calendar and across changes of the clocks, are those that pandas folds."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.files.chunk import Chunk
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from tests.support.data_files import FakeSource, timeline_of
from tests.support.fake_clock import FakeClock
from ticker.calendar import MarketCalendar, market_calendar
from ticker.intervals import KEPT, Interval, interval
from ticker.market.market import Market
from ticker.model import Bars, FeedEvent

MINUTE = 60 * 10**9
#: Around changes of the clocks of New York, London, Sydney and São Paulo, and a leap day.
STARTS = ("2024-03-08", "2024-11-01", "2023-10-27", "2024-04-05", "2018-11-02", "2024-02-27")
CALENDARS = ("24/7", "XNYS", "forex", "XLON", "XTKS", "XASX", "BVMF", "CMES")
LONGER = {"1m": ("1m", "5m", "15m", "1h", "1d", "1w", "1M"), "15m": ("15m", "1h", "1d"), "1h": ("1h", "1d", "1w")}
FIELDS = ("last", "open", "high", "low", "volume", "prev_close")
Row = tuple[int, int, int, int, int]

#: Steps (in intervals), open, close, range and volume of bars.
rows = st.lists(
    st.tuples(
        st.sampled_from([1, 1, 1, 2, 7, 95, 400, 1500]), st.integers(1, 500), st.integers(1, 500), st.integers(0, 99),
        st.integers(0, 1000),
    ),
    min_size=1,
    max_size=40,
)  # fmt: skip


def bars_of(drawn: Sequence[Row], start: str, length: Interval) -> Bars:
    steps = np.array([row[0] for row in drawn])
    # The first distances show the interval.
    stamps = pd.Timestamp(start, tz="UTC").value + np.cumsum(np.r_[0, np.ones(len(steps)), steps]) * length.length_ns
    values = [(0, 10, 10, 0, 5)] * (1 + len(steps)) + list(drawn)
    columns = np.array(values, float)
    opens, closes, beyond = columns[:, 1], columns[:, 2], columns[:, 3]
    lows, highs = np.minimum(opens, closes), np.maximum(opens, closes) + beyond
    unknown = np.full(len(values), np.nan)
    code = np.zeros(len(values), np.int32)
    return Bars(code, stamps.astype(np.int64), opens, highs, lows, closes, columns[:, 4], unknown, unknown)


def expected(bars: Bars, calendar: MarketCalendar, wanted: Interval) -> Any:
    """The bars as pandas folds them: by the local date that names the day, and from its start."""
    stamps = pd.DatetimeIndex(bars.start.view("M8[ns]")).tz_localize("UTC")
    frame = pd.DataFrame({name: getattr(bars, name) for name in ("open", "high", "low", "close", "volume")}, stamps)
    local = stamps.tz_convert(calendar.zone).tz_localize(None) - pd.Timedelta(calendar.day_start_ns, "ns")
    dates = local.normalize()
    holidays = [pd.Timestamp(each) for each in calendar.holidays]
    while not (trading := dates.day_of_week.isin(calendar.weekdays) & ~dates.isin(holidays)).all():
        dates = dates.where(trading, dates - pd.Timedelta(1, "D"))
    begins = _day_start(dates, calendar)
    key: Any
    if wanted.unit == "part":
        since = (stamps - begins) // pd.Timedelta(wanted.length_ns, "ns")
        key = begins + since * pd.Timedelta(wanted.length_ns, "ns")
    elif wanted.unit == "day":
        key = begins
    else:
        key = dates.to_period("W-SUN" if wanted.unit == "week" else "M")
    how = {"open": "first", "high": "max", "low": "min", "close": "last", "volume": "sum"}
    return frame.groupby(key, sort=False).agg(how)


def _day_start(dates: pd.DatetimeIndex, calendar: MarketCalendar) -> pd.DatetimeIndex:
    naive = dates + pd.Timedelta(calendar.day_start_ns, "ns")
    found = naive.tz_localize(calendar.zone, nonexistent="shift_forward", ambiguous=np.ones(len(naive), np.bool_))
    return found.tz_convert("UTC")


@settings(max_examples=60, deadline=None)
@given(rows, st.sampled_from(STARTS), st.sampled_from(CALENDARS), st.sampled_from(sorted(LONGER)), st.booleans())
def test_longer_bars_of_a_file_are_those_of_pandas(
    drawn: list[Row], start: str, exchange: str, length: str, coarse: bool
) -> None:
    """And the board has the values of the last trading day."""
    bars, calendar = bars_of(drawn, start, interval(length)), market_calendar(exchange)
    timeline = timeline_of([FakeSource("a", Chunk(bars=bars))], run=10_000, exchange=exchange)
    try:
        market = Market(timeline.table, calendar=timeline.calendar, calendars=timeline.calendars)
        for event in timeline.events(coarse=coarse):
            market = market.apply(event)
        market.apply_pending()
    finally:
        timeline.close()
    assert timeline.calendar == calendar
    for name in LONGER[length]:
        starts, values, *_ = market.bars.history(0, interval(name))
        folded = expected(bars, calendar, interval(name))
        assert values[:, :5].tolist() == folded.to_numpy().tolist(), name
        if interval(name).unit in ("part", "day"):
            assert starts.tolist() == folded.index.as_unit("ns").asi8.tolist(), name
    shorter = [each for each in KEPT if each.length_ns < interval(length).length_ns]
    assert not any(len(market.bars.history(0, each)[0]) for each in shorter)
    days = expected(bars, calendar, interval("1d"))
    board = {name: float(market.board.column(name)[0]) for name in FIELDS}
    assert [board[name] for name in ("open", "high", "low", "last", "volume")] == days.iloc[-1].tolist()
    before = days.close.iloc[-2] if len(days) > 1 else np.nan
    assert board["prev_close"] == before or (np.isnan(board["prev_close"]) and np.isnan(before))


def played(drawn: list[list[Row]], start: str, exchange: str, speed: float) -> Market:
    chunks = [bars_of(each, start, interval("1m")) for each in drawn]
    sources = [
        FakeSource(str(code), Chunk(bars=Bars(each.symbol + code, each.start, *_values(each))))
        for code, each in enumerate(chunks)
    ]
    timeline = timeline_of(sources, run=10_000, exchange=exchange)
    options = ReplayOptions(path=("a.csv",), speed=speed)
    feed = Replay(options, FakeClock(), history=timeline)
    market = Market(timeline.table, calendar=timeline.calendar, calendars=timeline.calendars)

    async def run() -> Market:
        found = market
        event: FeedEvent
        async for event in feed:
            found = found.apply(event)
        found.apply_pending()
        found.bars.fold()
        return found

    try:
        return asyncio.run(run())
    finally:
        timeline.close()


def _values(bars: Bars) -> list[Any]:
    return [getattr(bars, name) for name in ("open", "high", "low", "close", "volume", "vwap", "trades")]


@settings(max_examples=20, deadline=None)
@given(st.lists(rows, min_size=1, max_size=3), st.sampled_from(STARTS), st.sampled_from(CALENDARS))
def test_played_coarsely_or_finely_a_file_gives_the_same_market(
    drawn: list[list[Row]], start: str, exchange: str
) -> None:
    """Board, bars, and the numbers of closed bars."""
    coarse, fine = (played(drawn, start, exchange, speed) for speed in (0, 1000))
    for name in FIELDS:
        assert np.array_equal(coarse.board.column(name), fine.board.column(name), equal_nan=True), name
    for each in KEPT:
        for row in range(len(drawn)):
            assert_equal(coarse.bars.history(row, each), fine.bars.history(row, each))
        rings = [market.bars.ring(each.name) for market in (coarse, fine)]
        assert rings[0].counted == rings[1].counted
        numbers = np.arange(1, rings[0].counted + 1)
        assert_equal(rings[0].columns(numbers), rings[1].columns(numbers))


def assert_equal(some: Iterable[Any], others: Iterable[Any]) -> None:
    """Columns to the last bit; NaN equals NaN."""
    for one, other in zip(some, others, strict=True):
        assert np.array_equal(one, other, equal_nan=one.dtype.kind == "f")
