"""How a file's timestamps are read: what its rows decide, what is assumed and noted, and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from tests.support.fake_source import Found, read
from tests.support.samples import NEW_YORK, at
from ticker.errors import FeedError

ZONE = "; state its zone with --time-zone"


def trades(texts: Sequence[str], header: str = "timestamp", **options: Any) -> Found:
    return read(f"{header},price\n" + "".join(f'"{text}",1\n' for text in texts), "AAPL.csv", **options)


def stamps(texts: Sequence[str], header: str = "timestamp", **options: Any) -> list[int]:
    return [row[1] for row in trades(texts, header, **options).trades]


def notes(found: Found) -> list[str]:
    """The notes, without those on the symbol."""
    return [f"{note.text} [{note.option}]" for note in found.report.notes if "symbol" not in note.text]


# Zones.


def test_each_row_has_its_own_zone() -> None:
    """Abbreviations, offsets and regions; nothing is assumed."""
    texts = ["2024-07-03 15:30 CEST", "2024-07-03 09:30 EDT", "2024-07-03 09:30 US/Eastern", "2024-07-03T22:30+09:00"]
    found = trades(texts)
    assert [row[1] for row in found.trades] == [at("2024-07-03 13:30")] * 4
    assert (found.report.time_zone, found.report.how["time_zone"], notes(found)) == ("UTC", "file", [])


def test_a_region_in_all_rows_is_the_zone_of_the_file() -> None:
    """Across a change of the clocks, with the repeated hour by the order of rows."""
    local = ["2024-11-02 09:30", "2024-11-03 01:50", "2024-11-03 01:00", "2024-11-04 09:30"]
    found = trades([f"{text} America/New_York" for text in local])
    expected = ["2024-11-02 13:30", "2024-11-03 05:50", "2024-11-03 06:00", "2024-11-04 14:30"]
    assert [row[1] for row in found.trades] == [at(text) for text in expected]
    assert (found.report.time_zone, found.report.how["time_zone"], notes(found)) == (NEW_YORK, "file", [])


@pytest.mark.parametrize(
    ("texts", "zone"),
    [
        (["2024-01-15 00:00:00+09:00", "2024-01-16 00:00:00+09:00"], "Asia/Tokyo"),
        (["2024-01-15 00:00:00-05:00", "2024-07-15 00:00:00-04:00"], NEW_YORK),
        (["2024-01-15 00:00:00+00:00", "2024-07-15 00:00:00+01:00"], "Europe/London"),
        (["2024-01-15 00:00:00+05:30"], "Asia/Kolkata"),
        (["2024-01-15 00:00:00+13:00", "2024-07-15 00:00:00+13:00"], "Etc/GMT-13"),
        (["2024-01-15 00:00:00+09:00", "2024-01-16 00:00:00-05:00"], "UTC"),
        (["2024-01-15T00:00:00Z"], "UTC"),
    ],
)
def test_offsets_show_the_zone_of_the_days(texts: list[str], zone: str) -> None:
    """The timestamps need none."""
    found = trades(texts)
    assert (found.report.time_zone, found.report.how["time_zone"], notes(found)) == (zone, "file", [])


@pytest.mark.parametrize(
    ("header", "zone", "utc"),
    [
        ("Time (UTC+05:30)", "Asia/Kolkata", "04:30"),
        ("Time (GMT+5:45)", "Asia/Kathmandu", "04:15"),
        ("Time [UTC+9.5]", "Australia/Darwin", "00:30"),
        ("Time (+05:30)", "Asia/Kolkata", "04:30"),
        ("Timestamp [GMT-3]", "Etc/GMT+3", "13:00"),
        ("Date(UTC+1)", "Etc/GMT-1", "09:00"),
        ("datetime_utc", "UTC", "10:00"),
        ("Time (America/New_York)", NEW_YORK, "15:00"),
    ],
)
def test_an_offset_in_the_columns_name_counts_to_the_minute(header: str, zone: str, utc: str) -> None:
    found = trades(["2024-01-03 10:00:00"], header)
    assert [row[1] for row in found.trades] == [at(f"2024-01-03 {utc}")]
    assert (found.report.time_zone, found.report.how["time_zone"]) == (zone, "file")


def test_an_offset_that_no_zone_has_is_refused() -> None:
    with pytest.raises(FeedError, match=r"its times are in the zone UTC-03:30; use --time-zone NAME"):
        trades(["2024-01-03 10:00:00"], "Time (UTC-3:30)")


def test_a_typed_column_shows_its_zone() -> None:
    index = pd.to_datetime(["2024-01-15", "2024-07-15"]).tz_localize(NEW_YORK)
    report = read(pd.DataFrame({"timestamp": index, "symbol": "A", "price": 1.0})).report
    assert (report.time_zone, report.how["time_zone"]) == (NEW_YORK, "file")


@pytest.mark.parametrize("name", ["IST", "CST", "BST"])
def test_an_ambiguous_zone_needs_the_option(name: str) -> None:
    """The error says which zones it can be."""
    found = trades([f"2024-01-03 09:15 {name}"])
    (complaint,) = found.complaints
    assert complaint.startswith(f"f:2: column 'timestamp': '2024-01-03 09:15 {name}' is in the zone {name}, which is ")
    assert complaint.endswith(ZONE)
    assert stamps([f"2024-01-03 09:15 {name}"], time_zone="Asia/Kolkata") == [at("2024-01-03 03:45")]


def test_standard_time_in_summer_is_noted() -> None:
    """Many programs write EST for New York's time all year."""
    found = trades(["2024-01-03 09:30 EST", "2024-07-03 09:30 EST"])
    assert [row[1] for row in found.trades] == [at("2024-01-03 14:30"), at("2024-07-03 14:30")]
    assert notes(found) == ["EST is taken as standard time in summer too, not as America/New_York [--time-zone]"]
    assert notes(trades(["2024-01-03 09:30 EST", "2024-07-03 09:30 EDT"])) == []


def test_timestamps_with_and_without_a_zone_are_not_mixed() -> None:
    """The fewer ones are refused, unless the option tells the zone of those without one."""
    texts = ["2024-01-03T14:30:00Z", "2024-01-03T09:30:00-05:00", "2024-01-03 09:30:00"]
    found = trades(texts)
    assert [row[1] for row in found.trades] == [at("2024-01-03 14:30")] * 2
    reason = f"without a zone or offset, unlike the other timestamps{ZONE}"
    assert found.complaints == [f"f:4: column 'timestamp': '2024-01-03 09:30:00' is {reason}"]
    assert stamps(texts, time_zone=NEW_YORK) == [at("2024-01-03 14:30")] * 3
    found = trades(["2024-01-03 09:30:00", "2024-01-03 09:31:00", "2024-01-03T14:30:00Z"])
    assert [row[1] for row in found.trades] == [at("2024-01-03 09:30"), at("2024-01-03 09:31")]
    reason = "with a zone or offset, unlike the other timestamps; state the zone of the others with --time-zone"
    assert found.complaints == [f"f:4: column 'timestamp': '2024-01-03T14:30:00Z' is {reason}"]


def test_a_time_column_with_zones_belongs_to_the_date_beside_it() -> None:
    content = "Date,Time,price\n2021/11/29,11:09 CET,1\n2022/06/29,11:09 CEST,1\n2021/11/29,09:31 EST,1\n"
    found = read(content, "A.csv")
    assert [row[1] for row in found.trades] == [at("2021-11-29 10:09"), at("2022-06-29 09:09"), at("2021-11-29 14:31")]
    assert notes(found) == []


# Dates and times of day among timestamps.


@pytest.mark.parametrize(
    ("clocks", "expected"),
    [
        (["0", "100", "93000", "160000"], ["00:00:00", "00:01:00", "09:30:00", "16:00:00"]),
        (["5", "959", "10000"], ["00:00:05", "00:09:59", "01:00:00"]),
        (["0", "930", "1600"], ["00:00:00", "09:30:00", "16:00:00"]),
        (["0930", "1600"], ["09:30:00", "16:00:00"]),
        (["0D09:30:00.000000001", "0D16:00:00"], ["09:30:00.000000001", "16:00:00"]),
    ],
)
def test_times_without_colons_may_have_lost_their_zeros(clocks: list[str], expected: list[str]) -> None:
    """The longest one shows whether there are seconds."""
    found = read("date,time,price\n" + "".join(f"20240103,{clock},1\n" for clock in clocks), "A.csv")
    assert [row[1] for row in found.trades] == [at(f"2024-01-03 {clock}") for clock in expected]


def test_a_time_column_that_is_unreadable_refuses_rows() -> None:
    """It is never left out, with all rows at midnight."""
    found = read("Date,Time,price\n2024-01-03,nine,1\n2024-01-03,ten,1\n", "A.csv")
    assert found.trades == []
    assert found.complaints[0] == "f:2: column 'Time': 'nine' is not a time of day"
    found = read("day,hour,price\n2024-01-03,9h,1\n2024-01-03,10h,1\n", "A.csv")
    assert found.complaints[0] == "f:2: column 'hour': '9h' is not a time of day"


def test_dates_of_six_digits_are_read_beside_times() -> None:
    """As Finam writes them: in the order that gives working days."""
    rows = "".join(f"{day},100000,1\n" for day in ("240103", "240104", "240105"))
    found = read(f"<DATE>,<TIME>,<LAST>\n{rows}", "SBER.csv")
    assert [row[1] for row in found.trades] == [at(f"2024-01-{day:02} 10:00") for day in (3, 4, 5)]


def test_signs_and_quotes_of_spreadsheets_are_read() -> None:
    """The minus sign of typography, and the apostrophe before a text."""
    assert stamps(["2024-01-03T09:30:00\u221205:00", "'2024-01-03T09:30:00-05:00"]) == [at("2024-01-03 14:30")] * 2
    assert stamps(["2024-01-03 09:30:00 Eastern Standard Time"]) == [at("2024-01-03 14:30")]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("2024-01-03", "a date without a time of day, unlike the other timestamps"),
        ("14:32:00", "a time of day without a date, unlike the other timestamps"),
        ("1969-12-31 14:32:00", "before 1970, where timestamps start"),
        ("-86400", "before 1970, where timestamps start"),
        ("2261-01-01 00:00:00", "after 2260, where timestamps end"),
        ("2024-01-03 14:32:00 XYZ", "not a timestamp: its zone is unknown"),
        ("2024-02-30 14:32:00", "not a timestamp"),
        ("soon", "not a timestamp"),
    ],
)
def test_a_row_with_another_timestamp_is_refused_alone(text: str, reason: str) -> None:
    """With its reason, and not the whole file."""
    found = trades(["2024-01-03 14:30:00", text, "2024-01-03 14:31:00"])
    assert [row[1] for row in found.trades] == [at("2024-01-03 14:30"), at("2024-01-03 14:31")]
    assert found.complaints == [f"f:3: column 'timestamp': {text!r} is {reason}"]
    assert found.report.refused == {reason: 1}


def test_a_time_of_day_gets_the_date_of_the_option() -> None:
    assert stamps(["2024-01-03 14:30:00", "2024-01-03 14:30:01", "14:31:00"], date="2024-01-04") == [
        at("2024-01-03 14:30"),
        at("2024-01-03 14:30:01"),
        at("2024-01-04 14:31"),
    ]


def test_history_from_before_1970_is_refused_by_its_rows() -> None:
    """Also with two digits of the year, which never stand for the future."""
    found = read("Date,Close\n1962-01-02,1\n1969-12-31,2\n1970-01-02,3\n1970-01-05,4\n", "IBM.csv")
    assert [row[1] for row in found.trades] == [at("1970-01-02"), at("1970-01-05")]
    assert found.report.refused == {"before 1970, where timestamps start": 2}
    assert trades(["2-Jan-62", "3-Jan-72"]).report.refused == {"before 1970, where timestamps start": 1}


# Spreadsheets.


def test_days_of_a_spreadsheet_need_a_column_of_dates() -> None:
    """Otherwise they may be seconds of the day."""
    found = trades(["45294.6041667", "45294.6048611"], "Date")
    assert [row[1] for row in found.trades] == [at("2024-01-03 14:30"), at("2024-01-03 14:31")]
    assert "the timestamps in the file are rounded to 1 s [None]" in notes(found)
    assert stamps(["45294", "45295"], "Date") == [at("2024-01-03"), at("2024-01-04")]
    assert found.report.stamp_form == "days of a spreadsheet"
    found = trades(["34200.5", "34201.5"], "time")
    assert not found.trades
    assert "if it counts days, name the column as the date: --columns date=NAME" in found.complaints[0]
    assert stamps(["45294.5"], "time", columns={"date": "time"}) == [at("2024-01-03 12:00")]


def test_a_spreadsheets_date_and_time_are_combined() -> None:
    found = read("Date,Time,price\n45294,14:30:00,1\n45295,14:31:00,1\n", "A.csv")
    assert [row[1] for row in found.trades] == [at("2024-01-03 14:30"), at("2024-01-04 14:31")]


def test_rounded_epoch_numbers_are_noted() -> None:
    found = trades(["1.70429E+12", "1.7043E+12"])
    assert [row[1] for row in found.trades] == [1_704_290_000 * 10**9, 1_704_300_000 * 10**9]
    assert notes(found) == ["the timestamps in the file are rounded to 10,000 s [None]"]
    assert notes(trades(["1.704292200123E+12", "1.7042922E+12"])) == []


# Day or month first.


def dates(form: str, *days: str) -> list[str]:
    return [date.fromisoformat(day).strftime(form) for day in days]


FEBRUARY = ("2024-02-01", "2024-02-02", "2024-02-05", "2024-02-06", "2024-02-07", "2024-02-08", "2024-02-12")


@pytest.mark.parametrize("form", ["%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%y", "%d/%m/%y 00:00"])
def test_working_days_decide_whether_days_come_first(form: str) -> None:
    """Days apart, not months. It is noted."""
    for days in (FEBRUARY, FEBRUARY[::-1], FEBRUARY[:2]):
        found = trades(dates(form, *days))
        assert [row[1] for row in found.trades] == [at(day) for day in days]
        order, other = ("day", "month") if form.startswith("%d") else ("month", "day")
        assert f"dates are read {order} first: so they are days apart, not months [--{other}-first]" in notes(found)


@given(st.dates(date(1990, 1, 1), date(2040, 1, 1)), st.integers(3, 9), st.sampled_from(["%d/%m/%Y", "%m/%d/%Y"]))
def test_a_week_and_more_of_working_days_is_read_as_such(first: date, count: int, form: str) -> None:
    """Whatever the month: from three days in a row on, a wrong order would be noticed."""
    days = [day for more in range(20) if (day := first + timedelta(more)).weekday() < 5][:count]
    texts = [day.strftime(form) for day in days]
    assert stamps(texts) == [at(day.isoformat()) for day in days]


def test_a_year_of_months_is_not_one_january_after_another() -> None:
    months = [f"{year}-{month:02}-01" for year in (2022, 2023) for month in range(1, 13)]
    found = trades(dates("%d/%m/%Y", *months))
    assert [row[1] for row in found.trades] == [at(month) for month in months]
    assert "dates are read day first: otherwise all dates are in one month of several years [--month-first]" in notes(
        found
    )


def test_a_weekend_decides_between_single_dates() -> None:
    """6 January 2024 was a Saturday, and so was 1 June; 8 June was one, 6 August none."""
    assert stamps(["08/06/2024"]) == [at("2024-08-06")]
    assert stamps(["06/08/2024"]) == [at("2024-08-06")]


def test_what_no_row_decides_is_assumed_and_noted() -> None:
    found = trades(["01/02/2024"])
    assert [row[1] for row in found.trades] == [at("2024-01-02")]
    assert "dates are read month first, no row shows which [--day-first]" in notes(found)
    found = trades(["01.02.2024"])
    assert [row[1] for row in found.trades] == [at("2024-02-01")]
    assert "dates are read day first, no row shows which [--month-first]" in notes(found)


@pytest.mark.parametrize("strange", ["N/A", "2024-02-01", "soon"])
def test_another_text_in_the_first_row_does_not_decide(strange: str) -> None:
    found = trades([strange, *dates("%d/%m/%Y", *FEBRUARY)])
    assert [row[1] for row in found.trades][-len(FEBRUARY) :] == [at(day) for day in FEBRUARY]


def test_the_option_decides_before_all_rows() -> None:
    texts = dates("%d/%m/%Y", *FEBRUARY[:5])
    assert stamps(texts, day_first=False)[:2] == [at("2024-01-02"), at("2024-02-02")]
    found = trades(["01/02/2024"], day_first=True)
    assert ([row[1] for row in found.trades], found.report.how["day_first"]) == ([at("2024-02-01")], "option")
    assert not any("dates" in note for note in notes(found))
    assert trades(["01/13/2024", "01/02/2024"], day_first=True).report.refused == {"not a timestamp": 1}


@pytest.mark.parametrize("lines", [2, 3, 100])
def test_dates_that_contradict_each_other_refuse_the_file(lines: int) -> None:
    """Wherever blocks end; the error names both, and the option."""
    texts = ["01/02/2024", "13/02/2024", "03/02/2024", "02/14/2024"]
    message = (
        r"^AAPL.csv:3: column 'timestamp': '13/02/2024' is a date only day first, but '02/14/2024' in line 5 only "
        r"month first; use --day-first or --month-first$"
    )
    with pytest.raises(FeedError, match=message):
        trades(texts, lines=lines)
    assert len(trades(texts, day_first=True, lines=lines).trades) == 3


def test_a_year_first_is_told_from_a_day_first() -> None:
    """By consecutive days; a single date needs the option."""
    assert stamps(["24-01-03", "24-01-04", "24-01-05"]) == [at("2024-01-03"), at("2024-01-04"), at("2024-01-05")]
    with pytest.raises(
        FeedError, match=r"'24-01-03', can be day first or year first; use --day-first or --month-first"
    ):
        trades(["24-01-03"])
    assert stamps(["24-01-03"], day_first=True) == [at("2003-01-24")]
    assert stamps(["24-01-03"], day_first=False) == [at("2024-01-03")]


def test_a_year_of_two_digits_does_not_stand_first_because_of_weekends() -> None:
    """2024-01-13 was a Saturday; 13/1/24 is never 2013-01-24, and 13/01/24 only with consecutive days or the option."""
    assert stamps(["13/1/24 9:30", "13/1/24 16:05"]) == [at("2024-01-13 09:30"), at("2024-01-13 16:05")]
    assert stamps(["13/1/24", "14/1/24", "3/2/24"]) == [at("2024-01-13"), at("2024-01-14"), at("2024-02-03")]
    assert stamps(["13/01/24", "14/01/24"]) == [at("2024-01-13"), at("2024-01-14")]
    with pytest.raises(FeedError, match=r"'13/01/24', can be day first or year first; use --day-first"):
        trades(["13/01/24"])


def test_all_files_of_a_folder_decide_together(tmp_path: Path) -> None:
    """One date each; a day apart only if days come first."""
    for name, text in (("a", "01/02/2024"), ("b", "02/02/2024"), ("c", "05/02/2024")):
        (tmp_path / f"{name}.csv").write_text(f"timestamp,symbol,price\n{text},A,1\n")
    with closing(load([str(tmp_path)], ReadOptions())) as timeline:
        assert (timeline.first, timeline.last) == (at("2024-02-01"), at("2024-02-05"))


def test_files_of_a_folder_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    for name, text in (("a", "01/02/2024"), ("b", "13/02/2024"), ("c", "02/14/2024")):
        (tmp_path / f"{name}.csv").write_text(f"timestamp,symbol,price\n{text},A,1\n")
    with pytest.raises(
        FeedError, match=r"b\.csv:2: .*'13/02/2024' is a date only day first, but .*c\.csv:2 only month"
    ):
        load([str(tmp_path)], ReadOptions())


ZONES = ("America/New_York", "Europe/Berlin", "Asia/Kolkata", "Australia/Sydney", "America/Sao_Paulo", "Asia/Tokyo")


@given(
    st.datetimes(datetime(1975, 1, 1), datetime(2037, 1, 1)),  # noqa: DTZ001 - local times
    st.sampled_from(ZONES),
    st.sampled_from(["%Y-%m-%d %H:%M:%S", "%Y%m%d %H:%M:%S", "%d-%b-%Y %H:%M:%S", "%a %b %d %Y %I:%M:%S %p"]),
)
def test_a_local_time_with_its_zone_is_the_time_that_zoneinfo_gives(moment: datetime, zone: str, form: str) -> None:
    """In any form, across all changes of the clocks; times that don't exist or exist twice are tested elsewhere."""
    local = moment.replace(microsecond=0, tzinfo=ZoneInfo(zone))
    assume(local.utcoffset() == local.replace(fold=1).utcoffset())
    found = trades([f"{local.strftime(form)} {zone}"])
    assert [row[1] for row in found.trades] == [int(local.timestamp()) * 10**9]
    assert found.report.time_zone == zone
    offset = local.strftime("%Y-%m-%dT%H:%M:%S%z")
    assert stamps([offset]) == [int(local.timestamp()) * 10**9]


@pytest.mark.parametrize(
    ("text", "exchange", "told"),
    [
        ("2024-01-03 09:30", "XNYS", "taken as UTC, not as America/New_York of XNYS"),
        ("2024-01-03 09:30", "24/7", "taken as UTC"),
        ("2024-01-03", "XNYS", "taken as UTC"),
    ],
)
def test_a_zone_of_the_exchange_that_is_not_used_is_told(text: str, exchange: str, told: str) -> None:
    """Times without a zone are UTC with --exchange too; dates alone are days of the exchange."""
    assert notes(trades([text], exchange=exchange)) == [f"no zone in the file: {told} [--time-zone]"]
