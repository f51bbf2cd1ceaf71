"""The Server-Sent Events transport: messages arrive as events, and are sent as requests of their own."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import ClassVar

import aiohttp
import msgspec

from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import ProtocolViolationError, TransportBlockedError, TransportError
from ticker.client.transports.encodings import Encodings
from ticker.client.transports.transport import Transport, closed_with, network_error, refused_upgrade
from ticker.wire.messages import ClientMessage, ServerMessage

#: Maximum size of an event; larger than the hub's largest frame.
_EVENT_BYTES = 4 * 1024 * 1024


class _Close(msgspec.Struct):
    code: int
    reason: str = ""


class SseTransport(Transport):
    """An open stream of events."""

    kind: ClassVar[str] = "sse"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        endpoint: Endpoint,
        encodings: Encodings,
        response: aiohttp.ClientResponse,
        timeout_s: float,
    ) -> None:
        super().__init__()
        self._session = session
        self._endpoint = endpoint
        self._encodings = encodings
        self._response = response
        self._timeout_s = timeout_s
        self._events = self._read()
        #: Where messages are posted to; the first event names it.
        self._address = endpoint.url

    @classmethod
    async def connect(
        cls, session: aiohttp.ClientSession, endpoint: Endpoint, encodings: Encodings, timeout_s: float
    ) -> SseTransport:
        """Request the events. Sending a message may take ``timeout_s``. Raises aiohttp's errors."""
        headers = {**await endpoint.headers(), "Accept": "text/event-stream"}
        response = await session.get(endpoint.at("/v1/events"), headers=headers)
        return cls(session, endpoint, encodings, response, timeout_s)

    async def begin(self) -> None:
        if self._response.status != 200:
            raise refused_upgrade(self._response.status, self._response.headers)
        if self._response.content_type != "text/event-stream":
            raise TransportBlockedError(f"the answer to a request for events is {self._response.content_type}")
        kind, data = await self._next()
        if kind != "session":
            raise ProtocolViolationError("the first event is not a session: the server may not be ticker")
        # Below the requested address, not at the path in the event: a proxy may have removed a prefix from that.
        token = data.rpartition("/")[2]
        self._address = self._response.url.with_query(None) / token
        await super().begin()

    async def _receive(self) -> ServerMessage | None:
        kind, data = await self._next()
        if kind == "close":
            close = msgspec.json.decode(data, type=_Close)
            raise closed_with(close.code, close.reason)
        return self._encodings.decode(data) if data else None

    async def send(self, message: ClientMessage) -> None:
        headers = {**await self._endpoint.headers(), "Content-Type": "application/json"}
        body = self._encodings.text.encode(message)
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.post(self._address, data=body, headers=headers) as response,
            ):
                if response.status != 204:
                    raise TransportError(f"HTTP status {response.status} for a message")
        except TimeoutError:
            raise TransportError(f"a message was not accepted within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise network_error(error) from error

    async def close(self) -> None:
        self._response.close()

    async def _next(self) -> tuple[str, str]:
        """The type and data of the next event. A heartbeat, which comes as a comment, counts as a ``message``."""
        try:
            found = await anext(self._events, None)
        except (aiohttp.ClientError, OSError) as error:
            raise network_error(error) from error
        if found is None:
            raise TransportError("the connection broke")
        self._heard_s = self._loop.time()
        return found

    async def _read(self) -> AsyncIterator[tuple[str, str]]:
        """Parse events (HTML standard, section 9.2.6): the subset that ticker sends."""
        buffer = bytearray()
        async for chunk in self._response.content.iter_any():
            buffer += chunk
            if len(buffer) > _EVENT_BYTES:
                raise TransportError(f"an event is larger than {_EVENT_BYTES} bytes", broken=True)
            while (end := buffer.find(b"\n\n")) >= 0:
                kind, data = "message", []
                for line in bytes(buffer[:end]).decode(errors="replace").split("\n"):
                    name, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                    if name == "event":
                        kind = value
                    elif name == "data" or (not name and value.startswith("{")):
                        data.append(value)
                del buffer[: end + 2]
                if data:
                    yield kind, "\n".join(data)
