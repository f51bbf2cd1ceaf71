"""Converts columns of dates to days since 1970-01-01 (proleptic Gregorian calendar)."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ticker.model import Stamps

SECOND_NS: Final = 10**9
DAY_NS: Final = 86_400 * SECOND_NS
#: Timestamps end a year before int64 nanoseconds do, to leave room for the end of a bar.
LAST_YEAR: Final = 2260
LAST_NS: Final = 9_183_110_400 * SECOND_NS - 1

_LENGTHS = np.array([0, 31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31, *(0,) * 88], np.int64)

Mask = npt.NDArray[np.bool_]


def days(year: Any, month: Any, day: Any) -> tuple[Stamps, Mask]:
    """Days since 1970-01-01 of columns (or single numbers) of at most four, two and two digits; and which are valid.

    Dates before 1970 or after 2260 are not: timestamps are positive and fit into int64 nanoseconds.
    """
    leap = (year % 4 == 0) & ((year % 100 != 0) | (year % 400 == 0))
    length = _LENGTHS[month] + (leap & (month == 2))
    exists = (year >= 1970) & (year <= LAST_YEAR) & (day >= 1) & (day <= length)
    # Years start in March here, so that the leap day is the last.
    march = year - (month <= 2)
    era = march // 400
    of_era = march - era * 400
    of_year = (153 * (month + np.where(month > 2, -3, 9)) + 2) // 5 + day - 1
    return era * 146_097 + of_era * 365 + of_era // 4 - of_era // 100 + of_year - 719_468, exists


def midnight_ns(day: date) -> int:
    """Midnight of ``day`` in UTC."""
    return (day - date(1970, 1, 1)).days * DAY_NS
