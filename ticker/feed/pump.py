"""Runs a feed into the hub, starts it again when it fails, and knows how it is.

A feed that raises, or yields what must not reach the board, is asked for a new iterator after a pause that doubles up
to ``MAXIMUM_PAUSE_S``; the clients stay and are told that the feed is stale. Each of its lives is a task of its own:
what a feed cancels is that, and never the pump. This module knows no client.
"""

from __future__ import annotations

import asyncio
import logging
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

from ticker.feed.feed import AttentiveFeed, Feed, PausableFeed, ReplayFeed
from ticker.model import FeedEvent, TickBatch
from ticker.wire.messages import FeedState, FeedStateName

log = logging.getLogger("ticker.feed")

#: The longest pause before a failed feed is started again, and the run after which it counts as recovered.
MAXIMUM_PAUSE_S = 30.0
FIRST_PAUSE_S = 0.5
#: Without a tick for this long, a feed that works is called quiet.
QUIET_AFTER_S = 5.0
#: How long a feed may take to let go of its things when it is closed.
CLOSE_S = 5.0


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
        self._attentive = feed if isinstance(feed, AttentiveFeed) else None
        #: The task of the feed's present life, and what failed while its events were collected.
        self._life: asyncio.Task[None] | None = None
        self._rejected: Exception | None = None
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

    def attend(self, every_s: float) -> None:
        """Tell the feed how often ``collect`` will be called."""
        if self._attentive is not None:
            self._attentive.attend(every_s)

    def collect(self) -> None:
        """Publish what the feed has due, before its iterator yields it."""
        if self._attentive is None or self._life is None or self._rejected is not None:
            return
        try:
            for event in self._attentive.collect():
                self._enter(event)
        except Exception as error:  # noqa: BLE001 - third-party code, or an event that is refused
            self._state = "stale"
            self._rejected = error
            self._life.cancel()

    async def run(self) -> None:
        """Until the feed ends by itself, or this is cancelled. A replay that ended is waited for: it may be sought."""
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = self._monotonic()
            failure = await _failure(self._drain())
            if failure is None:
                self._state = "ended"
                log.info("the feed has come to its end")
                if not isinstance(self.feed, ReplayFeed):
                    return
                failure = await _failure(self.feed.again())
            if failure is not None:
                if self._monotonic() - started_s > MAXIMUM_PAUSE_S:
                    pause_s = FIRST_PAUSE_S
                self.failures += 1
                self._state = "stale"
                # Half of the pause is chance, so that several services don't knock at an upstream together.
                wait_s = pause_s * (0.5 + 0.5 * self._jitter())
                text = "the feed failed (%s: %s); starting it again in %.1f s (failure %d)"
                # The traceback once: a feed that is down for a day would fill the disk with it.
                first = self.failures == 1
                name = type(failure).__name__
                log.error(text, name, failure, wait_s, self.failures, exc_info=failure if first else None)
                await self._sleep(wait_s)
                pause_s = min(MAXIMUM_PAUSE_S, 2 * pause_s)

    async def _drain(self) -> None:
        events = aiter(self.feed)
        self._life, self._rejected = asyncio.current_task(), None
        try:
            async for event in events:
                self._raise_rejected()
                self._enter(event)
                # A feed may yield without ever waiting; the clients get their turn all the same.
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._raise_rejected()
            raise
        except Exception:
            # From now on, for closing may take its time.
            self._state = "stale"
            raise
        finally:
            self._life = None
            await _close(events)

    def _enter(self, event: FeedEvent) -> None:
        self._publish(event)
        self._state = "live"
        if isinstance(event, TickBatch) and len(event):
            self._last_tick_s = self._monotonic()
            self._ts = max(int(column.ts[-1]) for column in (event.trades, event.quotes) if len(column))

    def _raise_rejected(self) -> None:
        if self._rejected is not None:
            raise self._rejected


async def _failure(life: Coroutine[object, object, None]) -> BaseException | None:
    """What third-party code raised, whatever it was; None if it returned. Cancelled, it cancels that, and waits."""
    task = asyncio.create_task(life, name="feed's life")
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        _raised(task)  # looked at, so that asyncio doesn't miss it
        raise
    return _raised(task)


def _raised(task: asyncio.Task[None]) -> BaseException | None:
    return asyncio.CancelledError("by itself") if task.cancelled() else task.exception()


async def _close(events: AsyncIterator[FeedEvent]) -> None:
    """Close a generator for certain, so that a failed feed lets go of its files now and not some time."""
    close = getattr(events, "aclose", None)
    if close is None:
        return
    try:
        async with asyncio.timeout(CLOSE_S):
            await close()
    except Exception as error:  # noqa: BLE001 - third-party code; what it failed by before counts
        log.warning("the feed failed while it was closed (%s: %s)", type(error).__name__, error)
