"""Which way to the server: a WebSocket; where these don't get through, events; where these don't either, polls."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Literal

from yarl import URL

from ticker.client.access import Access
from ticker.client.exceptions import TransportBlockedError, TransportError
from ticker.client.transports.encodings import Encodings
from ticker.errors import RefusedError

log = logging.getLogger("ticker.client")

if TYPE_CHECKING:
    import aiohttp

    from ticker.client.transports.transport import Transport

TransportName = Literal["auto", "websocket", "sse", "poll"]
#: So often in a row an upgrade fails before something else is tried; once, if nothing at all came back.
_TRIES: Final = 2
#: A second try of the same waits so long: what failed may have been a server that restarts.
_PAUSE_S: Final = 0.2
#: How often a client that had to do without looks whether a WebSocket gets through again.
BETTER_AFTER_S: Final = 300.0


class Dialer:
    """Dials one server, and remembers what got through."""

    def __init__(
        self,
        url: URL,
        encodings: Encodings,
        access: Access,
        transport: TransportName,
        timeout_s: float,
        *,
        compress: bool = False,
    ) -> None:
        self._url = url
        self._encodings = encodings
        self._access = access
        self._transport = transport
        self._timeout_s = timeout_s
        self._compress = compress
        self._kind: str = "websocket" if transport == "auto" else transport

    async def dial(self, session: aiohttp.ClientSession) -> Transport:
        """Connect. Raises ``TransportError`` or ``RefusedError``."""
        if self._transport != "auto":
            try:
                return await self._by(self._transport, session)
            except TransportBlockedError as error:
                raise error.verdict from None
        first: TransportBlockedError | None = None
        tries = 0
        while True:
            try:
                return await self._by(self._kind, session)
            except TransportBlockedError as error:
                first = first or error
                tries += 1
                if self._kind == "websocket" and tries < _TRIES and not error.mute:
                    await asyncio.sleep(_PAUSE_S)
                    continue
                following = {"websocket": "sse", "sse": "poll"}.get(self._kind)
                # Where nothing at all comes back, twice, there is hardly a server.
                if following is None or (error.mute and first.mute and self._kind != "websocket"):
                    self._kind = "websocket"
                    raise first.verdict from None
                log.info("no way through by %s (%s); trying %s", self._kind, error.reason, following)
                self._kind = following
            except (TransportError, RefusedError):
                self._kind = "websocket"
                raise

    async def better(self, session: aiohttp.ClientSession, after_s: float | None = None) -> Transport:
        """A WebSocket, as soon as one gets through again."""
        while True:
            await asyncio.sleep(BETTER_AFTER_S if after_s is None else after_s)
            try:
                transport = await self._by("websocket", session)
            except (TransportError, RefusedError) as error:
                log.debug("still no WebSocket: %s", error)
            else:
                self._kind = "websocket"
                return transport

    @property
    def settles(self) -> bool:
        """Whether anything but a WebSocket is only made do with."""
        return self._transport == "auto"

    async def _by(self, kind: str, session: aiohttp.ClientSession) -> Transport:
        # aiohttp takes a fifth of a second to import: not before somebody connects.
        from ticker.client.transports import poll, sse, websocket

        if kind == "websocket":
            return await websocket.dial(
                session, self._url, self._encodings, self._timeout_s, self._access, compress=self._compress
            )
        url = beside(self._url, "events" if kind == "sse" else "poll")
        if kind == "sse":
            return await sse.dial(session, url, self._encodings, self._timeout_s, self._access)
        return await poll.dial(session, url, self._timeout_s, self._access)


def beside(stream: URL, name: str) -> URL:
    """The address of another of the server's endpoints."""
    base = stream.with_scheme("https" if stream.scheme == "wss" else "http")
    path = f"{base.raw_path.rsplit('/', 1)[0]}/{name}"
    return base.with_path(path, encoded=True, keep_query=False)
