"""Numbers out of text, each the float64 nearest to what is written. What they mean is not known here."""

from __future__ import annotations

import re
from typing import Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.table import Numbers, Words
from ticker.model import Floats

_PLAIN = re.compile(r"[-+]?(\d+\.?\d*|\.\d+)([eE][-+]?\d{1,4})?|[-+]?(nan|inf|infinity)", re.ASCII | re.IGNORECASE)
_GROUPED: Final = {
    ".": re.compile(r"[-+]?\d{1,3}(,\d{3})+(\.\d*)?", re.ASCII),
    ",": re.compile(r"[-+]?\d{1,3}([. ']\d{3})+(,\d*)?", re.ASCII),
}
#: Up to this many texts are parsed one by one.
_FEW: Final = 8
_SUFFIXES: Final = {"K": 10**3, "M": 10**6, "B": 10**9, "T": 10**12}
#: Words for "no value".
_NONE: Final = frozenset({"-", "--", "null", "NULL", "None", "N/A", "n/a", "#N/A"})


def read_numbers(words: Words, decimal: str = ".") -> Numbers:
    """Parse numbers, which may have thousands separators (1,234.50) and a suffix K, M, B or T (117.65K)."""
    empty = np.array(words == "", np.bool_)
    values = np.full(len(words), np.nan)
    filled = np.flatnonzero(~empty)
    if decimal == ".":
        _read(words, filled, values)
    else:
        values[filled] = [number(word, decimal) for word in words[filled]]
    missing = filled[np.isnan(values[filled])]
    empty[[row for row in missing.tolist() if not words[row].strip()]] = True
    return Numbers(values, empty, ~(np.isfinite(values) | empty))


def _read(words: Words, rows: npt.NDArray[np.intp], values: Floats) -> None:
    """Parse ``rows`` all at once, or if that fails in halves, down to a few that are parsed one by one."""
    if len(rows) <= _FEW:
        values[rows] = [number(word) for word in words[rows]]
        return
    mine = words[rows]
    joined = "".join(mine)
    if joined.isascii() and "_" not in joined:  # Python's float() accepts both
        try:
            values[rows] = mine.astype(np.float64)
        except ValueError:
            pass
        else:
            return
    half = len(rows) // 2
    _read(words, rows[:half], values)
    _read(words, rows[half:], values)


def number(word: str, decimal: str = ".") -> float:
    """One number; NaN if it is none. ``_``, hexadecimal and digits other than 0 to 9 are not accepted."""
    word = word.strip()
    scale = _SUFFIXES.get(word[-1:].upper(), 1)
    if scale > 1:
        word = word[:-1]
    if _GROUPED[decimal].fullmatch(word):
        word = re.sub(r"[,. ']", "", word) if decimal not in word else _without_groups(word, decimal)
    elif decimal == ",":
        word = word.replace(",", ".") if "." not in word else ""
    if not _PLAIN.fullmatch(word):
        return float("nan")
    # "1.1M" is 1100000; 1.1 * 1e6 in floats is not.
    return float(f"{word}e{len(str(scale)) - 1}") if scale > 1 and "e" not in word.lower() else float(word) * scale


def _without_groups(word: str, decimal: str) -> str:
    whole, _, rest = word.partition(decimal)
    return re.sub(r"[,. ']", "", whole) + "." + rest


def means_none(word: str) -> bool:
    """Whether a text means "no value": ``null``, ``N/A``, ``-``."""
    return word.strip() in _NONE
