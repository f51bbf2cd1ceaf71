"""Ticks in the order of time, day by day."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import feeds.sequence
from feeds.sequence import DAY_NS, Sequencer, first_stamp
from tests.market import quotes, trades
from ticker.model import Quotes, SymbolTable, TickBatch, Trades

TABLE = SymbolTable(["AAPL"])


def some_trades(*stamps: int) -> Trades:
    """Trades of these stamps; the price tells the place."""
    return trades([(0, ts, float(place + 1), 1.0) for place, ts in enumerate(stamps)])


def some_quotes(*stamps: int) -> Quotes:
    return quotes([(0, ts, float(place + 1), 1.0, None, 0.0) for place, ts in enumerate(stamps)])


def stamps(batches: Sequence[TickBatch]) -> list[tuple[list[int], list[int]]]:
    return [(batch.trades.ts.tolist(), batch.quotes.ts.tolist()) for batch in batches]


def test_a_chunk_is_sorted_and_equal_stamps_keep_their_order() -> None:
    """The file's order is the only one that ticks of one stamp have."""
    (batch,) = Sequencer(TABLE).put([some_trades(5, 3), some_trades(3, 9)], [some_quotes(7, 7, 1)])
    assert batch.trades.ts.tolist() == [3, 3, 5, 9]
    assert batch.trades.price.tolist() == [2, 1, 1, 2]
    assert batch.quotes.ts.tolist() == [1, 7, 7]
    assert batch.quotes.bid.tolist() == [3, 1, 2]
    assert first_stamp(batch) == 1


def test_very_many_equal_stamps_keep_their_order() -> None:
    """A file with stamps in whole seconds; only a stable sort has this right at every length."""
    (batch,) = Sequencer(TABLE).put([some_trades(*[7, 3] * 5000)], [])
    assert batch.trades.price.tolist() == [*range(2, 10_001, 2), *range(1, 10_001, 2)]


def test_each_day_is_a_batch() -> None:
    """So that a rollover can come between them, with the day's quotes beside its trades."""
    batches = Sequencer(TABLE).put([some_trades(1, DAY_NS - 1, DAY_NS)], [some_quotes(2, 5 * DAY_NS)])
    assert stamps(batches) == [([1, DAY_NS - 1], [2]), ([DAY_NS], []), ([], [5 * DAY_NS])]


def test_what_is_older_than_an_earlier_chunk_comes_late_and_is_counted() -> None:
    """Late is better than never, and the summary tells it."""
    sequencer = Sequencer(TABLE)
    sequencer.put([some_trades(10, 20)], [])
    assert sequencer.late == 0
    assert stamps(sequencer.put([some_trades(19, 20, 30)], [some_quotes(5, 25)])) == [([19, 20, 30], [5, 25])]
    assert sequencer.late == 2
    sequencer.put([], [some_quotes(29)])
    assert sequencer.late == 3


def test_trades_that_wait_come_with_the_next_chunk_or_the_flush() -> None:
    """A bar's later ticks mix with those of other symbols' bars, which stand further down in the file."""
    sequencer = Sequencer(TABLE)
    assert stamps(sequencer.put([some_trades(1, 4, 5, 8)], [], hold_from=5)) == [([1, 4], [])]
    assert stamps(sequencer.put([some_trades(5, 6, 9)], [], hold_from=9)) == [([5, 5, 6, 8], [])]
    assert stamps(sequencer.flush()) == [([9], [])]
    assert sequencer.flush() == []
    assert sequencer.late == 0


def test_not_too_many_trades_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """A file of one stamp would otherwise be kept whole."""
    monkeypatch.setattr(feeds.sequence, "MAX_HELD", 3)
    sequencer = Sequencer(TABLE)
    assert stamps(sequencer.put([some_trades(5, 5, 5)], [], hold_from=5)) == []
    assert stamps(sequencer.put([some_trades(5)], [], hold_from=5)) == [([5, 5, 5, 5], [])]


def test_nothing_gives_no_batch() -> None:
    """A chunk may have only refused rows."""
    assert Sequencer(TABLE).put([some_trades()], [some_quotes()]) == []


chunks = st.lists(st.tuples(*[st.lists(st.integers(1, 4 * DAY_NS), max_size=8)] * 2), max_size=5)


@given(chunks, st.booleans())
def test_every_tick_comes_once_in_order_within_a_batch_and_on_its_day(
    parts: list[tuple[list[int], list[int]]], hold: bool
) -> None:
    """Whatever the stamps and whatever waits."""
    sequencer = Sequencer(TABLE)
    batches: list[TickBatch] = []
    for trade_stamps, quote_stamps in parts:
        hold_from = max(trade_stamps, default=None) if hold else None
        batches += sequencer.put([some_trades(*trade_stamps)], [some_quotes(*quote_stamps)], hold_from)
    batches += sequencer.flush()
    for batch in batches:
        both = np.concatenate([batch.trades.ts, batch.quotes.ts])
        assert len(batch) > 0
        assert len(np.unique(both // DAY_NS)) == 1
        for column in (batch.trades.ts, batch.quotes.ts):
            assert (np.diff(column) >= 0).all()
    assert sorted(ts for batch in batches for ts in batch.trades.ts.tolist()) == sorted(
        ts for part in parts for ts in part[0]
    )
    assert sorted(ts for batch in batches for ts in batch.quotes.ts.tolist()) == sorted(
        ts for part in parts for ts in part[1]
    )
