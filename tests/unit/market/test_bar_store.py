"""The bar store: when bars close, the feed's own bars, and the limits of the history."""

from __future__ import annotations

import numpy as np

from ticker.intervals import SECOND_NS, interval
from ticker.market.bar_levels import KEPT_BARS
from ticker.market.bar_store import BarStore
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


def bars_of(store: BarStore, name: str, row: int = 0) -> list[tuple[float, list[float], bool]]:
    """The bars of row 0: seconds after START, open, high, low, close and volume, and whether it is closed."""
    starts, values, closed, *_ = store.history(row, interval(name))
    return [
        ((start - START) / SECOND_NS, bar[:5], over)
        for start, bar, over in zip(starts.tolist(), values.tolist(), closed.tolist(), strict=True)
    ]


def test_only_a_watermark_closes_bars() -> None:
    """Not a later trade. Longer bars close when their last second has closed."""
    store = BarStore()
    add(store, (0, 59.2, 10.0, 1.0), (0, 59.9, 12.0, 2.0), (0, 60.1, 11.0, 4.0))
    assert bars_of(store, "1s") == [(59, [10, 12, 10, 12, 3], False), (60, [11, 11, 11, 11, 4], False)]
    assert bars_of(store, "1m") == [(0, [10, 12, 10, 12, 3], False), (60, [11, 11, 11, 11, 4], False)]
    assert bars_of(store, "5m") == [(0, [10, 12, 10, 11, 7], False)]
    assert store.ring("1m").head == 0
    store.advance(START + 60 * SECOND_NS)
    assert [over for *_, over in bars_of(store, "1m")] == [True, False]
    assert (store.ring("1s").head, store.ring("1m").head) == (1, 1)
    assert bars_of(store, "5m") == [(0, [10, 12, 10, 11, 7], False)]


def test_closed_bars_are_numbered_by_end_and_row() -> None:
    """Whatever the order of the trades, and of the watermarks that close them."""
    store = BarStore()
    add(store, (2, 0.5, 10.0, 1.0), (1, 0.6, 10.0, 1.0), (2, 1.5, 10.0, 1.0), (0, 3.0, 10.0, 1.0), (1, 3.2, 9.0, 1.0))
    store.advance(START + 10 * SECOND_NS)
    store.fold()
    ring = store.ring("1s")
    assert ring.rows(0, ring.head).tolist() == [1, 2, 2, 0, 1]
    assert ((ring.columns(np.arange(1, 6))[0] - START) // SECOND_NS).tolist() == [0, 0, 1, 3, 3]


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


def test_a_stamp_in_the_far_future_affects_only_its_symbol() -> None:
    """Other symbols lose no trade."""
    store = BarStore()
    far = np.array([2**33 - 1, START // SECOND_NS, START // SECOND_NS], np.int64) * SECOND_NS
    store.add_trades(np.array([0, 1, 2], np.int32), Trades(np.zeros(3, np.int32), far, np.ones(3), np.ones(3)))
    assert [len(bars_of(store, "1s", row)) for row in range(3)] == [1, 1, 1]


def test_vwap_is_notional_by_volume_and_unknown_without_volume() -> None:
    """Trades of size 0 have a price and no weight."""
    store = BarStore()
    add(store, (0, 0.0, 10.0, 1.0), (0, 0.5, 20.0, 3.0), (1, 0.0, 10.0, 0.0))
    assert store.history(0, interval("1s"))[1][0, 5:].tolist() == [17.5, 2]
    assert np.isnan(store.history(1, interval("1s"))[1][0, 5])


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
    assert [over for *_, over in bars_of(store, "1m")] == [False]
    store.advance(START + 90 * SECOND_NS)
    starts, values, closed, *_ = store.history(0, interval("1m"))
    assert (starts.tolist(), values.tolist(), closed.tolist()) == ([start], [[10, 14, 9, 11, 400, 10.5, 7]], [True])
    assert store.closed["1m"].head == 1
    # Shorter intervals are still computed from the trades, longer ones from the feed's bars.
    assert [bar[0] for bar in bars_of(store, "1s")] == [30, 45, 61]
    assert bars_of(store, "5m") == [(0, [10, 14, 9, 11, 400], False)]


def test_made_up_trades_make_no_bars() -> None:
    """Trades that stand for a feed's bars change the feed's open bar, and no interval is shorter than that."""
    store, table = BarStore(), SymbolTable(["A"])
    add_feed_bar(store, table, START, [10, 14, 9, 11, 400, np.nan, np.nan], closed=False)
    made_up = trades((0, 0.0, 10.0, 100.0), (0, 15.0, 9.0, 100.0), (0, 30.0, 14.0, 100.0))
    store.add_trades(made_up.symbol, made_up, made_up=True)
    assert bars_of(store, "1m") == [(0, [10, 14, 9, 14, 300], False)]
    assert bars_of(store, "5m") == [(0, [10, 14, 9, 14, 300], False)]
    add_feed_bar(store, table, START, [10, 14, 9, 11, 400, 10.5, 7], closed=True)
    store.advance(START + 300 * SECOND_NS)
    assert (bars_of(store, "1s"), bars_of(store, "5s")) == ([], [])
    five = store.history(0, interval("5m"))[1].tolist()
    assert five == [[10, 14, 9, 11, 400, 10.5, 7]]


def test_a_feeds_own_interval_is_kept_and_makes_longer_bars() -> None:
    """Bars of 4 hours are no usual interval. Days are made of them, 1h is not."""
    store, table = BarStore(), SymbolTable(["A"])
    midnight = START - START % (24 * 3_600 * SECOND_NS)
    for number in range(7):
        values = [10.0 + number, 20.0 + number, 5.0 - number / 2, 12.0, 100.0, np.nan, np.nan]
        bars = Bars(
            np.zeros(1, np.int32), np.array([midnight + number * 4 * 3_600 * SECOND_NS]), *map(np.atleast_1d, values)
        )
        store.add_feed_bars(np.zeros(1, np.int32), BarBatch(table, 4 * 3_600 * SECOND_NS, bars, closed=True))
    store.advance(midnight + 28 * 3_600 * SECOND_NS)
    assert len(bars_of(store, "4h")) == 7
    assert bars_of(store, "1h") == []
    assert [bar[1:] for bar in bars_of(store, "1d")] == [([10, 25, 2.5, 12, 600], True), ([16, 26, 2, 12, 100], False)]
    assert [bar[1] for bar in bars_of(store, "8h")] == [
        [10, 21, 4.5, 12, 200],
        [12, 23, 3.5, 12, 200],
        [14, 25, 2.5, 12, 200],
        [16, 26, 2, 12, 100],
    ]
    assert np.isnan(store.history(0, interval("1d"))[1][:, 5:]).all()


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
    count = KEPT_BARS["1s"] + 50
    add(store, *((0, float(second), 10.0, 1.0) for second in range(count)))
    store.advance(START + (count - 1) * SECOND_NS)
    starts, _, closed, *_ = store.history(0, interval("1s"))
    assert len(starts) == KEPT_BARS["1s"] + 1
    assert closed.tolist() == [True] * KEPT_BARS["1s"] + [False]
    assert starts[-1] == START + (count - 1) * SECOND_NS
    cut, *_ = store.history(0, interval("1s"), START + 100 * SECOND_NS, START + 110 * SECOND_NS, 3)
    assert ((cut - START) // SECOND_NS).tolist() == [107, 108, 109]
    assert len(store.history(5, interval("1m"))[0]) == 0


def test_an_interval_can_be_followed() -> None:
    """Its ring begins with the bars that are kept, and is numbered from there on."""
    store = BarStore()
    add(store, *((row, float(second), 10.0 + second, 1.0) for second in range(40) for row in (0, 1)))
    store.advance(START + 40 * SECOND_NS)
    assert len(bars_of(store, "10s")) == 4
    store.follow(interval("10s"))
    store.follow(interval("10s"))
    ring = store.ring("10s")
    assert ring.rows(0, ring.head).tolist() == [0, 1] * 4
    add(store, (1, 40.5, 60.0, 1.0))
    store.fold()
    assert [values.tolist() for values in store.open_bars("10s", np.arange(2))[2]] == [[60, 60, 60, 60, 1, 60, 1]]
    store.advance(START + 50 * SECOND_NS)
    store.fold()
    assert ring.head == 9
    assert ring.columns(np.array([9]))[8].tolist() == [START + 50 * SECOND_NS]
    store.unfollow(interval("10s"))
    assert "10s" in store.closed
    store.unfollow(interval("10s"))
    assert "10s" not in store.closed
