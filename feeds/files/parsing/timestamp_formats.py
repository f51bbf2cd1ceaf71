"""The formats of timestamps: which digits of a text are the year, the second and so on.

A shape is a text with all digits as zeros. ``parser_of`` returns what computes the timestamps of texts of one shape.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final, Literal

from feeds.files.parsing.month_names import month_number
from feeds.files.parsing.timestamp_parsers import (
    CLOCK,
    LOCAL,
    UTC,
    UTC_CLOCK,
    Calendar,
    Epoch,
    Parser,
    Serial,
    SinceMidnight,
    Spans,
    Unpadded,
    power,
)
from feeds.files.parsing.zone_names import zone_name

#: How a column is read: as timestamps, dates, months, times of day (also as numbers without leading zeros, with or
#: without seconds, or of hours alone), days of a spreadsheet, or ms or s since midnight.
Reading = Literal["stamp", "date", "month", "clock", "hms", "hm", "hour", "serial", "ms", "s"]
_UNPADDED: Final = {"hms": 1, "hm": 100, "hour": 10_000}
_SINCE_MIDNIGHT: Final = {"ms": 10**6, "s": 10**9}
_MONTHS: Final = (
    "january february march april may june july august september october november december".split()  # noqa: SIM905 - as words
)
_WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")

# A month's name; ~ fills the place of letters that aren't ASCII. "15 de enero de 2024".
_NAME = "[A-Za-z]{3,12}~{0,24}"
_OF = r"(?:de[l]?\ )?"
# Groups of one meaning in several alternatives end in a number: year2 is a year.
_DATE = rf"""(?:
    (?P<year>0000)(?P<sep>[-/. ])(?P<month>00?)(?P=sep)(?P<day>00?)
  | (?P<year6>0000)\.\ (?P<month2>00?)\.\ (?P<day9>00?)\.?
  | (?P<year8>0000)-\ (?P<month4>00?)-\ (?P<day11>00?)
  | (?P<year7>0000)Y\ \ \ ?(?P<month3>00?)M\ \ \ ?(?P<day10>00?)D[\ ]{{2}}
  | (?P<ymd>00000000)
  | (?P<one>00?)(?P<mark>[-/.])(?P<two>00?)(?P=mark)(?P<year2>0000)
  | (?P<one2>00?)(?P<mark2>[-/.])(?P<two2>00?)(?P=mark2)(?P<short>00)(?![0:.])
  | (?P<name>{_NAME})\.?[\ \-/]{{0,2}}(?P<day2>00?)(?:st|nd|rd|th)?,?[\ \-/](?P<year3>0000)
  | (?P<name2>{_NAME})\.?(?:-(?P<day3>00?)-|\ (?P<day4>00?),\ ?'?|\ (?P<day5>00?)\ ')(?P<short2>00)(?![0:.])
  | (?P<day6>00?)(?:st|nd|rd|th|er|\.)?[\ \-/.]?{_OF}(?P<name3>{_NAME})\.?,?[\ \-/.]?{_OF}(?P<year4>0000)
  | (?P<day7>00?)(?:\.(?=\ ))?[\ \-/.]?(?P<name4>{_NAME})\.?,?[\ \-/.]?'?(?P<short3>00)(?![0:.])
  | (?P<year5>0000)\.?[\ \-/.]?(?P<name5>{_NAME})\.?[\ \-/.]?(?P<day8>00?)\.?
)"""
# A month without a day.
_MONTH = rf"""(?:
    (?P<year>0000)(?:[-/.]|\ ?[Mm]|\ )?(?P<month>00)
  | (?P<year2>0000)(?:[-/.]|\ ?[Mm])(?P<month2>0)
  | (?P<year3>0000)Y\ \ \ ?(?P<month3>00?)M[\ ]{{2}}
  | (?P<month4>00?)[-/.](?P<year4>0000)
  | (?P<name>{_NAME})\.?(?:,\ |[\ \-/,])?{_OF}(?P<year5>0000)
  | (?P<year6>0000)[\ \-/]?(?P<name2>{_NAME})\.?
  | (?P<name3>{_NAME})\.?(?:[\-/]|\ ?'|\ )(?P<short>00)
)"""
_WEEKDAY = r"(?:(?P<weekday>[A-Za-z]{3,9})\.?,?\ )?"
_TIME = r"""(?:
    (?P<hour>00?):(?P<minute>00)
        (?::(?P<second>00)(?:[.,:](?P<fraction>0+)|\ (?P<fraction2>0{3}|0{6}|0{9}))?)?
        (?:\ {0,3}(?P<half>[AaPp])\.?\ ?[Mm]\.?(?![A-Za-z]))?
  | (?P<hour2>00?)\.(?P<minute2>00)\.(?P<second2>00)(?:\.(?P<fraction3>0+))?(?:\ (?P<half2>[AaPp])[Mm])?
  | (?P<hour3>00?)-(?P<minute3>00)-(?P<second3>00)(?:[.\-](?P<fraction4>0+))?
  | (?P<hms>000000)\.?(?P<fraction5>0{0,9})
  | (?P<hms2>000000)\ (?P<fraction6>0{3}|0{6,7}|0{9})
  | (?P<hm>0000)
  | (?P<hour4>00?)-?\ ?(?P<half3>[AaPp])[Mm]
)"""
_OFFSET = r"""\ {0,2}(?:
    (?P<zulu>Z|z|UTC|utc|GMT|UT)
  | (?:GMT|UTC)?(?P<sign>[-+])(?P<offset_h>00):?(?P<offset_m>00)?(?::00)?
  | (?:GMT|UTC)(?P<sign2>[-+])(?P<offset_h2>0)(?::(?P<offset_m2>00))?
)"""
# Behind an offset a name adds nothing: Go's "-0500 EST m=+0.000", Java's "-05:00[America/New_York]".
_REST = r"(?:\ ?[\[(][^\[\]()]{1,40}[\])]|\ [A-Z]{2,5}|\ [-+]00(?:00)?)?(?:\ m=[-+]0+\.0+)?"
_ZONE = r"""(?:
    \ ?[\[(]?
    (?P<zone>[A-Za-z][A-Za-z_]*(?:(?:\ (?:Standard|Daylight))?\ Time|0[A-Za-z]{3}|(?:[/+-][A-Za-z0_+-]+)*))
    [\])]?
)"""
_BEHIND = rf"(?:{_OFFSET}{_REST}|{_ZONE}(?:\ m=[-+]0+\.0+)?)?"
_BETWEEN = r"(?:\ ?[Tt\ ,_D]\ ?|,\ |:|-(?=00?[:.]00[:.]00)|/(?=00?:)|\ -\ |\ (?:um|at|a\ las|a\ |alle|om)\ )"
_PATTERNS: Final[dict[str, re.Pattern[str]]] = {
    name: re.compile(pattern, re.VERBOSE | re.ASCII)
    for name, pattern in {
        "compact": r"(?P<ymd>00000000)(?P<compact>0000(?:00(?:0{3}|0{6}|0{9})?)?)",
        "epoch": r"\+?(?P<epoch>0{9,10}|0{13}|0{15,16}|0{18,19})(?:\.(?P<rest>0*))?",
        "power": r"\+?0\.?0*[eE]\+?00?",
        "serial": r"(?P<serial>00000|000000)(?:\.(?P<rest>0*))?",
        "stamp": rf"'?{_WEEKDAY}{_DATE}(?:{_BETWEEN}{_TIME}{_BEHIND})?",
        # asctime, Java's Date: Wed Jan  3 14:30:00 EST 2024
        "asctime": rf"{_WEEKDAY}(?P<name>[A-Za-z]{{3}})\ {{1,2}}(?P<day>00?)\ {_TIME}{_BEHIND}\ (?P<year>0000)",
        "time first": rf"{_TIME}{_BEHIND},?\ {_DATE}",
        # 0D: kdb+
        "clock": rf"(?:0D)?{_TIME}{_BEHIND}",
        # Without a colon or AM/PM, 202401 is rather a month.
        "marked clock": rf"(?=.*[:AaPp]){_TIME}{_BEHIND}",
        "short clock": r"(?P<hour>0)(?P<minute>00)(?P<second>00)",
        "unpadded": r"(?P<number>0{1,6})",
        "short date": r"(?P<one>00)(?P<two>00)(?P<short>00)",
        "month": rf"'?{_MONTH}",
        "since": r"(?P<since>0{1,8})(?:\.(?P<rest>0*))?",
    }.items()
}
_READINGS: Final[dict[Reading, tuple[str, ...]]] = {
    "stamp": ("compact", "epoch", "power", "stamp", "asctime", "time first", "marked clock"),
    "date": ("stamp", "short date"),
    "month": ("month",),
    "clock": ("clock", "short clock"),
    "hms": ("unpadded",),
    "hm": ("unpadded",),
    "hour": ("unpadded",),
    "serial": ("serial",),
    "ms": ("since",),
    "s": ("since",),
}
#: Letters with a text of their length: no-break spaces, minus signs, the French "at", and Asian year, month and day.
_PLAIN: Final = {
    "\u202f": "   ", "\xa0": "  ", "\u2212": "  -", "à": "a ", "年": "Y  ", "月": "M  ", "日": "D  ", "년": "Y  ",
    "월": "M  ", "일": "D  ",
}  # fmt: skip
_WORD: Final = re.compile(r"[^\W\d_]+")


@lru_cache(maxsize=4096)
def parser_of(shape: bytes, reading: Reading) -> Parser | None:
    """The parser for texts of this shape; None if it is no timestamp."""
    text = _ascii(shape)
    for name in _READINGS[reading]:
        match = _PATTERNS[name].fullmatch(text)
        if match is None:
            continue
        found = {group.rstrip("0123456789"): group for group, part in match.groupdict().items() if part is not None}
        spans = {group: match.span(full) for group, full in found.items()}
        if name == "epoch":
            return Epoch(spans)
        if name == "power":
            return power
        if name == "serial":
            return Serial(spans)
        if name == "unpadded":
            return Unpadded(spans, _UNPADDED[reading])
        if name == "since":
            return SinceMidnight(spans, _SINCE_MIDNIGHT[reading])
        calendar = _calendar(spans, {group: match[full] for group, full in found.items()})
        if calendar is not None:
            return calendar
    return None


def is_number(shape: bytes) -> bool:
    """Whether texts of this shape are days of a spreadsheet, if they are timestamps at all."""
    return _PATTERNS["serial"].fullmatch(shape.decode("ascii", "replace")) is not None


def _calendar(spans: Spans, words: dict[str, str]) -> Calendar | None:
    month = _month(words["name"]) if "name" in words else 0
    if month is None or ("weekday" in words and not _is_weekday(words["weekday"])):
        return None
    has_date = bool(spans.keys() & {"year", "ymd", "short"})
    aware, minutes, zone = "zulu" in words or "sign" in words, 0, ""
    if "zone" in words:
        zone = words["zone"]
        if "0" not in zone:
            found = zone_name(zone)
            if found is None:
                return None
            zone = found.name if found.zone is None else found.zone
            aware, minutes = found.minutes is not None, found.minutes or 0
    kind = (UTC if aware else LOCAL) if has_date else UTC_CLOCK if aware else CLOCK
    sign = {"": 0, "-": -1, "+": 1}[words.get("sign", "")]
    afternoon = words["half"].lower() == "p" if "half" in words else None
    return Calendar(spans, month, afternoon, sign, minutes, zone, kind)


def _ascii(shape: bytes) -> str:
    """A shape in ASCII, of the same length in bytes. Names of months with other letters become English ones."""
    if shape.isascii():
        return shape.decode()
    text = "".join(_PLAIN.get(letter, letter) for letter in shape.decode("utf-8", "replace"))
    return _WORD.sub(lambda found: _in_english(found[0]), text).encode("ascii", "replace").decode()


def _in_english(word: str) -> str:
    """``Mär``, ``января`` as an English month filled up to its length in bytes; other words as they are."""
    length, number = len(word.encode()), None if word.isascii() else month_number(word)
    if number is None:
        return word if word.isascii() else "?" * length
    return _MONTHS[number - 1][:3] + "~" * (length - 3)


def _month(name: str) -> int | None:
    """The month that ``name`` means in any language, or abbreviates to at least three letters in English."""
    word = name.lower().rstrip("~")
    return next((number for number, full in enumerate(_MONTHS, 1) if full.startswith(word)), month_number(word))


def _is_weekday(name: str) -> bool:
    return any(day.startswith(name.lower()) for day in _WEEKDAYS)
