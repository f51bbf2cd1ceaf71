"""`GET /healthz`: whether the server works, for load balancers and operators."""

from __future__ import annotations

import time
from collections.abc import Callable

from aiohttp import web

import ticker
from ticker.feed.feed import ReplayFeed
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.server.core.requests import IDENTITY, is_operator
from ticker.server.core.responses import SERVER, json_response
from ticker.server.http.prices import visible_symbols


class HealthEndpoint:
    """``problems`` returns the server's own problems, a line each."""

    def __init__(self, hub: Hub, feed_name: str, pump: Pump, problems: Callable[[], list[str]]) -> None:
        self._hub = hub
        self._feed_name = feed_name
        self._pump = pump
        self._problems = problems
        self._started_s = time.monotonic()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/healthz", self.health, name="health")]

    async def health(self, request: web.Request) -> web.Response:
        state, problems, identity = self._pump.state(), self._problems(), request.get(IDENTITY)
        status = "degraded" if state.state == "stale" or problems else "ok"
        if identity is None:
            # All that a load balancer needs, which has no key.
            return json_response({"status": status})
        hub, is_replay = self._hub, isinstance(self._pump.feed, ReplayFeed)
        body = {
            "status": status,
            "problems": problems,
            # Exact versions tell which vulnerabilities to try.
            "server": f"ticker/{ticker.__version__}" if is_operator(request) else SERVER,
            "feed": {"name": self._feed_name, "state": state.state, "ts": state.ts, "replay": is_replay},
            "symbols": len(visible_symbols(hub, identity.may)),
            **({"clients": len(hub.sessions)} if identity.may.admin else {}),
            "epoch": hub.board.epoch,
            "version": hub.apply_pending().version,
            "late": {
                "revised": hub.market.counts.late,
                "too_late": hub.market.counts.too_late,
                "uncorrectable": hub.market.counts.uncorrectable,
            },
            "uptime_s": round(time.monotonic() - self._started_s, 3),
        }
        return json_response(body)
