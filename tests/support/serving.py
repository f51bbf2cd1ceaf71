"""A real server on a real socket in the test's event loop, with a feed that the test drives."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import ClassVar

from aiohttp import web_app

from tests.support.market import Quote, Trade, batch
from ticker.feed.feed import Feed, FeedInfo, FeedOptions
from ticker.model import FeedEvent, SymbolTable
from ticker.server import Service, Settings

#: Most tests end with clients that no longer read and so never answer the server's close.
STOP_CLIENTS_S = 0.05


class ScriptedFeed:
    """A feed that yields the events and raises the exceptions that a test puts into it."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions

    def __init__(self, names: tuple[str, ...] = ("AAPL", "MSFT", "GOOG"), *, complete: bool = True) -> None:
        self.table = SymbolTable(names)
        self.info = FeedInfo(symbols=self.table, complete=complete, ends=True, title="scripted")
        self._events: asyncio.Queue[FeedEvent | Exception | None] = asyncio.Queue()

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        while (event := await self._events.get()) is not None:
            if isinstance(event, Exception):
                raise event
            yield event

    def put(self, event: FeedEvent | Exception | None) -> None:
        """Queue an event. ``None`` ends the feed."""
        self._events.put_nowait(event)

    def tick(self, trades: list[Trade] | None = None, quotes: list[Quote] | None = None) -> None:
        self.put(batch(self.table, trades or [], quotes or []))


@asynccontextmanager
async def serving(feed: Feed, settings: Settings | None = None) -> AsyncIterator[Service]:
    """A running service, stopped at the end. Clients get ``STOP_CLIENTS_S`` to answer its close."""
    settings = replace(settings or Settings(port=0), stop_clients_s=STOP_CLIENTS_S)
    service = Service(feed, "scripted", settings)
    await service.start()
    try:
        yield service
    finally:
        await service.stop()
        # aiohttp keeps the applications of the last thousand handlers, and with them the memory of their services.
        forget = getattr(web_app, "_cached_build_middleware", None)
        if forget is not None:
            forget.cache_clear()
