"""What waits for the user on one channel, and waiting for it in a thread without an event loop."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Coroutine
from typing import Any, Generic, Self

from ticker.client.inbox import Inbox, Item
from ticker.errors import StreamError

#: No wait is longer than this in one go: on some systems a thread that waits doesn't notice Ctrl-C.
WAIT_S = 0.25


class SyncInbox(Generic[Item]):
    """An iterator over what comes on one channel. Ctrl-C interrupts it."""

    def __init__(self, run: Callable[[Coroutine[Any, Any, None]], None]) -> None:
        #: Set when something may have come. One for each channel, for each clears it by itself.
        self.arrival = threading.Event()
        self._run = run
        self._inbox: Inbox[Item] | None = None

    def over(self, inbox: Inbox[Item]) -> Self:
        """This, over what comes into ``inbox``."""
        self._inbox = inbox
        return self

    def __iter__(self) -> Self:
        return self

    def __next__(self) -> Item:
        return self._next(None)

    def next(self, timeout: float | None = None) -> Item:
        """The next item, waiting ``timeout`` seconds at the most (None: for ever).

        Raises ``TimeoutError`` if none has come, ``StreamError`` if the stream is closed or failed for good.
        """
        try:
            return self._next(timeout)
        except StopIteration:
            raise StreamError("the stream is closed") from None

    def _next(self, timeout: float | None) -> Item:
        inbox = self._inbox
        assert inbox is not None
        if inbox.first is not None:
            self._run(inbox.begin())
        item = inbox.take()
        if item is not None:
            return item
        until_s = None if timeout is None else time.monotonic() + timeout
        while True:
            # Cleared before looking: what comes after the look sets it again.
            self.arrival.clear()
            item = inbox.take()
            if item is not None:
                return item
            wait_s = WAIT_S if until_s is None else min(WAIT_S, until_s - time.monotonic())
            if wait_s <= 0:
                raise TimeoutError(f"nothing came within {timeout:g} s")
            self.arrival.wait(wait_s)
