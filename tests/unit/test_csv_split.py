"""Blocks of text into columns of text."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import feeds.csv_split
from feeds.csv_file import MAX_ROW_LINES, Block
from feeds.csv_layout import layout_of
from feeds.csv_split import split
from feeds.csv_table import Rows

HEADER = ["timestamp", "symbol", "note", "price"]
LAYOUT = layout_of(HEADER)


def split_text(text: str | bytes, first_line: int = 2) -> Rows:
    data = text if isinstance(text, bytes) else text.encode()
    return split(Block(data, first_line, data.count(b"\n")), LAYOUT)


def plain(rows: Rows) -> list[tuple[int, str, str, str]]:
    """(line, timestamp, symbol, price) of each row."""
    columns = [rows.texts[role] for role in ("timestamp", "symbol", "price")]
    return list(zip(rows.lines.tolist(), *columns, strict=True))


@pytest.fixture
def no_quick_way(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds.csv_split, "split_quickly", lambda *_, typed: None)


@pytest.mark.parametrize("quick", [True, False])
def test_rows_are_text_as_it_stands(quick: bool, request: pytest.FixtureRequest) -> None:
    """Names that look like numbers, truths or nothing stay what they are, and so does every digit."""
    if not quick:
        request.getfixturevalue("no_quick_way")
    rows = split_text("1704292200123456789,NA,x,0.10000000000000000001\n2,1e5,,TRUE\n3,null,nan,\n")
    assert plain(rows) == [
        (2, "1704292200123456789", "NA", "0.10000000000000000001"),
        (3, "2", "1e5", "TRUE"),
        (4, "3", "null", ""),
    ]
    assert rows.refused == []


cells = st.text(st.sampled_from('ab1,"\n\r \té\u2028\x0b'), max_size=6)


@given(st.lists(st.lists(cells, min_size=4, max_size=4), max_size=8), st.sampled_from(["\n", "\r\n"]))
@example([["a", "", "x\n\ny", "y"]], "\n")
def test_what_a_csv_writer_wrote_is_read_back(rows: list[list[str]], end: str) -> None:
    """Quotes and commas inside fields survive, newlines in the columns that aren't read; so do line numbers."""
    for row in rows:
        row[:] = [cell.replace("\r", "").replace("\n", "\n" if place == 2 else "") for place, cell in enumerate(row)]
    lines = []
    text = io.StringIO()
    for row in rows:
        lines.append(2 + text.getvalue().count("\n"))
        csv.writer(text, lineterminator=end, quoting=csv.QUOTE_ALL).writerow(row)
    read = split_text(text.getvalue())
    assert read.refused == []
    assert plain(read) == [(line, row[0], row[1], row[3]) for line, row in zip(lines, rows, strict=True)]


GOOD = "1,A,x,2"


@pytest.mark.parametrize(
    ("line", "reason", "what"),
    [
        ("1,A,x", "wrong number of fields", "3 fields where the header has 4"),
        ("1", "wrong number of fields", "1 field where the header has 4"),
        ("1,A,x,2,", "wrong number of fields", "5 fields where the header has 4"),
        ("1,A,x,y,2", "wrong number of fields", "5 fields where the header has 4"),
        ("1;A;x;2", "wrong number of fields", "1 field where the header has 4"),
        ('1,A,"x,2', "not a CSV row", "is not a CSV row: a quote mark is not closed"),
        ('"1,A,x,2', "not a CSV row", "is not a CSV row: a quote mark is not closed"),
        ("1,A\rB,x,2", "not a CSV row", "is not a CSV row: new-line character seen in unquoted field"),
        ('1,A,"' + "x" * 200_000 + '",2', "not a CSV row", "is not a CSV row: field larger than field limit (131072)"),
    ],
)
@pytest.mark.parametrize("place", [0, 1, 600])
def test_a_line_that_is_no_row_is_refused_alone(line: str, reason: str, what: str, place: int) -> None:
    """The rows round it are read, with their true line numbers."""
    lines = [GOOD] * 1000
    lines[place] = line
    rows = split_text("\n".join(lines) + "\n")
    assert [(refusal.line, refusal.reason, refusal.what) for refusal in rows.refused] == [(2 + place, reason, what)]
    assert rows.lines.tolist() == [2 + number for number in range(1000) if number != place]


def test_too_many_and_too_few_fields_do_not_even_out() -> None:
    """A count of commas over the block would miss these two."""
    rows = split_text(f"{GOOD}\n1,A,x\n1,A,x,2,3\n{GOOD}\n")
    assert [refusal.line for refusal in rows.refused] == [3, 4]
    assert rows.lines.tolist() == [2, 5]


@pytest.mark.usefixtures("no_quick_way")
def test_blank_lines_are_no_rows() -> None:
    """Neither rows nor refused, but counted as lines."""
    rows = split_text(f"\n{GOOD}\n   \n\r\n{GOOD}\n\n")
    assert rows.lines.tolist() == [3, 6]
    assert rows.refused == []


def test_a_quoted_field_may_span_lines() -> None:
    """The row's line is its first one, and the lines after it are counted right."""
    rows = split_text(f'{GOOD}\n1,B,"a note\nof\nthree lines",2\n{GOOD}\n')
    assert plain(rows) == [(2, "1", "A", "2"), (3, "1", "B", "2"), (6, "1", "A", "2")]


def test_a_quoted_field_may_span_only_so_many_lines() -> None:
    """A quote mark that isn't closed would otherwise hide rows up to the next quote mark, a thousand lines on."""
    inside = "\n".join([GOOD] * MAX_ROW_LINES)
    rows = split_text(f'1,B,"\n{inside}\n",2\n')
    assert len(rows.lines) == MAX_ROW_LINES
    assert [refusal.line for refusal in rows.refused] == [2, MAX_ROW_LINES + 3]


def test_bytes_that_are_no_utf8_stay_in_their_row() -> None:
    """A Latin-1 name is unreadable; the file is not."""
    rows = split_text(b"1,A,x,2\n1,caf\xe9,x,2\n1,C,\xff,2\n")
    assert [row[2] for row in plain(rows)] == ["A", "caf\udce9", "C"]


def test_a_zero_byte_does_not_end_a_text() -> None:
    """pandas would read this name as A."""
    assert [row[2] for row in plain(split_text(b"1,A\0B,x,2\n"))] == ["A\0B"]


def test_blanks_before_a_field_are_not_part_of_it() -> None:
    """Files with ", " between the fields are common."""
    assert plain(split_text("1, A, x,  2\n")) == [(2, "1", "A", "2")]
    assert plain(split_text('1, "A", x,  2\n')) == [(2, "1", "A", "2")]
