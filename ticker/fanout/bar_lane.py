"""The channel `bars`: closed bars of one interval, each once and in order, and open bars as they change.

Bars of the intervals that the market keeps are numbered, all symbols together. An interval that is folded on request
has its numbers only while it is in use, so its clients are told the end of the newest bar instead (ns). A client that
resumes gets all bars that ended later, and again those that may have been revised since.
"""

from __future__ import annotations

from typing import Any, ClassVar, Final

import numpy as np
import numpy.typing as npt

from ticker.fanout.ring_lane import RingLane, RingSubscription
from ticker.fanout.watchlist import Watchlist
from ticker.intervals import KEPT, interval
from ticker.market.market import Market
from ticker.market.ring import Ring
from ticker.wire.codec import plain

_Rows = npt.NDArray[np.intp]

#: How many columns after the start a bar has for clients without revisions; then come end, revision, incomplete.
PLAIN_BAR: Final = 7
END: Final = 7


class BarSubscription(RingSubscription):
    """``version``, ``cursor`` and ``lost`` are about closed bars."""

    has_revisions: ClassVar[bool] = True

    __slots__ = ("mark", "pending", "target")

    def seek(self, version: int, cursor: int | None = None) -> None:
        super().seek(version, cursor)
        self.resend_open()

    def resend_open(self) -> None:
        """Send all open bars with the next frames."""
        self.answered = False
        #: The client has open bars as of this mark of the store.
        self.mark = 0
        #: The rows to go in a pass over open bars, and the mark that the client has after the pass.
        self.pending: _Rows | None = None
        self.target = 0


class BarLane(RingLane[BarSubscription]):
    """Without revisions, clients get the first closing of each bar."""

    def _read(self, market: Market) -> None:
        self._store = market.bars
        self._late_ns = market.bars.late_ns
        self._is_folded = interval(self.topic.interval) not in KEPT
        super()._read(market)
        #: Members of groups have open bars as of this mark of the store.
        self.mark = self._store.mark

    def _ring_of(self, market: Market) -> Ring:
        return market.bars.closed[self.topic.interval]

    # Bars that are folded on request. In the order of their numbers the ends of bars grow, except that bars come again,
    # or late, at most ``late_ns`` after their end.

    def _told(self, told: int, after: int, upto: int) -> int:
        if not self._is_folded:
            return upto
        if upto == self._ring.head:
            # A client that has everything has what the lane has, also of symbols that it doesn't watch.
            told, after = max(told, self.version), min(after, self.at)
        ends = self._ends(after, upto)
        return max(told, int(ends.max(initial=0)))

    def _place(self, version: int) -> int | None:
        if not self._is_folded:
            return super()._place(version)
        ring = self._ring
        if version > self._told(self.version, self.at, ring.head):
            return None
        # What ended before this can't have changed since the client was told ``version``.
        settled = version - max(1, self._late_ns)
        reached = np.maximum.accumulate(self._ends(ring.tail, ring.head))
        return ring.tail + int(np.searchsorted(reached, settled, side="right"))

    def _ends(self, after: int, upto: int) -> npt.NDArray[np.int64]:
        """The ends of the bars ``(after, upto]`` that are still in the ring."""
        return self._ring.column(END, np.arange(max(after, self._ring.tail) + 1, upto + 1))

    def begin(self, subscription: BarSubscription, position: int | None, before: Watchlist, *, was_empty: bool) -> None:
        self._store.fold()
        super().begin(subscription, position, before, was_empty=was_empty)
        ring = self._ring
        is_oldest = subscription.cursor == ring.tail and ring.head - ring.tail == ring.capacity
        if self._is_folded and position is not None and is_oldest:
            # The client may lack bars that left the ring, or were never in it: how many is not known.
            subscription.lost["*"] = 1
        subscription.resend_open()

    def leave(self, subscription: BarSubscription) -> None:
        if subscription.group is not None:
            subscription.mark = self.mark
        super().leave(subscription)

    def _is_current(self, subscription: BarSubscription) -> bool:
        return super()._is_current(subscription) and subscription.pending is None and subscription.mark >= self.mark

    def _fan_out(self, ts: int) -> None:  # noqa: ARG002 - frames of bars have no stamp
        if not self:
            return
        store, ring = self._store, self._ring
        store.fold()
        if self.groups:
            changed = self._watched(store.changed(self.mark).tolist())
            if ring.tail > self.at or ring.head - self.at + len(changed) > self._max_items:
                self._dissolve_all()
            else:
                numbers, rows = self._watched_items(ring.head)
                open_rows, open_parts = self._open(np.array(changed, np.intp))
                told = self._told(self.version, self.at, ring.head)
                self._send(rows.tolist() + open_rows, self._closed(numbers, rows) + open_parts, told)
        self._move(ring.head)
        self.mark = store.mark

    def _next_frame(self, subscription: BarSubscription, ts: int) -> bytes | None:  # noqa: ARG002 - only prices have it
        self._store.fold()
        end, numbers, rows = self._next_items(subscription)
        parts = self._closed(numbers, rows)
        if end == self._ring.head:
            parts += self._next_open(subscription, self._max_items - len(parts))
        subscription.partway = end < self._ring.head or subscription.pending is not None
        return self._take(subscription, end, parts)

    def _next_open(self, subscription: BarSubscription, room: int) -> list[bytes]:
        """Up to ``room`` open bars that the client lacks."""
        if subscription.pending is None:
            rows = self._store.changed(subscription.mark)
            if not subscription.watchlist.everything:
                rows = np.intersect1d(rows, subscription.watchlist.rows)
            subscription.pending, subscription.target = rows, self._store.mark
        rows, subscription.pending = subscription.pending[:room], subscription.pending[room:]
        if not len(subscription.pending):
            subscription.mark, subscription.pending = subscription.target, None
        # The watchlist may have changed during the pass.
        return [part for row, part in zip(*self._open(rows), strict=True) if row in subscription.watchlist]

    def _closed(self, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> list[bytes]:
        if not len(numbers):
            return []
        starts, *columns = self._ring.columns(numbers, None if self.revisions else PLAIN_BAR)
        values = [column.tolist() for column in columns[:PLAIN_BAR]]
        more = [column.tolist() for column in columns[END + 1 :]]
        return self._parts(rows.tolist(), starts.tolist(), values, [True] * len(numbers), more)

    def _open(self, rows: _Rows) -> tuple[list[int], list[bytes]]:
        """Those of ``rows`` that have an open bar, and a fragment for each."""
        if not len(rows):
            return [], []
        found, starts, values = self._store.open_bars(self.topic.interval, rows)
        no = [False] * len(found)
        more: list[list[Any]] = []
        if self.revisions:
            more = [[0] * len(found), self._store.incomplete(self.topic.interval, found, starts).tolist()]
        return found.tolist(), self._parts(found.tolist(), starts.tolist(), values.T.tolist(), no, more)

    def _parts(
        self,
        rows: list[int],
        starts: list[int],
        values: list[list[float]],
        closed: list[bool],
        more: list[list[Any]],
    ) -> list[bytes]:
        """A fragment for each bar. ``more``: revisions and whether each is incomplete, for clients with revisions."""
        names = self._board.names
        columns = [list(map(plain, column)) for column in values]
        return self.codec.rows([[names[row] for row in rows], starts, *columns, closed, *more])
