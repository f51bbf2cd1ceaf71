"""The fan-out of one channel to the clients of one encoding and one rate: groups, slow consumers, catching up.

Clients that are up to date are members of groups; a frame is made once for a group and written to every member that is
ready. A slow consumer is skipped (``_deliver``): it leaves its group for ``behind``, and each beat tries it again with
a frame of its own, which has all that it lacks or a part of that.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import Generic

from ticker.fanout.conflation import Totals
from ticker.fanout.subscription import Group, S, Subscription
from ticker.fanout.watchlist import Watchlist
from ticker.market.market import Market


class Lane(ABC, Generic[S]):
    """Subclasses add what differs between channels: which changes there are, and how they become frames."""

    #: The newest version at the last beat: members of groups have everything up to it.
    version: int

    def __init__(self, like: Subscription, market: Market, frame_bytes: int) -> None:
        """A lane for subscriptions ``like`` this one, whose frames have at most ``frame_bytes``."""
        self.topic = like.topic
        self.codec = like.codec
        #: Beats per second; 0: a beat at the end of each turn of the event loop that published something.
        self.rate_hz = like.rate_hz
        self.groups: dict[Watchlist, Group[S]] = {}
        #: Subscriptions that are not up to date, the one that waits longest first.
        self.behind: dict[S, None] = {}
        #: Beats that found a slow consumer still busy.
        self.skipped = 0
        #: How often a member fell behind.
        self.lagged = 0
        # By row: the groups that watch it, except the one that watches everything.
        self._watchers: dict[int, dict[Group[S], None]] = {}
        self._everything: Group[S] | None = None
        self._frame_bytes = frame_bytes
        self._read(market)

    def __bool__(self) -> bool:
        """Whether the lane has clients."""
        return bool(self.groups or self.behind)

    # What channels add

    @abstractmethod
    def _read(self, market: Market) -> None:
        """Read from this market, and set ``version`` to its newest."""

    @abstractmethod
    def begin(self, subscription: S, position: int | None, before: Watchlist, *, was_empty: bool) -> None:
        """Set the position of a subscription to which symbols were added, or that resumes.

        ``position`` is the version that the client says it has (None: none), ``before`` the watchlist before the
        change, and ``was_empty`` whether the subscription was empty. ``file`` follows.
        """

    @abstractmethod
    def _is_current(self, subscription: S) -> bool:
        """Whether the client has everything up to ``version``."""

    @abstractmethod
    def _fan_out(self, ts: int) -> None:
        """Send groups what is new since the last beat, and bring ``version`` up to date."""

    @abstractmethod
    def _next_frame(self, subscription: S, ts: int) -> bytes | None:
        """A frame for this client alone, with all that it lacks or a part of it. None if there is nothing to send."""

    # Where a subscription belongs

    def file(self, subscription: S) -> None:
        """Put a subscription into the group of its watchlist if it is up to date, else among those behind."""
        self.leave(subscription)
        if subscription.empty:
            return
        if self._is_current(subscription):
            self._join(subscription)
        else:
            self.behind[subscription] = None

    def _join(self, subscription: S) -> None:
        watchlist = subscription.watchlist
        group = self.groups.get(watchlist)
        if group is None:
            group = self.groups[watchlist] = Group(watchlist, self.version)
            if watchlist.everything:
                self._everything = group
            for row in watchlist.members:
                self._watchers.setdefault(row, {})[group] = None
        group.members[subscription] = None
        subscription.group = group

    def leave(self, subscription: S) -> None:
        """Remove a subscription; its position is kept in it."""
        self.behind.pop(subscription, None)
        group: Group[S] | None = subscription.group
        if group is None:
            return
        # A member that joined after the group's last frame has a newer version than the group.
        subscription.version = max(subscription.version, group.version)
        subscription.group = None
        del group.members[subscription]
        if group.members:
            return
        del self.groups[group.watchlist]
        if group is self._everything:
            self._everything = None
        for row in group.watchlist.members:
            watchers = self._watchers[row]
            del watchers[group]
            if not watchers:
                del self._watchers[row]

    # Groups

    def _watched(self, rows: Iterable[int]) -> list[int]:
        """Those of ``rows`` that a group watches."""
        if self._everything is not None:
            return list(rows)
        watchers = self._watchers
        return [row for row in rows if row in watchers]

    def _touched(self, rows: Sequence[int]) -> list[Group[S]]:
        """The groups that watch one of ``rows``; with many rows simply all groups, which is cheaper to find."""
        if len(rows) >= len(self.groups):
            return list(self.groups.values())
        found: dict[Group[S], None] = {} if self._everything is None else {self._everything: None}
        watchers = self._watchers
        for row in rows:
            if row in watchers:
                found.update(watchers[row])
        return list(found)

    def _deliver(self, group: Group[S], payload: bytes, version: int) -> None:
        """Write a frame to every member that is ready. The others are skipped and fall behind."""
        position = self.topic, version
        late = [member for member in group.members if not member.outlet.offer(payload, position)]
        for member in late:
            # Before the group's version grows: this member was not sent it.
            self._fall_behind(member)
        self.lagged += len(late)
        group.version = version

    def _fall_behind(self, member: S) -> None:
        self.leave(member)
        self.behind[member] = None

    def _dissolve(self, group: Group[S]) -> None:
        """Serve each member singly: there is more than a frame may hold, or more than the ring kept."""
        for member in list(group.members):
            self._fall_behind(member)

    def _dissolve_all(self) -> None:
        for group in list(self.groups.values()):
            self._dissolve(group)

    # Time

    def beat(self, ts: int) -> None:
        """Send what is new since the last beat; ``ts`` is the clock (ns)."""
        self._fan_out(ts)
        for subscription in list(self.behind):
            if not self.catch_up(subscription, ts):
                self.skipped += 1

    def catch_up(self, subscription: S, ts: int) -> bool:
        """Send a subscription that is behind its next frame, if its outlet is ready. Returns whether it was."""
        if not subscription.outlet.ready():
            return False
        payload = self._next_frame(subscription, ts)
        position = self.topic, subscription.version
        self.file(subscription)
        if payload is not None:
            subscription.outlet.send(payload, position)
        return True

    def poll(self, ts: int) -> None:
        """Serve clients that are behind and don't wait for a beat: parts of a snapshot, and all at rate 0."""
        for subscription in list(self.behind):
            if not self.rate_hz or subscription.partway:
                self.catch_up(subscription, ts)

    @property
    def totals(self) -> Totals:
        return Totals(skipped=self.skipped, lagged=self.lagged)

    @property
    def waiting(self) -> bool:
        """Whether ``poll`` has something to do."""
        return any(not self.rate_hz or subscription.partway for subscription in self.behind)

    def restart(self, market: Market) -> None:
        """Continue with another market, of which no client has anything."""
        self._dissolve_all()
        self._read(market)
        for subscription in self.behind:
            subscription.seek(self.version)
