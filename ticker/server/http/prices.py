"""`GET /v1/symbols` and `GET /v1/snapshot`: the symbols and their latest values."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

from ticker.auth.entitlements import Entitlements
from ticker.feed.feed import Feed
from ticker.hub.hub import Hub
from ticker.server.core.requests import IDENTITY, requested_symbols
from ticker.server.core.responses import HttpError, json_response, wait_for_beat


class PricesEndpoint:
    """``check_memory`` raises ``HttpError`` while the server can't afford large responses."""

    def __init__(self, hub: Hub, feed: Feed, check_memory: Callable[[], None]) -> None:
        self._hub = hub
        self._feed = feed
        self._check_memory = check_memory

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/symbols", self.symbols), web.get("/v1/snapshot", self.snapshot)]

    async def symbols(self, request: web.Request) -> web.Response:
        names = visible_symbols(self._hub, request[IDENTITY].may)
        return json_response({"symbols": names, "complete": self._hub.complete, "currency": self._feed.info.currency})

    async def snapshot(self, request: web.Request) -> web.Response:
        self._check_memory()
        names, may = required_symbols(request), request[IDENTITY].may
        await wait_for_beat(may, self._hub.limits.rates)
        return json_response(self._hub.snapshot(names, time.time_ns(), may))


def required_symbols(request: web.Request) -> list[str]:
    """The ``symbols`` parameter. Raises ``HttpError`` if it is missing."""
    names = requested_symbols(request)
    if not names:
        raise HttpError(400, "no-symbols", "symbols: missing; use ?symbols=AAPL,MSFT or ?symbols=*")
    return names


def visible_symbols(hub: Hub, may: Entitlements) -> list[str]:
    """The symbols on the board that a client is entitled to."""
    return [name for name in hub.apply_pending().symbols if may.every_symbol or may.symbol(name)]
