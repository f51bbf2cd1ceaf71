"""Splitting text into columns: the fast way gives the result of the standard library."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.parsing.fast_split import fast_split
from feeds.files.parsing.numbers import read_numbers
from feeds.files.parsing.split import csv_split, split
from feeds.files.parsing.table import Names, Numbers, Rows, Shape
from feeds.files.sources.source import Block

SHAPE = Shape(4, ",", ".", frozenset([0]), frozenset([1]), frozenset([2, 3]))


def block(text: str | bytes, first_line: int = 1) -> Block:
    data = text.encode("utf-8", "surrogateescape") if isinstance(text, str) else text
    return Block(data, first_line, data.count(b"\n"))


def plain(rows: Rows) -> list[Any]:
    """The content of rows, independent of the types of their columns."""
    found: list[Any] = [rows.lines.tolist()]
    for place in SHAPE.wanted:
        column = rows.columns[place]
        if place in SHAPE.stamps:
            words = column.tolist() if isinstance(column, np.ndarray) else []
            found.append([(word.decode() if isinstance(word, bytes) else word).strip() for word in words])
        elif place in SHAPE.names:
            if isinstance(column, Names):
                found.append([column.names[each].strip() for each in column.places.tolist()])
            else:
                found.append([str(word).strip() for word in column])  # type: ignore[union-attr]  # texts else
        else:
            numbers = column if isinstance(column, Numbers) else read_numbers(column)  # type: ignore[arg-type]  # texts
            found += [np.nan_to_num(numbers.values, nan=-1).tolist(), numbers.empty.tolist(), numbers.wrong.tolist()]
    found.append([[rows.text(row, place) for place in SHAPE.wanted] for row in range(len(rows.lines))])
    return found


stamp = st.sampled_from(
    ["2024-01-03", "1704292200", "", " 2024-01-03 ", '"2024-01-03"', "2024-01-03T14:30:00.123456789Z"]
)
name = st.sampled_from(
    ["A", "AAPL", "NA", "TRUE", "007", "1E5", "null", "", '"A"', '"A,B"', "ÅÄÖ", "BRK B", " A", "VERYLONGNAME", "A'B"]
)
number = st.sampled_from(
    [
        "1",
        "0",
        "184.22",
        "",
        " ",
        "nan",
        "inf",
        "TRUE",
        "x",
        "1_0",
        '"5"',
        '"1,234.5"',
        " 7",
        "1e5",
        "-3",
        "1e999",
        "0x1",
    ]
)
rows = st.lists(st.tuples(stamp, name, number, number), min_size=1, max_size=6)
odd = st.sampled_from(["", "a,b", "a,b,c,d,e", ",,,", '"', '2024-01-03,"A,1,2', '2024-01-03,A"B,1,2', "\r"])


@given(rows, st.sampled_from(["\n", "\r\n"]), st.integers(1, 5))
def test_fast_split_equals_csv_split(rows: list[tuple[str, ...]], end: str, first: int) -> None:
    """Where it returns a result: the same rows, lines, numbers, names and texts."""
    text = block("".join(",".join(row) + end for row in rows), first)
    quick = fast_split(text, SHAPE)
    if quick is not None:
        thorough = csv_split(text, SHAPE)
        assert plain(quick) == plain(thorough)
        assert not thorough.malformed


@given(rows, st.lists(odd, max_size=3), st.randoms())
def test_each_line_is_a_row_malformed_or_blank(rows: list[tuple[str, ...]], others: list[str], random: Any) -> None:
    """A malformed line affects no other."""
    lines = [",".join(row) for row in rows] + others
    random.shuffle(lines)
    found = split(block("".join(line + "\n" for line in lines)), SHAPE)
    told = [*found.lines.tolist(), *(misfit.line for misfit in found.malformed)]
    assert len(told) == len(set(told))
    assert all(lines[line - 1].strip() or line not in told for line in range(1, len(lines) + 1))
    good = [number for number, line in enumerate(lines, 1) if line not in others]
    assert not set(good) - set(told)
    assert not {misfit.line for misfit in found.malformed} & set(good)


def test_fast_split_handles_regular_blocks() -> None:
    """Also with quotes, CRLF and blank lines."""
    for text in (
        "2024-01-03,A,1,2\n",
        '2024-01-03,"A",1,2\n',
        '"2024-01-03","A,B","1","2"\n',
        "2024-01-03,A,1,2\r\n",
        "\n2024-01-03,A,1,2\n\n\n2024-01-03,A,1,2\n",
        "2024-01-03,007,1,2\n",
        "2024-01-03,A,x,2\n",
    ):
        assert fast_split(block(text), SHAPE) is not None, text


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("2024-01-03,A,1", "3 fields, not 4"),
        ("2024-01-03,A,1,2,3", "5 fields, not 4"),
        ("and so on", "1 field, not 4"),
        ('2024-01-03,"A,1,2', "a quote is not closed"),
        ('2024-01-03,"' + "A" * (1 << 20) + ",1,2", "a line longer than 1 MiB"),
    ],
)
def test_a_malformed_line_has_its_number_and_reason(line: str, reason: str) -> None:
    """The rows around it are read."""
    found = split(block(f"2024-01-03,A,1,2\n{line}\n2024-01-03,B,1,2\n", 7), SHAPE)
    assert [tuple(misfit) for misfit in found.malformed] == [(8, reason)]
    assert found.lines.tolist() == [7, 9]


def test_a_quoted_field_of_an_unused_column_may_span_lines() -> None:
    """The row has the number of its first line."""
    shape = Shape(3, ",", ".", frozenset([0]), frozenset(), frozenset([2]))
    found = split(block('2024-01-03,"a\nb",1\n2024-01-04,c,2\n'), shape)
    assert (found.lines.tolist(), found.malformed) == ([1, 3], [])
