"""The order in which unused items are deleted, fair between the sources that created them."""

from __future__ import annotations

from typing import Generic, TypeVar

T = TypeVar("T")


class EvictionOrder(Generic[T]):
    """Items by their source, the oldest first. The next one is the oldest of the source that has most.

    A flood of items from one source therefore evicts its own. Items without a source (``""``) count as one each: they
    are evicted, in order of age, once no source has more than one.
    """

    def __init__(self) -> None:
        self._by_source: dict[str, dict[T, None]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, source: str, item: T) -> None:
        """Add an item as the newest one."""
        self.discard(source, item)
        self._by_source.setdefault(source, {})[item] = None
        self._count += 1

    def discard(self, source: str, item: T) -> None:
        items = self._by_source.get(source, {})
        if item in items:
            del items[item]
            self._count -= 1
            if not items:
                del self._by_source[source]

    def oldest_of(self, source: str) -> T | None:
        return next(iter(self._by_source.get(source, ())), None)

    def next(self) -> T | None:
        """The item to delete next; None if there is none."""
        if not self._by_source:
            return None
        most = max(self._by_source, key=lambda source: len(self._by_source[source]) if source else 1)
        return self.oldest_of(most)
