"""How a feed cuts its trades into batches changes neither the board nor the bars, with late trades of any age."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from ticker.intervals import SECOND_NS, interval
from ticker.market.market import Market
from ticker.model import SymbolTable, TickBatch, Trades, Watermark

NAMES = ["AAPL", "MSFT"]
TABLE = SymbolTable(NAMES)
START = 1_704_292_200 * SECOND_NS
FIELDS = ("last", "open", "high", "low", "volume", "trades", "prev_close")

#: Half seconds since the trade before, seconds late, code, price, size.
Step = tuple[int, int, int, int, int]
_steps: st.SearchStrategy[Step] = st.tuples(
    st.sampled_from([0, 1, 1, 5, 30, 100, 40_000]),
    st.sampled_from([0, 0, 0, 3, 50, 59, 60, 61, 200]),
    st.integers(0, 1),
    st.integers(90, 110),
    st.integers(1, 9),
)
#: code, ts, price, size
Row = tuple[int, int, float, float]


def rows_of(steps: list[Step]) -> list[Row]:
    """Trades in order of arrival: each is the newest of all, or older than the newest of its symbol."""
    now, newest, rows = START, [0, 0], list[Row]()
    for halves, late_s, code, price, size in steps:
        now += halves * SECOND_NS // 2
        ts = now - late_s * SECOND_NS
        ts = ts if ts < newest[code] else now
        newest[code] = max(newest[code], ts)
        rows.append((code, ts, float(price), float(size)))
    return rows


def played(rows: list[Row], cuts: list[int], *, watermarks: bool) -> Any:
    """The board, the bars and the counts after these batches; with a watermark after each, at its newest trade."""
    market, newest, first = Market(NAMES, late_ns=60 * SECOND_NS), 0, 0
    for end in [*cuts, len(rows)]:
        if part := rows[first:end]:
            code, ts, price, size = (np.array(column) for column in zip(*part, strict=True))
            market.apply(TickBatch(TABLE, Trades(code.astype(np.int32), ts, price, size)))
            market.apply_pending()
            newest = max(newest, int(ts.max()))
            if watermarks:
                market.apply(Watermark(newest))
        first = end
    market.apply(Watermark(newest + 1))
    market.bars.fold()
    bars = []
    for row in range(len(NAMES)):
        for name in ("1s", "1m", "1h", "1d"):
            starts, values, *_ = market.bars.history(row, interval(name))
            bars.append((name, starts.tolist(), values.tolist()))
    fields = np.nan_to_num(np.array([market.board.column(field) for field in FIELDS]), nan=-1).tolist()
    return fields, bars, (market.counts.late, market.counts.too_late)


@given(st.lists(_steps, min_size=1, max_size=25), st.lists(st.integers(0, 25), max_size=3).map(sorted))
@settings(max_examples=60, deadline=None)
def test_batches_of_any_size_give_the_same_board_and_bars(steps: list[Step], cuts: list[int]) -> None:
    """So a replay gives the same at every speed, and after a seek."""
    rows = rows_of(steps)
    singly = played(rows, list(range(1, len(rows))), watermarks=True)
    assert played(rows, [], watermarks=False)[:2] == singly[:2]
    assert played(rows, cuts, watermarks=False)[:2] == singly[:2]
    assert played(rows, cuts, watermarks=True)[:2] == singly[:2]
