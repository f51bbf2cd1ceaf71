"""Layouts of files without a header line, recognised by the texts of their columns: plain data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from feeds.files.layouts.layout import Layout
from ticker.zones import EST, NEW_YORK

_INT = r"\d+(\.0*)?"
_MS = r"\d{1,8}"
_DECIMAL = r"\d+(\.\d*)?|\.\d+|\d+(\.\d+)?[eE][-+]?\d+"
_SIDE = rf"({_DECIMAL})?"
_EPOCH = r"1\d{12}|1\d{15}"
_TRUTH = r"[Tt]rue|[Ff]alse|TRUE|FALSE"
_FLAG = r"[01]|[Tt]rue|[Ff]alse"
_LETTERS = r"[A-Za-z]{0,8}"
_ANY = r"(?s:.*)"
_CONDITION = r"[0-9A-Fa-f]*|[A-Za-z@ ,]*"
_DATE_US = r"\d\d/\d\d/\d{4}"
_DAY: Final = r"\d{4}[-/.]\d\d?[-/.]\d\d?|\d\d?[-/.]\d\d?[-/.]\d{4}|(?:19|20)\d{6}"
_TIME: Final = r"\d\d?:\d\d(?::\d\d)?(?:\.\d+)?(?: ?[AaPp][Mm])?|\d{6}"
_KIBOT: Final = "names that contain kibot"
_KIBOT_PAGE: Final = "Kibot: Data format (US Eastern Time)"
_HISTDATA: Final = "file names as `DAT_ASCII_EURUSD_M1_2024.csv`, or that name HistData"
_HISTDATA_PAGE: Final = "HistData: file specification (EST without daylight saving)"
_HISTDATA_NAMES: Final = r"^dat_(ascii|mt|nt|ms|xlsx)_|histdata"
_BAR: Final = (_DECIMAL,) * 4
_OHLCV: Final[Mapping[str, str | int]] = {"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}

_LEAN: Final = (
    "the names of Lean's folders and files (`equity/usa/minute/spy`); without them, whole prices of 1 and more in cents"
)
_LEAN_PAGE: Final = "QuantConnect: LEAN data format; see [QuantConnect Lean](#quantconnect-lean)"
_LEAN_QUOTES: Final = "the names of Lean's folders tell another zone, and the divisor"

#: The first match counts, so more specific layouts stand first.
HEADERLESS: Final = (
    Layout("binance-klines", "Binance klines", "bars",
           fields=(_EPOCH, *_BAR, _DECIMAL, _EPOCH, _DECIMAL, _INT, _DECIMAL, _DECIMAL, _ANY),
           spare=1, columns={"timestamp": 0, **_OHLCV, "trades": 8}, mixed_units=True),
    Layout("binance-trades", "Binance trades", "ticks",
           fields=(_INT, _DECIMAL, _DECIMAL, _DECIMAL, _EPOCH, _TRUTH, _TRUTH),
           spare=1, columns={"timestamp": 4, "price": 1, "size": 2}, mixed_units=True),
    Layout("binance-agg-trades", "Binance aggregated trades", "ticks",
           fields=(_INT, _DECIMAL, _DECIMAL, _INT, _INT, _EPOCH, _TRUTH, _TRUTH),
           spare=1, columns={"timestamp": 5, "price": 1, "size": 2}, mixed_units=True),
    Layout("lean-quotes", "QuantConnect Lean quotes", "ticks",
           fields=(_MS, _INT, _INT, _INT, _INT, _LETTERS, _CONDITION, _FLAG),
           columns={"timestamp": 0, "bid": 1, "bid_size": 2, "ask": 3, "ask_size": 4}, zone=NEW_YORK, reading="ms",
           scale=10_000, one_sided=True, evidence=_LEAN, source=_LEAN_PAGE,
           upper=True),
    Layout("lean-trades", "QuantConnect Lean trades", "ticks",
           fields=(_MS, _INT, _INT, _LETTERS, _CONDITION, _FLAG),
           columns={"timestamp": 0, "price": 1, "size": 2, "conditions": 4}, zone=NEW_YORK, reading="ms", scale=10_000,
           evidence=_LEAN, source=_LEAN_PAGE, upper=True, vocabulary="lean"),
    Layout("lobster", "LOBSTER messages", "ticks",
           fields=(r"\d{1,5}(\.\d+)?", r"[1-7]", r"-?\d+", _INT, r"-?\d+", r"-?1"),
           columns={"timestamp": 0, "type": 1, "size": 3, "price": 4}, zone=NEW_YORK, reading="s", scale=10_000,
           evidence="event types from 1 to 7 and directions 1 and −1 in six columns",
           source="LOBSTER: output structure (seconds after midnight, dollar price times 10000; hours 09:30 to 16:00)",
           # Executions of visible and of hidden orders, and cross trades (auctions).
           trade_if=("type", frozenset({"4", "5", "6"}))),
    Layout("lean-bars", "QuantConnect Lean second or minute bars", "bars",
           fields=(r"0|\d{1,5}000", *(r"\d+",) * 4, _DECIMAL),
           columns={"timestamp": 0, **_OHLCV}, zone=NEW_YORK, reading="ms", scale=10_000, evidence=_LEAN,
           source=_LEAN_PAGE, upper=True),
    Layout("lean-daily", "QuantConnect Lean daily or hourly bars", "bars",
           fields=(r"\d{8} \d\d:\d\d", *(r"\d+",) * 4, _DECIMAL),
           columns={"timestamp": 0, **_OHLCV}, zone=NEW_YORK, scale=10_000, evidence=_LEAN, source=_LEAN_PAGE,
           upper=True),
    Layout("lean-quote-bars", "QuantConnect Lean second or minute bars of quotes", "ticks",
           fields=(r"0|\d{1,5}000", *(_SIDE,) * 4, _SIDE, *(_SIDE,) * 4, _SIDE),
           columns={"timestamp": 0, "bid": 1, "ask": 6}, reading="ms", evidence=_LEAN_QUOTES,
           source=_LEAN_PAGE, upper=True),
    Layout("lean-quote-daily", "QuantConnect Lean daily or hourly bars of quotes", "ticks",
           fields=(r"\d{8} \d\d:\d\d", *(_SIDE,) * 4, _SIDE, *(_SIDE,) * 4, _SIDE),
           columns={"timestamp": 0, "bid": 1, "ask": 6}, evidence=_LEAN_QUOTES, source=_LEAN_PAGE, upper=True),
    Layout("firstrate", "FirstRate bars", "bars",
           fields=(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?", *_BAR, _DECIMAL),
           spare=1, columns={"timestamp": 0, **_OHLCV}, zone=NEW_YORK, named=True,
           traces=r"first_?rate|_full_\d+(min|hour|day)|_\d+(min|hour|day)_(adj|unadj|cont)",
           evidence="file names as `AAPL_full_1min_adjsplitdiv.txt`, or that name FirstRate",
           source="FirstRate: readme of its files (US Eastern Time); FAQ (crypto: UTC; told by rows on a Saturday)",
           crypto_zone="UTC"),
    Layout("kibot", "Kibot bars", "bars",
           fields=(_DATE_US, r"\d\d:\d\d", *_BAR, _DECIMAL),
           columns={"date": 0, "time": 1, "open": 2, "high": 3, "low": 4, "close": 5, "volume": 6}, zone=NEW_YORK,
           reading="clock", named=True, traces="kibot", evidence=_KIBOT, source=_KIBOT_PAGE, day_first=False),
    Layout("kibot-ticks", "Kibot ticks", "ticks",
           fields=(_DATE_US, r"\d\d:\d\d:\d\d(\.\d+)?", *(_DECIMAL,) * 4),
           columns={"date": 0, "time": 1, "price": 2, "bid": 3, "ask": 4, "size": 5}, zone=NEW_YORK,
           reading="clock", traces="kibot", evidence=_KIBOT, source=_KIBOT_PAGE, day_first=False),
    Layout("kibot-daily", "Kibot daily bars", "bars",
           fields=(_DATE_US, *_BAR, _DECIMAL),
           columns={"timestamp": 0, **_OHLCV}, zone=NEW_YORK, named=True, traces="kibot", evidence=_KIBOT,
           source=_KIBOT_PAGE, day_first=False),
    Layout("histdata-bars", "HistData minute bars", "bars",
           fields=(r"\d{8} \d{6}", *_BAR, _DECIMAL),
           columns={"timestamp": 0, **_OHLCV}, zone=EST, named=True, traces=_HISTDATA_NAMES, evidence=_HISTDATA,
           source=_HISTDATA_PAGE),
    Layout("histdata-ticks", "HistData ticks", "ticks",
           fields=(r"\d{8} \d{9}", _DECIMAL, _DECIMAL, _DECIMAL),
           columns={"timestamp": 0, "bid": 1, "ask": 2}, zone=EST, traces=_HISTDATA_NAMES, evidence=_HISTDATA,
           source=_HISTDATA_PAGE),
    Layout("ninjatrader-ticks", "NinjaTrader ticks", "ticks",
           fields=(r"\d{8} \d{6} \d{7}", _DECIMAL, _DECIMAL, _DECIMAL, _INT),
           columns={"timestamp": 0, "price": 1, "bid": 2, "ask": 3, "size": 4}),
)  # fmt: skip

#: Trades of an unknown origin: an epoch number, a price and a size, as Kraken's and those of Bitcoincharts.
PLAIN_TRADES: Final = (
    Layout("trades", "trades without a header", "ticks",
           fields=(r"1\d{9}(?:\d{3})?(?:\.\d+)?", _DECIMAL, _DECIMAL),
           columns={"timestamp": 0, "price": 1, "size": 2}),
)  # fmt: skip

#: Bars of an unknown origin: open, high, low, close and perhaps the volume, after a date or a date and a time.
PLAIN_BARS: Final = (
    Layout("bars", "bars without a header", "bars",
           fields=(rf"(?:{_DAY})(?:[ T](?:{_TIME}))?(?:Z|[+-]\d\d:?\d\d)?", *_BAR, _DECIMAL),
           spare=1, columns={"timestamp": 0, **_OHLCV}),
    Layout("bars", "bars without a header", "bars",
           fields=(r"1\d{9}(?:\d{3})?", *_BAR, _DECIMAL, _INT),
           spare=2, columns={"timestamp": 0, **_OHLCV, "trades": 6}),
    Layout("bars", "bars without a header", "bars",
           fields=(_DAY, _TIME, *_BAR, _DECIMAL),
           spare=1, columns={"date": 0, "time": 1, "open": 2, "high": 3, "low": 4, "close": 5, "volume": 6},
           reading="clock"),
)  # fmt: skip
