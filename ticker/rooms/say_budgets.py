"""Budgets of chat messages. They outlive connections, so reconnecting gains nothing."""

from __future__ import annotations

from collections import OrderedDict
from typing import Final

from ticker.token_bucket import TokenBucket

#: How many sources without a connection are remembered, the most recent ones, and how many budgets of each.
MAX_SOURCES: Final = 10_000
MAX_BUDGETS: Final = 32
#: Remembered sources that are examined per call.
_STEPS: Final = 10


class SayBudgets:
    """A client has a budget of its own. What it has spent when it disconnects is passed on to the next client of the
    same source (see ``Session.source``). Times are in ns.
    """

    def __init__(self) -> None:
        self._left_behind: OrderedDict[str, list[TokenBucket]] = OrderedDict()

    def __len__(self) -> int:
        """The number of budgets that are remembered."""
        return sum(map(len, self._left_behind.values()))

    def take(self, source: str, says_per_minute: int, ts: int) -> TokenBucket:
        """The budget of a new client: the most depleted one that a client of its source left behind, or a full one."""
        self._forget_refilled(ts)
        left = self._left_behind.get(source)
        if left:
            bucket = min(left, key=lambda each: each.left(ts))
            left.remove(bucket)
            if not left:
                del self._left_behind[source]
            return bucket
        # A third of a minute's messages may be sent at once.
        return TokenBucket(says_per_minute, 60e9, max(1.0, says_per_minute / 3))

    def give_back(self, source: str, bucket: TokenBucket) -> None:
        """A client has disconnected."""
        left = self._left_behind.setdefault(source, [])
        self._left_behind.move_to_end(source)
        left.append(bucket)
        if len(left) > MAX_BUDGETS:
            del left[0]
        if len(self._left_behind) > MAX_SOURCES:
            self._left_behind.popitem(last=False)

    def _forget_refilled(self, ts: int) -> None:
        """Forget budgets that are full again, of the sources that have been without a connection for longest."""
        for _ in range(min(_STEPS, len(self._left_behind))):
            source = next(iter(self._left_behind))
            kept = [each for each in self._left_behind[source] if each.left(ts) < each.capacity]
            if kept:
                self._left_behind[source] = kept
                return
            del self._left_behind[source]
