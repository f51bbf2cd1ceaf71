"""One encoding at one rate: what changed since its last beat, encoded once and given to all its clients.

This module knows no clock (its owner beats it) and no socket (frames go to outlets).
"""

from __future__ import annotations

import numpy as np

from ticker.fanout.audience import Audience
from ticker.fanout.conflation import NOTHING, Ledger
from ticker.fanout.subscription import TickerSubscription
from ticker.market.board import Board
from ticker.wire.codec import Codec

_AT_ONCE = 128


class Lane:
    """The clients of one encoding and one rate. Between beats it holds one number: the version of its last beat."""

    def __init__(self, codec: Codec, rate_hz: float, board: Board, frame_bytes: int) -> None:
        self.codec = codec
        #: Beats a second; 0: whenever the board changed, at the end of that turn of the event loop.
        self.rate_hz = rate_hz
        #: The board's version at the last beat.
        self.version = board.version
        self.ledger = Ledger(board)
        self.audience: Audience[TickerSubscription] = Audience()
        self._board = board
        self._frame_bytes = frame_bytes
        # By row; all empty between beats. Kept, so that a beat costs what changed and not the board.
        self._fragments: list[bytes] = []

    def file(self, subscription: TickerSubscription) -> None:
        """Put a subscription into its group if it is in step, and among those behind if not."""
        self.leave(subscription)
        self.ledger.watch(subscription.account, subscription.watchlist)
        if subscription.empty:
            return
        if subscription.whole and subscription.version >= self.version:
            self.audience.join(subscription, self.version)
            self.ledger.join(subscription.account)
        else:
            self.audience.behind[subscription] = None

    def leave(self, subscription: TickerSubscription) -> None:
        """Take a subscription out. It knows where it was."""
        self.audience.leave(subscription)
        self.ledger.leave(subscription.account)

    def beat(self, ts: int) -> None:
        """Send what changed since the last beat; ``ts`` is the clock (ns). Whoever isn't ready falls behind."""
        board, audience = self._board, self.audience
        since, self.version = self.version, board.version
        if audience.groups and (self.version > since or self.ledger.early):
            changed = board.changed(since)
            watched = audience.watched(changed.tolist())
            self.ledger.beat(changed, self._fan_out(since, watched, ts) if watched else [])
        for subscription in list(audience.behind):
            if subscription.outlet.ready():
                self.catch_up(subscription, ts)
            else:
                self.ledger.skipped += 1

    def _fan_out(self, since: int, watched: list[int], ts: int) -> list[int]:
        """The rows that were told."""
        board, audience, version = self._board, self.audience, self.version
        # Nobody here has nothing: even since 0, values that were lost are told.
        delta = board.since(since, board.index(watched), np.zeros(len(watched), np.bool_))
        fragments = self._fragments
        if len(fragments) < len(board):
            fragments.extend([b""] * (len(board) - len(fragments)))
        for row, fragment in zip(delta.rows, self.codec.changes(delta), strict=True):
            fragments[row] = fragment
        update, touched = self.codec.update, audience.touched(delta.rows)
        # So many are made, and then sent: taking turns with each, Python and the kernel would push each other out of
        # the processor's caches.
        for first in range(0, len(touched), _AT_ONCE):
            made = [
                (group, update(group.version, version, ts, parts))
                for group in touched[first : first + _AT_ONCE]
                if any(parts := group.watchlist.parts(fragments, delta.rows))
            ]
            for group, payload in made:
                if len(payload) <= self._frame_bytes:
                    late = audience.deliver(group, payload, version)
                    self.ledger.lagged += len(late)
                else:
                    # More than a frame may hold: each member takes it in parts.
                    late = list(group.members)
                    for member in late:
                        audience.fall_behind(member)
                for member in late:
                    self.ledger.leave(member.account)
        for row in delta.rows:
            fragments[row] = b""
        return delta.rows

    def catch_up(self, subscription: TickerSubscription, ts: int) -> bool:
        """A frame for a subscription that is behind, if its outlet is ready. Whether it is in step now."""
        if not subscription.outlet.ready():
            return False
        payload = subscription.take(self._board, ts, self._frame_bytes, self.ledger)
        self.file(subscription)
        subscription.outlet.send(payload)
        return subscription.group is not None

    def poll(self, ts: int) -> None:
        """Go on with those that can't wait for a beat: snapshots under way, and all that lag in a lane at once."""
        for subscription in list(self.audience.behind):
            if not self.rate_hz or subscription.partway:
                self.catch_up(subscription, ts)

    @property
    def waiting(self) -> bool:
        """Whether ``poll`` has something to do."""
        return any(not self.rate_hz or subscription.partway for subscription in self.audience.behind)

    def end(self) -> None:
        """The board's history is about to end: what somebody still was to be told, nobody will be."""
        for group in list(self.audience.groups.values()):
            for member in list(group.members):
                self.audience.fall_behind(member)
        for subscription in self.audience.behind:
            self.ledger.leave(subscription.account)
            self.ledger.watch(subscription.account, NOTHING)

    def restart(self, board: Board) -> None:
        """Go on with the board of another history, of which no client has anything."""
        self._board = self.ledger.board = board
        self.version = board.version
        for subscription in self.audience.behind:
            subscription.reset()
            self.ledger.watch(subscription.account, subscription.watchlist)
