"""Names of time zones as files write them: abbreviations, regions of the IANA database in any case, offsets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Final
from zoneinfo import available_timezones

#: Abbreviations to minutes east of UTC.
OFFSETS: Final = {
    "Z": 0, "UTC": 0, "GMT": 0, "UT": 0, "ZULU": 0, "WET": 0, "WEST": 60,
    "CET": 60, "CEST": 120, "MEZ": 60, "MESZ": 120, "MEST": 120, "EET": 120, "EEST": 180, "MSK": 180, "SAST": 120,
    "EST": -300, "EDT": -240, "CDT": -300, "MST": -420, "MDT": -360, "PST": -480, "PDT": -420,
    "AKST": -540, "AKDT": -480, "HST": -600, "BRT": -180, "ART": -180,
    "JST": 540, "KST": 540, "HKT": 480, "SGT": 480, "PHT": 480, "ICT": 420, "WIB": 420, "PKT": 300, "NPT": 345,
    "AWST": 480, "ACST": 570, "ACDT": 630, "AEST": 600, "AEDT": 660, "NZST": 720, "NZDT": 780,
}  # fmt: skip
#: Names for a zone in summer and winter alike.
REGIONS: Final = {
    "ET": "America/New_York", "CT": "America/Chicago", "MT": "America/Denver", "PT": "America/Los_Angeles",
    "EASTERN": "America/New_York", "CENTRAL": "America/Chicago", "PACIFIC": "America/Los_Angeles",
    "NEW_YORK": "America/New_York", "NEWYORK": "America/New_York", "NYC": "America/New_York",
    "NY": "America/New_York",
    "CHICAGO": "America/Chicago", "LONDON": "Europe/London", "BERLIN": "Europe/Berlin",
    "FRANKFURT": "Europe/Berlin", "PARIS": "Europe/Paris", "ZURICH": "Europe/Zurich", "TOKYO": "Asia/Tokyo",
    "HONG_KONG": "Asia/Hong_Kong", "SHANGHAI": "Asia/Shanghai", "BEIJING": "Asia/Shanghai", "SEOUL": "Asia/Seoul",
    "KOLKATA": "Asia/Kolkata", "MUMBAI": "Asia/Kolkata", "SYDNEY": "Australia/Sydney",
}  # fmt: skip
#: Abbreviations with more than one meaning.
AMBIGUOUS: Final = {
    "IST": "India, Israel or Ireland",
    "CST": "Chicago, China or Cuba",
    "BST": "Britain, Bangladesh or Bougainville",
    "AST": "the Atlantic or Arabia",
    "ADT": "the Atlantic or Arabia",
    "GST": "the Gulf or South Georgia",
    "SST": "Samoa or Singapore",
    "ECT": "Ecuador or the Caribbean",
}
#: Abbreviations of standard time whose regions have daylight saving.
STANDARD: Final = {
    "EST": "America/New_York", "MST": "America/Denver", "PST": "America/Los_Angeles", "CET": "Europe/Berlin",
    "MEZ": "Europe/Berlin", "EET": "Europe/Helsinki", "WET": "Europe/Lisbon", "AEST": "Australia/Sydney",
    "NZST": "Pacific/Auckland",
}  # fmt: skip
#: The zones that offsets are compared with, the likeliest first. Zones without daylight saving stand last.
_LIKELY: Final = (
    "America/New_York", "America/Chicago", "America/Los_Angeles", "Europe/Berlin", "Europe/London", "Europe/Helsinki",
    "Australia/Sydney", "America/Denver", "Pacific/Auckland", "America/Halifax", "Asia/Tokyo", "Asia/Hong_Kong",
    "Asia/Kolkata", "Europe/Moscow", "America/Sao_Paulo", "Australia/Perth", "Asia/Dubai", "Africa/Johannesburg",
    "Asia/Bangkok", "Asia/Kathmandu",
)  # fmt: skip


_HOURS: Final = r"(?P<sign>[-+−])\s*(?P<hours>\d{1,2})(?::?(?P<minutes>\d\d)|\.(?P<part>\d{1,2}))?"
#: ``UTC+05:30``, ``GMT-3``, ``utc+0530``, ``UTC-3.5``.
_OFFSET: Final = re.compile(rf"(?:utc|gmt)\s*{_HOURS}(?!\d)", re.IGNORECASE)
#: In the name of a column also an offset alone: ``Time (+05:30)``, ``Time [-3]``, ``time +0530``.
_OFFSETS: Final = (
    _OFFSET,
    re.compile(rf"[(\[]\s*{_HOURS}\s*[)\]]"),
    re.compile(r"\s(?P<sign>[-+−])(?P<hours>\d\d):?(?P<minutes>\d\d)(?P<part>)\s*$"),
)
#: Zones that have had one offset of half or quarter hours since 1970; Nepal's since 1986.
_HALF_HOURS: Final = {
    270: "Asia/Kabul", 330: "Asia/Kolkata", 345: "Asia/Kathmandu", 390: "Asia/Yangon", 570: "Australia/Darwin",
    -570: "Pacific/Marquesas",
}  # fmt: skip

#: "Eastern Standard Time" is what programs call New York's time all year.
_LONG_NAMES: Final = {**REGIONS, "MOUNTAIN": "America/Denver"}
_LONG_NAME: Final = re.compile(r"(?P<region>EASTERN|CENTRAL|MOUNTAIN|PACIFIC)( (STANDARD|DAYLIGHT))? TIME")


#: After these, the last word of a column's name is a zone in small letters too: ``timestamp_est``, ``time_et``.
_BEFORE_ZONES: Final = frozenset({"time", "timestamp", "datetime", "date", "ts", "dt", "bar", "trade", "quote"})


@dataclass(frozen=True, slots=True)
class ZoneName:
    """A name's meaning: an offset (minutes east of UTC), a zone of the IANA database, or neither if it is ambiguous."""

    name: str
    minutes: int | None = None
    zone: str | None = None


@lru_cache(maxsize=1024)
def zone_name(text: str) -> ZoneName | None:
    """The meaning of ``EST``, ``us/eastern`` or ``IST``; None if ``text`` names no zone."""
    name = text.strip()
    word = name.upper()
    if word in AMBIGUOUS:
        return ZoneName(word)
    if word in OFFSETS:
        return ZoneName(word, minutes=OFFSETS[word])
    region = _LONG_NAME.fullmatch(word)
    if region is not None:
        return ZoneName(name, zone=_LONG_NAMES[region["region"]])
    zone = REGIONS.get(word) or _zones().get(name.lower())
    return None if zone is None else ZoneName(name, zone=zone)


@cache
def _zones() -> dict[str, str]:
    """The names of the IANA database, by their lower case."""
    return {name.lower(): name for name in available_timezones() if name not in ("Factory", "localtime")}


def fixed_zone(minutes: int) -> str | None:
    """The zone of the IANA database that always has this offset; None if there is none, as of UTC-03:30."""
    if minutes % 60 or not -12 <= minutes // 60 <= 14:
        return _HALF_HOURS.get(minutes)
    if not minutes:
        return "UTC"
    return f"Etc/GMT{-minutes // 60:+d}"


def likely_zones() -> tuple[str, ...]:
    """Zones of large exchanges, to compare a file's offsets with."""
    return _LIKELY


def zone_in_title(title: str) -> ZoneName | None:
    """The zone in a column's name: ``Date (UTC)``, ``timestamp_utc``, ``Gmt time``, ``Time [America/New_York]``."""
    offset = _offset_in(title)
    if offset is not None:
        return offset
    for text in re.findall(r"[A-Za-z]+(?:/[A-Za-z_]+)+", title):
        found = zone_name(text)
        if found is not None:
            return found
    words = [word for word in re.split(r"[^A-Za-z]+", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", title)) if word]
    for word in words:
        upper = word.upper()
        # "est", "et", "ct" and "mt" are words; as zones they stand in capitals or brackets.
        strong = word.isupper() or upper in ("UTC", "GMT") or re.search(rf"[(\[]\s*{word}\s*[)\]]", title) is not None
        known = upper in OFFSETS or upper in AMBIGUOUS or upper in REGIONS
        if known and upper not in ("Z", "UT", "ZULU", "PACIFIC", "CENTRAL") and (strong or len(upper) > 4):
            return zone_name(word)
    return zone_name(words[-1]) if len(words) > 1 and words[0].lower() in _BEFORE_ZONES else None


def _offset_in(title: str) -> ZoneName | None:
    """The offset in a column's name."""
    found = next((found for pattern in _OFFSETS if (found := pattern.search(title)) is not None), None)
    if found is None:
        return None
    part = round(60 * float(f"0.{found['part']}")) if found["part"] else int(found["minutes"] or 0)
    minutes = 60 * int(found["hours"]) + part
    sign = "-" if found["sign"] in "-−" else "+"
    return ZoneName(f"UTC{sign}{minutes // 60:02}:{minutes % 60:02}", minutes=int(f"{sign}{minutes}"))


def zone_in_banner(banner: str) -> ZoneName | None:
    """The zone that the lines before the header state: ``Timestamps are UTC timezone``. ``banner`` is in lower case."""
    if re.search(r"time|\b(tz|zone)\b", banner) is None:
        return None
    if _OFFSET.search(banner) is not None:
        return zone_in_title(banner)
    for word in re.findall(r"[a-z]+(?:/[a-z_]+)*", banner):
        if "/" in word and (found := zone_name(word)) is not None:
            return found
        if len(word) > 2 and (word.upper() in OFFSETS or word.upper() in AMBIGUOUS):
            return zone_name(word)
    return None
