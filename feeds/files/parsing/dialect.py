"""Detects the dialect of a text file from its first lines: delimiter, banner, header.

The delimiter is the one that splits most lines into the same number of fields, so that a few bad lines do no harm.
"""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from feeds.files.parsing.column_names import STAMPS, is_known, place_of, plain
from feeds.files.parsing.header import MisfitError, fitted, is_value, names_codes
from feeds.files.sources.blocks import MAX_LINE_BYTES
from ticker.errors import FeedError

DELIMITERS: Final = (",", ";", "\t", "|")
HEAD_LINES: Final = 200
#: Lines that may precede the header: a banner, a note on the zone, a licence.
MAX_BANNER: Final = 20
#: Characters of a row in an error.
_SHOWN: Final = 80
_HEAD_BYTES: Final = 1 << 16

_STARTS_AS_VALUE = re.compile(r"[-+.]?\d")

#: Two-level columns of pandas (yfinance): names in one line, symbols in the other, then the name of the index.
_LEVELS: Final = ({"price", "attributes"}, {"ticker", "symbols", "tickers"})


@dataclass(frozen=True, slots=True)
class Line:
    """A non-blank line: its number from 1, and its fields."""

    number: int
    fields: list[str]


@dataclass(frozen=True, slots=True)
class Dialect:
    """``header`` are the names in the header; ``tickers`` the symbols in a second header line, one per column.

    ``rows`` are the first rows that have ``width`` fields.
    """

    delimiter: str
    banner_lines: int
    #: The text of the banner, in lower case.
    banner: str
    header_line: int | None
    header: tuple[str, ...] | None
    tickers: tuple[str, ...] | None
    #: The line of the first row.
    first_line: int
    width: int
    rows: tuple[Line, ...]
    #: What was put right in the header.
    note: str | None = None


def dialect_of(text: bytes, file: str, *, header: bool | None = None) -> Dialect:
    """The dialect of a file that starts with ``text`` (whole lines). Raises ``FeedError`` if it isn't lines of text.

    ``header`` states whether there is a header; None: detect it.
    """
    numbered = _lines(text, file)
    if not numbered:
        raise FeedError(f"{file}: the file is empty")
    best = max((_cut(numbered, delimiter) for delimiter in DELIMITERS), key=_score)
    delimiter, lines, width = best
    start = next((place for place, line in enumerate(lines) if len(line.fields) == width), 0)
    at = _header_at(lines, width) if header is None else start if header else None
    if at is None and header is not False and _is_header(lines, start):
        at = start
    if at is None:
        rows = [line for line in lines[start:] if len(line.fields) == width]
        return _made(delimiter, lines[:start], lines[start].number, None, None, None, lines[start].number, rows, width)
    levels = _levels(lines, at)
    if levels is None and at and (levels := _levels(lines, at - 1)) is not None:
        at -= 1
    names = tuple(field.strip() for field in lines[at].fields)
    if levels is not None:
        names, tickers, skip = levels
    else:
        tickers, skip = None, 1
    note = None
    rest = lines[at + skip :]
    if tickers is None:
        try:
            names, note = fitted(names, [line.fields for line in rest])
        except MisfitError as error:
            row = delimiter.join(rest[0].fields)
            shown = row if len(row) <= _SHOWN else row[: _SHOWN - 1] + "…"
            raise FeedError(f"{file}:{lines[at].number}: {error}: {shown!r}") from None
    first = rest[0].number if rest else lines[min(at + skip, len(lines)) - 1].number + 1
    width = len(names)
    rows = [line for line in rest if len(line.fields) == width]
    return _made(delimiter, lines[:at], lines[at].number, lines[at].number, names, tickers, first, rows, width, note)


def _made(
    delimiter: str,
    banner: Sequence[Line],
    banner_end: int,
    header_line: int | None,
    names: tuple[str, ...] | None,
    tickers: tuple[str, ...] | None,
    first: int,
    rows: Sequence[Line],
    width: int,
    note: str | None = None,
) -> Dialect:
    banner_lines = banner_end - 1 if banner else 0
    words = " ".join(field for line in banner for field in line.fields).lower()
    return Dialect(delimiter, banner_lines, words, header_line, names, tickers, first, width, tuple(rows), note)


def _lines(text: bytes, file: str) -> list[tuple[int, str]]:
    """The first non-blank lines with their numbers."""
    found: list[tuple[int, str]] = []
    size = 0
    for number, line in enumerate(text.split(b"\n"), 1):
        if not line.strip():
            continue
        if b"\0" in line:
            if found:
                continue
            raise FeedError(f"{file}:{number}: the line contains NUL bytes: the file is binary, or UTF-16 text")
        if len(line) > MAX_LINE_BYTES:
            if found:
                continue
            raise FeedError(f"{file}:{number}: the line is longer than 1 MiB")
        try:
            words = line.decode("utf-8")
        except UnicodeDecodeError as error:
            if not found:
                raise FeedError(f"{file}:{number}: is not UTF-8 text (byte {error.start} of the line)") from None
            words = line.decode("utf-8", "replace")
        found.append((number, words.rstrip("\r")))
        size += len(line)
        if len(found) == HEAD_LINES or size > _HEAD_BYTES:
            break
    return found


def _cut(numbered: Sequence[tuple[int, str]], delimiter: str) -> tuple[str, list[Line], int]:
    """The lines' fields, and the most common number of fields (of equally common ones the larger)."""
    lines = [Line(number, fields_of(text, delimiter)) for number, text in numbered]
    counts = Counter(len(line.fields) for line in lines)
    width = max(counts, key=lambda count: (counts[count] * (count > 1), count))
    return delimiter, lines, width


def _score(cut: tuple[str, list[Line], int]) -> tuple[float, int, int]:
    delimiter, lines, width = cut
    fitting = sum(len(line.fields) == width for line in lines) / len(lines)
    knows = max(sum(is_known(field) for field in line.fields) for line in lines[: MAX_BANNER + 1])
    if width == 1:
        return (0, knows, -DELIMITERS.index(delimiter))
    # A comma may be a decimal mark (1,5). Known column names are better evidence, and so are more columns.
    return (1 + (fitting > 0.5), max(knows, 2) * 1000 + width, -DELIMITERS.index(delimiter))


def fields_of(line: str, delimiter: str) -> list[str]:
    """The fields of one line; an unclosed quote is an ordinary character."""
    try:
        rows = list(csv.reader([line], delimiter=delimiter, skipinitialspace=delimiter != "\t"))
    except csv.Error:
        return line.split(delimiter)
    return rows[0] if len(rows) == 1 else line.split(delimiter)


def _header_at(lines: Sequence[Line], width: int) -> int | None:
    """The place of a line of known column names."""
    for place, line in enumerate(lines[: MAX_BANNER + 1]):
        known = [field for field in line.fields if is_known(field, strong=True)]
        if len(known) >= 2 and not any(map(is_value, line.fields)):
            return place
        following = lines[place + 1].fields if place + 1 < len(lines) else None
        if len(line.fields) == width and names_codes(line.fields, following):
            return place
        if len(line.fields) == width and any(map(is_value, line.fields)):
            return None  # the first row
    return None


def _is_header(lines: Sequence[Line], place: int) -> bool:
    """Whether a line has only distinct words, of which only the first (an unnamed index) may be empty.

    After the name of a timestamp, words may be equal: two columns of one symbol.
    """
    fields = [field.strip() for field in lines[place].fields]
    while len(fields) > 2 and not fields[-1]:
        fields.pop()  # a delimiter at the end
    if any(map(is_value, fields)) or not all(fields[1:]):
        return False
    return len(set(fields)) == len(fields) or any(place_of(role, (plain(fields[0]),)) is not None for role in STAMPS)


def _levels(lines: Sequence[Line], at: int) -> tuple[tuple[str, ...], tuple[str, ...], int] | None:
    """Names, symbols and number of the two or three header lines that pandas writes; None for any other header."""
    if at + 1 >= len(lines):
        return None
    upper, lower = ([field.strip() for field in line.fields] for line in lines[at : at + 2])
    if len(upper) != len(lower) or len(upper) < 2:
        return None
    first = (upper[0].lower(), lower[0].lower())
    if first[0] in _LEVELS[0] and first[1] in _LEVELS[1]:
        names, tickers = upper, lower
    elif first[0] in _LEVELS[1] and first[1] in _LEVELS[0]:
        names, tickers = lower, upper
    else:
        return None
    skip, index = 2, "Date"
    if at + 2 < len(lines):
        third = [field.strip() for field in lines[at + 2].fields]
        if third and third[0] and not _STARTS_AS_VALUE.match(third[0]) and not any(third[1:]):
            skip, index = 3, third[0]
    return (index, *names[1:]), ("", *tickers[1:]), skip
