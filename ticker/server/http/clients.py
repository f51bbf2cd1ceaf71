"""`GET /v1/clients`: who is connected, for the server's owner."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection
from typing import Protocol

from aiohttp import web

from ticker.auth.identity import Identity
from ticker.hub.session import Session
from ticker.server.connections.registry import Clients
from ticker.server.core.localhost import is_owner
from ticker.server.core.responses import json_response, refusal


class Connected(Protocol):
    """A connection, or one that polls."""

    @property
    def session(self) -> Session: ...

    @property
    def who(self) -> Identity: ...

    @property
    def remote(self) -> str | None: ...

    @property
    def kind(self) -> str: ...

    @property
    def since_s(self) -> float: ...

    @property
    def backlog_bytes(self) -> int: ...

    @property
    def frames(self) -> int: ...

    @property
    def bytes(self) -> int: ...

    def stuck_for_s(self, now_s: float) -> float: ...


class ClientsEndpoint:
    """The handler. Nobody else learns of others. ``polls`` are those who wait, besides the ``clients``."""

    def __init__(self, clients: Clients, polls: Collection[Connected] = ()) -> None:
        self._clients = clients
        self._polls = polls

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/clients", self.clients)]

    async def clients(self, request: web.Request) -> web.Response:
        if not is_owner(request):
            return refusal(403, "not-entitled", "who is connected is for keys with --admin, or this machine's own")
        now_s, wall_s = time.monotonic(), time.time()
        loop_s = asyncio.get_running_loop().time()
        rows: list[dict[str, object]] = []
        for number, each in enumerate([*self._clients.open, *self._polls]):
            rows.append(_row(each, now_s, wall_s, loop_s))
            if number % 100 == 99:
                await asyncio.sleep(0)  # prices go first
        return json_response({"clients": sorted(rows, key=lambda row: int(str(row["id"])))})


def _row(connection: Connected, now_s: float, wall_s: float, loop_s: float) -> dict[str, object]:
    session = connection.session
    account = session.ticker.account
    since_s = wall_s - (now_s - connection.since_s)
    return {
        "id": session.id,
        "name": connection.who.name or None,
        "address": connection.remote,
        "transport": connection.kind,
        "encoding": session.codec.name,
        "since": int(since_s * 1e9),
        "symbols": len(session),
        # Rooms that it is in, and owners whose alerts it waits for.
        "engaged": session.engaged,
        "rate": session.rate_hz,
        # Seconds since it last took something, if something waits for it.
        "lag": round(connection.stuck_for_s(loop_s), 3),
        "backlog_bytes": connection.backlog_bytes,
        # Of channel ticker: offered is sent and conflated, whenever it has all.
        "offered": account.offered,
        "sent": account.sent,
        "conflated": account.conflated,
        "frames": connection.frames,
        "bytes": connection.bytes,
    }
