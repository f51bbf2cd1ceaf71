"""A block's rows as columns: what splitting gives and reading takes. No file, no layout, no meaning."""

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
    """A column of n numbers: NaN where the field is empty or its text is no finite number."""

    values: Floats
    empty: Mask
    wrong: Mask


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """A column of n names: each row's place in a list of distinct texts, which may have some that no row has."""

    places: Places
    names: list[str]


#: How a column may come: as it stands in the file, as ASCII of one width, or with its meaning known already.
Column = Words | Bytes | Numbers | Names | Timestamps


class MalformedLine(NamedTuple):
    """A line that is no row of the file."""

    line: int
    reason: str


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n rows, their lines, and the lines that are no rows. ``columns`` are by place in the row, those wanted only.

    ``text`` gives what stands in the file at a row (from 0) and a place: for complaints.
    """

    lines: Lines
    malformed: list[MalformedLine]
    columns: Mapping[int, Column]
    text: Callable[[int, int], str]


@dataclass(frozen=True, slots=True)
class Shape:
    """What splitting has to know: how many fields a row has, what parts them, and which columns are wanted as what."""

    width: int
    delimiter: str
    decimal: str
    #: By place in the row.
    stamps: frozenset[int]
    names: frozenset[int]
    numbers: frozenset[int]

    @property
    def wanted(self) -> list[int]:
        return sorted(self.stamps | self.names | self.numbers)
