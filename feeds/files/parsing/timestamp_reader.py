"""Reads the timestamps of a file's rows as nanoseconds UTC, with its zone, its date and the order of day and month.

It keeps state between blocks: the unit of epoch numbers, and which of the two readings of a repeated hour applies.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.parsing.dates import DAY_NS, LAST_NS, Mask
from feeds.files.parsing.day_order import DayOrder
from feeds.files.parsing.stamp_faults import NOT_A_STAMP, reason_of
from feeds.files.parsing.stamp_style import Style, joined, parse, standard_in_summer
from feeds.files.parsing.table import Column, Lines
from feeds.files.parsing.timestamp_formats import Reading
from feeds.files.parsing.timestamp_parsers import CLOCK, LOCAL, NOTHING, UTC, UTC_CLOCK, Order
from feeds.files.parsing.timestamps import Timestamps, as_texts
from feeds.files.parsing.zone_names import AMBIGUOUS
from ticker.model import Stamps
from ticker.zones import Local, to_utc

#: At a transition the clock goes back by an hour: a larger step back than this, in a rising file, is that.
_BACK_NS: Final = 30 * 60 * 10**9
#: Wrong timestamps whose reason is looked for; further ones are only counted as such.
_EXPLAINED: Final = 100_000
_UNITS: Final = {10**9: "s", 10**6: "ms", 10**3: "µs", 1: "ns"}
_STATE_THE_ZONE: Final = "; state its zone with --time-zone"


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
    """``clock`` is how times of day beside a date are read. ``day_ns`` is midnight of the day of those without a date.

    ``equal_is_second``: of a symbol's two bars with one local time, the later one belongs to the second
    pass of a repeated hour.

    ``style`` is how most timestamps of the file are written: rows written otherwise are refused where it is unknown
    what they mean. ``zone_is_given`` says that the user stated the zone of timestamps without one. ``evidence`` is what
    decided the order of day and month, if the rows did: later rows must not contradict it.
    """

    def __init__(
        self,
        *,
        zone: str,
        reading: Reading,
        clock: Reading,
        day_ns: int | None,
        order: Order,
        style: Style,
        zone_is_given: bool,
        evidence: DayOrder | None,
        file: str,
        mixed_units: bool,
        equal_is_second: bool,
    ) -> None:
        self._zone = zone
        self._reading: Reading = reading
        self._clock: Reading = clock
        self._day_ns = day_ns
        self._order: Order = order
        self._style = style
        self._zone_is_given = zone_is_given
        self._evidence = evidence
        self._file = file
        self._mixed_units = mixed_units
        self._units: set[int] = set()
        self._equal_is_second = equal_is_second
        self._first_wall: int | None = None
        self._hours: dict[tuple[str, int, int], _Hour] = {}
        self._to_explain = _EXPLAINED
        #: The unit (ns) to which timestamps were rounded before they were written, 0 if they weren't.
        self.rounded_ns = 0
        #: Rows with abbreviations of standard time in summer: EST in July.
        self.standard_in_summer: set[str] = set()

    def read(
        self,
        columns: Mapping[str, Column],
        symbols: npt.NDArray[np.intp] | None,
        lines: Lines,
        names: Mapping[str, str],
    ) -> Stamped:
        """The timestamps of rows. ``columns`` and their ``names`` are by role; ``symbols`` are the rows' symbols as any
        numbers. Raises ``FeedError`` for a date that is one only in another order of day and month than those before.
        """
        wrong: list[tuple[Mask, str, str]] = []
        role = "date" if "date" in columns else "timestamp"
        if "date" in columns:
            reading: Reading = "serial" if self._reading == "serial" else "date"
            date, clock = parse(columns["date"], reading, self._order), parse(columns["time"], self._clock, self._order)
            bad_date = (date.kind != LOCAL) | (date.value % DAY_NS != 0)
            bad_clock = (clock.kind != CLOCK) & (clock.kind != UTC_CLOCK)
            self._check_order(columns["date"], bad_date, lines, names["date"])
            self._explain(columns["date"], bad_date, "date", "not a date", wrong)
            wrong.append((bad_clock, "not a time of day", "time"))
            found = joined(date, clock, bad_date | bad_clock)
        else:
            found = parse(columns["timestamp"], self._reading, self._order)
            self._check_units(found, wrong)
            self._check_order(columns["timestamp"], found.kind == NOTHING, lines, names["timestamp"])
            self._explain(columns["timestamp"], found.kind == NOTHING, role, NOT_A_STAMP, wrong)
            self._check_style(found, wrong)
        self._check_zone(found, "time" if "date" in columns else "timestamp", wrong)
        if found.rounded and not (found.unit == found.rounded).any():
            self.rounded_ns = max(self.rounded_ns, found.rounded)
        self.standard_in_summer |= standard_in_summer(found)
        stamps = np.where(found.kind == UTC, found.value, 0)
        local, wall = self._local(found, stamps)
        if local.any():
            for zone, rows in self._by_zone(found, local):
                mine = to_utc(wall[rows], zone)
                read = self._choose(zone, wall[rows], mine, None if symbols is None else symbols[rows])
                stamps[rows] = np.where(mine.never, 0, read)
                if mine.never.any():
                    never = np.zeros(len(stamps), np.bool_)
                    never[rows] = mine.never
                    reason = f"not a time that exists in {zone}: the clocks went forward"
                    wrong.append((never, reason, "time" if "date" in columns else "timestamp"))
        stamps[(stamps < 0) | (stamps > LAST_NS)] = 0
        wrong.append((stamps <= 0, NOT_A_STAMP, role))
        return Stamped(stamps, wrong)

    def _local(self, found: Timestamps, stamps: Stamps) -> tuple[Mask, Stamps]:
        """The rows in local time and their values; times of day get the file's date, if it has one."""
        local, wall = found.kind == LOCAL, found.value
        if self._day_ns is not None and self._reading != "date":
            clock_only = found.kind == CLOCK
            if clock_only.any():
                wall = np.where(clock_only, wall + self._day_ns, wall)
                local = local | clock_only
            with_offset = found.kind == UTC_CLOCK
            if with_offset.any():
                stamps[with_offset] = found.value[with_offset] + self._day_ns
        return local, wall

    def _by_zone(self, found: Timestamps, local: Mask) -> list[tuple[str, npt.NDArray[np.intp] | slice]]:
        """The rows in local time of each zone."""
        if found.zone is None:
            return [(self._zone, slice(None) if local.all() else np.flatnonzero(local))]
        groups: list[tuple[str, npt.NDArray[np.intp] | slice]] = []
        for place in np.unique(found.zone[local]).tolist():
            name = found.zones[place]
            zone = self._zone if not name or name in AMBIGUOUS else name
            groups.append((zone, np.flatnonzero(local & (found.zone == place))))
        return groups

    def _check_order(self, column: Column, bad: Mask, lines: Lines, name: str) -> None:
        """Raise ``FeedError`` for a date that exists in another order of day and month than those before."""
        rows = np.flatnonzero(bad)
        if self._evidence is not None and self._evidence.only and len(rows) and isinstance(column, np.ndarray):
            self._evidence.add(as_texts(_texts(column[rows].tolist())), lines[rows], self._file)
            self._evidence.check(name)

    def _explain(self, column: Column, bad: Mask, role: str, reason: str, wrong: list[tuple[Mask, str, str]]) -> None:
        """Add the faults of texts that are no timestamps, by reason."""
        rows = np.flatnonzero(bad)[: self._to_explain]
        self._to_explain -= len(rows)
        if len(rows) and isinstance(column, np.ndarray):
            self._explain_each(column, rows, role, reason, wrong)
        wrong.append((bad, reason, role))

    def _explain_each(
        self,
        column: npt.NDArray[Any],
        rows: npt.NDArray[np.intp],
        role: str,
        reason: str,
        wrong: list[tuple[Mask, str, str]],
    ) -> None:
        reading: Reading = "date" if role == "date" else self._reading
        reasons = [reason_of(text, reading, self._order) or reason for text in _texts(column[rows].tolist())]
        for each in dict.fromkeys(reasons):
            mask = np.zeros(len(column), np.bool_)
            mask[rows] = [other == each for other in reasons]
            wrong.append((mask, each, role))

    def _check_style(self, found: Timestamps, wrong: list[tuple[Mask, str, str]]) -> None:
        """Refuse dates and times of day among timestamps that have both."""
        if self._style.has_both:
            if found.dates is not None:
                wrong.append((found.dates, "a date without a time of day, unlike the other timestamps", "timestamp"))
            clock = (found.kind == CLOCK) | (found.kind == UTC_CLOCK)
            if self._day_ns is None and clock.any():
                wrong.append((clock, "a time of day without a date, unlike the other timestamps", "timestamp"))

    def _check_zone(self, found: Timestamps, role: str, wrong: list[tuple[Mask, str, str]]) -> None:
        """Refuse the timestamps of which it is unknown in which zone they are."""
        if self._zone_is_given:
            return
        if found.zone is not None:
            for place, name in enumerate(found.zones):
                if name in AMBIGUOUS:
                    reason = f"in the zone {name}, which is {AMBIGUOUS[name]}{_STATE_THE_ZONE}"
                    wrong.append((found.zone == place, reason, role))
        if self._style.is_aware is None:
            return
        bare = (found.kind == LOCAL) | (found.kind == CLOCK)
        if found.zone is not None:
            bare &= found.zone == 0
        aware = (found.kind != NOTHING) & ~bare
        if self._style.is_aware and bare.any():
            wrong.append((bare, f"without a zone or offset, unlike the other timestamps{_STATE_THE_ZONE}", role))
        elif not self._style.is_aware and aware.any():
            reason = "with a zone or offset, unlike the other timestamps; state the zone of the others with --time-zone"
            wrong.append((aware, reason, role))

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

    def _choose(self, zone: str, wall: Stamps, local: Local, symbols: npt.NDArray[np.intp] | None) -> Stamps:
        """UTC times; in a repeated hour the order of the rows decides."""
        if self._first_wall is None and len(wall):
            self._first_wall = int(wall[0])
        if not local.twice.any():
            return local.first
        backwards = bool(wall[-1] < (self._first_wall or 0))
        stamps = local.first.copy()
        before = -2
        for row in np.flatnonzero(local.twice).tolist():
            symbol = int(symbols[row]) if symbols is not None and self._equal_is_second else -1
            key = (zone, symbol, int(local.change[row]))
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


def _texts(words: list[str | bytes]) -> list[str]:
    return [word if isinstance(word, str) else word.decode("utf-8", "replace") for word in words]
