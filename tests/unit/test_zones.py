"""Local times to UTC, compared with zoneinfo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.zones import EST, NEW_YORK, is_zone, to_utc

ZONES = [
    NEW_YORK,
    EST,
    "UTC",
    "Europe/Berlin",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Africa/Casablanca",
    "Asia/Tokyo",
]
EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - local times have no zone
FIRST, LAST = EPOCH + timedelta(days=365), EPOCH + timedelta(days=365 * 75)


def wall(moment: datetime) -> int:
    return (moment - EPOCH) // timedelta(microseconds=1) * 1000


def utc(moment: datetime, zone: str, fold: int) -> int:
    aware = moment.replace(tzinfo=ZoneInfo(zone), fold=fold)
    return (aware.astimezone(UTC) - EPOCH.replace(tzinfo=UTC)) // timedelta(microseconds=1) * 1000


@given(st.datetimes(FIRST, LAST), st.sampled_from(ZONES))
def test_local_times_are_converted_as_by_zoneinfo(moment: datetime, zone: str) -> None:
    """Both readings of a repeated time."""
    found = to_utc(np.array([wall(moment)]), zone)
    first, second = utc(moment, zone, 0), utc(moment, zone, 1)
    if found.never[0]:
        assert first > second  # in zoneinfo this means that the time does not exist
        return
    assert (found.first[0], found.second[0]) == (first, second)
    assert bool(found.twice[0]) == (first != second)


@pytest.mark.parametrize("year", [1990, 2006, 2007, 2024, 2030])
def test_the_months_of_new_yorks_transitions_are_converted_exactly(year: int) -> None:
    """March, April, October and November, under the rules of each year."""
    for month in (3, 4, 10, 11):
        start = EPOCH.replace(year=year, month=month)
        minutes = [start + timedelta(minutes=minute) for minute in range(0, 30 * 1440, 30)]
        found = to_utc(np.array([wall(moment) for moment in minutes]), NEW_YORK)
        for place, moment in enumerate(minutes):
            first, second = utc(moment, NEW_YORK, 0), utc(moment, NEW_YORK, 1)
            assert bool(found.never[place]) == (first > second)
            if first <= second:
                assert (found.first[place], found.second[place]) == (first, second)


@pytest.mark.parametrize(
    ("name", "known"),
    [("America/New_York", True), ("UTC", True), (EST, True), ("Mars/Olympus", False), ("../../etc/passwd", False),
     ("", False), ("/etc/passwd", False), ("Europe", False), ("a\0b", False)],
)  # fmt: skip
def test_a_zone_is_a_name_of_the_iana_database(name: str, known: bool) -> None:
    """Paths and folders are none, and do no harm."""
    assert is_zone(name) is known
