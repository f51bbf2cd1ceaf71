"""Whether a column has months instead of days: ``2024-01``, ``2024M01``, ``Jan 2024``, ``202401``."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from feeds.files.parsing.timestamp_formats import parser_of
from feeds.files.parsing.timestamp_parsers import NOTHING, Order
from feeds.files.parsing.timestamps import Texts, parse_timestamps, shape_of

#: Names of columns and files with months.
_HINT: Final = re.compile(
    r"month|yyyymm|monat|mois|mensual|mensile|maand|1mo|(?-i:(?<![A-Za-z\d])1M)(?![a-z])", re.IGNORECASE
)
#: Months that may be other things: a date of six digits, and a day without a year.
_SIX: Final = re.compile(r"\d{6}", re.ASCII)
_SHORT: Final = re.compile(r"[^\d]+\d\d", re.ASCII)
_ORDERS: Final[tuple[Order, ...]] = ("mdy", "dmy", "ymd")


def names_months(names: str) -> bool:
    """Whether the names of a file or a column say that it has months."""
    return _HINT.search(names) is not None


def are_months(texts: Texts, first: str, *, hinted: bool) -> bool:
    """Whether most ``texts`` are months. ``first`` is the first that isn't empty; ``hinted``: a name says so.

    Without a hint, ``202401`` is a month if it isn't a date of six digits too, and ``Jan-24`` if months follow months.
    """
    if parser_of(shape_of(first), "stamp") is not None or parser_of(shape_of(first), "month") is None:
        return False
    found = parse_timestamps(texts, "month")
    good = found.kind != NOTHING
    if 2 * int(good.sum()) <= len(texts):
        return False
    is_six, is_short = _SIX.fullmatch(first) is not None, _SHORT.fullmatch(first) is not None
    if hinted or not (is_six or is_short):
        return True
    if is_six and any((parse_timestamps(texts, "date", order).kind != NOTHING).all() for order in _ORDERS):
        return False
    months = np.unique(found.value[good].view("M8[ns]").astype("M8[M]").astype(np.int64))
    steps = np.diff(months)
    return len(steps) > 0 and 2 * int((steps == 1).sum()) >= len(steps)
