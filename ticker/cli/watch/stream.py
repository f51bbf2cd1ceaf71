"""Reading the client's stream in batches."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, Final

from ticker.client.iterators import ItemIterator
from ticker.client.stream import Stream
from ticker.errors import StreamError

#: Items per batch: about as much as a pipe holds.
_BATCH: Final = 200


def at_once(count: int | None, seen: int) -> int:
    """The size of the next batch."""
    return _BATCH if count is None else min(_BATCH, count - seen)


async def next_batch(items: ItemIterator[Any], most: int) -> list[Any]:
    """At most ``most`` items; waits for the first. Empty at the end of the stream, or if ``most`` is 0."""
    if most <= 0:
        return []
    try:
        first = await items.__anext__()
    except StopAsyncIteration:
        return []
    return [first, *taken(items, most - 1)]


def taken(items: ItemIterator[Any], most: int) -> list[Any]:
    """The items that are already there, at most ``most``."""
    found: list[Any] = []
    # The next wait raises what ended the stream, after these items have been shown.
    with suppress(StopAsyncIteration, StreamError):
        while len(found) < most and (item := items.take()) is not None:
            found.append(item)
    return found


def items_of(stream: Stream, channel: str) -> ItemIterator[Any]:
    """The stream's items of a channel."""
    if channel == "trades":
        return stream.trades()
    return stream.quotes() if channel == "quotes" else stream.updates()
