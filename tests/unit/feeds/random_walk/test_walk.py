"""The statistical properties of the simulated market."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pytest

from feeds.random_walk.market import LOADINGS, Company, company, symbols
from feeds.random_walk.walk import DAY_S, DAY_YEARS, NIGHT_SHARE, Walk, activity, business_time, trade_share
from tests.support.fake_clock import START_NS
from ticker.event_check import check_batch
from ticker.market.board import Board, symbol_dicts
from ticker.model import Floats, Quotes, Rollover, TickBatch, Trades, concatenated

Event = Rollover | TickBatch


def walk(names: Sequence[str], rate: float, seed: int = 1) -> Walk:
    return Walk([company(name) for name in names], rate, np.random.default_rng(seed))


def some(walk: Walk, ticks: int) -> list[Event]:
    """The first events, up to the one that brings the number of ticks to ``ticks``."""
    events: list[Event] = []
    for event in walk.events(START_NS):
        events.append(event)
        if isinstance(event, TickBatch):
            ticks -= len(event)
        if ticks <= 0:
            break
    return events


def days(walk: Walk, count: int) -> list[Event]:
    """The events up to the last tick of day ``count``."""
    events: list[Event] = []
    for event in walk.events(START_NS):
        if isinstance(event, Rollover):
            count -= 1
            if count < 0:
                break
        events.append(event)
    return events


def batches(events: Sequence[Event]) -> list[TickBatch]:
    return [event for event in events if isinstance(event, TickBatch)]


def joined(events: Sequence[Event]) -> tuple[Trades, Quotes]:
    """All trades and all quotes."""
    trades, quotes = [b.trades for b in batches(events)], [b.quotes for b in batches(events)]
    return concatenated(trades), concatenated(quotes)


def rows(batch: TickBatch) -> Iterator[tuple[str, int, int, float, float, float]]:
    """A batch's ticks in order: at one timestamp quotes come before trades."""
    trades, quotes = batch.trades, batch.quotes
    nothing = itertools.repeat(0.0)
    ticks = [
        *zip(quotes.ts.tolist(), itertools.repeat(0), quotes.symbol.tolist(), quotes.bid.tolist(), quotes.ask.tolist()),
        *zip(trades.ts.tolist(), itertools.repeat(1), trades.symbol.tolist(), trades.price.tolist(), nothing),
    ]  # fmt: skip
    sizes = itertools.chain(quotes.bid_size.tolist(), trades.size.tolist())
    for (ts, kind, code, first, second), size in sorted(zip(ticks, sizes, strict=True), key=lambda row: row[0][:2]):
        yield ("quote", "trade")[kind], code, ts, first, second, size


def minute_mids(walk: Walk, code_count: int, day_count: int) -> Floats:
    """The mid of the latest quote at the end of each minute: an array of days x minutes x symbols."""
    minute_ns = 60_000_000_000
    mids = np.full((day_count, DAY_S // 60 + 1, code_count), np.nan)
    for batch in batches(days(walk, day_count)):
        quotes = batch.quotes
        # A day's last timestamp is the next day's first: the opening overwrites its quotes.
        day, since_ns = np.divmod(quotes.ts - START_NS, DAY_S * 1_000_000_000)
        kept = day < day_count
        mid = (quotes.bid + quotes.ask) / 2
        mids[day[kept], -(-since_ns[kept] // minute_ns), quotes.symbol[kept]] = mid[kept]
    for minute in range(1, mids.shape[1]):
        gaps = np.isnan(mids[:, minute])
        mids[:, minute][gaps] = mids[:, minute - 1][gaps]
    return mids


def test_all_batches_pass_the_models_check() -> None:
    """For one symbol and for thousands."""
    for count in (1, 100, 9000):
        for batch in batches(some(walk(symbols(count), 1000), 50_000)):
            check_batch(batch)


def test_prices_are_whole_cents_and_sizes_positive_integers() -> None:
    trades, quotes = joined(some(walk(symbols(100), 1000), 100_000))
    for prices in (trades.price, quotes.bid, quotes.ask):
        assert np.array_equal(prices, np.round(prices, 2))
        assert prices.min() >= 0.01
    for sizes in (trades.size, quotes.bid_size, quotes.ask_size):
        assert np.array_equal(sizes, np.floor(sizes))
        assert sizes.min() >= 1
    assert 0.2 < np.mean(trades.size % 100 != 0) < 0.8
    assert not np.any(quotes.bid_size % 100)


def test_bids_are_below_asks_by_the_typical_spread() -> None:
    """The median spread is about the company's figure, and at least a cent."""
    names = symbols(100)
    _, quotes = joined(some(walk(names, 1000), 400_000))
    spread = np.rint((quotes.ask - quotes.bid) * 100)
    assert spread.min() >= 1
    for code, name in enumerate(names):
        typical = company(name).spread_cents
        assert np.median(spread[quotes.symbol == code]) == pytest.approx(typical, rel=0.15, abs=1)


@pytest.mark.parametrize(("count", "rate"), [(1, 1), (5, 1), (100, 1000), (3000, 200_000)])
def test_a_trade_is_within_the_current_quote(count: int, rate: float) -> None:
    """Also across blocks and days: bid <= price <= ask, and all three occur."""
    standing: dict[int, tuple[float, float]] = {}
    places = {"bid": 0, "ask": 0, "inside": 0}
    events = days(walk(symbols(count), rate), 2) if rate == 1 else some(walk(symbols(count), rate), 30_000)
    for batch in batches(events):
        for kind, code, _, first, second, _ in rows(batch):
            if kind == "quote":
                standing[code] = first, second
            else:
                bid, ask = standing[code]
                assert bid <= first <= ask
                places["bid" if first == bid else "ask" if first == ask else "inside"] += 1
    assert places["bid"] == pytest.approx(places["ask"], rel=0.15)
    assert count == 1 or places["inside"] > 0


def test_tick_k_has_the_timestamp_start_plus_k_by_rate() -> None:
    """Apart from the opening."""
    opening, *later = batches(some(walk(symbols(100), 3000), 100_000))
    assert set(opening.trades.ts) == set(opening.quotes.ts) == {START_NS}
    trades, quotes = joined(later)
    stamps = np.sort(np.concatenate((trades.ts, quotes.ts)))
    assert stamps.tolist() == [START_NS + round(k * 1_000_000_000 / 3000) for k in range(1, len(stamps) + 1)]
    assert all(np.all(np.diff(b.trades.ts) >= 0) and np.all(np.diff(b.quotes.ts) >= 0) for b in later)


def test_there_are_two_to_three_quotes_per_trade_and_ticks_follow_the_weights() -> None:
    names = symbols(100)
    opening, *later = batches(some(walk(names, 100), 500_000))
    trades, quotes = joined(later)
    assert 2 <= len(quotes.symbol) / len(trades.symbol) <= 3
    weights = np.array([company(name).weight for name in names])
    counts = np.bincount(np.concatenate((trades.symbol, quotes.symbol)), minlength=100)
    assert counts / counts.sum() == pytest.approx(weights / weights.sum(), rel=0.15)
    assert len(opening) == 200


def test_the_opening_gives_every_symbol_one_quote_and_one_trade() -> None:
    names = symbols(9000)
    opening = [b for b in batches(some(walk(names, 1), 18_000)) if b.trades.ts[0] == START_NS]
    trades, quotes = joined(opening)
    assert np.array_equal(trades.symbol, np.arange(9000))
    assert np.array_equal(quotes.symbol, np.arange(9000))
    assert max(len(b) for b in opening) <= 8192


def test_a_seed_gives_the_same_bytes_and_another_seed_others() -> None:

    def everything(seed: int) -> list[bytes]:
        columns: list[npt.NDArray[np.generic]] = []
        for event in days(walk(symbols(20), 2, seed), 2):
            if isinstance(event, Rollover):
                assert event.prev_close is not None
                columns.append(event.prev_close)
            else:
                for side in (event.trades, event.quotes):
                    values = (getattr(side, name) for name in type(side).__slots__)
                    columns += [column for column in values if column is not None]
        return [column.tobytes() for column in columns]

    one, same, other = everything(7), everything(7), everything(8)
    assert one == same
    assert sum(a == b for a, b in zip(one, other, strict=False)) < len(one) / 10


def test_the_realised_volatility_is_the_companys() -> None:
    """Over the minutes of three days, within 8 % (its own error is about 2 %)."""
    names = ["AAPL", "TSLA", "KO", "XOM", "COIN", "JPM"]
    returns = np.diff(np.log(minute_mids(walk(names, 20), len(names), 3)), axis=1)
    realised = np.sqrt((returns**2).sum(axis=1).mean(axis=0) / (DAY_YEARS * (1 - NIGHT_SHARE)))
    assert realised == pytest.approx([company(name).volatility for name in names], rel=0.08)


def test_the_correlations_are_those_of_the_loadings() -> None:
    """Of minute returns."""
    names = ["MSFT", "AAPL", "CRM", "XOM", "CVX", "KO", "PEP"]
    returns = np.diff(np.log(minute_mids(walk(names, 40), len(names), 4)), axis=1).reshape(-1, len(names))
    correlation = np.corrcoef(returns.T)
    for a, b in itertools.combinations(range(len(names)), 2):
        one, other = company(names[a]), company(names[b])
        expected = LOADINGS[one.sector].market * LOADINGS[other.sector].market
        if one.sector == other.sector:
            expected += LOADINGS[one.sector].sector * LOADINGS[other.sector].sector
        assert correlation[a, b] == pytest.approx(expected, abs=0.09)
        assert correlation[a, b] > 0.05


def test_volatility_and_volume_are_u_shaped_over_the_day() -> None:
    """About three times as high at open and close as at noon."""
    names = symbols(30)
    market = walk(names, 20)
    variance = (np.diff(np.log(minute_mids(market, 30, 4)), axis=1) ** 2).mean(axis=(0, 2)).reshape(13, 30).mean(axis=1)
    volume = np.zeros(13)
    for batch in batches(days(walk(names, 20), 1))[1:]:
        half_hour = np.minimum((batch.trades.ts - START_NS) // 1_800_000_000_000, 12)
        np.add.at(volume, half_hour, np.minimum(batch.trades.size, 2000))
    for busy in (variance, volume):
        assert min(busy[0], busy[-1]) > 1.8 * busy[6]
        assert busy[1:6].mean() == pytest.approx(busy[7:12].mean(), rel=0.25)


def test_activity_has_the_mean_1_and_business_time_is_its_integral() -> None:
    of_day = np.linspace(0, 1, 10_001)
    assert np.trapezoid(activity(of_day), of_day) == pytest.approx(1)
    assert business_time(of_day[[0, -1]]) == pytest.approx([0, 1], abs=1e-12)
    assert np.diff(business_time(of_day)) / np.diff(of_day) == pytest.approx(
        (activity(of_day[1:]) + activity(of_day[:-1])) / 2, rel=1e-3
    )
    assert 0.25 < trade_share(of_day).min() < trade_share(of_day).max() < 1 / 3


def test_prices_move_overnight_less_than_by_day() -> None:
    """By the night's share of the variance."""
    names = symbols(100)
    volatility = np.array([company(name).volatility for name in names])
    gaps = []
    for seed in range(80):
        rollover, opening = some(walk(names, 1, seed), 200)
        assert isinstance(rollover, Rollover)
        assert isinstance(opening, TickBatch)
        assert rollover.prev_close is not None
        gaps.append(np.log(opening.trades.price / rollover.prev_close) / volatility)
    assert np.mean(np.square(gaps)) == pytest.approx(NIGHT_SHARE * DAY_YEARS, rel=0.2)


@dataclass
class Book:
    """A symbol computed tick by tick."""

    last: float | None = None
    open: float | None = None
    high: float | None = None
    low: float | None = None
    volume: float | None = None
    prev_close: float | None = None


def test_open_high_low_volume_and_previous_close_are_right_over_two_days() -> None:
    """The board's values equal those computed tick by tick in plain Python."""
    names = symbols(12)
    market = walk(names, 1)
    board, books = Board(), [Book() for _ in names]
    closes: list[float | None] = [company(name).price for name in names]
    rollovers = 0
    for event in days(market, 2):
        board.apply(event)
        if isinstance(event, Rollover):
            assert event.prev_close is not None
            assert event.prev_close.tolist() == closes
            books = [Book(last=book.last, prev_close=close) for book, close in zip(books, closes, strict=True)]
            rollovers += 1
        else:
            for kind, code, _, price, _, size in rows(event):
                book = books[code]
                if kind == "trade":
                    book.open = price if book.open is None else book.open
                    book.high = price if book.high is None else max(book.high, price)
                    book.low = price if book.low is None else min(book.low, price)
                    book.volume = (book.volume or 0) + size
                    book.last = closes[code] = price
        view = symbol_dicts(board.since(0, np.arange(len(names))))
        for name, book in zip(names, books, strict=True):
            fields = view[name]
            assert fields is not None
            assert {key: fields.get(key) for key in vars(book)} == vars(book)
    assert rollovers == 2


def test_a_day_has_six_and_a_half_hours_and_the_next_follows_without_a_gap() -> None:
    """The second rollover comes after exactly rate x 23,400 ticks."""
    first, second = days(walk(symbols(3), 1.5), 1), some(walk(symbols(3), 1.5), 35_100 + 2 * 6)
    trades, quotes = joined(first)
    assert len(trades.symbol) + len(quotes.symbol) == 35_100 + 6
    assert max(trades.ts.max(), quotes.ts.max()) == START_NS + DAY_S * 1_000_000_000
    assert isinstance(second[len(first)], Rollover)
    opening = second[len(first) + 1]
    assert isinstance(opening, TickBatch)
    assert set(opening.quotes.ts) == {START_NS + DAY_S * 1_000_000_000}


def test_a_price_never_falls_below_a_cent() -> None:
    """And the ask stays above the bid."""
    penny = replace(company("SYM0101"), price=0.02, volatility=40.0, spread_cents=1.0)
    market = Walk([penny, Company("X", "energy", 0.01, 9.0, 3.0, 1.0)], 1, np.random.default_rng(2))
    trades, quotes = joined(days(market, 3))
    assert trades.price.min() == quotes.bid.min() == 0.01
    assert np.all(quotes.ask > quotes.bid)
