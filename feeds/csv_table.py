"""A block's rows as columns, by role: what splitting gives and reading takes. No pandas, no file."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from feeds.refusals import Refusal
from feeds.stamps import Texts
from ticker.model import Floats, Stamps

Lines = npt.NDArray[np.int64]
Places = npt.NDArray[np.intp]


class TextNeeded(Exception):  # noqa: N818 - a request, no error: it never leaves the reading
    """A row of typed columns is to be refused, and the complaint needs what the file says: split it as text."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """n rows and their lines, and the refusals of lines that are no rows. Each column of the layout is in one of these:

    ``texts``    as it stands in the file;
    ``numbers``  as floats, where all fields are numbers or empty (NaN);
    ``stamps``   the time stamps as integers, where all fields are just digits;
    ``names``    the symbols: each row's place in a list of distinct texts.
    """

    lines: Lines
    refused: list[Refusal]
    texts: dict[str, Texts]
    numbers: dict[str, Floats] = field(default_factory=dict)
    stamps: Stamps | None = None
    names: tuple[Places, list[str]] | None = None

    @property
    def typed(self) -> bool:
        return bool(self.numbers)
