"""Parses and formats times and durations for people."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND_NS: Final = 1_000_000_000
_UNITS_NS: Final = {
    "ms": _SECOND_NS // 1000,
    "s": _SECOND_NS,
    "m": 60 * _SECOND_NS,
    "min": 60 * _SECOND_NS,
    "h": 3600 * _SECOND_NS,
    "d": 86_400 * _SECOND_NS,
}
_DURATION: Final = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(ms|s|min|m|h|d)")
_DURATION_CHARS: Final = 100
#: An optional date, an optional time of day with an optional fraction, an optional offset.
_MOMENT: Final = re.compile(
    r"(?:(?P<date>\d{4}-\d\d-\d\d)|(?=\d\d?:))"
    r"(?:(?:^|[T ])(?P<time>\d\d?:\d\d(?P<seconds>:\d\d)?)(?(seconds)(?:[.,](?P<fraction>\d{1,9}))?)"
    r"\s*(?P<offset>Z|[+-]\d\d:?\d\d)?)?"
)


def duration_ns(text: str) -> int:
    """``5s``, ``2m``, ``1h30m``, ``250ms``, ``0.5`` (seconds), in ns. Raises ``ValueError``."""
    text = text.strip().lower()
    if len(text) > _DURATION_CHARS:
        # Searching thousands of digits for a unit takes seconds, and their number overflows.
        raise ValueError(f"{text[:40]!r} is not a duration such as 5s, 2m or 1h30m")
    try:
        number = float(text)
    except ValueError:
        parts = _DURATION.findall(text)
        if not parts or _DURATION.sub("", text).strip():
            raise ValueError(f"{text[:40]!r} is not a duration such as 5s, 2m or 1h30m") from None
        return sum(round(float(amount) * _UNITS_NS[unit]) for amount, unit in parts)
    if not 0 <= number < 1e9:
        raise ValueError(f"{text[:40]!r} is not a duration such as 5s, 2m or 1h30m")
    return round(number * _SECOND_NS)


def moment_ns(text: str, now: int, zone: str) -> int:
    """A time in ns since 1970 UTC. Raises ``ValueError``.

    ``text`` is ISO 8601, in the time zone ``zone`` unless it has an offset; or a time of day (``10:30``,
    ``10:30:05.5``) of the date that ``now`` (ns) has in ``zone``.
    """
    found = _MOMENT.fullmatch(text.strip())
    try:
        if found is None:
            raise ValueError(text)
        day = _local(now, zone).date() if found["date"] is None else date.fromisoformat(found["date"])
        hours, _, rest = (found["time"] or "00:00").partition(":")
        of_day = time.fromisoformat(f"{hours:>02}:{rest}")
        moment = datetime.combine(day, of_day, ZoneInfo(zone))
        if found["offset"]:
            moment = datetime.fromisoformat(f"{moment:%Y-%m-%dT%H:%M:%S}{found['offset']}")
        return _ns(moment) + int((found["fraction"] or "0").ljust(9, "0"))
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:40]!r} is not a time such as 10:30 or 2024-01-03T10:30:00") from None


def moment_text(ts: int, zone: str) -> str:
    """``2024-01-03 10:30:00 (New York)``, with a fraction if there is one."""
    return f"{_local(ts, zone):%Y-%m-%d} {time_text(ts, zone)} ({place(zone)})"


def time_text(ts: int, zone: str) -> str:
    """``10:30:00``, with a fraction if there is one."""
    fraction = f"{ts % _SECOND_NS:09}".rstrip("0")
    return f"{_local(ts, zone):%H:%M:%S}{'.' if fraction else ''}{fraction}"


def span_text(first: int, last: int, zone: str, now: int | None = None) -> str:
    """``2024-01-03 09:30:00 – 16:00:00``: a repeated date is left out, and so is the date of ``now``."""
    told = "" if now is None else f"{_local(now, zone):%Y-%m-%d}"
    parts = []
    for ts in (first, last):
        day = f"{_local(ts, zone):%Y-%m-%d}"
        parts.append(f"{'' if day == told else day + ' '}{_local(ts, zone):%H:%M:%S}")
        told = day
    return " – ".join(parts)


def place(zone: str) -> str:
    """``New York`` for ``America/New_York``."""
    return zone.rpartition("/")[2].replace("_", " ")


def _local(ts: int, zone: str) -> datetime:
    return (_EPOCH + timedelta(seconds=ts // _SECOND_NS)).astimezone(ZoneInfo(zone))


def _ns(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(seconds=1) * _SECOND_NS
