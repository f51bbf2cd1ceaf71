"""Timestamps, durations, numbers and lists as text."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

_SECOND_NS = 10**9
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "min"), (1, "s"))


def iso(ts: int) -> str:
    """``2024-01-03T14:30:00.123456789Z``: nine digits, UTC."""
    seconds, rest_ns = divmod(ts, _SECOND_NS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{rest_ns:09}Z"


def stamp(ts: int, zone: str) -> str:
    """``2024-01-03 09:30:00.123`` in ``zone``, with 0, 3, 6 or 9 decimals as needed."""
    seconds, rest_ns = divmod(ts, _SECOND_NS)
    digits = f"{rest_ns:09}".rstrip("0")
    digits = digits.ljust(-(-len(digits) // 3) * 3, "0")
    whole = datetime.fromtimestamp(seconds, ZoneInfo(zone))
    return f"{whole:%Y-%m-%d %H:%M:%S}" + (f".{digits}" if digits else "")


def period(first: int, last: int, zone: str) -> str:
    """``2024-01-03 09:30:00 to 16:00:00``; the second date only if it differs."""
    begin, end = stamp(first, zone), stamp(last, zone)
    if begin == end:
        return begin
    return f"{begin} to {end[11:] if begin[:10] == end[:10] else end}"


def duration(length_ns: int) -> str:
    """The two largest units: ``2 d 17 h``, ``6 h 30 min``, ``1 min``, ``1.5 s``, ``20 ms``."""
    if length_ns < _SECOND_NS:
        return f"{length_ns / 1e6:.3g} ms"
    if length_ns < 10 * _SECOND_NS and length_ns % _SECOND_NS:
        return f"{length_ns / 1e9:.3g} s"
    left, parts = length_ns // _SECOND_NS, []
    for seconds, unit in _UNITS:
        count, left = divmod(left, seconds)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
    return " ".join(parts[:2])


def number(value: float | None) -> str:
    """All digits of the file: ``184.2301``."""
    return "" if value is None else f"{value:.15g}"


def amount(value: float | None) -> str:
    """All digits, with thousands separators: ``54,999,300``."""
    return "" if value is None else f"{value:,.15g}"


def count(of: int, what: str) -> str:
    """``1 row``, ``1,203,334 rows``."""
    return f"{of:,} {what if of == 1 else f'{what}s'}"


def listed(words: Sequence[str], room: int) -> str:
    """``A, B, C … and 497 more``: as many as fit into ``room`` characters, at least one."""
    whole = ", ".join(words)
    if len(whole) <= room or len(words) == 1:
        return whole
    text, taken = words[0], 1
    while len(longer := f"{text}, {words[taken]}") + len(_rest(words, taken + 1)) <= room:
        text, taken = longer, taken + 1
    return text + _rest(words, taken)


def _rest(words: Sequence[str], taken: int) -> str:
    return f" … and {len(words) - taken:,} more"


def shortened(path: str, room: int) -> str:
    """The end of a path that is too long: ``…/tick/ibm/20131011_trade.zip``."""
    if len(path) <= room:
        return path
    cut = path[-max(room - 1, 1) :]
    _, found, inside = cut.partition(os.sep)
    return "…" + (os.sep + inside if found and inside else cut)
