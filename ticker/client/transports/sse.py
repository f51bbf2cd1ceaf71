"""Server-Sent Events as a transport: messages come on a stream, and go out in requests of their own."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from typing import ClassVar

import aiohttp
import msgspec
from yarl import URL

from ticker.client.access import Access
from ticker.client.exceptions import TransportBlockedError, TransportError
from ticker.client.protocol.protocol import ProtocolViolationError
from ticker.client.transports.encodings import Encodings
from ticker.client.transports.transport import Transport, closed_with, network_reason
from ticker.client.transports.websocket import turned_away
from ticker.errors import RefusedError
from ticker.wire.messages import ClientMessage, ServerMessage

log = logging.getLogger("ticker.client")

#: More than the hub's largest frame.
_EVENT_BYTES = 4 * 1024 * 1024


class _Closed(msgspec.Struct):
    code: int
    reason: str = ""


async def dial(
    session: aiohttp.ClientSession, url: URL, encodings: Encodings, timeout_s: float, access: Access
) -> SseTransport:
    """Connect, and await the welcome, all within ``timeout_s``. Raises as a WebSocket's ``dial``."""
    try:
        async with asyncio.timeout(timeout_s):
            response = await session.get(
                url, headers={**await access.headers(), "Accept": "text/event-stream"}, ssl=access.ssl or True
            )
            transport = SseTransport(session, response, encodings, access, timeout_s)
            try:
                if response.status != 200:
                    raise turned_away(response.status, response.headers)
                if response.content_type != "text/event-stream":
                    raise TransportBlockedError(f"the events come as {response.content_type}")
                await transport.begun()
            except BaseException:
                await transport.close()
                raise
            return transport
    except TimeoutError:
        raise TransportBlockedError(f"no events within {timeout_s:g} s", mute=True) from None
    except RefusedError as error:
        if error.code == "http-401":
            raise
        raise TransportBlockedError(str(error), refused=error) from None
    except ProtocolViolationError as error:
        raise TransportBlockedError(str(error), broken=True) from None
    except aiohttp.ClientConnectorError as error:
        raise TransportError(network_reason(error)) from error
    except (aiohttp.ClientError, OSError) as error:
        raise TransportBlockedError(network_reason(error)) from error


class SseTransport(Transport):
    """An open stream of events."""

    kind: ClassVar[str] = "sse"

    def __init__(
        self,
        session: aiohttp.ClientSession,
        response: aiohttp.ClientResponse,
        encodings: Encodings,
        access: Access,
        timeout_s: float,
    ) -> None:
        super().__init__()
        self._session = session
        self._response = response
        self._encodings = encodings
        self._access = access
        self._timeout_s = timeout_s
        self._events = self._read()
        self._address: URL | None = None

    async def begun(self) -> None:
        """Await the address to speak to, and the welcome. Raises ``ProtocolViolationError`` if something else comes."""
        kind, data = await self._next()
        if kind != "session":
            raise ProtocolViolationError("the events don't begin with a session: the server may not be a ticker")
        self._address = self._response.url.join(URL(data))
        await self.welcomed()

    async def _receive(self) -> ServerMessage | None:
        kind, data = await self._next()
        if kind == "close":
            closed = msgspec.json.decode(data, type=_Closed)
            raise closed_with(closed.code, closed.reason)
        return self._encodings.decode(data) if data else None

    async def send(self, message: ClientMessage) -> None:
        body = self._encodings.text.encode(message)
        assert self._address is not None
        try:
            async with (
                asyncio.timeout(self._timeout_s),
                self._session.post(
                    self._address,
                    data=body,
                    headers={**await self._access.headers(), "Content-Type": "application/json"},
                    ssl=self._access.ssl or True,
                ) as response,
            ):
                if response.status != 204:
                    raise TransportError(f"HTTP status {response.status} for a message")
        except TimeoutError:
            raise TransportError(f"a message was not taken within {self._timeout_s:g} s") from None
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(network_reason(error)) from error

    async def close(self) -> None:
        self._response.close()

    async def _next(self) -> tuple[str, str]:
        """The next event: its kind and its data; a comment that is a heartbeat is one of the kind ``message``."""
        try:
            found = await anext(self._events, None)
        except (aiohttp.ClientError, OSError) as error:
            raise TransportError(network_reason(error)) from error
        if found is None:
            raise TransportError("the connection broke")
        self._heard_s = self._loop.time()
        return found

    async def _read(self) -> AsyncIterator[tuple[str, str]]:
        """HTML standard, section 9.2.6, as far as ticker's own events go."""
        came = bytearray()
        async for chunk in self._response.content.iter_any():
            came += chunk
            if len(came) > _EVENT_BYTES:
                raise TransportError("an event is larger than any of ours", broken=True)
            while (end := came.find(b"\n\n")) >= 0:
                kind, data = "message", []
                for line in bytes(came[:end]).decode(errors="replace").split("\n"):
                    name, _, value = line.partition(":")
                    value = value.removeprefix(" ")
                    if name == "event":
                        kind = value
                    elif name == "data" or (not name and value.startswith("{")):
                        data.append(value)
                del came[: end + 2]
                if data:
                    yield kind, "\n".join(data)
