"""`GET /v1/feed`: what the feed is, and what it assumed."""

from __future__ import annotations

from collections.abc import Iterable

from aiohttp import web

from ticker.calendar import MarketCalendar
from ticker.feed.pump import Pump
from ticker.server.core.requests import IDENTITY
from ticker.server.core.responses import json_response

_SECOND_NS = 10**9
#: Holidays of a calendar that are sent: the last ones. An exchange has 10 to 25 a year.
MAX_HOLIDAYS = 1000


class FeedEndpoint:
    """Any authenticated client may read it. ``name`` is the feed's name among the installed feeds."""

    def __init__(self, name: str, pump: Pump) -> None:
        self._name = name
        self._pump = pump

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/feed", self.feed)]

    async def feed(self, request: web.Request) -> web.Response:
        info, may = self._pump.feed.info, request[IDENTITY].may
        others = {name: calendar for name, calendar in info.calendars.items() if may.symbol(name)}
        return json_response(
            {
                "name": self._name,
                "title": info.title,
                "state": self._pump.state().state,
                "notes": info.notes,
                "calendar": _calendar(info.calendar),
                "calendars": {name: _calendar(calendar) for name, calendar in others.items()},
                "holidays": _holidays([info.calendar, *others.values()]),
            }
        )


def _calendar(calendar: MarketCalendar) -> dict[str, object]:
    """``day_start`` in seconds from midnight of the trading day's date in ``zone``; ``weekdays``: Monday is 0."""
    return {
        "name": calendar.name,
        "zone": calendar.zone,
        "day_start": calendar.day_start_ns // _SECOND_NS,
        "weekdays": sorted(calendar.weekdays),
    }


def _holidays(calendars: Iterable[MarketCalendar]) -> dict[str, list[str]]:
    """By the name of the calendar, the dates without trading on its weekdays, as far as it knows them."""
    by_name = {calendar.name: calendar for calendar in calendars if calendar.holidays}
    return {
        name: [date.isoformat() for date in sorted(calendar.holidays)[-MAX_HOLIDAYS:]]
        for name, calendar in by_name.items()
    }
