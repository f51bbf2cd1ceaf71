"""Properties: a timeline equals a list that is sorted in memory, for any files, chunks and cuts."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.files.timeline import forward_fill
from feeds.files.timeline import timeline as timeline_module
from feeds.files.timeline.timeline import Timeline
from tests.support.data_files import (
    DAY,
    HOUR,
    NAN,
    FakeSource,
    as_plain,
    bars,
    plain_events,
    quotes,
    timeline_of,
    trades,
)
from ticker.model import BarBatch, TickBatch

#: Few enough to be equal now and then, and over three days.
stamps = st.integers(0, 72).map(lambda quarter: DAY + quarter * HOUR)
codes = st.integers(0, 2)
trade_rows = st.lists(st.tuples(codes, stamps), min_size=1, max_size=12)
#: A side as it was before is None; the value is made unique later.
quote_rows = st.lists(st.tuples(codes, stamps, st.sampled_from(["both", "bid", "ask"])), min_size=1, max_size=12)
bar_rows = st.lists(st.tuples(codes, stamps), min_size=1, max_size=12, unique=True)
runs = st.sampled_from([1, 2, 3, 7, 1_000])


@pytest.fixture(params=[4, 65_536], autouse=True, scope="module")
def block(request: pytest.FixtureRequest) -> Iterator[None]:
    """Small reads, so that state carried between blocks matters."""
    with pytest.MonkeyPatch.context() as patch:
        for name in ("BATCH_TICKS", "FINE_TICKS", "COARSE_TICKS"):
            patch.setattr(timeline_module, name, request.param)
        patch.setattr(forward_fill, "_BLOCK", request.param)
        yield


def trade_sources(files: list[list[list[tuple[int, int]]]]) -> tuple[list[FakeSource], list[tuple[int, int, float]]]:
    """Files of chunks of trades, each with a distinct price; and all trades in the order of files and rows."""
    rows: list[tuple[int, int, float]] = []
    sources = []
    for number, chunks in enumerate(files):
        parts = []
        for chunk in chunks:
            priced = [(code, ts, float(len(rows) + place + 1)) for place, (code, ts) in enumerate(chunk)]
            rows += priced
            parts.append(trades(*priced))
        sources.append(FakeSource(str(number), *parts))
    return sources, rows


files_of_trades = st.lists(st.lists(trade_rows, min_size=1, max_size=4), min_size=1, max_size=4)


@settings(max_examples=50)
@given(files_of_trades, runs, st.integers(-1, 73))
def test_ticks_of_all_files_are_sorted_stably_and_readable_from_any_time(
    files: list[list[list[tuple[int, int]]]], run: int, hours: int
) -> None:
    """Coarse events give the same."""
    sources, rows = trade_sources(files)
    timeline = timeline_of(sources, run)
    try:
        expected: list[Any] = sorted(rows, key=lambda row: row[1])
        assert plain_events(timeline) == plain_events(timeline, coarse=True) == expected
        moment = DAY + hours * HOUR
        assert plain_events(timeline, None, moment) + plain_events(timeline, moment) == expected
        assert (timeline.first, timeline.last) == (min(row[1] for row in rows), max(row[1] for row in rows))
    finally:
        timeline.close()


@settings(max_examples=50)
@given(st.lists(quote_rows, min_size=1, max_size=4), runs)
def test_one_sided_quotes_are_filled_as_if_one_by_one(chunks: list[list[tuple[int, int, str]]], run: int) -> None:
    """With each symbol's previous side in time order; NaN if there is none."""
    rows: list[tuple[int, int, float, float, float, float]] = []
    parts = []
    for chunk in chunks:
        made = []
        for place, (code, ts, sides) in enumerate(chunk):
            value = float(len(rows) + place + 1)
            bid = (value, value) if sides != "ask" else (NAN, -1.0)
            ask = (value + 0.5, value) if sides != "bid" else (NAN, -1.0)
            made.append((code, ts, *bid, *ask))
        rows += made
        parts.append(quotes(*made))
    timeline = timeline_of([FakeSource("a", *parts)], run)
    try:
        known: dict[tuple[int, int], tuple[float, float]] = {}
        expected = []
        for code, ts, *values in sorted(rows, key=lambda row: row[1]):
            for side, pair in enumerate(((values[0], values[1]), (values[2], values[3]))):
                if pair[1] != -1:
                    known[code, side] = pair
            expected.append((code, ts, *known.get((code, 0), (NAN, NAN)), *known.get((code, 1), (NAN, NAN))))
        assert [_plain(row) for row in _quotes(timeline)] == [_plain(row) for row in expected]
    finally:
        timeline.close()


@settings(max_examples=50)
@given(st.lists(bar_rows, min_size=1, max_size=3), runs, st.integers(-1, 74))
def test_each_bar_opens_trades_and_closes_once(chunks: list[list[tuple[int, int]]], run: int, hours: int) -> None:
    """Of equal starts the last; it ends at or before the start of the next one."""
    chunk_rows = [[(code, ts, 10.0, 12.0, 9.0, 11.0) for code, ts in rows] for rows in chunks]
    timeline = timeline_of([FakeSource("a", *(bars(*rows) for rows in chunk_rows))], run)
    try:
        starts = sorted({(code, ts) for rows in chunks for code, ts in rows})
        events = plain_events(timeline)
        for kind in ("open", "close"):
            assert sorted(event[1:] for event in events if event[0] == kind) == starts
        under_way: dict[int, int] = {}
        walked: dict[int, int] = {}
        for event in events:
            kind, code, ts = event
            if kind == "open":
                assert code not in under_way
                under_way[code], walked[code] = ts, 0
            elif kind == "close":
                assert under_way.pop(code) == ts
                assert walked[code] == 4
            else:
                walked[kind] += 1
                assert under_way[kind] <= code < timeline.last
        assert not under_way
        moment = DAY + hours * HOUR
        assert plain_events(timeline, None, moment) + plain_events(timeline, moment) == events
        coarse = plain_events(timeline, None, moment, coarse=True)
        until = plain_events(timeline, None, moment)
        assert _of(coarse, "close") == _of(until, "close")
        assert _ticks(coarse) == _ticks(until)
        assert _of(coarse, "open") <= _of(until, "open")
        # Bars still open at the end come in detail.
        left = _of(until, "open") - _of(until, "close")
        assert left <= _of(coarse, "open")
    finally:
        timeline.close()


@settings(max_examples=50)
@given(bar_rows, st.lists(trade_rows, max_size=2), st.sampled_from([None, 0, 5 * HOUR]), st.integers(0, 20))
def test_at_a_mark_all_events_up_to_its_time_have_come(
    rows: list[tuple[int, int]], ticks: list[list[tuple[int, int]]], step_ns: int | None, place: int
) -> None:
    """From there on, read finely or coarsely, come the others. Between marks is at most one step of market time."""
    sources, _ = trade_sources([[each] for each in ticks])
    sources.append(FakeSource("bars", bars(*((code, ts, 10.0, 12.0, 9.0, 11.0) for code, ts in rows))))
    timeline = timeline_of(sources)
    try:
        whole = plain_events(timeline)
        events = as_plain(timeline.stretches(None, step_ns))
        _assert_alike([event for event in events if event[0] != "reached"], whole, coarse=step_ns is not None)
        marks = [at for at, event in enumerate(events) if event[0] == "reached"]
        assert events[-1] == ("reached", timeline.last)
        stretch = [event[1] for event in events[: marks[0]] if isinstance(event[0], int)]
        assert not step_ns or not stretch or max(stretch) // step_ns == min(stretch) // step_ns
        at = marks[place % len(marks)]
        before, ts = [event for event in events[:at] if event[0] != "reached"], events[at][1]
        for rest in (plain_events(timeline, ts), as_plain(timeline.stretches(ts, 0))):
            _assert_alike(before + [event for event in rest if event[0] != "reached"], whole, coarse=True)
    finally:
        timeline.close()


def _assert_alike(events: list[Any], whole: list[Any], *, coarse: bool) -> None:
    """Each tick once and in order, each close once; read finely, everything in order."""
    if not coarse:
        assert events == whole
    assert [event[1] for event in events if isinstance(event[0], int)] == [
        event[1] for event in whole if isinstance(event[0], int)
    ]
    assert _ticks(events) == _ticks(whole)
    assert sorted(each for each in events if each[0] == "close") == sorted(each for each in whole if each[0] == "close")


@settings(max_examples=50)
@given(bar_rows, st.lists(trade_rows, min_size=1, max_size=2), st.booleans())
def test_trades_of_bars_are_marked_as_made_up(
    rows: list[tuple[int, int]], ticks: list[list[tuple[int, int]]], coarse: bool
) -> None:
    """Also if they alternate with trades of a file."""
    sources, traded = trade_sources([[each] for each in ticks])
    sources.append(FakeSource("bars", bars(*((code, ts, 0.5, 0.5, 0.5, 0.5) for code, ts in rows))))
    timeline = timeline_of(sources)
    try:
        prices: dict[bool, list[float]] = {False: [], True: []}
        for event in timeline.events(coarse=coarse):
            if isinstance(event, TickBatch):
                prices[event.made_up] += event.trades.price.tolist()
        assert sorted(prices[False]) == sorted(row[2] for row in traded)
        assert prices[True] == [0.5] * 4 * len(rows)
    finally:
        timeline.close()


@settings(max_examples=50)
@given(files_of_trades, st.lists(quote_rows, max_size=3), runs)
def test_batches_are_in_order(
    files: list[list[list[tuple[int, int]]]], quoted: list[list[tuple[int, int, str]]], run: int
) -> None:
    sources, rows = trade_sources(files)
    sources += [FakeSource("q", quotes(*((code, ts, 1.0, 1.0, 2.0, 1.0) for code, ts, _ in each))) for each in quoted]
    timeline = timeline_of(sources, run)
    try:
        last = 0
        counts = [0, 0]
        for event in timeline.events():
            assert isinstance(event, TickBatch)
            assert 0 < len(event) <= timeline_module.BATCH_TICKS
            counts[0] += len(event.trades)
            counts[1] += len(event.quotes)
            stamps = sorted([*event.trades.ts.tolist(), *event.quotes.ts.tolist()])
            assert stamps[0] >= last
            last = stamps[-1]
        assert counts == [len(rows), sum(map(len, quoted))]
    finally:
        timeline.close()


def _of(events: list[Any], kind: str) -> set[Any]:
    return {event[1:] for event in events if event[0] == kind}


def _ticks(events: list[Any]) -> list[Any]:
    return sorted(event for event in events if isinstance(event[0], int))


def _quotes(timeline: Timeline) -> list[tuple[float, ...]]:
    rows: list[tuple[float, ...]] = []
    for event in timeline.events():
        assert not isinstance(event, BarBatch)
        if isinstance(event, TickBatch):
            columns = event.quotes
            sides = (columns.bid, columns.bid_size, columns.ask, columns.ask_size)
            rows += zip(*(column.tolist() for column in (columns.symbol, columns.ts, *sides)), strict=True)
    return rows


def _plain(row: tuple[float, ...]) -> list[float | None]:
    return [None if math.isnan(value) else value for value in row]
