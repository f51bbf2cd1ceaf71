"""Computes timestamps from the digits of a column whose texts have one shape. Everything is computed in integers.

A float has a resolution of 256 ns for today's timestamps. Local times are not converted here.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.dates import DAY_NS, LAST_NS, SECOND_NS, days
from feeds.files.parsing.zone_names import zone_name
from ticker.model import Stamps

NOTHING, UTC, LOCAL, CLOCK, UTC_CLOCK = 0, 1, 2, 3, 4
#: The order of the parts of 03/04/05: month, day and year; day, month and year; year, month and day.
Order = Literal["mdy", "dmy", "ymd"]
#: Digits of an epoch number to its unit in ns: unambiguous from 1973 to 2260. Numbers of 8 or 14 digits are dates.
EPOCH_UNITS: Final = {9: 10**9, 10: 10**9, 13: 10**6, 15: 10**3, 16: 10**3, 18: 1, 19: 1}
#: Years of two digits from here on are of the 20th century.
_CENTURY_FROM: Final = 50
_MINUTE_NS: Final = 60 * SECOND_NS
#: The number of 1970-01-01 among Excel's days, and among MATLAB's.
EXCEL_1970: Final = 25_569
MATLAB_1970: Final = 719_529
#: Digits that fit into 32 bits.
_ROOM: Final = 9

#: The digits of a column, transposed to (width, n): those of one place are contiguous.
Digits = npt.NDArray[np.uint8]
Spans = dict[str, tuple[int, int]]


class Parsed(NamedTuple):
    """``value`` is in ns: since 1970 UTC (``UTC``), since 1970 local time (``LOCAL``), or since midnight.

    ``unit``     the unit of epoch numbers in ns, 0 for others
    ``offset``   of UTC times with an offset: ns east of UTC
    ``zone``     the zone's name in the text, if it has one
    ``is_date``  whether the texts are dates without a time of day
    ``rounded``  the unit (ns) of the last digit of numbers that programs round, 0 of other texts
    """

    value: Any
    good: Any
    kind: int
    unit: int = 0
    offset: Any = None
    zone: str = ""
    is_date: bool = False
    rounded: int = 0


class Parser(Protocol):
    def __call__(self, digits: Digits, order: Order) -> Parsed: ...


def number_in(digits: Digits, start: int, end: int) -> Stamps:
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
    return number_in(digits, start, end) * 10 ** (9 - (end - start))


class Epoch:
    """Epoch numbers; the number of digits gives the unit."""

    def __init__(self, spans: Spans) -> None:
        self._start, self._end = spans["epoch"]
        self._rest = spans.get("rest")
        self._scale = EPOCH_UNITS[self._end - self._start]

    def __call__(self, digits: Digits, order: Order) -> Parsed:  # noqa: ARG002 - the signature of Parser
        head, tail = self._start, min(self._end, self._start + 18)
        number, limit = number_in(digits, head, tail), LAST_NS // self._scale
        if tail == self._end:
            good = number <= limit
        else:  # 19 digits may overflow int64
            last = number_in(digits, tail, self._end)
            good = (number < limit // 10) | ((number == limit // 10) & (last <= limit % 10))
            number = np.where(good, number, 0) * 10 + np.where(good, last, 0)
        if self._end - self._start in (9, 13, 15, 18):
            good &= digits[head] != 0  # a number with leading zeros is no epoch number
        value = np.where(good, number, 0) * self._scale
        if self._rest is not None and self._scale > 1:
            value = value + _billionths(digits, *self._rest) * self._scale // SECOND_NS
        return Parsed(value, good & (value > 0), UTC, self._scale)


class SinceMidnight:
    """Numbers since midnight, in units of ``scale`` ns."""

    def __init__(self, spans: Spans, scale: int) -> None:
        self._whole, self._rest, self._scale = spans["since"], spans.get("rest"), scale

    def __call__(self, digits: Digits, order: Order) -> Parsed:  # noqa: ARG002 - the signature of Parser
        value = number_in(digits, *self._whole) * self._scale
        if self._rest is not None:
            value = value + _billionths(digits, *self._rest) * self._scale // SECOND_NS
        return Parsed(value, value < DAY_NS, CLOCK)


class Unpadded:
    """Times of day as numbers without leading zeros: 100 is 00:01:00 with ``scale`` 1, and 01:00 with 100."""

    def __init__(self, spans: Spans, scale: int) -> None:
        self._span, self._scale = spans["number"], scale

    def __call__(self, digits: Digits, order: Order) -> Parsed:  # noqa: ARG002 - the signature of Parser
        number = number_in(digits, *self._span) * self._scale
        hour, minute, second = number // 10_000, number // 100 % 100, number % 100
        good = (hour < 24) & (minute < 60) & (second < 60)
        return Parsed(((hour * 60 + minute) * 60 + second) * SECOND_NS, good, CLOCK)


class Serial:
    """Days and their fractions as spreadsheets count them, rounded to what the digits resolve: 1 s or 1 ms."""

    def __init__(self, spans: Spans) -> None:
        self._whole, self._rest = spans["serial"], spans.get("rest")
        self._first = EXCEL_1970 if self._whole[1] - self._whole[0] == 5 else MATLAB_1970

    def __call__(self, digits: Digits, order: Order) -> Parsed:  # noqa: ARG002 - the signature of Parser
        day = number_in(digits, *self._whole) - self._first
        good = (day > 0) & (day < LAST_NS // DAY_NS)
        value = np.where(good, day, 0) * DAY_NS
        if self._rest is None:
            return Parsed(value, good, LOCAL, is_date=True)
        # With 8 digits a unit is 0.9 ms; Excel's own numbers resolve about 1 µs.
        unit = SECOND_NS if self._rest[1] - self._rest[0] < 9 else 10**6
        clock = _billionths(digits, *self._rest) * 86_400
        clock = (clock + unit // 2) // unit * unit
        return Parsed(value + clock, good, LOCAL, is_date=False, rounded=unit)


def power(digits: Digits, order: Order) -> Parsed:  # noqa: ARG001 - the signature of Parser
    """1.7042922e+09, as programs print floats. Rare, so parsed one by one."""
    values, units, steps = [], set(), set()
    for column in digits.T:
        number = Decimal(bytes(column + np.uint8(ord("0"))).rstrip(b"\0").decode())
        unit = EPOCH_UNITS.get(number.adjusted() + 1, 0)
        values.append(int(number * unit) if number * unit <= LAST_NS else 0)
        units.add(unit)
        steps.add(unit * 10 ** max(int(number.as_tuple().exponent), 0))
    value = np.array(values, np.int64)
    unit = units.pop() if len(units) == 1 else 0
    step = min(steps)
    return Parsed(value, value > 0, UTC, unit, rounded=step)


@dataclass(frozen=True, slots=True)
class Calendar:
    """Dates and times of day. ``spans`` are the places of year, month and so on."""

    spans: Spans
    month: int
    afternoon: bool | None
    offset_sign: int
    minutes: int
    zone: str
    kind: int

    @property
    def has_date(self) -> bool:
        return self.kind in (UTC, LOCAL)

    @property
    def orders(self) -> tuple[Order, ...]:
        """The orders in which the date's parts can stand; empty if there is only one."""
        if "one" not in self.spans:
            return ()
        # A year of two digits stands first only beside a month and a day of two digits: 24/01/03, not 13/1/24.
        is_padded = all(end - start == 2 for start, end in (self.spans["one"], self.spans["two"]))
        return ("mdy", "dmy", "ymd") if "short" in self.spans and is_padded else ("mdy", "dmy")

    def __call__(self, digits: Digits, order: Order) -> Parsed:
        spans = self.spans
        value: Any = np.zeros(digits.shape[1], np.int64)
        good: Any = np.ones(digits.shape[1], np.bool_)
        if self.has_date:
            value, good = days(*self.date(digits, order))
            value = np.where(good, value, 0) * DAY_NS
        is_date = not spans.keys() & {"hour", "hms", "hm", "compact"}
        if not is_date:
            clock, ticks = self._clock(digits)
            value, good = value + clock, good & ticks
        offset: Any = None
        if self.offset_sign:
            hours, minutes = self._number(digits, "offset_h"), self._number(digits, "offset_m")
            good = good & (hours < 24) & (minutes < 60)
            offset = self.offset_sign * (hours * 60 + minutes) * _MINUTE_NS
            value = value - offset
        elif self.minutes:
            offset = np.full(digits.shape[1], self.minutes * _MINUTE_NS)
            value = value - offset
        zone, unknown = self._zone(digits)
        if self.has_date:
            good = good & (value > 0 if self.kind == UTC else value >= 0)
        return Parsed(value, good & ~unknown, self.kind, offset=offset, zone=zone, is_date=is_date)

    def date(self, digits: Digits, order: Order) -> tuple[Any, Any, Any]:
        """Year, month and day."""
        spans = self.spans
        if "ymd" in spans:
            start = spans["ymd"][0]
            cuts = ((start, start + 4), (start + 4, start + 6), (start + 6, start + 8))
            return number_in(digits, *cuts[0]), number_in(digits, *cuts[1]), number_in(digits, *cuts[2])
        parts = [self._number(digits, name) for name in ("one", "two", "short") if name in spans]
        if "one" in spans and order == "ymd" and "short" in spans:
            return _full_year(parts[0]), parts[1], parts[2]
        year = _full_year(parts[-1]) if "short" in spans else self._number(digits, "year")
        day = self._number(digits, "day") if "day" in spans else 1
        if self.month:
            return year, np.full(digits.shape[1], self.month), day
        if "one" in spans:
            return (year, parts[1], parts[0]) if order == "dmy" else (year, parts[0], parts[1])
        return year, self._number(digits, "month"), day

    def _number(self, digits: Digits, group: str) -> Any:
        return number_in(digits, *self.spans[group]) if group in self.spans else 0

    def _clock(self, digits: Digits) -> tuple[Any, Any]:
        spans = self.spans
        second: Any = 0
        minute: Any = 0
        rest = spans.get("fraction", (0, 0))
        if "hour" in spans:
            hour, minute, second = (self._number(digits, name) for name in ("hour", "minute", "second"))
        else:
            start, end = spans.get("hms") or spans.get("compact") or spans["hm"]
            hour, minute = number_in(digits, start, start + 2), number_in(digits, start + 2, start + 4)
            if end - start >= 6:
                second = number_in(digits, start + 4, start + 6)
            if "compact" in spans and end - start > 6:
                rest = (start + 6, end)
        good = (hour < 24) & (minute < 60) & (second < 60)
        if self.afternoon is not None:
            good = good & (hour >= 1) & (hour <= 12)
            hour = hour % 12 + 12 * self.afternoon
        elif self.has_date:  # 24:00 is the end of the day
            good = good | ((hour == 24) & (minute == 0) & (second == 0))
        return ((hour * 60 + minute) * 60 + second) * SECOND_NS + _billionths(digits, *rest), good

    def _zone(self, digits: Digits) -> tuple[str, Any]:
        """The zone's name, and which rows have another or an unknown one (only names with digits can differ)."""
        none = np.zeros(digits.shape[1], np.bool_)
        if "0" not in self.zone:
            return self.zone, none
        start, end = self.spans["zone"]
        first = digits[start:end, 0]
        same = (digits[start:end] == first[:, None]).all(axis=0)
        name = bytes(first + np.uint8(ord("0"))).decode("ascii", "replace")
        found = zone_name(name)
        return (name, ~same) if found is not None else ("", ~none)


def _full_year(short: Any) -> Any:
    return np.where(short < _CENTURY_FROM, short + 2000, short + 1900)
