"""Time stamps out of text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.stamps import Texts, epoch_stamps, read_stamps

SECOND = 10**9
NOON = 1_704_283_200 * SECOND  # 2024-01-03T12:00:00Z
#: A text that is no stamp, to make the column's quick way give up.
SPOILER = "spoiler"


def texts(*values: str) -> Texts:
    return np.array([*values, ""], object)[:-1]


def every_way(text: str) -> int:
    """The stamp of ``text``, 0 if it is none: the same alone, among stamps of each form, and in a mixed column."""
    (alone,) = read_stamps(texts(text)).tolist()
    for other in ("1704283200", "1704283200.0", "2024-01-03T12:00:00"):
        assert read_stamps(texts(other, text)).tolist() == [NOON, alone]
    assert read_stamps(texts(text, SPOILER)).tolist() == [alone, 0]
    return int(alone)


@pytest.mark.parametrize(
    ("text", "stamp"),
    [
        ("2024-01-03", NOON - 43_200 * SECOND),
        ("20240103", NOON - 43_200 * SECOND),
        ("2024-01-03T12:00", NOON),
        ("2024-01-03 12:00:00", NOON),
        ("2024-01-03T12:00:00Z", NOON),
        ("20240103T120000", NOON),
        ("2024-01-03 12:00:00+00:00", NOON),
        ("2024-01-03T07:00:00-05:00", NOON),
        ("2024-01-03T07:00:00-0500", NOON),
        ("2024-01-03 17:30:00+05:30", NOON),
        ("2024-01-03T12:00:00.5", NOON + SECOND // 2),
        ("2024-01-03T12:00:00.123456789", NOON + 123_456_789),
        ("2024-01-03T12:00:00.123456789Z", NOON + 123_456_789),
        ("2024-01-03T12:00:00.1234567899", NOON + 123_456_789),
        ("1704283200", NOON),
        ("+1704283200", NOON),
        ("1704283200000", NOON),
        ("1704283200000000", NOON),
        ("1704283200000000000", NOON),
        ("1704283200123456789", NOON + 123_456_789),
        ("1704283200.5", NOON + SECOND // 2),
        ("1704283200.123456789", NOON + 123_456_789),
        ("1704283200.1234567891", NOON + 123_456_789),
        ("1704283200.", NOON),
        ("1704283200123.456789", NOON + 123_456_789),
        ("1704283200123456.789", NOON + 123_456_789),
        ("1.7042832e9", NOON),
        ("1.704283200123456789E9", NOON + 123_456_789),
        ("  1704283200  ", NOON),
        (" 2024-01-03T12:00:00Z ", NOON),
        ("1970-01-01T00:00:01", SECOND),
        ("100000000", 10**8 * SECOND),
        ("2260-12-31T23:59:59.999999999", 9_183_110_400 * SECOND - 1),
        ("9183110399", 9_183_110_399 * SECOND),
    ],
)
def test_a_stamp_is_read_to_the_nanosecond(text: str, stamp: int) -> None:
    """ISO 8601 with and without offset (then UTC), and epoch numbers whose unit is told by their magnitude."""
    assert every_way(text) == stamp


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "-", "abc", "now", "today", "NaT", "nan", "None", "null", "2024", "202401", "2024-01", "12:00",
        "34200.5", "1", "0", "-1704283200", "99999999", "20240103120000", "2024-13-01", "2024-02-30",
        "2024-01-03T25:00", "2024-01-03T12:00:60", "01/03/2024", "03.01.2024", "Jan 3 2024", "2024-01-03T12:00:00 EST",
        "1969-12-31", "1970-01-01", "2261-01-01", "9999-12-31", "9183110400", "9999999999", "9223372036854775808",
        "1" * 30, "1" * 5000, "1e400", "1_704_283_200", "１７０４２８３２００", "0x65955d40", "1704283200,5",
        "=1704283200", "2024-01-03\x00",
    ],
)  # fmt: skip
def test_what_is_no_stamp_is_told(text: str) -> None:
    """Also what pandas or Python would take for one; and times outside 1970-2260."""
    assert every_way(text) == 0


def test_wrong_stamps_in_a_column_leave_the_others_alone() -> None:
    """A mixed column is read row by row: forms may even change."""
    stamps = read_stamps(texts("1704283200", "x", "2024-01-03T12:00Z", "", "1704283200000", "now", "20240103"))
    assert stamps.tolist() == [NOON, 0, NOON, 0, NOON, 0, NOON - 43_200 * SECOND]


def test_an_empty_column_has_no_stamps() -> None:
    """A block of blank lines is nothing special."""
    stamps = read_stamps(texts())
    assert len(stamps) == 0
    assert stamps.dtype == np.int64


moments = st.integers(10**8 * SECOND, 9_183_110_399 * SECOND)


@given(st.lists(moments, min_size=1, max_size=5), st.sampled_from([1, 10**3, 10**6, 10**9]))
def test_every_moment_is_read_in_every_unit(stamps: list[int], unit: int) -> None:
    """From March 1973 on the magnitude tells s, ms, µs and ns apart, and nothing is rounded."""
    whole = [stamp - stamp % unit for stamp in stamps]
    numbers = [stamp // unit for stamp in whole]
    assert read_stamps(texts(*map(str, numbers))).tolist() == epoch_stamps(np.array(numbers)).tolist() == whole
    decimals = texts(*(f"{stamp // unit}.{stamp % unit:0{len(str(unit)) - 1}d}" for stamp in stamps))
    if unit > 1:
        assert read_stamps(decimals).tolist() == stamps
        assert read_stamps(texts(*decimals, SPOILER)).tolist() == [*stamps, 0]


@given(
    st.lists(st.datetimes(datetime(1970, 1, 2), datetime(2260, 1, 1)), min_size=1, max_size=5),  # noqa: DTZ001 - hypothesis wants naive bounds
    st.sampled_from(["T", " "]),
    st.one_of(st.none(), st.integers(-720, 840)),
)
def test_every_moment_is_read_as_iso(moments: list[datetime], between: str, offset_min: int | None) -> None:
    """Whatever Python writes as ISO 8601, fractions or none, is read as the same moment."""
    zone = UTC if offset_min is None else timezone(timedelta(minutes=offset_min))
    epoch = datetime(1970, 1, 1, tzinfo=UTC)
    expected = [(moment.replace(tzinfo=zone) - epoch) // timedelta(microseconds=1) * 1000 for moment in moments]
    written = [(m if offset_min is None else m.replace(tzinfo=zone)).isoformat(between) for m in moments]
    assert read_stamps(texts(*written)).tolist() == expected
    assert read_stamps(texts(*written, SPOILER)).tolist() == [*expected, 0]
