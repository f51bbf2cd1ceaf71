"""`GET /v1/clients`: the connected clients, for operators."""

from __future__ import annotations

import asyncio
import time

from aiohttp import web

from ticker.server.connections.connection import Connection
from ticker.server.connections.poll_client import PollClient
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.core.requests import is_operator
from ticker.server.core.responses import HttpError, json_response


class ClientsEndpoint:
    def __init__(self, registry: ConnectionRegistry) -> None:
        self._registry = registry

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/clients", self.clients)]

    async def clients(self, request: web.Request) -> web.Response:
        if not is_operator(request):
            raise HttpError(
                403,
                "not-entitled",
                "listing clients needs a key with --admin, or localhost on a server without authentication",
            )
        now_s, wall_s = time.monotonic(), time.time()
        loop_s = asyncio.get_running_loop().time()
        rows: list[tuple[int, dict[str, object]]] = []
        clients: list[Connection | PollClient] = [*self._registry.open, *self._registry.polls]
        for number, client in enumerate(clients):
            rows.append((int(client.session.id), _row(client, now_s, wall_s, loop_s)))
            if number % 100 == 99:
                await asyncio.sleep(0)  # let prices go first
        return json_response({"clients": [row for _, row in sorted(rows, key=lambda each: each[0])]})


def _row(client: Connection | PollClient, now_s: float, wall_s: float, loop_s: float) -> dict[str, object]:
    session = client.session
    account = session.ticker.account
    since_s = wall_s - (now_s - client.since_s)
    return {
        "id": session.id,
        "name": client.identity.name or None,
        "address": client.remote,
        "transport": client.kind,
        "encoding": session.codec.name,
        "since": int(since_s * 1e9),
        "symbols": len(session),
        # Rooms it is in, and owners whose alerts it receives.
        "engaged": session.engaged,
        "rate": session.rate_hz,
        # Seconds since it last read something, if something waits for it.
        "lag": round(client.stuck_for_s(loop_s), 3),
        "backlog_bytes": client.backlog_bytes,
        # Of channel ticker. Once the client is up to date, offered = sent + conflated.
        "offered": account.offered,
        "sent": account.sent,
        "conflated": account.conflated,
        "frames": client.frames,
        "bytes": client.bytes,
    }
