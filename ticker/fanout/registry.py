"""All lanes: finds the lane of a subscription, and passes the time on to all of them."""

from __future__ import annotations

from typing import Any

from ticker.fanout.channels import CHANNELS
from ticker.fanout.conflation import Totals
from ticker.fanout.lane import Lane
from ticker.fanout.subscription import TICKER, Subscription, Topic
from ticker.market.market import Market


class Lanes:
    """A lane is made for its first subscription and stays."""

    def __init__(self, market: Market, frame_bytes: int) -> None:
        self._market = market
        self._frame_bytes = frame_bytes
        # By topic, encoding, rate, and whether with revisions.
        self._lanes: dict[tuple[Topic, str, float, bool], Lane[Any]] = {}

    def of(self, subscription: Subscription) -> Lane[Any]:
        """The lane of a subscription."""
        key = subscription.topic, subscription.codec.name, subscription.rate_hz, subscription.revisions
        lane = self._lanes.get(key)
        if lane is None:
            kind = CHANNELS[subscription.topic.channel].lane
            lane = self._lanes[key] = kind(subscription, self._market, self._frame_bytes)
        return lane

    def forget(self, topic: Topic) -> None:
        """Remove the lanes of a topic that has no subscriptions any more."""
        for key in [key for key in self._lanes if key[0] == topic]:
            del self._lanes[key]

    @property
    def rates(self) -> set[float]:
        """The rates above 0 that have clients. Each needs ``beat`` calls."""
        return {lane.rate_hz for lane in self._lanes.values() if lane.rate_hz and lane}

    @property
    def at_once(self) -> bool:
        """Whether a lane of rate 0 has clients: they need a beat in each turn that published something."""
        return any(lane for lane in self._lanes.values() if not lane.rate_hz)

    @property
    def waiting(self) -> bool:
        """Whether a client needs ``poll``: parts of a snapshot remain, or it is behind at rate 0."""
        return any(lane.waiting for lane in self._lanes.values())

    @property
    def behind(self) -> int:
        """How many subscriptions are not up to date."""
        return sum(len(lane.behind) for lane in self._lanes.values())

    @property
    def totals(self) -> Totals:
        """What happened to the changes of channel ``ticker``."""
        return Totals.of(lane.totals for (topic, *_), lane in self._lanes.items() if topic == TICKER)

    def beat(self, rate_hz: float, ts: int) -> None:
        """A beat of the lanes of one rate."""
        for lane in self._lanes.values():
            if lane.rate_hz == rate_hz:
                lane.beat(ts)

    def poll(self, ts: int) -> None:
        """Serve clients that are behind and don't wait for a beat."""
        for lane in self._lanes.values():
            lane.poll(ts)

    def restart(self, market: Market) -> None:
        """Continue with another market, of which no client has anything."""
        self._market = market
        for lane in self._lanes.values():
            lane.restart(market)
