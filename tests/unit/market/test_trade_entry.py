"""Late trades, corrections, conditions, splits and a vendor's values of the day, on the board and in the bars."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from ticker.calendar import MarketCalendar, midnights
from ticker.intervals import SECOND_NS, interval
from ticker.market.late_trades import older_than_newest
from ticker.market.market import Market
from ticker.model import (
    BoardEvent,
    ConditionTable,
    Corrections,
    DayValues,
    Rollover,
    Split,
    SymbolTable,
    TickBatch,
    Trades,
    Updates,
    Watermark,
)

#: 2024-01-03 14:30 UTC.
START = 1_704_292_200 * SECOND_NS
DAY = 86_400
NAMES = ["A", "B"]
TABLE = SymbolTable(NAMES)
CONDITIONS = ConditionTable()
VOLUME_ONLY = CONDITIONS.code(("T",), Updates.VOLUME)
NO_LAST = CONDITIONS.code(("Z",), Updates.VOLUME | Updates.HIGH_LOW)
IF_FIRST = CONDITIONS.code(("P",), Updates.VOLUME | Updates.HIGH_LOW | Updates.LAST_IF_FIRST)

Row = tuple[float, float, float]


class Feed:
    """Publishes to a market; times are in seconds after START."""

    def __init__(self, *, late_s: int = 60, calendar: MarketCalendar | None = None) -> None:
        self.market = Market(NAMES, late_ns=late_s * SECOND_NS, calendar=calendar or midnights("UTC"))

    def trade(
        self, *rows: Row, code: int = 0, ids: list[int] | None = None, condition: list[int] | None = None
    ) -> None:
        """Trades of (seconds, price, size)."""
        after, price, size = (np.array(column, float) for column in zip(*rows, strict=True))
        trades = Trades(
            np.full(len(rows), code, np.int32),
            START + (after * SECOND_NS).astype(np.int64),
            price,
            size,
            None if condition is None else np.array(condition, np.int32),
            None if ids is None else np.array(ids),
        )
        self.market = self.market.apply(TickBatch(TABLE, trades, conditions=CONDITIONS if condition else None))
        self.market.apply_pending()

    def correct(self, trade_id: int, price: float = np.nan, size: float = np.nan, *, code: int = 0) -> None:
        one = np.array
        event = Corrections(
            TABLE, one([code], np.int32), one([trade_id]), one([START]), one([float(price)]), one([float(size)])
        )
        self.market.apply(event)

    def reach(self, second: float) -> None:
        self.market.apply(Watermark(START + int(second * SECOND_NS)))
        self.market.apply_pending()
        self.market.bars.fold()

    def field(self, name: str, code: int = 0) -> float:
        return float(self.market.board.column(name)[code])

    def fields(self, code: int = 0) -> list[float]:
        """last, open, high, low, volume, trades."""
        return [self.field(name, code) for name in ("last", "open", "high", "low", "volume", "trades")]

    def bars(self, name: str, code: int = 0) -> list[list[float]]:
        """Start in seconds, open, high, low, close, volume."""
        starts, values, *_ = self.market.bars.history(code, interval(name))
        return [
            [(start - START) / SECOND_NS, *bar[:5]] for start, bar in zip(starts.tolist(), values.tolist(), strict=True)
        ]

    def tape(self) -> list[tuple[float, float, int]]:
        """Price, size and change of each item of the ring of trades."""
        ring = self.market.rings["trades"]
        _, price, size, _, _, change = ring.columns(np.arange(1, ring.head + 1))
        return list(zip(price.tolist(), size.tolist(), change.tolist(), strict=True))

    def closings(self, name: str) -> list[tuple[float, float, int]]:
        """Start in seconds, close and revision of each item of the ring of closed bars."""
        ring = self.market.bars.ring(name)
        start, *columns = ring.columns(np.arange(1, ring.head + 1))
        seconds = ((start - START) / SECOND_NS).tolist()
        return list(zip(seconds, columns[3].tolist(), columns[8].tolist(), strict=True))


def test_a_late_trade_counts_and_does_not_set_last_back() -> None:
    feed = Feed()
    feed.trade((1.0, 10, 1), (5.0, 12, 1))
    feed.trade((2.0, 20, 3))
    assert feed.fields() == [12, 10, 20, 10, 5, 3]
    assert feed.bars("1s") == [[1, 10, 10, 10, 10, 1], [2, 20, 20, 20, 20, 3], [5, 12, 12, 12, 12, 1]]
    assert feed.tape() == [(10, 1, 0), (12, 1, 0), (20, 3, 1)]
    assert (feed.market.counts.late, feed.market.counts.too_late) == (1, 0)


@pytest.mark.parametrize("together", [True, False])
def test_a_trade_is_too_late_by_the_trades_before_it_also_in_one_batch(together: bool) -> None:
    """As in a replay at full speed; trades of other symbols move market time, too, and later ones don't."""
    feed = Feed(late_s=10)
    rows: list[Row] = [(1.0, 10, 1), (20.0, 12, 1), (14.9, 99, 4), (15.0, 13, 8), (31.0, 14, 16)]
    feed.trade((25.0, 1, 1), code=1)
    for part in [rows] if together else [[row] for row in rows]:
        feed.trade(*part)
    assert feed.fields() == [14, 10, 14, 10, 26, 4]
    assert (feed.market.counts.late, feed.market.counts.too_late) == (1, 1)
    assert [bar[5] for bar in feed.bars("1s")] == [1, 8, 1, 16]


def test_a_closed_bar_is_revised_and_numbered_anew() -> None:
    """At the next watermark, once for all late trades before it, and before the bars that this one closes."""
    feed = Feed()
    feed.trade((1.0, 10, 1), (4.0, 12, 1))
    feed.reach(5)
    feed.trade((1.5, 11, 1))
    feed.trade((1.7, 13, 1))
    feed.trade((6.0, 14, 1))
    assert feed.closings("1s") == [(1, 10, 0), (4, 12, 0)]
    feed.reach(7)
    assert feed.closings("1s") == [(1, 10, 0), (4, 12, 0), (1, 13, 1), (6, 14, 0)]
    feed.trade((1.8, 15, 1))
    feed.reach(8)
    assert feed.closings("1s")[-1] == (1, 15, 2)
    assert feed.market.bars.history(0, interval("1s"))[3].tolist() == [2, 0, 0]


def test_a_second_without_trades_closes_late() -> None:
    """It comes for the first time: its revision is 0."""
    feed = Feed()
    feed.trade((1.0, 10, 1), (4.0, 12, 1))
    feed.reach(5)
    feed.trade((2.5, 11, 1))
    feed.reach(6)
    assert feed.closings("1s") == [(1, 10, 0), (4, 12, 0), (2, 11, 0)]


def test_a_trade_that_is_too_late_is_counted_and_in_no_bar() -> None:
    feed = Feed(late_s=10)
    feed.trade((1.0, 10, 1), (20.0, 12, 1))
    feed.reach(20)
    before = feed.fields(), feed.bars("1d")
    feed.trade((9.9, 50, 5))
    assert (feed.fields(), feed.bars("1d")) == before
    assert feed.market.counts.too_late == 1
    feed.trade((10.1, 11, 5))
    assert feed.fields() == [12, 10, 12, 10, 7, 3]


def test_a_quiet_symbols_old_trade_sets_its_last_price() -> None:
    """It is the newest of its symbol, though too late for bars and for the day."""
    feed = Feed(late_s=10)
    feed.trade((100.0, 10, 1))
    feed.reach(100)
    feed.trade((50.0, 7, 1), code=1)
    assert feed.field("last", 1) == 7
    assert np.isnan(feed.field("volume", 1))
    assert feed.bars("1d", 1) == []


def test_a_cancelled_trade_is_taken_back() -> None:
    """From last, high, volume and bars. So is its size; a bar without trades is gone."""
    feed = Feed()
    feed.trade((1.0, 10, 1), (2.0, 99, 5), (2.5, 11, 2), ids=[7, 8, 9])
    feed.reach(4)
    feed.correct(8)
    assert feed.fields() == [11, 10, 11, 10, 3, 2]
    assert feed.bars("1s") == [[1, 10, 10, 10, 10, 1], [2, 11, 11, 11, 11, 2]]
    feed.correct(9)
    assert feed.fields() == [10, 10, 10, 10, 1, 1]
    feed.reach(5)
    feed.correct(7)
    assert np.isnan(feed.fields()).all()
    assert feed.bars("1M") == []
    feed.reach(6)
    closings = feed.closings("1s")
    assert closings[:2] == [(1, 10, 0), (2, 11, 0)]
    assert [(start, revision) for start, _, revision in closings[2:]] == [(2, 1), (1, 1)]
    assert np.isnan([close for _, close, _ in closings[2:]]).all()
    assert feed.tape()[3:] == [(99, 5, 2), (11, 2, 2), (10, 1, 2)]
    assert feed.market.counts.cancelled == 3


def test_a_corrected_trade_has_its_right_values() -> None:
    feed = Feed()
    feed.trade((1.0, 10, 1), (2.0, 99, 5), ids=[7, 8])
    feed.correct(8, 12, 6)
    assert feed.fields() == [12, 10, 12, 10, 7, 2]
    assert feed.tape()[-1] == (12, 6, 3)
    feed.correct(8, 13, 4)
    assert feed.fields() == [13, 10, 13, 10, 5, 2]


@pytest.mark.parametrize("trade_id", [0, 6, 8])
def test_a_correction_of_an_unknown_trade_is_counted(trade_id: int) -> None:
    """Of another symbol's trade, too, and of one that was cancelled."""
    feed = Feed()
    feed.trade((1.0, 10, 1), ids=[7])
    feed.trade((1.0, 10, 1), code=1, ids=[6])
    feed.trade((2.0, 10, 1), ids=[8])
    feed.correct(8)
    before = feed.fields()
    feed.correct(trade_id, 50, 1)
    assert feed.fields() == before
    assert (feed.market.counts.uncorrectable, len(feed.tape())) == (1, 4)


def test_conditions_say_what_a_trade_updates() -> None:
    """A bar without a price is not shown; its volume is in longer bars."""
    feed = Feed()
    feed.trade((1.0, 10, 1), (2.0, 50, 5), (3.0, 20, 2), (4.0, 11, 1), condition=[0, VOLUME_ONLY, NO_LAST, 0])
    assert feed.fields() == [11, 10, 20, 10, 9, 4]
    assert [bar[0] for bar in feed.bars("1s")] == [1, 4]
    assert feed.bars("1m") == [[0, 10, 20, 10, 11, 9]]
    feed.reach(10)
    assert feed.closings("1s") == [(1, 10, 0), (4, 11, 0)]


def test_a_conditional_last_price_counts_if_it_is_the_first_of_the_day() -> None:
    feed = Feed()
    feed.trade((1.0, 10, 1), (2.0, 12, 1), (3.0, 11, 1), condition=[IF_FIRST, 0, IF_FIRST])
    assert feed.fields() == [12, 10, 12, 10, 3, 3]
    feed.trade((DAY, 9, 1), condition=[IF_FIRST])
    assert (feed.field("last"), feed.field("open"), feed.field("prev_close")) == (9, 9, 12)


def test_a_day_begins_for_all_symbols_with_the_first_trade() -> None:
    """The start of the day alone changes nothing: a weekend shows the day before."""
    feed = Feed()
    feed.trade((1.0, 10, 1))
    feed.trade((1.0, 20, 1), code=1)
    feed.reach(DAY)
    assert (feed.field("volume", 1), feed.field("volume")) == (1, 1)
    feed.trade((DAY, 11, 3))
    assert (feed.field("prev_close"), feed.field("open"), feed.field("volume")) == (10, 11, 3)
    assert (feed.field("prev_close", 1), feed.field("last", 1)) == (20, 20)
    assert np.isnan(feed.field("volume", 1))
    # Yesterday's trade comes after today's of another symbol.
    feed.trade((1.5, 21, 1), code=1)
    assert (feed.field("last", 1), feed.field("prev_close", 1)) == (20, 20)
    assert feed.market.counts.too_late == 1


def test_a_high_without_a_last_price_ends_with_its_day() -> None:
    """The day's only trade updates the high and low alone."""
    feed = Feed()
    only_high_low = CONDITIONS.code(("H",), Updates.HIGH_LOW)
    feed.trade((1.0, 50, 1), condition=[only_high_low])
    assert (feed.field("high"), feed.field("low")) == (50, 50)
    feed.trade((DAY, 10, 1))
    assert feed.fields() == [10, 10, 10, 10, 1, 1]


@pytest.mark.parametrize("days", [15, 365, 10_000])
@pytest.mark.parametrize("together", [False, True])
def test_one_stamp_far_in_the_future_ends_the_day_of_its_symbol_only(days: int, together: bool) -> None:
    """Alone or in a batch with right ones, also of the next day."""
    feed = Feed()
    feed.trade((1.0, 10, 1))
    feed.trade((1.0, 20, 1), code=1)
    feed.reach(2)
    if together:
        rows = [(0, DAY, 11.0), (1, days * DAY, 21.0), (0, DAY + 1, 12.0)]
        symbols, after, prices = zip(*rows, strict=True)
        stamps = START + np.array(after) * SECOND_NS
        trades = Trades(np.array(symbols, np.int32), stamps, np.array(prices), np.ones(3))
        feed.market.apply(TickBatch(TABLE, trades))
        feed.market.apply_pending()
        assert feed.fields() == [12, 11, 12, 11, 2, 2]
        assert feed.field("prev_close") == 10
    else:
        feed.trade((days * DAY, 21, 1), code=1)
        feed.trade((3.0, 11, 3))
        assert feed.fields() == [11, 10, 11, 10, 4, 2]
    assert feed.market.counts.late == 0
    assert feed.fields(1) == [21, 21, 21, 21, 1, 1]
    assert feed.field("prev_close", 1) == 20


def test_a_late_trade_of_the_day_before_changes_the_previous_close() -> None:
    night = DAY - 14.5 * 3600
    feed = Feed()
    feed.trade((night - 5, 10, 1))
    feed.trade((night - 5, 20, 1), code=1)
    feed.trade((night + 1, 11, 1))
    feed.reach(night + 2)
    feed.trade((night - 1, 22, 4), code=1)
    assert (feed.field("last", 1), feed.field("prev_close", 1)) == (22, 22)
    feed.trade((night - 2, 12, 1))
    assert (feed.field("last"), feed.field("prev_close"), feed.field("volume")) == (11, 12, 1)
    assert [bar[4:] for bar in feed.bars("1d", 1)] == [[22, 5]]


def test_days_are_those_of_the_calendar() -> None:
    """19:00 and 20:00 in New York are one day there, and two in UTC."""
    feed = Feed(calendar=midnights("America/New_York"))
    evening = 9.5 * 3600
    feed.trade((evening - 1800, 10, 1), (evening + 1800, 11, 2))
    assert feed.fields() == [11, 10, 11, 10, 3, 2]
    assert len(feed.bars("1d")) == 1
    assert feed.bars("1d")[0][0] == -9.5 * 3600


def test_symbols_may_have_calendars_of_their_own() -> None:
    market = Market(NAMES, calendars={"B": midnights("Asia/Tokyo")})
    hours = np.array([0.0, 0.6]) * 3600
    for code in (0, 1):
        ts = START + (hours * SECOND_NS).astype(np.int64)
        market.apply(TickBatch(TABLE, Trades(np.full(2, code, np.int32), ts, np.array([1.0, 2.0]), np.ones(2))))
    market.apply_pending()
    # 15:00 UTC is midnight in Tokyo.
    assert market.board.column("volume").tolist() == [2, 1]
    assert market.board.column("prev_close").tolist()[1] == 1


def day_values(**given: float) -> DayValues:
    columns: dict[str, Any] = {name: np.array([given.get(name, np.nan)]) for name in (
        "open", "high", "low", "volume", "last", "prev_close", "vwap", "trades"
    )}  # fmt: skip
    ts, since = START + 100 * SECOND_NS, START + 30 * SECOND_NS
    return DayValues(table=TABLE, symbol=np.zeros(1, np.int32), ts=ts, since=since, **columns)


def test_day_values_replace_the_day_so_far() -> None:
    """Trades add to them; the 1d bar is theirs; shorter bars that touch the outage are incomplete."""
    feed = Feed()
    feed.trade((1.0, 10, 1), (20.0, 11, 1))
    event = day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0, prev_close=7.0, vwap=12.0, trades=40.0)
    feed.market.apply(event)
    assert feed.fields() == [14, 9, 15, 8, 100, 40]
    assert (feed.field("prev_close"), feed.field("vwap")) == (7, 12)
    feed.trade((101.0, 20, 100), (130.0, 16, 0))
    assert feed.fields() == [16, 9, 20, 8, 200, 42]
    assert feed.field("vwap") == 16
    assert [bar[1:] for bar in feed.bars("1d")] == [[9, 20, 8, 16, 200]]
    feed.reach(400)
    starts, values, closed, _, incomplete = feed.market.bars.history(0, interval("1m"))
    assert ((starts - START) / SECOND_NS).tolist() == [0, 60, 120]
    assert (incomplete.tolist(), closed.tolist()) == ([True, True, False], [True, True, True])
    assert values[1, :5].tolist() == [20, 20, 20, 20, 100]
    assert not feed.market.bars.history(0, interval("1d"))[4].any()
    feed.reach(2 * DAY)
    assert [bar[1:] for bar in feed.bars("1w")] == [[9, 20, 8, 16, 200]]
    assert feed.closings("1d")[0][1:] == (16, 0)


def test_unknown_day_values_stay() -> None:
    feed = Feed()
    feed.trade((1.0, 10, 4))
    feed.market.apply(day_values(high=15.0, prev_close=9.0))
    assert feed.fields() == [10, 10, 15, 10, 4, 1]
    assert feed.bars("1d")[0][1:] == [10, 15, 10, 10, 4]


def test_late_and_cancelled_trades_change_given_day_values() -> None:
    feed = Feed()
    feed.trade((99.0, 10, 4), ids=[1])
    feed.market.apply(
        day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0, vwap=12.0, trades=40.0, prev_close=7.0)
    )
    feed.trade((103.0, 13, 6), (110.0, 13, 1), ids=[2, 3])
    feed.reach(112)
    feed.trade((105.0, 16, 2))
    assert feed.fields() == [13, 9, 16, 8, 109, 43]
    feed.correct(2)
    assert feed.fields() == [13, 9, 16, 8, 103, 42]


def test_the_last_price_falls_back_to_the_one_of_given_day_values() -> None:
    """Not to an older trade; and the 1d bar closes with it."""
    feed = Feed()
    feed.trade((1.0, 12, 4), (2.0, 13, 1), ids=[1, 2])
    feed.market.apply(
        day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0, vwap=12.0, trades=40.0, prev_close=7.0)
    )
    feed.correct(2)
    assert feed.fields() == [14, 9, 15, 8, 99, 39]
    feed.trade((101.0, 10, 6), ids=[3])
    assert feed.bars("1d")[0][1:] == [9, 15, 8, 10, 105]
    feed.correct(3)
    assert feed.fields() == [14, 9, 15, 8, 99, 39]
    assert feed.bars("1d")[0][1:] == [9, 15, 8, 14, 99]
    feed.trade((102.0, 11, 6), ids=[4])
    feed.correct(4, 12, 6)
    assert (feed.field("last"), feed.bars("1d")[0][4]) == (12, 12)


def test_a_cancelled_extreme_of_a_given_day_is_taken_back() -> None:
    """To the highest and lowest of what the vendor stated and of the trades since then; so in the 1d bar."""
    feed = Feed()
    feed.market.apply(
        day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0, vwap=12.0, trades=40.0, prev_close=7.0)
    )
    feed.trade((101.0, 16, 1), (102.0, 30, 1), (103.0, 17, 1), (170.0, 2, 1), ids=[1, 2, 3, 4])
    feed.reach(104)
    assert feed.fields() == [2, 9, 30, 2, 104, 44]
    feed.correct(2)
    assert feed.fields() == [2, 9, 17, 2, 103, 43]
    feed.correct(4)
    assert feed.fields() == [17, 9, 17, 8, 102, 42]
    feed.correct(3, 12, 1)
    assert feed.fields() == [12, 9, 16, 8, 102, 42]
    feed.correct(1)
    assert feed.fields() == [12, 9, 15, 8, 101, 41]
    assert [bar[1:] for bar in feed.bars("1d")] == [[9, 15, 8, 12, 101]]


def test_a_cancelled_extreme_that_the_vendor_did_not_state_is_taken_back() -> None:
    """Also of trades before: the high is that of all trades of the day, the low at most the stated one."""
    feed = Feed()
    feed.trade((1.0, 10, 1), (2.0, 30, 1), (3.0, 20, 1), ids=[1, 2, 3])
    feed.market.apply(day_values(low=5.0))
    feed.correct(2)
    assert feed.fields()[2:4] == [20, 5]
    feed.trade((101.0, 4, 1), ids=[4])
    feed.market.apply(day_values(high=25.0))
    feed.correct(4)
    assert feed.fields()[2:4] == [25, 5]


def test_the_extreme_of_a_late_trade_stays_in_a_given_day() -> None:
    """It came after the vendor's values, though it was traded before."""
    feed = Feed()
    feed.trade((99.0, 10, 1), ids=[1])
    feed.market.apply(day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0))
    feed.trade((101.0, 11, 1), ids=[2])
    feed.trade((98.0, 18, 1), ids=[3])
    assert feed.fields()[2:4] == [18, 8]
    feed.correct(2)
    assert feed.fields()[2:4] == [18, 8]


def test_given_values_never_set_last_back() -> None:
    """A snapshot may arrive after a newer trade; and a late trade is older than the stated price."""
    feed = Feed()
    feed.trade((101.0, 11, 1), ids=[1])
    feed.market.apply(day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0))
    assert feed.field("last") == 11
    other = Feed()
    other.trade((50.0, 11, 1), ids=[1])
    other.market.apply(day_values(open=9.0, high=15.0, low=8.0, volume=100.0, last=14.0))
    other.trade((40.0, 12, 1), ids=[2])
    assert other.field("last") == 14


def test_a_split_adjusts_the_previous_close() -> None:
    """And last, until the first trade of the day. Bars stay as they are, and the split is known."""
    feed = Feed()
    feed.trade((1.0, 500, 1))
    feed.market.apply(Split(TABLE, np.zeros(1, np.int32), np.array([4.0]), START + DAY * SECOND_NS))
    assert (feed.field("prev_close"), feed.field("last")) == (125, 125)
    feed.trade((DAY + 1, 126, 1))
    assert (feed.field("prev_close"), feed.field("last"), feed.field("open")) == (125, 126, 126)
    assert feed.market.bars.splits(0) == [(START + DAY * SECOND_NS, 4.0)]
    assert [bar[4] for bar in feed.bars("1d")] == [500, 126]


def test_a_split_adjusts_the_prices_that_are_older() -> None:
    """Also after the day's first trade. A later cancellation falls back to an adjusted price."""
    feed = Feed()
    feed.trade((1.0, 400, 1))
    feed.trade((DAY + 1, 500, 1), (DAY + 2, 480, 1), ids=[1, 2])
    feed.market.apply(Split(TABLE, np.zeros(1, np.int32), np.array([4.0]), START + (DAY + 10) * SECOND_NS))
    assert (feed.field("prev_close"), feed.field("last")) == (100, 120)
    feed.trade((DAY + 11, 130, 1), ids=[3])
    feed.correct(3)
    assert feed.field("last") == 120
    feed.correct(2)
    assert feed.field("last") == 125


def test_a_correction_of_yesterday_after_a_split_adjusts_the_previous_close() -> None:
    feed = Feed()
    feed.trade((1.0, 500, 1), (2.0, 480, 1), ids=[1, 2])
    feed.market.apply(Split(TABLE, np.zeros(1, np.int32), np.array([4.0]), START + DAY * SECOND_NS))
    assert feed.field("prev_close") == 120
    feed.correct(2)
    assert feed.field("prev_close") == 125


def test_a_split_that_is_stated_after_it_began_leaves_last() -> None:
    feed = Feed()
    feed.trade((1.0, 500, 1))
    feed.trade((DAY + 1, 126, 1))
    feed.market.apply(Split(TABLE, np.zeros(1, np.int32), np.array([4.0]), START + DAY * SECOND_NS))
    assert (feed.field("prev_close"), feed.field("last")) == (125, 126)


class Observer:
    active = True

    def __init__(self) -> None:
        self.seen: list[str] = []

    def observe(self, board: object, event: BoardEvent) -> None:
        prices = event.trades.price.tolist() if isinstance(event, TickBatch) else []
        self.seen.append(f"{type(event).__name__} {prices}")
        self.prev_closes = getattr(self, "prev_closes", [])
        self.prev_closes.append(float(board.column("prev_close")[0]))  # type: ignore[attr-defined]


def test_the_observer_sees_each_day_of_a_batch_and_no_late_trade() -> None:
    """A rollover between the days: an alert on the change never compares with a wrong day."""
    observer = Observer()
    market = Market(NAMES, observer=observer)
    after = np.array([0, 1, 3 * DAY, 2 * DAY, 3 * DAY + 5]) * SECOND_NS
    prices = np.array([10.0, 11.0, 12.0, 99.0, 13.0])
    market.apply(TickBatch(TABLE, Trades(np.zeros(5, np.int32), START + after, prices, np.ones(5))))
    market.apply_pending()
    assert observer.seen == ["TickBatch [10.0, 11.0]", "Rollover []", "TickBatch [12.0, 13.0]"]
    assert np.array_equal(observer.prev_closes, [np.nan, 11, 11], equal_nan=True)


def test_a_feeds_own_rollover_states_the_previous_close() -> None:
    feed = Feed()
    feed.trade((1.0, 10, 1))
    feed.market.apply(Rollover(TABLE, np.zeros(1, np.int32), np.array([9.5])))
    feed.trade((DAY, 11, 3))
    assert (feed.field("prev_close"), feed.field("volume")) == (9.5, 3)


def test_older_trades_are_found_in_any_order_of_symbols() -> None:
    rows = np.array([0, 1, 0, 1, 0, 0], np.int32)
    ts = np.array([5, 3, 5, 4, 4, 6])
    assert older_than_newest(rows, ts, np.array([5, 4])).tolist() == [False, True, False, False, True, False]  # type: ignore[union-attr]
    assert older_than_newest(rows[:4], ts[:4], np.array([5, 3])) is None
    assert older_than_newest(rows[:0], ts[:0], np.array([5, 3])) is None
