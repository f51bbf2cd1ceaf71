"""The grammar of conditions: what it takes, what it refuses, and what it says then."""

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
def test_a_condition_is_read_and_given_back_in_one_form(
    when: str, field: str, comparison: str, level: float, canonical: str
) -> None:
    """White space is free; whatever was written, one text stands for it."""
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
def test_whatever_else_is_refused_with_what_would_be_right(when: str, says: str) -> None:
    """The error has its code and the message's id, and tells which of the three parts is wrong."""
    with pytest.raises(ProtocolError, match=says) as caught:
        parse(when, 7)
    assert (caught.value.code, caught.value.id) == ("bad-condition", 7)
    assert "last >= 190" in caught.value.message


def test_the_hysteresis_is_a_thousandth_where_nobody_says() -> None:
    """Of nothing a thousandth would be nothing: there it is a hundredth of a percent, or of the currency."""
    assert parse("last >= 190").hysteresis == pytest.approx(0.19)
    assert parse("change_pct < -2").hysteresis == pytest.approx(0.002)
    assert parse("change_pct crosses 0").hysteresis == 0.01


@given(st.sampled_from(WATCHED), st.sampled_from(COMPARISONS), st.floats(allow_nan=False, allow_infinity=False))
def test_every_condition_has_a_text_that_reads_back_as_it(field: str, comparison: str, level: float) -> None:
    """The canonical form loses nothing, whatever the number."""
    condition = Condition(field, comparison, level)
    assert parse(str(condition)) == condition


@given(st.text(max_size=30))
def test_no_text_does_anything_but_parse_or_be_refused(when: str) -> None:
    """No other exception, whatever the text."""
    with suppress(ProtocolError):
        parse(when)
