"""Details of trades on disk: kept beside plain trades, and corrections in the order of the trades."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import closing

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.chunk import Chunk
from feeds.files.timeline.records import DETAILED, TRADES, as_trades, detailed, from_trades
from feeds.files.timeline.sorting import Sorter
from feeds.files.timeline.timeline import Timeline
from feeds.pacing.pacer import Timed
from feeds.pacing.read_ahead import timed
from tests.support.data_files import FakeSource, bars, timeline_of, trades
from ticker.conditions import ConditionTable
from ticker.model import Corrections, FeedEvent, SymbolTable, TickBatch, Trades

NAN = float("nan")
TABLE, CONDITIONS = SymbolTable(["A", "B", "C"]), ConditionTable()


def chunk(rows: Sequence[tuple[int, int, int]], corrections: Sequence[tuple[int, int]] = ()) -> Chunk:
    """Trades of A from (timestamp, when played, id); corrections that cancel from (timestamp, id)."""
    ts, played, ids = (np.array(column, np.int64) for column in zip(*rows, strict=True))
    condition = np.zeros(len(rows), np.int32)
    made = Trades(np.zeros(len(rows), np.int32), ts, ts / 4, np.ones(len(rows)), condition, ids)
    part = None
    if corrections:
        when, named = (np.array(column, np.int64) for column in zip(*corrections, strict=True))
        nothing = np.full(len(when), NAN)
        part = Corrections(TABLE, np.zeros(len(when), np.int32), named, when, nothing, nothing)
    return Chunk(trades=made, played=played, corrections=part)


def plain(events: Iterator[object]) -> list[tuple[str, int, int]]:
    """Each trade or correction: its kind, timestamp and id."""
    found = []
    for event in events:
        if isinstance(event, TickBatch):
            ids = [0] * len(event.trades) if event.trades.id is None else event.trades.id.tolist()
            found += [("trade", ts, each) for ts, each in zip(event.trades.ts.tolist(), ids, strict=True)]
        elif isinstance(event, Corrections):
            found += [("cancel", ts, each) for ts, each in zip(event.ts.tolist(), event.id.tolist(), strict=True)]
    return found


def made(*chunks: Chunk, run: int = 4) -> Timeline:
    return timeline_of([FakeSource("a", *chunks)], run=run)


@pytest.mark.parametrize("coarse", [False, True])
def test_corrections_follow_the_trades_of_their_time(coarse: bool) -> None:
    """A late trade is played when it arrived."""
    timeline = made(chunk([(10, 10, 1), (30, 30, 2), (20, 30, 3), (50, 50, 4)], [(30, 1), (60, 4)]))
    assert plain(timeline.events(coarse=coarse)) == [
        ("trade", 10, 1),
        ("trade", 30, 2),
        ("trade", 20, 3),
        ("cancel", 30, 1),
        ("trade", 50, 4),
        ("cancel", 60, 4),
    ]
    assert (timeline.first, timeline.last) == (10, 60)
    assert plain(timeline.events(after=30)) == [("trade", 50, 4), ("cancel", 60, 4)]
    assert plain(timeline.events(upto=30))[-1] == ("cancel", 30, 1)
    timeline.close()


def test_quotes_are_in_order_with_corrections() -> None:
    from tests.support.data_files import quotes

    timeline = made(
        chunk([(10, 10, 1), (40, 40, 2)], [(25, 1)]), quotes((0, 20, 1.0, 1.0, 2.0, 1.0), (0, 30, 1.0, 1.0, 2.0, 1.0))
    )
    kinds = [
        "correction" if isinstance(event, Corrections) else event.trades.ts.tolist() + event.quotes.ts.tolist()
        for event in timeline.events()
        if isinstance(event, TickBatch | Corrections)
    ]
    assert kinds == [[10, 20], "correction", [40, 30]]
    timeline.close()


def test_plain_trades_get_details_when_the_first_file_has_some() -> None:
    """Also those that were on disk before."""
    first = trades(*((0, ts, 1.0) for ts in range(1, 12)))
    timeline = timeline_of([FakeSource("a", first), FakeSource("b", chunk([(5, 5, 77)], [(6, 77)]))], run=4)
    assert plain(timeline.events()) == [
        *(("trade", ts, 0) for ts in range(1, 6)), ("trade", 5, 77), ("trade", 6, 0), ("cancel", 6, 77),
        *(("trade", ts, 0) for ts in range(7, 12)),
    ]  # fmt: skip
    timeline.close()


def test_plain_trades_stay_small() -> None:
    assert (TRADES.itemsize, DETAILED.itemsize) == (29, 50)
    timeline = made(trades((0, 1, 1.0), (0, 2, 1.0)))
    (batch,) = [event for event in timeline.events() if isinstance(event, TickBatch)]
    assert [batch.trades.condition, batch.trades.id, batch.conditions] == [None, None, None]
    timeline.close()


def test_made_up_trades_have_batches_of_their_own_beside_corrections() -> None:
    timeline = timeline_of(
        [FakeSource("a", bars((1, 100, 1.0, 2.0, 0.5, 1.5))), FakeSource("b", chunk([(90, 90, 1)], [(95, 1)]))]
    )
    found = [
        "correction" if isinstance(event, Corrections) else event.made_up
        for event in timeline.events()
        if isinstance(event, TickBatch | Corrections)
    ]
    assert found[:3] == [False, "correction", True]
    assert set(found[3:]) <= {True}
    timeline.close()


@given(
    st.lists(st.tuples(st.integers(1, 50), st.integers(0, 20)), min_size=1, max_size=40),
    st.lists(st.integers(1, 80), max_size=10),
    st.integers(1, 12),
)
def test_all_trades_and_corrections_are_played_once_in_order(
    rows: list[tuple[int, int]], corrections: list[int], run: int
) -> None:
    """In any order of a file, with any number of records sorted at once."""
    made_rows = [(ts, ts + later, number) for number, (ts, later) in enumerate(rows, 1)]
    cancelled = [(ts, number) for number, ts in enumerate(corrections, 1000)]
    wanted = [(played, 0, ("trade", ts, number)) for ts, played, number in made_rows]
    wanted += [(ts, 1, ("cancel", ts, number)) for ts, number in cancelled]
    expected = [what for *_, what in sorted(wanted, key=lambda row: row[:2])]
    with closing(made(chunk(made_rows, cancelled), run=run)) as timeline:
        assert plain(timeline.events()) == expected
        # Within the bounds of what is played.
        middle = min(max(30, timeline.first), timeline.last)
        assert plain(timeline.events(upto=middle)) + plain(timeline.events(after=middle)) == expected


def test_a_sorter_converts_what_it_has_and_goes_on() -> None:
    sorter = Sorter(TRADES, run=3)
    column = trades(*((0, ts, 1.0) for ts in (5, 1, 4, 2, 8))).trades
    sorter.add(from_trades(column, None, TRADES))
    sorter.convert(DETAILED, detailed)
    sorter.add(from_trades(column[:1], np.array([3]), DETAILED))
    assert len(sorter) == 6
    store = sorter.finish()
    records = store.read(0, 10)
    assert records["ts"].tolist() == [1, 2, 3, 4, 5, 8]
    assert as_trades(records).ts.tolist() == [1, 2, 5, 4, 5, 8]
    store.close()


async def test_corrections_are_due_at_their_time() -> None:
    batch = TickBatch(TABLE, trades((0, 10, 1.0)).trades)
    correction = chunk([(1, 1, 1)], [(12, 1), (15, 1)]).corrections
    assert correction is not None

    async def events() -> AsyncGenerator[FeedEvent, None]:
        yield batch
        yield correction

    assert [event async for event in timed(events())] == [batch, Timed(15, correction)]
