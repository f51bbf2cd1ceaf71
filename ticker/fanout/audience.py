"""Who gets what is encoded once: groups of subscriptions with equal watchlists, and those that lag behind.

A group's frame is made once and written to every member. A member whose outlet is not ready is not waited for: it
leaves the group, and comes back when it has caught up by itself. This module knows no encoding and no values.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Generic, TypeVar

from ticker.fanout.subscription import Subscription
from ticker.fanout.watchlist import Watchlist

S = TypeVar("S", bound=Subscription)


class Group(Generic[S]):
    """Subscriptions that are in step and watch the same. ``version`` is what each has been told, or less."""

    __slots__ = ("members", "version", "watchlist")

    def __init__(self, watchlist: Watchlist, version: int) -> None:
        self.watchlist = watchlist
        self.version = version
        self.members: dict[S, None] = {}


class Audience(Generic[S]):
    """The groups of one lane or tape, found by row, and the subscriptions that are behind."""

    def __init__(self) -> None:
        self.groups: dict[Watchlist, Group[S]] = {}
        #: Subscriptions to be brought in step each by itself, the one that waits longest first.
        self.behind: dict[S, None] = {}
        self._watchers: dict[int, dict[Group[S], None]] = {}
        self._everything: Group[S] | None = None

    def __bool__(self) -> bool:
        return bool(self.groups or self.behind)

    def join(self, subscription: S, version: int) -> None:
        """Into the group of its watchlist; a new group starts at ``version``, which the subscription must have."""
        watchlist = subscription.watchlist
        group = self.groups.get(watchlist)
        if group is None:
            group = self.groups[watchlist] = Group(watchlist, version)
            if watchlist.everything:
                self._everything = group
            for row in watchlist.members:
                self._watchers.setdefault(row, {})[group] = None
        group.members[subscription] = None
        subscription.group = group
        self.behind.pop(subscription, None)

    def leave(self, subscription: S) -> None:
        """Out of its group (whose version it takes along) or from among those behind."""
        self.behind.pop(subscription, None)
        group: Group[S] | None = subscription.group
        if group is None:
            return
        # The group's version is told to all its members, but one that joined later was told a newer one.
        subscription.version = max(subscription.version, group.version)
        subscription.group = None
        del group.members[subscription]
        if not group.members:
            self._drop(group)

    def _drop(self, group: Group[S]) -> None:
        del self.groups[group.watchlist]
        if group is self._everything:
            self._everything = None
        for row in group.watchlist.members:
            watchers = self._watchers[row]
            del watchers[group]
            if not watchers:
                del self._watchers[row]

    def watched(self, rows: Iterable[int]) -> list[int]:
        """Those of ``rows`` that a group watches."""
        if self._everything is not None:
            return list(rows)
        watchers = self._watchers
        return [row for row in rows if row in watchers]

    def touched(self, rows: Sequence[int]) -> list[Group[S]]:
        """The groups that watch one of ``rows``. May name some that don't, where looking closer would cost more."""
        if len(rows) >= len(self.groups):
            return list(self.groups.values())
        found: dict[Group[S], None] = {} if self._everything is None else {self._everything: None}
        watchers = self._watchers
        for row in rows:
            if row in watchers:
                found.update(watchers[row])
        return list(found)

    def deliver(self, group: Group[S], payload: bytes, version: int) -> list[S]:
        """Write a frame to every member that is ready; the others fall behind, and are returned."""
        late = [member for member in group.members if not member.outlet.offer(payload)]
        for member in late:
            # Before the group's version grows: that much it has not been told.
            self.fall_behind(member)
        group.version = version
        return late

    def fall_behind(self, subscription: S) -> None:
        self.leave(subscription)
        self.behind[subscription] = None
