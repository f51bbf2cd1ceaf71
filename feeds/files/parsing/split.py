"""Splits a block of text into columns and reports lines with a wrong number of fields."""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from feeds.files.parsing.fast_split import fast_split, pandas_parses_exactly
from feeds.files.parsing.table import MalformedLine, Rows, Shape, Words
from feeds.files.sources.blocks import MAX_LINE_BYTES, MAX_ROW_LINES
from feeds.files.sources.source import Block

_SLICE: Final = 512


def split(block: Block, shape: Shape) -> Rows:
    """The rows of ``block``. Quoting follows RFC 4180; a quoted field may span up to ``MAX_ROW_LINES`` lines."""
    rows = fast_split(block, shape) if pandas_parses_exactly() else None
    return rows if rows is not None else csv_split(block, shape)


def csv_split(block: Block, shape: Shape) -> Rows:
    """``split`` with the standard library's reader, all columns as text. Invalid UTF-8 becomes lone surrogates.

    It reads in small slices: many rows at once would trigger full garbage collections.
    """
    data = block.data.replace(b"\r\n", b"\n")
    lines = data.decode("utf-8", "surrogateescape").split("\n")[:-1]
    collected = _Collected(shape)
    if b"\0" in data:
        for at, text in enumerate(lines):
            if "\0" in text:
                collected.malformed.append(MalformedLine(block.first_line + at, "a line with a NUL byte"))
                lines[at] = ""
    done = 0
    if max(map(len, lines), default=0) <= csv.field_size_limit():
        reader = csv.reader(lines, delimiter=shape.delimiter, skipinitialspace=shape.delimiter != "\t")
        while done < len(lines):
            try:
                rows = list(itertools.islice(reader, _SLICE))
            except csv.Error:
                break
            if reader.line_num - done != len(rows):  # a row spans several lines
                break
            collected.add(range(block.first_line + done, block.first_line + reader.line_num), rows)
            done = reader.line_num
    for line, row in _one_by_one(lines[done:], block.first_line + done, shape):
        if isinstance(row, MalformedLine):
            collected.malformed.append(row)
        else:
            collected.add((line,), (row,))
    return collected.rows()


class _Collected:
    """Collects rows into columns."""

    def __init__(self, shape: Shape) -> None:
        self.malformed: list[MalformedLine] = []
        self._lines: list[int] = []
        self._columns: dict[int, list[str]] = {place: [] for place in shape.wanted}
        self._width = shape.width
        self._trims = 0

    def add(self, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
        good = [len(row) == self._width for row in rows]
        if not all(good):
            rows = [self._trimmed(row) for row in rows]
            good = [len(row) == self._width for row in rows]
            self.malformed += [
                _malformed(line, row, self._width)
                for line, row in zip(lines, rows, strict=True)
                if len(row) != self._width and any(map(str.strip, row))  # blank lines are ignored
            ]
            lines = list(itertools.compress(lines, good))
            rows = list(itertools.compress(rows, good))
        self._lines += lines
        for place, column in self._columns.items():
            column += [row[place] for row in rows]

    def _trimmed(self, row: list[str]) -> list[str]:
        """A row without the delimiters that follow its last column."""
        if len(row) <= self._width or any(map(str.strip, row[self._width :])):
            return row
        self._trims += 1
        return row[: self._width]

    def rows(self) -> Rows:
        columns: dict[int, Words] = {}
        for place, texts in self._columns.items():
            column = np.empty(len(texts), object)
            column[:] = texts
            columns[place] = column
        return Rows(
            np.array(self._lines, np.int64),
            self.malformed,
            columns,
            lambda row, place: str(columns[place][row]).strip(),
            self._trims,
        )


def _malformed(line: int, row: list[str], width: int) -> MalformedLine:
    return MalformedLine(line, f"{len(row):,} field{'' if len(row) == 1 else 's'}, not {width}")


def _one_by_one(lines: list[str], first_line: int, shape: Shape) -> Iterator[tuple[int, list[str] | MalformedLine]]:
    """The records of a block in which some span lines or a quote is not closed, which spoils only its own line.

    Only columns that aren't read may contain line breaks: timestamps, names and numbers have none.
    """
    at = 0
    while at < len(lines):
        line = first_line + at
        row = _record(lines[at : at + 1], shape.delimiter)
        at += 1
        if isinstance(row, str) and "quote" in row:
            for end in range(at + 1, min(at + MAX_ROW_LINES, len(lines) + 1)):
                longer = _record(lines[at - 1 : end], shape.delimiter)
                if isinstance(longer, list) and _may_span(longer, shape):
                    row, at = longer, end
                    break
        yield line, row if isinstance(row, list) else MalformedLine(line, row)


def _may_span(row: list[str], shape: Shape) -> bool:
    return len(row) == shape.width and not any("\n" in row[place] for place in shape.wanted)


def _record(lines: list[str], delimiter: str) -> list[str] | str:
    """The record in ``lines``, or why they are no record."""
    if len(lines[0]) > csv.field_size_limit():
        if len(lines[0]) >= MAX_LINE_BYTES:
            return "a line longer than 1 MiB"
        return f"a line too long for a row: {len(lines[0]):,} characters"
    try:
        records = list(
            csv.reader(
                [line + "\n" for line in lines],
                delimiter=delimiter,
                skipinitialspace=delimiter != "\t",
                strict=True,
            )
        )
    except csv.Error as error:
        words = str(error)
        return "a quote is not closed" if "unexpected end" in words else f"not a CSV row: {words.partition(' - ')[0]}"
    if not records:
        return []
    return records[0] if len(records) == 1 else "a quote is not closed: the field spans several lines"
