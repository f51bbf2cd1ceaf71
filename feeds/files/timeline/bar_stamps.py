"""Decides whether the bars of a file are stamped at their end: by the name of the column, else by its sessions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import numpy as np

from feeds.files.parsing.time_columns import time_name
from ticker.calendar import CALENDARS, MarketCalendar, midnights
from ticker.intervals import interval
from ticker.model import Stamps

_DAY: Final = interval("1d")
_MINUTE_NS: Final = 60 * 10**9
#: Regular sessions of the exchanges, as (opens, closes), ns since local midnight.
_SESSIONS: Final = frozenset(each.session for each in CALENDARS.values() if each.session is not None)


def are_ends(stamps: Stamps, interval_ns: int, zone: str, market: MarketCalendar | None = None) -> bool:
    """Whether sorted ``stamps`` are the ends of bars of a session, and can't be their starts.

    They are if no bar is stamped at the open of a known session (of ``market``, if it is known), most days begin one
    interval after it, and at least one day ends exactly at the close. ``zone`` is that of the sessions.
    """
    sessions: Iterable[tuple[int, int]] = _SESSIONS
    if market is not None:
        sessions, zone = ([market.session] if market.session is not None else []), market.zone
    days = midnights(zone).starts(stamps, _DAY)
    clocks = stamps - days
    first = np.append(True, days[1:] != days[:-1])
    last = np.append(first[1:], True)
    for opens, closes in sessions:
        begins = clocks[first] == opens + interval_ns
        inside = ((clocks >= opens) & (clocks <= closes)).all()
        if inside and not (clocks == opens).any() and 2 * begins.sum() > len(begins) and (clocks[last] == closes).any():
            return True
    return False


def are_starts(stamps: Stamps, zone: str, market: MarketCalendar | None = None) -> bool:
    """Whether a day of sorted ``stamps`` begins exactly at the open of a known session, or at midnight."""
    if market is not None:
        zone = market.zone
    days = midnights(zone).starts(stamps, _DAY)
    begins = set((stamps - days)[np.append(True, days[1:] != days[:-1])].tolist())
    return bool(begins & {0, *(opens for opens, _ in _SESSIONS)})


def column_says(columns: Mapping[str, str]) -> str | None:
    """ "start" or "end", if the name of the timestamp's column says so; ``columns`` are by role."""
    name = columns.get("time", "") if "date" in columns else columns.get("timestamp", "")
    found = time_name(name)
    if found is None:
        return None
    return "end" if found.is_end else "start" if found.is_start else None


def last_instant_ns(stamps: Stamps) -> int:
    """By how much (ns) ends of bars fall short of the full minute: 1 ms of 14:30:59.999; 0 if they don't."""
    short = np.unique(-stamps % _MINUTE_NS)
    return int(short[0]) if len(short) == 1 and int(short[0]) in (1, 10**3, 10**6, 10**9) else 0
