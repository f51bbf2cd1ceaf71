"""The intervals of bars: which there are, how they are written, and how long they are. No numpy: the client needs it.

An interval is written as a number and a unit, ``s``, ``m``, ``h``, ``d``, ``w`` or ``M``, in the largest unit that
fits: ``90s``, ``10m``, ``4h``, ``1d``, ``1w``, ``1M``. Seconds, minutes and hours must divide a day.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

SECOND_NS: Final = 1_000_000_000
DAY_NS: Final = 86_400 * SECOND_NS
_UNITS: Final[Mapping[str, int]] = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 7 * 86_400, "M": 30 * 86_400}
_TEXT: Final = re.compile(r"(\d{1,6})([smhdwM])", re.ASCII)


@dataclass(frozen=True, slots=True)
class Interval:
    """The length of a bar. ``name`` is how it is written.

    ``length_ns`` is in ns; of ``1d`` and longer it is nominal, since a day with a change of the clocks has 23 or 25
    hours: a week is 7 days, a month 30. ``unit`` tells where bars start: ``part`` counts from the start of the trading
    day, ``day``, ``week`` and ``month`` start at the first trading day of the period.
    """

    name: str
    length_ns: int
    unit: Literal["part", "day", "week", "month"]

    def divides(self, other: Interval) -> bool:
        """Whether bars of ``other`` are made of whole bars of this interval, in every calendar."""
        if other.unit == "part":
            return self.unit == "part" and other.length_ns % self.length_ns == 0
        return self.unit in ("part", "day") or self == other


@lru_cache(maxsize=4096)
def interval(text: str) -> Interval:
    """The interval written as ``text``. Raises ``ValueError`` with a sentence for the user."""
    match = _TEXT.fullmatch(text)
    if match is None or not int(match[1]):
        raise ValueError(f"{text!r:.40} is no interval; intervals are written 30s, 5m, 2h, 1d, 1w or 1M")
    seconds = int(match[1]) * _UNITS[match[2]]
    if match[2] in "dwM":
        if int(match[1]) != 1:
            raise ValueError(f"{text} is no interval: of days, weeks and months there are 1d, 1w and 1M")
        return Interval(text, seconds * SECOND_NS, {"d": "day", "w": "week", "M": "month"}[match[2]])  # type: ignore[arg-type]
    if _UNITS["d"] % seconds:
        raise ValueError(f"{text} is no interval: it does not divide a day")
    proper = _written(seconds)
    if proper != text:
        raise ValueError(f"{text} is written {proper}")
    return Interval(text, seconds * SECOND_NS, "part")


def interval_of(length_ns: int) -> Interval | None:
    """The interval of this length; None if there is none. 7 days are ``1w``, 28 to 31 days ``1M``."""
    if length_ns == 7 * DAY_NS:
        return interval("1w")
    if 28 * DAY_NS <= length_ns <= 31 * DAY_NS:
        return interval("1M")
    seconds, rest = divmod(length_ns, SECOND_NS)
    if rest or not 0 < seconds <= _UNITS["d"] or _UNITS["d"] % seconds:
        return None
    return interval(_written(seconds))


def _written(seconds: int) -> str:
    unit = next(unit for unit in ("d", "h", "m", "s") if seconds % _UNITS[unit] == 0)
    return f"{seconds // _UNITS[unit]}{unit}"


#: The intervals whose bars are kept and numbered, the shortest first. Others are folded on request.
KEPT: Final = tuple(map(interval, ("1s", "5s", "1m", "5m", "15m", "1h", "1d", "1w", "1M")))
