"""`GET /v1/feed`: what the feed is, and what it assumed."""

from __future__ import annotations

from aiohttp import web

from ticker.feed.pump import Pump
from ticker.server.core.responses import json_response


class FeedEndpoint:
    """Any client with access to the server may read it. ``name`` is the feed's name among the installed feeds."""

    def __init__(self, name: str, pump: Pump) -> None:
        self._name = name
        self._pump = pump

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/feed", self.feed)]

    async def feed(self, _request: web.Request) -> web.Response:
        info = self._pump.feed.info
        return json_response(
            {
                "name": self._name,
                "title": info.title,
                "state": self._pump.state().state,
                "notes": info.notes,
                "calendar": {"name": "24/7", "zone": "UTC", "day_start": "00:00:00"},
            }
        )
