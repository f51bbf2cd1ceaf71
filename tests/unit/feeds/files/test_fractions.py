"""Prices in fractions of a point."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.parsing.fractions import fraction
from tests.support.fake_source import Found, read
from ticker.errors import FeedError


def bars(prices: Sequence[Sequence[str]], name: str = "X.csv", **options: Any) -> Found:
    rows = "".join(f"2024-01-{day:02},{','.join(row)},1'234\n" for day, row in enumerate(prices, 2))
    return read(f"Date,Open,High,Low,Close,Volume\n{rows}", name, **options)


def told(found: Found) -> list[str]:
    return [note.text for note in found.report.notes if note.option == "--decimal"]


@pytest.mark.parametrize(
    ("prices", "values", "unit"),
    [
        ("110'16 110'20 110'10 110'17", (110.5, 110.625, 110.3125, 110.53125), "32nds"),
        ("110-16 110-20 110-10 110-17", (110.5, 110.625, 110.3125, 110.53125), "32nds"),
        ("110'16+ 110'20 110'10 110'17", (110.515625, 110.625, 110.3125, 110.53125), "32nds"),
        ("110-162 110-167 110-160 110-16", (110.5078125, 110.5234375, 110.5, 110.5), "32nds"),
        ("109-07.25 109-08 109-07 109-07.75", (109.2265625, 109.25, 109.21875, 109.2421875), "32nds"),
        ("110’16 111 110’10 110’17", (110.5, 111, 110.3125, 110.53125), "32nds"),
        ("450'2 450'6 450'0 450'4", (450.25, 450.75, 450, 450.5), "8ths"),
        ("450-2 450-6 450-0 450-4", (450.25, 450.75, 450, 450.5), "8ths"),
        ("0'45 0'50 0'40 0'44", (0.703125, 0.78125, 0.625, 0.6875), "64ths"),
        ("110 16/32 110 3/4 110 1/4 110 1/2", (110.5, 110.75, 110.25, 110.5), "fractions"),
    ],
)  # fmt: skip
def test_prices_in_fractions_are_read_and_told(prices: str, values: tuple[float, ...], unit: str) -> None:
    """Volumes keep their thousands separators."""
    texts = prices.replace(" 1", "|1").replace("|1/", " 1/").replace("|16/", " 16/") if "/" in prices else prices
    row = texts.split("|") if "/" in prices else prices.split()
    found = bars([row])
    assert [each[2:7] for each in found.bars] == [(*values, 1234.0)]
    assert told(found) == [f"prices are in {unit}: {row[0]!r} is {values[0]:.12g}"]


@pytest.mark.parametrize(
    ("digit", "part"),
    [("0", 0), ("1", 0.125), ("2", 0.25), ("3", 0.375), ("5", 0.5), ("6", 0.625), ("7", 0.75), ("8", 0.875)],
)
def test_the_third_digit_is_the_first_of_a_decimal(digit: str, part: float) -> None:
    assert fraction(f"110'16{digit}", 32) == 110 + (16 + part) / 32


@pytest.mark.parametrize("word", ["110'164", "110'169", "110'32", "110'5", "1'234'567", "x", "110'"])
def test_other_texts_are_no_prices_in_32nds(word: str) -> None:
    value = fraction(word, 32)
    assert value != value


@given(st.integers(0, 9999), st.integers(0, 31), st.sampled_from(["", "0", "2", "5", "7", "+"]))
def test_each_price_in_32nds_is_exact(whole: int, part: int, third: str) -> None:
    more: dict[str, Fraction] = {"2": Fraction(1, 4), "5": Fraction(1, 2), "7": Fraction(3, 4), "+": Fraction(1, 2)}
    assert fraction(f"{whole}'{part:02}{third}", 32) == whole + (part + more.get(third, Fraction(0))) / 32


ROW = ["110'165", "110'205", "110'105", "110'170"]


def test_three_digits_need_evidence() -> None:
    """They may be thousands."""
    with pytest.raises(FeedError) as error:
        bars([ROW])
    assert str(error.value) == (
        "X.csv:2: column 'Open': \"110'165\" may be 110165 or, in 32nds, 110.515625, and no row tells which; "
        "use --decimal . or --decimal 32"
    )
    in_32nds = (110.515625, 110.640625, 110.328125, 110.53125)
    for found in (bars([ROW], decimal="32"), bars([ROW], "ZNH24.csv"), bars([ROW], "TY=F.csv")):
        assert [row[2:6] for row in found.bars] == [in_32nds]
    assert [row[2:6] for row in bars([ROW], decimal=".").bars] == [(110165.0, 110205.0, 110105.0, 110170.0)]
    beside = bars([ROW, ["110'16", "110'17", "110'15", "110'16"]])
    assert beside.bars[0][2:6] == in_32nds


def test_a_series_through_several_points_is_evidence() -> None:
    rows = [[f"{at // 64 + 110}'{at % 64 // 2:02}{5 * (at % 2)}"] * 4 for at in range(0, 130, 5)]
    assert [row[2] for row in bars(rows).bars] == [110 + at / 64 for at in range(0, 130, 5)]


@pytest.mark.parametrize("row", [["1'234", "1'300", "1'200", "1'250"], ["1'200.50", "1'300", "1'200", "1'250"],
                                 ["1'000", "1'000", "1'000", "1'000"],
                                 ["1'050", "1'050", "1'000", "1'001.5"]])  # fmt: skip
def test_thousands_stay_thousands(row: list[str]) -> None:
    """Those that are no 32nds, beside a decimal point, or round."""
    found = bars([row])
    assert [each[2:6] for each in found.bars] == [tuple(float(word.replace("'", "")) for word in row)]
    assert told(found) == []


def test_a_row_in_another_form_is_refused() -> None:
    found = bars([ROW, ["110'164"] * 4, ROW], "ZN.csv")
    assert len(found.bars) == 2
    assert found.complaints == ["f:3: column 'Open': \"110'164\" is not a price"]


def test_the_option_needs_prices_in_32nds() -> None:
    with pytest.raises(FeedError, match=r"--decimal 32: its prices are not written in 32nds, as 110'165"):
        bars([["100", "101", "99", "100"]], decimal="32")
