"""A scripted stream without a connection, for tests of ``ticker watch``."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from types import TracebackType
from typing import Any, Self

from ticker.client.iterators import ItemIterator
from ticker.errors import StreamError
from ticker.wire.messages import FeedState


class FakeItems(ItemIterator[Any]):
    """Yields its items; then it ends, raises ``error``, or (with ``stays``) waits for ``put``."""

    def __init__(self, items: list[Any], error: StreamError | None = None, *, stays: bool = False) -> None:
        self.items = deque(items)
        self.error = error
        self.stays = stays
        self.arrived = asyncio.Event()
        #: Set while the reader waits for more.
        self.waiting = asyncio.Event()

    def put(self, *items: Any) -> None:
        self.items.extend(items)
        self.arrived.set()

    def take(self) -> Any:
        if self.items:
            return self.items.popleft()
        if self.error:
            raise self.error
        if self.stays:
            return None
        raise StopAsyncIteration

    async def __anext__(self) -> Any:
        while not self.items:
            if not self.stays:
                if self.error:
                    raise self.error
                raise StopAsyncIteration
            self.arrived.clear()
            self.waiting.set()
            await self.arrived.wait()
        self.waiting.clear()
        return self.items.popleft()


class FakeStream:
    """All channels yield the items of ``items``."""

    url = "ws://fake:1/v1/stream"

    def __init__(self, items: FakeItems, symbols: list[str], rejected: dict[str, str] | None = None) -> None:
        self.items = items
        self.symbols = symbols
        self.rejected = rejected or {}
        self.state = "live"
        self.feed: FeedState | None = None
        self.refuses: StreamError | None = None
        self.closed = False
        #: The items of ``events``.
        self.told: list[object] = []

    def updates(self) -> FakeItems:
        return self.items

    trades = quotes = updates

    async def events(self) -> AsyncIterator[object]:
        for event in self.told:
            yield event

    async def __aenter__(self) -> Self:
        if self.refuses:
            raise self.refuses
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.closed = True
