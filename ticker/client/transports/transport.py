"""One connection of the client's: welcomed, read until it ends, closed. It moves messages and keeps the time.

It decides what an end means (whether to come back, and not before when), but nothing about prices. What carries the
messages is for those that inherit from it to know.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable
from typing import ClassVar

import aiohttp

from ticker.client.exceptions import TransportError
from ticker.client.protocol.protocol import ProtocolViolationError
from ticker.errors import CLOSE_CODES, RefusedError
from ticker.wire.messages import ClientMessage, ServerMessage, Welcome

#: A connection is mute after this many heartbeats' time of silence, but never sooner than after `_SILENCE_S`.
_HEARTBEATS = 2.5
_SILENCE_S = 1.0


class Transport(ABC):
    """An open connection, whatever carries it. One task reads it (``pump``); any may ``send`` or ``close``."""

    #: What carries it.
    kind: ClassVar[str]
    welcome: Welcome

    def __init__(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._guard: asyncio.Timeout | None = None
        self._aborted = ""

    async def welcomed(self) -> None:
        """Await the welcome. Raises ``ProtocolViolationError`` if another message comes first."""
        message = await self._receive()
        if not isinstance(message, Welcome):
            raise ProtocolViolationError("the server doesn't begin with a welcome: it may not be a ticker")
        self.welcome = message

    async def pump(self, handle: Callable[[ServerMessage], Iterable[ClientMessage]]) -> None:
        """Give each message to ``handle`` and send what it returns. Ends only by raising: ``TransportError``,
        ``RefusedError``, or what ``handle`` raises. A connection on which nothing is heard is given up.
        """
        watch: asyncio.TimerHandle | None = None

        def look(doubtful: bool) -> None:
            nonlocal watch
            silence_s = max(_HEARTBEATS * self.welcome.heartbeat, _SILENCE_S)
            quiet_s = self._loop.time() - self._heard_s
            if quiet_s < silence_s:
                watch = self._loop.call_later(silence_s - quiet_s, look, False)
            elif not doubtful:
                # It may be this program that was held up: what has arrived meanwhile is read first.
                watch = self._loop.call_later(min(silence_s / 5, 1.0), look, True)
            else:
                self.abort(f"mute: nothing was heard for {quiet_s:.1f} s")

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
        """Let ``pump`` end with a ``TransportError``."""
        if self._guard is not None and not self._guard.expired():
            self._aborted = reason
            self._guard.reschedule(self._loop.time())

    @abstractmethod
    async def _receive(self) -> ServerMessage | None:
        """The next message; None for one of a type that this client doesn't know, or for a mere sign of life.

        Notes in ``_heard_s`` that there was something.
        """

    @abstractmethod
    async def send(self, message: ClientMessage) -> None:
        """Send a message. Raises ``TransportError`` if the connection is gone."""

    @abstractmethod
    async def close(self) -> None:
        """Close it. Takes well under a second, whatever the peer does."""


def network_reason(error: Exception) -> str:
    """An error of the network in words."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"can't connect: {error.strerror or error.os_error}"
    return str(error) or type(error).__name__


def closed_with(code: int | None, reason: str | None) -> Exception:
    """What a close by the server means: come back, unless the table says not to."""
    row = CLOSE_CODES.get(code or 0)
    text = f"closed by the server with {code or 'no code'}" + (f" ({reason})" if reason else "")
    if row is not None and not row.reconnect:
        return RefusedError(f"close-{code}", text)
    return TransportError(text)
