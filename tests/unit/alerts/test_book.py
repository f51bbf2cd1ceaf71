"""The book: which ticks reach which alerts, and which it dismisses."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest

from tests.support.market import Quote, Trade, batch
from ticker.alerts.alert import Alert
from ticker.alerts.book import Book, Firing
from ticker.alerts.condition import parse
from ticker.alerts.ladder import Ladder
from ticker.market.board import Board
from ticker.model import BoardEvent, DayValues, Removal, Rollover, Split, SymbolTable

TS = 1_700_000_000_000_000_000
NAMES = ("AAPL", "MSFT", "GOOG")


class Market:
    def __init__(self) -> None:
        self.table = SymbolTable(NAMES)
        self.board = Board(NAMES, "epoch")
        self.book = Book(lambda _: None, lambda _: True)

    def put(self, when: str, symbol: str = "AAPL", *, once: bool = False, hysteresis: float = math.nan) -> Alert:
        alert = Alert("ann", when, symbol, parse(when), once=once, hysteresis=hysteresis)
        self.book.add(alert, self.board)
        return alert

    def happens(self, event: BoardEvent) -> list[float]:
        """The values at which alerts fire."""
        return [firing.value for firing in self.firings(event)]

    def firings(self, event: BoardEvent) -> list[Firing]:
        self.board.apply(event)
        return self.book.check(self.board, event)

    def trades(self, *rows: tuple[int, float, float]) -> list[float]:
        trades: list[Trade] = [(code, TS, price, size) for code, price, size in rows]
        return self.happens(batch(self.table, trades))

    def quotes(self, *rows: tuple[int, float | None, float | None]) -> list[float]:
        quotes: list[Quote] = [(code, TS, bid, 1.0, ask, 1.0) for code, bid, ask in rows]
        return self.happens(batch(self.table, (), quotes))


@pytest.fixture
def market() -> Market:
    return Market()


@contextmanager
def unstepped(alerts: list[Alert]) -> Iterator[None]:
    """Fail if one of these alerts is stepped."""
    before = [(alert.state, alert.side, alert.count) for alert in alerts]
    shown: list[float] = []
    step = Ladder.step

    def noted(self: Ladder, value: float, may: object) -> list[tuple[int, Alert, bool]]:
        shown.append(value)
        return step(self, value, lambda _: True)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Ladder, "step", noted)
        yield
    assert shown == []
    assert [(alert.state, alert.side, alert.count) for alert in alerts] == before


def test_the_volume_counts_up_within_a_batch(market: Market) -> None:
    """The alert fires at the trade that reaches the level, not at the end of the batch."""
    market.put("volume >= 1000")
    market.put("volume >= 1000", "MSFT")
    assert market.trades((0, 5.0, 600.0), (1, 9.0, 999.0)) == []
    assert market.trades((1, 9.0, 0.5), (0, 5.0, 399.0), (0, 5.0, 2.0), (0, 5.0, 500.0)) == [1001.0]
    assert market.trades((1, 9.0, 0.5), (1, 9.0, 7.0)) == [1000.0]


def test_a_new_day_lets_the_volume_fire_again_and_is_no_crossing(market: Market) -> None:
    """The step from yesterday's volume to today's first crosses nothing."""
    level, crossing = market.put("volume >= 10"), market.put("volume crosses 10")
    assert market.trades((0, 5.0, 4.0), (0, 5.0, 7.0)) == [11.0, 11.0]
    assert market.happens(Rollover(market.table)) == []
    assert market.trades((0, 5.0, 1.0)) == []
    assert market.trades((0, 5.0, 9.5)) == [10.5, 10.5]
    assert (level.count, crossing.count) == (2, 2)


def test_a_change_is_relative_to_the_previous_close_and_exact(market: Market) -> None:
    """-2 % is exactly -2; without a close there is no change."""
    market.put("change_pct < -2", hysteresis=0)
    market.put("change_pct <= -2", hysteresis=0)
    assert market.trades((0, 1.0, 1.0)) == []
    for close in (100.0, 50.0, 12.5, 350.0):
        market.trades((0, close, 1.0))
        market.happens(Rollover(market.table))
        market.trades((0, close, 1.0))
        assert market.trades((0, round(close * 0.98, 4), 1.0)) == [-2.0]


def test_a_split_is_neither_a_change_nor_a_crossing(market: Market) -> None:
    """500 becomes 125: no alert fires for the fall of 75 %, and the next prices count from the adjusted close."""
    for when in ("change_pct <= -10", "change_pct crosses -10", "last crosses 300", "bid crosses 300"):
        market.put(when)
    market.trades((0, 500.0, 1.0))
    market.happens(Rollover(market.table))
    market.trades((0, 500.0, 1.0))
    market.quotes((0, 499.0, 501.0))
    assert market.happens(Split(market.table, np.zeros(1, np.int32), np.array([4.0]), TS)) == []
    assert market.trades((0, 126.0, 1.0)) == []
    assert market.quotes((0, 125.0, 127.0)) == []
    assert market.trades((0, 110.0, 1.0)) == [-12.0, -12.0]
    assert market.trades((0, 301.0, 1.0)) == [140.8, 301.0]


def day_values(market: Market, **given: float) -> DayValues:
    columns: dict[str, Any] = {name: np.array([given.get(name, np.nan)]) for name in (
        "open", "high", "low", "volume", "last", "prev_close", "vwap", "trades"
    )}  # fmt: skip
    return DayValues(table=market.table, symbol=np.zeros(1, np.int32), ts=TS, **columns)


def test_given_day_values_fire_once_and_are_no_crossing_of_the_days_fields(market: Market) -> None:
    """After an outage the day's volume and the previous close are first values: alerts on reaching them fire."""
    market.put("volume crosses 1000")
    market.put("volume >= 5000")
    market.put("change_pct crosses 5")
    market.happens(Rollover(market.table, None, np.full(3, 100.0)))
    market.trades((0, 104.0, 10.0))
    assert market.happens(day_values(market, volume=6000.0, prev_close=90.0)) == [6000.0]
    assert market.trades((0, 104.0, 1.0)) == []
    assert market.trades((0, 90.0, 1.0)) == [0.0]


def test_a_given_last_price_is_the_next_price(market: Market) -> None:
    """It passed what lies between: alerts on last and on the change fire once, without waiting for a trade."""
    for when in ("last >= 190", "last crosses 190", "change_pct >= 10", "change_pct crosses 10", "last >= 200"):
        market.put(when)
    market.happens(Rollover(market.table, None, np.full(3, 150.0)))
    market.trades((0, 160.0, 1.0))
    assert sorted(market.happens(day_values(market, last=195.0))) == [30.0, 30.0, 195.0, 195.0]
    assert market.happens(day_values(market, last=195.0)) == []
    assert market.trades((0, 196.0, 1.0), (0, 194.0, 1.0)) == []


def test_values_that_are_not_given_are_checked_by_no_day_values(market: Market) -> None:
    """A crossing of them still counts from the value before."""
    market.put("volume crosses 15")
    market.put("last crosses 190")
    market.trades((0, 160.0, 10.0))
    assert market.happens(day_values(market, high=300.0)) == []
    assert market.trades((0, 195.0, 10.0)) == [20.0, 195.0]


def test_an_empty_side_is_no_value(market: Market) -> None:
    """It neither fires an alert nor releases a held one."""
    market.put("bid <= 10")
    assert market.quotes((0, None, 10.0)) == []
    assert market.quotes((0, 10.0, 10.5), (0, None, 10.5), (0, 9.0, None)) == [10.0]


def test_a_removed_symbol_returns_as_new(market: Market) -> None:
    """Its first value after the removal is no crossing."""
    market.put("last crosses 10")
    market.trades((0, 9.0, 1.0))
    market.happens(Removal(("AAPL", "NEVER")))
    assert market.trades((0, 11.0, 1.0)) == []
    assert market.trades((0, 9.0, 1.0)) == [9.0]


def test_a_new_epoch_is_no_crossing_and_keeps_held_alerts(market: Market) -> None:
    """As after a seek in a replay."""
    level, _ = market.put("last >= 10"), market.put("last crosses 10")
    assert market.trades((0, 9.0, 1.0), (0, 11.0, 1.0)) == [11.0, 11.0]
    market.board = Board(market.board.names, "another")
    assert market.trades((0, 9.995, 1.0)) == []
    assert level.state == "held"
    assert market.trades((0, 10.5, 1.0)) == [10.5]


def test_ticks_far_from_all_levels_step_no_alert(market: Market) -> None:
    """A comparison of columns dismisses other symbols, and values far from the levels."""
    alerts = [market.put("last >= 100"), market.put("last <= 50"), market.put("bid crosses 70"), market.put("ask > 90")]
    market.quotes((0, 60.0, 61.0))
    alerts.append(market.put("volume >= 1000", "MSFT"))
    with unstepped(alerts):
        assert market.trades((0, 60.0, 10.0), (0, 99.99, 10.0), (1, 500.0, 999.0), (2, 500.0, 9999.0)) == []
        assert market.quotes((0, 69.99, 89.0), (1, 100.0, 100.0)) == []


def test_a_tick_steps_only_the_alerts_whose_level_it_reaches(market: Market) -> None:
    """The cost of a tick depends on the alerts that it changes, not on the number of alerts."""
    alerts = [market.put(f"last >= {100 + level}") for level in range(500)]
    far = alerts[3:]
    asked = 0

    def may(_: Alert) -> bool:
        nonlocal asked
        asked += 1
        return True

    market.book._may = may
    assert market.trades((0, 102.0, 1.0)) == [102.0] * 3
    assert asked == 3
    assert all(alert.state == "waiting" for alert in far)


def test_removed_alerts_are_no_longer_checked(market: Market) -> None:
    """An empty book checks nothing; alerts that are done are out of it."""
    alert, other = market.put("last >= 10"), market.put("last crosses 12")
    market.put("ask < 5", once=True)
    market.book.remove(alert, market.board)
    assert market.trades((0, 11.0, 1.0)) == []
    assert market.quotes((0, 4.0, 4.5)) == [4.5]
    market.book.remove(other, market.board)
    market.book.remove(alert, market.board)
    assert len(market.book) == 0
    assert all(not index.ladders and not index.watched.any() for index in market.book._fields.values())


def test_a_board_that_grows_is_followed(market: Market) -> None:
    """Alerts on rows added after other alerts work."""
    market.put("last >= 10")
    for number in range(300):
        market.table.code(f"NEW{number}")
    market.put("last >= 10", "NEW299")
    assert market.trades((302, 9.0, 1.0), (5, 20.0, 1.0)) == []
    assert market.trades((302, 10.0, 1.0), (0, 10.0, 1.0)) == [10.0, 10.0]


def test_a_ladder_equals_stepping_every_alert() -> None:
    """Its bounds and changed alerts equal those of all alerts stepped one by one; removing all leaves none."""
    rng = random.Random(1)
    ladder, each = Ladder(), list[Alert]()
    for number in range(60):
        comparison = rng.choice([">=", ">", "<=", "<", "crosses"])
        when, hysteresis = f"last {comparison} {rng.randint(1, 20)}", rng.choice([0, 0.5, 3])
        once = rng.random() < 0.2
        ladder.add(number, Alert("ann", number, "AAPL", parse(when), once=once, hysteresis=hysteresis))
        each.append(Alert("ann", number, "AAPL", parse(when), once=once, hysteresis=hysteresis))
    for _ in range(2_000):
        value = rng.randint(0, 84) / 4
        expected = [number for number, alert in enumerate(each) if alert.step(value)]
        fired = [number for number, _, fires in ladder.step(value, lambda _: True) if fires]
        assert fired == expected
        assert ladder.low == max(
            (low for alert in each for low, high in [alert.quiet] if low < high), default=-math.inf
        )
        assert ladder.high == min(high for alert in each for _, high in [alert.quiet])
    assert {number: alert.row for number, alert in ladder.alerts.items()} == {
        number: alert.row for number, alert in enumerate(each) if not alert.done
    }
    ladder.forget()
    for number in list(ladder.alerts):
        ladder.remove(number)
    assert (ladder._above, ladder._below, ladder._placed) == ([], [], {})
