"""The channels `trades` and `quotes`: every tick, in order, at once."""

from __future__ import annotations

from typing import ClassVar

from ticker.fanout.ring_lane import RingLane, RingSubscription
from ticker.fanout.tick_cache import PLAIN_TRADE, TickCache
from ticker.fanout.watchlist import Watchlist
from ticker.market.market import Market
from ticker.market.ring import Ring


class TapeSubscription(RingSubscription):
    has_rate: ClassVar[bool] = False
    __slots__ = ()


class TradeSubscription(TapeSubscription):
    has_revisions: ClassVar[bool] = True
    __slots__ = ()


class TapeLane(RingLane[TapeSubscription]):
    """Each tick is encoded once for all clients that watch its symbol.

    Without revisions, clients get each trade as it came, also one that is late, and no corrections.
    """

    def _read(self, market: Market) -> None:
        super()._read(market)
        if self.topic.channel == "quotes":
            self._cache = TickCache(self.codec, self._ring, self._board)
        else:
            conditions = market.conditions if self.revisions else None
            self._cache = TickCache(self.codec, self._ring, self._board, PLAIN_TRADE, conditions)
        # The last frame for a slow consumer: the consumer's state before, the frame, and the number that it reaches.
        # Clients that fell behind together mostly return together, in the same state.
        self._latest: tuple[tuple[Watchlist, bool, int, int, int] | None, bytes | None, int] = (None, None, 0)

    def _ring_of(self, market: Market) -> Ring:
        return market.rings[self.topic.channel]

    def _fan_out(self, ts: int) -> None:  # noqa: ARG002 - frames of ticks have no stamp
        ring = self._ring
        if ring.tail > self.at:
            # More ticks came at once than the ring holds: each member has lost its own.
            self._dissolve_all()
        while self.groups and self.at < ring.head:
            # In steps, so that no frame is larger than allowed.
            upto = min(ring.head, self.at + self._max_items)
            numbers, rows = self._watched_items(upto)
            self._send(rows.tolist(), self._cache.parts(numbers, rows), upto)
            self.version = self.at = upto
        self.version = self.at = ring.head

    def _next_frame(self, subscription: TapeSubscription, ts: int) -> bytes | None:  # noqa: ARG002 - only prices have it
        subscription.count_lost(self._ring, self._board)
        state = None
        if not subscription.lost:
            version, cursor = subscription.version, subscription.cursor
            state = subscription.watchlist, subscription.answered, version, cursor, self._ring.head
            if state == self._latest[0]:
                _, payload, end = self._latest
                subscription.answered, subscription.version, subscription.cursor = True, end, end
                return payload
        end, numbers, rows = self._next_items(subscription)
        payload = self._take(subscription, end, self._cache.parts(numbers, rows))
        self._latest = state, payload, end
        return payload
