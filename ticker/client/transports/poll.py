"""The long-poll transport: each request waits until something has changed.

It keeps the session that the server would otherwise keep: it knows the watchlist and asks for all of it each time. It
carries the channel ``ticker`` only.
"""

from __future__ import annotations

import asyncio
from collections import deque
from contextlib import suppress
from typing import ClassVar, TypeVar
from urllib.parse import quote

import aiohttp
import msgspec
from yarl import URL

from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import TransportError
from ticker.client.protocol.watchlist import ALL
from ticker.client.transports.transport import Transport, network_error, refused
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

#: How long the server waits for a change: the heartbeat of this transport.
_WAIT_S = 20.0
#: What a request may take beyond that.
_GRACE_S = 10.0
_DEFAULT_RATE_HZ = 10.0
#: Longer requests are posted. Servers and proxies limit addresses to 8 KiB by default, and to no less than 1 KiB.
MAX_ADDRESS_BYTES = 900

_Found = TypeVar("_Found")


class _Health(msgspec.Struct):
    epoch: str
    server: str = ""


class _Arguments(msgspec.Struct, omit_defaults=True):
    """What a poll asks for."""

    symbols: list[str]
    wait: float
    epoch: str | None = None
    since: int | None = None

    def query(self) -> str:
        """As the query of an address. A comma of a symbol is encoded, those between symbols are not."""
        # In a list of one, an encoded comma may be taken for a separator; ``symbol`` is never split.
        key = "symbol" if len(self.symbols) == 1 and "," in self.symbols[0] else "symbols"
        symbols = f"{key}={','.join(quote(name, safe='') for name in self.symbols)}"
        position = "" if self.epoch is None else f"&epoch={quote(self.epoch, safe='')}&since={self.since}"
        return f"{symbols}&wait={self.wait:g}{position}"


class PollTransport(Transport):
    """A session over single requests. ``begin`` sends the first."""

    kind: ClassVar[str] = "poll"

    def __init__(self, session: aiohttp.ClientSession, endpoint: Endpoint) -> None:
        super().__init__()
        self._session = session
        self._endpoint = endpoint
        self._url = endpoint.at("/v1/poll")
        self._names: dict[str, None] = {}
        self._version = 0
        self._rate_hz = _DEFAULT_RATE_HZ
        self._answers: deque[ServerMessage] = deque()
        #: Subscribes that the next answer will confirm.
        self._open: list[Subscribe] = []
        #: Set when the user sent a message.
        self._sent = asyncio.Event()

    async def begin(self) -> None:
        """Ask for the server's health, and make up a welcome from it."""
        health = await self._answer("GET", self._endpoint.at("/healthz"), _Health)
        if health is None:
            raise TransportError("no answer")
        self.welcome = Welcome(
            server=health.server, protocol=1, epoch=health.epoch, heartbeat=_WAIT_S + _GRACE_S, limits=Limits()
        )

    async def send(self, message: ClientMessage) -> None:
        if isinstance(message, DeskMessage | Ping):
            text = "long polls carry neither alerts nor rooms nor pings"
            self._answers.append(Error(id=message.id, code="unknown-op", message=text))
        elif message.channel != "ticker":
            text = f"long polls carry only the channel ticker, not {message.channel}"
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
        self._sent.set()

    async def close(self) -> None:
        """Nothing to do: an open request ends with its task."""

    async def _receive(self) -> ServerMessage | None:
        while not self._answers:
            self._sent.clear()
            if not self._names:
                # No request is under way, so silence is no sign of a broken connection.
                await self._wait(_WAIT_S)
                self._heard_s = self._loop.time()
                continue
            await self._poll()
            if not self._answers:
                return None
        return self._answers.popleft()

    async def _poll(self) -> None:
        """One request. A message from the user cancels it, and the next request includes that message."""
        polling = asyncio.ensure_future(self._changes())
        sent = asyncio.ensure_future(self._sent.wait())
        try:
            await asyncio.wait([polling, sent], return_when=asyncio.FIRST_COMPLETED)
            if polling.done() and not self._sent.is_set():
                # An answer to the previous watchlist must not be taken for an answer to the new one.
                found = polling.result()
                self._heard_s = self._loop.time()
                if found is not None:
                    self._take(found)
        finally:
            for each in (polling, sent):
                each.cancel()
            await asyncio.gather(polling, sent, return_exceptions=True)
        if self._rate_hz:
            await self._wait(1 / self._rate_hz)

    async def _wait(self, at_most_s: float) -> None:
        """Wait until the user sends a message."""
        with suppress(TimeoutError):
            async with asyncio.timeout(at_most_s):
                await self._sent.wait()

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
        # A subscribe is answered at once.
        wait_s = 0.0 if self._open else _WAIT_S
        arguments = _Arguments(symbols=list(self._names), wait=wait_s)
        if self._version:
            arguments.epoch, arguments.since = self.welcome.epoch, self._version
        found = await self._request(arguments)
        if found is None and self._open:
            # Nothing has changed since the version that the subscribe resumes from.
            return Snapshot(epoch=self.welcome.epoch, version=self._version, ts=0, data={})
        return found

    async def _request(self, arguments: _Arguments) -> Snapshot | None:
        """Send a poll: in the address, or as a body if the address would be too long."""
        address = f"{self._url}?{arguments.query()}"
        if len(address) <= MAX_ADDRESS_BYTES:
            return await self._answer("GET", URL(address, encoded=True), Snapshot)
        return await self._answer("POST", self._url, Snapshot, msgspec.json.encode(arguments))

    async def _answer(self, method: str, url: URL, kind: type[_Found], body: bytes | None = None) -> _Found | None:
        """The answer; None for one without content. Raises ``TransportError`` or ``RefusedError``."""
        try:
            headers = await self._endpoint.headers()
            if body is not None:
                headers["Content-Type"] = "application/json"
            async with (
                asyncio.timeout(_WAIT_S + _GRACE_S),
                self._session.request(method, url, data=body, headers=headers) as response,
            ):
                answer = await response.read()
        except TimeoutError:
            raise TransportError("a poll was not answered") from None
        except (aiohttp.ClientError, OSError) as error:
            raise network_error(error) from error
        if response.status == 204:
            return None
        if response.status != 200:
            raise refused(response.status, response.headers)
        try:
            return msgspec.json.decode(answer, type=kind)
        except msgspec.DecodeError as error:
            raise TransportError(f"malformed answer to a poll: {error}", broken=True) from None
