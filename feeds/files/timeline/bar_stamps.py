"""Decides whether the bars of a file are stamped at their end, from the first and the last bar of its sessions."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from ticker.calendar import CALENDARS, MarketCalendar, midnights
from ticker.intervals import interval
from ticker.model import Stamps

_DAY: Final = interval("1d")
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
