"""Bars of any interval equal those of pandas with the same trading days, and the board's day fields the 1d bar."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticker.calendar import UTC_DAYS, MarketCalendar, midnights
from ticker.intervals import SECOND_NS, interval
from ticker.market.market import Market
from ticker.model import SymbolTable, TickBatch, Trades, Watermark

HOUR_NS = 3_600 * SECOND_NS
NEW_YEAR = MarketCalendar(
    name="New York on weekdays",
    zone="America/New_York",
    weekdays=frozenset(range(5)),
    holidays=frozenset({date(2024, 3, 29), date(2024, 7, 4), date(2024, 11, 28)}),
)
FOREX = MarketCalendar(name="forex", zone="America/New_York", day_start_ns=-7 * HOUR_NS, weekdays=frozenset(range(5)))
#: Zones whose clocks change at midnight (Beirut, Havana), by half an hour (Lord Howe), or not at all.
CALENDARS = [
    UTC_DAYS, FOREX, NEW_YEAR, midnights("Europe/Berlin"), midnights("Asia/Beirut"), midnights("America/Havana"),
    midnights("Australia/Lord_Howe"), midnights("Asia/Kolkata"), midnights("Pacific/Chatham"),
    MarketCalendar(name="from 04:00", zone="America/New_York", day_start_ns=4 * HOUR_NS),
]  # fmt: skip
#: Around these days the clocks of one of the zones change, or a week, month or year begins.
DAYS = ["2024-03-08", "2024-03-29", "2024-04-05", "2024-10-25", "2024-11-01", "2024-12-30", "2024-07-03"]
INTERVALS = ["1s", "90s", "1m", "15m", "45m", "1h", "4h", "12h", "1d", "1w", "1M"]
TABLE = SymbolTable(["A"])


def local(ts: pd.DatetimeIndex, calendar: MarketCalendar) -> pd.DatetimeIndex:
    """The wall clock, moved so that trading days begin at midnight."""
    wall = ts.tz_localize("UTC").tz_convert(calendar.zone).tz_localize(None)
    return wall - pd.Timedelta(calendar.day_start_ns, "ns")


def dates(ts: pd.DatetimeIndex, calendar: MarketCalendar) -> list[date]:
    """The date of each timestamp's trading day: the last one with trading."""
    found = []
    for each in local(ts, calendar):
        day = each.date()
        while day.weekday() not in calendar.weekdays or day in calendar.holidays:
            day -= pd.Timedelta(1, "D").to_pytimedelta()
        found.append(day)
    return found


def start_of(day: date, calendar: MarketCalendar) -> int:
    """When a trading day begins (ns), by searching for the first second of its date."""
    guess = pd.Timestamp(day).value + calendar.day_start_ns
    seconds = pd.DatetimeIndex(np.arange(guess - 15 * HOUR_NS, guess + 15 * HOUR_NS, 900 * SECOND_NS).view("M8[ns]"))
    inside = [each.date() >= day for each in local(seconds, calendar)]
    return int(seconds.asi8[inside.index(True)])


def expected(ts: pd.DatetimeIndex, frame: pd.DataFrame, name: str, calendar: MarketCalendar) -> pd.DataFrame:
    days = dates(ts, calendar)
    starts = {day: start_of(day, calendar) for day in set(days)}
    begun = np.array([starts[day] for day in days])
    if name == "1d":
        keys = begun
    elif name in ("1w", "1M"):
        first = [_first_of_period(day, name, calendar) for day in days]
        periods = {day: start_of(day, calendar) for day in set(first)}
        keys = np.array([periods[day] for day in first])
    else:
        length = interval(name).length_ns
        keys = begun + (ts.asi8 - begun) // length * length
    return frame.groupby(keys).agg({"price": ["first", "max", "min", "last", "count"], "size": "sum"})


def _first_of_period(day: date, name: str, calendar: MarketCalendar) -> date:
    stamp = pd.Timestamp(day)
    first = (stamp - pd.Timedelta(stamp.weekday(), "D")) if name == "1w" else stamp.replace(day=1)
    while first.weekday() not in calendar.weekdays or first.date() in calendar.holidays:
        first += pd.Timedelta(1, "D")
    return first.date()


_steps = st.lists(
    st.tuples(st.sampled_from([1, 700, 1_000, 59_000, 1_800_000, 5_000_000, 30_000_000]), st.integers(1, 900)),
    min_size=1,
    max_size=25,
)


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.name)
@given(st.sampled_from(DAYS), st.integers(0, 86_399), _steps, st.sets(st.integers(0, 25)))
@settings(max_examples=12)
def test_bars_and_day_fields_follow_the_calendar(
    calendar: MarketCalendar, day: str, second: int, steps: list[tuple[int, int]], cuts: set[int]
) -> None:
    """Across changes of the clocks, in any batches."""
    begin = pd.Timestamp(day).value + second * SECOND_NS
    stamps = begin + np.cumsum([step for step, _ in steps]) * 1_000_000
    prices = np.array([price for _, price in steps]) / 100
    frame = pd.DataFrame({"price": prices, "size": prices * 10})
    market = Market(["A"], calendar=calendar)
    edges = sorted({0, len(steps), *(cut for cut in cuts if cut < len(steps))})
    for first, last in pairwise(edges):
        part = slice(first, last)
        codes = np.zeros(last - first, np.int32)
        market.apply(TickBatch(TABLE, Trades(codes, stamps[part].astype(np.int64), prices[part], prices[part] * 10)))
        market.apply(Watermark(int(stamps[last - 1])))
    ts = pd.DatetimeIndex(stamps.view("M8[ns]"))
    for name in INTERVALS:
        wanted = expected(ts, frame, name, calendar)
        starts, values, closed, *_ = market.bars.history(0, interval(name))
        assert starts.tolist() == wanted.index.tolist(), name
        assert np.array_equal(values[:, :4], wanted["price"][["first", "max", "min", "last"]].to_numpy()), name
        assert values[:, 6].tolist() == wanted[("price", "count")].tolist()
        assert np.allclose(values[:, 4], wanted[("size", "sum")], rtol=1e-12)
        assert closed.tolist() == [end <= stamps[-1] for end in calendar.ends(starts, interval(name)).tolist()]
        if name == "1d":
            fields = [market.board.column(field)[0] for field in ("open", "high", "low", "volume", "trades")]
            assert np.allclose(fields, values[-1, [0, 1, 2, 4, 6]], rtol=1e-12, atol=0)
            before = values[-2, 3] if len(values) > 1 else np.nan
            assert np.array_equal(market.board.column("prev_close"), [before], equal_nan=True)


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.name)
def test_bars_of_a_day_fill_it_without_a_gap(calendar: MarketCalendar) -> None:
    """Each bar ends where the next one starts, on every day of two years; days have 23 to 25 hours without weekends."""
    stamps = np.arange(pd.Timestamp("2023-12-20").value, pd.Timestamp("2025-12-31").value, 900 * SECOND_NS)
    for name in ("15m", "1h", "4h", "1d", "1w", "1M"):
        starts = np.unique(calendar.starts(stamps, interval(name)))
        assert calendar.ends(starts, interval(name))[:-1].tolist() == starts[1:].tolist(), name
        assert (calendar.starts(starts, interval(name)) == starts).all()
    days = np.unique(calendar.starts(stamps, interval("1d")))
    if calendar.weekdays == frozenset(range(7)):
        assert set((np.diff(days) / HOUR_NS).tolist()) <= {23.0, 23.5, 24.0, 24.5, 25.0}
    assert (np.diff(calendar.dates(days)) > np.timedelta64(0, "D")).all()
    assert calendar.day(int(days[5]) + 1) == (days[5], days[6])
