"""Trades that update the last price only if their symbol has none: the same in batches and one by one."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ticker.conditions import ConditionTable, Updates
from ticker.market.market import Market
from ticker.model import SymbolTable, TickBatch, Trades

TABLE = SymbolTable(["A", "B", "C"])
CONDITIONS = ConditionTable()
CODES = [CONDITIONS.code((f"c{bits}",), Updates(bits)) for bits in (7, 4, 6, 14, 8, 0)]
#: Two hours before midnight UTC.
START = 1_704_405_600 * 10**9
HOUR_NS = 3_600 * 10**9

#: code, hours until the next trade, price, condition
_rows = st.tuples(st.integers(0, 2), st.sampled_from([0, 0, 0, 1]), st.integers(1, 50), st.sampled_from(CODES))


def batch(rows: list[tuple[int, int, int, int]], ts: list[int]) -> TickBatch:
    symbol, _, price, condition = zip(*rows, strict=True)
    trades = Trades(
        np.array(symbol, np.int32), np.array(ts), np.array(price, float), np.ones(len(rows)),
        np.array(condition, np.int32),
    )  # fmt: skip
    return TickBatch(TABLE, trades, conditions=CONDITIONS)


def fields(market: Market) -> dict[str, list[float | None]]:
    market.apply_pending()
    names = ("open", "high", "low", "last", "volume", "trades", "prev_close")
    return {name: [None if np.isnan(each) else each for each in market.board.column(name).tolist()] for name in names}


@given(st.lists(_rows, min_size=1, max_size=30), st.integers(1, 30))
def test_a_conditional_last_price_does_not_depend_on_batches(rows: list[tuple[int, int, int, int]], size: int) -> None:
    hours = np.cumsum([0, *(row[1] for row in rows)])[:-1]
    ts = (START + hours * HOUR_NS).tolist()
    whole, single = Market(TABLE), Market(TABLE)
    for at in range(0, len(rows), size):
        whole.apply(batch(rows[at : at + size], ts[at : at + size]))
        whole.apply_pending()
    for at in range(len(rows)):
        single.apply(batch(rows[at : at + 1], ts[at : at + 1]))
        single.apply_pending()
    assert fields(whole) == fields(single)


def test_only_the_first_conditional_trade_sets_the_last_price() -> None:
    code = CODES[3]
    market = Market(TABLE)
    market.apply(batch([(0, 0, 5, code), (0, 0, 6, code), (1, 0, 7, CODES[0]), (1, 0, 8, code)], [START] * 4))
    assert fields(market)["last"] == [5.0, 7.0, None]
    assert fields(market)["high"] == [6.0, 8.0, None]
