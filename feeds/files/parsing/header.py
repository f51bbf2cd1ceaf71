"""Whether a line is a header or has values, and which columns its names belong to."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from typing import Final

from feeds.files.parsing.column_names import ALIASES, BAR_PRICES, STAMPS, place_of, plain
from feeds.files.parsing.numbers import is_number
from feeds.files.parsing.time_columns import time_name

_MONTHS: Final = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_STAMP = re.compile(
    r"\d{1,4}[-/.]\d{1,2}([-/. T,].*)?|\d{1,2}:\d\d.*|\d{8}([ T:;-].*)?|"
    rf"\d{{1,2}}[-/. ]?({_MONTHS})[a-z]*[-/. ,]*\d.*|({_MONTHS})[a-z]*[-/. ]+\d.*",
    re.DOTALL | re.IGNORECASE | re.ASCII,
)
_EPOCH = re.compile(r"-?\d{9,20}(\.\d+)?", re.ASCII)
#: Days since 1899-12-30 as spreadsheets count them, from 1954 to 2064. Prices look like that, too.
_SERIAL = re.compile(r"[2-5]\d{4}(\.\d+)?", re.ASCII)
_GROUP = re.compile(r"[$€£¥₹]?[1-9]\d{0,2}", re.ASCII)
_LAST_GROUP = re.compile(r"\d{3}(\.\d*)?", re.ASCII)
_EXPONENT = re.compile(r"(?<=\d)[eE](?=[-+]?\d)")


def is_stamp(field: str) -> bool:
    """Whether a field is a date, a time of day, or both, in any usual form."""
    return _STAMP.fullmatch(field.strip()) is not None


def is_value(field: str) -> bool:
    """Whether a field is a number or a timestamp. ``52W H``, ``0700.HK`` and ``3M`` are names."""
    field = field.strip()
    if is_stamp(field):
        return True
    return is_number(field) and not any(map(str.isalpha, _EXPONENT.sub("", field)))


def names_codes(fields: Sequence[str], following: Sequence[str] | None) -> bool:
    """Whether a line names a timestamp and codes that are numbers: ``Date,7203,6758``, followed by a row of values."""
    first = fields[0].strip()
    if following is None or len(following) != len(fields) or len(set(fields)) < len(fields):
        return False
    codes = [field.strip() for field in fields[1:]]
    return (
        _names_stamp(first)
        and all(code and not _STAMP.fullmatch(code) for code in codes)
        and _strength(following[:1]) == 2
    )


class MisfitError(Exception):
    """The header has more or fewer names than the rows have fields, and no single reading works."""


def fitted(names: tuple[str, ...], rows: Sequence[Sequence[str]]) -> tuple[tuple[str, ...], str | None]:
    """The names of the rows' columns, and what was put right; a column without a name has an empty one.

    Put right are a delimiter at the end of the rows or of the header, and row numbers or an index without a name.
    Raises ``MisfitError`` if most rows have another number of fields and no single reading of them works.
    """
    counts = Counter(map(len, rows))
    width = max(counts, key=lambda count: (counts[count], count == len(names)), default=len(names))
    if width == len(names) or counts[width] * 2 <= len(rows):
        return names, None
    mine = [fields for fields in rows if len(fields) == width]
    extra = width - len(names)
    if extra > 0:
        if not any(field.strip() for fields in mine for field in fields[len(names) :]):
            return (*names, *("",) * extra), "the rows end with a delimiter that the header doesn't have"
        if any(all(_is_cut(fields, at) for fields in mine) for at in range(width - 1)):
            raise MisfitError(f"{_counts(names, width)}; thousands separated by commas need quotes")
        index, last = ("", *names), (*names, "")
        strengths = (_works(index, mine), _works(last, mine)) if extra == 1 else (0, 0)
        if strengths[0] > strengths[1]:
            return index, "the rows start with a column that the header doesn't name"
        if strengths[1] > strengths[0]:
            if _are_decimals(names[-1], mine):
                raise MisfitError(f"{_counts(names, width)}; numbers with decimal commas need quotes")
            return last, "the rows end with a column that the header doesn't name"
    else:
        if not any(names[width:]):
            return names[:width], "the header ends with a delimiter that the rows don't have"
        if extra == -1 and not names[0] and _works(names[1:], mine):
            return names[1:], "the header starts with an empty name that the rows have no column for"
    if counts[len(names)]:
        return names, None
    raise MisfitError(_counts(names, width))


def _counts(names: Sequence[str], width: int) -> str:
    return f"the header has {len(names)} names, but the rows have {width} fields"


def _is_cut(fields: Sequence[str], at: int) -> bool:
    """Whether the fields at a place and after it may be one number with groups, such as 1,204, without quotes."""
    return bool(_GROUP.fullmatch(fields[at].strip()) and _LAST_GROUP.fullmatch(fields[at + 1].strip()))


def _are_decimals(name: str, rows: Sequence[Sequence[str]]) -> bool:
    """Whether the last two fields of every row may be one price with a decimal comma: ``1,5``."""
    if not any(plain(name) in ALIASES[role] for role in (*BAR_PRICES, "price")):
        return False
    ends = [(fields[-2].strip(), fields[-1].strip()) for fields in rows]
    return all(whole.isdecimal() and part.isdecimal() and len(part) <= 2 for whole, part in ends)


def _works(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int:
    """Whether the columns' values suit their names: 0 if not, 1 if they may, 2 if timestamps look like nothing else."""
    header = [plain(name) for name in names]
    stamps = [place for place, name in enumerate(names) if _names_stamp(name)]
    if not stamps and names[0]:
        return 0
    prices = [place for role in (*BAR_PRICES, "price", "bid", "ask") if (place := place_of(role, header)) is not None]
    for place in prices:
        words = [fields[place].strip() for fields in rows if fields[place].strip()]
        if sum(map(is_number, words)) * 2 <= len(words):
            return 0
    return min(_strength([fields[place] for fields in rows]) for place in stamps or [0])


def _names_stamp(name: str) -> bool:
    """Whether a column of this name has timestamps."""
    return time_name(name) is not None or any(plain(name) in ALIASES[role] for role in STAMPS)


def _strength(words: Sequence[str]) -> int:
    """Whether most texts are timestamps: 2; may be: 1; 0 if not."""
    words = [word.strip() for word in words]
    sure = sum(bool(_STAMP.fullmatch(word) or _EPOCH.fullmatch(word)) for word in words)
    if sure * 2 > len(words):
        return 2
    return int(sum(bool(_SERIAL.fullmatch(word)) for word in words) * 2 > len(words))
