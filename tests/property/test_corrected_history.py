"""Late, cancelled and corrected trades give the bars and day fields of the corrected history."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ticker.calendar import UTC_DAYS, MarketCalendar, market_calendar, midnights
from ticker.conditions import REGULAR, ConditionTable, Updates
from ticker.intervals import KEPT, SECOND_NS, interval
from ticker.market.market import Market
from ticker.model import Corrections, Floats, SymbolTable, TickBatch, Trades, Watermark

NAMES = ["AAPL", "MSFT"]
#: 2024-03-31 00:30 UTC: half an hour before the clocks in Berlin go forward, hours before New York's day ends.
START = 1_711_845_000 * SECOND_NS
LATE_NS = 60 * SECOND_NS
FOLLOWED = [interval(name) for name in ("2s", "30s", "10m", "4h")]

CALENDARS = [UTC_DAYS, midnights("Europe/Berlin"), midnights("Asia/Kolkata"), market_calendar("forex")]


@dataclass(frozen=True)
class Step:
    """A trade, ``behind_ms`` late; later its cancellation or correction."""

    step_ms: int
    behind_ms: int
    code: int
    price: float
    size: float
    updates: int
    fate: str


_steps = st.builds(
    Step,
    st.sampled_from([0, 0, 1, 300, 700, 1_000, 2_500, 30_000, 4_000_000, 80_000_000]),
    st.sampled_from([0, 0, 0, 0, 1, 900, 2_500, 20_000]),
    st.integers(0, 1),
    st.integers(1, 5_000).map(lambda cents: cents / 100),
    st.integers(0, 99).map(lambda tenths: tenths / 10),
    st.sampled_from([7, 7, 7, 7, 4, 6, 2, 0]),
    st.sampled_from(["", "", "", "", "cancel", "correct"]),
)
TABLE = SymbolTable(NAMES)
CONDITIONS = ConditionTable()
CODES = {bits: CONDITIONS.code((f"c{bits}",), Updates(bits)) if bits != REGULAR else 0 for bits in (7, 4, 6, 2, 0)}

#: code, ts, price, size, updates, id
Row = tuple[int, int, float, float, int, int]


def trades(rows: list[Row]) -> TickBatch:
    columns = list(zip(*rows, strict=True))
    found = Trades(
        np.array(columns[0], np.int32), np.array(columns[1], np.int64), np.array(columns[2]), np.array(columns[3]),
        np.array([CODES[bits] for bits in columns[4]], np.int32), np.array(columns[5], np.int64),
    )  # fmt: skip
    return TickBatch(TABLE, found, conditions=CONDITIONS)


def events_of(steps: list[Step]) -> tuple[list[Any], list[Row]]:
    """The events in order of arrival, and the corrected history in order of arrival."""
    events: list[Any] = []
    rows: list[Row] = []
    now, reached = START, 0
    for number, step in enumerate(steps, 1):
        now += step.step_ms * 1_000_000
        row = (step.code, now - step.behind_ms * 1_000_000, step.price, step.size, step.updates, number)
        rows.append(row)
        events.append(trades([row]))
        if number % 3 == 0 and now - SECOND_NS > reached:
            # Market time is a second behind, so that some late trades come after their bars have closed.
            reached = now - SECOND_NS
            events.append(Watermark(reached))
        if step.fate and number > 1:
            # The trade before is meant.
            at = number - 2
            code, ts, price, size, bits, trade_id = rows[at]
            if not bits or ts < now - LATE_NS:
                continue
            right = (np.nan, np.nan) if step.fate == "cancel" else (price + 1, size + 0.1)
            rows[at] = (code, ts, *right, 0 if step.fate == "cancel" else bits, trade_id)
            events.append(
                Corrections(
                    TABLE, np.array([code], np.int32), np.array([trade_id]), np.array([now]), np.array([right[0]]),
                    np.array([right[1]]), np.array([CODES[bits]], np.int32), CONDITIONS,
                )
            )  # fmt: skip
    return events, [row for row in rows if not np.isnan(row[2])]


def market(calendar: MarketCalendar) -> Market:
    made = Market(NAMES, calendar=calendar, late_ns=LATE_NS)
    for each in FOLLOWED:
        made.bars.follow(each)
    return made


def bars(made: Market, row: int, each: Any) -> tuple[list[int], Floats]:
    starts, values, *_ = made.bars.history(row, each)
    return starts.tolist(), values


@pytest.mark.parametrize("calendar", CALENDARS, ids=lambda calendar: calendar.name)
@given(st.lists(_steps, min_size=1, max_size=40), st.sets(st.integers(0, 60)), st.booleans())
@settings(max_examples=30)
def test_bars_and_day_fields_are_those_of_the_corrected_history(
    calendar: MarketCalendar, steps: list[Step], looks: set[int], close: bool
) -> None:
    events, history = events_of(steps)
    live = market(calendar)
    for at, event in enumerate(events):
        live.apply(event)
        if at in looks:
            live.apply_pending()
            live.bars.fold()
    fresh = market(calendar)
    end = max(row[1] for row in history) if history else START
    # Stable: trades of one timestamp stay in order of arrival.
    for trade in sorted(history, key=lambda each: each[1]):
        fresh.apply(trades([trade]))
    newest = max(event.ts for event in events if isinstance(event, Watermark)) if len(steps) >= 3 else 0
    for made in (live, fresh):
        if close:
            made.apply(Watermark(max(end, newest) + 10 * SECOND_NS))
        made.apply_pending()
    for row in range(len(NAMES)):
        for each in (*KEPT, *FOLLOWED, interval("15s"), interval("12h")):
            starts, values = bars(live, row, each)
            wanted_starts, wanted = bars(fresh, row, each)
            assert starts == wanted_starts, each.name
            assert np.array_equal(values, wanted, equal_nan=True), each.name
        for made in (live, fresh):
            check_day(made, row)
    for name in ("last", "open", "high", "low", "trades", "prev_close"):
        found, wanted = live.board.column(name), fresh.board.column(name)
        assert np.array_equal(found, wanted, equal_nan=True), name
    assert np.allclose(live.board.column("volume"), fresh.board.column("volume"), rtol=1e-12, equal_nan=True)


def check_day(made: Market, row: int) -> None:
    """The board's day fields are those of the 1d bar of that day."""
    starts, values, *_ = made.bars.history(row, interval("1d"))
    fields = [made.board.column(name)[row] for name in ("open", "high", "low", "volume", "trades")]
    if np.isnan(fields[0]):
        assert made.board.times.day_start[row] not in starts
        return
    (bar,) = values[starts == made.board.times.day_start[row]]
    assert np.allclose(fields, bar[[0, 1, 2, 4, 6]], rtol=1e-12, atol=0, equal_nan=True)


@given(st.lists(_steps, min_size=1, max_size=40), st.sets(st.integers(0, 60)))
@settings(max_examples=30)
def test_numbers_do_not_depend_on_who_looks(steps: list[Step], looks: set[int]) -> None:
    """Rings of bars, item by item."""
    events, _ = events_of(steps)
    one, other = market(UTC_DAYS), market(UTC_DAYS)
    for at, event in enumerate([*events, Watermark(START + 10**18)]):
        one.apply(event)
        other.apply(event)
        if at in looks:
            other.apply_pending()
            other.bars.fold()
    for made in (one, other):
        made.apply_pending()
        made.bars.fold()
    for name, ring in one.bars.closed.items():
        wanted = other.bars.closed[name]
        numbers = np.arange(1, ring.head + 1)
        assert ring.head == wanted.head, name
        assert ring.rows(0, ring.head).tolist() == wanted.rows(0, ring.head).tolist()
        for column, expected in zip(ring.columns(numbers), wanted.columns(numbers), strict=True):
            assert np.array_equal(column, expected, equal_nan=column.dtype.kind == "f"), name


@given(st.lists(_steps, min_size=1, max_size=40))
@settings(max_examples=30)
def test_the_ring_of_closed_bars_ends_with_the_history(steps: list[Step]) -> None:
    """The newest item of each bar is what the history has; without prices, the history has no such bar."""
    events, _ = events_of(steps)
    made = market(UTC_DAYS)
    for event in [*events, Watermark(START + 10**18), Watermark(START + 10**18 + 1)]:
        made.apply(event)
    made.bars.fold()
    for each in (*KEPT, *FOLLOWED):
        ring = made.bars.ring(each.name)
        numbers = np.arange(1, ring.head + 1)
        starts, *columns = ring.columns(numbers)
        newest: dict[tuple[int, int], list[float]] = {}
        for row, start, *values in zip(ring.rows(0, ring.head).tolist(), starts.tolist(), *columns[:7], strict=True):
            newest[row, start] = values
        shown = {key: values for key, values in newest.items() if not np.isnan(values[0])}
        for row in range(len(NAMES)):
            wanted_starts, wanted = bars(made, row, each)
            found = {start: values for (mine, start), values in sorted(shown.items()) if mine == row}
            assert list(found) == wanted_starts, each.name
            assert np.array_equal(list(found.values()) or np.zeros((0, 7)), wanted, equal_nan=True)
