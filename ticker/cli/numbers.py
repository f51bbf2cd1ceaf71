"""Numbers in options and in output."""

from __future__ import annotations

import math
from typing import Any

import click


class Amount(click.FloatRange):
    """A finite number above 0. ``click.FloatRange`` accepts "nan" and "inf"."""

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        number = float(super().convert(value, param, ctx))
        if not math.isfinite(number):
            self.fail(f"{value} is not a finite number.", param, ctx)
        return number


AMOUNT = Amount()

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


#: Prices below the first have four significant digits instead of four decimals; below the second an exponent, too.
_SMALL, _TINY = 0.01, 1e-6


def price(value: float | None) -> str:
    """Two decimals, or up to four if they are significant: ``1,234.50``, ``0.0123``. Small prices have four digits.

    ``0.00001234``, and below a millionth ``1.234e-08``.
    """
    if value is None:
        return ""
    size = abs(value)
    if 0 < size < _TINY:
        return f"{value:.3e}"
    if 0 < size < _SMALL:
        digits = 3 - math.floor(math.log10(size))
    else:
        digits = 2 if size >= 1 and math.isclose(value, round(value, 2), rel_tol=1e-9) else 4
    text = f"{value:,.{digits}f}"
    whole, _, decimals = text.partition(".")
    return f"{whole}.{decimals[:2]}{decimals[2:].rstrip('0')}"


def change(value: float | None, last: float | None) -> str:
    """The change of a price, signed: with two decimals, or those of a price if ``last`` is small."""
    if not value or last is None or abs(last) >= 1:
        return signed(value)
    return f"{'+' if value > 0 else '−'}{price(abs(value))}"


def signed(value: float | None, digits: int = 2) -> str:
    """The number with a sign (U+2212 for minus); without one if it rounds to zero."""
    if value is None:
        return ""
    text = f"{abs(value):,.{digits}f}"
    if not any(digit in "123456789" for digit in text):
        return text
    return f"{'+' if value > 0 else '−'}{text}"


def short(value: float | None) -> str:
    """Three digits and a unit: ``950``, ``1.2k``, ``31.0M``; of fractions three digits: ``0.0015``."""
    if value is None:
        return ""
    for size, unit in _UNITS:
        # 999,950 would become 1000.0k.
        if abs(value) >= size * 0.99995:
            return f"{value / size:,.1f}{unit}" if abs(value) < size * 99.95 else f"{value / size:,.0f}{unit}"
    return f"{value:.3g}" if abs(value) < 100 else f"{value:,.0f}"
