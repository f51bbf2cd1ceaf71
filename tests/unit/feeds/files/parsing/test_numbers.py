"""Parsing of numbers."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.parsing.numbers import number, read_numbers


def column(*words: str) -> np.ndarray[tuple[int], np.dtype[np.object_]]:
    return np.array([*words, ""], object)[:-1]


@pytest.mark.parametrize(
    ("word", "value"),
    [("184.22", 184.22), ("+1.8422e2", 184.22), (".5", 0.5), ("5.", 5), ("1,234.50", 1234.5), ("1,234,567", 1234567),
     ("117.65K", 117_650), ("1.1M", 1_100_000), ("2B", 2e9), ("-3.5", -3.5),
     ("0.30000000000000004", 0.30000000000000004)],
)  # fmt: skip
def test_a_number_is_the_nearest_float(word: str, value: float) -> None:
    """Also with thousands separators and suffixes."""
    assert number(word) == value
    assert read_numbers(column(word, "1", "")).values.tolist()[:2] == [value, 1]


@pytest.mark.parametrize(
    ("word", "value"), [("184,22", 184.22), ("1.184,22", 1184.22), ("1.000", 1000), ("1 000,5", 1000.5), ("5", 5)]
)
def test_a_comma_may_be_the_decimal_mark(word: str, value: float) -> None:
    """Then a point separates thousands."""
    assert number(word, ",") == value


@pytest.mark.parametrize(
    "word",
    ["abc", "1_000", "0x10", "１８４", "1.5 apples", "=1+1", "1,23", "1,2,345", "1..2", "--1", "1e", "K", "", "1,5K5",
     "TRUE", "1 2", "1.2.3"],
)  # fmt: skip
def test_text_that_is_no_number_is_wrong(word: str) -> None:
    """Also text that Python or pandas would accept."""
    assert math.isnan(number(word))
    found = read_numbers(column("1", word, "2"))
    assert (found.wrong | found.empty).tolist() == [False, True, False]


def test_empty_and_blank_fields_are_empty() -> None:
    found = read_numbers(column("", "  ", "1", "nan", "inf"))
    assert found.empty.tolist() == [True, True, False, False, False]
    assert found.wrong.tolist() == [False, False, False, True, True]


@given(st.lists(st.decimals(allow_nan=False, allow_infinity=False, places=6, min_value=-(10**9), max_value=10**9)))
def test_every_decimal_is_read_exactly(values: list[Decimal]) -> None:
    """Alone and beside text that is no number."""
    words = [format(value, "f") for value in values]
    assert read_numbers(column(*words)).values.tolist() == [float(word) for word in words]
    assert read_numbers(column(*words, "x")).values.tolist()[:-1] == [float(word) for word in words]
