"""The ids of trades in files as 64-bit numbers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.table import Column
from ticker.model import Ints, Stamps

#: Longer texts are no ids.
_LONGEST: Final = 48
#: The digits of the largest numbers that an int64 can hold.
_DIGITS: Final = 19
_GREATEST: Final = np.uint64(2**63 - 1)
#: FNV-1a, 64 bits.
_OFFSET: Final = np.uint64(0xCBF29CE484222325)
_PRIME: Final = np.uint64(0x100000001B3)
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)


def ids_of(column: Column, rows: npt.NDArray[np.intp]) -> Stamps:
    """The ids of ``rows``: a number as it is, another text as a stable number of 63 bits, an empty text as 0."""
    words = _bytes(column, rows)
    if not len(words):
        return np.zeros(0, np.int64)
    letters = _without_decimals(words)
    blank = letters == 0
    digits = letters - np.uint8(ord("0"))
    lengths = (~blank).sum(axis=1)
    numeric = ((digits < 10) | blank).all(axis=1) & (lengths <= _DIGITS)
    values = np.zeros(len(words), np.uint64)
    with np.errstate(over="ignore"):
        for place in range(min(letters.shape[1], _DIGITS)):
            values = np.where(blank[:, place], values, values * np.uint64(10) + digits[:, place])
    numeric &= values <= _GREATEST
    if not numeric.all():
        values[~numeric] = _hashed(letters[~numeric])
    return values.astype(np.int64)


def _without_decimals(words: npt.NDArray[np.bytes_]) -> npt.NDArray[np.uint8]:
    """The letters of each word. ``7.0``, as pandas writes a column with gaps, is 7."""
    letters = np.ascontiguousarray(words).view(np.uint8).reshape(len(words), -1)
    decimal = np.strings.endswith(words, b".0")
    if decimal.any():
        letters = letters.copy()
        ends = np.strings.str_len(words)
        rows = np.flatnonzero(decimal)
        letters[rows, ends[rows] - 1] = letters[rows, ends[rows] - 2] = 0
    return letters


def _bytes(column: Column, rows: npt.NDArray[np.intp]) -> npt.NDArray[np.bytes_]:
    if not isinstance(column, np.ndarray):
        raise TypeError(f"a column of ids is a {type(column).__name__}")
    words: Any = column[rows]
    if words.dtype != object:
        return np.asarray(words, np.bytes_)
    texts = [str(word).strip().encode("utf-8", "surrogateescape") for word in words.tolist()]
    return np.array([text if len(text) <= _LONGEST else b"" for text in texts], np.bytes_)


def _hashed(letters: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint64]:
    """A number of 63 bits for each text, the same in every process; padding with zeros changes nothing."""
    found = np.full(len(letters), _OFFSET)
    with np.errstate(over="ignore"):
        for place in range(letters.shape[1]):
            column = letters[:, place]
            found = np.where(column == 0, found, (found ^ column) * _PRIME)
        # The last letters must reach all bits.
        found ^= found >> np.uint64(32)
        found *= _MIX
        found ^= found >> np.uint64(29)
    found &= _GREATEST
    return np.maximum(found, np.uint64(1))


def repeated(symbol: Ints, ids: Stamps) -> int:
    """How many trades have the symbol and id of an earlier one. An id of 0 is none."""
    known = ids != 0
    with np.errstate(over="ignore"):
        keys = ids[known].astype(np.uint64) * _MIX + symbol[known].astype(np.uint64) * _PRIME
    keys.sort()
    return int((keys[1:] == keys[:-1]).sum())
