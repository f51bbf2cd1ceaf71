"""Layouts without a header, known by the shape of their rows. An entry is data; nothing is read here."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from feeds.files.layouts.layout import Layout
from feeds.files.parsing.zones import EST, NEW_YORK

_INT = re.compile(r"\d+(\.0*)?")
_MS = re.compile(r"\d{1,8}")
_DECIMAL = re.compile(r"\d+(\.\d*)?|\.\d+|\d+(\.\d+)?[eE][-+]?\d+")
_EPOCH = re.compile(r"1\d{12}|1\d{15}")
_TRUTH = re.compile(r"[Tt]rue|[Ff]alse|TRUE|FALSE")
_FLAG = re.compile(r"[01]|[Tt]rue|[Ff]alse")
_EXCHANGE = re.compile(r"[A-Za-z]{0,8}")
_ANY = re.compile(r".*", re.DOTALL)
_CONDITION = re.compile(r"[0-9A-Fa-f]*|[A-Za-z@ ,]*")
_BAR: Final = (_DECIMAL,) * 4
_OHLCV: Final[Mapping[str, str | int]] = {"open": 1, "high": 2, "low": 3, "close": 4, "volume": 5}


#: The first that fits counts: what looks more like nothing else stands first.
HEADERLESS: Final = (
    Layout(
        name="binance-klines",
        title="Binance klines",
        kind="bars",
        fields=(_EPOCH, *_BAR, _DECIMAL, _EPOCH, _DECIMAL, _INT, _DECIMAL, _DECIMAL, _ANY),
        spare=1,
        columns={"timestamp": 0, **_OHLCV, "trades": 8},
        zone="UTC",
        mixed_units=True,
    ),
    Layout(
        name="binance-trades",
        title="Binance trades",
        kind="ticks",
        fields=(_INT, _DECIMAL, _DECIMAL, _DECIMAL, _EPOCH, _TRUTH, _TRUTH),
        spare=1,
        columns={"timestamp": 4, "price": 1, "size": 2},
        zone="UTC",
        mixed_units=True,
    ),
    Layout(
        name="binance-agg-trades",
        title="Binance aggregated trades",
        kind="ticks",
        fields=(_INT, _DECIMAL, _DECIMAL, _INT, _INT, _EPOCH, _TRUTH, _TRUTH),
        spare=1,
        columns={"timestamp": 5, "price": 1, "size": 2},
        zone="UTC",
        mixed_units=True,
    ),
    Layout(
        name="lean-quotes",
        title="QuantConnect Lean quotes",
        kind="ticks",
        fields=(_MS, _INT, _INT, _INT, _INT, _EXCHANGE, _CONDITION, _FLAG),
        columns={"timestamp": 0, "bid": 1, "bid_size": 2, "ask": 3, "ask_size": 4},
        zone=NEW_YORK,
        reading="ms",
        scale=10_000,
        one_sided=True,
        upper=True,
    ),
    Layout(
        name="lean-trades",
        title="QuantConnect Lean trades",
        kind="ticks",
        fields=(_MS, _INT, _INT, re.compile(r"[A-Za-z]{0,8}"), _CONDITION, _FLAG),
        columns={"timestamp": 0, "price": 1, "size": 2},
        zone=NEW_YORK,
        reading="ms",
        scale=10_000,
        upper=True,
    ),
    Layout(
        name="lobster",
        title="LOBSTER messages",
        kind="ticks",
        fields=(
            re.compile(r"\d{1,5}(\.\d+)?"),
            re.compile(r"[1-7]"),
            _INT,
            _INT,
            re.compile(r"-?\d+"),
            re.compile(r"-?1"),
        ),
        columns={"timestamp": 0, "type": 1, "size": 3, "price": 4},
        zone=NEW_YORK,
        reading="s",
        scale=10_000,
        trade_if=("type", frozenset({"4", "5"})),
    ),
    Layout(
        name="lean-bars",
        title="QuantConnect Lean second or minute bars",
        kind="bars",
        fields=(re.compile(r"0|\d{1,5}000"), *(re.compile(r"\d+"),) * 4, _DECIMAL),
        columns={"timestamp": 0, **_OHLCV},
        zone=NEW_YORK,
        reading="ms",
        scale=10_000,
        upper=True,
    ),
    Layout(
        name="lean-daily",
        title="QuantConnect Lean daily or hourly bars",
        kind="bars",
        fields=(re.compile(r"\d{8} \d\d:\d\d"), *(re.compile(r"\d+"),) * 4, _DECIMAL),
        columns={"timestamp": 0, **_OHLCV},
        zone=NEW_YORK,
        scale=10_000,
        upper=True,
    ),
    Layout(
        name="firstrate",
        title="FirstRate bars",
        kind="bars",
        fields=(re.compile(r"\d{4}-\d\d-\d\d( \d\d:\d\d:\d\d)?"), *_BAR, _DECIMAL),
        spare=1,
        columns={"timestamp": 0, **_OHLCV},
        zone=NEW_YORK,
    ),
    Layout(
        name="kibot",
        title="Kibot bars",
        kind="bars",
        fields=(re.compile(r"\d\d/\d\d/\d{4}"), re.compile(r"\d\d:\d\d"), *_BAR, _DECIMAL),
        columns={"date": 0, "time": 1, "open": 2, "high": 3, "low": 4, "close": 5, "volume": 6},
        zone=NEW_YORK,
        reading="clock",
    ),
    Layout(
        name="kibot-ticks",
        title="Kibot ticks",
        kind="ticks",
        fields=(re.compile(r"\d\d/\d\d/\d{4}"), re.compile(r"\d\d:\d\d:\d\d(\.\d+)?"), *(_DECIMAL,) * 4),
        columns={"date": 0, "time": 1, "price": 2, "bid": 3, "ask": 4, "size": 5},
        zone=NEW_YORK,
        reading="clock",
    ),
    Layout(
        name="kibot-daily",
        title="Kibot daily bars",
        kind="bars",
        fields=(re.compile(r"\d\d/\d\d/\d{4}"), *_BAR, _DECIMAL),
        columns={"timestamp": 0, **_OHLCV},
        zone=NEW_YORK,
    ),
    Layout(
        name="histdata-bars",
        title="HistData minute bars",
        kind="bars",
        fields=(re.compile(r"\d{8} \d{6}"), *_BAR, _DECIMAL),
        columns={"timestamp": 0, **_OHLCV},
        zone=EST,
    ),
    Layout(
        name="histdata-ticks",
        title="HistData ticks",
        kind="ticks",
        fields=(re.compile(r"\d{8} \d{9}"), _DECIMAL, _DECIMAL, _DECIMAL),
        columns={"timestamp": 0, "bid": 1, "ask": 2},
        zone=EST,
    ),
)
