"""Rows of text into ticks and bars: which numbers they are, and which rows can't be.

Every rule about what a good row is stands here. It knows no file, no order in time and no pace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from feeds.csv_layout import Layout
from feeds.csv_split import Lines, Rows, Texts
from feeds.refusals import Refusal, shown
from feeds.stamps import Mask, read_stamps
from ticker.model import NO_QUOTES, Floats, Ints, Quotes, Stamps, SymbolTable, Trades, is_symbol

_PRICES: Final = ("open", "high", "low", "close")


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """n bars: code, stamp (ns) of the bar's beginning, prices, volume (0 if it isn't known)."""

    symbol: Ints
    ts: Stamps
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of n numbers: NaN where the field is empty or its text is no finite number."""

    texts: Texts
    values: Floats
    empty: Mask
    wrong: Mask


class _Check:
    """Which rows still stand, and why the others don't: the first thing wrong, column by column."""

    def __init__(self, texts: Mapping[str, Texts], lines: Lines, names: Mapping[str, str]) -> None:
        self.good: Mask = np.ones(len(lines), np.bool_)
        self.refused: list[Refusal] = []
        self._texts = texts
        self._lines = lines
        self._names = names

    def refuse(self, wrong: Mask, reason: str, role: str | None = None) -> None:
        """Refuse the rows in ``wrong`` that still stand, for ``reason``, found in the column of ``role``."""
        for row in np.flatnonzero(wrong & self.good):
            what = reason
            if role is not None:
                what = f"column {self._names[role]!r}: {shown(self._texts[role][row])} is {reason}"
            self.refused.append(Refusal(int(self._lines[row]), reason, what))
        self.good &= ~wrong

    def stamps(self) -> Stamps:
        stamps, wrong = read_stamps(self._texts["timestamp"])
        self.refuse(wrong, "not a time stamp", "timestamp")
        return stamps

    def numbers(self, role: str) -> Numbers:
        """The numbers of a column; a column that the file doesn't have is all empty."""
        texts = self._texts.get(role)
        if texts is not None:
            return read_numbers(texts)
        count = len(self._lines)
        nothing = np.full(count, np.nan)
        return Numbers(np.full(count, "", object), nothing, np.ones(count, np.bool_), np.zeros(count, np.bool_))

    def sizes(self, role: str) -> Floats:
        """Sizes of 0 or more; an empty one is 0 (not known)."""
        sizes = self.numbers(role)
        self.refuse(sizes.wrong | (sizes.values < 0), "not a size", role)
        return np.where(sizes.empty, 0.0, sizes.values)

    def side(self, role: str) -> tuple[Floats, Floats, Mask]:
        """A side of the quote: price, size (both NaN where there is no price), and where the file says something.

        Both an empty price and 0 say that there is no price; only a 0 says it by itself.
        """
        prices = self.numbers(role)
        self.refuse(prices.wrong | (prices.values < 0), "not a price", role)
        sizes = self.sizes(f"{role}_size")
        none = ~(prices.values > 0)
        return np.where(none, np.nan, prices.values), np.where(none, np.nan, sizes), ~prices.empty

    def symbols(self) -> tuple[npt.NDArray[np.intp], list[str]]:
        """Each row's place in a list of names, which has those of refused rows, too."""
        import pandas as pd

        places, found = pd.factorize(self._texts["symbol"])
        names = [str(name).strip() for name in found]
        wrong = np.array([not is_symbol(name) for name in names], np.bool_)
        self.refuse(wrong[places], "not a symbol", "symbol")
        return places, names

    def codes(self, places: npt.NDArray[np.intp], names: list[str], table: SymbolTable) -> Ints:
        """The codes of the rows that stand; only their names enter the table."""
        codes = np.full(len(names), -1, np.int32)
        used = np.zeros(len(names), np.bool_)
        used[places[self.good]] = True
        for place in np.flatnonzero(used):
            codes[place] = table.code(names[place])
        mine: Ints = codes[places][self.good]
        return mine


def read_ticks(rows: Rows, layout: Layout, table: SymbolTable) -> tuple[Trades, Quotes, list[Refusal]]:
    """The trades and quotes in ``rows``, in the file's order, and the rows refused. A row may carry both."""
    check = _Check(rows.columns, rows.lines, layout.names)
    stamps = check.stamps()
    places, names = check.symbols()
    prices = check.numbers("price")
    check.refuse(prices.wrong | (prices.values <= 0), "not a price", "price")
    sizes = check.sizes("size")
    traded = ~prices.empty
    quoted = np.zeros(len(stamps), np.bool_)
    sides: tuple[Floats, ...] = ()
    if "bid" in layout.columns or "ask" in layout.columns:
        bid, bid_size, bid_said = check.side("bid")
        ask, ask_size, ask_said = check.side("ask")
        quoted = bid_said | ask_said
        sides = (bid, bid_size, ask, ask_size)
    check.refuse(~(traded | quoted), "neither a price nor a quote")
    good = check.good
    codes, stamps = check.codes(places, names, table), stamps[good]
    traded, quoted = traded[good], quoted[good]
    trades = Trades(codes[traded], stamps[traded], prices.values[good][traded], sizes[good][traded])
    quotes = NO_QUOTES
    if sides:
        quotes = Quotes(codes[quoted], stamps[quoted], *(side[good][quoted] for side in sides))
    return trades, quotes, check.refused


def read_bars(rows: Rows, layout: Layout, table: SymbolTable) -> tuple[Bars, list[Refusal]]:
    """The bars in ``rows``, in the file's order, and the rows refused."""
    check = _Check(rows.columns, rows.lines, layout.names)
    stamps = check.stamps()
    places, names = check.symbols()
    columns = {role: check.numbers(role) for role in _PRICES}
    check.refuse(np.logical_and.reduce([column.empty for column in columns.values()]), "a bar without prices")
    for role, column in columns.items():
        check.refuse(column.wrong | column.empty | (column.values <= 0), "not a price", role)
    prices = {role: column.values for role, column in columns.items()}
    ends = (prices["open"], prices["close"])
    check.refuse(prices["high"] < np.maximum(*ends), "not the highest price of its bar", "high")
    check.refuse(prices["low"] > np.minimum(*ends), "not the lowest price of its bar", "low")
    volume = check.sizes("volume")
    good = check.good
    codes = check.codes(places, names, table)
    opens, highs, lows, closes = (prices[role][good] for role in _PRICES)
    return Bars(codes, stamps[good], opens, highs, lows, closes, volume[good]), check.refused


def read_numbers(texts: Texts) -> Numbers:
    """The numbers that ``texts`` are, each the float64 nearest to what is written. No thousands separators."""
    empty: Mask = texts == ""
    joined = "".join(texts)
    try:
        if not joined.isascii() or "_" in joined:
            raise ValueError  # Python's float() takes both
        values = np.full(len(texts), np.nan)
        values[~empty] = texts[~empty].astype(np.float64)
    except ValueError:
        empty = np.array([not text.strip() for text in texts], np.bool_)
        values = np.array([_number(text) for text in texts], np.float64)
    return Numbers(texts, values, empty, ~(np.isfinite(values) | empty))


def _number(text: str) -> float:
    if text.isascii() and "_" not in text:
        try:
            return float(text)
        except ValueError:
            pass
    return float("nan")
