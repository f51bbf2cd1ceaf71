"""Reads the timestamps of a file's rows as nanoseconds UTC, with its zone, its date and the order of day and month.

It keeps state between blocks: the unit of epoch numbers, and which of the two readings of a repeated hour applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.dates import DAY_NS, LAST_NS, Mask
from feeds.files.parsing.table import Column, Rows, Words
from feeds.files.parsing.timestamp_formats import CLOCK, LOCAL, NOTHING, UTC, Reading
from feeds.files.parsing.timestamps import Timestamps, as_texts, parse_timestamps
from ticker.model import Stamps
from ticker.zones import Local, to_utc

NOT_A_STAMP: Final = "not a timestamp"
#: At a transition the clock goes back by an hour: a larger step back than this, in a rising file, is that.
_BACK_NS: Final = 30 * 60 * 10**9
_UNITS: Final = {10**9: "s", 10**6: "ms", 10**3: "µs", 1: "ns"}


@dataclass(frozen=True, slots=True, eq=False)
class Stamped:
    """Timestamps (0: none), and the faults: rows, reason, role of the column."""

    stamps: Stamps
    wrong: list[tuple[Mask, str, str]]


@dataclass(slots=True)
class _Hour:
    """The latest row of a repeated hour, and whether it was of the second pass."""

    wall: int
    second: bool


class TimestampReader:
    """``day_ns`` is midnight of the date that times of day belong to. ``equal_is_second``: of a symbol's two bars with
    one local time, the later one belongs to the second pass of a repeated hour."""

    def __init__(
        self,
        *,
        zone: str,
        reading: Reading,
        day_ns: int | None,
        day_first: bool,
        mixed_units: bool,
        equal_is_second: bool,
    ) -> None:
        self._zone = zone
        self._reading: Reading = reading
        self._day_ns = day_ns
        self._day_first = day_first
        self._mixed_units = mixed_units
        self._units: set[int] = set()
        self._equal_is_second = equal_is_second
        self._first_wall: int | None = None
        self._hours: dict[tuple[int, int], _Hour] = {}

    def read(self, columns: Mapping[str, Column], symbols: npt.NDArray[np.intp] | None) -> Stamped:
        """The timestamps of rows. ``columns`` are by role; ``symbols`` are the rows' symbols as any numbers."""
        wrong: list[tuple[Mask, str, str]] = []
        if "date" in columns:
            date = self._timestamps(columns["date"], "date")
            clock = self._timestamps(columns["time"], "clock")
            bad_date = (date.kind != LOCAL) | (date.value % DAY_NS != 0)
            bad_time = clock.kind != CLOCK
            wrong += [(bad_date, "not a date", "date"), (bad_time, "not a time of day", "time")]
            found = Timestamps(
                date.value + clock.value,
                np.where(bad_date | bad_time, NOTHING, LOCAL).astype(np.uint8),
                date.unit,
            )
        else:
            found = self._timestamps(columns["timestamp"], self._reading)
            self._check_units(found, wrong)
        stamps = np.where(found.kind == UTC, found.value, 0)
        local = found.kind == LOCAL
        wall = found.value
        if self._day_ns is not None and self._reading != "date":
            clock_only = found.kind == CLOCK
            if clock_only.any():
                wall = np.where(clock_only, wall + self._day_ns, wall)
                local = local | clock_only
        if local.any():
            whole = bool(local.all())
            rows = slice(None) if whole else np.flatnonzero(local)
            mine = to_utc(wall[rows], self._zone)
            read = self._choose(wall[rows], mine, None if symbols is None else symbols[rows])
            stamps[rows] = np.where(mine.never, 0, read)
            if mine.never.any():
                never = np.zeros(len(stamps), np.bool_)
                never[rows] = mine.never
                reason = f"not a time that exists in {self._zone}: the clocks went forward"
                wrong.append((never, reason, "time" if "date" in columns else "timestamp"))
        stamps[(stamps < 0) | (stamps > LAST_NS)] = 0
        wrong.append((stamps <= 0, NOT_A_STAMP, "date" if "date" in columns else "timestamp"))
        return Stamped(stamps, wrong)

    def _timestamps(self, column: Column, reading: Reading) -> Timestamps:
        return column if isinstance(column, Timestamps) else parse(column, reading, day_first=self._day_first)

    def _check_units(self, found: Timestamps, wrong: list[tuple[Mask, str, str]]) -> None:
        """Refuse epoch numbers in another unit than the first. Binance's files may go from ms to µs."""
        counted = found.unit > 0
        if self._mixed_units or not counted.any():
            return
        if not self._units:
            first = (
                int(found.unit[np.flatnonzero(counted & (found.kind == UTC))[0]]) if (found.kind == UTC).any() else 0
            )
            if not first:
                return
            self._units = {10**6, 10**3} if first in (10**6, 10**3) else {first}
        strange = counted & ~np.isin(found.unit, list(self._units))
        if strange.any():
            words = " or ".join(_UNITS[unit] for unit in sorted(self._units, reverse=True))
            wrong.append((strange, f"{NOT_A_STAMP} in {words}, the unit of the first one", "timestamp"))

    def _choose(self, wall: Stamps, local: Local, symbols: npt.NDArray[np.intp] | None) -> Stamps:
        """UTC times; in a repeated hour the order of the rows decides."""
        if self._first_wall is None and len(wall):
            self._first_wall = int(wall[0])
        if not local.twice.any():
            return local.first
        backwards = bool(wall[-1] < (self._first_wall or 0))
        stamps = local.first.copy()
        before = -2
        for row in np.flatnonzero(local.twice).tolist():
            key = (int(symbols[row]) if symbols is not None and self._equal_is_second else -1, int(local.change[row]))
            if row != before + 1 and row and not self._equal_is_second:
                self._hours.pop(key, None)
            before = row
            at = int(wall[row])
            hour = self._hours.get(key)
            if hour is None:
                hour = self._hours[key] = _Hour(at, backwards)
            else:
                step = hour.wall - at if not backwards else at - hour.wall
                if (step == 0 and self._equal_is_second) or step > (0 if self._equal_is_second else _BACK_NS):
                    hour.second = not backwards
                hour.wall = at
            if hour.second:
                stamps[row] = local.second[row]
        return stamps


def parse(column: Column, reading: Reading, *, day_first: bool = False) -> Timestamps:
    """A column of texts as timestamps."""
    if isinstance(column, np.ndarray):
        texts: Any = column if column.dtype.kind == "S" else as_texts(column.tolist())
        return parse_timestamps(texts, reading, day_first=day_first)
    if isinstance(column, Timestamps):
        return column
    raise TypeError(f"a column of timestamps is a {type(column).__name__}")


def is_day_first(words: Words, reading: Reading) -> bool | None:
    """Whether 03/04/2024 is in April, decided by days after the 12th; None if no text decides."""
    texts = as_texts(words)
    first, second = (parse_timestamps(texts, reading, day_first=day) for day in (True, False))
    with_day, with_month = ((found.kind != NOTHING).sum() for found in (first, second))
    return None if with_day == with_month else bool(with_day > with_month)


def ambiguous_separator(word: str) -> Literal["/", ".", ""]:
    """The separator of a date in which day and month can be confused; "-" counts as "/"; "" for any other text."""
    start = word.strip()[:6]
    for separator in "/.-":
        one, _, rest = start.partition(separator)
        if rest and one.isdecimal() and len(one) <= 2 and (separator != "-" or rest[:1].isdecimal()):
            return "." if separator == "." else "/"
    return ""


def texts_of(rows: Rows, place: int) -> Words:
    """The texts of a column of any type."""
    return np.array([rows.text(row, place) for row in range(len(rows.lines))], object)
