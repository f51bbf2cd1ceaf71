"""Finds a symbol or a date in the names of a file, its archive and its folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import date
from pathlib import PurePath
from typing import Final

from ticker.model import is_symbol


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENDINGS: Final = frozenset({".csv", ".txt", ".gz", ".zip", ".zst", ".parquet", ".tsv", ".dat", ".pq", ".bz2", ".psv"})
#: Words that precede the symbol: yahoo_spy, Binance_BTCUSDT_1h.
_VENDORS: Final = _words(
    """
    yahoo zipline binance coinbase bitstamp kraken bitfinex gemini okx bybit alpaca polygon massive stooq kibot
    firstrate lobster dukascopy histdata quandl wiki lean databento investing alphavantage yfinance nasdaq nyse
    ascii dat table taq iex tiingo intraday xnas xnys cdd
    """
)
_NOISE: Final = _words(
    """
    full bar bars ohlc ohlcv kline klines candle candles candlestick tick ticks trade trades quote quotes price
    prices data dataset hist history historical stock stocks stocksall all adjusted unadjusted adj raw pretty
    sample samples test second seconds minute minutes hour hours hourly day days daily week weekly month monthly
    year years desc asc message messages orderbook book bid ask mid eqy us utc spot um cm futures crypto equity usa
    market csv txt download downloads export file output new old my the of and from to s m h d w t y index part
    """
)
_SPAN = re.compile(r"\d+|\d*(ms|s|sec|m|min|mins|h|hr|d|day|days|w|mo|y|yr)|[mhdws]\d+|\d+[smhdwy]", re.IGNORECASE)
_DATES: Final = (
    re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.])(\d\d)\2(\d\d)(?!\d)"),
    re.compile(r"(?<!\d)((?:19|20)\d\d)()(\d\d)(\d\d)(?!\d)"),
)
_DOTTED = re.compile(r"\^?[A-Za-z0-9]{1,6}\.[A-Za-z]{1,3}")
#: Lower-case words up to this length are symbols, and written in capitals.
_MAX_SYMBOL: Final = 8


def date_of(names: Iterable[str]) -> str | None:
    """The first date in ``names``, as YYYY-MM-DD."""
    for name in names:
        for pattern in _DATES:
            for year, _, month, day in pattern.findall(PurePath(name).name):
                try:
                    return date(int(year), int(month), int(day)).isoformat()
                except ValueError:
                    continue
    return None


def symbol_of(names: Sequence[str], *, upper: bool = False) -> str | None:
    """The symbol in ``names`` (the nearest first): ``AAPL_full_1min.txt``, ``20131007_spy_minute_trade.csv``.

    If none contains one, it is the nearest name without its endings; None if that is not a valid symbol.
    """
    files = [name for name in names if PurePath(name).suffix.lower() in _ENDINGS] or list(names[:1])
    for name in files:
        word = _symbol_in(_stem(name))
        if word is not None and is_symbol(word):
            return word.upper() if upper else word
    word = _stem(names[0]) if names else ""
    return word if is_symbol(word) else None


def _stem(name: str) -> str:
    path = PurePath(name)
    while path.suffix.lower() in _ENDINGS:
        path = path.with_suffix("")
    return path.name


def _symbol_in(stem: str) -> str | None:
    if _DOTTED.fullmatch(stem):
        return stem.upper()
    for pattern in _DATES:
        stem = pattern.sub(" ", stem)
    words = [word for word in re.split(r"[_\s,;()\[\]]+|-(?!USD)|\.(?=[a-z0-9])", stem) if word]
    kept = [
        (place, word)
        for place, word in enumerate(words)
        if word.lower() not in _NOISE and word.lower() not in _VENDORS and not _SPAN.fullmatch(word)
    ]
    if not kept:
        return None
    for place, word in kept:
        if place and words[place - 1].lower() in _VENDORS:
            return _capitals(word)
    return next((word for _, word in kept if word.isupper()), None) or _capitals(kept[0][1])


def _capitals(word: str) -> str:
    return word.upper() if word.islower() and word.isascii() and len(word) <= _MAX_SYMBOL else word
