"""Whether the commas and points in a file's numbers are decimal marks or separate thousands, column by column.

``1,234.50``, ``1,234,567`` and ``1,31,655`` have a decimal point, ``184,22``, ``0,144`` and ``1.234,50`` a decimal
comma. ``1,234`` may be either, and is left to the other texts of its column, the columns beside it, and the values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np
import pandas as pd

from feeds.files.parsing.numbers import Mark, number, read_numbers
from ticker.model import Floats

#: Readings of ``1,234`` differ by 1,000. Neighbouring prices differ by less than its root.
_FAR: Final = math.log(1000) / 2
#: Columns that aren't read tell the decimal mark by such texts only: ``12,37`` may be two sale conditions.
_TELLING = re.compile(r"[-+(]?0[.,]\d.*|.*%", re.DOTALL)


#: Many lines of whole numbers and of numbers that may be two; and of numbers with points.
_OPEN = re.compile(r"(?:(?:\d+|[1-9]\d{0,2},\d{3})?\n)*+", re.ASCII)
_POINTS = re.compile(r"(?:(?:\d*\.)?\d*\n)*+", re.ASCII)


class Example(NamedTuple):
    """A text in a file."""

    line: int
    text: str


@dataclass(slots=True)
class Evidence:
    """The first text of a column that can only have a decimal point, or a decimal comma, or that may have either."""

    point: Example | None = None
    comma: Example | None = None
    either: Example | None = None
    #: ``1.234``, a decimal point unless other texts have decimal commas.
    pointed: Example | None = None

    def add(self, lines: Sequence[int], texts: Sequence[str]) -> None:
        """Take texts into account. Those that are no numbers are left out."""
        joined = "\n".join(texts) + "\n"
        if _OPEN.fullmatch(joined):
            if self.either is None and "," in joined:
                self.either = next(Example(*each) for each in zip(lines, texts, strict=True) if "," in each[1])
        elif not (self.point and self.pointed and _POINTS.fullmatch(joined)):
            for line, text in zip(lines, texts, strict=True):
                if "," in text or "." in text:
                    self._add(line, text)

    def _add(self, line: int, text: str) -> None:
        with_point, with_comma = (not math.isnan(number(text, mark)) for mark in (".", ","))
        if with_point and with_comma:
            if "," in text:
                self.either = self.either or Example(line, text)
            else:
                self.pointed = self.pointed or Example(line, text)
        elif with_point:
            self.point = self.point or Example(line, text)
        elif with_comma:
            self.comma = self.comma or Example(line, text)

    @property
    def mark(self) -> Mark | None:
        """What the column's own texts say; None if they leave it open or contradict each other."""
        if (self.point is None) == (self.comma is None):
            return None
        return "." if self.point is not None else ","


@dataclass(slots=True)
class Spread:
    """How far the prices of a row, and of a symbol's successive rows, are apart at most, by each reading.

    As the logarithm of their ratio.
    """

    worst: dict[Mark, float] = field(default_factory=lambda: {".": 0.0, ",": 0.0})
    _last: dict[tuple[str, Mark, int], float] = field(default_factory=dict)

    def add(self, symbols: Sequence[str], columns: Mapping[int, Sequence[str]]) -> None:
        """Take the prices of rows into account."""
        for mark in self.worst:
            logs = {place: _logs(texts, mark) for place, texts in columns.items()}
            rows = np.column_stack([*logs.values()])
            known = ~np.isnan(rows).all(axis=1)
            if known.any():
                apart = np.nanmax(rows[known], axis=1) - np.nanmin(rows[known], axis=1)
                self.worst[mark] = max(self.worst[mark], float(apart.max()))
            for place, values in logs.items():
                for symbol, mine in _by_symbol(symbols, values):
                    last = self._last.get((symbol, mark, place), float(mine[0]))
                    steps = np.abs(np.diff(mine, prepend=last))
                    self.worst[mark] = max(self.worst[mark], float(steps.max()))
                    self._last[symbol, mark, place] = float(mine[-1])

    @property
    def mark(self) -> Mark | None:
        """The only reading in which prices are near each other; None if there is no such one."""
        near = [mark for mark, worst in self.worst.items() if worst < _FAR]
        return near[0] if len(near) == 1 else None


@dataclass(slots=True)
class Columns:
    """The evidence in some rows of a file: of the columns that are read, of all others, and of the prices' values.

    ``prices`` are the price columns of each symbol in a row.
    """

    read: dict[int, Evidence]
    others: dict[int, Evidence]
    prices: Sequence[Sequence[int]]
    spread: Spread = field(default_factory=Spread)

    def add(self, lines: Sequence[int], columns: Mapping[int, Sequence[str]], symbols: Sequence[str]) -> None:
        """Take rows into account: the stripped texts of all columns, and what tells the symbols of rows apart."""
        for place, evidence in self.read.items():
            evidence.add(lines, columns[place])
        for place, evidence in self.others.items():
            telling = [each for each in zip(lines, columns[place], strict=True) if _TELLING.fullmatch(each[1])]
            if telling:
                evidence.add(*zip(*telling, strict=True))
        for places in self.prices:
            if places:
                self.spread.add(symbols, {place: columns[place] for place in places})


def decide(columns: Columns, *, by_values: bool, usual: Mark | None = None) -> dict[int, Mark | None]:
    """The decimal mark of each column that is read; None where the rows leave it open.

    A column's own texts decide; then those of the other prices, of all columns that are read, and of the others; then
    the values of the prices (with ``by_values``); then ``usual``, the mark that files of this form have.
    """
    read = columns.read
    marks: dict[int, Mark | None] = {place: evidence.mark for place, evidence in read.items()}
    common = _common(marks[place] for places in columns.prices for place in places)
    common = common or _common(marks.values()) or _common(each.mark for each in columns.others.values())
    if common is None and not any(marks.values()) and any(evidence.either for evidence in read.values()):
        common = (columns.spread.mark if by_values else None) or usual
    # 875 and 1.000: as decimals they would be far apart.
    doubtful = common is None and not any(marks.values()) and columns.spread.mark == ","
    for place, evidence in read.items():
        if marks[place] is None and not (evidence.point and evidence.comma):
            is_open = evidence.either is not None or (doubtful and evidence.pointed is not None)
            marks[place] = common or (None if is_open else ".")
    return marks


def _common(marks: Iterable[Mark | None]) -> Mark | None:
    """The only mark among ``marks``."""
    found = {mark for mark in marks if mark is not None}
    return found.pop() if len(found) == 1 else None


def _logs(texts: Sequence[str], mark: Mark) -> Floats:
    """The logarithms of prices; NaN for those that aren't above 0."""
    words = np.empty(len(texts), object)
    words[:] = texts
    values = read_numbers(words, mark).values
    return np.log(np.where(values > 0, values, np.nan))


def _by_symbol(symbols: Sequence[str], values: Floats) -> Iterator[tuple[str, Floats]]:
    """Each symbol's values in order, without NaN."""
    codes, names = pd.factorize(np.array(symbols, object))
    order = np.argsort(codes, kind="stable")
    order = order[~np.isnan(values[order])]
    if len(order):
        cuts = np.flatnonzero(np.diff(codes[order])) + 1
        for mine in np.split(order, cuts):
            yield str(names[codes[mine[0]]]), values[mine]
