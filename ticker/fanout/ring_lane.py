"""What the channels of numbered items share: `trades`, `quotes`, and closed `bars`.

Items lie in a ring of the market. A client gets each item of its watchlist once and in order; for a client that is so
far behind that items have left the ring, the lost items are counted by symbol. Some items are for clients with
revisions only (corrections, revised bars): for other clients their numbers pass without a row.
"""

from __future__ import annotations

from abc import abstractmethod
from typing import TypeVar

import numpy as np
import numpy.typing as npt

from ticker.fanout.lane import Lane
from ticker.fanout.subscription import Subscription
from ticker.fanout.watchlist import Watchlist
from ticker.market.board import Board
from ticker.market.market import Market
from ticker.market.ring import Ring

#: The largest fragment of a tick or bar: a name of 64 characters (256 bytes), a stamp and at most 10 numbers.
TICK_BYTES = 512
#: The same with revisions: a trade also has conditions.
REVISION_BYTES = 1024
#: The most items that one step of catching up looks at.
_SCAN = 32_768

_Numbers = npt.NDArray[np.int64]
_Rows = npt.NDArray[np.int32]


class RingSubscription(Subscription):
    """``version`` is what the client was told, ``cursor`` the number of an item. Where items are numbered, ``version``
    is a number as well.
    """

    __slots__ = ("cursor", "lost")

    def seek(self, version: int, cursor: int | None = None) -> None:
        """The client has its watchlist as of ``version``, which is up to number ``cursor`` (None: ``version``)."""
        super().seek(version)
        #: Up to here, every item of the watchlist was sent or counted as lost.
        self.cursor = version if cursor is None else cursor
        #: Lost items by symbol that the client has not been told of; ``*`` for those whose symbol is unknown.
        self.lost: dict[str, int] = {}

    def count_lost(self, ring: Ring, board: Board) -> None:
        """Count items that left the ring before this client could get them.

        Exact by symbol if it is called before the ring has forgotten the symbols, too.
        """
        tail = ring.tail
        if self.cursor >= tail:
            return
        if self.cursor < ring.counted:
            self.lost["*"] = self.lost.get("*", 0) + ring.counted - self.cursor
            self.cursor = ring.counted
        counts = np.bincount(shown_rows(ring, self.cursor, tail, revisions=self.revisions))
        for row in np.flatnonzero(counts).tolist():
            if row in self.watchlist:
                name = board.names[row]
                self.lost[name] = self.lost.get(name, 0) + int(counts[row])
        self.cursor = tail


def shown_rows(ring: Ring, after: int, upto: int, *, revisions: bool) -> _Rows:
    """The rows of the items ``(after, upto]`` that clients with or without revisions get."""
    rows = ring.rows(after, upto)
    return rows if revisions or not ring.any_hidden(after) else rows[~ring.hidden(after, upto)]


R = TypeVar("R", bound=RingSubscription)


class RingLane(Lane[R]):
    """``version`` is what clients are told of the newest item at the last beat, ``at`` is its number.

    They are the same in a numbered lane, and differ for intervals of bars that are folded on request.
    """

    at: int

    def __init__(self, like: Subscription, market: Market, frame_bytes: int) -> None:
        self.revisions = like.revisions
        super().__init__(like, market, frame_bytes)
        self._max_items = max(1, frame_bytes // (REVISION_BYTES if like.revisions else TICK_BYTES))

    def _read(self, market: Market) -> None:
        self._board = market.board
        self._ring = self._ring_of(market)
        self.at = self._ring.tail
        self.version = 0
        self._move(self._ring.head)

    def _move(self, upto: int) -> None:
        """The lane has sent everything up to number ``upto``."""
        self.version = self._told(self.version, self.at, upto)
        self.at = upto

    def _told(self, told: int, after: int, upto: int) -> int:  # noqa: ARG002 - for folded bars
        """What a client is told that now has everything up to number ``upto``.

        It had everything up to ``after``, and was told ``told`` of that.
        """
        return upto

    def _place(self, version: int) -> int | None:
        """The number up to which a client has everything that was told ``version``; None for an impossible one."""
        return version if version <= self._ring.head else None

    def restart(self, market: Market) -> None:
        super().restart(market)
        for subscription in self.behind:
            subscription.cursor = self.at

    @abstractmethod
    def _ring_of(self, market: Market) -> Ring: ...

    def begin(self, subscription: R, position: int | None, before: Watchlist, *, was_empty: bool) -> None:  # noqa: ARG002 - prices need it
        head = self._ring.head
        if not self:
            # Without clients the lane had no beats.
            self._move(head)
        if position is not None or was_empty:
            cursor = None if position is None else self._place(position)
            if position is None or cursor is None:
                subscription.seek(self._told(self.version, self.at, head), head)
            else:
                subscription.seek(position, cursor)

    def leave(self, subscription: R) -> None:
        if subscription.group is not None:
            subscription.cursor = self.at
        super().leave(subscription)

    def _is_current(self, subscription: R) -> bool:
        return (
            subscription.answered
            and subscription.cursor == self.at
            and subscription.version == self.version
            and not subscription.lost
        )

    def _watched_items(self, upto: int) -> tuple[_Numbers, _Rows]:
        """The items after number ``at`` up to ``upto`` that a group watches: numbers and rows."""
        at = self.at
        rows = self._ring.rows(at, upto)
        listed = rows.tolist()
        watched = set(self._watched(dict.fromkeys(listed)))
        places = np.flatnonzero(np.fromiter((row in watched for row in listed), np.bool_, len(listed)))
        places = self._shown(places, at, upto)
        return at + places + 1, rows[places]

    def _shown(self, places: npt.NDArray[np.intp], after: int, upto: int) -> npt.NDArray[np.intp]:
        """Those of the items ``places``, counted from ``after`` + 1, that the lane's clients get."""
        if self.revisions or not self._ring.any_hidden(after):
            return places
        return places[~self._ring.hidden(after, upto)[places]]

    def _send(self, rows: list[int], parts: list[bytes], upto: int) -> None:
        """Send each group its own of ``parts``, whose symbols are ``rows``. Then its clients have version ``upto``."""
        chooser = _Chooser(rows, parts)
        for group in self._touched(list(dict.fromkeys(rows))):
            chosen = chooser.parts(group.watchlist)
            if chosen:
                self._deliver(group, self._frame(group.version, upto, chosen, {}), upto)

    def _frame(self, since: int, version: int, parts: list[bytes], lost: dict[str, int]) -> bytes:
        return self.codec.numbered(*self.topic, since, version, parts, lost)

    def catch_up(self, subscription: R, ts: int) -> bool:
        was_ready = super().catch_up(subscription, ts)
        # Once for each ring full: often enough for exact counts, and hundreds of slow consumers cost little.
        if not was_ready and self._ring.tail - subscription.cursor >= self._ring.capacity:
            subscription.count_lost(self._ring, self._board)
        return was_ready

    def _next_items(self, subscription: R) -> tuple[int, _Numbers, _Rows]:
        """The next items for this client, as many as a frame may hold: the number they reach, numbers and rows."""
        ring = self._ring
        subscription.count_lost(ring, self._board)
        after = subscription.cursor
        end = min(ring.head, after + _SCAN)
        rows = ring.rows(after, end)
        places = self._shown(subscription.watchlist.places(rows), after, end)
        if len(places) > self._max_items:
            places = places[: self._max_items]
            end = after + int(places[-1]) + 1
        return end, after + places + 1, rows[places]

    def _take(self, subscription: R, end: int, parts: list[bytes]) -> bytes | None:
        """A frame of ``parts`` and the losses; afterwards the client has all up to number ``end``."""
        lost, subscription.lost = subscription.lost, {}
        since = subscription.version
        version = self._told(since, subscription.cursor, end)
        subscription.version, subscription.cursor = version, end
        if subscription.answered and since == version and not parts and not lost:
            return None
        subscription.answered = True
        return self._frame(since, version, parts, lost)


class _Chooser:
    """Picks each watchlist's own items, in their order."""

    def __init__(self, rows: list[int], parts: list[bytes]) -> None:
        self._rows = rows
        self._parts = parts
        self._by_row: dict[int, list[int]] = {}
        for place, row in enumerate(rows):
            self._by_row.setdefault(row, []).append(place)

    def parts(self, watchlist: Watchlist) -> list[bytes]:
        if watchlist.everything:
            return self._parts
        members, parts = watchlist.members, self._parts
        if len(members) > len(self._by_row):
            return [part for row, part in zip(self._rows, parts, strict=True) if row in members]
        # A short watchlist has few of the items: look each of its rows up instead.
        by_row = self._by_row
        places = [place for row in members if row in by_row for place in by_row[row]]
        places.sort()
        return [parts[place] for place in places]
