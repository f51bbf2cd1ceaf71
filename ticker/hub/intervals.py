"""The intervals of bars that clients use and the server does not keep: how many there are, and who may use another.

The server folds such bars while a client is subscribed to them; each takes memory and time, so both are limited.
"""

from __future__ import annotations

from collections import Counter

from ticker.errors import ProtocolError
from ticker.fanout.subscription import Subscription, Topic
from ticker.intervals import KEPT, Interval, interval
from ticker.market.bar_store import BarStore
from ticker.wire.limits import Limits
from ticker.wire.messages import Id


def not_kept(topic: Topic) -> Interval | None:
    """The interval of a topic, if it is one that the server does not keep."""
    found = interval(topic.interval) if topic.interval else None
    return None if found in KEPT else found


class IntervalsInUse:
    """Counts the subscriptions of each interval that is not kept. The bar store folds an interval while it has one."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._uses: Counter[Interval] = Counter()
        #: By source (see ``Session.source``), without those that are exempt.
        self._sources: dict[str, Counter[Interval]] = {}

    def __len__(self) -> int:
        return len(self._uses)

    def check(self, wanted: Interval, mine: list[Subscription], source: str, id_: Id | None) -> None:
        """Raise ``ProtocolError`` if a client with the subscriptions ``mine`` may not begin to use ``wanted``."""
        used = sum(not each.empty and not_kept(each.topic) is not None for each in mine)
        kept = ", ".join(each.name for each in KEPT)
        if used >= self._limits.intervals:
            text = f"{wanted.name} would be interval {used + 1} besides {kept}; the limit is {self._limits.intervals}"
        elif (
            wanted not in (there := self._sources.get(source, ())) and len(there) >= self._limits.intervals_per_address
        ):
            text = f"your address or key uses {len(there)} intervals besides {kept}, which is the limit"
        elif wanted not in self._uses and len(self) >= self._limits.server_intervals:
            text = f"all clients use {len(self)} intervals besides {kept}, which is the limit; use one of these"
        else:
            return
        raise ProtocolError("too-many-intervals", text, id_)

    def begin(self, used: Interval, source: str, store: BarStore) -> None:
        """A subscription of the interval has begun."""
        if source:
            self._sources.setdefault(source, Counter())[used] += 1
        self._uses[used] += 1
        if self._uses[used] == 1:
            store.follow(used)

    def end(self, used: Interval, source: str, store: BarStore) -> bool:
        """A subscription of the interval has ended. Returns whether it was the last one."""
        if source:
            self._sources[source] -= Counter({used: 1})
            if not self._sources[source]:
                del self._sources[source]
        self._uses[used] -= 1
        if self._uses[used]:
            return False
        del self._uses[used]
        store.unfollow(used)
        return True

    def restart(self, store: BarStore) -> None:
        """Continue with another store."""
        for used in self._uses:
            store.follow(used)
