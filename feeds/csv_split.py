"""Cut a block of CSV text into columns of text, each row with its true line number.

Rows with too many or too few fields are refused here. What the texts mean is not known here.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np

from feeds.csv_file import MAX_ROW_LINES, Block
from feeds.csv_layout import Layout
from feeds.csv_quick import split_quickly
from feeds.csv_table import Rows
from feeds.refusals import Refusal

_SLICE: Final = 512


def split(block: Block, layout: Layout, *, typed: bool = False) -> Rows:
    """The rows of ``block``. Quoting is that of RFC 4180; a quoted field may span up to ``MAX_ROW_LINES`` lines.

    With ``typed``, columns come as numbers and names where that is possible and safe; otherwise all is text.
    """
    return split_quickly(block, layout, typed=typed) or _by_csv(block, layout)


def _by_csv(block: Block, layout: Layout) -> Rows:
    """The thorough way, with the standard library's reader. Bytes that aren't UTF-8 come as lone surrogates.

    It goes in small slices: many rows at once would hold the interpreter, and their lists set off full rounds of the
    garbage collector, each of which stops the event loop.
    """
    lines = block.data.decode("utf-8", "surrogateescape").replace("\r\n", "\n").split("\n")[:-1]
    collected = _Collected(layout)
    reader = csv.reader(lines, skipinitialspace=True)
    done = 0
    while done < len(lines):
        try:
            rows = list(itertools.islice(reader, _SLICE))
        except csv.Error:
            break
        if reader.line_num - done != len(rows):  # a row that spans lines, or swallows them
            break
        collected.add(range(block.first_line + done, block.first_line + reader.line_num), rows)
        done = reader.line_num
    for line, row in _one_by_one(lines[done:], block.first_line + done, layout):
        if isinstance(row, Refusal):
            collected.refused.append(row)
        else:
            collected.add((line,), (row,))
    return collected.rows()


class _Collected:
    """Rows on their way into columns."""

    def __init__(self, layout: Layout) -> None:
        self.refused: list[Refusal] = []
        self._lines: list[int] = []
        self._columns: dict[str, list[str]] = {role: [] for role in layout.columns}
        self._layout = layout

    def add(self, lines: Sequence[int], rows: Sequence[list[str]]) -> None:
        width = self._layout.width
        good = [len(row) == width for row in rows]
        if not all(good):
            self.refused += [
                _misfit(line, row, width) for line, row in zip(lines, rows, strict=True) if _is_misfit(row, width)
            ]
            lines = list(itertools.compress(lines, good))
            rows = list(itertools.compress(rows, good))
        self._lines += lines
        for role, place in self._layout.columns.items():
            self._columns[role] += [row[place] for row in rows]

    def rows(self) -> Rows:
        columns = {role: np.array(texts, object) for role, texts in self._columns.items()}
        return Rows(np.array(self._lines, np.int64), self.refused, columns)


def _is_misfit(row: list[str], width: int) -> bool:
    return len(row) != width and row not in ([], [""])  # a blank line is no row


def _misfit(line: int, row: list[str], width: int) -> Refusal:
    what = f"{len(row)} field{'' if len(row) == 1 else 's'} where the header has {width}"
    return Refusal(line, "wrong number of fields", what)


def _one_by_one(lines: list[str], first_line: int, layout: Layout) -> Iterator[tuple[int, list[str] | Refusal]]:
    """Records of a block where some span lines, or where a quote mark isn't closed: that spoils its own line only.

    Only a column that isn't read may have line ends: a stamp, a name or a number has none, so there it is a mistake.
    """
    at = 0
    while at < len(lines):
        line = first_line + at
        row = _record(lines[at : at + 1])
        at += 1
        if isinstance(row, list):
            yield line, row
            continue
        for end in range(at + 1, min(at + MAX_ROW_LINES, len(lines) + 1)):
            longer = _record(lines[at - 1 : end])
            if isinstance(longer, list) and _may_span(longer, layout):
                row, at = longer, end
                break
        yield line, row if isinstance(row, list) else Refusal(line, "not a CSV row", f"is not a CSV row: {row}")


def _may_span(row: list[str], layout: Layout) -> bool:
    return len(row) == layout.width and not any("\n" in row[place] for place in layout.columns.values())


def _record(lines: list[str]) -> list[str] | str:
    """The one record that ``lines`` are; what is wrong if they are not one."""
    try:
        records = list(csv.reader([line + "\n" for line in lines], skipinitialspace=True, strict=True))
    except csv.Error as error:
        words = str(error)
        return "a quote mark is not closed" if "unexpected end" in words else words.partition(" - ")[0]
    return records[0] if len(records) == 1 else "it goes on for several lines"
