"""One iteration of a feed: events are requested one by one, with a timeout."""

from __future__ import annotations

import asyncio
import inspect
from dataclasses import dataclass
from typing import Any

from ticker.feed.feed import Feed
from ticker.testing.stalls import BEAT_S, Stalls


@dataclass(frozen=True, slots=True)
class Event:
    """What the iterator yielded; should be a ``FeedEvent``."""

    value: object


@dataclass(frozen=True, slots=True)
class Ended:
    """The iterator is done."""


@dataclass(frozen=True, slots=True)
class Silence:
    """No event came in time."""


@dataclass(frozen=True, slots=True)
class Failure:
    """``__aiter__`` or the iterator raised."""

    error: Exception
    of_aiter: bool = False


Outcome = Event | Ended | Silence | Failure


class Iteration:
    """Iterates ``feed`` in one task, as the server does. Each ``next`` requests one event."""

    def __init__(self, feed: Feed) -> None:
        self._stalls = Stalls()
        #: The exception that closing the iterator raised.
        self.close_error: Exception | None = None
        self._feed = feed
        self._ask = asyncio.Semaphore(0)
        self._asked = False
        self._answers: asyncio.Queue[Outcome] = asyncio.Queue(1)
        self._task = asyncio.create_task(self._iterate())

    @property
    def blocked_s(self) -> float:
        """The longest time that the feed blocked the event loop during the last ``next``."""
        return self._stalls.longest_s

    async def next(self, timeout_s: float) -> Outcome:
        """The next event, or another outcome. After ``Silence`` the request is still pending."""
        self._stalls.restart()
        if not self._asked:
            self._asked = True
            self._ask.release()
        beat = asyncio.create_task(self._beat())
        try:
            outcome = await asyncio.wait_for(self._answers.get(), timeout_s)
        except TimeoutError:
            return Silence()
        finally:
            self._stalls.beat()
            beat.cancel()
            await asyncio.wait({beat})
        self._asked = False
        return outcome

    async def close(self, timeout_s: float) -> bool:
        """Stop the iteration; False if it didn't stop within ``timeout_s``."""
        self._stalls.close()
        self._task.cancel()
        _, unfinished = await asyncio.wait({self._task}, timeout=timeout_s)
        return not unfinished

    async def _iterate(self) -> None:
        try:
            iterator = _iterator(self._feed)
        except Exception as error:  # noqa: BLE001 - any exception is an outcome
            self._answers.put_nowait(Failure(error, of_aiter=True))
            return
        try:
            outcome: Outcome = Silence()
            while not isinstance(outcome, Ended | Failure):
                await self._ask.acquire()
                try:
                    outcome = Event(await anext(iterator))
                except StopAsyncIteration:
                    outcome = Ended()
                except Exception as error:  # noqa: BLE001 - any exception is an outcome
                    outcome = Failure(error)
                self._answers.put_nowait(outcome)
        finally:
            await self._aclose(iterator)

    async def _aclose(self, iterator: Any) -> None:
        if hasattr(iterator, "aclose"):
            try:
                await iterator.aclose()
            except Exception as error:  # noqa: BLE001 - reported as close_error
                self.close_error = error

    async def _beat(self) -> None:
        while True:
            await asyncio.sleep(BEAT_S)
            self._stalls.beat()


def _iterator(feed: Feed) -> Any:
    iterator: Any = feed.__aiter__()
    if inspect.iscoroutine(iterator):
        iterator.close()
        raise TypeError("it is a coroutine function; remove `async`, or yield in it")
    if not hasattr(iterator, "__anext__"):
        raise TypeError(f"it returned a {type(iterator).__name__} without __anext__")
    return iterator
