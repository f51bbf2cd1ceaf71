"""Reads the column of a file that names the time zone of its timestamps: ``TZ``, ``timezone``, ``utc_offset``."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from feeds.files.parsing.column_names import plain
from feeds.files.parsing.table import Names, Rows
from feeds.files.parsing.zone_names import ZoneName, zone_in_title, zone_name
from feeds.files.report import excerpt
from ticker.errors import FeedError

_NAMES: Final = frozenset(
    {
        "tz", "time_zone", "timezone", "tz_name", "tzname", "tzinfo", "time_zone_name", "timezone_name", "utc_offset",
        "gmt_offset", "tz_offset", "exchange_timezone", "exchangetimezone", "exchangetimezonename", "exchange_tz",
        "zeitzone",
    }
)  # fmt: skip


def zone_of(text: str) -> ZoneName | None:
    """The meaning of one field: ``EST``, ``America/New_York``, ``UTC+2``, ``-05:00``; None if it names no zone."""
    text = text.strip()
    return zone_name(text) or (zone_in_title(f"UTC{text}") if text[:1] in ("+", "-", "−") else zone_in_title(text))


def place_of_zone(names: Sequence[str], rows: Sequence[Sequence[str]]) -> int | None:
    """The column of zones in a header, if its first values name some."""
    for place, name in enumerate(names):
        if plain(name) in _NAMES:
            words = [word for row in rows if place < len(row) and (word := row[place].strip())]
            if words and zone_of(words[0]) is not None:
                return place
    return None


def check_zones(rows: Rows, place: int, name: str, word: str, file: str) -> None:
    """Raise ``FeedError`` for the first row whose zone is another one than ``word``. Empty fields are not looked at."""
    column = rows.columns.get(place)
    if isinstance(column, Names):
        same = np.array([not each.strip() or each.strip() == word for each in (*column.names, "")], np.bool_)
        differ = ~same[column.places]
        if not differ.any():
            return
        places = [int(np.argmax(differ))]
    else:
        places = list(range(len(rows.lines)))
    for row in places:
        text = rows.text(row, place).strip()
        if text and text != word:
            raise FeedError(
                f"{file}:{rows.lines[row]}: column {name!r}: {excerpt(text)!r} is another zone than {excerpt(word)!r} "
                "in the first row; use --time-zone NAME"
            )
