"""The channel `ticker`: the fields that changed since the client's version, conflated to the lane's rate."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from ticker.fanout.conflation import NOTHING, Account, Ledger, Totals
from ticker.fanout.lane import Lane
from ticker.fanout.subscription import Outlet, Subscription, Topic
from ticker.fanout.watchlist import Watchlist, Watchlists
from ticker.market.board import Board
from ticker.market.market import Market
from ticker.wire.codec import Codec

#: The largest fragment of a symbol: a name of 64 characters (256 bytes), and 14 fields with their numbers.
SYMBOL_BYTES = 1024
#: How many frames are made before they are sent. Taking turns with each frame, Python and the kernel would evict each
#: other from the processor's caches.
_FRAMES_AT_ONCE = 128


class TickerSubscription(Subscription):
    """``since(version)`` over the watchlist, in parts if it is large."""

    __slots__ = ("_blank", "_missing", "_pass_missing", "_pending", "_target", "account")

    def __init__(self, outlet: Outlet, codec: Codec, watchlists: Watchlists, topic: Topic, rate_hz: float) -> None:
        super().__init__(outlet, codec, watchlists, topic, rate_hz)
        self.account = Account()

    def seek(self, version: int) -> None:
        super().seek(version)
        # Rows of which the client has nothing, while it has the others as of ``version``.
        self._missing: set[int] = set()
        # Whether the client has nothing at all, so that it need not be told of fields that lost their value.
        self._blank = version == 0
        # A pass over what the client lacks: the rows to go, those of them that the client lacks entirely, and the
        # version that the client has after the pass.
        self._pending: npt.NDArray[np.intp] | None = None
        self._pass_missing: set[int] = set()
        self._target = 0

    @property
    def complete(self) -> bool:
        """Whether the client has every row of its watchlist as of ``version``."""
        return self.answered and not self._missing and not self.partway

    def add_rows(self, rows: Iterable[int], position: int | None) -> None:
        """``rows`` were added. The client has them as of version ``position``; with None, not at all."""
        self.answered = False
        if position is None:
            self._missing.update(rows)
        else:
            self.version = min(self.version, position)
            # A pass under way began without these rows: afterwards the client has them only as of ``position``.
            self._target = min(self._target, position)

    def take(self, board: Board, ts: int, max_symbols: int, ledger: Ledger) -> bytes:
        """The next frame for this client alone: all that it lacks, or a part of ``max_symbols``."""
        if self._pending is None:
            self._target = board.version
            # Rows that are added during the pass wait for the next one.
            self._pass_missing, self._missing = self._missing, set()
            self._pending = self._lacking(board)
        part, self._pending = self._pending[:max_symbols], self._pending[max_symbols:]
        since = self.version
        self.answered = True
        self.partway = len(self._pending) > 0
        if not self.partway:
            self.version = self._target
        if not self.watchlist.everything:
            members = self.watchlist.members
            part = np.array([row for row in part.tolist() if row in members], np.intp)
        missing = self._pass_missing
        fresh = np.fromiter((self._blank or row in missing for row in part.tolist()), np.bool_, len(part))
        delta = board.since(since, part, fresh)
        ledger.sent_to(self.account, board.index(delta.rows))
        if not self.partway:
            self._pending, self._pass_missing, self._blank = None, set(), False
        return self.codec.update(since, self.version, ts, self.codec.changes(delta))

    def _lacking(self, board: Board) -> npt.NDArray[np.intp]:
        changed = board.changed(self.version, None if self.watchlist.everything else self.watchlist.rows)
        if not self._pass_missing:
            return changed
        return np.union1d(changed, np.fromiter(self._pass_missing, np.intp, len(self._pass_missing)))


class TickerLane(Lane[TickerSubscription]):
    """``version`` is the board's. Between beats the lane holds nothing else: no queue."""

    def __init__(self, like: Subscription, market: Market, frame_bytes: int) -> None:
        self.ledger = Ledger(market.board)
        super().__init__(like, market, frame_bytes)
        # By row, all empty between beats. Kept, so that a beat costs what changed and not the board's size.
        self._fragments: list[bytes] = []

    def _read(self, market: Market) -> None:
        for subscription in self.behind:
            # What is unsettled in the market before will never be sent.
            self.ledger.watch(subscription.account, NOTHING)
        self._board = self.ledger.board = market.board
        self.version = market.board.version

    @property
    def totals(self) -> Totals:
        return Totals.of((self.ledger.totals, super().totals))

    def begin(
        self, subscription: TickerSubscription, position: int | None, before: Watchlist, *, was_empty: bool
    ) -> None:
        if position is not None and position > self._board.version:
            position = None
        if was_empty:
            subscription.seek(position or 0)
        else:
            watchlist = subscription.watchlist
            rows = range(len(self._board)) if watchlist.everything else watchlist.members
            subscription.add_rows((row for row in rows if row not in before), position)

    def file(self, subscription: TickerSubscription) -> None:
        self.leave(subscription)
        self.ledger.watch(subscription.account, subscription.watchlist)
        super().file(subscription)
        if subscription.group is not None:
            self.ledger.join(subscription.account)

    def leave(self, subscription: TickerSubscription) -> None:
        super().leave(subscription)
        self.ledger.leave(subscription.account)

    def _is_current(self, subscription: TickerSubscription) -> bool:
        return subscription.complete and subscription.version >= self.version

    def _fan_out(self, ts: int) -> None:
        since, self.version = self.version, self._board.version
        if self.groups and (self.version > since or self.ledger.joining):
            changed = self._board.changed(since)
            watched = self._watched(changed.tolist())
            self.ledger.beat(changed, self._send(since, watched, ts) if watched else [])

    def _send(self, since: int, watched: list[int], ts: int) -> list[int]:
        """Send groups the changes of ``watched`` rows. Returns the rows that had something to send."""
        board, version = self._board, self.version
        # Members have values of all rows: even since 0 they are told of fields that lost their value.
        delta = board.since(since, board.index(watched), np.zeros(len(watched), np.bool_))
        fragments = self._fragments
        if len(fragments) < len(board):
            fragments.extend([b""] * (len(board) - len(fragments)))
        for row, fragment in zip(delta.rows, self.codec.changes(delta), strict=True):
            fragments[row] = fragment
        update, touched = self.codec.update, self._touched(delta.rows)
        for first in range(0, len(touched), _FRAMES_AT_ONCE):
            made = [
                (group, update(group.version, version, ts, parts))
                for group in touched[first : first + _FRAMES_AT_ONCE]
                if any(parts := group.watchlist.parts(fragments, delta.rows))
            ]
            for group, payload in made:
                if len(payload) <= self._frame_bytes:
                    self._deliver(group, payload, version)
                else:
                    self._dissolve(group)
        for row in delta.rows:
            fragments[row] = b""
        return delta.rows

    def _next_frame(self, subscription: TickerSubscription, ts: int) -> bytes:
        return subscription.take(self._board, ts, max(1, self._frame_bytes // SYMBOL_BYTES), self.ledger)

    def restart(self, market: Market) -> None:
        super().restart(market)
        for subscription in self.behind:
            subscription.seek(0)
            self.ledger.watch(subscription.account, subscription.watchlist)
