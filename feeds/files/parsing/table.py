"""A block's rows as columns: the result of splitting."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.dates import Mask
from feeds.files.parsing.timestamps import Texts as Bytes
from feeds.files.parsing.timestamps import Timestamps
from ticker.model import Floats

Lines = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]
Words = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True, eq=False)
class Numbers:
    """A column of numbers: NaN where the field is empty or no finite number."""

    values: Floats
    empty: Mask
    wrong: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """A column of names: each row's index into a list of distinct texts, of which some may be unused."""

    places: Places
    names: list[str]


#: A column: texts, ASCII of one width, or parsed values.
Column = Words | Bytes | Numbers | Names | Timestamps


class MalformedLine(NamedTuple):
    """A line that is no row, and why."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Rows with their line numbers, and the malformed lines. ``columns`` has the wanted columns by place.

    ``text`` returns the text of a row (from 0) and a place, for complaints.
    """

    lines: Lines
    malformed: list[MalformedLine]
    columns: Mapping[int, Column]
    text: Callable[[int, int], str]
    #: Rows that ended with more delimiters than the others, which are left out.
    trimmed: int = 0


@dataclass(frozen=True, slots=True)
class Shape:
    """What splitting needs: the number of fields, the delimiter, and the wanted columns by type."""

    width: int
    delimiter: str
    #: The decimal mark of numbers that don't stay texts.
    decimal: str
    #: By place in the row; ``stamps`` with ids of trades, which are bytes too.
    stamps: frozenset[int]
    names: frozenset[int]
    numbers: frozenset[int]
    #: Those of ``numbers`` that stay texts: pandas doesn't read ``1,234.50`` or ``$174.10``.
    texts: frozenset[int] = frozenset()

    @property
    def wanted(self) -> list[int]:
        return sorted(self.stamps | self.names | self.numbers)
