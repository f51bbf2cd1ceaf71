"""The trading days of the board's rows: which calendar each symbol has, and where bars start and end in it."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from ticker.calendar import UTC_DAYS, MarketCalendar, TradingDays
from ticker.intervals import Interval
from ticker.market.columns import Rows, Stamps, grown


class RowCalendars:
    """Calendars by row. ``named`` has those of symbols that don't have ``default``."""

    def __init__(self, default: MarketCalendar = UTC_DAYS, named: Mapping[str, MarketCalendar] | None = None) -> None:
        self._default = default
        self._named = named or {}
        self._numbers: dict[MarketCalendar, int] = {default: 0}
        self._days: list[TradingDays] = [default.days]
        #: By row, the number of its calendar. Not used while there is one calendar.
        self._of_row = np.zeros(0, np.int32)

    def add(self, name: str, row: int) -> None:
        """Note the calendar of a new row."""
        calendar = self._named.get(name, self._default)
        number = self._numbers.get(calendar)
        if number is None:
            number = self._numbers[calendar] = len(self._days)
            self._days.append(calendar.days)
        self._of_row = grown(self._of_row, row + 1)
        self._of_row[row] = number

    def of(self, rows: npt.NDArray[np.integer]) -> RowCalendars:
        """The calendars of some rows, numbered from 0 in their order."""
        if len(self._days) == 1:
            return self
        part = RowCalendars(self._default)
        part._days = self._days
        part._of_row = self._of_row[rows]
        return part

    def sharing(self, rows: Rows, count: int) -> Rows:
        """Those of the first ``count`` rows that have the calendar of one of ``rows``."""
        if len(self._days) == 1:
            return np.arange(count)
        return np.flatnonzero(np.isin(self._of_row[:count], self._of_row[rows]))

    def starts(self, rows: Rows, ts: Stamps, interval: Interval) -> Stamps:
        """The start (ns) of the bar of each row that its timestamp belongs to."""
        if len(self._days) == 1:
            return self._days[0].starts(ts, interval)
        found = np.empty(len(ts), np.int64)
        for days, mine in self._parts(rows):
            found[mine] = days.starts(ts[mine], interval)
        return found

    def ends(self, rows: Rows, starts: Stamps, interval: Interval) -> Stamps:
        """The end (ns) of each row's bar, from its start."""
        if len(self._days) == 1:
            return self._days[0].ends(starts, interval)
        found = np.empty(len(starts), np.int64)
        for days, mine in self._parts(rows):
            found[mine] = days.ends(starts[mine], interval)
        return found

    def _parts(self, rows: Rows) -> list[tuple[TradingDays, npt.NDArray[np.bool_] | slice]]:
        numbers = self._of_row[rows]
        found = np.unique(numbers).tolist()
        if len(found) == 1:
            return [(self._days[found[0]], slice(None))]
        return [(self._days[number], numbers == number) for number in found]
