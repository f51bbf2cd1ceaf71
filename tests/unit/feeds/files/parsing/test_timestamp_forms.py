"""Forms of timestamps that other programs write: names of months and zones, two-digit years, spreadsheets, floats."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from feeds.files.parsing.timestamp_formats import Reading
from feeds.files.parsing.timestamp_parsers import CLOCK, LOCAL, NOTHING, UTC_CLOCK, Order
from feeds.files.parsing.timestamp_parsers import UTC as IS_UTC
from feeds.files.parsing.timestamps import as_texts, parse_timestamps
from tests.support.samples import at


def parsed(text: str, reading: Reading = "stamp", order: Order = "mdy") -> tuple[int, int, str]:
    """Value, kind and zone of ``text``; equal among other texts."""
    found = parse_timestamps(as_texts(["x", text, "2024-01-03T00:00:00Z", text]), reading, order=order)
    assert found.value[1] == found.value[3]
    zone = "" if found.zone is None else found.zones[found.zone[1]]
    return int(found.value[1]), int(found.kind[1]), zone


@pytest.mark.parametrize(
    ("text", "when"),
    [
        ("3-Jan-22", "2022-01-03"),
        ("03-Jan-24", "2024-01-03"),
        ("03JAN24", "2024-01-03"),
        ("3 jan 24", "2024-01-03"),
        ("Jan-03-24", "2024-01-03"),
        ("Jan 3, 24", "2024-01-03"),
        ("31-Dec-99", "1999-12-31"),
        ("01/03/24", "2024-01-03"),
        ("01-03-24 09:30", "2024-01-03 09:30"),
        ("JANUARY 3, 2024", "2024-01-03"),
        ("Sept. 3, 2024", "2024-09-03"),
        ("3rd January 2024", "2024-01-03"),
        ("2024-Jan-03", "2024-01-03"),
        ("03 Okt 2024", "2024-10-03"),
        ("Wed 03 Jan 2024", "2024-01-03"),
        ("Wed Jan  3 14:30:00 2024", "2024-01-03 14:30"),
        ("20240103 09:30:00 123456", "2024-01-03 09:30:00.123456"),
        ("20240103 09:30:00 123", "2024-01-03 09:30:00.123"),
        ("20240103T093000.123", "2024-01-03 09:30:00.123"),
        ("20240103-09:30:00.123", "2024-01-03 09:30:00.123"),
        ("2024.01.03D09:30:00.123456789", "2024-01-03 09:30:00.123456789"),
        ("03-JAN-2024 09.30.00.123456 PM", "2024-01-03 21:30:00.123456"),
        ("2024-01-03-09.30.00.123456", "2024-01-03 09:30:00.123456"),
        ("2024-01-03 09:30:00,123", "2024-01-03 09:30:00.123"),
        ("2024-01-03_09-30-00", "2024-01-03 09:30"),
        ("16:00 01/03/2024", "2024-01-03 16:00"),
        ("9:30 a.m. 2024-01-03", "2024-01-03 09:30"),
        ("1/3/2024 9:30:00\u202fAM", "2024-01-03 09:30"),
        ("1/3/2024 12:05 AM", "2024-01-03 00:05"),
        ("2024-01-03 24:00:00", "2024-01-04"),
    ],
)
def test_a_local_timestamp_is_read(text: str, when: str) -> None:
    assert parsed(text) == (at(when), LOCAL, "")


@pytest.mark.parametrize(
    ("text", "when", "zone"),
    [
        ("2021/11/29 11:09 CET", "2021-11-29 10:09", "CET"),
        ("2022/06/29 11:09 CEST", "2022-06-29 09:09", "CEST"),
        ("2024-01-03 09:30:00 EST", "2024-01-03 14:30", "EST"),
        ("2024-07-03 09:30:00 edt", "2024-07-03 13:30", "EDT"),
        ("2024-01-03 06:30 AM PST", "2024-01-03 14:30", "PST"),
        ("2024-01-03 23:30 JST", "2024-01-03 14:30", "JST"),
        ("2024-01-03 14:30:00 GMT", "2024-01-03 14:30", ""),
        ("2024-01-03 14:30:00 UTC", "2024-01-03 14:30", ""),
        ("2024-01-03 15:30:00 GMT+1", "2024-01-03 14:30", ""),
        ("2024-01-03 14:30:00.123456789 -0500 EST", "2024-01-03 19:30:00.123456789", ""),
        ("2024-01-03 14:30:00 -0500 EST m=+0.000000001", "2024-01-03 19:30", ""),
        ("2024-01-03 14:30:00.5 +0000 UTC m=+12.5", "2024-01-03 14:30:00.5", ""),
        ("Wed Jan 03 14:30:00 EST 2024", "2024-01-03 19:30", "EST"),
        ("Wed Jan 03 14:30:00 UTC 2024", "2024-01-03 14:30", ""),
        ("2024-01-03T14:30:00.123Z[UTC]", "2024-01-03 14:30:00.123", ""),
        ("2024-01-03T09:30:00-05:00[America/New_York]", "2024-01-03 14:30", ""),
        ("Wed, 03 Jan 2024 14:30:00 +0000", "2024-01-03 14:30", ""),
        ("Wed, 3 Jan 2024 09:30:00 EST", "2024-01-03 14:30", "EST"),
        ("Wednesday, 03-Jan-24 14:30:00 GMT", "2024-01-03 14:30", ""),
        ("Wed Jan 03 2024 09:30:00 GMT-0500 (Eastern Standard Time)", "2024-01-03 14:30", ""),
    ],
)
def test_an_abbreviation_or_an_offset_gives_utc(text: str, when: str, zone: str) -> None:
    """A name behind an offset adds nothing."""
    assert parsed(text) == (at(when), IS_UTC, zone)


@pytest.mark.parametrize(
    ("text", "zone"),
    [
        ("2024-01-03 09:30:00 US/Eastern", "US/Eastern"),
        ("2024-01-03 09:30:00 America/New_York", "America/New_York"),
        ("2024-01-03 09:30:00America/New_York", "America/New_York"),
        ("2024-01-03T09:30[europe/berlin]", "Europe/Berlin"),
        ("2024-01-03 09:30:00 Etc/GMT+5", "Etc/GMT+5"),
        ("2024-01-03 09:30:00 EST5EDT", "EST5EDT"),
        ("2024-01-03 09:30:00 ET", "America/New_York"),
        ("2024-01-03 09:30:00 IST", "IST"),
    ],
)
def test_a_region_is_kept_beside_the_local_time(text: str, zone: str) -> None:
    """It has daylight saving; an ambiguous name is kept too."""
    assert parsed(text) == (at("2024-01-03 09:30"), LOCAL, zone)


def test_times_of_day_have_zones_too() -> None:
    hour = 3600 * 10**9
    assert parsed("11:00 CET", "clock") == (10 * hour, UTC_CLOCK, "CET")
    assert parsed("11:00+01:00", "clock") == (10 * hour, UTC_CLOCK, "")
    assert parsed("11:00Z", "clock") == (11 * hour, UTC_CLOCK, "")
    assert parsed("11:00 US/Eastern", "clock") == (11 * hour, CLOCK, "US/Eastern")


@pytest.mark.parametrize(
    "text",
    ["2024-01-03 09:30:00 XYZ", "2024-01-03 09:30:00 Mars/Olympus", "Foo Jan 03 14:30:00 2024", "Jan 3 14:05:00",
     "2024-01-03-05:00", "32-Jan-24", "29-Feb-23", "03-Foo-24", "2024-01-03 24:00:01", "9.30", "12.5.3"],
)  # fmt: skip
def test_similar_texts_are_no_timestamps(text: str) -> None:
    """Unknown zones and names, days that don't exist, and a time without a date behind "Jan 3"."""
    assert parsed(text)[1] == NOTHING


@pytest.mark.parametrize(
    ("order", "when"), [("mdy", None), ("dmy", "2003-02-24"), ("ymd", "2024-02-03")]
)  # fmt: skip
def test_two_digits_may_be_the_year_first(order: Order, when: str | None) -> None:
    value, kind, _ = parsed("24-02-03", order=order)
    assert (value, kind) == ((0, NOTHING) if when is None else (at(when), LOCAL))


@pytest.mark.parametrize(
    ("text", "when", "rounded"),
    [
        ("45294", "2024-01-03", 0),
        ("45294.5", "2024-01-03 12:00", 10**9),
        ("45294.6041667", "2024-01-03 14:30", 10**9),
        ("45294.60417824", "2024-01-03 14:30:01", 10**9),
        ("45294.6041695602", "2024-01-03 14:30:00.250", 10**6),
        ("45294.9999999", "2024-01-04", 10**9),
        ("739254.604166667", "2024-01-03 14:30", 10**6),
    ],
)
def test_days_of_a_spreadsheet_are_rounded_to_what_they_resolve(text: str, when: str, rounded: int) -> None:
    """Excel's and MATLAB's."""
    found = parse_timestamps(as_texts([text]), "serial")
    assert (found.value[0], found.kind[0], found.rounded) == (at(when), LOCAL, rounded)


def test_every_second_of_a_day_is_read_from_excels_seven_digits() -> None:
    seconds = range(0, 86_400, 7)
    found = parse_timestamps(as_texts([f"{45294 + second / 86_400:.7f}" for second in seconds]), "serial")
    assert found.value.tolist() == [at("2024-01-03") + second * 10**9 for second in seconds]


def test_a_float_of_a_spreadsheet_tells_its_rounding() -> None:
    """1.70429E+12 has lost ten seconds."""
    found = parse_timestamps(as_texts(["1.70429E+12"]), "stamp")
    assert (found.value[0], found.rounded) == (1_704_290_000 * 10**9, 10_000 * 10**9)
    found = parse_timestamps(as_texts(["1.704292200123E+12", "1.7042922E+12"]), "stamp")
    assert found.value.tolist() == [1_704_292_200_123 * 10**6, 1_704_292_200 * 10**9]
    assert found.rounded == 10**6


@pytest.mark.parametrize(
    "form", ["%d-%b-%y", "%a, %d %b %Y %H:%M:%S +0000", "%a %b %d %H:%M:%S UTC %Y", "%d%b%Y %H:%M"]
)
def test_what_strftime_writes_is_read_back(form: str) -> None:
    moments = [
        datetime(2000 + year, month, day, 9, 5, tzinfo=UTC)
        for year in (1, 24)
        for month in range(1, 13)
        for day in (1, 28)
    ]
    found = parse_timestamps(as_texts([moment.strftime(form) for moment in moments]), "stamp")
    whole = [moment if "%H" in form else moment.replace(hour=0, minute=0) for moment in moments]
    assert found.value.tolist() == [int(moment.timestamp()) * 10**9 for moment in whole]
