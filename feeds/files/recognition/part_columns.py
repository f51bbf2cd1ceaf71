"""Finds the columns of a date in parts: ``Year``, ``Month``, ``Day``, perhaps with ``Hour``, ``Minute``, ``Second``."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from feeds.files.parsing.month_names import month_number

PARTS: Final = ("year", "month", "day", "hour", "minute", "second")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_NAMES: Final[Mapping[str, frozenset[str]]] = {
    "year": _words("year yyyy yr jahr année annee año ano anno jaar år"),
    "month": _words("month mm mon mo monat mois mes mês mese maand månad"),
    "day": _words("day dd dy day_of_month dayofmonth tag jour día dia giorno dag"),
    "hour": _words("hour hours hh hr hrs stunde heure hora ora uur"),
    "minute": _words("minute minutes min mins mi minuten minuto"),
    "second": _words("second seconds sec secs ss sekunde seconde segundo"),
}
_VALUES: Final[Mapping[str, re.Pattern[str]]] = {
    "year": re.compile(r"(?:(?:19|20)\d\d|\d\d)(?:\.0)?", re.ASCII),
    "month": re.compile(r"(?:0?[1-9]|1[0-2])(?:\.0)?", re.ASCII),
    "day": re.compile(r"(?:0?[1-9]|[12]\d|3[01])(?:\.0)?", re.ASCII),
    "hour": re.compile(r"(?:[01]?\d|2[0-4])(?:\.0)?", re.ASCII),
    "minute": re.compile(r"[0-5]?\d(?:\.0)?", re.ASCII),
    "second": re.compile(r"[0-5]?\d(?:\.\d+)?", re.ASCII),
}


def part_columns(plain: Sequence[str], rows: Sequence[Sequence[str]]) -> dict[str, int]:
    """The places of a date's parts by role; empty without a year and a month. ``plain`` are the header's names.

    A time of day counts from the hour on: a minute needs an hour, and a second needs both.
    """
    found: dict[str, int] = {}
    for part in PARTS:
        place = next((place for place, name in enumerate(plain) if name in _NAMES[part]), None)
        if place is None or not _has(part, [word for row in rows if (word := row[place].strip())]):
            if part in ("year", "month"):
                return {}
            if part == "day":
                continue
            break
        found[part] = place
    return found if "day" in found else {part: found[part] for part in ("year", "month")}


def part_names(parts: Mapping[str, int], names: tuple[str, ...]) -> tuple[str, ...]:
    """The names of columns, with those of all parts at the place of the year."""
    joined = ", ".join(names[place] for place in parts.values())
    return tuple(joined if place == parts["year"] else name for place, name in enumerate(names))


def _has(part: str, words: Sequence[str]) -> bool:
    """Whether most texts are such a part of a date."""
    good = sum(_VALUES[part].fullmatch(word) is not None for word in words)
    if part == "month" and 2 * good <= len(words):
        good = sum(month_number(word) is not None for word in words)
    return 2 * good >= len(words)
