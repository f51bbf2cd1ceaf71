"""The part of the client's stream that ``ticker watch`` uses, and reading from it in batches."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from ticker.errors import StreamError
from ticker.wire.messages import FeedState

#: Items per batch: about as much as a pipe holds.
_BATCH: Final = 200


class Inbox(Protocol):
    """An iterator that also returns what is already there. A protocol, so that tests can script it."""

    async def __anext__(self) -> Any: ...

    def take(self) -> Any: ...


class Stream(Protocol):
    """The client's stream. A protocol, so that tests can script it."""

    @property
    def url(self) -> str: ...

    @property
    def state(self) -> str: ...

    @property
    def feed(self) -> FeedState | None: ...

    @property
    def symbols(self) -> list[str]: ...

    @property
    def rejected(self) -> Mapping[str, str]: ...

    def updates(self) -> Inbox: ...

    def trades(self) -> Inbox: ...

    def quotes(self) -> Inbox: ...


def at_once(count: int | None, seen: int) -> int:
    """The size of the next batch."""
    return _BATCH if count is None else min(_BATCH, count - seen)


async def next_batch(inbox: Inbox, most: int) -> list[Any]:
    """At most ``most`` items; waits for the first. Empty at the end of the stream, or if ``most`` is 0."""
    if most <= 0:
        return []
    try:
        first = await inbox.__anext__()
    except StopAsyncIteration:
        return []
    return [first, *taken(inbox, most - 1)]


def taken(inbox: Inbox, most: int) -> list[Any]:
    """The items that are already there, at most ``most``."""
    items: list[Any] = []
    # The next wait raises what ended the stream, after these items have been shown.
    with suppress(StopIteration, StreamError):
        while len(items) < most and (item := inbox.take()) is not None:
            items.append(item)
    return items


def inbox_of(stream: Stream, channel: str) -> Inbox:
    """The stream's items of a channel."""
    if channel == "trades":
        return stream.trades()
    return stream.quotes() if channel == "quotes" else stream.updates()
