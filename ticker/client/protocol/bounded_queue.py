"""The queue between the server and a slow user: bounded, and it counts what it drops."""

from __future__ import annotations

from collections import deque
from typing import Generic, TypeVar

import msgspec

Item = TypeVar("Item", bound=msgspec.Struct)


class BoundedQueue(Generic[Item]):
    """Items of one channel in the order of their arrival, at most ``bound``.

    When the queue is full, the oldest item is dropped, because the newest are worth the most. The next item with the
    same key carries the number of dropped ones in its field ``lost``.
    """

    def __init__(self, channel: str, bound: int) -> None:
        self.channel = channel
        #: What logs and counts call the items.
        self.name = channel
        #: Items lost so far, here or at the server, by the first part of their key.
        self.lost: dict[str, int] = {}
        #: The sum of them.
        self.lost_in_all = 0
        self._bound = bound
        self._items: deque[Item] = deque()
        # Lost before the next item of the key.
        self._dropped: dict[tuple[str, str], int] = {}

    def __len__(self) -> int:
        return len(self._items)

    def key(self, item: Item) -> tuple[str, str]:
        """What an item's losses are counted under."""
        raise NotImplementedError

    def put(self, item: Item) -> None:
        self._items.append(item)
        if len(self._items) > self._bound:
            self._drop()

    def _drop(self) -> None:
        oldest = self._items.popleft()
        key = self.key(oldest)
        self.count(key[0], 1)
        # Losses before the dropped item precede its successor too. The total has them already.
        if (before := getattr(oldest, "lost", None)) is not None:
            self._dropped[key] = self._dropped.get(key, 0) + 1 + before

    def count(self, name: str, lost: int) -> None:
        """Add to the losses."""
        self.lost[name] = self.lost.get(name, 0) + lost
        self.lost_in_all += lost

    def take(self) -> Item | None:
        """The oldest item, or None."""
        if not self._items:
            return None
        item = self._items.popleft()
        if self._dropped and (dropped := self._dropped.pop(self.key(item), 0)):
            return msgspec.structs.replace(item, lost=getattr(item, "lost", 0) + dropped)
        return item
