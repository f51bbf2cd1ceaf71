"""Recognises the names of columns with timestamps, dates or times of day, by their words in any order and case."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import Final, Literal

from feeds.files.parsing.zone_names import AMBIGUOUS, OFFSETS, REGIONS, zone_name

Role = Literal["timestamp", "date", "time"]


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_STAMPS: Final = _words(
    "timestamp timestamps datetime ts epoch unix unixtime stamp moment instant dttm posix datenum zeitstempel"
)
_DATES: Final = _words("date dates day datum fecha dia yyyymmdd tarih dato дата 日期 交易日期 日付 日付け 날짜")
_TIMES: Final = _words("time times hour stunde clock zeit uhrzeit hora heure ora время hhmmss hms 时间 時間 交易时间")
#: With these a column of times needs no further word: bar_start, Begin, created at.
_STARTS: Final = _words("start starts starting started begin begins beginning began")
_EVENTS: Final = _words("created executed traded received published recorded occurred sent captured updated")
_ENDS: Final = _words("close closing closed end ends ending ended until stop")
#: Of several timestamps, these are of the program that recorded the row.
_RECORDED: Final = _words(
    "recv received receive receipt publish published server system sys log logged recorded capture captured "
    "update updated local created create sent sending feed"
)
_QUALIFIERS: Final = _words(
    """
    open opening opened from bar bars candle candles candlestick kline klines interval period window bucket trade
    trades trading traded transaction transact txn deal execution exec executed fill exch exchange event market quote
    quotes quotation tick ticks price last sip participant at on of the and in iso ms ns us sec secs second seconds
    millis millisecond milliseconds micros microseconds nanos nanoseconds observation obs session business calendar
    index row str string formatted full snapshot message msg source src origin entry md utc gmt local stock as key
    und et y e
    """
)
_ALL: Final = _STAMPS | _DATES | _TIMES | _STARTS | _EVENTS | _ENDS | _RECORDED | _QUALIFIERS


@dataclass(frozen=True, slots=True)
class TimeName:
    """What a column's name says. Of several columns with one role, that of the lowest ``rank`` is the row's time."""

    role: Role
    rank: int
    is_start: bool
    is_end: bool


@lru_cache(maxsize=4096)
def time_name(name: str) -> TimeName | None:
    """The role of a column called ``name``; None for other names, also for those that contain unknown words."""
    if len(name) > 60:
        return None
    title = re.sub(r"[A-Za-z]+(?:/[A-Za-z_]+)+", lambda found: " " if zone_name(found[0]) else found[0], name)
    words: list[str] = []
    for part in re.findall(r"[^\W\d_]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title)):
        found = _known(part)
        if found is None:
            return None
        words += found
    kinds = set(words)
    role = _role(kinds)
    if role is None:
        return None
    is_start = bool(kinds & _STARTS) or ("open" in kinds and bool(kinds & (_TIMES | _STAMPS)))
    rank = 3 * bool(kinds & _RECORDED) + (not is_start) - 2 * bool(kinds & {"utc", "gmt"})
    return TimeName(role, rank, is_start, bool(kinds & _ENDS) and not is_start)


def _role(kinds: set[str]) -> Role | None:
    if {"of", "day"} <= kinds and kinds & _TIMES:
        return "time"
    if {"as", "of"} == kinds:
        return "timestamp"
    if kinds & _STAMPS or (kinds & _DATES and kinds & _TIMES):
        return "timestamp"
    if kinds & _TIMES:
        return "time"
    if kinds & _DATES:
        return "date"
    if kinds & _STARTS or (kinds & _EVENTS and kinds & {"at", "last"}):
        return "timestamp"
    if kinds & {"end", "ends", "ending"}:
        return "timestamp"
    return "timestamp" if kinds and kinds <= {"utc", "gmt"} else None


def _known(part: str) -> list[str] | None:
    """``part`` as words that are known; ``opentime`` as two."""
    word = part.lower()
    if word in _ALL or word in ("s", "z"):
        return [word]
    if word == "asof":
        return ["as", "of"]
    upper = part.upper()
    if upper in OFFSETS or upper in AMBIGUOUS or upper in REGIONS:
        return ["zone"]
    for place in range(2, len(word) - 1):
        if word[:place] in _ALL and word[place:] in _ALL:
            return [word[:place], word[place:]]
    return None
