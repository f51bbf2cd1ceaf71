"""Cutting a batch by timestamp."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.pacing.slicer import MAX_SLICE, Slicer
from ticker.model import ConditionTable, Quotes, SymbolTable, TickBatch, Trades

TABLE = SymbolTable(["AAPL"])


def batch(trades: Sequence[int], quotes: Sequence[int], version: int | None = None) -> TickBatch:
    """A batch of ticks with these timestamps; the price is the row's number."""
    columns = [
        (np.zeros(len(stamps), np.int32), np.array(stamps, np.int64), np.arange(1.0, len(stamps) + 1))
        for stamps in (trades, quotes)
    ]
    (code, ts, number), (quote_code, quote_ts, quote_number) = columns
    sides = [quote_number] * 4
    return TickBatch(TABLE, Trades(code, ts, number, number), Quotes(quote_code, quote_ts, *sides), version)


@given(st.lists(st.integers(1, 60)), st.lists(st.integers(1, 60)), st.data())
def test_the_slices_together_are_the_batch(trades: list[int], quotes: list[int], data: st.DataObject) -> None:
    """For any timestamps (sorted, equal, backwards) and positions: each tick once, in order, none early."""
    if not trades and not quotes:
        return
    whole = batch(trades, quotes)
    cutter = Slicer(whole)
    parts: list[TickBatch] = []
    while cutter.left:
        expected = cutter.next_stamp
        position = data.draw(st.integers(expected, 70))
        part = cutter.cut(position)
        parts.append(part)
        assert len(part) > 0
        assert max([*part.trades.ts, *part.quotes.ts]) <= position
        assert cutter.reached <= position
        assert not cutter.left or cutter.next_stamp > position
    assert np.array_equal(np.concatenate([part.trades.price for part in parts]), whole.trades.price)
    assert np.array_equal(np.concatenate([part.quotes.bid for part in parts]), whole.quotes.bid)


@pytest.mark.parametrize(("trades", "quotes"), [(20_000, 0), (0, 20_000), (5_000, 15_000), (8_192, 8_192), (1, 8_192)])
def test_a_slice_is_bounded_even_if_all_ticks_have_one_timestamp(trades: int, quotes: int) -> None:
    """A file with timestamps in seconds has thousands of ticks at one of them."""
    cutter = Slicer(batch([5] * trades, [5] * quotes))
    sizes = []
    while cutter.left:
        sizes.append(len(cutter.cut(5)))
    assert sum(sizes) == trades + quotes
    assert set(sizes[:-1]) == {MAX_SLICE}


def test_a_bounded_slice_has_the_oldest_trades_and_quotes() -> None:
    """If more is due than fits."""
    rng = np.random.default_rng(3)
    trades, quotes = (np.sort(rng.permutation(10**6)[:count]).tolist() for count in (30_000, 11_000))
    cutter = Slicer(batch(trades, quotes))
    parts = []
    while cutter.left:
        parts.append(cutter.cut(10**6))
    assert {len(part) for part in parts[:-1]} == {MAX_SLICE}
    for before, after in itertools.pairwise(parts):
        assert max(np.r_[before.trades.ts, before.quotes.ts]) <= min(np.r_[after.trades.ts, after.quotes.ts])


def test_a_slice_is_a_view_of_the_batch() -> None:
    whole = batch([1, 2, 3], [2])
    part = Slicer(whole).cut(2)
    assert np.shares_memory(part.trades.price, whole.trades.price)


def test_slices_are_of_the_kind_of_their_batch() -> None:
    """Made-up trades stay so, and codes of conditions keep their table."""
    conditions = ConditionTable()
    whole = replace(batch([1, 2], []), made_up=True, conditions=conditions)
    part = Slicer(whole).cut(1)
    assert (part.made_up, part.conditions is conditions, len(part)) == (True, True, 1)


def test_a_batch_with_a_version_is_not_cut_and_due_at_its_last_timestamp() -> None:
    """It is one version of the board."""
    whole = batch([1] * 20_000, [9], version=4)
    cutter = Slicer(whole)
    assert cutter.next_stamp == 9
    assert cutter.cut(9) is whole
    assert cutter.left == 0
