"""The correction indicators of trades in files: which rows are played.

"Trade Correction Indicator" of NYSE Daily TAQ; Massive's `correction` and WRDS' `TR_CORR` have the same codes. Compared
with the list in Polygon's glossary, which lacks 02. A corrected trade has its right values in its own row, so nothing
needs to be corrected while it is played.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final, NamedTuple


class Indicator(NamedTuple):
    """``reason`` says why a row that does not count is left out, for the report."""

    meaning: str
    counts: bool
    reason: str = ""


_CANCELLED: Final = "cancelled trade"
_ERRONEOUS: Final = "erroneous trade"
_RECORD: Final = "correction record"

CORRECTIONS: Final[Mapping[int, Indicator]] = MappingProxyType(
    {
        0: Indicator("regular trade", True),
        1: Indicator("trade that was corrected later; the row has the right values", True),
        2: Indicator("symbol corrected", True),
        7: Indicator("trade that was later marked as an error", False, _ERRONEOUS),
        8: Indicator("trade that was later cancelled", False, _CANCELLED),
        10: Indicator("cancel record, which follows an 08", False, _RECORD),
        11: Indicator("error record, which follows an 07", False, _RECORD),
        12: Indicator("correction record, which follows an 01 and has the wrong values", False, _RECORD),
    }
)

#: As Alpaca (`u`) and others write it.
_WORDS: Final = {
    "none": 0, "new": 0, "regular": 0, "corrected": 1, "incorrect": 7,
    "error": 7, "erroneous": 7, "cancel": 8, "canceled": 8, "cancelled": 8, "bust": 8, "busted": 8,
}  # fmt: skip


def indicator(text: str) -> Indicator | None:
    """What a field says; None for an unknown code, whose row counts. An empty field says nothing special."""
    digits = text.strip().removesuffix(".0") or "0"
    if digits.lower() in _WORDS:
        return CORRECTIONS[_WORDS[digits.lower()]]
    return CORRECTIONS.get(int(digits)) if digits.isdecimal() and digits.isascii() and len(digits) < 4 else None
