"""Why a text is no timestamp."""

from __future__ import annotations

import re
from typing import Final

import numpy as np

from feeds.files.parsing.dates import LAST_YEAR
from feeds.files.parsing.timestamp_formats import Reading, parser_of
from feeds.files.parsing.timestamp_parsers import Calendar, Order
from feeds.files.parsing.timestamps import as_texts, shape_of

NOT_A_STAMP: Final = "not a timestamp"
BEFORE_1970: Final = "before 1970, where timestamps start"
AFTER_THE_LAST: Final = f"after {LAST_YEAR}, where timestamps end"
_QUARTER: Final = re.compile(r"\d{4}[-/ ]?[Qq][1-4]|[Qq][1-4][-/ ]*'?(\d{4}|\d\d)|[1-4]Q'?(\d{4}|\d\d)", re.ASCII)
_SIX_DIGITS: Final = re.compile(r"\d{6}", re.ASCII)
_DAY_OR_YEAR: Final = re.compile(r"\D+\d\d", re.ASCII)
_WEEK: Final = re.compile(r"\d{4}[- ]?[Ww]\d\d?(-?[1-7])?", re.ASCII)
_YEAR: Final = re.compile(r"(19|20)\d\d", re.ASCII)
_NEGATIVE: Final = re.compile(r"-\d{5,19}(\.\d*)?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{5,6}(\.\d+)?", re.ASCII)
#: A timestamp that ends in a word.
_NAMED: Final = re.compile(r"(?P<stamp>.*\d:\d\d\S*)\s?(?P<name>[A-Za-z][A-Za-z_/]+)", re.ASCII)


def reason_of(text: str, reading: Reading, order: Order) -> str | None:
    """Why ``text`` is no timestamp, if more is known than that."""
    text = text.strip()
    if reading == "stamp" and _NEGATIVE.fullmatch(text):
        return BEFORE_1970
    if reading in ("stamp", "date", "month"):
        if (period := _period(text)) is not None:
            return f"{NOT_A_STAMP} but {period}: write the first day of each"
        if reading == "month":
            return "not a month, unlike the other timestamps" if parser_of(shape_of(text), "stamp") else None
        if parser_of(shape_of(text), "month") is not None and parser_of(shape_of(text), "stamp") is None:
            return _month_reason(text)
    parser = parser_of(shape_of(text), reading)
    if isinstance(parser, Calendar) and parser.has_date:
        letters = as_texts([text]).view(np.uint8).reshape(1, -1)
        digits = np.ascontiguousarray(letters.T) - np.uint8(ord("0"))
        year, month, day = (int(part[0]) for part in parser.date(digits, order))
        if 1 <= month <= 12 and 1 <= day <= 31 and 1000 < year < 1971:
            return BEFORE_1970
        if 1 <= month <= 12 and 1 <= day <= 31 and year > LAST_YEAR:
            return AFTER_THE_LAST
    named = _NAMED.fullmatch(text)
    if named is not None and parser_of(shape_of(named["stamp"]), reading) is not None:
        return f"{NOT_A_STAMP}: its zone is unknown"
    if reading == "stamp" and _NUMBER.fullmatch(text):
        return f"{NOT_A_STAMP}; if it counts days, name the column as the date: --columns date=NAME"
    return None


def _period(text: str) -> str | None:
    """A period that ``text`` is instead of a day; None for others."""
    for what, pattern in (("a quarter", _QUARTER), ("a week", _WEEK), ("a year", _YEAR)):
        if pattern.fullmatch(text):
            return what
    return None


def _month_reason(text: str) -> str:
    """Why a text that may be a month is no timestamp."""
    if _SIX_DIGITS.fullmatch(text):
        return f"{NOT_A_STAMP}: six digits can be a month or a date; name the column Month, or write it with separators"
    if _DAY_OR_YEAR.fullmatch(text):
        return f"{NOT_A_STAMP}: it can be a month or a day without a year"
    return f"{NOT_A_STAMP} but a month, unlike the other timestamps"
