"""Parsing of timestamps."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.parsing.timestamp_formats import Reading
from feeds.files.parsing.timestamp_parsers import CLOCK, LOCAL, NOTHING, Order
from feeds.files.parsing.timestamp_parsers import UTC as IS_UTC
from feeds.files.parsing.timestamps import as_texts, parse_timestamps

SECOND = 10**9
NOON = 1_704_283_200 * SECOND  # 2024-01-03T12:00:00Z
DAY = 86_400 * SECOND
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times have no zone
FIRST, LAST = EPOCH + timedelta(days=1), EPOCH + timedelta(days=365 * 290)


def every_way(text: str, reading: Reading = "stamp", *, order: Order = "mdy") -> tuple[int, int]:
    """Value and kind of ``text``: equal alone, among similar texts and among different ones."""
    alone = parse_timestamps(as_texts([text]), reading, order=order)
    strangers = ["spoiler", *("x" * length for length in range(40)), text]
    for column in ([text, text], ["spoiler", text], strangers):
        found = parse_timestamps(as_texts(column), reading, order=order)
        assert (found.value[-1], found.kind[-1]) == (alone.value[0], alone.kind[0])
    return int(alone.value[0]), int(alone.kind[0])


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-03T12:00:00Z", NOON),
        ("2024-01-03 12:00:00+00:00", NOON),
        ("2024-01-03T07:00:00-05:00", NOON),
        ("2024-01-03T07:00:00-0500", NOON),
        ("2024-01-03T07:00:00-05", NOON),
        ("2024-01-03 17:30:00+05:30", NOON),
        ("2024-01-03T12:00:00.123456789Z", NOON + 123_456_789),
        ("01.03.2024 13:00:00.000 GMT+0100", NOON),
        ("1704283200", NOON),
        ("+1704283200", NOON),
        ("1704283200000", NOON),
        ("1704283200000000", NOON),
        ("1704283200123456789", NOON + 123_456_789),
        ("1704283200.5", NOON + SECOND // 2),
        ("1704283200.123456789", NOON + 123_456_789),
        ("1704283200123.456789", NOON + 123_456_789),
        ("1.7042832e9", NOON),
        (" 1704283200 ", NOON),
        ("9183110399", 9_183_110_399 * SECOND),
    ],
)  # fmt: skip
def test_a_utc_timestamp_is_read_to_the_nanosecond(text: str, value: int) -> None:
    """ISO 8601 with an offset, and epoch numbers of any unit."""
    assert every_way(text) == (value, IS_UTC)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("2024-01-03", NOON - DAY // 2),
        ("20240103", NOON - DAY // 2),
        ("2024.01.03", NOON - DAY // 2),
        ("2024/1/3", NOON - DAY // 2),
        ("2024-01-03T12:00", NOON),
        ("2024-01-03 12:00:00.5", NOON + SECOND // 2),
        ("2024-01-03T12:00:00.1234567899", NOON + 123_456_789),
        ("20240103T120000", NOON),
        ("20240103 120000", NOON),
        ("20240103 120000123", NOON + 123_000_000),
        ("20240103 12:00", NOON),
        ("20240103120000", NOON),
        ("20240103120000123", NOON + 123_000_000),
        ("1/3/2024 12:00", NOON),
        ("01/03/2024", NOON - DAY // 2),
        ("1/3/24 12:00:00 PM", NOON),
        ("2024-01-03 12-PM", NOON),
        ("2024-01-03 12-AM", NOON - DAY // 2),
        ("Jan 3 2024", NOON - DAY // 2),
        ("January 3, 2024 12:00", NOON),
        ("3 Jan 2024", NOON - DAY // 2),
        ("03-JAN-2024 12:00:00", NOON),
        ("2024-02-29", NOON + 56 * DAY + DAY // 2),
    ],
)  # fmt: skip
def test_a_local_timestamp_is_read_in_every_format(text: str, value: int) -> None:
    """As local time."""
    assert every_way(text) == (value, LOCAL)


@pytest.mark.parametrize(("text", "month"), [("03/04/2024", 3), ("3.4.2024", 3), ("03-04-2024 00:00", 3)])
def test_the_caller_decides_whether_days_come_first(text: str, month: int) -> None:
    first = int(datetime(2024, month, 4, tzinfo=UTC).timestamp()) * SECOND
    second = int(datetime(2024, 4, month, tzinfo=UTC).timestamp()) * SECOND
    assert every_way(text) == (first, LOCAL)
    assert every_way(text, order="dmy") == (second, LOCAL)


@pytest.mark.parametrize(
    ("text", "reading", "value"),
    [
        ("29475725", "ms", 29_475_725 * 10**6),
        ("0", "ms", 0),
        ("34200.004241176", "s", 34_200_004_241_176),
        ("34200", "s", 34_200 * SECOND),
        ("093000123456789", "clock", 34_200_123_456_789),
        ("93000", "clock", 34_200 * SECOND),
        ("093000", "clock", 34_200 * SECOND),
        ("0930", "clock", 34_200 * SECOND),
        ("9:30", "clock", 34_200 * SECOND),
        ("09:30:00.25", "clock", 34_200 * SECOND + SECOND // 4),
        ("09:30:00.25", "stamp", 34_200 * SECOND + SECOND // 4),
        ("9:30 pm", "clock", (21 * 3600 + 1800) * SECOND),
    ],
)  # fmt: skip
def test_a_time_of_day_is_read_as_asked(text: str, reading: Reading, value: int) -> None:
    """Since midnight, exactly."""
    assert every_way(text, reading) == (value, CLOCK)


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", "abc", "now", "today", "NaT", "nan", "None", "null", "2024", "202401", "2024-01", "34200.5", "1",
        "0", "-1704283200", "99999999", "2024-13-01", "2024-02-30", "2023-02-29", "2024-00-01", "2024-01-00",
        "2024-01-03T25:00", "2024-01-03T12:60", "2024-01-03T12:00:60", "13/13/2024", "Foo 3 2024",
        "2024-01-03 EST", "2024-01-03 12:00 EX",
        "2024-01-03T12:00:00+25:00", "1969-12-31", "2261-01-01", "9999-12-31", "9183110400",
        "9999999999", "9223372036854775807", "9999999999999999999", "0000000000", "1" * 30, "1" * 5000, "1e400",
        "1_704_283_200", "１７０４２８３２００", "0x65955d40", "1704283200,5", "=1704283200", "2024-01-03\x00",
        "2024-01-03 13-PM",
    ],
)  # fmt: skip
def test_text_that_is_no_timestamp_is_nothing(text: str) -> None:
    """Also text that other programs accept, and times outside 1970-2260."""
    assert every_way(text) == (0, NOTHING)


@pytest.mark.parametrize("text", ["86400000", "123456789", "-5", "9.5:00"])
def test_a_number_beyond_the_end_of_the_day_is_nothing(text: str) -> None:
    assert every_way(text, "ms") == (0, NOTHING)


@given(st.lists(st.integers(10**8, 9_183_110_399), min_size=1, max_size=5), st.integers(0, 999_999_999))
def test_every_time_is_read_in_every_unit(seconds: list[int], rest: int) -> None:
    """The number of digits gives s, ms, µs or ns, and nothing is rounded."""
    for unit, digits in ((1, 0), (10**3, 3), (10**6, 6), (10**9, 9)):
        if unit == 10**3 and min(seconds) < 10**9:
            continue  # milliseconds before 2001 look like a date and a time
        part = rest // 10 ** (9 - digits) if digits else 0
        found = parse_timestamps(as_texts([str(second * unit + part) for second in seconds]), "stamp")
        assert found.value.tolist() == [second * SECOND + part * 10 ** (9 - digits) for second in seconds]
        assert set(found.unit.tolist()) == {SECOND // unit}


@given(
    st.datetimes(FIRST, LAST),
    st.integers(-14 * 60, 14 * 60),
    st.sampled_from(["%Y-%m-%dT%H:%M:%S.%f%z", "%Y-%m-%d %H:%M:%S%z"]),
)
def test_output_of_datetime_is_read_as_the_same_instant(moment: datetime, offset_minutes: int, form: str) -> None:
    aware = moment.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))
    if "%f" not in form:
        aware = aware.replace(microsecond=0)
    expected = aware - datetime(1970, 1, 1, tzinfo=UTC)
    if expected > timedelta(0):
        found = parse_timestamps(as_texts([aware.strftime(form)]), "stamp")
        assert found.value[0] == expected // timedelta(microseconds=1) * 1000


@given(
    st.datetimes(FIRST, LAST).map(lambda moment: moment.replace(microsecond=0)),
    st.sampled_from(
        ["%Y%m%d %H%M%S", "%Y%m%d%H%M%S", "%b %d %Y %H:%M:%S", "%d-%B-%Y %I:%M:%S %p", "%Y/%m/%d %H:%M:%S"]
    ),
)
def test_formats_of_other_programs_are_read_as_the_same_time(moment: datetime, form: str) -> None:
    expected = (moment - EPOCH) // timedelta(seconds=1) * SECOND
    assert parse_timestamps(as_texts([moment.strftime(form)]), "stamp").value[0] == expected
