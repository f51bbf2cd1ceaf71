"""What waits for the user on one channel, and waiting for it on an event loop. Knows no protocol and no connection."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Generic, Protocol, Self, TypeVar

from ticker.errors import StreamError

Item = TypeVar("Item")

#: A user who iterates without ever waiting gives the loop a turn after this long, so that new values come in meanwhile.
_TURN_S = 0.005
#: How many turns at the least (from the socket to the values it takes some), and for how long at the most.
_BREATH_TURNS = 4
_BREATH_S = 0.05


class Upkeep(Protocol):
    """What tells whether anything can still come."""

    messages: int

    @property
    def ended(self) -> bool: ...

    @property
    def error(self) -> StreamError | None: ...


class Inbox(Generic[Item]):
    """An asynchronous iterator over what comes on one channel.

    ``take`` gives the next item or None, and never waits: it may be called from another thread.
    """

    def __init__(self, take: Callable[[], Item | None], upkeep: Upkeep, lock: threading.Lock) -> None:
        #: What is to be asked of the server before the next item, if anything; done once, unless it raises.
        self.first: Callable[[], Awaitable[None]] | None = None
        #: Set when something may have come, or all has ended.
        self.arrived = asyncio.Event()
        self._take = take
        self._upkeep = upkeep
        self._lock = lock
        self._turned_s = 0.0

    def take(self) -> Item | None:
        """The next item, or None. Raises what ended it all for good once nothing is left, ``StopIteration`` after a
        ``close``.
        """
        ended, error = self._upkeep.ended, self._upkeep.error
        if ended and error is None:
            raise StopIteration
        with self._lock:
            item = self._take()
        if item is None and error is not None:
            raise error
        return item

    async def begin(self) -> None:
        """Do what is to be done first."""
        first = self.first
        if first is not None:
            await first()
            if self.first is first:
                self.first = None

    def __aiter__(self) -> Self:
        return self

    async def __anext__(self) -> Item:
        if self.first is not None:
            await self.begin()
        clock = asyncio.get_running_loop().time
        if clock() - self._turned_s > _TURN_S:
            await self._breathe(clock)
        while True:
            try:
                item = self.take()
            except StopIteration:
                raise StopAsyncIteration from None
            if item is not None:
                return item
            self.arrived.clear()
            await self.arrived.wait()
            self._turned_s = clock()

    async def _breathe(self, clock: Callable[[], float]) -> None:
        """Let the loop read what has arrived, however long the user kept it."""
        until_s = clock() + _BREATH_S
        turns = 0
        while clock() < until_s:
            messages = self._upkeep.messages
            await asyncio.sleep(0)
            turns += 1
            if turns >= _BREATH_TURNS and self._upkeep.messages == messages:
                break
        self._turned_s = clock()
