"""Parses columns of timestamps. Texts of one shape, that is equal with all digits as zeros, are parsed together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.timestamp_formats import NOTHING, Reading, parser_of
from ticker.model import Stamps

Texts = npt.NDArray[np.bytes_]

MAX_LENGTH: Final = 48

#: Up to this many shapes are found by comparing whole columns; texts of further shapes are grouped in a dict.
_FEW: Final = 16

_SHAPE_OF = np.arange(256, dtype=np.uint8)
_SHAPE_OF[ord("0") : ord("9") + 1] = ord("0")


@dataclass(frozen=True, slots=True, eq=False)
class Timestamps:
    """A parsed column. ``value`` is in ns: since 1970 UTC, since 1970 local time, or since midnight, by ``kind``.

    ``unit`` is the unit of an epoch number in ns, 0 for other texts.
    """

    value: Stamps
    kind: npt.NDArray[np.uint8]
    unit: Stamps


def as_texts(words: npt.NDArray[np.object_] | list[str]) -> Texts:
    """Texts as ASCII of one width; one that can't be a timestamp (too long, not ASCII) becomes empty."""
    kept = [word.strip() for word in words]
    joined = "".join(kept)
    if not joined.isascii() or "\0" in joined:
        kept = [word if word.isascii() and "\0" not in word else "" for word in kept]
    if max(map(len, kept), default=0) > MAX_LENGTH:
        kept = [word if len(word) <= MAX_LENGTH else "" for word in kept]
    return np.array(kept, np.bytes_)


def parse_timestamps(texts: Texts, reading: Reading, *, day_first: bool = False) -> Timestamps:
    """Parse ``texts`` as ``reading``. ``day_first``: 03/04/2024 is in April."""
    count, width = len(texts), texts.dtype.itemsize
    value, kind = np.zeros(count, np.int64), np.zeros(count, np.uint8)
    unit = np.zeros(count, np.int64)
    found = Timestamps(value, kind, unit)
    if not count or not width:
        return found
    letters = np.ascontiguousarray(texts).view(np.uint8).reshape(count, width)
    if _all_alike(letters):
        _put(found, slice(None), letters, bytes(shapes_of(letters[:1])[0]), reading, day_first)
        return found
    shapes = shapes_of(letters)
    left = np.arange(count)
    for _ in range(_FEW):
        first = shapes[left[0]]
        same = shapes[left] == first
        rows = left[same]
        _put(found, rows, letters[rows], first, reading, day_first)
        left = left[~same]
        if not len(left):
            return found
    others: dict[bytes, list[int]] = defaultdict(list)
    for row in left.tolist():
        others[bytes(shapes[row])].append(row)
    for shape, row_list in others.items():
        _put(found, np.array(row_list), letters[row_list], shape, reading, day_first)
    return found


def _all_alike(letters: npt.NDArray[np.uint8]) -> bool:
    """Whether all rows have the same shape."""
    columns = np.ascontiguousarray(letters.T)
    is_digit = _SHAPE_OF[letters[0]] == ord("0")
    others = columns[~is_digit]
    if not (others == others[:, :1]).all():
        return False
    return bool(((columns[is_digit] - np.uint8(ord("0"))) < 10).all())


def shapes_of(letters: npt.NDArray[np.uint8]) -> Texts:
    """The shape of each row."""
    shapes: Texts = _SHAPE_OF[letters].view(f"S{letters.shape[1]}")[:, 0]
    return shapes


def _put(
    found: Timestamps, rows: Any, letters: npt.NDArray[np.uint8], shape: bytes, reading: Reading, day_first: bool
) -> None:
    recipe = parser_of(shape, reading)
    if recipe is None:
        return
    value, good, kind, unit = recipe(np.ascontiguousarray(letters.T) - np.uint8(ord("0")), day_first)
    found.value[rows] = np.where(good, value, 0)
    found.kind[rows] = np.where(good, kind, NOTHING)
    found.unit[rows] = unit
