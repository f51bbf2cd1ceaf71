"""Decides what a trading day is in a file, and to which day each of its daily bars belongs.

A daily bar belongs to the date that it names: it starts where that day starts in the market calendar, and the day
doesn't begin anew inside it. Bars longer than a day are days of their own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Final

import numpy as np
import numpy.typing as npt

from feeds.files.report import FileReport
from ticker.calendar import CALENDARS, UTC_DAYS, MarketCalendar, market_calendar, midnights
from ticker.intervals import interval
from ticker.model import Bars, Stamps
from ticker.zones import to_utc

HOUR_NS: Final = 3_600 * 10**9
DAY_NS: Final = 24 * HOUR_NS
_DAY: Final = interval("1d")
#: A day with a change of the clocks has 23 or 25 hours.
SHORTEST_DAY_NS: Final = 23 * HOUR_NS
LONGEST_DAY_NS: Final = 25 * HOUR_NS
#: 1970-01-01 was a Thursday; Monday is 0.
_EPOCH_WEEKDAY: Final = 3
_FRIDAY: Final = 4
_SUNDAY: Final = 6
_WEEKDAYS: Final = ("Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")

Dates = npt.NDArray[np.int64]


def _unmoved(starts: Stamps) -> Stamps:
    return starts


@dataclass(frozen=True, slots=True)
class FileDays:
    """``calendar``: the trading days of a file's symbols. ``is_stated``: by an option, a layout or the file.

    ``moved`` maps starts of bars to where they start in these days.
    """

    calendar: MarketCalendar
    is_stated: bool
    moved: Callable[[Stamps], Stamps] = _unmoved


def days_of_ticks(report: FileReport, exchange: str | None) -> FileDays:
    """The trading days of a file of trades, quotes or bars within a day."""
    if exchange is not None:
        return FileDays(market_calendar(exchange), is_stated=True)
    if report.exchange is not None:
        report.note(f"trading days are those of {report.exchange}, by the columns of US stocks", "--exchange")
        return FileDays(market_calendar(report.exchange), is_stated=True)
    calendar = midnights(report.time_zone)
    stated = calendar != UTC_DAYS
    report.note(f"trading days are taken to begin at midnight, {_zone_text(calendar)}", "--exchange")
    return FileDays(calendar, is_stated=stated)


def days_of_bars(report: FileReport, exchange: str | None, starts: Stamps, interval_ns: int) -> FileDays:
    """The trading days of a file of bars. ``starts``: sorted; only needed of bars of a day or more."""
    if interval_ns < SHORTEST_DAY_NS:
        return days_of_ticks(report, exchange)
    market = None if exchange is None else market_calendar(exchange)
    zone = _zone_of_midnights(report, market, starts)
    if zone is not None:
        dates = midnights(zone).dates(starts).astype(np.int64)
        calendar = market or midnights(zone)
        if market is None and zone != "UTC" and report.how.get("time_zone") == "file":
            report.note(f"bars start at midnight in {zone}, the first zone that fits: days begin there", "--exchange")
        elif market is None and calendar == UTC_DAYS and interval_ns <= LONGEST_DAY_NS:
            report.note("trading days are taken to begin at midnight, UTC", "--exchange")
    elif market is not None:
        dates, calendar = market.dates(starts).astype(np.int64), market
        report.note(f"bars stamped {_clock(starts[0], market.zone)} are taken as bars of their dates in {market.name}")
    elif report.how.get("time_zone") != "file" and len(np.unique(_clocks(report.time_zone, starts))) == 1:
        calendar = midnights(report.time_zone)
        dates = _named_dates(calendar, starts)
        report.note(f"bars stamped {_clock(starts[0], calendar.zone)} are taken as bars of their dates", "--exchange")
    else:
        return _own_days(report, starts, interval_ns)
    is_stated = zone is None or calendar != UTC_DAYS
    if interval_ns <= LONGEST_DAY_NS:
        calendar = _with_dates(calendar, dates, report)
    begins = starts_of(calendar, dates)
    if (begins[1:] <= begins[:-1]).any():
        return _own_days(report, starts, interval_ns)  # several bars of one date
    moves = dict(zip(starts.tolist(), begins.tolist(), strict=True))
    if all(start == day for start, day in moves.items()):
        return FileDays(calendar, is_stated)
    return FileDays(calendar, is_stated, lambda old: np.array([moves[start] for start in old.tolist()], np.int64))


def _own_days(report: FileReport, starts: Stamps, interval_ns: int) -> FileDays:
    """Days that begin where the bars start."""
    report.note("trading days begin where the bars start", "--exchange")
    own = (*starts.tolist(), int(starts[-1]) + interval_ns)
    zone = _zone_of_starts(report, starts)
    return FileDays(MarketCalendar(name="bars", zone=zone, day_starts=own), is_stated=True)


#: The number of equal steps that shows the length of bars.
_REGULAR: Final = 2


def are_working_days(starts: Stamps, interval_ns: int) -> bool:
    """Whether bars that seem to last two to four days are those of successive working days: Friday and Monday."""
    if not DAY_NS < interval_ns <= 4 * DAY_NS:
        return False
    # The date of the middle of the day, in any zone.
    dates = ((starts + DAY_NS // 2) // DAY_NS).astype("M8[D]")
    return bool((np.busday_count(dates[:-1], dates[1:]) == 1).all() and np.is_busday(dates).all())


def are_days_with_gaps(starts: Stamps, interval_ns: int) -> bool:
    """Whether bars whose closest starts are days apart are daily ones of which some are missing.

    Bars that last several days, such as 3 d, follow each other in steps of their length.
    """
    if not DAY_NS < interval_ns < 7 * DAY_NS:
        return False
    steps = np.diff(starts)
    return len(steps) < _REGULAR or bool((steps % interval_ns != 0).any())


def starts_of(calendar: MarketCalendar, dates: Dates) -> Stamps:
    """The start (ns) of the trading day of each date (days since 1970) in a calendar that is a rule."""
    return to_utc(dates * DAY_NS + calendar.day_start_ns, calendar.zone).first


class LongBars:
    """The calendars of symbols with bars longer than a day: each bar is a trading day."""

    def __init__(self) -> None:
        self._starts: dict[int, list[int]] = {}
        self._ends: dict[int, int] = {}

    def add(self, bars: Bars, lasting_ns: Stamps) -> None:
        for code, start, lasting in zip(bars.symbol.tolist(), bars.start.tolist(), lasting_ns.tolist(), strict=True):
            self._starts.setdefault(code, []).append(start)
            self._ends[code] = start + lasting

    def calendars(self, zone: str) -> Iterator[tuple[int, MarketCalendar]]:
        """The code and the calendar of each symbol. The last bar ends its last day."""
        for code, starts in self._starts.items():
            yield code, MarketCalendar(name="bars", zone=zone, day_starts=(*starts, self._ends[code]))


def day_starts(calendar: MarketCalendar, ts: Stamps) -> Stamps:
    """When the trading day of each timestamp begins."""
    return calendar.starts(ts, _DAY)


def day_ends(calendar: MarketCalendar, ts: Stamps) -> Stamps:
    """When the trading day of each timestamp ends."""
    return calendar.ends(calendar.starts(ts, _DAY), _DAY)


@lru_cache(maxsize=1)
def _exchange_zones() -> tuple[str, ...]:
    return tuple(dict.fromkeys(calendar.zone for calendar in CALENDARS.values() if calendar.zone != "UTC"))


def _zone_of_midnights(report: FileReport, market: MarketCalendar | None, starts: Stamps) -> str | None:
    """The zone in which all bars start at midnight; None if there is none."""
    zones = [report.time_zone, "UTC"]
    if report.how.get("time_zone") == "file":
        # The stamps are absolute: the zone of their midnights says whose dates they name.
        zones += [market.zone] if market is not None else []
        zones += _exchange_zones()
    return next((zone for zone in zones if _start_days(midnights(zone), starts)), None)


def _start_days(calendar: MarketCalendar, starts: Stamps) -> bool:
    return bool((calendar.starts(starts, _DAY) == starts).all())


def _zone_of_starts(report: FileReport, starts: Stamps) -> str:
    """A zone in which bars that don't start at midnight have the dates that they name."""
    weekdays = set(((starts // DAY_NS + _EPOCH_WEEKDAY) % 7).tolist())
    if not (_SUNDAY in weekdays and _FRIDAY not in weekdays):
        for zone in (report.time_zone, *_exchange_zones()):
            clocks = np.unique(_clocks(zone, starts))
            if len(clocks) == 1 and clocks[0] < DAY_NS // 2:
                return zone
    return report.time_zone


def _named_dates(calendar: MarketCalendar, starts: Stamps) -> Dates:
    """The dates of bars with local stamps: the next ones if the week begins on Sunday evening."""
    dates = calendar.dates(starts).astype(np.int64)
    weekdays = set(((dates + _EPOCH_WEEKDAY) % 7).tolist())
    clocks = _clocks(calendar.zone, starts)
    evenings = _SUNDAY in weekdays and _FRIDAY not in weekdays and bool((clocks >= DAY_NS // 2).all())
    return dates + 1 if evenings else dates


def _with_dates(calendar: MarketCalendar, dates: Dates, report: FileReport) -> MarketCalendar:
    """The calendar with the dates of the file's daily bars as trading days."""
    weekdays = (dates + _EPOCH_WEEKDAY) % 7
    found = [day for day in range(7) if day not in calendar.weekdays and (weekdays == day).any()]
    named = set(dates.astype("M8[D]").astype(object).tolist())
    holidays = calendar.holidays - named
    if found:
        every = np.arange(dates[0] - 7, dates[-1] + 8)
        others = every[np.isin((every + _EPOCH_WEEKDAY) % 7, found) & ~np.isin(every, dates)]
        holidays |= frozenset(others.astype("M8[D]").astype(object).tolist())
        days = " and ".join(_WEEKDAYS[day] for day in found)
        report.note(f"bars of {days}, on which {calendar.name} does not trade, are trading days too", "--exchange")
    if not found and holidays == calendar.holidays:
        return calendar
    return replace(calendar, weekdays=calendar.weekdays | set(found), holidays=holidays)


def _clocks(zone: str, stamps: Stamps) -> Stamps:
    """The time (ns) since local midnight."""
    return stamps - midnights(zone).starts(stamps, _DAY)


def _clock(start: int, zone: str) -> str:
    minutes = int(_clocks(zone, np.array([start]))[0]) // (60 * 10**9)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def _zone_text(calendar: MarketCalendar) -> str:
    return "UTC" if calendar is UTC_DAYS else calendar.zone
