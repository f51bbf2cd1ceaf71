"""Collects the market calendar of each symbol from all files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from ticker.calendar import UTC_DAYS, MarketCalendar

#: The ranks of files: with bars longer than a day, with days that are left open, and with days that are stated.
LONG_BARS, ASSUMED, STATED = range(3)


class SymbolDays:
    """Of several files with a symbol, the one with the highest rank counts; of equal ones, the first."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[int, MarketCalendar]] = {}

    def add(self, symbols: Iterable[str], calendar: MarketCalendar, rank: int) -> list[str]:
        """Take the calendar of a file for its symbols, which counts before those of lower rank.

        Returns the symbols that keep another one of an earlier file.
        """
        kept = []
        for name in symbols:
            before = self._found.get(name)
            if before is None or rank > before[0]:
                self._found[name] = rank, calendar
            elif rank == before[0] and calendar != before[1]:
                kept.append(name)
        return kept

    @property
    def calendar(self) -> MarketCalendar:
        """The calendar of most symbols."""
        counts = Counter(calendar for _, calendar in self._found.values())
        return counts.most_common(1)[0][0] if counts else UTC_DAYS

    @property
    def others(self) -> Mapping[str, MarketCalendar]:
        """The calendars of symbols with another one."""
        usual = self.calendar
        return {name: calendar for name, (_, calendar) in self._found.items() if calendar != usual}
