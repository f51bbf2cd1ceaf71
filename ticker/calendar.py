"""Market calendars: when a symbol's trading day begins. The board, the bars, the chart and the alerts use them alike.

A trading day is named by a date and begins at a time of that date in the exchange's zone, possibly the evening before
(forex: 17:00 in New York). It lasts until the next trading day begins, so that Friday's day of a stock exchange
includes the weekend. Days differ in length when the clocks change.

Bars shorter than a day count from the start of their trading day; the last one of a day may be shorter. Bars of a day,
a week or a month begin with the first trading day of the period; weeks begin on Monday.
"""

from __future__ import annotations

import difflib
import importlib
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ticker.intervals import DAY_NS, Interval, interval
from ticker.zones import is_zone, to_utc

Stamps = npt.NDArray[np.int64]

_HOUR_NS: Final = 3_600 * 10**9
_MINUTE_NS: Final = 60 * 10**9
_EVERY_DAY: Final = frozenset(range(7))
_WEEKDAYS: Final = frozenset(range(5))
_SUNDAY_TO_THURSDAY: Final = frozenset((6, 0, 1, 2, 3))
#: Days are computed from three weeks before 1970 up to here, which is 2261.
_FIRST_DAY: Final = -21
_LAST_DAY: Final = 106_300
#: 1970-01-01 was a Thursday.
_EPOCH_WEEKDAY: Final = 3
_DAY: Final = interval("1d")


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketCalendar:
    """The trading days of a market. Calendars are compared by value and may be shared.

    ``zone``          IANA name of the zone of its dates
    ``day_start_ns``  when the day begins, from midnight of its date; negative: the evening before
    ``weekdays``      the weekdays with trading, Monday is 0
    ``holidays``      further days without trading
    ``session``       the regular session, from midnight of the date (ns); None: all day
    ``day_starts``    if given, the starts of all days (ns, ascending), instead of the rules above: for daily bars of a
                      file whose days follow no rule
    """

    name: str
    zone: str = "UTC"
    day_start_ns: int = 0
    weekdays: frozenset[int] = _EVERY_DAY
    holidays: frozenset[date] = frozenset()
    session: tuple[int, int] | None = None
    day_starts: tuple[int, ...] | None = None

    def __hash__(self) -> int:
        return hash((self.name, self.zone, self.day_start_ns))

    @property
    def days(self) -> TradingDays:
        """Its trading days, computed once."""
        return _days(self)

    def starts(self, ts: Stamps, interval: Interval) -> Stamps:
        """The start (ns) of the bar that each timestamp belongs to."""
        return self.days.starts(ts, interval)

    def ends(self, starts: Stamps, interval: Interval) -> Stamps:
        """The end (ns) of each bar, from its start."""
        return self.days.ends(starts, interval)

    def day(self, ts: int) -> tuple[int, int]:
        """The start and the end (ns) of the trading day of a timestamp."""
        start = self.days.starts(np.array([ts]), _DAY)
        return int(start[0]), int(self.days.ends(start, _DAY)[0])

    def dates(self, ts: Stamps) -> npt.NDArray[np.datetime64]:
        """The date that names the trading day of each timestamp."""
        return self.days.dates(ts)


class TradingDays:
    """The trading days of a calendar, as arrays: their starts (ns) and dates (days since 1970).

    ``is_utc``: every UTC date is a trading day from midnight to midnight; that needs no search.
    """

    def __init__(self, starts: Stamps, dates: Stamps, *, is_utc: bool) -> None:
        self.is_utc = is_utc
        self._starts = starts
        self._dates = dates
        # By day, the places of the first day of its period, and of the next period.
        months = dates.astype("M8[D]").astype("M8[M]").astype(np.int64)
        periods = {"day": np.arange(len(starts)), "week": (dates + _EPOCH_WEEKDAY) // 7, "month": months}
        self._first = {unit: np.searchsorted(period, period) for unit, period in periods.items()}
        last = len(starts) - 1
        self._next = {
            unit: np.minimum(np.searchsorted(period, period, side="right"), last) for unit, period in periods.items()
        }

    def starts(self, ts: Stamps, interval: Interval) -> Stamps:
        """The start (ns) of the bar that each timestamp belongs to."""
        if self.is_utc and interval.unit in ("part", "day"):
            return ts - ts % interval.length_ns
        at = self._place(ts)
        if interval.unit == "part":
            start = self._starts[at]
            return start + (ts - start) // interval.length_ns * interval.length_ns
        return self._starts[self._first[interval.unit][at]]

    def ends(self, starts: Stamps, interval: Interval) -> Stamps:
        """The end (ns) of each bar, from its start."""
        if self.is_utc and interval.unit in ("part", "day"):
            return starts + interval.length_ns
        at = self._place(starts)
        if interval.unit == "part":
            return np.minimum(starts + interval.length_ns, self._starts[self._next["day"][at]])
        return self._starts[self._next[interval.unit][at]]

    def dates(self, ts: Stamps) -> npt.NDArray[np.datetime64]:
        """The date that names the trading day of each timestamp."""
        return self._dates[self._place(ts)].astype("M8[D]")

    def _place(self, ts: Stamps) -> npt.NDArray[np.intp]:
        return np.maximum(np.searchsorted(self._starts, ts, side="right") - 1, 0)


@lru_cache(maxsize=64)
def _days(calendar: MarketCalendar) -> TradingDays:
    if calendar.day_starts is not None:
        starts = np.array((-(2**62), *calendar.day_starts, 2**62), np.int64)
        return TradingDays(starts, _local_dates(starts, calendar), is_utc=False)
    dates = np.arange(_FIRST_DAY, _LAST_DAY)
    trading = np.isin((dates + _EPOCH_WEEKDAY) % 7, list(calendar.weekdays))
    if calendar.holidays:
        closed = np.array(sorted(calendar.holidays), "M8[D]").astype(np.int64)
        trading &= ~np.isin(dates, closed)
    dates = dates[trading]
    starts = to_utc(dates * DAY_NS + calendar.day_start_ns, calendar.zone).first
    in_utc = calendar.zone in ("UTC", "Etc/UTC") and not calendar.day_start_ns
    return TradingDays(starts, dates, is_utc=in_utc and bool(trading.all()))


def _local_dates(starts: Stamps, calendar: MarketCalendar) -> Stamps:
    """The dates of explicit starts: that of the time half a day later, in the calendar's zone."""
    clipped = np.clip(starts, 0, _LAST_DAY * DAY_NS)
    offset = clipped - to_utc(clipped, calendar.zone).first
    dates: Stamps = (clipped + offset + DAY_NS // 2) // DAY_NS
    return dates


#: Days of UTC dates: of feeds that state no calendar.
UTC_DAYS: Final = MarketCalendar(name="24/7")


def midnights(zone: str) -> MarketCalendar:
    """The calendar of a zone whose every date is a trading day from midnight. Raises ``ValueError``."""
    if not is_zone(zone):
        raise ValueError(f"{zone!r} is not a time zone")
    return UTC_DAYS if zone in ("UTC", "Etc/UTC") else MarketCalendar(name=zone, zone=zone)


def _exchange(
    name: str, zone: str, opens: str, closes: str, *, day: int = 0, weekdays: frozenset[int] = _WEEKDAYS
) -> MarketCalendar:
    session = _clock_ns(opens), _clock_ns(closes)
    return MarketCalendar(name=name, zone=zone, day_start_ns=day * _HOUR_NS, weekdays=weekdays, session=session)


def _clock_ns(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * _HOUR_NS + int(minutes) * _MINUTE_NS


#: Regular sessions as the exchanges publish them (2026), by ISO 10383 market identifier.
_EXCHANGES: Final = (
    UTC_DAYS,
    MarketCalendar(name="forex", zone="America/New_York", day_start_ns=-7 * _HOUR_NS, weekdays=_WEEKDAYS),
    _exchange("XNYS", "America/New_York", "09:30", "16:00"),
    _exchange("XNAS", "America/New_York", "09:30", "16:00"),
    _exchange("ARCX", "America/New_York", "09:30", "16:00"),
    _exchange("XCBO", "America/Chicago", "08:30", "15:15"),
    MarketCalendar(name="CMES", zone="America/Chicago", day_start_ns=-7 * _HOUR_NS, weekdays=_WEEKDAYS),
    _exchange("XTSE", "America/Toronto", "09:30", "16:00"),
    _exchange("XMEX", "America/Mexico_City", "08:30", "15:00"),
    _exchange("BVMF", "America/Sao_Paulo", "10:00", "17:00"),
    _exchange("XLON", "Europe/London", "08:00", "16:30"),
    _exchange("XDUB", "Europe/Dublin", "08:00", "16:30"),
    _exchange("XLIS", "Europe/Lisbon", "08:00", "16:30"),
    _exchange("XPAR", "Europe/Paris", "09:00", "17:30"),
    _exchange("XAMS", "Europe/Amsterdam", "09:00", "17:30"),
    _exchange("XBRU", "Europe/Brussels", "09:00", "17:30"),
    _exchange("XETR", "Europe/Berlin", "09:00", "17:30"),
    _exchange("XFRA", "Europe/Berlin", "09:00", "17:30"),
    _exchange("XSWX", "Europe/Zurich", "09:00", "17:30"),
    _exchange("XWBO", "Europe/Vienna", "09:00", "17:30"),
    _exchange("XMIL", "Europe/Rome", "09:00", "17:30"),
    _exchange("XMAD", "Europe/Madrid", "09:00", "17:30"),
    _exchange("XSTO", "Europe/Stockholm", "09:00", "17:30"),
    _exchange("XHEL", "Europe/Helsinki", "10:00", "18:30"),
    _exchange("XCSE", "Europe/Copenhagen", "09:00", "17:00"),
    _exchange("XOSL", "Europe/Oslo", "09:00", "16:20"),
    _exchange("XWAR", "Europe/Warsaw", "09:00", "17:00"),
    _exchange("XIST", "Europe/Istanbul", "10:00", "18:00"),
    _exchange("XTAE", "Asia/Jerusalem", "10:00", "17:15", weekdays=_SUNDAY_TO_THURSDAY),
    _exchange("XSAU", "Asia/Riyadh", "10:00", "15:00", weekdays=_SUNDAY_TO_THURSDAY),
    _exchange("XJSE", "Africa/Johannesburg", "09:00", "17:00"),
    _exchange("XBOM", "Asia/Kolkata", "09:15", "15:30"),
    _exchange("XNSE", "Asia/Kolkata", "09:15", "15:30"),
    _exchange("XSHG", "Asia/Shanghai", "09:30", "15:00"),
    _exchange("XSHE", "Asia/Shanghai", "09:30", "15:00"),
    _exchange("XHKG", "Asia/Hong_Kong", "09:30", "16:00"),
    _exchange("XTAI", "Asia/Taipei", "09:00", "13:30"),
    _exchange("XKRX", "Asia/Seoul", "09:00", "15:30"),
    _exchange("XTKS", "Asia/Tokyo", "09:00", "15:30"),
    _exchange("XSES", "Asia/Singapore", "09:00", "17:00"),
    _exchange("XKLS", "Asia/Kuala_Lumpur", "09:00", "17:00"),
    _exchange("XBKK", "Asia/Bangkok", "10:00", "16:30"),
    _exchange("XIDX", "Asia/Jakarta", "09:00", "15:50"),
    _exchange("XASX", "Australia/Sydney", "10:00", "16:00"),
    _exchange("XNZE", "Pacific/Auckland", "10:00", "16:45"),
)  # fmt: skip
_ALIASES: Final[Mapping[str, str]] = {
    "NYSE": "XNYS", "NASDAQ": "XNAS", "CRYPTO": "24/7", "UTC": "24/7", "FX": "FOREX", "LSE": "XLON", "TSE": "XTKS",
    "NSE": "XNSE", "BSE": "XBOM", "CME": "CMES", "HKEX": "XHKG", "ASX": "XASX", "TSX": "XTSE", "KRX": "XKRX",
}  # fmt: skip
CALENDARS: Final[Mapping[str, MarketCalendar]] = {calendar.name: calendar for calendar in _EXCHANGES}


def market_calendar(name: str) -> MarketCalendar:
    """The calendar of ``--exchange``: ``XNYS``, ``forex``, ``24/7``. Case does not matter.

    With the package ``exchange-calendars`` (the extra ``calendars``) it has the exchange's holidays, and every calendar
    of that package can be named. Without it only weekends are without trading. Raises ``ValueError`` with a sentence
    that lists near names.
    """
    known = {each.upper(): each for each in CALENDARS}
    key = name.strip().upper()
    calendar = CALENDARS.get(known.get(_ALIASES.get(key, key).upper(), ""))
    if calendar is not None and calendar.session is None:
        return calendar
    published = _published(calendar.name if calendar is not None else key)
    if calendar is None and published is None:
        near = difflib.get_close_matches(key, [*known, *_ALIASES], 3, 0.5)
        hint = f"did you mean {' or '.join(known.get(each, each) for each in near)}?" if near else ""
        listed = hint or f"known: {', '.join(CALENDARS)}"
        raise ValueError(f"there is no calendar {name!r:.40}; {listed}")
    if published is None:
        assert calendar is not None
        return calendar
    if calendar is None:
        return published
    return MarketCalendar(
        name=calendar.name, zone=calendar.zone, day_start_ns=calendar.day_start_ns, weekdays=calendar.weekdays,
        holidays=published.holidays, session=calendar.session,
    )  # fmt: skip


@lru_cache(maxsize=16)
def _published(name: str) -> MarketCalendar | None:
    """A calendar of ``exchange-calendars``, with the holidays that it knows; None without it or for another name."""
    try:
        exchange_calendars: Any = importlib.import_module("exchange_calendars")
    except ImportError:
        return None
    known: dict[str, str] = {each.upper(): each for each in exchange_calendars.get_calendar_names()}
    if name.upper() not in known:
        return None
    with warnings.catch_warnings():
        # How that package uses pandas is no concern of the user.
        warnings.simplefilter("ignore")
        found: Any = exchange_calendars.get_calendar(known[name.upper()])
    sessions = found.sessions.to_numpy().astype("M8[D]").astype(np.int64)
    weekdays = frozenset(np.unique((sessions + _EPOCH_WEEKDAY) % 7).tolist())
    every = np.arange(sessions[0], sessions[-1] + 1)
    missing = every[np.isin((every + _EPOCH_WEEKDAY) % 7, list(weekdays)) & ~np.isin(every, sessions)]
    opens, closes = (times[-1][1] for times in (found.open_times, found.close_times))
    zone = str(found.tz)
    # A session that opens in the evening belongs to the next date.
    begins = -7 * _HOUR_NS if found.open_offset < 0 else 0
    return MarketCalendar(
        name=found.name,
        zone=zone,
        day_start_ns=begins,
        weekdays=weekdays,
        holidays=frozenset(missing.astype("M8[D]").astype(object).tolist()),
        session=(_since_midnight_ns(opens), _since_midnight_ns(closes)),
    )


def _since_midnight_ns(clock: Any) -> int:
    return int(clock.hour * _HOUR_NS + clock.minute * _MINUTE_NS)
