"""The table of channels. A new channel gets a row here, and a name in ``wire.messages.CHANNELS``."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ticker.fanout.bar_lane import BarLane, BarSubscription
from ticker.fanout.lane import Lane
from ticker.fanout.subscription import Subscription
from ticker.fanout.tape_lane import TapeLane, TapeSubscription, TradeSubscription
from ticker.fanout.ticker_lane import TickerLane, TickerSubscription


class Channel(NamedTuple):
    subscription: type[Subscription]
    lane: type[Lane[Any]]


CHANNELS: Final[Mapping[str, Channel]] = {
    "ticker": Channel(TickerSubscription, TickerLane),
    "trades": Channel(TradeSubscription, TapeLane),
    "quotes": Channel(TapeSubscription, TapeLane),
    "bars": Channel(BarSubscription, BarLane),
}
