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
_NEGATIVE: Final = re.compile(r"-\d{5,19}(\.\d*)?", re.ASCII)
_NUMBER: Final = re.compile(r"\d{5,6}(\.\d+)?", re.ASCII)
#: A timestamp that ends in a word.
_NAMED: Final = re.compile(r"(?P<stamp>.*\d:\d\d\S*)\s?(?P<name>[A-Za-z][A-Za-z_/]+)", re.ASCII)


def reason_of(text: str, reading: Reading, order: Order) -> str | None:
    """Why ``text`` is no timestamp, if more is known than that."""
    text = text.strip()
    if reading == "stamp" and _NEGATIVE.fullmatch(text):
        return BEFORE_1970
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
