"""Finds the columns of the timestamp: one, or a date and a time of day."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final, Literal

from feeds.files.parsing.column_names import STAMPS, place_of
from feeds.files.parsing.month_stamps import names_months
from feeds.files.parsing.time_columns import Role, time_name
from feeds.files.parsing.timestamp_parsers import CLOCK, LOCAL, NOTHING, UTC, UTC_CLOCK
from feeds.files.parsing.timestamps import as_texts, parse_timestamps
from feeds.files.recognition.header import Header
from feeds.files.recognition.part_columns import part_columns
from ticker.errors import FeedError

#: What most values of a column are; "unknown" also if it is empty.
Values = Literal["both", "date", "clock", "unknown"]
#: Names of an unnamed index column.
_INDEX: Final = ("", "index", "unnamed_0")
_STARTS_AS_DATE: Final = re.compile(r"(19|20)\d\d\D|\d{1,2}[/.]")
#: A name of dates; their values may be numbers of a spreadsheet.
_DATED: Final = re.compile("date|day|datum", re.IGNORECASE)


def stamps_of(header: Header) -> dict[str, int]:
    """The timestamp's columns: one, or a date and a time. Empty if there is none.

    A usual name counts more than one that merely has the right words, and the values decide where names leave it open.
    The end of a bar's time is used only if its start is in no column. A date in parts has the roles of ``PARTS``.
    """
    parts = part_columns(header.plain, header.rows)
    if not parts:
        return _whole(header)
    places = set(parts.values())
    others = _whole(
        Header(
            tuple("?" if place in places else name for place, name in enumerate(header.names)),
            tuple("?" if place in places else name for place, name in enumerate(header.plain)),
            header.rows,
        )
    )
    kinds = {values_of(header, place) for place in others.values()}
    if not kinds <= {"clock", "unknown"}:
        return others
    date = {part: place for part, place in parts.items() if part in ("year", "month", "day")}
    times = [place for place in others.values() if (name := time_name(header.names[place])) and name.role == "time"]
    if times and "day" in date:
        return {**date, "time": times[0]}
    return date if times else parts


def _whole(header: Header) -> dict[str, int]:
    """The timestamp's columns other than a date in parts."""
    start = _start(header)
    if start is not None:
        return {"timestamp": start}
    stamp, date, time = (_place(header, role) for role in ("timestamp", "date", "time"))
    if stamp is not None:
        return _completed(header, stamp, date, time)
    if time is not None and (date is None or values_of(header, time) == "both"):
        return {"timestamp": time}
    if date is not None:
        return _completed(header, date, None, time)
    index = next((header.plain.index(name) for name in _INDEX if name in header.plain), None)
    if index is not None:
        words = header.values(index)
        if 2 * sum(_STARTS_AS_DATE.match(word) is not None for word in words) >= len(words):
            return {"timestamp": index}
    end = next((place for place, name in enumerate(header.names) if (is_end(name))), None)
    if end is not None:
        return {"timestamp": end}
    months = (
        place
        for place, name in enumerate(header.plain)
        if names_months(header.names[place]) or name in (*_INDEX, "period")
    )
    month = next((place for place in months if _has_months(header.values(place))), None)
    return {} if month is None else {"timestamp": month}


def _has_months(words: Sequence[str]) -> bool:
    """Whether most texts are months."""
    found = parse_timestamps(as_texts(list(words)), "month")
    return 2 * int((found.kind != NOTHING).sum()) > len(words)


def given_stamps(header: Header, given: Mapping[str, int], found: Mapping[str, int] | None = None) -> dict[str, int]:
    """The timestamp's columns with those that the user named; ``found`` are those of the layout.

    Raises ``FeedError`` for columns that can't be combined.
    """
    mine = {str(role): given[role] for role in STAMPS if role in given}
    if not mine:
        return dict(found) if found is not None else stamps_of(header)
    kinds = {role: values_of(header, place) for role, place in mine.items()}
    if len(mine) == 1:
        return _with_partner(header, next(iter(mine.items())), kinds)
    if len(mine) == 2:
        (one, other) = mine
        for date, time in ((one, other), (other, one)):
            fits = kinds[date] in ("date", "unknown") and kinds[time] in ("clock", "unknown")
            if fits and time != "date" and date != "time":
                return {"date": mine[date], "time": mine[time]}
    named = ",".join(f"{role}={header.names[place]}" for role, place in mine.items())
    what = ", ".join(f"{header.names[mine[role]]!r} has {_SAID[kind]}" for role, kind in kinds.items())
    raise FeedError(f"--columns {named}: a date and a time of day can be combined, but {what}")


_SAID: Final[Mapping[Values, str]] = {
    "both": "both",
    "date": "dates",
    "clock": "times of day",
    "unknown": "neither",
}


def _with_partner(header: Header, only: tuple[str, int], kinds: Mapping[str, Values]) -> dict[str, int]:
    """The column that the user named, with the header's column of the other half."""
    role, place = only
    time, date = _place(header, "time"), _place(header, "date")
    if kinds[role] == "date" and time not in (None, place) and values_of(header, time) == "clock":
        return {"date": place, "time": int(time or 0)}
    if kinds[role] == "clock" and date not in (None, place) and values_of(header, date) == "date":
        return {"date": int(date or 0), "time": place}
    return {"timestamp": place}


def _completed(header: Header, stamp: int, date: int | None, time: int | None) -> dict[str, int]:
    """The timestamp's column; with a column of the other half if it has dates or times of day alone."""
    kind = values_of(header, stamp)
    if kind == "clock" and date is not None and values_of(header, date) == "date":
        return {"date": date, "time": stamp}
    is_date = kind == "date" or (kind == "unknown" and stamp != time and _DATED.search(header.names[stamp]) is not None)
    # A column that is called the time is never dropped: values that are no times of day are refused row by row.
    is_clock = time is not None and (
        values_of(header, time) == "clock" or (values_of(header, time) == "unknown" and bool(header.values(time)))
    )
    if is_date and time is not None and is_clock:
        return {"date": stamp, "time": time}
    return {"timestamp": stamp}


def _start(header: Header) -> int | None:
    """The column of the start of bars, if another one has their end."""
    known = {place: found for place, name in enumerate(header.names) if (found := time_name(name)) is not None}
    if not any(found.is_end for found in known.values()):
        return None
    starts = [(found.rank, place) for place, found in known.items() if found.is_start]
    return next((place for _, place in sorted(starts) if values_of(header, place) == "both"), None)


def is_end(name: str) -> bool:
    """Whether a column called ``name`` has the ends of bars: ``close_time``, ``Bar End``."""
    found = time_name(name)
    return found is not None and found.is_end


def _place(header: Header, role: Role) -> int | None:
    """The column for ``role``: by a usual name, else by its words."""
    place = place_of(role, header.plain)
    if place is not None:
        return place
    fitting = [
        (found.rank, place)
        for place, name in enumerate(header.names)
        if len(header.plain[place]) > 1
        and (found := time_name(name)) is not None
        and found.role == role
        and not found.is_end
    ]
    return min(fitting)[1] if fitting else None


def values_of(header: Header, place: int | None) -> Values:
    """What most of the first values of a column are."""
    words = header.values(place) if place is not None else []
    if not words:
        return "unknown"
    texts = as_texts(words)
    found = parse_timestamps(texts, "stamp")
    dates = 0 if found.dates is None else int(found.dates.sum())
    clocks = int(((found.kind == CLOCK) | (found.kind == UTC_CLOCK)).sum())
    both = int(((found.kind == UTC) | (found.kind == LOCAL)).sum()) - dates
    if max(dates, clocks, both) * 2 < len(words):
        other = parse_timestamps(texts, "stamp", order="dmy")
        only_day_first = (other.kind == LOCAL) & (found.kind == NOTHING)
        if only_day_first.any():
            return "both" if other.dates is None or not other.dates[only_day_first].any() else "date"
        return "clock" if 2 * int((parse_timestamps(texts, "clock").kind != NOTHING).sum()) > len(words) else "unknown"
    return "both" if both == max(dates, clocks, both) else "date" if dates >= clocks else "clock"
