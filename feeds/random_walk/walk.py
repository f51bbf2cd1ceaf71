"""Generates the ticks of the simulated market: correlated geometric Brownian motions with quotes and trades.

Each company's log price is a Brownian motion with drift (Samuelson, 1965; Black and Scholes, 1973), the sum of the
market's, its sector's and its own. The motions are sampled exactly at the times of the ticks, not on a grid, so that a
block costs the same for ten symbols and for ten thousand.

The same seed gives the same bytes on one machine and numpy version; numpy guarantees no more.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from feeds.random_walk.alias_sampler import AliasSampler
from feeds.random_walk.brownian import BrownianMotions, Groups, OrnsteinUhlenbeck
from feeds.random_walk.market import LOADINGS, Company
from ticker.model import Floats, Ints, Quotes, Rollover, Stamps, SymbolTable, TickBatch, Trades

#: A trading day, in seconds: 9:30 to 16:00 in New York.
DAY_S: Final = 23_400
#: Ticks per block: half a millisecond of work, too short to stall the event loop.
BLOCK: Final = 4096
#: A trading day's share of a year's variance, and the part of it that falls into the night (prices move much less per
#: hour while markets are closed: French and Roll, 1986).
DAY_YEARS: Final = 1 / 252
NIGHT_SHARE: Final = 0.2
#: Expected annual return.
DRIFT: Final = 0.06

_INSIDE: Final = 0.1  # share of trades inside the spread; half of the others are at the bid, half at the ask
_SPREAD_NOISE: Final = 0.3  # standard deviation of the log of a spread
_OPENING_BUSY: Final = 20.0  # activity of the opening trades
_TRADE_DOLLARS: Final = 60_000.0  # typical value of a round-lot trade beyond its first lot
_QUOTE_DOLLARS: Final = 60_000.0
_INTEREST_S: Final = 300.0  # how long the interest in a symbol persists
_INTEREST: Final = 0.6  # the standard deviation of its logarithm


def activity(of_day: Floats) -> Floats:
    """Market activity at a fraction of the day; U-shaped with mean 1: 1.8 at the ends, 0.6 at noon."""
    return 0.6 + 1.2 * (2 * of_day - 1) ** 2


def business_time(of_day: Floats) -> Floats:
    """The integral of ``activity``, from 0 to 1: variance accrues with activity (Clark, 1973)."""
    off_noon = 2 * of_day - 1
    return 0.6 * of_day + 0.2 * (off_noon * off_noon * off_noon + 1)  # numpy's `** 3` is 30 times slower


def trade_share(of_day: Floats) -> Floats:
    """The share of trades among ticks: a quarter at noon, a third at the ends."""
    return 0.22 + 0.06 * activity(of_day)


class Walk:
    """An endless simulated market of ``companies`` at a constant ``ticks_per_second``.

    The codes of ``table`` are the companies' indices. Prices are whole cents of at least one; bids are below asks; a
    trade is at or between the bid and ask of the current quote; sizes are positive integers.
    """

    def __init__(self, companies: Sequence[Company], ticks_per_second: float, rng: np.random.Generator) -> None:
        self.table = SymbolTable(company.symbol for company in companies)
        assert len(self.table) == len(companies), "symbols are distinct"
        self._rng = rng
        self._start_ns = 0
        self._tick_ns = 1e9 / ticks_per_second
        self._day_ticks = round(DAY_S * ticks_per_second)
        self._ticks = 0

        def column(values: Iterator[float]) -> Floats:
            return np.fromiter(values, np.float64, len(companies))

        loadings = [LOADINGS[company.sector] for company in companies]
        sectors = {name: code for code, name in enumerate(LOADINGS)}
        self._all: Ints = np.arange(len(companies), dtype=np.int32)
        self._sector = np.array([sectors[company.sector] for company in companies], np.uint8)
        self._volatility = column(company.volatility for company in companies)
        self._on_market = self._volatility * column(loading.market for loading in loadings)
        self._on_sector = self._volatility * column(loading.sector for loading in loadings)
        self._on_own = self._volatility * column(loading.own for loading in loadings)
        self._trend = DRIFT - self._volatility**2 / 2
        self._spread = column(company.spread_cents for company in companies)
        prices = column(company.price for company in companies)
        self._trade_lots = _TRADE_DOLLARS / prices / 100
        self._quote_lots = _QUOTE_DOLLARS / prices / 100
        self._odd_share = np.minimum(0.3 + prices / 1000, 0.85)
        self._sampler = AliasSampler(column(company.weight for company in companies))

        self._log_open = np.log(prices * 100)  # of the price in cents at the start of the day
        self._market, self._sectors, self._own = (
            BrownianMotions(1),
            BrownianMotions(len(LOADINGS)),
            BrownianMotions(len(companies)),
        )
        self._mood, self._interests = OrnsteinUhlenbeck(len(companies), rng), np.empty(len(companies))
        self._last = np.rint(prices * 100)
        self._bid, self._ask = np.empty_like(prices), np.empty_like(prices)

    def events(self, start_ns: int) -> Iterator[Rollover | TickBatch]:
        """The events of successive days from ``start_ns`` on, without a gap in the timestamps.

        A day is a ``Rollover`` with the previous closes; a quote and an opening trade for every symbol, all at one
        timestamp; and blocks of ticks. Tick k of all has the timestamp start + k / rate.
        """
        self._start_ns = start_ns
        years = NIGHT_SHARE * DAY_YEARS
        while True:
            yield Rollover(self.table, self._all, self._last / 100)
            self._open_after(years)
            years = DAY_YEARS
            for first in range(0, len(self._all), BLOCK):
                yield self._opening(self._all[first : first + BLOCK])
            for done in range(0, self._day_ticks, BLOCK):
                yield self._block(done, min(BLOCK, self._day_ticks - done))
            self._ticks += self._day_ticks

    def _open_after(self, years: float) -> None:
        """Move every price to ``years`` after the last opening: the start of the next day."""
        market, sectors, own = (
            motions.finish(years, self._rng) for motions in (self._market, self._sectors, self._own)
        )
        self._log_open += (
            self._trend * years
            + self._on_market * market
            + self._on_sector * sectors[self._sector]
            + self._on_own * own
        )

    def _opening(self, symbol: Ints) -> TickBatch:
        ts = np.full(len(symbol), self._start_ns + round(self._ticks * self._tick_ns), np.int64)
        quotes, bid, ask = self._quotes(symbol, ts, np.exp(self._log_open[symbol]))
        trades = self._trades(symbol, ts, bid, ask, np.full(len(symbol), _OPENING_BUSY), np.zeros(len(symbol)))
        self._bid[symbol], self._ask[symbol] = bid, ask
        return TickBatch(self.table, trades, quotes)

    def _block(self, done: int, count: int) -> TickBatch:
        """The next ``count`` ticks of the day after its first ``done``."""
        number = np.arange(done + 1, done + count + 1)
        ts = self._start_ns + np.rint((self._ticks + number) * self._tick_ns).astype(np.int64)
        of_day = number / self._day_ticks
        symbol = self._sampler.draw(count, self._rng)
        by_symbol = Groups(symbol, len(self._all))
        is_quote = self._rng.random(count) >= trade_share(of_day)

        rows = np.flatnonzero(is_quote)
        mid = np.exp(self._log_prices(symbol, by_symbol, of_day)[rows])
        quotes, bid, ask = self._quotes(symbol[rows], ts[rows], mid)
        bids, asks = np.empty(count), np.empty(count)
        bids[rows], asks[rows] = bid, ask

        # A trade happens at the current quote: the latest of this block, or the last one before it.
        before = by_symbol.latest(is_quote)
        rows = np.flatnonzero(~is_quote)
        before, traded = before[rows], symbol[rows]
        seen = before >= 0
        standing_bid = np.where(seen, bids[before], self._bid[traded])
        standing_ask = np.where(seen, asks[before], self._ask[traded])
        busy = activity(of_day[rows]) * self._interest(by_symbol, done + self._ticks)[traded]
        trades = self._trades(traded, ts[rows], standing_bid, standing_ask, busy, self._odd_share[traded])
        self._bid[quotes.symbol], self._ask[quotes.symbol] = bid, ask
        return TickBatch(self.table, trades, quotes)

    def _log_prices(self, symbol: Ints, by_symbol: Groups, of_day: Floats) -> Floats:
        """The logarithm of each row's mid price in cents."""
        years = (1 - NIGHT_SHARE) * DAY_YEARS * business_time(of_day)
        sector = self._sector[symbol]
        market = self._market.at(Groups(np.zeros(len(symbol), np.uint8), 1), years, self._rng)
        sectors = self._sectors.at(Groups(sector, len(LOADINGS)), years, self._rng)
        own = self._own.at(by_symbol, years, self._rng)
        return (
            self._log_open[symbol]
            + self._trend[symbol] * years
            + self._on_market[symbol] * market
            + self._on_sector[symbol] * sectors
            + self._on_own[symbol] * own
        )

    def _quotes(self, symbol: Ints, ts: Stamps, mid: Floats) -> tuple[Quotes, Floats, Floats]:
        """Quotes around ``mid`` (in cents), and their bids and asks in cents."""
        rng = self._rng
        noise = np.exp(_SPREAD_NOISE * rng.standard_normal(len(symbol)) - _SPREAD_NOISE**2 / 2)
        spread = np.maximum(np.rint(self._spread[symbol] * noise), 1)
        bid = np.maximum(np.rint(mid - spread / 2), 1)
        ask = bid + spread
        lots = self._quote_lots[symbol]
        bid_size, ask_size = (100 * (1 + np.floor(lots * rng.standard_exponential(len(symbol)))) for _ in range(2))
        return Quotes(symbol, ts, bid / 100, bid_size, ask / 100, ask_size), bid, ask

    def _interest(self, by_symbol: Groups, ticks: int) -> Floats:
        """The activity of each symbol relative to its mean; up to date only for the symbols in ``by_symbol``."""
        mood = self._mood.at(by_symbol.codes, ticks * self._tick_ns / 1e9 / _INTEREST_S, self._rng)
        self._interests[by_symbol.codes] = np.exp(_INTEREST * mood - _INTEREST**2 / 2)
        return self._interests

    def _trades(self, symbol: Ints, ts: Stamps, bid: Floats, ask: Floats, busy: Floats, odd_share: Floats) -> Trades:
        """Trades at the bid, at the ask or between (in cents), in odd or round lots, larger at high activity."""
        rng = self._rng
        between = np.clip((rng.random(len(symbol)) - (1 - _INSIDE) / 2) / _INSIDE, 0, 1)
        price = bid + np.rint(between * (ask - bid))
        round_lot = 100 * (
            1 + np.floor(self._trade_lots[symbol] * busy * rng.standard_exponential(len(symbol)) ** 2 / 2)
        )
        odd_lot = 1 + np.floor(99 * rng.random(len(symbol)) ** 2)
        size = np.where(rng.random(len(symbol)) < odd_share, odd_lot, round_lot)
        # Of several rows of one symbol, the last one counts.
        self._last[symbol] = price
        return Trades(symbol, ts, price / 100, size)
