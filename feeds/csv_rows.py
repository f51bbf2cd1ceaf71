"""Rows of text into ticks and bars: which numbers they are, and which rows can't be.

Every rule about what a good row is stands here. It knows no file, no order in time and no pace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from feeds.csv_layout import Layout
from feeds.csv_table import Places, Rows, TextNeeded
from feeds.refusals import Refusal, shown
from feeds.stamps import Texts, epoch_stamps, read_stamps
from ticker.model import NO_QUOTES, Floats, Ints, Quotes, Stamps, SymbolTable, Trades, is_symbol

Mask = npt.NDArray[np.bool_]

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

    values: Floats
    empty: Mask
    wrong: Mask


class _Check:
    """Which rows still stand, and why the others don't: the first thing wrong, column by column."""

    def __init__(self, rows: Rows, layout: Layout) -> None:
        self.good: Mask = np.ones(len(rows.lines), np.bool_)
        self.refused: list[Refusal] = []
        self._rows = rows
        self._layout = layout

    def refuse(self, wrong: Mask, reason: str, role: str | None = None) -> None:
        """Refuse the rows in ``wrong`` that still stand, for ``reason``, found in the column of ``role``.

        Raises ``TextNeeded`` where the complaint is to show what the file says and only its number is known.
        """
        for row in np.flatnonzero(wrong & self.good):
            what = reason
            if role is not None:
                texts = self._rows.texts.get(role)
                if texts is None:
                    raise TextNeeded
                what = f"column {self._layout.names[role]!r}: {shown(texts[row])} is {reason}"
            self.refused.append(Refusal(int(self._rows.lines[row]), reason, what))
        self.good &= ~wrong

    def stamps(self) -> Stamps:
        rows = self._rows
        stamps = read_stamps(rows.texts["timestamp"]) if rows.stamps is None else epoch_stamps(rows.stamps)
        self.refuse(stamps <= 0, "not a time stamp", "timestamp")
        return stamps

    def numbers(self, role: str) -> Numbers:
        """The numbers of a column; a column that the file doesn't have is all empty."""
        rows = self._rows
        if role in rows.texts:
            return read_numbers(rows.texts[role])
        values = rows.numbers.get(role)
        if values is None:
            values = np.full(len(rows.lines), np.nan)
        return Numbers(values, np.isnan(values), np.isinf(values))

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

    def symbols(self) -> tuple[Places, list[str]]:
        """Each row's place in a list of names, which has those of refused rows, too."""
        if self._rows.names is None:
            import pandas as pd

            places, found = pd.factorize(self._rows.texts["symbol"])
            texts = list(found)
        else:
            places, texts = self._rows.names
        names = [str(text).strip() for text in texts]
        wrong = np.array([not is_symbol(name) for name in names], np.bool_)
        self.refuse(wrong[places], "not a symbol", "symbol")
        return places, names

    def codes(self, places: Places, names: list[str], table: SymbolTable) -> Ints:
        """The codes of the rows that stand; only their names enter the table."""
        codes = np.full(len(names), -1, np.int32)
        used = np.zeros(len(names), np.bool_)
        used[places[self.good]] = True
        for place in np.flatnonzero(used):
            codes[place] = table.code(names[place])
        mine: Ints = codes[places][self.good]
        return mine


def read_ticks(rows: Rows, layout: Layout, table: SymbolTable) -> tuple[Trades, Quotes, list[Refusal]]:
    """The trades and quotes in ``rows``, in the file's order, and the rows refused. A row may carry both.

    Raises ``TextNeeded`` (and changes nothing) if ``rows`` are typed and one of them is to be refused.
    """
    check = _Check(rows, layout)
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
    """The bars in ``rows``, in the file's order, and the rows refused. Raises ``TextNeeded`` as ``read_ticks`` does."""
    check = _Check(rows, layout)
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
    return Numbers(values, empty, ~(np.isfinite(values) | empty))


def _number(text: str) -> float:
    if text.isascii() and "_" not in text:
        try:
            return float(text)
        except ValueError:
            pass
    return float("nan")
