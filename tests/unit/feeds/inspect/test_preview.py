"""The first ticks and bars of a timeline."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from feeds.inspect.preview import preview
from tests.support.inspect_file import START_NS, bar, quote, trade
from ticker.model import BarBatch, Bars, Quotes, Rollover, SymbolTable, TickBatch, Trades

TABLE = SymbolTable(["A", "B"])
NAN = float("nan")


def trades(*rows: tuple[int, int, float]) -> Trades:
    codes, stamps, prices = zip(*rows, strict=True)
    price = np.array(prices, np.float64)
    return Trades(np.array(codes, np.int32), START_NS + np.array(stamps, np.int64), price, np.full(len(rows), 100.0))


def one_sided_quote(ts: int) -> Quotes:
    sides = [np.array([value]) for value in (9.0, 5.0, NAN, NAN)]
    return Quotes(np.zeros(1, np.int32), np.array([START_NS + ts]), *sides)


def bars(*, closed: bool) -> BarBatch:
    columns = [np.array([value]) for value in (1.0, 2.0, 1.0, 2.0, 500.0, NAN, 7.0)]
    return BarBatch(TABLE, 60 * 10**9, Bars(np.ones(1, np.int32), np.array([START_NS]), *columns), closed)


def test_ticks_of_a_batch_are_in_time_order() -> None:
    """At the same timestamp a quote comes before a trade; a missing side is None."""
    batch = TickBatch(TABLE, trades((0, 0, 10.0), (1, 2, 20.0)), one_sided_quote(2))
    assert preview([batch], 5, has_bars=False).ticks == [
        trade(START_NS, 10.0, 100.0, symbol="A"),
        quote(START_NS + 2, 9.0, 5.0, None, None, symbol="A"),
        trade(START_NS + 2, 20.0, 100.0, symbol="B"),
    ]


def test_only_closed_bars_are_shown() -> None:
    """Values that the file doesn't have are None."""
    found = preview([bars(closed=False), bars(closed=True)], 5, has_bars=True)
    assert found.bars == [bar(START_NS, 1.0, 2.0, 1.0, 2.0, 500.0, None, 7.0, symbol="B")]


def test_the_preview_reads_only_what_it_shows() -> None:

    def endless() -> Iterator[TickBatch | Rollover]:
        yield TickBatch(TABLE, trades((0, 0, 10.0), (0, 1, 11.0)))
        yield Rollover(TABLE)
        yield TickBatch(TABLE, trades((0, 2, 12.0), (0, 3, 13.0)))
        raise AssertionError

    assert [row["ts"] - START_NS for row in preview(endless(), 3, has_bars=False).ticks] == [0, 1, 2]


def test_the_preview_stops_looking_for_bars_after_1000_events() -> None:
    """The bars of one file may follow millions of ticks of another."""
    taken = 0

    def endless() -> Iterator[TickBatch]:
        nonlocal taken
        while True:
            taken += 1
            yield TickBatch(TABLE, trades((0, taken, 10.0)))

    assert len(preview(endless(), 3, has_bars=True).ticks) == 3
    assert taken <= 1_000
