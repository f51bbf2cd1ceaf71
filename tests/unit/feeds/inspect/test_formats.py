"""Timestamps, durations, numbers and lists as text."""

from __future__ import annotations

import pytest

from feeds.inspect.formats import amount, count, duration, iso, listed, number, period, shortened, stamp
from tests.support.inspect_file import START_NS


def test_iso_has_nine_digits_and_utc() -> None:
    """Also before 1970."""
    assert iso(START_NS + 1) == "2024-01-03T14:30:00.000000001Z"
    assert iso(-1) == "1969-12-31T23:59:59.999999999Z"


@pytest.mark.parametrize(
    ("rest_ns", "text"), [(0, ""), (123 * 10**6, ".123"), (10**8, ".100"), (123_456_000, ".123456"), (1, ".000000001")]
)
def test_a_timestamp_has_no_three_six_or_nine_decimals(rest_ns: int, text: str) -> None:
    assert stamp(START_NS + rest_ns, "America/New_York") == f"2024-01-03 09:30:00{text}"


def test_a_period_within_one_day_has_its_date_once() -> None:
    assert period(START_NS, START_NS + 10**9, "UTC") == "2024-01-03 14:30:00 to 14:30:01"
    assert period(START_NS, START_NS + 86_400 * 10**9, "UTC") == "2024-01-03 14:30:00 to 2024-01-04 14:30:00"
    assert period(START_NS, START_NS, "UTC") == "2024-01-03 14:30:00"


@pytest.mark.parametrize(
    ("length_ns", "text"),
    [
        (20 * 10**6, "20 ms"),
        (1_500 * 10**6, "1.5 s"),
        (60 * 10**9, "1 min"),
        (90 * 10**9, "1 min 30 s"),
        (3_600 * 10**9, "1 h"),
        (23_400 * 10**9, "6 h 30 min"),
        (65 * 3_600 * 10**9 + 10**9, "2 d 17 h"),
        (86_400 * 10**9 + 10**9, "1 d"),
    ],
)
def test_a_duration_has_its_two_largest_units(length_ns: int, text: str) -> None:
    assert duration(length_ns) == text


def test_numbers_keep_all_their_digits() -> None:
    """Amounts have thousands separators."""
    assert number(184.230000001) == "184.230000001"
    assert amount(54_999_300.0) == "54,999,300"
    assert (number(None), amount(None)) == ("", "")
    assert (count(1, "row"), count(2_000, "row")) == ("1 row", "2,000 rows")


def test_a_list_that_does_not_fit_is_cut_with_a_count() -> None:
    """At least one item is shown."""
    assert listed(["A", "B", "C"], 7) == "A, B, C"
    assert listed(["AAA", "BBB", "CCC", "DDD"], 16) == "AAA … and 3 more"
    assert listed(["A" * 64, "B"], 10) == "A" * 64 + " … and 1 more"
    assert listed([], 10) == ""


def test_a_long_path_keeps_its_end() -> None:
    """It is cut at a folder if possible."""
    path = "/data/equity/usa/tick/ibm/20131011_trade.zip"
    assert shortened(path, 100) == path
    assert shortened(path, 30) == "…/tick/ibm/20131011_trade.zip"
    assert shortened("x" * 50, 10) == "…" + "x" * 9
