"""All lanes and tapes: which of them a subscription belongs to, made when the first comes, and what is done to all.

This module knows no clock and no socket.
"""

from __future__ import annotations

from collections.abc import Iterator

from ticker.fanout.bar_lane import BarLane
from ticker.fanout.bar_subscription import BarSubscription
from ticker.fanout.conflation import Totals
from ticker.fanout.lane import Lane
from ticker.fanout.subscription import Subscription, TapeSubscription, TickerSubscription
from ticker.fanout.tape import Tape
from ticker.fanout.watchlist import Watchlist
from ticker.market.market import Market


class Lanes:
    """The lanes of channel ``ticker`` and ``bars``, and the tapes of ``trades`` and ``quotes``."""

    def __init__(self, market: Market, frame_bytes: int) -> None:
        self._market = market
        self._frame_bytes = frame_bytes
        self._tickers: dict[tuple[str, float], Lane] = {}
        self._tapes: dict[tuple[str, str], Tape] = {}
        self._bar_lanes: dict[tuple[str, str, float], BarLane] = {}

    # Which one

    def lane(self, subscription: TickerSubscription) -> Lane:
        key = subscription.codec.name, subscription.rate_hz
        lane = self._tickers.get(key)
        if lane is None:
            lane = Lane(subscription.codec, subscription.rate_hz, self._market.board, self._frame_bytes)
            self._tickers[key] = lane
        return lane

    def _tape(self, subscription: TapeSubscription) -> Tape:
        channel, codec = subscription.channel, subscription.codec
        tape = self._tapes.get((channel, codec.name))
        if tape is None:
            tape = Tape(channel, codec, self._market.rings[channel], self._market.board, self._frame_bytes)
            self._tapes[channel, codec.name] = tape
        return tape

    def _bar_lane(self, subscription: BarSubscription) -> BarLane:
        interval, codec, rate_hz = subscription.interval, subscription.codec, subscription.rate_hz
        lane = self._bar_lanes.get((interval, codec.name, rate_hz))
        if lane is None:
            lane = BarLane(interval, codec, rate_hz, self._market.bars, self._market.board, self._frame_bytes)
            self._bar_lanes[interval, codec.name, rate_hz] = lane
        return lane

    # One subscription

    def begin(self, subscription: Subscription, position: int | None, before: Watchlist, *, anew: bool) -> None:
        """Set the position of a subscription to which symbols were added.

        ``position`` is where the client says it was (None: nowhere), ``before`` the watchlist before this change, and
        ``anew`` whether the subscription was empty.
        """
        if isinstance(subscription, TickerSubscription):
            if position is not None and position > self._market.board.version:
                position = None
            if anew:
                subscription.reset(position or 0)
            else:
                watchlist = subscription.watchlist
                rows = range(len(self._market.board)) if watchlist.everything else watchlist.members
                subscription.extend((row for row in rows if row not in before), position)
        elif isinstance(subscription, BarSubscription):
            self._bar_lane(subscription).start(subscription, position, anew=anew)
        elif isinstance(subscription, TapeSubscription) and (position is not None or anew):
            self._tape(subscription).start(subscription, position)

    def file(self, subscription: Subscription) -> None:
        """Put a subscription where it belongs now: to its group, or to those behind."""
        if isinstance(subscription, TickerSubscription):
            self.lane(subscription).file(subscription)
        elif isinstance(subscription, BarSubscription):
            self._bar_lane(subscription).file(subscription)
        elif isinstance(subscription, TapeSubscription):
            self._tape(subscription).file(subscription)

    def leave(self, subscription: Subscription) -> None:
        """Take a subscription out. It knows where it was."""
        if isinstance(subscription, TickerSubscription):
            self.lane(subscription).leave(subscription)
        elif isinstance(subscription, BarSubscription):
            self._bar_lane(subscription).leave(subscription)
        elif isinstance(subscription, TapeSubscription):
            self._tape(subscription).leave(subscription)

    def catch_up(self, subscription: Subscription, ts: int) -> None:
        """Send what a subscription lacks, if it is behind: a first frame does not wait for a beat."""
        if isinstance(subscription, TickerSubscription):
            lane = self.lane(subscription)
            if subscription in lane.audience.behind:
                lane.catch_up(subscription, ts)
        elif isinstance(subscription, BarSubscription):
            bar_lane = self._bar_lane(subscription)
            if subscription in bar_lane.audience.behind:
                bar_lane.catch_up(subscription)
        elif isinstance(subscription, TapeSubscription):
            tape = self._tape(subscription)
            if subscription in tape.audience.behind:
                tape.catch_up(subscription)

    # All of them

    def __iter__(self) -> Iterator[Lane | BarLane]:
        """Those that have a rate."""
        yield from self._tickers.values()
        yield from self._bar_lanes.values()

    @property
    def rates(self) -> set[float]:
        """The rates above 0 that have clients: these want ``beat`` calls."""
        return {lane.rate_hz for lane in self if lane.rate_hz and lane.audience}

    @property
    def waiting(self) -> bool:
        """Whether some client needs ``poll``: a snapshot under way, or a reader at once that lags."""
        return any(lane.waiting for lane in self) or any(tape.audience.behind for tape in self._tapes.values())

    @property
    def behind(self) -> int:
        """How many subscriptions are not in step."""
        return sum(len(each.audience.behind) for each in (*self, *self._tapes.values()))

    @property
    def at_once(self) -> bool:
        """Whether somebody gets what is published in the turn in which it was."""
        return any(not lane.rate_hz and lane.audience for lane in self) or any(
            tape.audience for tape in self._tapes.values()
        )

    def beat(self, rate_hz: float, ts: int) -> None:
        """A beat of the lanes of one rate."""
        for lane in list(self._tickers.values()):
            if lane.rate_hz == rate_hz:
                lane.beat(ts)
        for bar_lane in list(self._bar_lanes.values()):
            if bar_lane.rate_hz == rate_hz:
                bar_lane.beat()

    def flush(self, ts: int) -> None:
        """Send what goes out at once."""
        self.beat(0, ts)
        for tape in self._tapes.values():
            tape.flush()

    def poll(self, ts: int) -> None:
        """Go on with those clients that have become ready."""
        for lane in self._tickers.values():
            lane.poll(ts)
        for bar_lane in self._bar_lanes.values():
            bar_lane.poll()
        for tape in self._tapes.values():
            tape.poll()

    @property
    def totals(self) -> Totals:
        """What became of the changes of channel ``ticker``."""
        return Totals.of(lane.ledger.totals for lane in self._tickers.values())

    def end(self) -> None:
        """The board's history is about to end."""
        for lane in self._tickers.values():
            lane.end()

    def restart(self, market: Market) -> None:
        """Go on with another market, of which no client has anything."""
        self._market = market
        for lane in self._tickers.values():
            lane.restart(market.board)
        for tape in self._tapes.values():
            tape.restart(market.rings[tape.channel], market.board)
        for bar_lane in self._bar_lanes.values():
            bar_lane.restart(market.bars, market.board)
