"""Batches and events for tests, written by hand or drawn by hypothesis."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import strategies as st

from ticker.model import (
    BoardEvent,
    FeedEvent,
    Quotes,
    Removal,
    Restart,
    Rollover,
    Settled,
    SymbolTable,
    TickBatch,
    Trades,
)

#: Names that break code which builds text without escaping it.
NAMES = ("AAPL", "MSFT", "BRK.B", "<img src=x>", 'Q"U\\O', "€%b", "null", "1e5")

Trade = tuple[int, int, float, float]
Quote = tuple[int, int, float | None, float, float | None, float]


def trades(rows: Sequence[Trade]) -> Trades:
    """Trades from rows of (code, stamp, price, size)."""
    columns = list(zip(*rows, strict=True)) or [(), (), (), ()]
    return Trades(
        np.array(columns[0], np.int32),
        np.array(columns[1], np.int64),
        np.array(columns[2], np.float64),
        np.array(columns[3], np.float64),
    )


def quotes(rows: Sequence[Quote]) -> Quotes:
    """Quotes from rows of (code, stamp, bid, bid size, ask, ask size); a side of price None is empty."""
    whole = [
        (code, ts, *((bid, bid_size) if bid else (np.nan, np.nan)), *((ask, ask_size) if ask else (np.nan, np.nan)))
        for code, ts, bid, bid_size, ask, ask_size in rows
    ]
    columns = list(zip(*whole, strict=True)) or [()] * 6
    return Quotes(
        np.array(columns[0], np.int32),
        np.array(columns[1], np.int64),
        *(np.array(column, np.float64) for column in columns[2:]),
    )


def batch(table: SymbolTable, trade_rows: Sequence[Trade] = (), quote_rows: Sequence[Quote] = ()) -> TickBatch:
    return TickBatch(table, trades(trade_rows), quotes(quote_rows))


_prices = st.integers(1, 2_000).map(lambda cents: round(cents / 100, 2))
_sizes = st.one_of(st.integers(0, 500).map(float), st.floats(0, 10, width=32))
_stamps = st.integers(1_700_000_000_000_000_000, 1_700_000_000_000_000_050)


def ticks(symbols: int, most: int = 6) -> st.SearchStrategy[tuple[str, object]]:
    """Descriptions of batches, for ``event``. Values are small, so that equal ones are frequent."""
    codes = st.integers(0, symbols - 1)
    trade = st.tuples(codes, _stamps, _prices, _sizes)
    sides = st.one_of(st.none(), _prices)
    quote = st.tuples(codes, _stamps, sides, _sizes, sides, _sizes)
    return st.tuples(st.just("ticks"), st.tuples(st.lists(trade, max_size=most), st.lists(quote, max_size=most - 1)))


def events(symbols: int, *, restarts: bool = True) -> st.SearchStrategy[tuple[str, object]]:
    """Descriptions of events, for ``event``: mostly batches."""
    codes = st.integers(0, symbols - 1)
    batches = ticks(symbols)
    rollover = st.tuples(st.just("rollover"), st.lists(st.tuples(codes, st.one_of(st.none(), _prices)), max_size=3))
    removal = st.tuples(st.just("removal"), st.lists(codes, max_size=2))
    kinds: list[st.SearchStrategy[tuple[str, object]]] = [batches, batches, batches, batches, rollover, removal]
    if restarts:
        kinds.append(st.tuples(st.sampled_from(["restart", "hide", "settle", "settle"]), st.none()))
    return st.one_of(kinds)


def event(table: SymbolTable, description: tuple[str, object]) -> FeedEvent:
    """The event that a description of ``events`` stands for."""
    kind, _ = description
    if kind == "settle":
        return Settled()
    return Restart(hidden=kind == "hide") if kind in ("restart", "hide") else board_event(table, description)


def board_event(table: SymbolTable, description: tuple[str, object]) -> BoardEvent:
    """The same for events other than restarts."""
    kind, what = description
    if kind == "ticks":
        assert isinstance(what, tuple)
        return batch(table, what[0], what[1])
    if kind == "rollover":
        assert isinstance(what, list)
        if not what:
            return Rollover(table)
        closes = [np.nan if close is None else close for _, close in what]
        return Rollover(table, np.array([code for code, _ in what], np.int32), np.array(closes))
    assert isinstance(what, list)
    return Removal(tuple(table[code] for code in what))
