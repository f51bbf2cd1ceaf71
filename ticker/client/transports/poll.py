"""Long polls as a transport: where nothing stays open, each request waits until something has changed.

It stands in for the server's side of a session: it knows the watchlist, and asks for all of it each time. It carries
the channel ``ticker`` alone.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import ClassVar, TypeVar

import aiohttp
import msgspec
from yarl import URL

from ticker.client.access import Access
from ticker.client.exceptions import TransportBlockedError, TransportError
from ticker.client.protocol.watchlist import ALL
from ticker.client.transports.transport import Transport, network_reason
from ticker.client.transports.websocket import refused
from ticker.errors import RefusedError
from ticker.wire.limits import Limits
from ticker.wire.messages import (
    ClientMessage,
    DeskMessage,
    Error,
    Ping,
    ServerMessage,
    Snapshot,
    Subscribe,
    Subscribed,
    Unsubscribed,
    Update,
    Welcome,
)

#: How long the server is to wait for a change; that is this transport's heartbeat.
_WAIT_S = 20.0
#: What a request may take beyond that.
_GRACE_S = 10.0
_DEFAULT_RATE_HZ = 10.0


_Found = TypeVar("_Found")


class _Health(msgspec.Struct):
    epoch: str
    server: str = ""


async def dial(session: aiohttp.ClientSession, url: URL, timeout_s: float, access: Access) -> PollTransport:
    """See whether the server is there. Raises as a WebSocket's ``dial``."""
    transport = PollTransport(session, url, access)
    try:
        async with asyncio.timeout(timeout_s):
            await transport.begun()
    except TimeoutError:
        raise TransportBlockedError(f"no answer within {timeout_s:g} s", mute=True) from None
    except RefusedError as error:
        if error.code == "http-401":
            raise
        raise TransportBlockedError(str(error), refused=error) from None
    return transport


class PollTransport(Transport):
    """A session that is kept up on this side."""

    kind: ClassVar[str] = "poll"

    def __init__(self, session: aiohttp.ClientSession, url: URL, access: Access) -> None:
        super().__init__()
        self._session = session
        self._url = url
        self._access = access
        self._names: dict[str, None] = {}
        self._version = 0
        self._rate_hz = _DEFAULT_RATE_HZ
        self._answers: deque[ServerMessage] = deque()
        self._open: list[Subscribe] = []
        self._asked = asyncio.Event()

    async def begun(self) -> None:
        health = await self._get(self._url.parent.parent / "healthz", _Health, {})
        if health is None:
            raise TransportError("no answer")
        self.welcome = Welcome(
            server=health.server, protocol=1, epoch=health.epoch, heartbeat=_WAIT_S + _GRACE_S, limits=Limits()
        )

    async def send(self, message: ClientMessage) -> None:
        if isinstance(message, DeskMessage | Ping):
            text = "only prices come by long polls, neither alerts nor rooms, and no answer to a ping"
            self._answers.append(Error(id=message.id, code="unknown-op", message=text))
        elif message.channel != "ticker":
            text = f"only the channel ticker comes by long polls, not {message.channel}"
            self._answers.append(Error(id=message.id, code="unknown-channel", message=text))
        elif isinstance(message, Subscribe):
            since = message.since
            self._names.update(dict.fromkeys(message.symbols))
            position = since.version if since is not None and since.epoch == self.welcome.epoch else 0
            self._version = position if len(self._names) == len(message.symbols) else min(self._version, position)
            if message.rate is not None:
                self._rate_hz = message.rate
            self._open.append(message)
        else:
            for name in list(self._names) if ALL in message.symbols else message.symbols:
                self._names.pop(name, None)
            self._answers.append(Unsubscribed(id=message.id, channel="ticker", symbols=list(self._names)))
        self._asked.set()

    async def close(self) -> None:
        """There is nothing open but a request, which ends with its task."""

    async def _receive(self) -> ServerMessage | None:
        while not self._answers:
            self._asked.clear()
            if not self._names:
                # Nobody is asked anything, so that nothing is heard is no bad sign.
                await self._wait(_WAIT_S)
                self._heard_s = self._loop.time()
                continue
            await self._poll()
            if not self._answers:
                return None
        return self._answers.popleft()

    async def _poll(self) -> None:
        """One request. What is asked meanwhile ends it: the next one asks for that too."""
        polling = asyncio.ensure_future(self._changes())
        asked = asyncio.ensure_future(self._asked.wait())
        try:
            await asyncio.wait([polling, asked], return_when=asyncio.FIRST_COMPLETED)
            if polling.done() and not self._asked.is_set():
                # Else it is an answer to what was wanted before: it would pass for one to what is wanted now.
                found = polling.result()
                self._heard_s = self._loop.time()
                if found is not None:
                    self._take(found)
        finally:
            for each in (polling, asked):
                each.cancel()
            await asyncio.gather(polling, asked, return_exceptions=True)
        if self._rate_hz:
            await self._wait(1 / self._rate_hz)

    async def _wait(self, at_most_s: float) -> None:
        """Until something is asked."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._asked.wait()

    def _take(self, found: Snapshot) -> None:
        open_, self._open = self._open, []
        for message in open_:
            for name in found.rejected:
                self._names.pop(name, None)
            rejected = {name: found.rejected[name] for name in message.symbols if name in found.rejected}
            watched = [ALL] if ALL in self._names else list(self._names)
            self._answers.append(
                Subscribed(id=message.id, channel="ticker", symbols=watched, rate=self._rate_hz, rejected=rejected)
            )
        since = self._version
        if found.epoch != self.welcome.epoch:
            self._answers.append(msgspec.structs.replace(self.welcome, epoch=found.epoch))
            since = 0
        if found.data or open_:
            self._answers.append(Update(since=since, version=found.version, ts=found.ts, data=found.data))
        self._version = found.version

    async def _changes(self) -> Snapshot | None:
        # Whoever has just asked is answered now.
        wait_s = 0.0 if self._open else _WAIT_S
        query = {"symbols": ",".join(self._names), "wait": f"{wait_s:g}"}
        if self._version:
            query |= {"epoch": self.welcome.epoch, "since": str(self._version)}
        found = await self._get(self._url, Snapshot, query)
        if found is None and self._open:
            # Nothing has changed for one who comes back.
            return Snapshot(epoch=self.welcome.epoch, version=self._version, ts=0, data={})
        return found

    async def _get(self, url: URL, kind: type[_Found], query: dict[str, str]) -> _Found | None:
        """The answer; None for one without content. Raises ``TransportError`` or ``RefusedError``."""
        try:
            async with (
                asyncio.timeout(_WAIT_S + _GRACE_S),
                self._session.get(
                    url.update_query(query), headers=await self._access.headers(), ssl=self._access.ssl or True
                ) as response,
            ):
                body = await response.read()
        except TimeoutError:
            raise TransportError("a poll was not answered") from None
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(network_reason(error)) from error
        if response.status == 204:
            return None
        if response.status != 200:
            raise refused(response.status, response.headers)
        try:
            return msgspec.json.decode(body, type=kind)
        except msgspec.DecodeError as error:
            raise TransportError(f"an answer that can't be read: {error}", broken=True) from None
