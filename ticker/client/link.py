"""One connection of the client's: dialled, welcomed, read until it ends, closed. It moves messages and keeps the time.

It decides what an end means (whether to come back, and not before when), but nothing about prices.
"""

from __future__ import annotations

import asyncio
import email.utils
import logging
import time
from collections.abc import Callable, Iterable

import aiohttp
from yarl import URL

from ticker.client.encodings import Encodings
from ticker.client.follower import BrokenProtocolError
from ticker.client.lost import LostError
from ticker.errors import CLOSE_CODES, RefusedError
from ticker.messages import ClientMessage, ServerMessage, Welcome

log = logging.getLogger("ticker.client")

#: The hub's frames stay under 1 MiB; this is what a server of another make may need.
_MESSAGE_BYTES = 4 * 1024 * 1024
#: A connection is mute after this many heartbeats' time of silence, but never sooner than after `_SILENCE_S`.
_HEARTBEATS = 2.5
_SILENCE_S = 1.0
#: How long the peer may take to answer a close.
_CLOSE_S = 0.4
#: No `Retry-After` is honoured beyond this.
_RETRY_AFTER_S = 3600.0


async def dial(session: aiohttp.ClientSession, url: URL, encodings: Encodings, timeout_s: float) -> Link:
    """Connect, and await the welcome, all within ``timeout_s``. Raises ``LostError`` or ``RefusedError``."""
    try:
        async with asyncio.timeout(timeout_s):
            socket = await session.ws_connect(
                url,
                protocols=(encodings.out.subprotocol,),
                timeout=aiohttp.ClientWSTimeout(ws_close=_CLOSE_S),
                # Compressing each client's frames apart costs more than it saves.
                compress=0,
                max_msg_size=_MESSAGE_BYTES,
            )
            link = Link(socket, encodings)
            try:
                await link.welcomed()
            except BaseException:
                await link.close()
                raise
            return link
    except TimeoutError:
        raise LostError(f"no answer within {timeout_s:g} s") from None
    except aiohttp.WSServerHandshakeError as error:
        # 101 is a switch to something that isn't a WebSocket.
        if error.status != 429 and error.status < 500:
            raise RefusedError(f"http-{error.status}", f"the server answered with HTTP status {error.status}") from None
        retry_after_s = _retry_after_s(error.headers.get("Retry-After", "") if error.headers else "", time.time())
        raise LostError(f"HTTP status {error.status}", retry_after_s=retry_after_s) from None
    except BrokenProtocolError as error:
        raise LostError(str(error), broken=True) from None
    except (aiohttp.ClientError, OSError) as error:
        raise LostError(_reason(error)) from error


def _reason(error: Exception) -> str:
    """An error of the network in words."""
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"can't connect: {error.strerror or error.os_error}"
    return str(error) or type(error).__name__


def _retry_after_s(value: str, now_s: float) -> float:
    """A `Retry-After` header (RFC 9110, section 10.2.3) in seconds; 0 if there is none, or none that can be read."""
    try:
        delay_s = (
            float(value) if value.strip().isdigit() else email.utils.parsedate_to_datetime(value).timestamp() - now_s
        )
    except (ValueError, OverflowError):
        return 0.0
    return min(max(delay_s, 0.0), _RETRY_AFTER_S)


class Link:
    """An open connection. One task reads it (``pump``); any may ``send`` or ``close``."""

    welcome: Welcome

    def __init__(self, socket: aiohttp.ClientWebSocketResponse, encodings: Encodings) -> None:
        self._socket = socket
        self._encodings = encodings
        self._loop = asyncio.get_running_loop()
        self._heard_s = self._loop.time()
        self._guard: asyncio.Timeout | None = None
        self._aborted = ""

    async def welcomed(self) -> None:
        """Await the welcome. Raises ``BrokenProtocolError`` if another message comes first."""
        message = await self._receive()
        if not isinstance(message, Welcome):
            raise BrokenProtocolError("the server doesn't begin with a welcome: it may not be a ticker")
        self.welcome = message

    async def pump(self, handle: Callable[[ServerMessage], Iterable[ClientMessage]]) -> None:
        """Give each message to ``handle`` and send what it returns. Ends only by raising: ``LostError``,
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
            raise LostError(self._aborted or "timed out") from None
        except BrokenProtocolError as error:
            raise LostError(str(error), broken=True) from None
        finally:
            self._guard = None
            if watch is not None:
                watch.cancel()

    def abort(self, reason: str) -> None:
        """Let ``pump`` end with a ``LostError``."""
        if self._guard is not None and not self._guard.expired():
            self._aborted = reason
            self._guard.reschedule(self._loop.time())

    async def _receive(self) -> ServerMessage | None:
        """The next message; None for one of a type that this client doesn't know."""
        message = await self._socket.receive()
        self._heard_s = self._loop.time()
        if message.type is aiohttp.WSMsgType.TEXT or message.type is aiohttp.WSMsgType.BINARY:
            return self._encodings.decode(message.data)
        if message.type is aiohttp.WSMsgType.CLOSE:
            raise _ended(message.data, message.extra)
        if message.type is aiohttp.WSMsgType.ERROR:
            raise LostError(f"the WebSocket failed: {message.data}", broken=True)
        raise LostError("the connection broke")

    async def send(self, message: ClientMessage) -> None:
        """Send a message. Raises ``LostError`` if the connection is gone."""
        payload = self._encodings.out.encode(message)
        try:
            if self._encodings.out.is_text:
                await self._socket.send_str(payload.decode())
            else:
                await self._socket.send_bytes(payload)
        except (aiohttp.ClientError, OSError) as error:
            raise LostError(_reason(error)) from error

    async def close(self) -> None:
        """Close with 1000. Takes well under a second, whatever the peer does."""
        try:
            async with asyncio.timeout(1.5 * _CLOSE_S):
                await self._socket.close()
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            log.debug("closing: %r", error)


def _ended(code: int | None, reason: str | None) -> Exception:
    """What a close by the server means: come back, unless the table says not to."""
    row = CLOSE_CODES.get(code or 0)
    text = f"closed by the server with {code or 'no code'}" + (f" ({reason})" if reason else "")
    if row is not None and not row.reconnect:
        return RefusedError(f"close-{code}", text)
    return LostError(text)
