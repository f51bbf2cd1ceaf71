"""Types of the market's arrays, and growing arrays that have an element per row of the board."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
import numpy.typing as npt

Rows = npt.NDArray[np.intp]
Stamps = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
T = TypeVar("T", bound=np.generic)

# numpy loads a part of itself at the first call. Later there may be no file descriptor for it.
np.unique(np.zeros(1, np.int64))


def grown(column: npt.NDArray[T], rows: int, fill: float = 0) -> npt.NDArray[T]:
    """The column with room for at least ``rows`` rows. It doubles, so that growing row by row is cheap."""
    have = len(column)
    if have >= rows:
        return column
    return np.concatenate((column, np.full((max(64, rows, 2 * have) - have, *column.shape[1:]), fill, column.dtype)))
