"""Chooses the layout of a QuantConnect Lean file by its names, with the zone and the scale that they imply."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from feeds.files.layouts.layout import Layout
from feeds.files.layouts.lean import BARS, FIRST_SIDES, LAST_SIDES, QUOTE_BARS, RESOLUTIONS_S, TICKS
from feeds.files.parsing.column_names import STAMPS
from feeds.files.recognition.columns import ColumnMap
from feeds.files.recognition.lean_names import SCALE, LeanFile, lean_file
from feeds.files.recognition.plan import SymbolColumns
from feeds.files.recognition.shapes import has_shape
from feeds.files.report import Note
from ticker.zones import NEW_YORK

_PRICES: Final = frozenset({"price", "bid", "ask", "open", "high", "low", "close"})
#: Scaled prices of the National Stock Exchange of India are multiples of its tick of 0.05.
_INDIAN_TICK: Final = 500
#: LeanData.cs of 2017 wrote their prices as integers of 1/10,000; since then they are decimals.
_ONCE_SCALED: Final = frozenset({"future", "futureoption"})
#: No future costs this much; as 1/10,000 it is 100.
_HUGE: Final = 1_000_000
#: Prices of US shares are multiples of a cent, those of trades between bid and ask of half a cent, in 1/10,000.
_HALF_CENT: Final = 50
_MOST: Final = 0.9
_PAIR: Final = re.compile(r"[A-Z0-9]{2,10}(USD|USDT|USDC|BUSD|EUR|GBP|JPY|KRW|IDR|TRY|BTC|ETH)")
_SECOND_NS: Final = 10**9


@dataclass(frozen=True, slots=True)
class LeanLayout:
    """The layout of a file, what its names tell, and what is assumed."""

    file: LeanFile
    layout: Layout
    notes: list[Note]

    def columns(self, width: int, rows: Sequence[Sequence[str]]) -> ColumnMap:
        """The columns of ``width``; ``rows`` are the first."""
        places = {role: at for role, at in self.layout.columns.items() if isinstance(at, int) and at < width}
        stamps = {role: at for role, at in places.items() if role in STAMPS}
        views: tuple[SymbolColumns, ...] = (
            SymbolColumns({role: at for role, at in places.items() if role not in STAMPS}),
        )
        if self.layout.name in QUOTE_BARS:
            views = quotes_of_bars(rows, self.file.resolution)
        return ColumnMap(self.layout.kind, stamps, views)


def quotes_of_bars(rows: Sequence[Sequence[str]], resolution: str = "") -> tuple[SymbolColumns, ...]:
    """The columns of the first quote of a bar and, at its end, of its last.

    Without a resolution, the bars are as long as their timestamps allow: days, hours, minutes or seconds.
    """
    length_ns = RESOLUTIONS_S[resolution or _resolution(rows)] * _SECOND_NS
    return SymbolColumns(FIRST_SIDES), SymbolColumns(LAST_SIDES, after_ns=length_ns)


def _resolution(rows: Sequence[Sequence[str]]) -> str:
    stamps = [row[0].strip() for row in rows if row]
    if any(" " in stamp for stamp in stamps):
        return "daily" if all(stamp.endswith(" 00:00") for stamp in stamps) else "hour"
    return "minute" if all(stamp.isdecimal() and int(stamp) % 60_000 == 0 for stamp in stamps) else "second"


def by_lean_names(names: Sequence[str], rows: Sequence[Sequence[str]]) -> LeanLayout | None:
    """The layout of a file with these names; None if they, or its rows, are not Lean's."""
    file = lean_file(names)
    if file is None:
        return None
    layouts = TICKS if file.resolution == "tick" else BARS
    layout = next((each for each in layouts[file.ticks] if has_shape(each, rows)), None)
    if layout is None:
        return None
    notes: list[Note] = []
    scale = SCALE if _is_scaled(file, layout, rows, notes) else 1.0
    zone = file.zone
    if zone is None:
        zone = NEW_YORK if scale != 1 else None
    elif not file.is_documented and zone == "UTC":  # of other zones, all layouts tell it
        where = f" from {file.market}" if file.market else ""
        notes.append(Note(f"times of {file.security}{where} are taken as {zone}", "--time-zone"))
    # Flags of conditions are those of US stocks.
    is_stock = file.security in (None, "equity") and file.market in (None, "usa")
    vocabulary = layout.vocabulary if is_stock else "other"
    source = "QuantConnect: LEAN data format" if file.is_documented else ""
    layout = replace(layout, zone=zone, scale=scale, vocabulary=vocabulary, source=source)
    return LeanLayout(file, layout, notes)


def _is_scaled(file: LeanFile, layout: Layout, rows: Sequence[Sequence[str]], notes: list[Note]) -> bool:
    """Whether prices are integers of 1/10,000. Where the names don't tell it, the prices do."""
    prices = _prices(layout, rows)
    whole = all(_is_whole(price) for price in prices)
    if file.is_scaled is not None and file.market != "india":
        if file.is_scaled and any(map(_has_fraction, prices)) and all(map(_is_below_one, prices)):
            notes.append(
                Note("prices are taken as they are: they have decimals, and would all be below 1", "--price-scale")
            )
            return False
        if file.security in _ONCE_SCALED and whole and all(int(price) >= _HUGE for price in prices) and prices:
            early = "early versions of Lean wrote those of futures as integers of 1/10,000"
            notes.append(Note(f"prices are taken as they are; {early}", "--price-scale"))
        return file.is_scaled
    if file.market == "india":
        scaled = bool(file.is_scaled) and whole and bool(prices) and _are_ticks(prices)
        notes.append(Note(f"prices are {_words(scaled)}, by their values", "--price-scale"))
        return scaled
    scaled, why = by_values(prices, file.symbol)
    missing = "no folder tells the security, such as equity/usa/minute/spy"
    notes.append(Note(f"prices are {_words(scaled)}: {missing}, but {why}", "--price-scale"))
    return scaled


def by_values(prices: Sequence[str], symbol: str = "") -> tuple[bool, str]:
    """Whether prices are integers of 1/10,000 by their values alone, and the evidence, as a sentence.

    They are if all are whole, none is below 1 dollar, and nine of ten are multiples of half a cent; but not those of a
    pair of currencies, such as BTCJPY, which may be whole too.
    """
    sides = [price for price in prices if price.strip("0")]  # a side of a quote that is 0 is empty
    if not sides or not all(map(_is_whole, sides)):
        return False, "they have decimals"
    if _PAIR.fullmatch(symbol):
        return False, f"{symbol} is a pair of currencies"
    if any(int(price) < SCALE for price in sides):
        return False, "some would be below 1"
    if sum(int(price) % _HALF_CENT == 0 for price in sides) < _MOST * len(sides):
        return False, "they would not be whole cents"
    return True, "all are whole, and would be cents of a dollar or more"


def by_form(layout: Layout, rows: Sequence[Sequence[str]]) -> tuple[Layout, tuple[Note, ...]]:
    """The layout of a file with the form of Lean's rows and another program's names, and what is assumed."""
    scaled, why = by_values(_prices(layout, rows))
    note = Note(f"prices are {_words(scaled)}: the rows have the form of QuantConnect Lean, and {why}", "--price-scale")
    return layout if scaled else replace(layout, scale=1.0, zone=None), (note,)


def _words(scaled: bool) -> str:
    return f"divided by {SCALE:,.0f}" if scaled else "taken as they are"


def _prices(layout: Layout, rows: Sequence[Sequence[str]]) -> list[str]:
    places = [at for role, at in layout.columns.items() if role in _PRICES and isinstance(at, int)]
    return [row[at].strip() for row in rows for at in places if at < len(row) and row[at].strip()]


def _is_whole(price: str) -> bool:
    return price.lstrip("-").isdecimal()


def _has_fraction(price: str) -> bool:
    """Whether a price is no integer: ``184.25``, but not ``1842500.0``."""
    whole, _, part = price.lstrip("-").partition(".")
    return whole.isdecimal() and part.isdecimal() and bool(part.strip("0"))


def _is_below_one(price: str) -> bool:
    """Whether a price would be below 1 if it counted 1/10,000."""
    try:
        return float(price) < SCALE
    except ValueError:
        return True


def _are_ticks(prices: Sequence[str]) -> bool:
    return all(int(price) % _INDIAN_TICK == 0 for price in prices if _is_whole(price))
