"""Checks the values of a block of rows, column by column: prices, sizes and symbols."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from feeds.files.chunk import UNCHANGED
from feeds.files.parsing.dates import Mask
from feeds.files.parsing.numbers import means_none
from feeds.files.parsing.table import Column, Names, Numbers, Rows
from feeds.files.recognition.plan import Plan
from feeds.files.report import Complaint, excerpt
from ticker.model import Floats, is_symbol

#: Prices beyond these are refused: from 1e15 on float64 has no digits left for cents, and no token's smallest unit is
#: below 1e-18.
MAX_PRICE: Final = 1e15
MIN_PRICE: Final = 1e-18
_MAX_RATIO: Final = 1e6
#: ``4:1`` or ``4/1``.
_RATIO: Final = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)\s*[:/]\s*(\d{1,6}(?:\.\d{1,6})?)", re.ASCII)
MAX_SIZE: Final = 1e24
#: Highs and lows that are off by this share of the price are the vendor's rounding.
ROUNDING: Final = 1e-9
#: From here on float64 can't represent every integer.
_EXACT: Final = 2.0**53
#: Databento's value for an undefined price.
_UNDEFINED: Final = 2.0**63
_UNDEFINED_SCALE: Final = 1e9

NOT_A_PRICE: Final = "not a price"
NOT_POSITIVE: Final = "not a price above zero; --allow-negative accepts it"
NOT_A_SIZE: Final = "not a size"
NOT_A_SPLIT: Final = "not a split ratio"
NOT_A_SYMBOL: Final = "not a symbol"
#: What programs write for a missing text. NAN and NA in capitals are symbols.
_NO_SYMBOLS: Final = frozenset(
    {"nan", "NaN", "null", "NULL", "Null", "none", "None", "<NA>", "N/A", "#N/A", "n/a", "NaT"}
)


class _Refused(NamedTuple):
    rows: npt.NDArray[np.intp]
    reason: str
    place: int | None


class Check:
    """The rows that are still good, and the first fault of each refused row."""

    def __init__(self, rows: Rows, plan: Plan, *, allow_negative: bool = False) -> None:
        self.good: Mask = np.ones(len(rows.lines), np.bool_)
        self.refused: list[_Refused] = []
        #: What was put right: sentences for a person.
        self.notes: list[str] = []
        #: Bars whose high or low was off by rounding.
        self.rounded = 0
        self._allow_negative = allow_negative
        self._rows = rows
        self._plan = plan

    def refuse(self, wrong: Mask, reason: str, place: int | None = None) -> None:
        """Refuse the good rows among ``wrong`` for a fault in the column at ``place``."""
        wrong = wrong & self.good
        if wrong.any():
            self.refused.append(_Refused(np.flatnonzero(wrong), reason, place))
            self.good &= ~wrong

    def numbers(self, place: int | None) -> Numbers:
        """The numbers of a column; all empty if the file doesn't have it."""
        if place is None:
            count = len(self._rows.lines)
            return Numbers(np.full(count, np.nan), np.ones(count, np.bool_), np.zeros(count, np.bool_))
        column = self._rows.columns[place]
        if isinstance(column, Numbers):
            return column
        raise TypeError(f"a column of numbers is a {type(column).__name__}")

    def prices(self, place: int | None) -> Numbers:
        """Scaled prices. An undefined price is empty."""
        found = self.numbers(place)
        values, scale = found.values, self._plan.scale
        empty = found.empty
        if place is None:
            return found
        if self._plan.has_undefined:
            undefined = values >= _UNDEFINED if scale != 1 else values == _UNDEFINED / _UNDEFINED_SCALE
            if undefined.any():
                empty = empty | undefined
                values = np.where(undefined, np.nan, values)
        if scale != 1:
            scaled = values / scale
            for row in np.flatnonzero(np.abs(values) >= _EXACT).tolist():
                scaled[row] = self._exact(row, place, scale, scaled[row])
            values = scaled
        return Numbers(values, empty, found.wrong)

    def _exact(self, row: int, place: int, scale: float, value: float) -> float:
        text = self._rows.text(row, place)
        return int(text) / int(scale) if text.isdecimal() and text.isascii() and scale == int(scale) else value

    def sizes(self, place: int | None) -> Floats:
        """Sizes of 0 or more; an empty one is 0 (unknown), and so is -1 unless other sizes are negative too."""
        sizes = self.numbers(place)
        below = sizes.values < 0
        wrong = sizes.wrong | below | (sizes.values > MAX_SIZE)
        if place is not None and wrong.any():
            if below.any() and (sizes.values[below] == -1).all():
                wrong &= ~below
                sizes = Numbers(np.where(below, np.nan, sizes.values), sizes.empty | below, sizes.wrong)
                self.notes.append("sizes of -1 are taken as unknown")
            for row in np.flatnonzero(wrong & np.isnan(sizes.values)).tolist():
                wrong[row] = not means_none(self._rows.text(row, place))
            self.refuse(wrong, NOT_A_SIZE, place)
        return np.where(np.isnan(sizes.values), 0.0, sizes.values)

    def refuse_prices(self, found: Numbers, place: int, mask: Mask, *, zero: bool = False) -> None:
        """Refuse the rows of ``mask`` whose price is none, and without ``allow_negative`` those of 0 or below.

        With ``zero`` a price may be empty or 0.
        """
        wrong = found.wrong | absurd(found.values)
        if not zero:
            wrong |= found.empty
        self.refuse(mask & wrong, NOT_A_PRICE, place)
        low = self.is_low(found.values)
        self.refuse(mask & (low & (found.values != 0) if zero else low), NOT_POSITIVE, place)

    def is_low(self, prices: Floats) -> Mask:
        """The prices of 0 or below that aren't allowed."""
        return prices <= 0 if not self._allow_negative else np.zeros(len(prices), np.bool_)

    def is_none(self, prices: Floats, sizes: Floats) -> Mask:
        """Where there is no price beside other prices: NaN, or 0 (with ``allow_negative``, 0 without a size)."""
        none: Mask = np.isnan(prices) | (prices == 0)
        if self._allow_negative:
            none &= np.isnan(prices) | ~(sizes > 0)
        return none

    def splits(self, place: int | None) -> Floats:
        """Ratios of splits, 1 where there is none: in rows of 1, or where the column is empty or 0.

        A column whose rows without a split have 1 has no 0.
        """
        found = self.numbers(place)
        ratios, wrong = found.values.copy(), found.wrong | (found.values < 0) | (found.values > _MAX_RATIO)
        if place is None:
            return np.ones(len(ratios))
        zero = ratios == 0
        if zero.sum() < (ratios == 1).sum():
            wrong |= zero
        for row in np.flatnonzero(found.wrong).tolist():
            text = self._rows.text(row, place)
            match = _RATIO.fullmatch(text.strip())
            if match is not None and float(match[1]) > 0 and float(match[2]) > 0:
                ratios[row], wrong[row] = float(match[1]) / float(match[2]), False
            else:
                wrong[row] = not means_none(text)
        if wrong.any():
            self.refuse(wrong, NOT_A_SPLIT, place)
        return np.where(np.isnan(ratios) | (ratios <= 0), 1.0, ratios)

    def side(self, role: str, columns: Mapping[str, int], *, one_sided: bool) -> tuple[Floats, Floats, Mask]:
        """A side of the quotes: prices, sizes (both NaN where there is no price), and the rows that state a side.

        Both an empty price and 0 mean that there is none; an empty one alone doesn't make the row a quote.
        """
        place = columns.get(role)
        prices = self.prices(place)
        if place is not None:
            self.refuse_prices(prices, place, self.good, zero=True)
        sizes = self.sizes(columns.get(f"{role}_size"))
        none = self.is_none(prices.values, sizes)
        missing = UNCHANGED if one_sided else np.nan
        stated = ~none if one_sided else ~prices.empty
        return np.where(none, np.nan, prices.values), np.where(none, missing, sizes), stated

    def names(self, place: int) -> Names:
        """The rows' symbols; the list of names contains those of refused rows too."""
        names = _names(self._rows.columns[place])
        names = Names(names.places, [str(name).strip() for name in names.names])
        wrong = np.array([not is_symbol(name) or name in _NO_SYMBOLS for name in names.names], np.bool_)
        if wrong.any():
            self.refuse(wrong[names.places], NOT_A_SYMBOL, place)
        return names

    def means_none(self, found: Numbers, place: int) -> Mask:
        """The rows of a wide file whose cell is a word for "no value"."""
        none = np.zeros(len(found.values), np.bool_)
        for row in np.flatnonzero(found.wrong & np.isnan(found.values)).tolist():
            text = self._rows.text(row, place)
            none[row] = means_none(text)
        return none

    def column(self, place: int) -> Column:
        return self._rows.columns[place]

    def texts(self, place: int) -> Names:
        """The texts of a column of names."""
        names = _names(self._rows.columns[place])
        return Names(names.places, [str(name).strip() for name in names.names])

    def one_of(self, place: int, texts: frozenset[str]) -> Mask:
        names = _names(self._rows.columns[place])
        fitting = np.array([str(name).strip() in texts for name in names.names], np.bool_)
        found: Mask = fitting[names.places] if len(fitting) else np.zeros(0, np.bool_)
        return found

    def forget_sizes(self, before: Mask, mask: Mask, place: int | None) -> None:
        """Undo refusals for a size outside ``mask``; ``before`` are the rows that were good before."""
        self.good = np.where(mask, self.good, before)
        kept = [
            each
            if each.place != place or each.reason != NOT_A_SIZE
            else _Refused(each.rows[mask[each.rows]], each.reason, place)
            for each in self.refused
        ]
        self.refused = [each for each in kept if len(each.rows)]

    def complaints(self, wanted: int) -> list[Complaint]:
        """The first ``wanted`` of each reason."""
        found = []
        for rows, reason, place in self.refused:
            for row in rows[:wanted].tolist():
                column = None if place is None else self._plan.names[place]
                text = None if place is None else excerpt(self._rows.text(row, place))
                found.append(Complaint(line=int(self._rows.lines[row]), column=column, text=text, reason=reason))
        return found


def absurd(values: Floats) -> Mask:
    """The values other than 0 that can't be prices: too large or too small."""
    with np.errstate(invalid="ignore"):
        size = np.abs(values)
        absurd: Mask = ((size < MIN_PRICE) & (values != 0)) | (size > MAX_PRICE)
    return absurd


def _names(column: Column) -> Names:
    if isinstance(column, Names):
        return column
    if isinstance(column, np.ndarray):
        import pandas as pd

        places, found = pd.factorize(column.astype(object))
        return Names(places, list(found))
    raise TypeError(f"a column of names is a {type(column).__name__}")
