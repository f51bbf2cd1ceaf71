"""One encoding of one tick channel: every trade (or quote) in order, each encoded once for all who watch its symbol.

This module knows no clock and no socket.
"""

from __future__ import annotations

import numpy as np

from ticker.fanout.audience import Audience
from ticker.fanout.subscription import TICK_BYTES, TapeSubscription
from ticker.fanout.tick_cache import EncodedTicks
from ticker.fanout.watchlist import Watchlist
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.wire.codec import Codec

_Latest = tuple[tuple[Watchlist, int, int, int] | None, bytes, int]
_NONE: _Latest = (None, b"", 0)


class Tape:
    """The clients of `trades` or `quotes` in one encoding. ``cursor`` is the number of the last tick sent to them."""

    def __init__(self, channel: str, codec: Codec, ring: Ring, board: Board, frame_bytes: int) -> None:
        self.channel = channel
        self.codec = codec
        self.cursor = ring.head
        self.audience: Audience[TapeSubscription] = Audience()
        self._ring = ring
        self._board = board
        self._frame_bytes = frame_bytes
        self._encoded = EncodedTicks(codec, ring, board)
        #: The frame that was made last for one who lags, where it led to, and for whom: those in the same state.
        self._latest: _Latest = _NONE

    def leave(self, subscription: TapeSubscription) -> None:
        """Take a subscription out, and note where it was."""
        if subscription.group is not None:
            # Whoever is in a group has every tick up to the cursor, told or not.
            subscription.cursor = self.cursor
        self.audience.leave(subscription)

    def file(self, subscription: TapeSubscription) -> None:
        """Put a subscription into its group if it is in step, and among those behind if not."""
        self.leave(subscription)
        if subscription.empty:
            return
        if subscription.told and subscription.cursor == subscription.version == self.cursor and not subscription.lost:
            self.audience.join(subscription, self.cursor)
        else:
            self.audience.behind[subscription] = None

    def start(self, subscription: TapeSubscription, position: int | None) -> None:
        """Begin behind tick number ``position``: where the client was, or (None) now."""
        if not self.audience:
            # While nobody listened, it stood still.
            self.cursor = self._ring.head
        here = position is not None and position <= self._ring.head
        subscription.cursor = subscription.version = position if position is not None and here else self.cursor
        subscription.told = False
        # What was lost behind this position is counted from here on, and not twice.
        subscription.lost.clear()
        self.audience.behind[subscription] = None

    def flush(self) -> None:
        """Send what has come since the last flush. Never waits: who isn't ready falls behind."""
        ring = self._ring
        if self.audience.groups:
            # In steps, so that no frame outgrows its bound, however much comes at once.
            step = max(1, self._frame_bytes // TICK_BYTES)
            after = max(self.cursor, ring.tail)
            if after > self.cursor:
                self._overrun()
            while after < ring.head and self.audience.groups:
                upto = min(ring.head, after + step)
                self._fan_out(after, upto)
                after = upto
        self.cursor = ring.head
        self.poll()

    def _overrun(self) -> None:
        """More came at once than the ring holds: everybody in step has lost some, and is told by its own frames."""
        for group in list(self.audience.groups.values()):
            for member in list(group.members):
                self.audience.fall_behind(member)
                member.cursor = self.cursor

    def _fan_out(self, after: int, upto: int) -> None:
        ring, audience = self._ring, self.audience
        rows = ring.rows(after, upto)
        listed = rows.tolist()
        present = list(dict.fromkeys(listed))
        watched = set(audience.watched(present))
        wanted = np.flatnonzero(np.fromiter((row in watched for row in listed), np.bool_, len(listed)))
        parts = self._encoded.parts(after + wanted + 1, rows[wanted])
        chooser = _Chooser(rows[wanted].tolist(), parts)
        for group in audience.touched([row for row in present if row in watched]):
            chosen = chooser.parts(group.watchlist)
            if chosen:
                payload = self.codec.tape(self.channel, group.version, upto, chosen, {})
                for member in audience.deliver(group, payload, upto):
                    member.cursor = after

    def catch_up(self, subscription: TapeSubscription) -> bool:
        """A frame for a subscription that is behind, if its outlet is ready. Whether it is in step now."""
        if not subscription.outlet.ready():
            if self._ring.tail - subscription.cursor >= self._ring.capacity:
                # Counting now and then keeps the count exact by symbol, however long this lasts; each time would cost
                # a core for some hundred clients that don't read.
                subscription.count_lost(self._ring, self._board)
            return False
        payload = self._taken(subscription)
        self.file(subscription)
        subscription.outlet.send(payload)
        return subscription.group is not None

    def _taken(self, subscription: TapeSubscription) -> bytes:
        """The subscription's next frame. Those that fell behind together mostly come back together, to the same one."""
        subscription.count_lost(self._ring, self._board)
        state = (subscription.watchlist, subscription.version, subscription.cursor, self.cursor)
        if not subscription.lost and state == self._latest[0]:
            _, payload, position = self._latest
            subscription.told = True
            subscription.version = subscription.cursor = position
            return payload
        is_shared = not subscription.lost
        payload = subscription.take(self._ring, self._encoded, self.cursor, self._frame_bytes)
        self._latest = (state if is_shared else None, payload, subscription.cursor)
        return payload

    def poll(self) -> None:
        """Go on with those that lag."""
        for subscription in list(self.audience.behind):
            self.catch_up(subscription)
        self._latest = _NONE

    def restart(self, ring: Ring, board: Board) -> None:
        """Go on with another ring, whose numbers begin anew: every client continues with the first tick to come."""
        self._ring, self._board = ring, board
        self.cursor = ring.head
        self._encoded = EncodedTicks(self.codec, ring, board)
        for group in list(self.audience.groups.values()):
            for member in list(group.members):
                self.audience.fall_behind(member)
        for subscription in self.audience.behind:
            subscription.cursor = subscription.version = self.cursor
            subscription.told = False
            subscription.lost.clear()


class _Chooser:
    """Ticks of which each watchlist gets its own, in their order."""

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
        # The shorter way round: a watchlist of a few symbols has a few of the ticks.
        by_row = self._by_row
        places = [place for row in members if row in by_row for place in by_row[row]]
        places.sort()
        return [parts[place] for place in places]
