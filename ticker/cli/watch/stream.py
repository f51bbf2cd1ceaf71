"""What ``ticker watch`` uses of the client's stream, and taking from it what comes together. Knows no output."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final, Protocol

from ticker.errors import StreamError
from ticker.wire.messages import FeedState

#: Items taken at once: as much as a pipe holds, about.
_BATCH: Final = 200


class Inbox(Protocol):
    """What the client's channels are: an iterator that can also be asked for what is there already."""

    async def __anext__(self) -> Any: ...

    def take(self) -> Any: ...


class Stream(Protocol):
    """What is used of the client's stream."""

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
    """How many may come at once."""
    return _BATCH if count is None else min(_BATCH, count - seen)


async def next_batch(inbox: Inbox, most: int) -> list[Any]:
    """What comes together, at most so many; waits for the first. Nothing if no more can come, or none may."""
    if most <= 0:
        return []
    try:
        first = await inbox.__anext__()
    except StopAsyncIteration:
        return []
    return [first, *taken(inbox, most - 1)]


def taken(inbox: Inbox, most: int) -> list[Any]:
    """What is there already, at most so many."""
    items: list[Any] = []
    # What ends the stream is told by the next wait, when these have been shown.
    with suppress(StopIteration, StreamError):
        while len(items) < most and (item := inbox.take()) is not None:
            items.append(item)
    return items


def inbox_of(stream: Stream, channel: str) -> Inbox:
    """Where the stream's items of a channel come in."""
    if channel == "trades":
        return stream.trades()
    return stream.quotes() if channel == "quotes" else stream.updates()
