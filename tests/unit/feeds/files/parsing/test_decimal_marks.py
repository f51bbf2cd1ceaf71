"""Deciding between decimal points and decimal commas."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.parsing.decimal_marks import Columns, Evidence, decide
from feeds.files.parsing.numbers import Mark


def evidence(*texts: str) -> Evidence:
    found = Evidence()
    found.add(range(2, len(texts) + 2), texts)
    return found


def marks(rows: Sequence[Sequence[str]], others: Sequence[int] = (), usual: Mark | None = None) -> list[Mark | None]:
    """The marks of columns: all are prices but the last one, and but ``others``, which aren't read."""
    places = [place for place in range(len(rows[0])) if place not in others]
    read, unread = ({place: Evidence() for place in each} for each in (places, others))
    columns = Columns(read, unread, [places[:-1] if len(places) > 1 else places])
    texts = dict(enumerate(zip(*rows, strict=True)))
    columns.add(range(2, len(rows) + 2), texts, [""] * len(rows))
    return list(decide(columns, by_values=True, usual=usual).values())


@pytest.mark.parametrize(
    ("text", "mark"),
    [("184.22", "."), ("0.144", "."), ("1,234.50", "."), ("1,234,567", "."), ("1,31,655", "."), ("$1,234.5", "."),
     ("1234.567", "."), ("1.5M", "."), ("184,22", ","), ("0,144", ","), ("1.234,50", ","), ("1.234.567", ","),
     ("1234,567", ","), ("-0,5%", ","), ("12,5 €", ","), ("1,234", None), ("1.234", None), ("144,625", None),
     ("5", None), ("1,2,3", None), ("abc", None), ("", None), ("-", None)],
)  # fmt: skip
def test_a_text_shows_its_decimal_mark_or_leaves_it_open(text: str, mark: str | None) -> None:
    """A zero is no group, and neither are fewer or more than three digits."""
    assert evidence(text).mark == mark


def test_texts_that_contradict_each_other_decide_nothing() -> None:
    """Both are remembered with their lines."""
    found = evidence("184.22", "1,234", "184,22")
    assert found.mark is None
    assert (found.point, found.either, found.comma) == ((2, "184.22"), (3, "1,234"), (4, "184,22"))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("184.22", "1,204")], [".", "."]),
        ([("184,22", "1,204")], [",", ","]),
        ([("144,625", "1.204")], [None, "."]),
        ([("144,625", "988"), ("144,61", "5")], [",", ","]),
        ([("73,200", "13,212,339"), ("74,000", "5")], [".", "."]),
        ([("144,625", "988")], [None, "."]),
        ([("142", "145,975", "5")], [",", ",", ","]),
        ([("999", "5"), ("1,001", "5")], [".", "."]),
        ([("144,625", "5"), ("145", "5")], [",", ","]),
        ([("7164", "1,204")], [".", None]),
        ([("184.22", "184,22", "1,204")], [".", ",", None]),
        ([("1.234", "1.234.567")], [",", ","]),
        ([("1.234", "1.234")], [".", "."]),
        ([("1.000", "5"), ("875", "5")], [None, "."]),
        ([("1.000", "5"), ("1.5", "5"), ("875", "5")], [".", "."]),
        ([("1.234", "5"), ("1,234", "5")], [None, "."]),
    ],
)
def test_other_columns_and_the_values_decide_what_a_column_leaves_open(
    rows: list[tuple[str, ...]], expected: list[str | None]
) -> None:
    """Prices decide for sizes, and sizes for prices; prices near each other decide, too."""
    assert marks(rows) == expected


def test_columns_that_are_not_read_decide_by_percents_and_leading_zeros_only() -> None:
    """12,37 may be two sale conditions."""
    assert marks([("144,625", "0,42%", "5")], others=[1]) == [",", ","]
    assert marks([("144,625", "0.42%", "5")], others=[1]) == [".", "."]
    assert marks([("144,625", "12,37", "5")], others=[1]) == [None, "."]


def test_a_usual_mark_decides_only_commas_that_are_open() -> None:
    """1.234 stays a decimal point in a file with semicolons."""
    assert marks([("144,625", "1.000")], usual=",") == [",", ","]
    assert marks([("1.234", "5")], usual=",") == [".", "."]


@given(st.lists(st.decimals(min_value=1, max_value=10**7, places=2), min_size=1), st.sampled_from([".", ","]))
def test_prices_with_cents_are_never_taken_for_the_other_form(values: list[object], mark: Mark) -> None:
    """With or without groups, in any mixture."""
    swap = str.maketrans(".,", ",.")
    for form in ("{:.2f}", "{:,.2f}"):
        texts = [form.format(value) for value in values]
        texts = texts if mark == "." else [text.translate(swap) for text in texts]
        assert evidence(*texts).mark == mark
