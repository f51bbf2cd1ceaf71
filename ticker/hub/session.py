"""One client, without its socket and without a clock: what it asked for, and what the hub answers.

``receive`` turns a message of the client's into the answer to it and changes the client's watchlists; sending prices
is the lanes' and tapes' job. Symbols are looked up through a ``Catalogue``, so that this module knows no feed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.errors import ProtocolError
from ticker.fanout.bar_subscription import BarSubscription
from ticker.fanout.subscription import Outlet, Subscription, TapeSubscription, TickerSubscription
from ticker.fanout.watchlist import Watchlists
from ticker.market.bar_store import INTERVALS
from ticker.model import ALL, is_symbol
from ticker.wire.codec import Codec
from ticker.wire.limits import Limits
from ticker.wire.messages import (
    CHANNELS,
    Subscribe,
    Subscribed,
    Unsubscribe,
    Unsubscribed,
)

DEFAULT_RATE_HZ = 10.0


class Catalogue(Protocol):
    """Which symbols there are. ``complete``: no others can come."""

    @property
    def complete(self) -> bool: ...

    @property
    def names(self) -> Sequence[str]:
        """By row."""
        ...

    def row(self, name: str) -> int | None: ...


def rejection(name: str, may: Entitlements, catalogue: Catalogue) -> str | None:
    """Why a symbol can't be had, if it can't."""
    if not is_symbol(name):
        return "unknown-symbol"
    # First whether it may be known at all: what is hidden is answered like what is not there, and as fast.
    if not may.symbol(name):
        return "not-entitled"
    return "unknown-symbol" if catalogue.complete and catalogue.row(name) is None else None


class Session:
    """A client's subscriptions, one a channel, and the rate of its lane."""

    def __init__(
        self,
        id: str,  # noqa: A002 - what logs and errors call it
        outlet: Outlet,
        codec: Codec,
        limits: Limits,
        watchlists: Watchlists,
        may: Entitlements = EVERYTHING,
        name: str = "",
        owner: str | None = None,
    ) -> None:
        self.id = id
        self.may = may
        #: Whose it is, where the server asks that: the name of the key, or the token's `sub`.
        self.name = name
        #: To whom belongs what is its own, which may have to tell apart those of one name.
        self.owner = name if owner is None else owner
        #: What it is here for besides prices: rooms that it is in, alerts that it waits for.
        self.engaged = 0
        #: Whether it can be told anything besides prices: who polls can't.
        self.hears = True
        self.outlet = outlet
        self.codec = codec
        self.limits = limits
        self.rate_hz = self._granted(DEFAULT_RATE_HZ, None)
        self._watchlists = watchlists
        self.ticker = TickerSubscription(outlet, codec, watchlists, self.rate_hz)
        self.tapes = {name: TapeSubscription(outlet, codec, watchlists, name) for name in ("trades", "quotes")}
        #: By interval, those that were asked for.
        self.bars: dict[str, BarSubscription] = {}

        self._frames = 0
        self._silent = 0

    def silent(self, steps: int) -> bool:
        """Whether nothing has been sent for ``steps`` calls of this in a row; then the counting starts again."""
        frames = self.outlet.frames
        self._silent = self._silent + 1 if frames == self._frames else 0
        self._frames = frames
        if self._silent < steps:
            return False
        self._silent = 0
        return True

    @property
    def busy(self) -> bool:
        """Whether there is anything that it is here for."""
        return self.engaged > 0 or len(self) > 0

    def __len__(self) -> int:
        """The size of all its watchlists together; ``*`` counts as one."""
        return sum(len(subscription.symbols()) for subscription in self.subscriptions())

    def subscriptions(self) -> list[Subscription]:
        return [self.ticker, *self.tapes.values(), *self.bars.values()]

    def rated(self) -> list[TickerSubscription | BarSubscription]:
        """Those that get what changed at the session's rate."""
        return [self.ticker, *self.bars.values()]

    def subscription(self, message: Subscribe | Unsubscribe) -> Subscription:
        """What a message is about. Raises ``ProtocolError`` for a channel or an interval that there is not."""
        channel, interval = message.channel, message.interval
        if channel == "ticker":
            return self.ticker
        if channel in self.tapes:
            return self.tapes[channel]
        if channel != "bars":
            known = ", ".join(CHANNELS)
            raise ProtocolError("unknown-channel", f"channel {channel!r:.80}: there are {known}", message.id)
        if interval is None or interval not in INTERVALS:
            what = "interval is missing" if interval is None else f"interval {interval!r:.80}"
            raise ProtocolError("bad-interval", f"{what}: there are {', '.join(INTERVALS)}", message.id)
        found = self.bars.get(interval)
        if found is None:
            found = BarSubscription(self.outlet, self.codec, self._watchlists, interval, self.rate_hz)
            self.bars[interval] = found
        return found

    def receive(
        self, message: Subscribe | Unsubscribe, subscription: Subscription, catalogue: Catalogue
    ) -> tuple[Subscribed | Unsubscribed, bool]:
        """Apply a message to its ``subscription``. Returns the answer and whether the subscription changed.

        Raises ``ProtocolError``; then nothing changed.
        """
        if isinstance(message, Unsubscribe):
            return self._unsubscribe(message, subscription)
        return self._subscribe(message, subscription, catalogue)

    def _subscribe(
        self, message: Subscribe, subscription: Subscription, catalogue: Catalogue
    ) -> tuple[Subscribed, bool]:
        rate_hz = self.rate_hz if message.rate is None else self._granted(message.rate, message.id)
        wanted = dict.fromkeys(message.symbols)
        found: dict[str, int | None] = {}
        rejected: dict[str, str] = {}
        if message.channel not in self.may.channels:
            rejected = dict.fromkeys(wanted, "not-entitled")
            wanted.clear()
        everything = wanted.pop(ALL, ...) is None
        for name in wanted:
            if (reason := rejection(name, self.may, catalogue)) is not None:
                rejected[name] = reason
            else:
                found[name] = catalogue.row(name)
        grown = len(subscription.names) + sum(name not in subscription.names for name in found)
        if grown > self.limits.symbols:
            text = f"{grown} symbols on {message.channel}; the limit is {self.limits.symbols} (or '*' for all)"
            raise ProtocolError("too-many-symbols", text, message.id)
        self.rate_hz = rate_hz
        changed = bool(found) and subscription.watch(found)
        if everything:
            within = None if self.may.every_symbol else self.visible(catalogue.names)
            changed |= subscription.watch_everything(within)
        answer = Subscribed(
            id=message.id,
            channel=message.channel,
            interval=_interval(subscription),
            symbols=subscription.symbols(),
            rate=self.rate_hz,
            rejected=rejected,
        )
        return answer, changed

    def _unsubscribe(self, message: Unsubscribe, subscription: Subscription) -> tuple[Unsubscribed, bool]:
        everything = ALL in message.symbols
        changed = subscription.unwatch_everything() if everything else subscription.unwatch(message.symbols)
        interval, left = _interval(subscription), subscription.symbols()
        return Unsubscribed(id=message.id, channel=message.channel, interval=interval, symbols=left), changed

    def visible(self, names: Sequence[str], first: int = 0) -> set[int]:
        """The rows of those names that this client may see; ``first`` is the row of the first."""
        return {row for row, name in enumerate(names, first) if self.may.symbol(name)}

    def _granted(self, rate: float, id_: int | str | None) -> float:
        """The nearest of the offered rates that is not above ``rate``, nor what it may have; 0 is at once."""
        most = self.may.rate
        if most is not None and (rate == 0 or rate > most):
            rate = most
        offered = [offer for offer in self.limits.rates if offer <= rate and bool(offer) == bool(rate)]
        if not offered or not math.isfinite(rate):
            rates = ", ".join(f"{offer:g}" for offer in self.limits.rates)
            raise ProtocolError("bad-rate", f"rate {rate:g} can't be; there are {rates} (0: at once)", id_)
        return max(offered)


def _interval(subscription: Subscription) -> str | None:
    return subscription.interval if isinstance(subscription, BarSubscription) else None
