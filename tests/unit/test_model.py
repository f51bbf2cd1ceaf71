"""What may reach the board, and what may name a symbol."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from tests.market import batch, quotes, trades
from ticker.errors import BatchError
from ticker.model import NO_QUOTES, NO_TRADES, SymbolTable, TickBatch, check_batch, is_symbol

TS = 1_700_000_000_000_000_000
TABLE = SymbolTable(["AAPL", "MSFT"])


def test_good_batches_pass() -> None:
    """Trades, quotes, one-sided and empty ones; a size of nothing is a size."""
    check_batch(TickBatch(TABLE))
    check_batch(batch(TABLE, [(0, TS, 0.01, 0.0), (1, 1, 1e9, 1e12)], [(0, TS, None, 0.0, None, 0.0)]))
    check_batch(batch(TABLE, [], [(0, TS, 1.0, 0.0, None, 0.0), (1, TS, None, 0.0, 1.0, 5.0)]))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((2, TS, 1.0, 1.0), r"trades\.symbol: 1 of 2 values can't be, the first 2 in row 1"),
        ((-1, TS, 1.0, 1.0), r"trades\.symbol"),
        ((0, 0, 1.0, 1.0), r"trades\.ts"),
        ((0, -5, 1.0, 1.0), r"trades\.ts"),
        ((0, TS, 0.0, 1.0), r"trades\.price"),
        ((0, TS, -1.0, 1.0), r"trades\.price"),
        ((0, TS, math.nan, 1.0), r"trades\.price: .* nan in row 1"),
        ((0, TS, math.inf, 1.0), r"trades\.price"),
        ((0, TS, 1.0, -1.0), r"trades\.size"),
        ((0, TS, 1.0, math.nan), r"trades\.size"),
        ((0, TS, 1.0, math.inf), r"trades\.size"),
    ],
)
def test_a_bad_trade_is_refused_by_column_and_row(rows: tuple[int, int, float, float], said: str) -> None:
    """The message tells which column, how many, the first one's value and its row."""
    with pytest.raises(BatchError, match=said):
        check_batch(batch(TABLE, [(0, TS, 1.0, 1.0), rows]))


@pytest.mark.parametrize("side", ["bid", "ask"])
@pytest.mark.parametrize(
    ("price", "size", "said"),
    [
        (0.0, 1.0, ""),
        (-1.0, 1.0, ""),
        (math.inf, 1.0, ""),
        (1.0, -1.0, "_size"),
        (1.0, math.inf, "_size"),
        (1.0, math.nan, "_size"),
        (math.nan, 1.0, "_size"),
    ],
)
def test_a_bad_side_is_refused(side: str, price: float, size: float, said: str) -> None:
    """A price of nothing is NaN, never 0, and has no size."""
    good = quotes([(0, TS, 1.0, 1.0, 2.0, 1.0)])
    bad = replace(good, **{side: np.array([price]), f"{side}_size": np.array([size])})
    with pytest.raises(BatchError, match=rf"quotes\.{side}{said}:"):
        check_batch(TickBatch(TABLE, NO_TRADES, bad))


def test_columns_of_a_wrong_form_are_refused() -> None:
    """Lengths that differ, and types that would be converted silently."""
    good = trades([(0, TS, 1.0, 1.0)])
    with pytest.raises(BatchError, match="unequal length"):
        check_batch(TickBatch(TABLE, replace(good, ts=np.array([TS, TS])), NO_QUOTES))
    with pytest.raises(BatchError, match="int32, int64 and float64"):
        check_batch(TickBatch(TABLE, replace(good, symbol=np.array([0], np.int64)), NO_QUOTES))


@pytest.mark.parametrize("name", ["AAPL", "<img src=x onerror=alert(1)>", "€", "a b", "null", "x" * 64])
def test_any_printable_text_may_name_a_symbol(name: str) -> None:
    """Names are text, whatever they look like."""
    assert is_symbol(name)
    assert SymbolTable([name])[0] == name


@pytest.mark.parametrize("name", ["", "*", "x" * 65, "a\nb", "\x1b[31m", "\x00"])
def test_what_cannot_be_shown_may_not(name: str) -> None:
    """Nor the wildcard, nor a name of any length."""
    assert not is_symbol(name)
    with pytest.raises(BatchError, match="can't be a symbol"):
        SymbolTable([name])


def test_a_table_finds_what_it_was_given() -> None:
    """Codes are places, in the order given; finding adds nothing."""
    table = SymbolTable(["B", "A", "B"])
    assert (len(table), list(table), table.code("A"), table.find("C")) == (2, ["B", "A"], 1, None)
    assert "A" in table
    assert "C" not in table
