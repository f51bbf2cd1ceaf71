"""A day that a vendor stated has, after any corrections, its values and those of the trades that are right."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from hypothesis import given, settings
from hypothesis import strategies as st

from ticker.intervals import SECOND_NS, interval
from ticker.market.market import Market
from ticker.model import Corrections, DayValues, SymbolTable, TickBatch, Trades, Watermark

TABLE = SymbolTable(["AAPL"])
START = 1_704_292_200 * SECOND_NS
ONE = np.zeros(1, np.int32)
STATED_TS = START + 100 * SECOND_NS

#: Half seconds since the trade before, price, size.
_trades = st.lists(st.tuples(st.integers(0, 200), st.integers(50, 150), st.integers(1, 9)), min_size=1, max_size=12)
#: Which trade is changed, and its right price; None: it is cancelled.
_changes = st.lists(st.tuples(st.integers(0, 11), st.one_of(st.none(), st.integers(50, 150))), max_size=8)


def one(value: float) -> npt.NDArray[np.float64]:
    return np.array([value], np.float64)


@given(_trades, _changes, st.booleans(), st.integers(0, 3))
@settings(max_examples=120, deadline=None)
def test_high_low_and_sums_are_those_of_the_stated_day_and_the_right_trades(
    trades: list[tuple[int, int, int]], changes: list[tuple[int, int | None]], closes: bool, changed_early: int
) -> None:
    """On the board and in the 1d bar, whether the seconds of the trades have closed or not."""
    market, now = Market(["AAPL"], late_ns=10**6 * SECOND_NS), STATED_TS
    unknown = one(np.nan)
    market.apply(
        DayValues(
            table=TABLE, symbol=ONE, ts=STATED_TS, open=one(100), high=one(120), low=one(80), volume=one(1000),
            last=one(101), prev_close=unknown, vwap=one(100), trades=one(40),
        )
    )  # fmt: skip
    right: dict[int, tuple[int, int]] = {}

    def change(changes: list[tuple[int, int | None]]) -> None:
        for at, price in changes:
            if at + 1 not in right:
                continue
            size = right[at + 1][1]
            columns = np.array([at + 1]), np.array([now]), one(np.nan if price is None else price), one(size)
            market.apply(Corrections(TABLE, ONE, *columns))
            if price is None:
                del right[at + 1]
            else:
                right[at + 1] = price, size

    for number, (halves, price, size) in enumerate(trades, 1):
        now += halves * SECOND_NS // 2
        ids = np.array([number])
        market.apply(TickBatch(TABLE, Trades(ONE, np.array([now]), one(price), one(size), id=ids)))
        market.apply_pending()
        right[number] = price, size
        if closes:
            market.apply(Watermark(now))
            market.bars.fold()
        if number <= changed_early:
            change(changes[:1])
    change(changes)
    prices = [price for price, _ in right.values()]
    volume = 1000 + sum(size for _, size in right.values())
    expected = [max([120, *prices]), min([80, *prices]), volume, 40 + len(right)]
    assert [market.board.column(name)[0] for name in ("high", "low", "volume", "trades")] == expected
    _, values, *_ = market.bars.history(0, interval("1d"))
    assert values[-1, [1, 2, 4, 6]].tolist() == expected
