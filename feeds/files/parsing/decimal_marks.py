"""Whether the commas and points in a file's numbers are decimal marks or separate thousands, column by column.

``1,234.50``, ``1,234,567`` and ``1,31,655`` have a decimal point, ``184,22``, ``0,144`` and ``1.234,50`` a decimal
comma. ``1,234`` may be either, and is left to the other texts of its column, the columns beside it, and the values.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from feeds.files.parsing.numbers import Mark, number

#: Readings of ``1,234`` differ by 1,000. Neighbouring prices differ by less than its root.
_FAR: Final = math.sqrt(1000)
#: Columns that aren't read tell the decimal mark by such texts only: ``12,37`` may be two sale conditions.
_TELLING = re.compile(r"[-+(]?0[.,]\d.*|.*%", re.DOTALL)


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

    def add(self, line: int, text: str) -> None:
        """Take a text into account. Texts that are no numbers are left out."""
        if "," not in text and "." not in text:
            return
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
    """How far the prices of a row, and of a symbol's successive rows, are apart at most, by each reading."""

    worst: dict[Mark, float] = field(default_factory=lambda: {".": 1.0, ",": 1.0})
    _last: dict[tuple[str, Mark, int], float] = field(default_factory=dict)

    def add(self, symbol: str, places: Sequence[int], texts: Sequence[str]) -> None:
        """Take the prices of a row into account."""
        for mark in self.worst:
            values = [number(text, mark) for text in texts]
            found = [value for value in values if value > 0]
            if len(found) > 1:
                self.worst[mark] = max(self.worst[mark], max(found) / min(found))
            for place, value in zip(places, values, strict=True):
                if value > 0:
                    last = self._last.get((symbol, mark, place), value)
                    self._last[symbol, mark, place] = value
                    self.worst[mark] = max(self.worst[mark], last / value, value / last)

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

    def add(self, line: int, fields: Sequence[str], symbol: str) -> None:
        """Take a row into account."""
        for place, evidence in self.read.items():
            evidence.add(line, fields[place].strip())
        for place, evidence in self.others.items():
            text = fields[place].strip()
            if _TELLING.fullmatch(text):
                evidence.add(line, text)
        for places in self.prices:
            self.spread.add(symbol, places, [fields[place].strip() for place in places])


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
    for place, evidence in read.items():
        if marks[place] is None and not (evidence.point and evidence.comma):
            marks[place] = common or ("." if evidence.either is None else None)
    return marks


def _common(marks: Iterable[Mark | None]) -> Mark | None:
    """The only mark among ``marks``."""
    found = {mark for mark in marks if mark is not None}
    return found.pop() if len(found) == 1 else None
