"""Runs a feed: publishes its events, restarts it after a failure, and reports its state.

A feed that raises, or yields an invalid event, is iterated again after a pause, which doubles up to
``MAXIMUM_PAUSE_S``. Clients stay connected and see that the feed is stale. Each iteration is a task of its own: a feed
that cancels its task does not cancel the pump.
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

#: The longest pause before a restart. A feed that ran longer than this before it failed starts with the first pause.
MAXIMUM_PAUSE_S = 30.0
FIRST_PAUSE_S = 0.5
#: A running feed without ticks for this long is in state ``quiet``.
QUIET_AFTER_S = 5.0
#: How long closing a feed's iterator may take.
CLOSE_S = 5.0


class Pump:
    """Passes a feed's events to ``publish``. An exception of ``publish`` counts as the feed's failure."""

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
        #: The task that iterates over the feed, and what failed while events were collected.
        self._life: asyncio.Task[None] | None = None
        self._rejected: BaseException | None = None
        self._publish = publish
        self._monotonic = monotonic
        self._sleep = sleep
        self._jitter = jitter
        self._state: FeedStateName = "quiet"
        self._ts: int | None = None
        self._last_tick_s = float("-inf")

    def state(self) -> FeedState:
        """The state of the feed, and the timestamp of its newest tick."""
        state = self._state
        if state in ("live", "quiet"):
            # Also before the first event: a feed may start paused.
            if isinstance(self.feed, PausableFeed) and self.feed.paused:
                state = "paused"
            elif state == "live" and self._monotonic() - self._last_tick_s > QUIET_AFTER_S:
                state = "quiet"
        return FeedState(state=state, ts=self._ts)

    def attend(self, every_s: float) -> None:
        """Tell the feed how often ``collect`` will be called."""
        if self._attentive is not None:
            self._attentive.attend(every_s)

    def collect(self) -> None:
        """Publish the events that the feed has due."""
        if self._attentive is None or self._life is None or self._rejected is not None:
            return
        try:
            for event in self._attentive.collect():
                self._enter(event)
        except (Exception, asyncio.CancelledError) as error:  # noqa: BLE001 - third-party code, or a refused event
            self._state = "stale"
            self._rejected = error
            self._life.cancel()

    async def run(self) -> None:
        """Run until the feed ends by itself. After the end of a replay, wait for a seek and go on."""
        pause_s = FIRST_PAUSE_S
        while True:
            started_s = self._monotonic()
            failure = await _failure(self._drain())
            if failure is None:
                self._state = "ended"
                log.info("the feed has ended")
                if not isinstance(self.feed, ReplayFeed):
                    return
                failure = await _failure(self.feed.again())
            if failure is not None:
                if self._monotonic() - started_s > MAXIMUM_PAUSE_S:
                    pause_s = FIRST_PAUSE_S
                self.failures += 1
                self._state = "stale"
                # Half of the pause is random, so that several servers don't connect to an upstream at the same time.
                wait_s = pause_s * (0.5 + 0.5 * self._jitter())
                text = "the feed failed (%s: %s); restarting it in %.1f s (failure %d)"
                # The traceback is logged once: a feed that is down for a day would fill the disk with it.
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
                # A feed may yield without ever waiting. Other tasks must run, too.
                await asyncio.sleep(0)
        except asyncio.CancelledError:
            self._raise_rejected()
            raise
        except Exception:
            # Before closing, which may take long.
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
    """Run third-party code as a task. Returns what it raised, or None. If cancelled, cancels the task and waits."""
    task = asyncio.create_task(life, name="feed's life")
    try:
        await asyncio.wait({task})
    except asyncio.CancelledError:
        task.cancel()
        await asyncio.wait({task})
        _raised(task)  # retrieved, so that asyncio does not log it
        raise
    return _raised(task)


def _raised(task: asyncio.Task[None]) -> BaseException | None:
    return asyncio.CancelledError("by the feed itself") if task.cancelled() else task.exception()


async def _close(events: AsyncIterator[FeedEvent]) -> None:
    """Close a generator now, so that a failed feed closes its files before it is restarted."""
    close = getattr(events, "aclose", None)
    if close is None:
        return
    try:
        async with asyncio.timeout(CLOSE_S):
            await close()
    except Exception as error:  # noqa: BLE001 - third-party code; the failure that closed it is the one to report
        log.warning("closing the feed failed (%s: %s)", type(error).__name__, error)
