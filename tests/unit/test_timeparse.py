"""Times and durations as text."""

from __future__ import annotations

import pytest

from ticker.timeparse import duration_ns, moment_ns, moment_text, span_text, time_text

NEW_YORK = "America/New_York"
SECOND_NS = 1_000_000_000
#: 2024-01-03 09:30:00 in New York.
OPEN = 1_704_292_200 * SECOND_NS


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("10:30", 3600),
        (" 9:30:05.5 ", 5.5),
        ("2024-01-03T09:31", 60),
        ("2024-01-03 09:30:01,25", 1.25),
        ("2024-01-03T14:30:01Z", 1),
        ("2024-01-03T14:30:01+00:00", 1),
        ("2024-01-03T20:00:01+0530", 1),
        ("2024-01-04", 86_400 - 9.5 * 3600),
        ("2024-01-03T00:00", -9.5 * 3600),
    ],
)
def test_a_time_of_day_is_of_the_zones_current_day(text: str, seconds: float) -> None:
    """Unless it has a date or an offset."""
    assert moment_ns(text, OPEN, NEW_YORK) == OPEN + round(seconds * SECOND_NS)


def test_the_current_day_is_that_of_the_zone() -> None:
    """At 20:00 in New York it is the next day in UTC."""
    evening = OPEN + int(10.5 * 3600) * SECOND_NS
    assert moment_ns("09:30", evening, NEW_YORK) == OPEN


def test_a_timestamp_is_exact_to_the_nanosecond() -> None:
    """In both directions."""
    ts = OPEN + 123_456_789
    assert moment_ns("2024-01-03T09:30:00.123456789", 0, NEW_YORK) == ts
    assert time_text(ts, NEW_YORK) == "09:30:00.123456789"
    assert moment_text(ts, NEW_YORK) == "2024-01-03 09:30:00.123456789 (New York)"
    assert moment_text(OPEN, "UTC") == "2024-01-03 14:30:00 (UTC)"


def test_times_of_day_follow_dst() -> None:
    """09:30 is another time in UTC in summer."""
    assert moment_ns("2024-07-03T09:30", 0, NEW_YORK) - moment_ns("2024-07-03T13:30Z", 0, NEW_YORK) == 0


@pytest.mark.parametrize(
    "text", ["", "noon", "10", "25:00", "10:60", "10:30:00.", "10:30.5", "2024-13-01", "2024-01-03T", "10:30 11:00"]
)
def test_an_invalid_time_is_an_error_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="10:30"):
        moment_ns(text, OPEN, NEW_YORK)


def test_a_span_has_each_date_once() -> None:
    """And not the current one."""
    later, next_day = OPEN + 23_400 * SECOND_NS, OPEN + 86_400 * SECOND_NS
    assert span_text(OPEN, later, NEW_YORK) == "2024-01-03 09:30:00 – 16:00:00"
    assert span_text(OPEN, later, NEW_YORK, OPEN) == "09:30:00 – 16:00:00"
    assert span_text(OPEN, next_day, NEW_YORK) == "2024-01-03 09:30:00 – 2024-01-04 09:30:00"
    assert span_text(OPEN, next_day, NEW_YORK, next_day) == "2024-01-03 09:30:00 – 2024-01-04 09:30:00"


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("5s", 5),
        ("2m", 120),
        ("2min", 120),
        ("0.5", 0.5),
        ("0", 0),
        ("1h30m", 5400),
        ("9ms", 0.009),
        (" 1 D ", 86_400),
    ],
)
def test_a_duration_has_units_or_is_in_seconds(text: str, seconds: float) -> None:
    assert duration_ns(text) == round(seconds * SECOND_NS)


@pytest.mark.parametrize("text", ["", "soon", "-1", "5x", "nan", "inf", "s", "1h 30", "9" * 5_000, "9" * 400 + "s"])
def test_an_invalid_duration_is_an_error_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="5s"):
        duration_ns(text)
