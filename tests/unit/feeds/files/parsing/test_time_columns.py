"""Names of columns with timestamps."""

from __future__ import annotations

import pytest

from feeds.files.parsing.time_columns import time_name
from feeds.files.parsing.zone_names import zone_in_banner, zone_in_title, zone_name


@pytest.mark.parametrize(
    "name",
    [
        "Date and Time", "Date/Time", "DATE TIME", "Date-Time", "dateTime", "datetime_utc", "timestamp_utc",
        "Time Stamp",
        "Unix Time", "epoch_ms", "exec_ts", "kline_start", "Bar Start", "period_start", "interval_begin", "begins_at",
        "Created At", "received_at", "last_updated", "As Of", "Datum/Uhrzeit", "Zeitstempel", "Candle Begin",
    ],
)  # fmt: skip
def test_a_timestamp_is_known_by_its_words(name: str) -> None:
    """In any order and case, with any separators, also as one word."""
    for text in (name, name.upper(), name.replace(" ", "_"), f"<{name}>"):
        found = time_name(text)
        assert found is not None
        assert (found.role, found.is_end) == ("timestamp", False)


@pytest.mark.parametrize(
    "name",
    ["Gmt time", "open_time", "Kline open time", "exch_time", "tradetime", "Time (America/New_York)", "TransactTime",
     "quoteTime", "Time (EST)", "时间", "Time of Day", "Local time"],
)  # fmt: skip
def test_a_time_is_known_by_its_words(name: str) -> None:
    found = time_name(name)
    assert found is not None
    assert found.role == "time"


@pytest.mark.parametrize(
    "name",
    ["Expiry Date", "expiration", "Time in force", "ex-date", "settlement date", "Listing Date", "days to expiry",
     "timeframe", "Open", "High", "Close", "Volume", "Trades", "AAPL", "ON", "AT", "from", "to", "Maturity Date",
     "time value", "x" * 100],
)  # fmt: skip
def test_other_names_are_no_timestamps(name: str) -> None:
    """An unknown word, such as "expiry", says that the date is another one."""
    assert time_name(name) is None


@pytest.mark.parametrize("name", ["close_time", "CloseTime", "end", "Bar End", "period_end", "End Time"])
def test_the_end_of_a_bar_is_told_from_its_start(name: str) -> None:
    found = time_name(name)
    assert found is not None
    assert found.is_end


def test_the_start_and_utc_come_first_and_the_recorder_last() -> None:
    order = ["start_time_utc", "open_time", "time", "server time"]
    ranks = [found.rank for name in order if (found := time_name(name)) is not None]
    assert ranks == sorted(set(ranks))


@pytest.mark.parametrize(
    ("title", "zone", "minutes"),
    [
        ("Date (UTC)", None, 0),
        ("timestamp_utc", None, 0),
        ("Gmt time", None, 0),
        ("Time (America/New_York)", "America/New_York", None),
        ("time [us/eastern]", "US/Eastern", None),
        ("DateTime (EST)", None, -300),
        ("Datetime (est)", None, -300),
        ("Date Time ET", "America/New_York", None),
        ("Time (UTC+1)", None, 60),
        ("Time (GMT-05:00)", None, -300),
        ("Time UTC+05:30", None, 330),
        ("Time (GMT+5:45)", None, 345),
        ("Time (UTC-3.5)", None, -210),
        ("Time (UTC+5.75)", None, 345),
        ("Timestamp [GMT-3]", None, -180),
        ("Date(UTC+1)", None, 60),
        ("Time (+05:30)", None, 330),
        ("Time [-0300]", None, -180),
        ("Date (+9)", None, 540),
        ("time +0530", None, 330),
        ("Time (IST)", None, None),
        ("time_et", "America/New_York", None),
        ("timestamp_est", None, -300),
        ("ts_ny", "America/New_York", None),
        ("time_hkt", None, 480),
        ("TimeUTC", None, 0),
        ("utcDatetime", None, 0),
    ],
)
def test_a_columns_name_may_state_the_zone(title: str, zone: str | None, minutes: int | None) -> None:
    """As a region, an abbreviation or an offset; an ambiguous one is neither."""
    found = zone_in_title(title)
    assert found is not None
    assert (found.zone, found.minutes) == (zone, minutes)


@pytest.mark.parametrize(
    "title",
    [
        "time",
        "time 2024-0530",
        "Time (24h)",
        "best time",
        "Date et heure",
        "time_t",
        "Local time",
        "exchange_time",
        "met",
        "et",
        "Date",
        "timestamp",
    ],
)
def test_other_names_state_no_zone(title: str) -> None:
    assert zone_in_title(title) is None


def test_lines_before_the_header_may_state_the_zone() -> None:
    """Only if they are about times."""
    found = zone_in_banner("timestamps are utc timezone https://www.cryptodatadownload.com")
    assert found is not None
    assert found.minutes == 0
    found = zone_in_banner("# tz: america/new_york")
    assert found is not None
    assert found.zone == "America/New_York"
    found = zone_in_banner("all times in america/chicago")
    assert found is not None
    assert found.zone == "America/Chicago"
    assert zone_in_banner("utc holdings, annual report") is None
    assert zone_in_banner("the time is now") is None


@pytest.mark.parametrize("name", ["EXT", "Mars/Olympus", "", "Factory", "1"])
def test_an_unknown_name_is_no_zone(name: str) -> None:
    assert zone_name(name) is None
