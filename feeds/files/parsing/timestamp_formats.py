"""The formats of timestamps: which digits of a text are the year, the second and so on. Works on whole columns.

A shape is a text with all digits as zeros. Everything is computed in integers: a float has a resolution of 256 ns for
today's timestamps. Local times are not converted here.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.dates import DAY_NS, LAST_NS, SECOND_NS, days
from ticker.model import Stamps

#: How a column is read: as timestamps, dates, times of day, or milliseconds or seconds since midnight.
Reading = Literal["stamp", "date", "clock", "ms", "s"]
NOTHING, UTC, LOCAL, CLOCK = 0, 1, 2, 3
#: Digits of an epoch number to its unit in ns: unambiguous from 1973 to 2260. Numbers of 8 or 14 digits are dates.
EPOCH_UNITS: Final = {9: 10**9, 10: 10**9, 13: 10**6, 15: 10**3, 16: 10**3, 18: 1, 19: 1}
_SINCE_MIDNIGHT: Final = {"ms": 10**6, "s": 10**9}
_MONTHS: Final = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905 - as words
)
_NO_NUMBER: Final[Any] = 0
_DATE = r"""(?:
    (?P<year>0000)(?P<sep>[-/.])(?P<month>00?)(?P=sep)(?P<day>00?)
  | (?P<ymd>00000000)
  | (?P<one>00?)(?P<mark>[-/.])(?P<two>00?)(?P=mark)(?P<last>0000)
  | (?P<one2>00?)/(?P<two2>00?)/(?P<short>00)
  | (?P<name>[A-Za-z]{3,9})\.?[ -](?P<day2>00?),?[ -](?P<year2>0000)
  | (?P<day3>00?)[ -]?(?P<name3>[A-Za-z]{3,9})\.?,?[ -]?(?P<year3>0000)
)"""
_TIME = r"""(?:
    (?P<hour>00?):(?P<minute>00)(?::(?P<second>00)(?:[.,:](?P<fraction>0+))?)?(?:\ ?(?P<half>[AaPp])\.?[Mm]\.?)?
  | (?P<hms>000000)\.?(?P<hmsfraction>0{0,9})
  | (?P<hm>0000)
  | (?P<hour2>00?)-?\ ?(?P<half2>[AaPp])[Mm]
)"""
_OFFSET = r"""\ ?(?:
    (?P<zulu>Z|z|UTC|utc|GMT)
  | (?:GMT|UTC)?(?P<sign>[-+])(?P<offset_h>00):?(?P<offset_m>00)?
)"""
_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern, re.VERBOSE | re.ASCII)
    for name, pattern in {
        "compact": r"(?P<ymd>00000000)(?P<compact>0000(?:00(?:0{3}|0{6}|0{9})?)?)",
        "epoch": r"\+?(?P<epoch>0{9,10}|0{13}|0{15,16}|0{18,19})(?:\.(?P<rest>0*))?",
        "power": r"\+?0\.?0*[eE]\+?00?",
        "date": _DATE,
        "stamp": rf"{_DATE}(?:(?:\ ?[Tt\ ,]\ ?|:|\ -\ ){_TIME}(?:{_OFFSET})?)?",
        "clock": _TIME,
        # Without a colon or AM/PM, 202401 is rather a month.
        "marked clock": rf"(?=.*[:AaPp]){_TIME}",
        "short clock": r"(?P<hour>0)(?P<minute>00)(?P<second>00)",
        "since": r"(?P<since>0{1,8})(?:\.(?P<rest>0*))?",
    }.items()
}
_READINGS: Final[dict[Reading, tuple[str, ...]]] = {
    "stamp": ("compact", "epoch", "power", "stamp", "marked clock"),
    "date": ("stamp",),
    "clock": ("clock", "short clock"),
    "ms": ("since",),
    "s": ("since",),
}


#: The digits of a column, transposed to (width, n): those of one place are contiguous.
Digits = npt.NDArray[np.uint8]
#: Digits that fit into 32 bits.
_ROOM: Final = 9

#: Takes the digits and whether days come first; returns values, which are valid, their kind and their unit.
Parser = Callable[[Digits, bool], tuple[Any, Any, int, int]]


@lru_cache(maxsize=4096)
def parser_of(shape: bytes, reading: Reading) -> Parser | None:
    """The parser for texts of this shape; None if it is no timestamp."""
    text = shape.decode("ascii", "replace")
    for name in _READINGS[reading]:
        match = _PATTERNS[name].fullmatch(text)
        if match is not None:
            spans = {group: match.span(group) for group, part in match.groupdict().items() if part is not None}
            if name == "epoch":
                return _Epoch(spans)
            if name == "power":
                return _power
            if name == "since":
                return _SinceMidnight(spans, _SINCE_MIDNIGHT[reading])
            words = {group: part.lower() for group, part in match.groupdict().items() if part is not None}
            return _Calendar.of(spans, words)
    return None


def _number(digits: Digits, start: int, end: int) -> Stamps:
    """The numbers in the places ``start`` to ``end``: at most 18 digits, computed in 32 bits as far as they fit."""
    value: Stamps | None = None
    for first in range(start, end, _ROOM):
        last = min(first + _ROOM, end)
        part = digits[first].astype(np.int32)
        for place in range(first + 1, last):
            part *= 10
            part += digits[place]
        value = part.astype(np.int64) if value is None else value * 10 ** (last - first) + part
    assert value is not None
    return value


def _billionths(digits: Digits, start: int, end: int) -> Any:
    """A fraction in billionths; digits after the ninth are dropped."""
    if start == end:
        return 0
    end = min(end, start + 9)
    return _number(digits, start, end) * 10 ** (9 - (end - start))


class _Epoch:
    """Epoch numbers; the number of digits gives the unit."""

    def __init__(self, spans: dict[str, tuple[int, int]]) -> None:
        self._start, self._end = spans["epoch"]
        self._rest = spans.get("rest")
        self._scale = EPOCH_UNITS[self._end - self._start]

    def __call__(self, digits: Digits, day_first: bool) -> tuple[Any, Any, int, int]:  # noqa: ARG002 - the signature of Parser
        head, tail = self._start, min(self._end, self._start + 18)
        number, limit = _number(digits, head, tail), LAST_NS // self._scale
        if tail == self._end:
            good = number <= limit
        else:  # 19 digits may overflow int64
            last = _number(digits, tail, self._end)
            good = (number < limit // 10) | ((number == limit // 10) & (last <= limit % 10))
            number = np.where(good, number, 0) * 10 + np.where(good, last, 0)
        if self._end - self._start in (9, 13, 15, 18):
            good &= digits[head] != 0  # a number with leading zeros is no epoch number
        value = np.where(good, number, 0) * self._scale
        if self._rest is not None and self._scale > 1:
            value = value + _billionths(digits, *self._rest) * self._scale // SECOND_NS
        return value, good & (value > 0), UTC, self._scale


class _SinceMidnight:
    """Numbers since midnight, in units of ``scale`` ns."""

    def __init__(self, spans: dict[str, tuple[int, int]], scale: int) -> None:
        self._whole, self._rest, self._scale = spans["since"], spans.get("rest"), scale

    def __call__(self, digits: Digits, day_first: bool) -> tuple[Any, Any, int, int]:  # noqa: ARG002 - the signature of Parser
        value = _number(digits, *self._whole) * self._scale
        if self._rest is not None:
            value = value + _billionths(digits, *self._rest) * self._scale // SECOND_NS
        return value, value < DAY_NS, CLOCK, 0


def _power(digits: Digits, day_first: bool) -> tuple[Any, Any, int, int]:  # noqa: ARG001 - the signature of Parser
    """1.7042922e+09, as programs print floats. Rare, so parsed one by one."""
    values = []
    units = set()
    for column in digits.T:
        number = Decimal(bytes(column + np.uint8(ord("0"))).rstrip(b"\0").decode())
        unit = EPOCH_UNITS.get(number.adjusted() + 1, 0)
        values.append(int(number * unit) if number * unit <= LAST_NS else 0)
        units.add(unit)
    value = np.array(values, np.int64)
    return value, value > 0, UTC, units.pop() if len(units) == 1 else 0


@dataclass(frozen=True, slots=True)
class _Calendar:
    """Dates and times of day. ``spans`` are the places of year, month and so on."""

    spans: dict[str, tuple[int, int]]
    month: int
    afternoon: bool | None
    offset_sign: int
    kind: int

    @classmethod
    def of(cls, spans: dict[str, tuple[int, int]], words: dict[str, str]) -> _Calendar | None:
        month = 0
        name = words.get("name") or words.get("name3")
        if name is not None:
            fits = [number for number, full in enumerate(_MONTHS, 1) if name in (full, full[:3], (full + "t")[:4])]
            if name == "sept":
                fits = [9]
            if not fits:
                return None
            month = fits[0]
        half = words.get("half") or words.get("half2")
        has_date = bool(spans.keys() & {"year", "ymd", "last", "short", "year2", "year3"})
        aware = "zulu" in words or "sign" in words
        kind = CLOCK if not has_date else UTC if aware else LOCAL
        sign = {"": 0, "-": -1, "+": 1}[words.get("sign", "")]
        afternoon = None if half is None else half == "p"
        return cls(spans, month, afternoon, sign, kind)

    def __call__(self, digits: Digits, day_first: bool) -> tuple[Any, Any, int, int]:
        spans = self.spans

        def number(group: str) -> Any:
            return _number(digits, *spans[group]) if group in spans else 0

        value: Any = np.zeros(digits.shape[1], np.int64)
        good: Any = np.ones(digits.shape[1], np.bool_)
        if self.kind != CLOCK:
            value, good = days(*self._date(digits, day_first, number))
            value = np.where(good, value, 0) * DAY_NS
        clock, ticks = self._clock(digits, number)
        value, good = value + clock, good & ticks
        if self.offset_sign:
            hours, minutes = number("offset_h"), number("offset_m")
            good = good & (hours < 24) & (minutes < 60)
            value = value - self.offset_sign * (hours * 60 + minutes) * 60 * SECOND_NS
        if self.kind != CLOCK:
            good = good & (value > 0 if self.kind == UTC else value >= 0)
        return value, good, self.kind, 0

    def _date(self, digits: Digits, day_first: bool, number: Callable[[str], Any]) -> Any:
        spans = self.spans
        if "year" in spans:
            return number("year"), number("month"), number("day")
        if "ymd" in spans:
            start = spans["ymd"][0]
            return (
                _number(digits, start, start + 4),
                _number(digits, start + 4, start + 6),
                _number(digits, start + 6, start + 8),
            )
        if self.month:
            year, day = ("year2", "day2") if "year2" in spans else ("year3", "day3")
            return number(year), np.full(digits.shape[1], self.month), number(day)
        if "short" in spans:
            one, two, short = number("one2"), number("two2"), number("short")
            year = np.where(short < 70, short + 2000, short + 1900)
        else:
            one, two, year = number("one"), number("two"), number("last")
        return (year, two, one) if day_first else (year, one, two)

    def _clock(self, digits: Digits, number: Callable[[str], Any]) -> tuple[Any, Any]:
        spans = self.spans
        if "hms" in spans or "compact" in spans or "hm" in spans:
            start, end = spans.get("hms") or spans.get("compact") or spans["hm"]
            hour, minute = _number(digits, start, start + 2), _number(digits, start + 2, start + 4)
            second: Any = _number(digits, start + 4, start + 6) if end - start >= 6 else 0
            rest = spans.get("hmsfraction", (start + 6, end) if "compact" in spans and end - start > 6 else (0, 0))
        elif "hour2" in spans:
            hour, minute, second, rest = number("hour2"), _NO_NUMBER, _NO_NUMBER, (0, 0)
        else:
            hour, minute, second = number("hour"), number("minute"), number("second")
            rest = spans.get("fraction", (0, 0))
        good = (hour < 24) & (minute < 60) & (second < 60)
        if self.afternoon is not None:
            good = good & (hour >= 1) & (hour <= 12)
            hour = hour % 12 + 12 * self.afternoon
        return ((hour * 60 + minute) * 60 + second) * SECOND_NS + _billionths(digits, *rest), good
