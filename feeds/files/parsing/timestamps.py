"""Parses columns of timestamps. Texts of one shape, that is equal with all digits as zeros, are parsed together."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.dates import Mask
from feeds.files.parsing.timestamp_formats import Reading, parser_of
from feeds.files.parsing.timestamp_parsers import NOTHING, Order, Parsed
from ticker.model import Stamps

Texts = npt.NDArray[np.bytes_]

MAX_LENGTH: Final = 80

#: Up to this many shapes are found by comparing whole columns; texts of further shapes are grouped in a dict.
_FEW: Final = 16

_SHAPE_OF = np.arange(256, dtype=np.uint8)
_SHAPE_OF[ord("0") : ord("9") + 1] = ord("0")


@dataclass(slots=True, eq=False)
class Timestamps:
    """A parsed column. ``value`` is in ns: since 1970 UTC, since 1970 local time, or since midnight, by ``kind``.

    ``unit``     the unit of an epoch number in ns, 0 for other texts
    ``dates``    which texts are dates without a time of day; None: none is
    ``offset``   of UTC times with an offset: ns east of UTC; None: no text has one
    ``zone``     the place in ``zones`` of the zone that the text names, 0 for texts without one; None: no text has one
    ``rounded``  the unit (ns) of the last digit of numbers that programs round, the smallest of the column; 0: none
    """

    value: Stamps
    kind: npt.NDArray[np.uint8]
    unit: Stamps
    dates: Mask | None = None
    offset: Stamps | None = None
    zone: npt.NDArray[np.int16] | None = None
    zones: list[str] = field(default_factory=lambda: [""])
    rounded: int = 0

    def put(self, rows: Any, parsed: Parsed) -> None:
        """Set the timestamps of ``rows``."""
        count, good = len(self.value), parsed.good
        self.value[rows] = np.where(good, parsed.value, 0)
        self.kind[rows] = np.where(good, parsed.kind, NOTHING)
        self.unit[rows] = parsed.unit
        if parsed.is_date:
            self.dates = np.zeros(count, np.bool_) if self.dates is None else self.dates
            self.dates[rows] = good
        if parsed.offset is not None:
            self.offset = np.zeros(count, np.int64) if self.offset is None else self.offset
            self.offset[rows] = parsed.offset
        if parsed.zone:
            self.zone = np.zeros(count, np.int16) if self.zone is None else self.zone
            if parsed.zone not in self.zones:
                self.zones.append(parsed.zone)
            self.zone[rows] = self.zones.index(parsed.zone)
        if parsed.rounded:
            self.rounded = parsed.rounded if not self.rounded else min(self.rounded, parsed.rounded)


def as_texts(words: npt.NDArray[np.object_] | list[str]) -> Texts:
    """Texts as UTF-8 of one width; one that can't be a timestamp (too long, with NUL) becomes empty."""
    kept = [word.strip() for word in words]
    joined = "".join(kept)
    if not joined.isascii():
        kept = [word.replace("\u202f", " ").replace("\xa0", " ").replace("\u2212", "-") for word in kept]
    if "\0" in joined:
        kept = ["" if "\0" in word else word for word in kept]
    if max(map(len, kept), default=0) > MAX_LENGTH:
        kept = [word if len(word) <= MAX_LENGTH else "" for word in kept]
    # Texts that aren't ASCII are rare: numpy encodes only those.
    return np.array(kept if joined.isascii() else [word.encode("utf-8", "replace") for word in kept], np.bytes_)


def parse_timestamps(texts: Texts, reading: Reading, order: Order = "mdy") -> Timestamps:
    """Parse ``texts`` as ``reading``. ``order`` is that of the parts of 03/04/2024."""
    count, width = len(texts), texts.dtype.itemsize
    value, kind = np.zeros(count, np.int64), np.zeros(count, np.uint8)
    unit = np.zeros(count, np.int64)
    found = Timestamps(value, kind, unit)
    if not count or not width:
        return found
    letters = np.ascontiguousarray(texts).view(np.uint8).reshape(count, width)
    if _all_alike(letters):
        _put(found, slice(None), letters, bytes(shapes_of(letters[:1])[0]), reading, order)
        return found
    shapes = shapes_of(letters)
    left = np.arange(count)
    for _ in range(_FEW):
        first = shapes[left[0]]
        same = shapes[left] == first
        rows = left[same]
        _put(found, rows, letters[rows], first, reading, order)
        left = left[~same]
        if not len(left):
            return found
    others: dict[bytes, list[int]] = defaultdict(list)
    for row in left.tolist():
        others[bytes(shapes[row])].append(row)
    for shape, row_list in others.items():
        _put(found, np.array(row_list), letters[row_list], shape, reading, order)
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


def shape_of(text: str) -> bytes:
    """The shape of one text; empty if it can't be a timestamp."""
    texts = as_texts([text])
    return bytes(shapes_of(texts.view(np.uint8).reshape(1, texts.dtype.itemsize))[0]) if texts.dtype.itemsize else b""


def _put(
    found: Timestamps, rows: Any, letters: npt.NDArray[np.uint8], shape: bytes, reading: Reading, order: Order
) -> None:
    parser = parser_of(shape, reading)
    if parser is not None:
        found.put(rows, parser(np.ascontiguousarray(letters.T) - np.uint8(ord("0")), order))
