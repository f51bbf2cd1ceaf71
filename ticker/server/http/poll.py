"""`GET /v1/poll`: what changed since a version, as soon as something has; where nothing else gets through."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import ClassVar, Final

from aiohttp import web

from ticker.auth.identity import Identity, identity
from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.server.connections.registry import Clients
from ticker.server.core.metronome import Metronome
from ticker.server.core.responses import json_response, paced, refusal, since_of, symbols_of
from ticker.wire.messages import Since, Subscribe

#: Below what proxies commonly cut idle requests at, which is 30 s.
WAIT_S: Final = 25.0


class _Bell:
    """The hub's way to a client that polls: it only needs to know that there is something."""

    def __init__(self) -> None:
        self.frames = 0
        self.rung = asyncio.Event()

    def ready(self) -> bool:
        return True

    def send(self, payload: bytes) -> None:  # noqa: ARG002 - what it is is asked for anew
        self.frames += 1
        self.rung.set()

    def offer(self, payload: bytes) -> bool:
        self.send(payload)
        return True


@dataclass(frozen=True, eq=False)
class _Waiting:
    """One that polls, as others are told of it: whatever it had before, of this it has nothing yet."""

    session: Session
    remote: str | None
    who: Identity
    since_s: float
    kind: ClassVar[str] = "poll"
    frames: ClassVar[int] = 0
    bytes: ClassVar[int] = 0
    backlog_bytes: ClassVar[int] = 0

    def stuck_for_s(self, now_s: float) -> float:  # noqa: ARG002 - nothing waits for it
        return 0.0


class PollEndpoint:
    """The handler. Whoever waits counts as a connection, and is among ``waiting``."""

    def __init__(self, hub: Hub, clients: Clients, metronome: Metronome) -> None:
        self._hub = hub
        self._clients = clients
        self._metronome = metronome
        self.waiting: set[_Waiting] = set()

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v1/poll", self.poll, allow_head=False)]

    async def poll(self, request: web.Request) -> web.StreamResponse:
        names = symbols_of(request)
        if not names:
            return refusal(400, "no-symbols", "symbols: missing; ask for ?symbols=AAPL,MSFT or ?symbols=*")
        most = self._hub.limits.symbols
        if len(names) > most:
            return refusal(400, "too-many-symbols", f"{len(names)} symbols; the limit is {most} (or '*' for all)")
        try:
            since, wait_s = since_of(request), _wait_s(request)
        except ValueError as error:
            return refusal(400, "bad-argument", str(error))
        if (response := self._clients.enter(request)) is not None:
            return response
        try:
            await paced(identity(request).may, self._hub.limits.rates)
            return await self._changed(request, names, since, wait_s)
        finally:
            self._clients.leave(request.remote, identity(request))

    async def _changed(
        self, request: web.Request, names: list[str], since: Since | None, wait_s: float
    ) -> web.StreamResponse:
        may, bell = identity(request).may, _Bell()
        session = self._hub.attach(bell, "json", may)
        session.hears = False
        waiting = _Waiting(session, request.remote, identity(request), time.monotonic())
        self.waiting.add(waiting)
        stopping = asyncio.create_task(self._clients.stopping.wait())
        try:
            async with asyncio.timeout(wait_s):
                while not self._clients.stopping.is_set():
                    bell.rung.clear()
                    found = self._hub.snapshot(names, time.time_ns(), may, since)
                    if found.data or since is None or since.epoch != found.epoch:
                        return json_response(found)
                    if not len(session):
                        # From here on it is told when something changes.
                        at = Since(epoch=found.epoch, version=found.version)
                        self._metronome.subscribe(session, Subscribe(symbols=names, since=at))
                        if not len(session):
                            return json_response(found)  # all is rejected: nothing can come
                    ring = asyncio.create_task(bell.rung.wait())
                    try:
                        await asyncio.wait([ring, stopping], return_when=asyncio.FIRST_COMPLETED)
                    finally:
                        ring.cancel()
                return refusal(503, "stopping", "the server is stopping; try again")
        except TimeoutError:
            return web.Response(status=204, headers={"Cache-Control": "no-store"})
        finally:
            stopping.cancel()
            self.waiting.discard(waiting)
            self._hub.detach(session)


def _wait_s(request: web.Request) -> float:
    text = request.query.get("wait", f"{WAIT_S}")
    try:
        found = float(text)
    except ValueError:
        found = -1.0
    if not 0 <= found <= 60:
        raise ValueError(f"wait: seconds, from 0 to 60, not {text!r:.40}")
    return found
