"""The plain HTTP side: health, symbols, snapshots."""

from __future__ import annotations

import time
from collections.abc import Callable

import msgspec
from aiohttp import web

import ticker
from ticker.feed import FeedInfo
from ticker.hub import Hub
from ticker.messages import Error, FeedState


class HttpEndpoints:
    """The handlers. ``feed`` and ``state`` are asked for anew with each request; ``replays``: there is a /v1/replay."""

    def __init__(
        self,
        hub: Hub,
        feed_name: str,
        feed: Callable[[], FeedInfo],
        state: Callable[[], FeedState],
        *,
        replays: bool = False,
    ) -> None:
        self._hub = hub
        self._feed_name = feed_name
        self._feed = feed
        self._state = state
        self._replays = replays
        self._started_s = time.monotonic()

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/healthz", self.health),
            web.get("/v1/symbols", self.symbols),
            web.get("/v1/snapshot", self.snapshot),
        ]

    async def health(self, _request: web.Request) -> web.Response:
        state = self._state()
        hub = self._hub
        body = {
            "status": "degraded" if state.state == "stale" else "ok",
            "server": f"ticker/{ticker.__version__}",
            "feed": {"name": self._feed_name, "state": state.state, "ts": state.ts, "replay": self._replays},
            "symbols": len(hub.board.symbols),
            "clients": len(hub.sessions),
            "epoch": hub.board.epoch,
            "version": hub.board.version,
            "uptime_s": round(time.monotonic() - self._started_s, 3),
        }
        return json_response(body)

    async def symbols(self, _request: web.Request) -> web.Response:
        info = self._feed()
        body = {"symbols": self._hub.board.symbols, "complete": self._hub.complete, "currency": info.currency}
        return json_response(body)

    async def snapshot(self, request: web.Request) -> web.Response:
        wanted = [name for given in request.query.getall("symbols", []) for name in given.split(",") if name]
        if not wanted:
            text = "symbols: missing; ask for ?symbols=AAPL,MSFT or ?symbols=*"
            return refusal(400, "no-symbols", text)
        return json_response(self._hub.snapshot(wanted, time.time_ns()))


def json_response(body: object, status: int = 200) -> web.Response:
    """An answer that nobody keeps."""
    headers = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
    return web.Response(body=msgspec.json.encode(body), status=status, content_type="application/json", headers=headers)


def refusal(status: int, code: str, message: str) -> web.Response:
    """An HTTP answer that says why not, in the same form as an error on the stream."""
    return json_response(Error(code=code, message=message), status)
