"""Time stamps out of text: ISO 8601 or epoch numbers to nanoseconds, exactly.

It knows no file and no row. Nothing goes through a float: a float64 counts today's nanoseconds in steps of 256.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.model import Stamps

Texts = npt.NDArray[np.object_]

#: Which unit an epoch number has is told by its magnitude: from, to (not included), ns in the unit. All of 1973-03-03
#: to 2260 is told rightly, in any unit. What falls between is refused: 20240103120000 is no number of microseconds.
UNITS: Final = ((10**8, 10**10, 10**9), (10**11, 10**13, 10**6), (10**14, 10**16, 10**3), (10**17, 2**63, 1))
#: Stamps end a year before int64 nanoseconds do, so that a bar's last tick has room.
_LAST_YEAR: Final = 2260
_LAST_NS: Final = 9_183_110_400 * 10**9 - 1

_NUMBER = re.compile(r"\+?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,3})?", re.ASCII)
_MAX_LENGTH: Final = 40
#: `20240103` is a date of ISO 8601, not a number of seconds (it would be in August 1970).
_DATE_LENGTH: Final = 8


def read_stamps(texts: Texts) -> Stamps:
    """The stamps in ns since 1970 UTC of n texts; 0 for each that is none.

    Read are ISO 8601 dates and times, with or without an offset (without one: UTC), up to nine digits of a second
    (more are cut off), and epoch numbers in s, ms, µs or ns. A stamp before 1970 is none.
    """
    quick = _all_alike(texts)
    if quick is not None:
        return quick
    stamps = np.zeros(len(texts), np.int64)
    dates: list[int] = []
    for row, text in enumerate(texts):
        word = text.strip()
        if len(word) > _MAX_LENGTH:
            continue
        if _NUMBER.fullmatch(word) and not (len(word) == _DATE_LENGTH and word.isdigit()):
            stamps[row] = _from_number(Decimal(word))
        elif _may_be_iso(word):
            dates.append(row)
    if dates:
        stamps[dates] = _from_iso([text.strip() for text in texts[dates]])
    return np.maximum(stamps, 0)


def epoch_stamps(numbers: Stamps, billionths: Stamps | None = None) -> Stamps:
    """The stamps in ns of epoch numbers in whatever unit their magnitude tells, 0 for each that is none.

    ``billionths`` are those of the unit, to be added.
    """
    stamps = np.zeros(len(numbers), np.int64)
    for least, end, scale in UNITS:
        mine = (numbers >= least) & (numbers <= min(end - 1, _LAST_NS // scale))
        stamps[mine] = numbers[mine] * scale
        if billionths is not None:
            stamps[mine] += billionths[mine] * scale // 10**9
    return stamps


def _all_alike(texts: Texts) -> Stamps | None:
    """The quick way, for a column that is all whole numbers, or all ISO 8601, and all right; else None."""
    if not len(texts):
        return np.empty(0, np.int64)
    joined = "".join(texts)
    if not joined.isascii() or "_" in joined:  # Python's int() takes both
        return None
    first = texts[0].strip()
    stamps: Stamps
    try:
        if first.isdigit() and len(first) != _DATE_LENGTH:
            stamps = epoch_stamps(texts.astype(np.int64))
        elif "." in first and joined.replace(".", "").isdigit():
            halves = [text.partition(".") for text in texts]
            billionths = np.array([(half[2] + "0" * 9)[:9] for half in halves], object)
            stamps = epoch_stamps(
                np.array([half[0] for half in halves], object).astype(np.int64), billionths.astype(np.int64)
            )
        elif _may_be_iso(first) and min(map(len, texts)) >= _DATE_LENGTH:
            stamps = _from_iso(list(texts), errors="raise")
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return stamps if (stamps > 0).all() else None


def _may_be_iso(text: str) -> bool:
    """Keeps out what pandas takes for a stamp, too: "now", "today", and years alone."""
    return text[:1].isdigit() and text.isascii() and len(text) >= _DATE_LENGTH


def _from_iso(words: list[str], errors: str = "coerce") -> Stamps:
    """Stamps of ISO 8601 texts; 0 for those that are none (with ``errors="raise"``, ValueError)."""
    import pandas as pd

    read = pd.to_datetime(np.array(words, object), format="ISO8601", utc=True, errors=errors)  # type: ignore[call-overload]  # `errors` is a plain str here
    stamps = np.zeros(len(words), np.int64)
    inside = np.asarray((read.year >= 1970) & (read.year <= _LAST_YEAR))
    stamps[inside] = read[inside].as_unit("ns").asi8
    return stamps


def _from_number(number: Decimal) -> int:
    for least, end, scale in UNITS:
        if least <= number < end and number * scale <= _LAST_NS:
            return int(number * scale)
    return 0
