"""Iterators over what arrives on one channel: for ``async for`` on the event loop, and for ``for`` in other threads.

They store nothing. Trades, quotes and events wait in a ``BoundedQueue``, changes of prices in the ``View``.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import TYPE_CHECKING, Any, Generic, Protocol, Self, TypeVar

from ticker.errors import StreamError

if TYPE_CHECKING:
    from ticker.client.supervisor import Supervisor

Item = TypeVar("Item")
Item_co = TypeVar("Item_co", covariant=True)

#: A user's loop that never has to wait yields to the event loop after this time, so that new values are read.
_TURN_S = 0.005
#: It yields at least this many times (from the socket to the values takes several), and for at most `_BREATH_S`.
_BREATH_TURNS = 4
_BREATH_S = 0.05
#: Waits in a thread are cut into pieces of this length: on some systems a waiting thread doesn't notice Ctrl-C.
WAIT_S = 0.25


class ItemSource(Protocol[Item_co]):
    """A ``BoundedQueue`` or the ``View``. Its length is at least the number of items to take."""

    def take(self) -> Item_co | None: ...

    def __len__(self) -> int: ...


class ItemIterator(Generic[Item]):
    """An asynchronous iterator over what arrives on one channel.

    It ends when the stream is closed, and raises the stream's ``StreamError`` when it failed permanently.
    """

    def __init__(self, source: ItemSource[Item], supervisor: Supervisor) -> None:
        #: A request to make before the next item is awaited. Repeated if it raises.
        self.first: Callable[[], Awaitable[None]] | None = None
        self._source = source
        self._supervisor = supervisor
        self._arrived = asyncio.Event()
        self._turned_s = 0.0

    def wake(self) -> None:
        """End the wait if there is an item, or if none can come any more."""
        if len(self._source) or self._supervisor.ended:
            self._arrived.set()

    def poll(self) -> Item | None:
        """The next item or None, without waiting. The caller holds the supervisor's lock.

        Raises the stream's error when nothing is left, and ``StopAsyncIteration`` after ``close``.
        """
        ended, error = self._supervisor.ended, self._supervisor.error
        if ended and error is None:
            raise StopAsyncIteration
        item = self._source.take()
        if item is None and error is not None:
            raise error
        return item

    def check_open(self) -> None:
        """Raise for a stream that can't give anything: waiting for it would take forever.

        ``RuntimeError`` if it was never opened, ``StreamError`` if it belongs to another process.
        """
        self._supervisor.check_process()
        if not self._supervisor.started and not self._supervisor.ended:
            raise RuntimeError("the stream is not open; use it in a `with` statement, or call open()")

    def take(self) -> Item | None:
        """As ``poll``, for a caller without the lock."""
        with self._supervisor.lock:
            return self.poll()

    async def begin(self) -> None:
        """Make the request in ``first``, if any."""
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
            item = self.take()
            if item is not None:
                return item
            self.check_open()
            self._arrived.clear()
            await self._arrived.wait()
            self._turned_s = clock()

    async def _breathe(self, clock: Callable[[], float]) -> None:
        """Let the event loop read what has arrived while the user was busy."""
        until_s = clock() + _BREATH_S
        turns = 0
        while clock() < until_s:
            messages = self._supervisor.messages
            await asyncio.sleep(0)
            turns += 1
            if turns >= _BREATH_TURNS and self._supervisor.messages == messages:
                break
        self._turned_s = clock()


class SyncItemIterator(Generic[Item]):
    """An iterator over what arrives on one channel. Ctrl-C interrupts it."""

    def __init__(
        self,
        items: ItemIterator[Item],
        arrived: threading.Condition,
        run: Callable[[Coroutine[Any, Any, None]], None],
    ) -> None:
        self._items = items
        self._arrived = arrived
        self._run = run

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        try:
            return self._wait(None)
        except StopAsyncIteration:
            raise StopIteration from None

    def next(self, timeout: float | None = None) -> Item:
        """The next item, after at most ``timeout`` seconds (None: no limit).

        Raises ``TimeoutError`` if none has arrived, ``StreamError`` if the stream is closed or failed permanently.
        """
        try:
            return self._wait(timeout)
        except StopAsyncIteration:
            raise StreamError("the stream is closed") from None

    def _wait(self, timeout: float | None) -> Item:
        self._items.check_open()
        if self._items.first is not None:
            self._run(self._items.begin())
        until_s = None if timeout is None else time.monotonic() + timeout
        with self._arrived:
            while (item := self._items.poll()) is None:
                wait_s = WAIT_S if until_s is None else min(WAIT_S, until_s - time.monotonic())
                if wait_s <= 0:
                    raise TimeoutError(f"nothing arrived within {timeout:g} s")
                self._arrived.wait(wait_s)
        return item
