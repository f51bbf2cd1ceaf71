"""`GET /v1/poll`: long polling, for networks that let neither WebSockets nor event streams through.

A request is answered with the changes since a version as soon as there are any.
"""

from __future__ import annotations

import asyncio
import time
from typing import ClassVar, Final

from aiohttp import web

from ticker.auth.identity import Identity
from ticker.fanout.subscription import Position
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.server.connections.registry import ConnectionRegistry
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.requests import identity_of, requested_position
from ticker.server.core.responses import HttpError, json_response, wait_for_beat
from ticker.server.http.prices import required_symbols
from ticker.wire.messages import Since, Subscribe

#: How long a request waits by default, in seconds. Proxies commonly cut idle requests after 30 s.
WAIT_S: Final = 25.0
MAX_WAIT_S: Final = 60.0


class PollClient:
    """A client whose poll is waiting. As the hub's outlet it only notes that something changed."""

    kind: ClassVar[str] = "poll"
    backlog_bytes: ClassVar[int] = 0
    session: Session

    def __init__(self, remote: str | None, identity: Identity) -> None:
        self.remote = remote
        self.identity = identity
        self.since_s = time.monotonic()
        self.frames = self.bytes = 0
        self.changed = asyncio.Event()

    def stuck_for_s(self, now_s: float) -> float:  # noqa: ARG002 - nothing is sent before the response
        return 0.0

    def ready(self) -> bool:
        return True

    def send(self, payload: bytes, position: Position | None = None) -> None:  # noqa: ARG002 - it gets a snapshot
        self.frames += 1
        self.changed.set()

    def offer(self, payload: bytes, position: Position) -> bool:
        self.send(payload, position)
        return True


class PollEndpoint:
    """Waiting requests count as connections."""

    def __init__(self, hub: Hub, registry: ConnectionRegistry, dispatcher: Dispatcher) -> None:
        self._hub = hub
        self._registry = registry
        self._dispatcher = dispatcher
        self.waiting: set[PollClient] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/poll", self.poll, allow_head=False)]

    async def poll(self, request: web.Request) -> web.Response:
        names, maximum = required_symbols(request), self._hub.limits.symbols
        if len(names) > maximum:
            raise HttpError(400, "too-many-symbols", f"{len(names)} symbols; the limit is {maximum} (or '*' for all)")
        since, wait_s = requested_position(request), _wait_s(request)
        self._registry.admit(request)
        try:
            await wait_for_beat(identity_of(request).may, self._hub.limits.rates)
            return await self._wait_for_changes(request, names, since, wait_s)
        finally:
            self._registry.release(request.remote, identity_of(request))

    async def _wait_for_changes(
        self, request: web.Request, names: list[str], since: Since | None, wait_s: float
    ) -> web.Response:
        client, hub, may = PollClient(request.remote, identity_of(request)), self._hub, identity_of(request).may
        client.session = session = hub.attach(client, "json", may)
        session.hears = False
        self.waiting.add(client)
        stopping = asyncio.create_task(self._registry.stopping.wait())
        try:
            async with asyncio.timeout(wait_s):
                while not self._registry.stopping.is_set():
                    client.changed.clear()
                    found = hub.snapshot(names, time.time_ns(), may, since)
                    if found.data or since is None or since.epoch != found.epoch:
                        return json_response(found)
                    if not len(session):
                        # Be told of changes from here on.
                        position = Since(epoch=found.epoch, version=found.version)
                        self._dispatcher.subscribe(session, Subscribe(symbols=names, since=position))
                        if not len(session):
                            return json_response(found)  # every symbol was rejected
                    changed = asyncio.create_task(client.changed.wait())
                    try:
                        await asyncio.wait([changed, stopping], return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        changed.cancel()
                raise HttpError(503, "stopping", "the server is stopping; try again")
        except TimeoutError:
            return web.Response(status=204, headers={"Cache-Control": "no-store"})
        finally:
            stopping.cancel()
            self.waiting.discard(client)
            hub.detach(session)


def _wait_s(request: web.Request) -> float:
    text = request.query.get("wait", f"{WAIT_S}")
    try:
        wait_s = float(text)
    except ValueError:
        wait_s = -1.0
    if not 0 <= wait_s <= MAX_WAIT_S:
        raise HttpError(400, "bad-argument", f"wait: must be from 0 to {MAX_WAIT_S:g} seconds, not {text!r:.40}")
    return wait_s
