"""The quick way from text to columns: never another answer than the thorough way's."""

from __future__ import annotations

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import feeds.csv_quick
from feeds.csv_file import Block
from feeds.csv_layout import layout_of
from feeds.csv_quick import parses_exactly, split_quickly
from feeds.csv_rows import read_ticks
from feeds.csv_split import _by_csv, split
from feeds.csv_table import Rows, TextNeeded
from tests.unit.csv_text import START_S, quote_rows, trade_rows
from ticker.model import SymbolTable, TickBatch

LAYOUT = layout_of(["timestamp", "symbol", "note", "price"])
BOTH = layout_of(["price", "symbol", "bid", "timestamp", "size"])
exactly = pytest.mark.skipif(not parses_exactly(), reason="this pandas does not read every decimal exactly")


def block_of(text: str | bytes) -> Block:
    data = text if isinstance(text, bytes) else text.encode()
    return Block(data, 2, data.count(b"\n"))


def ticks_of(rows: Rows) -> tuple[list[object], list[str]]:
    """What rows of ``BOTH`` are in the end, whichever way they came: their ticks, and the complaints."""
    table = SymbolTable()
    trades, quotes, refused = read_ticks(rows, BOTH, table)
    batch = [TickBatch(table, trades, quotes)]
    return [trade_rows(batch), quote_rows(batch)], [refusal.what for refusal in [*rows.refused, *refused]]


@pytest.mark.parametrize("text", ["1,A,x,2\n" * 1000, "1,A,x,2\r\n" * 10, "1,Ä,,\n" * 10, "1, A ,, 2 \n"])
def test_a_regular_block_is_split(text: str) -> None:
    """Line ends of either kind, letters of any, empty fields and blanks."""
    rows = split_quickly(block_of(text), LAYOUT, typed=False)
    assert rows is not None
    assert rows.lines.tolist() == list(range(2, 2 + text.count("\n")))
    assert set(rows.texts) == {"timestamp", "symbol", "price"}


@pytest.mark.parametrize(
    "text",
    [
        '1,"A",x,2\n', "1,A,x\n1,A,x,2,3\n", "1,A,x,2\n\n1,A,x,2\n", "1,A,x,2\n \n", "1,A,x\n", "1,A\r,x,2\n",
        b"1,A\0,x,2\n", b"1,\xff,x,2\n",
    ],
)  # fmt: skip
def test_what_needs_a_closer_look_is_left_alone(text: str | bytes) -> None:
    """Quotes, misfits, blank lines, and bytes that are no text."""
    assert split_quickly(block_of(text), LAYOUT, typed=False) is None
    assert split_quickly(block_of(text), LAYOUT, typed=True) is None


@given(st.text(st.sampled_from('ab1,,,\n\n" \ré'), max_size=60))
@example("1,2,3,4")
def test_as_text_it_agrees_with_the_thorough_way(text: str) -> None:
    """Whatever the text: where there is a quick answer, it is the thorough one."""
    block = block_of(text + "\n")
    quick = split_quickly(block, LAYOUT, typed=False)
    if quick is not None:
        thorough = _by_csv(block, LAYOUT)
        assert thorough.refused == []
        assert {role: column.tolist() for role, column in quick.texts.items()} == {
            role: column.tolist() for role, column in thorough.texts.items()
        }
        assert thorough.lines.tolist() == quick.lines.tolist()


ODD_NUMBERS = [
    " ",
    "0",
    "1",
    "-0",
    "TRUE",
    "False",
    "nan",
    "NA",
    "inf",
    "1e5",
    "1e400",
    "0x1",
    "1_0",
    "+1",
    " 1",
    "1 ",
    "1.",
    "1.0000",
    "x",
    "",
]
ODD_STAMPS = (
    "{0},{0}.0,{0}.5,1.7e9,17e8,170429220012345678e1,0{0},+{0}, {0},{0} ,20240103,2024-01-03,now,,TRUE,{0}789.0"
)
number = st.one_of(st.floats(0.001, 1e9).map(repr), st.floats().map(repr), st.sampled_from(ODD_NUMBERS))
stamp = st.one_of(
    st.integers(1, 10**10).map(str),
    st.integers(10**17, 10**20).map(str),
    st.sampled_from(ODD_STAMPS.format(START_S).split(",")),
)
name = st.sampled_from(
    ["A", "AAPL", "0005", "7203", "5", "1e5", "TRUE", "NA", "", " A", "A ", "nan", "é", "*", "2024-01-03"]
)


@exactly
@given(st.lists(st.tuples(number, name, number, stamp, number), min_size=1, max_size=4), st.booleans())
@example([("1", "0005", "", str(START_S), "1")], True)
@example([("TRUE", "A", "", str(START_S), "1")], True)
@example([("1", "A", "", str(START_S), "1")], True)
@example([("1", "A", "", str(START_S), ""), ("2", "A", "", f"{START_S}.0", "")], False)
@example([("2", "A", "", f"{START_S}123456789", ""), ("2", "A", "", f"{START_S}123456789.0", "")], False)
def test_typed_it_agrees_with_text(rows: list[tuple[str, ...]], alike: bool) -> None:
    """Whatever looks like a number, a truth, a date or nothing: typed columns end as the ticks that the texts are."""
    if alike:  # the kinds of trouble that show only when a whole column is alike
        rows = [rows[0]] * 3
    block = block_of("".join(",".join(row) + "\n" for row in rows))
    expected = ticks_of(_by_csv(block, BOTH))
    try:
        assert ticks_of(split(block, BOTH, typed=True)) == expected
    except TextNeeded:
        assert expected[1]


@exactly
def test_typed_columns_are_used_where_they_can_be() -> None:
    """Numbers with blanks between them, digits as stamps, and names: no text is made."""
    rows = split(block_of(f"1.5,A,,{START_S},3\n,B,2,{START_S},\n"), BOTH, typed=True)
    assert rows.typed
    assert rows.texts == {}
    assert rows.stamps is not None
    assert rows.stamps.tolist() == [START_S] * 2
    assert rows.numbers["price"][0] == 1.5
    assert math.isnan(rows.numbers["price"][1])
    assert rows.names is not None
    assert [rows.names[1][place] for place in rows.names[0]] == ["A", "B"]
    ones = split(block_of(f"1,A,,{START_S},0.0\n"), BOTH, typed=True)
    assert (ones.numbers["price"].tolist(), ones.numbers["size"].tolist()) == ([1], [0])
    dated = split(block_of("1.5,A,,2024-01-03,3\n"), BOTH, typed=True)
    assert (dated.typed, list(dated.texts), dated.stamps) == (True, ["timestamp"], None)


def test_a_pandas_that_is_not_exact_is_not_trusted_with_numbers(monkeypatch: pytest.MonkeyPatch) -> None:
    """pandas 2 missed the last digit of some prices."""
    monkeypatch.setattr(feeds.csv_quick, "parses_exactly", lambda: False)
    rows = split(block_of(f"1.5,A,,{START_S},3\n"), BOTH, typed=True)
    assert not rows.typed
    assert rows.texts["price"].tolist() == ["1.5"]


@exactly
@given(st.lists(st.floats(2, 1e300), min_size=1, max_size=20))
def test_typed_numbers_are_the_nearest_floats(values: list[float]) -> None:
    """17 digits or more: as Python reads them."""
    rows = split(block_of("".join(f"{value!r},A,,{START_S},7\n" for value in values)), BOTH, typed=True)
    assert rows.numbers["price"].tolist() == values
