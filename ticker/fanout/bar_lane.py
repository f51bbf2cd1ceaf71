"""Bars of one interval in one encoding at one rate: closed ones in order, each once; those under way as they change.

Closed bars are numbered like the ticks of a tape. Nothing is queued: who lags gets, when it reads again, every closed
bar that it lacks and the newest state of those under way. This module knows no clock and no socket.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ticker.fanout.audience import Audience
from ticker.fanout.bar_subscription import BarSubscription
from ticker.fanout.subscription import TICK_BYTES
from ticker.market.bar_store import BarStore
from ticker.market.board import Board
from ticker.wire.codec import Codec, plain

_Rows = npt.NDArray[np.intp]


class BarLane:
    """The clients of one interval, encoding and rate. Its owner beats it."""

    def __init__(
        self, interval: str, codec: Codec, rate_hz: float, store: BarStore, board: Board, frame_bytes: int
    ) -> None:
        self.interval = interval
        self.codec = codec
        self.rate_hz = rate_hz
        self.audience: Audience[BarSubscription] = Audience()
        self._board = board
        self._store = store
        self._most = max(1, frame_bytes // TICK_BYTES)
        #: Up to here closed bars, and as of here bars under way, have gone to all who are in step.
        self.cursor = store.tapes[interval].head
        self.mark = store.mark

    def leave(self, subscription: BarSubscription) -> None:
        """Take a subscription out, and note where it was."""
        if subscription.group is not None:
            subscription.cursor, subscription.mark = self.cursor, self.mark
        self.audience.leave(subscription)

    def file(self, subscription: BarSubscription) -> None:
        """Put a subscription into its group if it is in step, and among those behind if not."""
        self.leave(subscription)
        if subscription.empty:
            return
        in_step = subscription.cursor == subscription.version == self.cursor and subscription.mark >= self.mark
        if subscription.told and in_step and subscription.pending is None and not subscription.lost:
            self.audience.join(subscription, self.cursor)
        else:
            self.audience.behind[subscription] = None

    def start(self, subscription: BarSubscription, position: int | None, *, anew: bool) -> None:
        """Something was added: go on behind closed bar ``position``, or (None) where it is (``anew``: now).

        All bars under way are told again.
        """
        tape = self._store.tapes[self.interval]
        if position is not None and position <= tape.head:
            subscription.cursor = subscription.version = position
            subscription.lost.clear()
        elif anew or position is not None:
            self._store.fold()
            subscription.cursor = subscription.version = tape.head
            subscription.lost.clear()
        subscription.mark, subscription.pending, subscription.told = 0, None, False
        self.audience.behind[subscription] = None

    def beat(self) -> None:
        """Send what is new since the last beat. Whoever isn't ready falls behind."""
        store, audience = self._store, self.audience
        if not audience:
            return
        store.fold()
        tape = store.tapes[self.interval]
        if audience.groups:
            fresh = audience.watched(store.changed(self.mark).tolist())
            if tape.tail > self.cursor or tape.head - self.cursor + len(fresh) > self._most:
                self._all_fall_behind()
            else:
                self._fan_out(fresh, tape.head)
        self.cursor, self.mark = tape.head, store.mark
        for subscription in list(audience.behind):
            self.catch_up(subscription)

    def _all_fall_behind(self) -> None:
        """More at once than a frame or the tape may hold: each takes it in parts, and is told what it lost."""
        for group in list(self.audience.groups.values()):
            for member in list(group.members):
                self._fall_behind(member)

    def _fall_behind(self, member: BarSubscription) -> None:
        member.cursor, member.mark = self.cursor, self.mark
        self.audience.fall_behind(member)

    def _fan_out(self, fresh: list[int], head: int) -> None:
        audience = self.audience
        rows = self._store.tapes[self.interval].rows(self.cursor, head)
        watched = set(audience.watched(set(rows.tolist())))
        places = np.flatnonzero(np.fromiter((row in watched for row in rows.tolist()), np.bool_, len(rows)))
        bars = [*self._closed(self.cursor + places + 1, rows[places]), *self._under_way(np.array(fresh, np.intp))]
        for group in audience.touched(list(dict.fromkeys(row for row, _ in bars))):
            everything, members = group.watchlist.everything, group.watchlist.members
            chosen = [part for row, part in bars if everything or row in members]
            if chosen:
                payload = self.codec.bars(self.interval, group.version, head, chosen, {})
                for member in audience.deliver(group, payload, head):
                    member.cursor, member.mark = self.cursor, self.mark

    def catch_up(self, subscription: BarSubscription) -> bool:
        """A frame for a subscription that is behind, if its outlet is ready. Whether it is in step now."""
        tape = self._store.tapes[self.interval]
        if not subscription.outlet.ready():
            subscription.count_lost(tape, self._board)
            return False
        payload = self._take(subscription)
        self.file(subscription)
        if payload is not None:
            subscription.outlet.send(payload)
        return subscription.group is not None

    def _take(self, subscription: BarSubscription) -> bytes | None:
        """The next frame for this client alone; None if there is nothing to tell."""
        store = self._store
        store.fold()
        tape = store.tapes[self.interval]
        subscription.count_lost(tape, self._board)
        after, end = subscription.cursor, tape.head
        rows = tape.rows(after, end)
        places = np.arange(len(rows))
        if not subscription.watchlist.everything:
            places = np.flatnonzero(np.isin(rows, subscription.watchlist.rows))
        if len(places) > self._most:
            places = places[: self._most]
            end = after + int(places[-1]) + 1
        parts = [part for _, part in self._closed(after + places + 1, rows[places])]
        if end == tape.head:
            parts += self._some_under_way(subscription, self._most - len(parts))
        subscription.partway = end < tape.head or subscription.pending is not None
        lost, subscription.lost = subscription.lost, {}
        since, subscription.version, subscription.cursor = subscription.version, end, end
        if subscription.told and since == end and not parts and not lost:
            return None
        subscription.told = True
        return self.codec.bars(self.interval, since, end, parts, lost)

    def _some_under_way(self, subscription: BarSubscription, room: int) -> Iterable[bytes]:
        if subscription.pending is None:
            rows = self._store.changed(subscription.mark)
            if not subscription.watchlist.everything:
                rows = np.intersect1d(rows, subscription.watchlist.rows)
            subscription.pending, subscription.target = rows, self._store.mark
        rows, subscription.pending = subscription.pending[:room], subscription.pending[room:]
        if not len(subscription.pending):
            subscription.mark, subscription.pending = subscription.target, None
        return [part for row, part in self._under_way(rows) if row in subscription.watchlist]

    def _closed(self, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> list[tuple[int, bytes]]:
        if not len(numbers):
            return []
        starts, *values = self._store.tapes[self.interval].columns(numbers)
        return self._parts(rows.tolist(), starts.tolist(), [column.tolist() for column in values], closed=True)

    def _under_way(self, rows: _Rows) -> list[tuple[int, bytes]]:
        if not len(rows):
            return []
        found, starts, values = self._store.under_way(self.interval, rows)
        return self._parts(found.tolist(), starts.tolist(), values.T.tolist(), closed=False)

    def _parts(
        self, rows: list[int], starts: list[int], values: list[list[float]], *, closed: bool
    ) -> list[tuple[int, bytes]]:
        names = self._board.names
        plainly = [list(map(plain, column)) for column in values]
        fragments = self.codec.rows([[names[row] for row in rows], starts, *plainly, [closed] * len(rows)])
        return list(zip(rows, fragments, strict=True))

    def poll(self) -> None:
        """Go on with those that can't wait for a beat."""
        for subscription in list(self.audience.behind):
            if not self.rate_hz or subscription.partway:
                self.catch_up(subscription)

    @property
    def waiting(self) -> bool:
        """Whether ``poll`` has something to do."""
        return any(not self.rate_hz or subscription.partway for subscription in self.audience.behind)

    def restart(self, store: BarStore, board: Board) -> None:
        """Go on with another history, whose numbers begin anew and of which no client has anything."""
        self._all_fall_behind()
        self._store, self._board = store, board
        self.cursor, self.mark = store.tapes[self.interval].head, store.mark
        for subscription in self.audience.behind:
            subscription.cursor = subscription.version = self.cursor
            subscription.mark, subscription.pending, subscription.told = 0, None, False
            subscription.lost.clear()
