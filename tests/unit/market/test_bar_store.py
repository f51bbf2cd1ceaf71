"""The bar store: when bars close, the feed's own bars, and the limits of the history."""

from __future__ import annotations

import numpy as np

from ticker.market.bar_store import KEPT, SECOND_NS, BarStore
from ticker.model import BarBatch, Bars, SymbolTable, Trades

#: 2024-01-02 14:30 UTC.
START = 1_704_205_800 * SECOND_NS
MINUTE = 60 * SECOND_NS


def trades(*rows: tuple[int, float, float, float]) -> Trades:
    """Add trades: row, seconds after START, price, size."""
    row, after_s, price, size = zip(*rows, strict=True)
    ts = START + (np.array(after_s) * SECOND_NS).astype(np.int64)
    return Trades(np.array(row, np.int32), ts, np.array(price, float), np.array(size, float))


def add(store: BarStore, *rows: tuple[int, float, float, float]) -> None:
    columns = trades(*rows)
    store.add_trades(columns.symbol, columns)


def bars_of(store: BarStore, interval: str, row: int = 0) -> list[tuple[float, list[float], bool]]:
    """The bars of row 0: seconds after START, open, high, low, close and volume, and whether it is closed."""
    starts, values, closed = store.history(row, interval)
    return [
        ((start - START) / SECOND_NS, bar[:5], over)
        for start, bar, over in zip(starts.tolist(), values.tolist(), closed.tolist(), strict=True)
    ]


def test_a_later_trade_closes_the_bars_before_it() -> None:
    """Also bars of longer intervals, although the second of that trade is still open."""
    store = BarStore()
    add(store, (0, 59.2, 10.0, 1.0), (0, 59.9, 12.0, 2.0), (0, 60.1, 11.0, 4.0))
    assert bars_of(store, "1s") == [(59, [10, 12, 10, 12, 3], True), (60, [11, 11, 11, 11, 4], False)]
    assert bars_of(store, "1m") == [(0, [10, 12, 10, 12, 3], True), (60, [11, 11, 11, 11, 4], False)]
    assert bars_of(store, "5m") == [(0, [10, 12, 10, 11, 7], False)]
    assert store.closed["1m"].head == 1


def test_a_watermark_closes_bars_without_trades() -> None:
    """One at a bar's end closes it, an earlier one does not, and later ones don't close it again."""
    store = BarStore()
    add(store, (0, 3.5, 10.0, 1.0))
    store.advance(START + 4 * SECOND_NS - 1)
    assert [over for *_, over in bars_of(store, "1s")] == [False]
    store.advance(START + 4 * SECOND_NS)
    assert [over for *_, over in bars_of(store, "1s")] == [True]
    assert [over for *_, over in bars_of(store, "1m")] == [False]
    store.advance(START + MINUTE)
    store.advance(START + 2 * MINUTE)
    assert [over for *_, over in bars_of(store, "1m")] == [True]
    assert (store.closed["1s"].head, store.closed["1m"].head) == (1, 1)


def test_a_late_trade_is_in_no_bar_and_is_counted() -> None:
    """It is older than its symbol's open second, or than the watermark. Other symbols are not affected."""
    store = BarStore()
    add(store, (0, 5.0, 10.0, 1.0), (0, 4.9, 99.0, 1.0), (1, 4.9, 7.0, 1.0))
    assert bars_of(store, "1s") == [(5, [10, 10, 10, 10, 1], False)]
    assert bars_of(store, "1s", 1) == [(4, [7, 7, 7, 7, 1], False)]
    store.advance(START + 8 * SECOND_NS)
    add(store, (0, 7.5, 99.0, 1.0), (0, 8.0, 11.0, 1.0))
    assert [bar[0] for bar in bars_of(store, "1s")] == [5, 8]
    assert store.late == 2


def test_a_stamp_in_the_far_future_affects_only_its_symbol() -> None:
    """Other symbols lose no trade, in the same batch or not."""
    store = BarStore()
    far = np.array([2**33 - 1, START // SECOND_NS, START // SECOND_NS], np.int64) * SECOND_NS
    store.add_trades(np.array([0, 1, 2], np.int32), Trades(np.zeros(3, np.int32), far, np.ones(3), np.ones(3)))
    assert [len(bars_of(store, "1s", row)) for row in range(3)] == [1, 1, 1]
    assert store.late == 0


def test_vwap_is_notional_by_volume_and_unknown_without_volume() -> None:
    """Trades of size 0 have a price and no weight."""
    store = BarStore()
    add(store, (0, 0.0, 10.0, 1.0), (0, 0.5, 20.0, 3.0), (1, 0.0, 10.0, 0.0))
    assert store.history(0, "1s")[1][0, 5:].tolist() == [17.5, 2]
    assert np.isnan(store.history(1, "1s")[1][0, 5])


def add_feed_bar(store: BarStore, table: SymbolTable, start: int, values: list[float], *, closed: bool) -> None:
    columns = [np.array([value]) for value in values]
    bars = Bars(np.zeros(1, np.int32), np.array([start]), *columns)
    store.add_feed_bars(np.zeros(1, np.int32), BarBatch(table, MINUTE, bars, closed))


def test_bars_of_the_feed_replace_computed_bars() -> None:
    """Also if they start at other times. Trades change them until they are closed with the feed's values."""
    store, table = BarStore(), SymbolTable(["A"])
    start = START + 30 * SECOND_NS
    add_feed_bar(store, table, start, [10, 14, 9, 11, 400, np.nan, np.nan], closed=False)
    assert bars_of(store, "1m") == [(30, [10, 10, 10, 10, 0], False)]
    add(store, (0, 30.0, 10.0, 100.0), (0, 45.0, 9.5, 100.0), (0, 61.0, 13.0, 100.0))
    assert bars_of(store, "1m") == [(30, [10, 13, 9.5, 13, 300], False)]
    store.advance(START + 61 * SECOND_NS)
    assert [over for *_, over in bars_of(store, "1m")] == [False]
    add_feed_bar(store, table, start, [10, 14, 9, 11, 400, 10.5, 7], closed=True)
    starts, values, closed = store.history(0, "1m")
    assert (starts.tolist(), values.tolist(), closed.tolist()) == ([start], [[10, 14, 9, 11, 400, 10.5, 7]], [True])
    assert store.closed["1m"].head == 1
    # Other intervals are still computed from the trades.
    assert [bar[0] for bar in bars_of(store, "1s")] == [30, 45, 61]


def test_a_removed_symbol_has_no_bars() -> None:
    """Other symbols keep theirs. It may come back."""
    store = BarStore()
    add(store, (0, 0.0, 10.0, 1.0), (1, 0.0, 20.0, 1.0), (0, 2.0, 11.0, 1.0))
    store.remove(np.array([0], np.intp))
    assert bars_of(store, "1s") == []
    assert len(bars_of(store, "1s", 1)) == 1
    add(store, (0, 3.0, 12.0, 1.0))
    assert [bar[0] for bar in bars_of(store, "1s")] == [3]


def test_history_is_bounded_and_can_be_limited() -> None:
    """By start, end and the newest N, oldest first."""
    store = BarStore()
    count = KEPT["1s"] + 50
    add(store, *((0, float(second), 10.0, 1.0) for second in range(count)))
    starts, _, closed = store.history(0, "1s")
    assert len(starts) == KEPT["1s"] + 1
    assert closed.tolist() == [True] * KEPT["1s"] + [False]
    assert starts[-1] == START + (count - 1) * SECOND_NS
    cut, *_ = store.history(0, "1s", START + 100 * SECOND_NS, START + 110 * SECOND_NS, 3)
    assert ((cut - START) // SECOND_NS).tolist() == [107, 108, 109]
    assert len(store.history(5, "1m")[0]) == 0
