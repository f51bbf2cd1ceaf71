"""The grammar of conditions: what it accepts and refuses, and the error messages."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.alerts.condition import COMPARISONS, WATCHED, Condition, parse
from ticker.errors import ProtocolError


@pytest.mark.parametrize(
    ("when", "field", "comparison", "level", "canonical"),
    [
        ("last >= 190", "last", ">=", 190.0, "last >= 190"),
        ("last>=190.50", "last", ">=", 190.5, "last >= 190.5"),
        ("\t bid \n>  1e2\r\n", "bid", ">", 100.0, "bid > 100"),
        ("ask<=0.000001", "ask", "<=", 1e-6, "ask <= 1e-06"),
        ("change_pct<-2.5E+0", "change_pct", "<", -2.5, "change_pct < -2.5"),
        ("volume >= 1e16", "volume", ">=", 1e16, "volume >= 1e+16"),
        ("last crosses 190", "last", "crosses", 190.0, "last crosses 190"),
        ("change_pct crosses -0", "change_pct", "crosses", 0.0, "change_pct crosses 0"),
        ("last crosses190", "last", "crosses", 190.0, "last crosses 190"),
    ],
)
def test_a_condition_is_parsed_and_formatted_canonically(
    when: str, field: str, comparison: str, level: float, canonical: str
) -> None:
    """White space is optional; equal conditions have one canonical text."""
    found = parse(when)
    assert (found.field, found.comparison, found.level) == (field, comparison, level)
    assert str(found) == canonical
    assert parse(canonical) == found


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("", "fields last, bid"),
        ("price >= 190", "fields last, bid"),
        ("LAST >= 190", "fields last, bid"),
        ("__import__('os') >= 1", "fields last, bid"),
        ("190 <= last", "fields last, bid"),
        ("lastcrosses 190", "fields last, bid"),
        ("last", "comparisons >=, >"),
        ("last = 190", "comparisons >=, >"),
        ("last == 190", "comparisons >=, >"),
        ("last => 190", "comparisons >=, >"),
        ("last > = 190", "does not have a number"),
        ("last CROSSES 190", "comparisons >=, >"),
        ("last >= ", "does not have a number"),
        ("last >= 190 and bid > 3", "does not have a number"),
        ("last >= 190 190", "does not have a number"),
        ("last >= bid", "does not have a number"),
        ("last >= NaN", "does not have a number"),
        ("last >= Infinity", "does not have a number"),
        ("last >= +190", "does not have a number"),
        ("last >= 0190", "does not have a number"),
        ("last >= 190.", "does not have a number"),
        ("last >= .5", "does not have a number"),
        ("last >= 0x10", "does not have a number"),
        ("last >= 1_000", "does not have a number"),
        ("last >= 1,000", "does not have a number"),
        ("last >= ١٩٠", "does not have a number"),
        ("last >= 1e999", "too large"),
        ("last\u00a0>= 190", "comparisons >=, >"),
        ("last >= 1" + "0" * 100, "more than 100 characters"),
        ("last >= 190\x00", "does not have a number"),
    ],
)
def test_other_texts_are_refused_with_an_example(when: str, says: str) -> None:
    """The error has its code and the message's id, and names the wrong part."""
    with pytest.raises(ProtocolError, match=says) as caught:
        parse(when, 7)
    assert (caught.value.code, caught.value.id) == ("bad-condition", 7)
    assert "last >= 190" in caught.value.message


def test_the_default_hysteresis_is_a_thousandth() -> None:
    """For a level of 0 it is 0.01."""
    assert parse("last >= 190").hysteresis == pytest.approx(0.19)
    assert parse("change_pct < -2").hysteresis == pytest.approx(0.002)
    assert parse("change_pct crosses 0").hysteresis == 0.01


@given(st.sampled_from(WATCHED), st.sampled_from(COMPARISONS), st.floats(allow_nan=False, allow_infinity=False))
def test_every_canonical_text_parses_to_its_condition(field: str, comparison: str, level: float) -> None:
    """With every finite number."""
    condition = Condition(field, comparison, level)
    assert parse(str(condition)) == condition


@given(st.text(max_size=30))
def test_every_text_is_parsed_or_refused(when: str) -> None:
    """No text raises another exception."""
    with suppress(ProtocolError):
        parse(when)
