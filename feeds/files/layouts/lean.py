"""Layouts of QuantConnect Lean, of which a file's names tell more than its rows."""

from __future__ import annotations

from typing import Final

from feeds.files.layouts.layout import Layout

_MS = r"\d{1,8}(\.\d+)?"
_DAY = r"\d{8} \d\d:\d\d"
_PRICE = r"-?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d+)?"
_SIDE = rf"({_PRICE})?"
_SIZE = rf"({_PRICE})?"
_WORD = r"[A-Za-z0-9 .-]*"
_CONDITION = r"[0-9A-Za-z@ ,]*"
_FLAG = r"[01]|[Tt]rue|[Ff]alse|"
_OHLCV: Final = {"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}
_SIDES: Final = {"bid": 1, "bid_size": 2, "ask": 3, "ask_size": 4}
#: The columns of the first and of the last quote of a bar; the sizes are those of its end.
FIRST_SIDES: Final = {"bid": 1, "ask": 6}
LAST_SIDES: Final = {"bid": 4, "bid_size": 5, "ask": 9, "ask_size": 10}
QUOTE_BARS: Final = frozenset({"lean-quote-bars", "lean-quote-daily"})

#: By the kind of ticks, and whether a row has a date. More columns stand first.
TICKS: Final = {
    "trade": (
        Layout("lean-trades", "QuantConnect Lean trades", "ticks",
               fields=(_MS, _PRICE, _SIZE, _WORD, _CONDITION, _FLAG), spare=2,
               columns={"timestamp": 0, "price": 1, "size": 2, "conditions": 4}, reading="ms", upper=True,
               vocabulary="lean"),
        Layout("lean-trades", "QuantConnect Lean trades", "ticks",
               fields=(_MS, _PRICE, _SIZE, _FLAG), spare=1,
               columns={"timestamp": 0, "price": 1, "size": 2}, reading="ms", upper=True),
    ),
    "quote": (
        Layout("lean-quotes", "QuantConnect Lean quotes", "ticks",
               fields=(_MS, _SIDE, _SIZE, _SIDE, _SIZE, _WORD, _CONDITION, _FLAG), spare=3,
               columns={"timestamp": 0, **_SIDES}, reading="ms", one_sided=True, upper=True),
        Layout("lean-quotes", "QuantConnect Lean quotes", "ticks",
               fields=(_MS, _SIDE, _SIDE), columns={"timestamp": 0, "bid": 1, "ask": 2}, reading="ms", upper=True),
    ),
}  # fmt: skip
BARS: Final = {
    "trade": (
        Layout("lean-bars", "QuantConnect Lean second or minute bars", "bars",
               fields=(_MS, *(_PRICE,) * 4, _SIZE), spare=1,
               columns={"timestamp": 0, **_OHLCV}, reading="ms", upper=True),
        Layout("lean-daily", "QuantConnect Lean daily or hourly bars", "bars",
               fields=(_DAY, *(_PRICE,) * 4, _SIZE), spare=1,
               columns={"timestamp": 0, **_OHLCV}, upper=True),
    ),
    "quote": (
        Layout("lean-quote-bars", "QuantConnect Lean second or minute bars of quotes", "ticks",
               fields=(_MS, *(_SIDE,) * 4, _SIZE, *(_SIDE,) * 4, _SIZE),
               columns={"timestamp": 0, **LAST_SIDES}, reading="ms", upper=True),
        Layout("lean-quote-daily", "QuantConnect Lean daily or hourly bars of quotes", "ticks",
               fields=(_DAY, *(_SIDE,) * 4, _SIZE, *(_SIDE,) * 4, _SIZE),
               columns={"timestamp": 0, **LAST_SIDES}, upper=True),
    ),
}  # fmt: skip
#: The length of a bar by the resolution in its names, in s.
RESOLUTIONS_S: Final = {"second": 1, "minute": 60, "hour": 3600, "daily": 86_400}
