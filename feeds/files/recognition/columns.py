"""Maps the columns of a header to roles: by a vendor's layout, by usual names, or by the user's options."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from feeds.files.layouts.layout import Kind, Layout
from feeds.files.parsing.column_names import (
    ALIASES,
    BAR_PRICES,
    BAR_ROLES,
    DETAIL_ROLES,
    STAMPS,
    TICK_ROLES,
    is_known,
    place_of,
)
from feeds.files.parsing.numbers import is_number, means_none, number
from feeds.files.recognition.contract_columns import pair_columns
from feeds.files.recognition.header import Header
from feeds.files.recognition.plan import SymbolColumns
from feeds.files.recognition.stamp_columns import given_stamps, stamps_of
from ticker.errors import FeedError

#: Rows from which on four columns in one order are no accident, and how near the prices of a bar are.
_ENOUGH: Final = 5
_NEAR: Final = 1.25
_CAPITALS = re.compile(r"[A-Z][A-Z0-9.\-]{0,5}")
_PARTS: Final = "open|high|low|close|last|volume|vol|adjusted|adj[ _.]?close"
#: Values beside the prices of a bar that are no trade's price.
_OF_BARS: Final = frozenset({"value", "settle", "settlement", "settle_price", "settlement_price", "nav"})
#: Columns that are no symbol's price, whatever the others are.
_NO_PRICES: Final = frozenset({"volume", "vol", "open_interest", "openinterest", "turnover", "volumen"})
_SYMBOL_FIRST = re.compile(rf"(?P<symbol>.+?)[._ :/\-](?P<part>{_PARTS})", re.IGNORECASE)
_SYMBOL_LAST = re.compile(rf"(?P<part>{_PARTS})[._ :/\-](?P<symbol>.+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ColumnMap:
    """The columns of the timestamp, and of each symbol."""

    kind: Kind
    stamps: Mapping[str, int]
    views: tuple[SymbolColumns, ...]
    #: Columns with the same name, of which the first of each pair is read.
    twins: tuple[tuple[int, int], ...] = ()


def by_layout(header: Header, layout: Layout, given: Collection[int] = ()) -> ColumnMap:
    """The columns of a vendor's layout. Raises ``FeedError`` if one is missing."""
    named = {role: name for role, name in layout.columns.items() if isinstance(name, str)}
    stamps = {str(role): header.plain.index(named[role]) for role in STAMPS if named.get(role) in header.plain}
    if not stamps or stamps_of(header).keys() == {"date", "time"}:
        # A time column beside the date belongs to it, even if the vendor's files have none.
        stamps = stamps_of(header)
    if not stamps:
        raise FeedError(f"the header matches the layout {layout.name!r}, but has no column for the timestamp")
    columns: dict[str, int] = {}
    details = DETAIL_ROLES if layout.vocabulary != "any" else ()
    for role in ("symbol", *(BAR_ROLES if layout.kind == "bars" else (*TICK_ROLES, *details))):
        name = named.get(role)
        place = header.plain.index(name) if name in header.plain else None if name else place_of(role, header.plain)
        if place is not None and place not in columns.values():
            columns[role] = place
    if layout.trade_if is not None:
        columns[layout.trade_if[0]] = header.plain.index(layout.trade_if[0])
    twins = header.twins([*stamps.values(), *columns.values()], given)
    return ColumnMap(layout.kind, stamps, (SymbolColumns(columns),), twins)


def by_names(header: Header, given: Mapping[str, int]) -> ColumnMap | list[str]:
    """The columns that the user named, and others by their usual names; or the list of missing roles."""
    stamps = given_stamps(header, given)

    def at(role: str) -> int | None:
        place = given.get(role, place_of(role, header.plain))
        taken = {each for other, each in given.items() if other != role} | set(stamps.values())
        return None if place in taken else place

    bars = {role: place for role in BAR_PRICES if (place := at(role)) is not None}
    ticks = {role: place for role in ("price", "bid", "ask") if (place := at(role)) is not None}
    missing = [] if stamps else ["timestamp"]
    kind: Kind = "ticks"
    columns = dict(ticks)
    if len(bars) == 3 and "close" not in bars and ticks.keys() == {"price"} and "price" not in given:
        bars["close"] = ticks["price"]  # Open, High, Low, Last
        ticks = {}
    if len(bars) == 4 and ticks.keys() == {"price"} and "price" not in given:
        # The traded value of a bar is no price, and the last price of a day no trade.
        is_none = header.plain[ticks["price"]] in _OF_BARS or not _has_time(header, stamps)
        ticks = {} if is_none else ticks
    if len(bars) == 4 and ticks and not ticks.keys() & given.keys() and not _has_time(header, stamps):
        ticks = {}  # the last bid and ask of a day
    if not ticks and len(bars) > 1:
        kind, columns = "bars", dict(bars)
        missing += [role for role in BAR_PRICES if role not in bars]
    elif not ticks and "close" in bars:
        columns = {"price": bars["close"]}
    elif not ticks:
        missing.append("price")
    if missing:
        return missing
    details = DETAIL_ROLES if "price" in columns else ()
    for role in ("symbol", *(BAR_ROLES if kind == "bars" else (*TICK_ROLES, *details))):
        if role not in columns and (place := at(role)) is not None and place not in columns.values():
            columns[role] = place
    pair = pair_columns(header.plain) if "symbol" not in columns else None
    if pair is not None and not set(pair) & {*stamps.values(), *columns.values()}:
        columns["symbol"] = pair[0]
    for side in ("bid", "ask"):
        if side not in columns:
            columns.pop(f"{side}_size", None)
    if "price" not in columns and kind == "ticks":
        columns.pop("size", None)
    twins = header.twins([*stamps.values(), *columns.values()], given.values())
    return ColumnMap(kind, stamps, (SymbolColumns(columns),), twins)


def two_level(header: Header, tickers: Sequence[str]) -> ColumnMap:
    """The columns of each symbol in a file of yfinance: bars, or where no symbol has all four prices, closing prices.

    Raises ``FeedError`` if there is neither, or no column for the timestamp.
    """
    stamp = next((place for place, symbol in enumerate(tickers) if not symbol), None)
    if stamp is None:
        raise FeedError("no column is beside those of the symbols, for the timestamp")
    found: dict[str, dict[str, int]] = {}
    for place, symbol in enumerate(tickers):
        if symbol:
            found.setdefault(symbol, {}).setdefault(header.plain[place], place)
    bars = {symbol: columns for symbol, columns in found.items() if columns.keys() >= set(BAR_PRICES)}
    roles = {**{role: role for role in (*BAR_PRICES, "volume")}, "split": "stock_splits"}
    views = [
        SymbolColumns({role: columns[name] for role, name in roles.items() if name in columns}, symbol)
        for symbol, columns in bars.items()
    ]
    if views:
        return ColumnMap("bars", {"timestamp": stamp}, tuple(views))
    closes = [(symbol, columns.get("close", columns.get("adj_close"))) for symbol, columns in found.items()]
    views = [SymbolColumns({"price": place}, symbol) for symbol, place in closes if place is not None]
    if not views:
        raise FeedError("no symbol in the header has Open, High, Low and Close, or a Close alone")
    return ColumnMap("ticks", {"timestamp": stamp}, tuple(views))


def wide_bars(header: Header) -> ColumnMap | None:
    """The columns of ``AAPL.Open, AAPL.High, …`` or ``Open_AAPL, …``; None for any other header."""
    stamps = stamps_of(header)
    if not stamps:
        return None
    for pattern in (_SYMBOL_FIRST, _SYMBOL_LAST):
        symbols: dict[str, dict[str, int]] = {}
        for place, name in enumerate(header.names):
            match = pattern.fullmatch(name.strip())
            if match is not None and place not in stamps.values():
                part = match["part"].lower()
                symbols.setdefault(match["symbol"], {}).setdefault("volume" if part == "vol" else part, place)
        views = tuple(
            SymbolColumns({role: columns[role] for role in (*BAR_PRICES, "volume") if role in columns}, symbol)
            for symbol, columns in symbols.items()
            if columns.keys() >= set(BAR_PRICES)
        )
        if views:
            return ColumnMap("bars", stamps, views)
    return None


def wide(header: Header) -> ColumnMap | None:
    """The columns of a header with one column per symbol; None for any other header."""
    stamps = stamps_of(header)
    if not stamps or {"symbol", "ticker"} & set(header.plain):
        return None
    others = [
        place for place in range(len(header.names)) if place not in stamps.values() and header.names[place].strip()
    ]
    # A change in percent is no price.
    changes = [place for place in others if "%" in header.names[place] or any("%" in v for v in header.values(place))]
    numeric = [place for place in others if _is_numeric(header.values(place))]
    numeric = [place for place in numeric if place not in changes] or numeric
    numeric = [place for place in numeric if header.plain[place] not in _NO_PRICES]
    known = [place for place in others if is_known(header.names[place], strong=True)]
    if not numeric or len(known) * 2 > len(others) or not any(header.values(place) for place in numeric):
        return None
    if any(_names_a_part(header, place) for place in numeric) or _are_bars(header, numeric):
        return None
    twins = header.twins([*stamps.values(), *numeric])
    second = {max(pair) for pair in twins}
    views = tuple(
        SymbolColumns({"price": place}, _without_part(header.names[place].strip()))
        for place in numeric
        if place not in second
    )
    return ColumnMap("ticks", stamps, views, tuple(pair for pair in twins if pair[0] < pair[1]))


def _names_a_part(header: Header, place: int) -> bool:
    """Whether a column is called a price of a bar, and not like a symbol: ``Open`` and ``Hoog``, not ``OPEN``."""
    is_part = any(header.plain[place] in ALIASES[role] and len(header.plain[place]) > 1 for role in BAR_PRICES)
    return is_part and not header.names[place].isupper()


def _are_bars(header: Header, places: Sequence[int]) -> bool:
    """Whether four columns with names unlike symbols have prices near each other, one always highest, one lowest."""
    names = [header.names[place].strip() for place in places]
    if len(places) not in (4, 5) or all(name.isascii() and name == name.upper() for name in names):
        return False
    rows = [[number(row[place], mark) for place in places] for row in header.rows for mark in (".", ",")]
    prices = np.array([row for row in rows if not np.isnan(row).any()]).reshape(-1, len(places))[:, :4]
    if len(prices) < _ENOUGH:
        return False
    high, low = prices.max(axis=1), prices.min(axis=1)
    near = bool((high < _NEAR * low).all())
    return near and bool(((high == prices.T).all(axis=1)).any() and ((low == prices.T).all(axis=1)).any())


def single_letter_symbols(header: Header) -> ColumnMap | None:
    """The columns of ``Date,C,V,HD``, one per symbol, though single letters can be roles; None for any other header.

    They are symbols if all are capitals other than O, H, L, C, and if one of them is no role's name or the timestamps
    are dates: trades and quotes have a time of day.
    """
    names = [name.strip() for name in header.names]
    longer = tuple("?" if len(name) == 1 else each for name, each in zip(names, header.plain, strict=True))
    stamps = stamps_of(Header(header.names, longer, header.rows))
    others = [name for place, name in enumerate(names) if place not in stamps.values()]
    if not stamps or not all(_CAPITALS.fullmatch(name) for name in others) or set("OHLC") <= set(others):
        return None
    if not any(len(name) == 1 for name in others) or len(set(others)) < len(others):
        return None
    days = "time" not in stamps and not any(":" in word for place in stamps.values() for word in header.values(place))
    if not days and all(is_known(name) for name in others):
        return None
    places = [place for place in range(len(names)) if place not in stamps.values()]
    if not all(_is_numeric(header.values(place)) for place in places):
        return None
    return ColumnMap("ticks", stamps, tuple(SymbolColumns({"price": place}, names[place]) for place in places))


def _has_time(header: Header, stamps: Mapping[str, int]) -> bool:
    """Whether timestamps have a time of day."""
    words = [word for place in stamps.values() for word in header.values(place)]
    return "time" in stamps or any(":" in word or (word.isdecimal() and len(word) > 8) for word in words)


def _without_part(name: str) -> str:
    match = _SYMBOL_FIRST.fullmatch(name)
    return name if match is None else match["symbol"]


def _is_numeric(words: Sequence[str]) -> bool:
    return _most(is_number(word) or means_none(word) for word in words)


def _most(good: Iterable[bool]) -> bool:
    """Whether all but a few are: a first row may be odd."""
    found = list(good)
    bad = found.count(False)
    return bad <= max(1, len(found) // 20) and bad * 2 <= len(found)
