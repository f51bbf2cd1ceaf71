"""Chooses the transport: a WebSocket; where those are blocked, Server-Sent Events; as the last resort, long polls."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Final, Literal, get_args

from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import ProtocolViolationError, TransportBlockedError, TransportError
from ticker.client.transports.encodings import Encodings
from ticker.errors import RefusedError

if TYPE_CHECKING:
    import aiohttp

    from ticker.client.transports.transport import Transport

log = logging.getLogger("ticker.client")

TransportName = Literal["auto", "websocket", "sse", "poll"]
#: Attempts at a WebSocket before the next transport is tried; one, if no byte came back.
_TRIES: Final = 2
#: Pause between them: the server may be restarting.
_PAUSE_S: Final = 0.2
#: How often a client that fell back from WebSockets tries one again.
BETTER_AFTER_S: Final = 300.0


class Dialer:
    """Opens connections to one endpoint and remembers which transport got through.

    ``timeout_s`` bounds each attempt. Raises ``ValueError`` for an unknown encoding or transport.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        encoding: str,
        transport: TransportName,
        timeout_s: float,
        *,
        compress: bool = False,
    ) -> None:
        if transport not in get_args(TransportName):
            raise ValueError(f"transport must be auto, websocket, sse or poll, not {transport!r}")
        self._endpoint = endpoint
        self._encodings = Encodings(encoding)
        self._compress = compress
        self._timeout_s = timeout_s
        #: Whether other transports may be tried.
        self.auto = transport == "auto"
        self._kind: str = "websocket" if transport == "auto" else transport
        self._session: aiohttp.ClientSession | None = None

    async def aclose(self) -> None:
        """Close the HTTP session. Open connections end."""
        if self._session is not None:
            await self._session.close()

    async def dial(self) -> Transport:
        """Connect and wait for the welcome. Raises ``TransportError`` or ``RefusedError``."""
        first: TransportBlockedError | None = None
        tries = 0
        while True:
            try:
                return await self._open(self._kind)
            except TransportBlockedError as error:
                if not self.auto:
                    raise (error.refused or error) from None
                first = first or error
                tries += 1
                if self._kind == "websocket" and tries < _TRIES and not error.mute:
                    await asyncio.sleep(_PAUSE_S)
                    continue
                following = {"websocket": "sse", "sse": "poll"}.get(self._kind)
                # If two transports in turn got no byte back, the server is probably down.
                if following is None or (error.mute and first.mute and self._kind != "websocket"):
                    self._kind = "websocket"
                    raise (first.refused or first) from None
                log.info("%s is blocked (%s); trying %s", self._kind, error.reason, following)
                self._kind = following
            except (TransportError, RefusedError):
                if self.auto:
                    self._kind = "websocket"
                raise

    async def better(self) -> Transport:
        """Try a WebSocket every ``BETTER_AFTER_S`` seconds; returns the first that opens."""
        while True:
            await asyncio.sleep(BETTER_AFTER_S)
            try:
                transport = await self._open("websocket")
            except (TransportError, RefusedError) as error:
                log.debug("WebSockets are still blocked: %s", error)
            else:
                self._kind = "websocket"
                return transport

    async def _open(self, kind: str) -> Transport:
        """One attempt. ``TransportBlockedError`` if another transport may get through."""
        # Imported here because aiohttp takes 0.2 s to import.
        import aiohttp

        from ticker.client.transports.transport import network_error

        if self._session is None:
            self._session = self._endpoint.session()
        try:
            async with asyncio.timeout(self._timeout_s):
                transport = await self._connect(kind, self._session)
                try:
                    await transport.begin()
                except BaseException:
                    await transport.close()
                    raise
                return transport
        except TimeoutError:
            raise TransportBlockedError(f"no answer within {self._timeout_s:g} s", mute=True) from None
        except RefusedError as error:
            if kind == "websocket" or error.code == "http-401":
                raise
            raise TransportBlockedError(str(error), refused=error) from None
        except ProtocolViolationError as error:
            raise TransportBlockedError(str(error), broken=True) from None
        except aiohttp.ClientConnectorError as error:
            raise network_error(error) from error
        except (aiohttp.ClientError, OSError) as error:
            raise TransportBlockedError(network_error(error).reason) from error

    async def _connect(self, kind: str, session: aiohttp.ClientSession) -> Transport:
        if kind == "websocket":
            from ticker.client.transports.websocket import WebSocketTransport

            return await WebSocketTransport.connect(session, self._endpoint, self._encodings, compress=self._compress)
        if kind == "sse":
            from ticker.client.transports.sse import SseTransport

            return await SseTransport.connect(session, self._endpoint, self._encodings, self._timeout_s)
        from ticker.client.transports.poll import PollTransport

        return PollTransport(session, self._endpoint)
