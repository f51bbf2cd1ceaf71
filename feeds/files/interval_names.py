"""The length of bars as the names of a file and its folders say it: for files with one bar per symbol."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from feeds.files.names import stem_of
from ticker.intervals import interval, interval_of

#: Whole words, in lower case.
_WORDS: Final = {
    "minutely": "1m", "hourly": "1h", "hour": "1h", "daily": "1d", "day": "1d", "eod": "1d", "weekly": "1w",
    "week": "1w", "wk": "1w", "monthly": "1M", "month": "1M", "mn": "1M", "mn1": "1M",
}  # fmt: skip
#: A number and a unit: 5min, 1wk, 1mo, 1M. A lone ``m`` is minutes, a capital one months.
_NUMBER_FIRST: Final = re.compile(r"(\d{1,4})(s|secs?|m|mins?|minutes?|h|hrs?|hours?|d|days?|w|wks?|weeks?|mo|months?)")
#: As charts write it: M5, H4, D1, W1.
_UNIT_FIRST: Final = re.compile(r"([mhdw])(\d{1,3})")
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "mo": 30 * 86_400}
#: How many folders count beside the names of the file and its archive.
_FOLDERS: Final = 3


def interval_in_names(names: Sequence[str]) -> int | None:
    """The length (ns) of the bars in a file with these names, the nearest first; None if they say none."""
    for name in names[:_FOLDERS]:
        for word in re.split(r"[^A-Za-z0-9]+", stem_of(name)):
            seconds = _seconds(word)
            if seconds and interval_of(seconds * 10**9) is not None:
                return seconds * 10**9
    return None


def _seconds(word: str) -> int | None:
    if word == "1M":
        return _UNITS["mo"]
    lower = word.lower()
    if lower in _WORDS:
        return interval(_WORDS[lower]).length_ns // 10**9
    first = _NUMBER_FIRST.fullmatch(lower)
    if first:
        unit = "mo" if first[2].startswith("mo") else first[2][0]
        return int(first[1]) * _UNITS[unit]
    last = _UNIT_FIRST.fullmatch(lower)
    return int(last[2]) * _UNITS[last[1]] if last else None


def interval_text(length_ns: int) -> str:
    """The length of a bar for people: 1 min, 4 h, 1 d, 1 week, 1 month, 90 s."""
    found = interval_of(length_ns)
    if found is not None and found.unit in ("week", "month"):
        return f"1 {found.unit}"
    for unit_ns, name in ((86_400 * 10**9, "d"), (3_600 * 10**9, "h"), (60 * 10**9, "min"), (10**9, "s")):
        if length_ns % unit_ns == 0:
            return f"{length_ns // unit_ns:,} {name}"
    return f"{length_ns / 10**9:g} s"
