"""Numbers in options and in output."""

from __future__ import annotations

import click
import pytest

from ticker.cli.numbers import AMOUNT, change, price, short, signed


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""),
        (1234.5, "1,234.50"),
        (2, "2.00"),
        (0.5, "0.50"),
        (0.0123, "0.0123"),
        (12.345, "12.345"),
        (99.0, "99.00"),
        (0.0, "0.00"),
        (-37.63, "-37.63"),
        (0.01234567, "0.0123"),
    ],
)
def test_a_price_has_two_decimals_or_up_to_four_significant_ones(value: float | None, text: str) -> None:
    assert price(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0099999, "0.01"), (0.0012345, "0.001234"), (0.00009, "0.00009"), (0.0000123456, "0.00001235"),
        (-0.00001234, "-0.00001234"), (0.000002, "0.000002"), (9.876543e-7, "9.877e-07"), (1.5e-10, "1.500e-10"),
    ],
)  # fmt: skip
def test_a_small_price_has_four_significant_digits(value: float, text: str) -> None:
    """It is never shown as 0."""
    assert price(value) == text


@pytest.mark.parametrize(
    ("value", "last", "text"),
    [
        (None, 5.0, ""), (0.5, 100.0, "+0.50"), (-0.001, 100.0, "0.00"), (0.0, 0.5, "0.00"),
        (0.00000123, 0.00001, "+0.00000123"), (-0.0123, 0.5, "−0.0123"), (-2e-9, 1e-8, "−2.000e-09"),
    ],
)  # fmt: skip
def test_a_change_of_a_small_price_has_its_digits(value: float | None, last: float, text: str) -> None:
    assert change(value, last) == text


def test_rounding_errors_of_floats_are_not_shown() -> None:
    assert price(100.1 + 0.2) == "100.30"


@pytest.mark.parametrize(
    ("value", "text"), [(None, ""), (1.0, "+1.00"), (-1234.5, "−1,234.50"), (0.0, "0.00"), (-0.001, "0.00")]
)
def test_a_change_has_a_sign_unless_it_rounds_to_zero(value: float | None, text: str) -> None:
    assert signed(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (0, "0"), (999, "999"), (1_000, "1.0k"), (31_000, "31.0k"), (123_456, "123k"), (999_960, "1.0M"),
        (1_234_567, "1.2M"), (5e9, "5.0B"), (2e12, "2.0T"), (0.0015, "0.0015"), (0.5, "0.5"), (12.345, "12.3"),
    ],
)  # fmt: skip
def test_a_volume_is_three_digits_and_a_unit(value: float | None, text: str) -> None:
    """Never 1000 of the smaller unit."""
    assert short(value) == text


@pytest.mark.parametrize("text", ["0", "-1", "nan", "inf", "1e999", "many"])
def test_an_amount_is_a_finite_number_above_zero(text: str) -> None:
    """ "nan" and "inf" are rejected."""
    with pytest.raises(click.BadParameter):
        AMOUNT.convert(text, None, None)


def test_an_amount_may_have_decimals() -> None:
    assert AMOUNT.convert("0.5", None, None) == 0.5
