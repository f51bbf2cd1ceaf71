"""The interface of the three transports: one connection, from the welcome to its end.

A transport moves messages and detects silence. It decides what the end of a connection means (whether and when to
reconnect), and knows nothing about prices.
"""

from __future__ import annotations

import asyncio
import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar

import aiohttp

from ticker.backoff import retry_after_s
from ticker.client.exceptions import ProtocolViolationError, TransportBlockedError, TransportError
from ticker.errors import RefusedError
from ticker.wire.codes import CLOSE_CODES
from ticker.wire.messages import ClientMessage, ServerMessage, Welcome

#: A connection is given up after a silence of this many heartbeats, and of at least `_SILENCE_S`.
_HEARTBEATS = 2.5
_SILENCE_S = 1.0


class Transport(ABC):
    """An open connection. One task reads it with ``pump``; any task may ``send`` or ``close``."""

    #: Its name: ``websocket``, ``sse`` or ``poll``.
    kind: ClassVar[str]
    welcome: Welcome

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._guard: asyncio.Timeout | None = None
        self._aborted = ""

    async def begin(self) -> None:
        """Wait for the welcome. Raises ``ProtocolViolationError`` if another message comes first."""
        message = await self._receive()
        if not isinstance(message, Welcome):
            raise ProtocolViolationError("the first message is not a welcome: the server may not be ticker")
        self.welcome = message

    async def pump(self, handle: Callable[[ServerMessage], Iterable[ClientMessage]]) -> None:
        """Pass each message to ``handle`` and send what it returns, until the connection ends.

        Ends only by raising ``TransportError``, ``RefusedError`` or what ``handle`` raises. A silent connection is
        given up.
        """
        watch: asyncio.TimerHandle | None = None

        def look(doubtful: bool) -> None:
            nonlocal watch
            silence_s = max(_HEARTBEATS * self.welcome.heartbeat, _SILENCE_S)
            quiet_s = self._loop.time() - self._heard_s
            if quiet_s < silence_s:
                watch = self._loop.call_later(silence_s - quiet_s, look, False)
            elif not doubtful:
                # This program may have been suspended: first read what has arrived meanwhile.
                watch = self._loop.call_later(min(silence_s / 5, 1.0), look, True)
            else:
                self.abort(f"no message for {quiet_s:.1f} s")

        try:
            async with asyncio.timeout(None) as self._guard:
                look(False)
                while True:
                    message = await self._receive()
                    if message is not None:
                        if type(message) is Welcome:
                            self.welcome = message
                        for answer in handle(message):
                            await self.send(answer)
        except TimeoutError:
            raise TransportError(self._aborted or "timed out") from None
        except ProtocolViolationError as error:
            raise TransportError(str(error), broken=True) from None
        finally:
            self._guard = None
            if watch is not None:
                watch.cancel()

    def abort(self, reason: str) -> None:
        """Make ``pump`` raise a ``TransportError`` with this reason."""
        if self._guard is not None and not self._guard.expired():
            self._aborted = reason
            self._guard.reschedule(self._loop.time())

    @abstractmethod
    async def _receive(self) -> ServerMessage | None:
        """The next message; None for a keep-alive or an unknown type of message. Updates ``_heard_s``."""

    @abstractmethod
    async def send(self, message: ClientMessage) -> None:
        """Send a message. Raises ``TransportError`` if the connection is gone."""

    @abstractmethod
    async def close(self) -> None:
        """Close the connection, in well under a second whatever the peer does."""


def network_error(error: Exception) -> TransportError:
    """The ``TransportError`` for an error of aiohttp or of the operating system."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return TransportError(f"can't connect: {error.strerror or error.os_error}")
    return TransportError(str(error) or type(error).__name__)


def closed_with(code: int | None, reason: str | None) -> TransportError | RefusedError:
    """The error for a close by the server. The table of close codes says which are final."""
    row = CLOSE_CODES.get(code or 0)
    text = f"closed by the server with {code or 'no code'}" + (f" ({reason})" if reason else "")
    if row is not None and not row.reconnect:
        return RefusedError(f"close-{code}", text)
    return TransportError(text)


def refused(status: int, headers: Mapping[str, str]) -> TransportError | RefusedError:
    """The error for an HTTP status: 429 and 5xx are temporary, all others final."""
    if status != 429 and status < 500:
        hint = ": the key or token is missing, invalid or expired" if status == 401 else ""
        return RefusedError(f"http-{status}", f"the server answered with HTTP status {status}{hint}")
    wait_s = retry_after_s(headers.get("Retry-After", ""), time.time())
    hint = ": too many connections, messages or requests of your key or address" if status == 429 else ""
    return TransportError(f"HTTP status {status}{hint}", retry_after_s=wait_s)


def refused_upgrade(status: int, headers: Mapping[str, str]) -> TransportError | RefusedError:
    """The error for the HTTP status of an upgrade or of a request for events.

    ``TransportBlockedError`` if a proxy may have answered: another transport may get through. A server that is full or
    stopping says so itself, and names itself in ``Server``.
    """
    verdict = refused(status, headers)
    if status in (401, 429) or (status >= 500 and _is_from_ticker(headers)):
        return verdict
    return TransportBlockedError(str(verdict), refused=verdict)


def _is_from_ticker(headers: Mapping[str, str]) -> bool:
    """Whether a ticker server answered, and not a proxy. Proxies may add a ``Server`` header of their own."""
    return any(name.lower() == "server" and value == "ticker" for name, value in headers.items())
