"""`GET /v1/symbols` and `GET /v1/snapshot`: the symbols and their latest values."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

import msgspec
from aiohttp import hdrs, web

from ticker.auth.entitlements import Entitlements
from ticker.feed.feed import Feed
from ticker.hub.hub import Hub
from ticker.server.core.requests import IDENTITY, read_message, requested_symbols
from ticker.server.core.responses import HttpError, json_response, wait_for_beat

#: Few symbols are longer than this in JSON.
BYTES_PER_SYMBOL: Final = 32


class PricesEndpoint:
    """``check_memory`` raises ``HttpError`` while the server can't afford large responses."""

    def __init__(self, hub: Hub, feed: Feed, check_memory: Callable[[], None]) -> None:
        self._hub = hub
        self._feed = feed
        self._check_memory = check_memory

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/v1/symbols", self.symbols),
            web.get("/v1/snapshot", self.snapshot),
            web.post("/v1/snapshot", self.snapshot),
        ]

    async def symbols(self, request: web.Request) -> web.Response:
        names = visible_symbols(self._hub, request[IDENTITY].may)
        return json_response({"symbols": names, "complete": self._hub.complete, "currency": self._feed.info.currency})

    async def snapshot(self, request: web.Request) -> web.Response:
        self._check_memory()
        if request.method == hdrs.METH_POST:
            names = (await read_message(request, SymbolList, body_limit(self._hub))).required()
        else:
            names = required_symbols(request, self._hub)
        may = request[IDENTITY].may
        await wait_for_beat(may, self._hub.limits.rates)
        return json_response(self._hub.snapshot(names, time.time_ns(), may))


class SymbolList(msgspec.Struct, frozen=True, kw_only=True):
    """The body of a POST, for lists that are too long for an address."""

    symbols: list[str] = []

    def required(self) -> list[str]:
        """The symbols. Raises ``HttpError`` if there are none."""
        return _required(self.symbols)


def required_symbols(request: web.Request, hub: Hub) -> list[str]:
    """The symbols in the address. Raises ``HttpError`` if there are none."""
    may = request[IDENTITY].may
    return _required(requested_symbols(request, lambda name: may.symbol(name) and hub.row(name) is not None))


def body_limit(hub: Hub) -> int:
    """The maximum size of a list of symbols in bytes: room for as many as a client may watch."""
    return max(hub.limits.message_bytes, BYTES_PER_SYMBOL * hub.limits.symbols)


def _required(names: list[str]) -> list[str]:
    if not names:
        raise HttpError(400, "no-symbols", "symbols: missing; use ?symbols=AAPL,MSFT or ?symbols=*")
    return names


def visible_symbols(hub: Hub, may: Entitlements) -> list[str]:
    """The symbols on the board that a client is entitled to."""
    return [name for name in hub.apply_pending().symbols if may.every_symbol or may.symbol(name)]
