"""`GET /v1/feed`: what the feed is, and what it assumed."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import aiohttp

from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from tests.support.serving import ScriptedFeed, serving
from ticker.auth.entitlements import Entitlements
from ticker.auth.keys import add, editing
from ticker.calendar import MarketCalendar, market_calendar
from ticker.server import Service, Settings


async def feed_of(service: Service, key: str = "") -> dict[str, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with aiohttp.ClientSession() as http, http.get(service.url + "/v1/feed", headers=headers) as response:
        assert response.status == 200
        answer: dict[str, Any] = await response.json()
        return answer


async def test_a_feed_is_described_with_its_notes() -> None:
    feed = ScriptedFeed()
    feed.info = replace(feed.info, notes=("no zone in the file: taken as UTC; --time-zone states it",))
    async with serving(feed) as service:
        found = await feed_of(service)
    assert (found["name"], found["title"], found["state"]) == ("scripted", "scripted", "quiet")
    assert found["notes"] == ["no zone in the file: taken as UTC; --time-zone states it"]
    assert found["calendar"] == {"name": "24/7", "zone": "UTC", "day_start": 0, "weekdays": [0, 1, 2, 3, 4, 5, 6]}
    assert (found["calendars"], found["holidays"]) == ({}, {})


async def test_the_calendar_says_when_days_begin() -> None:
    """In seconds from midnight of the date: 17:00 on the evening before is -7 h."""
    feed = ScriptedFeed()
    tokyo = market_calendar("XTKS")
    feed.info = replace(feed.info, calendar=market_calendar("forex"), calendars={"7203.T": tokyo})
    async with serving(feed) as service:
        found = await feed_of(service)
    assert found["calendar"] == {
        "name": "forex", "zone": "America/New_York", "day_start": -7 * 3_600, "weekdays": [0, 1, 2, 3, 4],
    }  # fmt: skip
    other = {"name": "XTKS", "zone": "Asia/Tokyo", "day_start": 0, "weekdays": [0, 1, 2, 3, 4]}
    assert found["calendars"] == {"7203.T": other}


async def test_the_holidays_of_a_calendar_are_told_once() -> None:
    """Sorted, by its name, and at most the last 1,000; calendars without any are left out."""
    feed = ScriptedFeed()
    days = [date(2024, 7, 4), date(2024, 1, 1)]
    york = replace(market_calendar("XNYS"), holidays=frozenset(days))
    many = frozenset(date(2020, 1, 1) + timedelta(each) for each in range(1_003))
    crowded = MarketCalendar(name="crowded", holidays=many)
    feed.info = replace(feed.info, calendar=york, calendars={"A": york, "B": market_calendar("forex"), "C": crowded})
    async with serving(feed) as service:
        found = (await feed_of(service))["holidays"]
    assert found.pop("XNYS") == ["2024-01-01", "2024-07-04"]
    crowd = found.pop("crowded")
    assert (len(crowd), crowd[0]) == (1_000, "2020-01-04")
    assert found == {}


async def test_any_key_may_read_it(tmp_path: Path) -> None:
    """Calendars of symbols that the key is not entitled to are left out."""
    path = tmp_path / "keys.json"
    with editing(path) as keys:
        _, key = add(keys, "reader", Entitlements(symbols=("MSFT",), channels=("ticker",)))
    feed = ScriptedFeed()
    nasdaq = replace(market_calendar("XNAS"), holidays=frozenset({date(2024, 1, 1)}))
    tokyo = replace(market_calendar("XTKS"), holidays=frozenset({date(2024, 1, 2)}))
    feed.info = replace(feed.info, calendars={"7203.T": tokyo, "MSFT": nasdaq})
    async with serving(feed, Settings(port=0, keys=path)) as service:
        found = await feed_of(service, key)
    assert (found["name"], list(found["calendars"])) == ("scripted", ["MSFT"])
    assert found["holidays"] == {"XNAS": ["2024-01-01"]}


async def test_a_replay_that_starts_paused_is_paused(tmp_path: Path) -> None:
    """It has yielded nothing yet, and is not a quiet market."""
    path = tmp_path / "day.csv"
    path.write_text("time,symbol,price,size\n2024-01-03T14:30:00Z,AAPL,184.5,100\n")
    with closing(Replay(ReplayOptions(path=(str(path),), paused=True))) as feed:
        async with serving(feed) as service:
            assert (await feed_of(service))["state"] == "paused"
