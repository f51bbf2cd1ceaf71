"""The market: pending ticks, the order of events, and the other market that a restart returns."""

from __future__ import annotations

import pytest

from tests.support.market import batch
from ticker.errors import BatchError
from ticker.intervals import interval
from ticker.market.board import Board
from ticker.market.market import MAX_PENDING_TICKS, Market
from ticker.model import BoardEvent, Removal, Restart, Settled, SymbolTable, TickBatch, Watermark

TS = 1_700_000_000_000_000_000


class Observer:
    """Records the epoch of each event's board, and its number of ticks."""

    def __init__(self) -> None:
        self.active = True
        self.seen: list[tuple[str, int]] = []

    def observe(self, board: Board, event: BoardEvent) -> None:
        self.seen.append((board.epoch, len(event) if isinstance(event, TickBatch) else 0))


@pytest.fixture
def table() -> SymbolTable:
    return SymbolTable(("AAPL", "MSFT"))


def heads(market: Market) -> tuple[int, int]:
    return market.rings["trades"].head, market.rings["quotes"].head


def test_reading_changes_nothing(table: SymbolTable) -> None:
    """``apply_pending`` brings pending ticks to the board, the rings and the bars."""
    market = Market(table)
    for step in range(3):
        market.apply(batch(table, [(0, TS + step, 1.0 + step, 1.0)], [(1, TS + step, 1.0, 1.0, 2.0, 1.0)]))
    assert (market.board.version, heads(market), len(market.bars.history(0, interval("1s"))[0])) == (0, (0, 0), 0)
    market.apply_pending()
    assert (market.board.version, heads(market), len(market.bars.history(0, interval("1s"))[0])) == (1, (3, 3), 1)
    market.apply_pending()
    assert market.board.version == 1


@pytest.mark.parametrize("event", [Removal(("AAPL",)), Watermark(TS), TickBatch(SymbolTable(("MSFT",)), version=9)])
def test_other_events_come_after_the_pending_ticks(table: SymbolTable, event: Removal | Watermark | TickBatch) -> None:
    """They are not delayed; ticks published before them are applied before them."""
    market = Market(table)
    market.apply(batch(table, [(0, TS, 1.0, 1.0)]))
    market.apply(event)
    assert heads(market) == (1, 0)
    assert market.board.version >= 1


def test_new_symbols_are_announced_before_anything_happens_to_them(table: SymbolTable) -> None:
    """Each once, before the version of the board grows."""
    told: list[tuple[list[str], int]] = []
    market = Market(("AAPL",), on_symbols=lambda names: told.append((names, market.board.version)))
    market.apply(TickBatch(table, batch(table, [(1, TS, 1.0, 1.0)]).trades, version=5))
    market.apply(batch(table, [(1, TS, 2.0, 1.0)] * MAX_PENDING_TICKS))
    assert (told, market.board.version) == ([(["MSFT"], 0)], 6)


def test_a_version_that_does_not_grow_is_refused(table: SymbolTable) -> None:
    """The pending ticks count."""
    market = Market(table)
    market.apply(batch(table, [(0, TS, 1.0, 1.0)]))
    with pytest.raises(BatchError, match="version 1"):
        market.apply(TickBatch(table, version=1))


def test_a_restart_returns_another_market(table: SymbolTable) -> None:
    """Symbols keep their rows; values, versions, bars and numbers start over. The old market is not changed."""
    observer = Observer()
    market = Market(("MSFT", "AAPL"), "one", observer=observer)
    market.apply(batch(table, [(0, TS, 1.0, 1.0)]))
    after = market.apply(Restart("two"))
    assert after is not market
    assert (after.board.epoch, after.board.version, heads(after)) == ("two", 0, (0, 0))
    assert after.board.names == ["MSFT", "AAPL"]
    assert observer.seen == [("one", 1)], "the observer has seen the ticks that were pending"
    assert market.board.version == 1


def test_a_hidden_history_is_not_visible_until_it_is_settled(table: SymbolTable) -> None:
    """No value, no symbol, no call of the observer. Its ticks get no numbers."""
    observer, told = Observer(), list[str]()
    market = Market(table, "one", observer=observer, on_symbols=told.extend)
    assert market.apply(Restart("two", hidden=True)) is market
    grown = SymbolTable(("AAPL", "MSFT", "NEW"))
    assert market.apply(batch(grown, [(2, TS, 3.0, 1.0), (0, TS, 2.0, 1.0)])) is market
    market.apply_pending()
    assert (market.board.version, len(market.board), told, observer.seen) == (0, 2, [], [])
    after = market.apply(Settled())
    assert (after.board.epoch, after.board.version, after.board.names[2:]) == ("two", 1, ["NEW"])
    assert (heads(after), len(after.bars.history(2, interval("1s"))[0]), observer.seen) == ((0, 0), 1, [])
    after.apply(batch(grown, [(2, TS + 1, 4.0, 1.0)]))
    after.apply_pending()
    assert (heads(after), observer.seen) == ((1, 0), [("two", 1)])


def test_settled_without_a_hidden_restart_changes_nothing(table: SymbolTable) -> None:
    """Also after a visible restart, which drops the hidden history."""
    market = Market(table)
    assert market.apply(Settled()) is market
    market.apply(Restart(hidden=True))
    after = market.apply(Restart())
    assert after.apply(Settled()) is after
