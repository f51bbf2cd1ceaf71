"""Passes events, messages and notices to the hub, and then has the metronome start what has become due."""

from __future__ import annotations

import time
from collections.abc import Callable

from ticker.hub.hub import Hub
from ticker.hub.session import Session
from ticker.model import FeedEvent, Watermark
from ticker.server.core.market_clock import MarketClock
from ticker.server.core.metronome import Metronome
from ticker.wire.messages import Subscribe


class Dispatcher:
    """The interface to the hub for connections, HTTP endpoints and the feed."""

    def __init__(
        self,
        hub: Hub,
        metronome: Metronome,
        time_ns: Callable[[], int] = time.time_ns,
        monotonic_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._hub = hub
        self._metronome = metronome
        self._time_ns = time_ns
        self._market_clock = MarketClock(time_ns, monotonic_ns)

    def publish(self, event: FeedEvent) -> None:
        """Publish an event. Clients with rate 0, or of ticks, get it at the end of this turn of the event loop."""
        if self._hub.publish(event):
            self._metronome.flush_soon()

    def advance(self, *, goes_on: bool) -> None:
        """Publish market time, if it is known. ``goes_on``: whether the feed is running (see ``MarketClock``)."""
        newest = self._hub.apply_pending().newest(self._market_clock.latest)
        ts = self._market_clock.watermark(newest, goes_on=goes_on)
        if ts is not None:
            self.publish(Watermark(ts))

    def receive(self, session: Session, raw: bytes | str) -> None:
        """Handle a client's encoded message."""
        self._hub.receive(session, raw, self._time_ns())
        self._metronome.check()

    def subscribe(self, session: Session, message: Subscribe) -> None:
        """Handle a subscription from the query of a request."""
        self._hub.handle(session, message, self._time_ns())
        self._metronome.check()

    def notify(self, text: str, sender: str, to: str | None = None) -> int:
        """Send a notice, and return the number of clients. Raises ``ValueError`` as ``Hub.notify`` does."""
        told = self._hub.notify(text, sender, self._time_ns(), to)
        self._metronome.check()
        return told

    def detach(self, session: Session) -> None:
        """Remove a client that has disconnected. The other members of its rooms are told."""
        self._hub.detach(session)
        self._metronome.check()
