"""`/v1/poll`: long polling, for networks that let neither WebSockets nor event streams through.

A request is answered with the changes since a version as soon as there are any.
"""

from __future__ import annotations

import asyncio
import time
from typing import Annotated, Final

import msgspec
from aiohttp import hdrs, web

from ticker.hub.hub import Hub
from ticker.server.connections.poll_client import PollClient
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.requests import IDENTITY, read_message, requested_number, requested_position
from ticker.server.core.responses import HttpError, bad_argument, json_response, wait_for_beat
from ticker.server.http.prices import SymbolList, body_limit, required_symbols
from ticker.wire.messages import Since, Subscribe

#: How long a request waits by default, in seconds. Proxies commonly cut idle requests after 30 s.
WAIT_S: Final = 25.0
MAX_WAIT_S: Final = 60.0


class PollBody(SymbolList, frozen=True, kw_only=True):
    """The arguments as the body of a POST."""

    epoch: str | None = None
    since: Annotated[int, msgspec.Meta(ge=0)] | None = None
    wait: float | None = None

    def position(self) -> Since | None:
        """Where to resume; None without an epoch or a version."""
        return None if self.epoch is None or self.since is None else Since(epoch=self.epoch, version=self.since)


class PollEndpoint:
    """Waiting requests count as connections."""

    def __init__(self, hub: Hub, registry: ConnectionRegistry, dispatcher: Dispatcher) -> None:
        self._hub = hub
        self._registry = registry
        self._dispatcher = dispatcher

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/poll", self.poll, allow_head=False), web.post("/v1/poll", self.poll)]

    async def poll(self, request: web.Request) -> web.Response:
        self._registry.admit(request)
        try:
            names, since, wait_s = await self._arguments(request)
            await wait_for_beat(request[IDENTITY].may, self._hub.limits.rates)
            async with asyncio.timeout(wait_s):
                return await self._changes(request, names, since)
        except TimeoutError:
            return web.Response(status=204, headers={"Cache-Control": "no-store"})
        finally:
            self._registry.release(request.remote, request[IDENTITY])

    async def _arguments(self, request: web.Request) -> tuple[list[str], Since | None, float]:
        """Symbols, position and seconds to wait, from the address or the body. Raises ``HttpError``."""
        if request.method == hdrs.METH_POST:
            body = await read_message(request, PollBody, body_limit(self._hub))
            names, since, wait_s = body.required(), body.position(), body.wait
        else:
            names = required_symbols(request, self._hub)
            since, wait_s = requested_position(request), requested_number(request, "wait")
        maximum, wait_s = self._hub.limits.symbols, WAIT_S if wait_s is None else wait_s
        if len(names) > maximum:
            raise HttpError(400, "too-many-symbols", f"{len(names)} symbols; the limit is {maximum} (or '*' for all)")
        if not 0 <= wait_s <= MAX_WAIT_S:
            raise bad_argument("wait", f"must be from 0 to {MAX_WAIT_S:g} seconds, not {wait_s:g}")
        return names, since, wait_s

    async def _changes(self, request: web.Request, names: list[str], since: Since | None) -> web.Response:
        client, hub, registry = PollClient(request), self._hub, self._registry
        may = client.identity.may
        client.session = session = hub.attach(client, "json", may)
        session.hears = False
        registry.polls.add(client)
        try:
            while not registry.stopping:
                client.changed.clear()
                if client.revoked:
                    raise HttpError(401, "unauthorized", "log in again", {"WWW-Authenticate": "Bearer"})
                found = hub.snapshot(names, time.time_ns(), may, since)
                if found.data or since is None or since.epoch != found.epoch:
                    return json_response(found)
                if not len(session):
                    # Be told of changes from here on.
                    position = Since(epoch=found.epoch, version=found.version)
                    self._dispatcher.subscribe(session, Subscribe(symbols=names, since=position))
                    if not len(session):
                        return json_response(found)  # every symbol was rejected
                await client.changed.wait()
            raise HttpError(503, "stopping", "the server is stopping; try again")
        finally:
            registry.polls.discard(client)
            hub.detach(session)
