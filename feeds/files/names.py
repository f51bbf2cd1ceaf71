"""Finds a symbol or a date in the names of a file, its archive and its folders."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from pathlib import PurePath
from typing import Final

from ticker.model import is_symbol


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_ENDINGS: Final = frozenset({".csv", ".txt", ".gz", ".zip", ".zst", ".parquet", ".tsv", ".dat", ".pq", ".bz2", ".psv"})
#: Sources of prices, which often precede the symbol: yahoo_spy, Binance_BTCUSDT_1h, "NASDAQ_AAPL, 1D".
_VENUES: Final = _words(
    """
    yahoo zipline binance coinbase gdax bitstamp kraken bitfinex gemini okx bybit bitmex deribit kucoin alpaca polygon
    massive stooq kibot firstrate lobster dukascopy histdata quandl wiki lean databento investing alphavantage yfinance
    nasdaq nyse amex arca cboe cme cbot nymex comex oanda fxcm nse bse lse xetra iex tiingo xnas xnys cdd tradingview
    """
)
#: Words of file formats that precede the symbol.
_PREFIXES: Final = _words("dat ascii table intraday taq")
#: Words that never are a symbol, in any case.
_DATA_SETS: Final = _words(
    """
    bar bars ohlc ohlcv kline klines candle candles candlestick tick ticks trade trades quote quotes price prices data
    dataset hist history historical historicaldata stock stocks stocksall all sample samples test train validation
    message messages orderbook book market marketdata csv txt tsv parquet pq download downloads export exports exported
    file files output result results timeseries untitled unnamed document sheet stockdata stockprices pricehistory
    pricedata tickdata archive values copy historische kurse daten datos históricos historicos dati storici données
    donnees historiques dados gegevens geçmiş gecmis verileri прошлые данные dane historyczne 過去データ 历史数据 과거
    데이터
    """
)
#: Words that say what a file contains. Files of one instrument may differ in them.
_NOISE: Final = _DATA_SETS | _words(
    """
    full pretty second seconds minute minutes hour hours hourly day days daily week weekly month monthly year years
    desc asc eqy eq us utc new old my the of and from to for s m h d w t y index part latest final clean cleaned
    backup chunk page vol
    """
)
#: Words that tell apart prices of one instrument: those of two venues are never one symbol.
VARIANTS: Final = _VENUES | _words(
    "adjusted unadjusted adj raw bid ask mid spot um cm futures crypto equity usa forex cfd option"
)
#: Names of folders that tell apart markets with instruments of one name.
MARKETS: Final = _words(
    """
    spot cash um cm futures future perp perps perpetual perpetuals swap swaps margin linear inverse delivery option
    options forward forwards otc cfd
    """
)
_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec"
_LONG_MONTHS: Final = "january|february|march|april|june|july|august|september|october|november|december"
_SPAN: Final = re.compile(
    r"\d*(ms|s|sec|secs|m|min|mins|h|hr|d|day|days|w|wk|mo|y|yr)|[mhdws]\d{1,3}|\d+[smhdwy]|\d*q[1-4]|(19|20)\d\dh[12]"
    r"|(part|chunk|page|vol|sheet|file|v)\d+",
    re.IGNORECASE,
)
_ISO_DATES: Final = (
    re.compile(r"(?<!\d)((?:19|20)\d\d)([-_.])(\d\d)\2(\d\d)(?!\d)"),
    re.compile(r"(?<!\d)((?:19|20)\d\d)()(\d\d)(\d\d)(?!\d)"),
)
#: Dates, months and years, also epoch numbers.
_DATES: Final = re.compile(
    r"(?<!\d)(?:(?:19|20)\d\d([-_.])\d\d(?:\1\d\d)?|\d\d([-_.])\d\d\2(?:19|20)\d\d|(?:19|20)\d\d[01]\d[0-3]\d)(?!\d)"
    r"|(?<![A-Za-z\d])(?:(?:19|20)\d\d(?:[01]\d)?|\d{8,})(?![A-Za-z\d])"
    rf"|(?<![A-Za-z\d])(?:\d{{1,2}}[-_. ]?)?(?:{_MONTHS})[-_. ]?(?:(?:19|20)?\d\d)(?!\d)"
    rf"|(?<![A-Za-z\d])(?:{_MONTHS}|{_LONG_MONTHS})(?![A-Za-z\d])",
    re.IGNORECASE,
)
_COPY: Final = re.compile(r"\s*(\(\d+\)|\[\d+\]|-?\s*copy(\s*\(\d+\))?)\s*$", re.IGNORECASE)
_DOTTED: Final = re.compile(r"(\^?[A-Za-z0-9]{1,12})\.([A-Za-z]{1,3})")
_TOKEN: Final = re.compile(
    r"(?:sh|sz|bj|hk|SH|SZ|BJ|HK)\.\d{4,6}(?![A-Za-z0-9])|\^?[A-Za-z0-9&=]{1,12}\.[A-Z]{1,4}(?![A-Za-z0-9])|[^\s_,;()\[\]{}\-.]+"
)
#: Contracts with their expiry: BTC-28JUN24, BTC-28JUN24-70000-C, and of NinjaTrader ES 03-24.
_CONTRACT: Final = re.compile(
    r"(?<![A-Za-z\d])(?:[A-Z]{2,10}-\d{1,2}[A-Z]{3}\d\d(-\d+(d\d+)?-[CP])?|[A-Z0-9]{1,4}[ _](?:0[1-9]|1[0-2])-\d\d)"
    r"(?![A-Za-z\d]|-\d)"
)
_CAMEL: Final = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+")
#: Names of indices, which a number of members follows: NIFTY 50, S&P_500.
_INDICES: Final = _words(
    """
    nifty bse sensex dax mdax tecdax sdax ftse cac stoxx sp s&p spx russell nikkei asx nasdaq dow ibex smi kospi kosdaq
    csi topix tsx bel omx psi aex atx wig hsi next midcap smallcap largecap top
    """
)
#: Minutes of the bars in a file, as its name states them.
_MINUTES: Final = frozenset({1, 2, 3, 5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 360, 480, 720, 1440, 10080, 43200})
#: Words after which a symbol stands.
_FIRST: Final = _VENUES | _PREFIXES
_JOINING: Final = frozenset(" _-.")
#: Lower-case words up to this length are symbols, and written in capitals.
_MAX_SYMBOL: Final = 8


@dataclass(frozen=True, slots=True)
class Guess:
    """The symbol in a name, and what tells the name from others.

    ``words`` and ``numbers`` are all that differs between files of several instruments, and doesn't between parts of
    one file; ``full`` is the symbol with all these words, and ``longest`` also with the numbers.
    """

    symbol: str
    words: tuple[str, ...]
    numbers: tuple[str, ...]
    full: str
    longest: str
    #: ``longest`` with the dates in the name: of parts of one file, or of contracts.
    dated: str


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    #: What separates it from the token before.
    gap: str
    kind: str

    @property
    def is_capital(self) -> bool:
        return self.text.isupper() or self.text.isdecimal()


def date_of(names: Iterable[str]) -> str | None:
    """The first date in ``names``, as YYYY-MM-DD."""
    for name in names:
        for pattern in _ISO_DATES:
            for year, _, month, day in pattern.findall(PurePath(name).name):
                try:
                    return date(int(year), int(month), int(day)).isoformat()
                except ValueError:
                    continue
    return None


def symbol_of(names: Sequence[str], *, upper: bool = False) -> str | None:
    """The symbol in ``names`` (the nearest first): ``AAPL_full_1min.txt``, ``20131007_spy_minute_trade.csv``.

    None if there is none: ``data.csv`` and ``HistoricalData_1704480000000.csv`` are names of data sets.
    """
    found = guess_of(names)
    return None if found is None else found.symbol.upper() if upper else found.symbol


def guess_of(names: Sequence[str]) -> Guess | None:
    """The guess from the nearest name of a file or archive that has one, or from the folder if its name is a symbol."""
    files = [name for name in names if PurePath(name).suffix.lower() in _ENDINGS] or list(names[:1])
    for name in files:
        found = _guess(stem_of(name))
        if found is not None and is_symbol(found.symbol):
            return found
    folder = next((name for name in names[1:] if PurePath(name).suffix.lower() not in _ENDINGS), "")
    if folder.isupper() and folder.isascii() and len(folder) <= _MAX_SYMBOL:
        return _guess(folder)
    return None


def folder_words(names: Sequence[str], known: AbstractSet[str]) -> tuple[str, ...]:
    """The words of ``known`` in the names of a file's archive and folders, the outermost first."""
    words = (word for name in reversed(names[1:]) for word in re.split(r"[^a-z]+", stem_of(name).lower()))
    return tuple(dict.fromkeys(word for word in words if word in known))


def are_parts(numbers: Iterable[tuple[str, ...]]) -> bool:
    """Whether names that differ in these numbers alone are parts of one series, or bars of several intervals."""
    found = set(numbers) - {()}
    if len({len(each) for each in found}) > 1:
        return False
    for column in zip(*found, strict=True):
        values = sorted({int(each) for each in column})
        padded = any(each.startswith("0") and len(each) > 1 for each in column)
        counted = values[0] <= 1 and all(after - before == 1 for before, after in pairwise(values))
        if len(values) > 1 and not (padded or counted or set(values) <= _MINUTES):
            return False
    return True


def stem_of(name: str) -> str:
    """A file's name without its endings."""
    path = PurePath(name)
    while path.suffix.lower() in _ENDINGS:
        path = path.with_suffix("")
    return path.name


def _guess(stem: str) -> Guess | None:
    stem = _COPY.sub("", stem)
    dotted = _DOTTED.fullmatch(stem)
    if dotted and not any(word.lower() in _DATA_SETS or _SPAN.fullmatch(word) for word in dotted.groups()):
        return Guess(stem.upper(), (stem.lower(),), (), stem.upper(), stem.upper(), stem.upper())
    contract = _CONTRACT.search(stem)
    if contract:
        return Guess(contract[0], (contract[0].lower(),), (), contract[0], contract[0], contract[0])
    tokens = _tokens(stem)
    chosen = _chosen(tokens)
    if not chosen:
        return None
    telling = [token for token in tokens if token.kind in ("word", "variant") or token in chosen]
    numbered = [token for token in tokens if token.kind == "number" or token in telling]
    return Guess(
        _joined(chosen),
        tuple(token.text.lower() for token in telling),
        tuple(token.text for token in tokens if token.kind == "number" and token not in chosen),
        _joined(telling),
        _joined(numbered),
        "_".join([_joined(numbered), *(match[0] for match in _DATES.finditer(stem))]),
    )


def _tokens(stem: str) -> list[_Token]:
    text = _DATES.sub(lambda match: "\0" * len(match[0]), stem)
    tokens: list[_Token] = []
    end = 0
    for match in _TOKEN.finditer(text):
        word, gap = match[0].strip("\0"), text[end : match.start()]
        if word:
            kind = _kind(word, gap, tokens[-1].text.lower() if tokens and "\0" not in gap else "")
            tokens.append(_Token(word, gap + "\0" * match[0].startswith("\0"), kind))
        end = match.end() - len(match[0]) + len(match[0].rstrip("\0"))
    return tokens


def _kind(word: str, gap: str, before: str) -> str:
    lower = word.lower()
    if word.isdecimal():
        is_index = before in _INDICES or (gap == " " and before.isalpha() and before not in _NOISE)
        return "word" if is_index and 10 <= int(word) <= 5000 else "number"
    if lower in _PREFIXES:
        return "prefix"
    if lower in VARIANTS:
        return "variant"
    if lower in _NOISE or _SPAN.fullmatch(word):
        return "noise"
    if lower.rstrip("0123456789") in _DATA_SETS:
        return "noise"  # data1, export2
    parts = _CAMEL.findall(word)
    if len(parts) > 1 and all(part.lower() in _NOISE or part.lower() in VARIANTS for part in parts):
        return "noise"
    return "word"


def _chosen(tokens: Sequence[_Token]) -> list[_Token]:
    """The tokens of the symbol: those after a vendor, else the first ones in capitals, else the first words."""
    runs = _runs(tokens)
    for place, run in runs:
        if place and tokens[place - 1].kind in ("variant", "prefix") and tokens[place - 1].text.lower() in _FIRST:
            return _capital_part(run)
    for _, run in runs:
        if any(token.text.isupper() for token in run):
            return _capital_part(run)
    if runs:
        return runs[0][1]
    return _lonely(tokens)


def _runs(tokens: Sequence[_Token]) -> list[tuple[int, list[_Token]]]:
    """Neighbouring words, with the place of the first: ``BTC_USDT``, ``BRK-B``, ``NIFTY 50``."""
    runs: list[tuple[int, list[_Token]]] = []
    joins = False
    for place, token in enumerate(tokens):
        if token.kind == "word":
            if joins and token.gap in _JOINING:
                runs[-1][1].append(token)
            elif _follows_index(tokens, place):
                runs.append((place - 1, [tokens[place - 1], token]))  # NASDAQ 100
            else:
                runs.append((place, [token]))
        joins = token.kind == "word"
    return runs


def _follows_index(tokens: Sequence[_Token], place: int) -> bool:
    return place > 0 and tokens[place].text.isdecimal() and tokens[place - 1].text.lower() in _INDICES


def _capital_part(run: list[_Token]) -> list[_Token]:
    """The first words in capitals of a run, or all of it if there are none."""
    start = next((place for place, token in enumerate(run) if token.text.isupper()), None)
    if start is None:
        return run
    end = next((place for place in range(start, len(run)) if not run[place].is_capital), len(run))
    return run[start:end]


def _lonely(tokens: Sequence[_Token]) -> list[_Token]:
    """What can be a symbol where there is no better word: ``T.csv``, ``CME_daily.csv``, ``600000.csv``."""
    letters = [token for token in tokens if token.text.isupper() and token.text.lower() not in _DATA_SETS]
    letters = [token for token in letters if token.text.isalpha()]
    if len(letters) == 1:
        return letters
    numbers = [token for token in tokens if token.text.isdecimal()]
    if letters or len(numbers) != 1:
        return []
    code = numbers[0].text
    return numbers if 4 <= len(code) <= 6 and (code.startswith("0") or int(code) not in _MINUTES) else []


def _joined(tokens: Sequence[_Token]) -> str:
    """The tokens with their separators; words in lower case become capitals if all are short."""
    gaps = ["", *(token.gap if token.gap in _JOINING else "_" for token in tokens[1:])]
    text = "".join(gap + token.text for gap, token in zip(gaps, tokens, strict=True))
    is_short = all(len(token.text) <= _MAX_SYMBOL for token in tokens)
    return text.upper() if text.islower() and text.isascii() and is_short else text
