"""One client of the hub: its subscriptions, its rate, and the answers to its subscribes and unsubscribes.

No socket and no clock here. Frames of prices are the lanes' job (``ticker.fanout``).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Protocol

from ticker.auth.entitlements import EVERYTHING, Entitlements
from ticker.errors import ProtocolError
from ticker.fanout.channels import CHANNELS
from ticker.fanout.subscription import TICKER, Outlet, Subscription, Topic
from ticker.fanout.ticker_lane import TickerSubscription
from ticker.fanout.watchlist import Watchlists
from ticker.hub.intervals import IntervalsInUse, not_kept
from ticker.intervals import interval as parsed_interval
from ticker.model import ALL, is_symbol
from ticker.wire.codec import Codec
from ticker.wire.limits import Limits
from ticker.wire.messages import Ping, Pong, Subscribe, Subscribed, Unsubscribe, Unsubscribed

DEFAULT_RATE_HZ = 10.0


class Catalogue(Protocol):
    """The symbols that exist: the hub, which imports this module."""

    @property
    def complete(self) -> bool:
        """Whether no more symbols can appear."""

    @property
    def names(self) -> Sequence[str]:
        """By row."""

    def row(self, name: str) -> int | None: ...


class Offer(Catalogue, Protocol):
    """What can be subscribed to: the hub."""

    #: The intervals in use that the server does not keep.
    intervals: IntervalsInUse


def rejection(name: str, may: Entitlements, catalogue: Catalogue) -> str | None:
    """Why a client entitled to ``may`` can't subscribe to a symbol; None if it can."""
    if not is_symbol(name):
        return "unknown-symbol"
    # Before the lookup: neither the answer nor its time tells whether a symbol exists that the client may not see.
    if not may.symbol(name):
        return "not-entitled"
    return "unknown-symbol" if catalogue.complete and catalogue.row(name) is None else None


class Session:
    """The state of one client. It has a subscription for each channel (of `bars`: for each interval) that it used."""

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
        source: str = "",
    ) -> None:
        self.id = id
        self.may = may
        #: With authentication: the name of the key, or the token's `sub`.
        self.name = name
        #: The owner of the client's alerts. Unlike ``name``, it tells a key from a token with the same name.
        self.owner = name if owner is None else owner
        #: What the client's shares of common resources are counted by: its owner or, without authentication, its
        #: address. Empty: localhost, which is exempt.
        self.source = source
        #: How many rooms the client is in, and alert owners that it waits for.
        self.engaged = 0
        #: Whether notices can reach the client. Long polling carries prices only.
        self.hears = True
        self.outlet = outlet
        self.codec = codec
        self.limits = limits
        self.rate_hz = self._granted(DEFAULT_RATE_HZ, None)
        self._watchlists = watchlists
        self.ticker = TickerSubscription(outlet, codec, watchlists, TICKER, self.rate_hz)
        self._subscriptions: dict[Topic, Subscription] = {TICKER: self.ticker}
        self._frames = 0
        self._silent = 0

    def silent(self, steps: int) -> bool:
        """Whether nothing was sent during the last ``steps`` calls. True restarts the count."""
        frames = self.outlet.frames
        self._silent = self._silent + 1 if frames == self._frames else 0
        self._frames = frames
        if self._silent < steps:
            return False
        self._silent = 0
        return True

    @property
    def busy(self) -> bool:
        """Whether the client uses anything: a subscription, a room, alerts. The server closes idle connections."""
        return self.engaged > 0 or len(self) > 0

    def __len__(self) -> int:
        """The number of symbols on all watchlists; ``*`` counts as one."""
        return sum(len(subscription.symbols()) for subscription in self.subscriptions())

    def subscriptions(self) -> list[Subscription]:
        return list(self._subscriptions.values())

    def subscription(self, message: Subscribe | Unsubscribe) -> Subscription:
        """The subscription that a message names. Raises ``ProtocolError`` for an unknown channel or interval."""
        channel, interval = message.channel, ""
        if channel not in CHANNELS:
            known = ", ".join(CHANNELS)
            raise ProtocolError("unknown-channel", f"unknown channel {channel!r:.80}; channels: {known}", message.id)
        if channel == "bars":
            if not message.interval:
                text = "interval is missing; intervals are written 30s, 5m, 2h, 1d, 1w or 1M"
                raise ProtocolError("bad-interval", text, message.id)
            try:
                interval = parsed_interval(message.interval).name
            except ValueError as error:
                raise ProtocolError("bad-interval", str(error), message.id) from None
        topic = Topic(channel, interval)
        if topic not in self._subscriptions:
            kind = CHANNELS[channel].subscription
            rate_hz = self.rate_hz if kind.has_rate else 0.0
            self._subscriptions[topic] = kind(self.outlet, self.codec, self._watchlists, topic, rate_hz)
        return self._subscriptions[topic]

    def forget(self, subscription: Subscription) -> None:
        """Forget an empty subscription."""
        self._subscriptions.pop(subscription.topic, None)

    def receive(
        self, message: Subscribe | Unsubscribe, subscription: Subscription, offer: Offer
    ) -> tuple[Subscribed | Unsubscribed, bool]:
        """Apply a message to its ``subscription``. Returns the answer and whether the subscription changed.

        Raises ``ProtocolError``; then nothing changed.
        """
        if isinstance(message, Unsubscribe):
            return self._unsubscribe(message, subscription)
        return self._subscribe(message, subscription, offer)

    def _subscribe(self, message: Subscribe, subscription: Subscription, offer: Offer) -> tuple[Subscribed, bool]:
        rate_hz = self.rate_hz if message.rate is None else self._granted(message.rate, message.id)
        wanted = dict.fromkeys(message.symbols)
        found: dict[str, int | None] = {}
        rejected: dict[str, str] = {}
        if message.channel not in self.may.channels:
            rejected = dict.fromkeys(wanted, "not-entitled")
            wanted.clear()
        everything = wanted.pop(ALL, ...) is None
        for name in wanted:
            if (reason := rejection(name, self.may, offer)) is not None:
                rejected[name] = reason
            else:
                found[name] = offer.row(name)
        grown = len(subscription.names) + sum(name not in subscription.names for name in found)
        if grown > self.limits.symbols:
            text = f"{grown} symbols on {message.channel}; the limit is {self.limits.symbols}; use '*' for all"
            raise ProtocolError("too-many-symbols", text, message.id)
        if subscription.empty and (found or everything) and (interval := not_kept(subscription.topic)) is not None:
            offer.intervals.check(interval, self.subscriptions(), self.source, message.id)
        self.rate_hz = rate_hz
        changed = bool(found) and subscription.watch(found)
        if everything:
            within = None if self.may.every_symbol else self.visible(offer.names)
            changed |= subscription.watch_everything(within)
        answer = Subscribed(
            id=message.id,
            channel=message.channel,
            interval=subscription.topic.interval or None,
            symbols=subscription.symbols(),
            rate=self.rate_hz,
            revisions=self._revisions(message, subscription),
            rejected=rejected,
        )
        return answer, changed

    @staticmethod
    def _revisions(message: Subscribe, subscription: Subscription) -> bool:
        """Whether a subscription has revisions after a message. Without a word on them, it stays as it is."""
        if message.revisions is None:
            return subscription.revisions
        return message.revisions and subscription.has_revisions

    def _unsubscribe(self, message: Unsubscribe, subscription: Subscription) -> tuple[Unsubscribed, bool]:
        everything = ALL in message.symbols
        changed = subscription.unwatch_everything() if everything else subscription.unwatch(message.symbols)
        interval, left = subscription.topic.interval or None, subscription.symbols()
        return Unsubscribed(id=message.id, channel=message.channel, interval=interval, symbols=left), changed

    def visible(self, names: Sequence[str], first: int = 0) -> set[int]:
        """The rows of ``names`` that the client is entitled to; ``first`` is the row of the first name."""
        return {row for row, name in enumerate(names, first) if self.may.symbol(name)}

    def _granted(self, rate: float, id_: int | str | None) -> float:
        """The highest offered rate that is neither above ``rate`` nor above the key's limit; 0 is at once."""
        limit = self.may.rate
        if limit is not None and (rate == 0 or rate > limit):
            rate = limit
        offered = [offer for offer in self.limits.rates if offer <= rate and bool(offer) == bool(rate)]
        if not offered or not math.isfinite(rate):
            rates = ", ".join(f"{offer:g}" for offer in self.limits.rates)
            raise ProtocolError("bad-rate", f"rate {rate:g} is not offered; rates: {rates} (0: at once)", id_)
        return max(offered)


def pong(session: Session, ping: Ping) -> bytes:
    """The answer to a ping. A client may send ``data`` in one encoding that the other can't express."""
    try:
        return session.codec.encode(Pong(id=ping.id, data=ping.data))
    except (TypeError, ValueError, OverflowError, RecursionError):
        text = f"data: has a value that the encoding of this connection, {session.codec.name}, can't express"
        raise ProtocolError("bad-argument", text, ping.id) from None
