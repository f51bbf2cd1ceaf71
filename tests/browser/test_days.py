"""The chart's days: marks at the starts of trading days, and dates of daily bars."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from tests.browser.conftest import Staging, Visit
from tests.browser.scripted import SECOND_NS, Script, bar
from tests.browser.serving import Stage
from ticker.calendar import UTC_DAYS, MarketCalendar, market_calendar
from ticker.intervals import interval

FOREX, TOKYO = market_calendar("forex"), market_calendar("XTKS")
#: 17:00 in New York is 22:00 UTC in winter, and from 10 March to 3 November 2024 21:00.
CALENDARS = pytest.mark.parametrize(
    ("calendar", "day"),
    [
        (UTC_DAYS, "2024-01-17T00:00"),
        (FOREX, "2024-01-16T22:00"),
        (FOREX, "2024-03-10T21:00"),
        (FOREX, "2024-11-03T22:00"),
        (TOKYO, "2024-01-16T15:00"),
    ],
    ids=["utc", "forex", "forex-march", "forex-november", "tokyo"],
)


@pytest.fixture
def silent(staging: Staging) -> Stage:
    """A server without prices: all bars are the test's."""
    return staging("AAPL")


def feed(calendar: MarketCalendar) -> dict[str, Any]:
    """The calendar is that of the symbol; the feed has other days."""
    days = {
        "name": calendar.name,
        "zone": calendar.zone,
        "day_start": calendar.day_start_ns // SECOND_NS,
        "weekdays": sorted(calendar.weekdays),
    }
    other = {"name": "Mars", "zone": "Asia/Kolkata", "day_start": 3_600, "weekdays": [0, 1, 2]}
    holidays = {calendar.name: [day.isoformat() for day in sorted(calendar.holidays)]}
    return {
        "name": "csv", "title": "", "state": "live", "notes": [],
        "calendar": other, "calendars": {"AAPL": days}, "holidays": holidays,
    }  # fmt: skip


def in_the_legend(script: Script, x: float, text: str) -> None:
    script.dashboard.until(lambda: script.hover(x), lambda legend: legend.startswith(text))


def written(when: datetime | date) -> str:
    return f"{when.day} {when:%b %Y}"


@CALENDARS
def test_day_labels_stand_at_the_starts_of_trading_days(
    visit: Visit, silent: Stage, calendar: MarketCalendar, day: str
) -> None:
    """The server's calendar says where. Bars every half an hour of the day before and after."""
    start = datetime.fromisoformat(day).replace(tzinfo=UTC)
    name = calendar.dates(np.array([int(start.timestamp()) * SECOND_NS]))[0].astype(object)
    assert calendar.dates(np.array([int(start.timestamp()) * SECOND_NS - 1]))[0].astype(object) < name
    rows = [bar(int(start.timestamp()) + 1_800 * half, 100 + half % 7) for half in range(-30, 40)]
    script = Script(visit, silent.url, history=lambda _: (rows, {}), feed=feed(calendar), timezone_id="UTC")
    label = f"{name.day} {name:%b}"
    labels = script.dashboard.until(script.labels, lambda labels: label in labels)
    in_the_legend(script, labels[label], f"{written(start)}, {start:%H:%M:%S}   O")
    assert [text for text in labels if re.fullmatch(r"\d+ [A-Z].*", text)] == [label]


def test_no_day_label_stands_at_a_holiday(visit: Visit, silent: Stage) -> None:
    """Its bars belong to the trading day before: here from Friday to Tuesday, after Martin Luther King Day."""
    calendar = replace(market_calendar("XNYS"), holidays=frozenset({date(2024, 1, 15)}))
    start = int(datetime(2024, 1, 16, 5, tzinfo=UTC).timestamp())
    rows = [bar(start + 1_800 * half, 100 + half % 7) for half in range(-60, 20)]
    script = Script(visit, silent.url, history=lambda _: (rows, {}), feed=feed(calendar), timezone_id="UTC")
    labels = script.dashboard.until(script.labels, lambda labels: "16 Jan" in labels)
    in_the_legend(script, labels["16 Jan"], "16 Jan 2024, 05:00:00   O")
    assert [text for text in labels if re.fullmatch(r"\d+ [A-Z].*", text)] == ["16 Jan"]


@CALENDARS
@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Tokyo"])
def test_daily_bars_have_the_date_of_their_trading_day(
    visit: Visit, silent: Stage, calendar: MarketCalendar, day: str, zone: str
) -> None:
    """Without a time, in every zone of the display."""
    first = datetime.fromisoformat(day).replace(tzinfo=UTC) - timedelta(days=12)
    hours = np.array([int(first.timestamp()) * SECOND_NS + hour * 3_600 * SECOND_NS for hour in range(24 * 40)])
    starts = np.unique(calendar.starts(hours, interval("1d")))[1:]
    rows = [bar(int(start) // SECOND_NS, 100) for start in starts]
    script = Script(visit, silent.url, history=lambda _: (rows, {}), feed=feed(calendar), timezone_id=zone)
    script.dashboard.chart.get_by_role("button", name="1d", exact=True).click()
    dates = [each.astype(object) for each in calendar.dates(starts)]
    known = {f"{each.day} {each:%b}": each for each in dates}
    labels = script.dashboard.until(script.labels, lambda labels: len(labels.keys() & known.keys()) >= 1)
    for label in labels.keys() & known.keys():
        in_the_legend(script, labels[label], f"{written(known[label])}   O")
    assert not [text for text in labels if ":" in text]
    month = next(each for at, each in enumerate(dates) if at and each.month != dates[at - 1].month)
    in_the_legend(script, labels[f"{month:%b %Y}"], f"{written(month)}   O")


def test_another_zone_of_the_display_moves_clock_labels_and_no_days(visit: Visit, silent: Stage) -> None:
    start = int(datetime(2024, 1, 16, 20, tzinfo=UTC).timestamp())
    rows = [bar(start + minute * 300, 100) for minute in range(60)]
    script = Script(visit, silent.url, history=lambda _: (rows, {}), feed=feed(FOREX), timezone_id="UTC")
    labels = script.dashboard.until(script.labels, lambda labels: {"17 Jan", "21:00"} <= labels.keys())
    script.dashboard.choose("Times", "America/New_York")
    after = script.dashboard.until(script.labels, lambda labels: {"17 Jan", "16:00"} <= labels.keys())
    assert abs(after["17 Jan"] - labels["17 Jan"]) < 2
    assert abs(after["16:00"] - labels["21:00"]) < 2
