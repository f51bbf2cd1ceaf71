"""Prices in fractions of a point, as CBOT writes those of Treasury futures and grains.

``110'16`` is 110 16/32, ``110'165`` 110 16.5/32, ``110'16+`` too; ``450'2`` is 450 2/8. The third digit is the first of
a decimal: 2 is .25, 5 is .5, 7 is .75 (CME Group, contract specifications of Treasury futures), and of eighths 1 is
.125, 3 .375, 6 .625, 8 .875. Parts from 32 on are 64ths, as in options on Treasury futures.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from feeds.files.parsing.numbers import means_none, number
from feeds.files.parsing.table import Numbers, Words

_TICKS: Final = re.compile(
    r"(?P<sign>[-\u2212])?(?P<whole>\d{1,4})(?P<mark>['\u2019-])(?P<part>\d\d?)(?:(?P<third>\d)|(?P<plus>\+)|\.(?P<rest>\d{1,4}))?",
    re.ASCII,
)
#: ``110 16/32``, ``1/2``.
_MIXED: Final = re.compile(
    r"(?P<sign>[-\u2212])?(?:(?P<whole>\d{1,6})\s+)?(?P<over>\d{1,3})/(?P<under>2|4|8|16|32|64|128|256)", re.ASCII
)
_THIRD: Final = {"0": 0.0, "1": 0.125, "2": 0.25, "3": 0.375, "5": 0.5, "6": 0.625, "7": 0.75, "8": 0.875}
#: Names of Treasury futures: ZN, ZNH4, ZN=F, ZN1!, TYM24.
_TREASURIES: Final = re.compile(
    r"(?<![A-Za-z\d])(?:Z[BNFT3]|UB|TN|TWE|TY|FV|TU|US)(?:[FGHJKMNQUVXZ]\d{1,2}|=F|1!|\d)?(?![A-Za-z\d])"
)
#: Distinct texts from which on their form is no accident.
_ENOUGH: Final = 8


@dataclass(frozen=True, slots=True)
class Fractions:
    """``unit``: the parts of a point: 8, 32 or 64; 0: of mixed numbers such as 110 1/2. ``example``: the first text."""

    unit: int
    example: str
    #: Whether the texts may have thousands separators instead.
    is_open: bool = False


def fractions_in(words: Sequence[str], names: Sequence[str] = (), *, stated: bool = False) -> Fractions | None:
    """How most texts of prices are written in fractions; None if they aren't.

    ``names`` are those of the file and its symbols: of a Treasury future they are evidence for ``110'165``, which may
    be 110165 too. So is ``stated``, and a series in which the parts run to 31 and the point then goes on.
    """
    texts = [word for word in words if word and not means_none(word)]
    mixed = [word for word in texts if _MIXED.fullmatch(word)]
    if 2 * len(mixed) > len(texts):
        return Fractions(0, mixed[0])
    matches = [match for word in texts if (match := _TICKS.fullmatch(word)) is not None]
    found = [match for match in matches if int(match["part"]) < 64 and match["third"] in (None, *_THIRD)]
    if 2 * len(found) <= len(texts):
        return None
    first, parts = found[0][0], [int(match["part"]) for match in found]
    if all(len(match["part"]) == 1 and not (match["plus"] or match["rest"]) for match in found):
        return Fractions(8, first) if max(parts) < 8 else None
    with_third = [match for match in found if match["third"]]
    unit = 64 if max(parts) > 31 and not with_third else 32
    surely = len(with_third) < len(found) or found[0]["mark"] == "-" or stated
    surely = surely or any(_TREASURIES.search(name) for name in names)
    if surely:
        return Fractions(unit, first)
    # Thousands have other digits too, and may stand beside 1'234.50.
    is_round = all(match["part"] + match["third"] == "000" for match in found)
    if len(found) < len(texts) or max(parts) > 31 or is_round:
        return None
    return Fractions(unit, first, is_open=not _is_series(found))


def _is_series(found: Sequence[re.Match[str]]) -> bool:
    """Whether many different prices run through two points or more, and in none are the parts above 31."""
    wholes = {int(match["whole"]) for match in found}
    distinct = {match[0] for match in found}
    tens = {match["part"] for match in found}
    return len(distinct) >= _ENOUGH and len(tens) >= _ENOUGH and 1 < len(wholes) == max(wholes) - min(wholes) + 1


def fraction(word: str, unit: int) -> float:
    """One price; NaN if it is none. Plain numbers are prices too."""
    word = word.strip()
    if (mixed := _MIXED.fullmatch(word)) is not None:
        value = int(mixed["whole"] or 0) + int(mixed["over"]) / int(mixed["under"])
        return -value if mixed["sign"] else value
    found = _TICKS.fullmatch(word)
    if found is None:
        return float("nan") if "'" in word or "\u2019" in word else number(word)
    if not unit or (len(found["part"]) == 1) != (unit == 8):
        return float("nan")
    part = float(found["part"]) + (0.5 if found["plus"] else float(f"0.{found['rest'] or 0}"))
    part += _THIRD.get(found["third"] or "0", float("nan"))
    value = int(found["whole"]) + part / unit if part < unit else float("nan")
    return -value if found["sign"] else value


def read_fractions(words: Words, unit: int) -> Numbers:
    """A column of prices in fractions; NaN where the field is empty or no price."""
    known = {word: fraction(word, unit) for word in set(words.tolist())}
    values = np.array([known[word] for word in words.tolist()], np.float64)
    empty = np.array([not word.strip() for word in words.tolist()], np.bool_)
    return Numbers(values, empty, np.isnan(values) & ~empty)
