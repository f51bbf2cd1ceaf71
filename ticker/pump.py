"""Runs a feed into the hub, starts it again when it fails, and knows how it is.

A feed that raises, or yields what must not reach the board, is asked for a new iterator after a pause that doubles up
to ``MAXIMUM_PAUSE_S``; the clients stay and are told that the feed is stale. This module knows no client.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, nullcontext
from typing import Any

from ticker.feed import Feed, PausableFeed, ReplayFeed
from ticker.messages import FeedState, FeedStateName
from ticker.model import FeedEvent, TickBatch

log = logging.getLogger("ticker.feed")

#: The longest pause before a failed feed is started again, and the run after which it counts as recovered.
MAXIMUM_PAUSE_S = 30.0
FIRST_PAUSE_S = 0.5
#: Without a tick for this long, a feed that works is called quiet.
QUIET_AFTER_S = 5.0


class Pump:
    """One feed on its way into the hub. ``publish`` takes each event; what it raises counts as the feed's failure."""

    def __init__(
        self,
        feed: Feed,
        publish: Callable[[FeedEvent], None],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self.feed = feed
        self.failures = 0
        self._publish = publish
        self._monotonic = monotonic
        self._sleep = sleep
        self._jitter = jitter
        self._state: FeedStateName = "quiet"
        self._ts: int | None = None
        self._last_tick_s = float("-inf")

    def state(self) -> FeedState:
        """How the feed is now."""
        state = self._state
        if state == "live":
            if isinstance(self.feed, PausableFeed) and self.feed.paused:
                state = "paused"
            elif self._monotonic() - self._last_tick_s > QUIET_AFTER_S:
                state = "quiet"
        return FeedState(state=state, ts=self._ts)

    async def run(self) -> None:
        """Until the feed ends by itself, or this is cancelled. A replay that ended is waited for: it may be sought."""
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = self._monotonic()
            try:
                await self._drain()
            except Exception as error:  # third-party code: whatever it raises, the service goes on
                if self._monotonic() - started_s > MAXIMUM_PAUSE_S:
                    pause_s = FIRST_PAUSE_S
                self.failures += 1
                self._state = "stale"
                # Half of the pause is chance, so that several services don't knock at an upstream together.
                wait_s = pause_s * (0.5 + 0.5 * self._jitter())
                text = "the feed failed (%s: %s); starting it again in %.1f s (failure %d)"
                # The traceback once: a feed that is down for a day would fill the disk with it.
                first = self.failures == 1
                log.error(text, type(error).__name__, error, wait_s, self.failures, exc_info=error if first else None)
                await self._sleep(wait_s)
                pause_s = min(MAXIMUM_PAUSE_S, 2 * pause_s)
            else:
                self._state = "ended"
                log.info("the feed has come to its end")
                if not isinstance(self.feed, ReplayFeed):
                    return
                await self.feed.again()

    async def _drain(self) -> None:
        events = aiter(self.feed)
        async with _closing(events):
            async for event in events:
                self._publish(event)
                self._state = "live"
                if isinstance(event, TickBatch) and len(event):
                    self._last_tick_s = self._monotonic()
                    self._ts = max(int(column.ts[-1]) for column in (event.trades, event.quotes) if len(column))
                # A feed may yield without ever waiting; the clients get their turn all the same.
                await asyncio.sleep(0)


def _closing(events: AsyncIterator[FeedEvent]) -> Any:
    """Close a generator for certain, so that a failed feed lets go of its files now and not some time."""
    return aclosing(events) if hasattr(events, "aclose") else nullcontext()
