"""Which events may reach the market's state."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from tests.support.market import batch, quotes, trades
from ticker.errors import BatchError
from ticker.event_check import LIMIT, check_batch, check_event
from ticker.model import (
    NO_QUOTES,
    NO_TRADES,
    BarBatch,
    Bars,
    FeedEvent,
    Removal,
    Restart,
    Rollover,
    Settled,
    SymbolTable,
    TickBatch,
    Watermark,
)

TS = 1_700_000_000_000_000_000
TABLE = SymbolTable(["AAPL", "MSFT"])


def test_valid_batches_pass() -> None:
    """Trades, quotes, one-sided and empty batches; a size of 0."""
    check_batch(TickBatch(TABLE))
    check_batch(batch(TABLE, [(0, TS, 0.01, 0.0), (1, 1, 1e9, 1e12)], [(0, TS, None, 0.0, None, 0.0)]))
    check_batch(batch(TABLE, [], [(0, TS, 1.0, 0.0, None, 0.0), (1, TS, None, 0.0, 1.0, 5.0)]))


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ((2, TS, 1.0, 1.0), r"trades\.symbol: 1 of 2 values are invalid, first 2 in row 1"),
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
    """The message has the column, the number, the first value and its row."""
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
    """A missing price is NaN, never 0, and has no size."""
    good = quotes([(0, TS, 1.0, 1.0, 2.0, 1.0)])
    bad = replace(good, **{side: np.array([price]), f"{side}_size": np.array([size])})
    with pytest.raises(BatchError, match=rf"quotes\.{side}{said}:"):
        check_batch(TickBatch(TABLE, NO_TRADES, bad))


def test_columns_of_wrong_length_or_type_are_refused() -> None:
    good = trades([(0, TS, 1.0, 1.0)])
    with pytest.raises(BatchError, match="equal lengths"):
        check_batch(TickBatch(TABLE, replace(good, ts=np.array([TS, TS])), NO_QUOTES))
    with pytest.raises(BatchError, match="int32, int64 and float64"):
        check_batch(TickBatch(TABLE, replace(good, symbol=np.array([0], np.int64)), NO_QUOTES))


ONE = np.zeros(1, np.int32)


def bar(**wrong: Any) -> BarBatch:
    prices = dict.fromkeys(("open", "high", "low", "close", "volume", "vwap", "trades"), np.ones(1))
    return BarBatch(TABLE, 1, Bars(**{"symbol": ONE, "start": np.full(1, TS), **prices, **wrong}), closed=True)


@pytest.mark.parametrize(
    "event",
    [
        Rollover(TABLE),
        Rollover(TABLE, ONE, np.full(1, math.nan), version=1),
        Rollover(TABLE, None, np.ones(2)),
        Removal(("AAPL", "nobody")),
        Restart(),
        Restart("epoch", hidden=True),
        Settled(),
        Watermark(TS),
        bar(),
        bar(vwap=np.full(1, math.nan), trades=np.full(1, math.nan), volume=np.zeros(1)),
    ],
)
def test_valid_events_pass(event: FeedEvent) -> None:
    """Unknown values may be left out or NaN."""
    check_event(event)


@pytest.mark.parametrize(
    ("event", "said"),
    [
        (None, "a NoneType is not a FeedEvent"),
        (Rollover(TABLE, np.zeros(1)), "column of int32 codes"),  # type: ignore[arg-type]  # the mistake
        (Rollover(TABLE, np.full(1, 2, np.int32)), "not in the table"),
        (Rollover(TABLE, None, np.ones(1)), "column of 2 float64"),
        (Rollover(TABLE, ONE, np.zeros(1)), "a prev_close must be"),
        (Removal("AAPL"), "tuple of str"),  # type: ignore[arg-type]  # the mistake
        (Restart(""), "epoch"),
        (Watermark(-1), "watermark"),
        (Watermark(1.5), "watermark"),  # type: ignore[arg-type]  # the mistake
        (TickBatch(TABLE, version=True), "version"),
        (TickBatch(TABLE, version=math.nan), "version"),  # type: ignore[arg-type]  # the mistake
        (Removal((), version=2**63), "version"),
        (bar(symbol=np.full(1, 2, np.int32)), r"bars\.symbol"),
        (bar(start=np.zeros(1, np.int64)), r"bars\.start"),
        (bar(high=np.full(1, math.inf)), r"bars\.high"),
        (bar(volume=np.full(1, -1.0)), r"bars\.volume"),
        (bar(vwap=np.zeros(1)), r"bars\.vwap"),
        (bar(trades=np.full(1, math.inf)), r"bars\.trades"),
        (bar(open=np.ones((1, 1))), "one dimension"),
        (replace(bar(), interval_ns=0), "interval_ns"),
    ],
)
def test_an_object_that_is_no_event_is_refused(event: object, said: str) -> None:
    with pytest.raises(BatchError, match=said):
        check_event(event)


@pytest.mark.parametrize("rows", [1, 50])
@pytest.mark.parametrize("column", ["price", "size"])
def test_values_whose_sums_would_be_infinite_are_refused(column: str, rows: int) -> None:
    """Volume and vwap would have no value."""
    good = trades([(0, TS, 1.0, 1.0)] * rows)
    with pytest.raises(BatchError, match=rf"trades\.{column}"):
        check_batch(TickBatch(TABLE, replace(good, **{column: np.full(rows, LIMIT)})))
