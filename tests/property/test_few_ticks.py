"""A few ticks are applied one by one, many by column: the board is the same."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ticker.market.board import FEW, Board, symbol_dicts
from ticker.market.day_fields import one_vwap, vwap_of
from ticker.model import Quotes, SymbolTable, TickBatch, Trades

NAMES = ["AAPL", "MSFT", "IBM"]
TABLE = SymbolTable([*NAMES, "FILLER"])
START = 1_704_292_200_000_000_000

_prices = st.sampled_from([-2.5, 0.0, 0.0001, 1.0, 99.99, 100.0, 4_321.5, 1e13])
_sides = st.sampled_from([float("nan"), 0.5, 100.0])
#: code, ms since the start, price, size
_trades = st.tuples(st.integers(0, 2), st.integers(0, 9), _prices, st.sampled_from([0.0, 1.0, 300.0]))
#: code, ms since the start, bid, bid_size, ask, ask_size
_quotes = st.tuples(st.integers(0, 2), st.integers(0, 9), _sides, _sides, _sides, _sides)
#: Up to as many of each as are applied one by one.
_batches = st.tuples(st.lists(_trades, max_size=FEW // 2), st.lists(_quotes, max_size=FEW // 2))


def batch_of(trades: list[tuple[float, ...]], quotes: list[tuple[float, ...]], filling: int) -> TickBatch:
    """A batch of these ticks, and ``filling`` trades of another symbol before them."""
    trades = [(3, 0, 1.0, 1.0)] * filling + sorted(trades, key=lambda trade: trade[1])
    code, ms, price, size = (np.array([row[at] for row in trades], np.float64) for at in range(4))
    quoted, quoted_ms, *sides = (np.array([row[at] for row in quotes], np.float64) for at in range(6))
    return TickBatch(
        TABLE,
        Trades(code.astype(np.int32), START + ms.astype(np.int64), price, size),
        Quotes(quoted.astype(np.int32), START + quoted_ms.astype(np.int64), *sides),
    )


def view(board: Board) -> object:
    """All fields since each version, and the number of changes, of the symbols but the filler."""
    rows = np.array([board.add(name) for name in NAMES])
    since = [symbol_dicts(board.since(version, rows)) for version in range(board.version + 1)]
    return since, board.changes[rows].tolist()


@given(st.lists(_batches, min_size=1, max_size=6))
@settings(max_examples=150, deadline=None)
def test_a_few_ticks_change_the_board_as_many_do(batches: list[tuple[list[tuple[float, ...]], ...]]) -> None:
    """To the last bit: sizes and prices are such that sums are exact."""
    few, many = Board(TABLE), Board(TABLE)
    for trades, quotes in batches:
        few.apply(batch_of(trades, quotes, 0))
        many.apply(batch_of(trades, quotes, FEW + 1))
        assert view(few) == view(many)


@given(st.floats(-1e100, 1e100), st.sampled_from([0.0, 1.0, 3.0, 700.0, 1e9]))
@settings(max_examples=500, deadline=None)
def test_the_vwap_of_one_row_is_that_of_many(notional: float, volume: float) -> None:
    """Also of prices at which numpy computes powers of ten less exactly."""
    many = vwap_of(np.full(9, notional), np.full(9, volume))
    assert np.array_equal(many, np.full(9, one_vwap(notional, volume)), equal_nan=True)
