"""Checks the values of a block of rows, column by column: prices, sizes and symbols."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from feeds.files.chunk import UNCHANGED
from feeds.files.parsing.dates import Mask
from feeds.files.parsing.numbers import means_none, read_numbers
from feeds.files.parsing.table import Column, Names, Numbers, Rows
from feeds.files.recognition.plan import Plan
from feeds.files.report import Complaint, excerpt
from ticker.model import Floats, is_symbol

#: Prices beyond these are refused: nothing trades there, and float64 has no digits left for cents.
MAX_PRICE: Final = 1e10
MIN_PRICE: Final = 1e-10
MAX_SIZE: Final = 1e18
#: From here on float64 can't represent every integer.
_EXACT: Final = 2.0**53
#: Databento's value for an undefined price.
_UNDEFINED: Final = 2.0**63

NOT_A_PRICE: Final = "not a price"
NOT_A_SIZE: Final = "not a size"
NOT_A_SYMBOL: Final = "not a symbol"


class _Refused(NamedTuple):
    rows: npt.NDArray[np.intp]
    reason: str
    place: int | None


class Check:
    """The rows that are still good, and the first fault of each refused row."""

    def __init__(self, rows: Rows, plan: Plan, decimal: str) -> None:
        self.good: Mask = np.ones(len(rows.lines), np.bool_)
        self.refused: list[_Refused] = []
        self._rows = rows
        self._plan = plan
        self._decimal = decimal

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
        if isinstance(column, np.ndarray):
            return read_numbers(column.astype(object), self._decimal)
        raise TypeError(f"a column of numbers is a {type(column).__name__}")

    def prices(self, place: int | None) -> Numbers:
        """Scaled prices. An undefined price is empty."""
        found = self.numbers(place)
        values, scale = found.values, self._plan.scale
        empty = found.empty
        if place is None:
            return found
        if self._plan.has_undefined and scale != 1:
            undefined = values >= _UNDEFINED
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
        """Sizes of 0 or more; an empty one is 0 (unknown)."""
        sizes = self.numbers(place)
        wrong = sizes.wrong | (sizes.values < 0) | (sizes.values > MAX_SIZE)
        if place is not None and wrong.any():
            for row in np.flatnonzero(wrong & np.isnan(sizes.values)).tolist():
                wrong[row] = not means_none(self._rows.text(row, place))
            self.refuse(wrong, NOT_A_SIZE, place)
        return np.where(np.isnan(sizes.values), 0.0, sizes.values)

    def side(self, role: str, columns: Mapping[str, int], *, one_sided: bool) -> tuple[Floats, Floats, Mask]:
        """A side of the quotes: prices, sizes (both NaN where there is no price), and the rows that state a side.

        Both an empty price and 0 mean that there is none; an empty one alone doesn't make the row a quote.
        """
        place = columns.get(role)
        prices = self.prices(place)
        if place is not None:
            self.refuse(prices.wrong | absurd(prices.values, zero=True), NOT_A_PRICE, place)
        sizes = self.sizes(columns.get(f"{role}_size"))
        none = ~(prices.values > 0)
        missing = UNCHANGED if one_sided else np.nan
        stated = ~none if one_sided else ~prices.empty
        return np.where(none, np.nan, prices.values), np.where(none, missing, sizes), stated

    def names(self, place: int) -> Names:
        """The rows' symbols; the list of names contains those of refused rows too."""
        names = _names(self._rows.columns[place])
        names = Names(names.places, [str(name).strip() for name in names.names])
        wrong = np.array([not is_symbol(name) for name in names.names], np.bool_)
        if wrong.any():
            self.refuse(wrong[names.places], NOT_A_SYMBOL, place)
        return names

    def means_none(self, found: Numbers, place: int) -> Mask:
        """The rows of a wide file whose cell is a word for "no value"."""
        none = np.zeros(len(found.values), np.bool_)
        for row in np.flatnonzero(found.wrong & np.isnan(found.values)).tolist():
            text = self._rows.text(row, place)
            none[row] = means_none(text) or text.lower() in ("nan", "na")
        return none

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


def absurd(values: Floats, *, zero: bool = False) -> Mask:
    """The values that can't be prices: negative, too large, too small, or 0 (allowed with ``zero``: no price)."""
    with np.errstate(invalid="ignore"):
        small = values < MIN_PRICE
        if zero:
            small &= values != 0
        absurd: Mask = small | (values > MAX_PRICE)
    return absurd


def _names(column: Column) -> Names:
    if isinstance(column, Names):
        return column
    if isinstance(column, np.ndarray):
        import pandas as pd

        places, found = pd.factorize(column.astype(object))
        return Names(places, list(found))
    raise TypeError(f"a column of names is a {type(column).__name__}")
