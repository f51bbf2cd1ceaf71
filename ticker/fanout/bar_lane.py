"""The channel `bars`: closed bars of one interval, each once and in order, and open bars as they change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ticker.fanout.ring_lane import RingLane, RingSubscription
from ticker.fanout.watchlist import Watchlist
from ticker.market.market import Market
from ticker.market.ring import Ring
from ticker.wire.codec import plain

_Rows = npt.NDArray[np.intp]


class BarSubscription(RingSubscription):
    """``version``, ``cursor`` and ``lost`` are about closed bars."""

    __slots__ = ("mark", "pending", "target")

    def seek(self, version: int) -> None:
        super().seek(version)
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
    """The closed bars are numbered, all symbols together."""

    def _read(self, market: Market) -> None:
        self._store = market.bars
        super()._read(market)
        #: Members of groups have open bars as of this mark of the store.
        self.mark = self._store.mark

    def _ring_of(self, market: Market) -> Ring:
        return market.bars.closed[self.topic.interval]

    def begin(self, subscription: BarSubscription, position: int | None, before: Watchlist, *, was_empty: bool) -> None:
        self._store.fold()
        super().begin(subscription, position, before, was_empty=was_empty)
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
            if ring.tail > self.version or ring.head - self.version + len(changed) > self._max_items:
                self._dissolve_all()
            else:
                numbers, rows = self._watched_items(ring.head)
                open_rows, open_parts = self._open(np.array(changed, np.intp))
                self._send(rows.tolist() + open_rows, self._closed(numbers, rows) + open_parts, ring.head)
        self.version, self.mark = ring.head, store.mark

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
        starts, *columns = self._ring.columns(numbers)
        return self._parts(rows.tolist(), starts.tolist(), [column.tolist() for column in columns[:7]], closed=True)

    def _open(self, rows: _Rows) -> tuple[list[int], list[bytes]]:
        """Those of ``rows`` that have an open bar, and a fragment for each."""
        if not len(rows):
            return [], []
        found, starts, values = self._store.open_bars(self.topic.interval, rows)
        return found.tolist(), self._parts(found.tolist(), starts.tolist(), values.T.tolist(), closed=False)

    def _parts(self, rows: list[int], starts: list[int], values: list[list[float]], *, closed: bool) -> list[bytes]:
        names = self._board.names
        columns = [list(map(plain, column)) for column in values]
        return self.codec.rows([[names[row] for row in rows], starts, *columns, [closed] * len(rows)])
