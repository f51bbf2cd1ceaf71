"""The client's side of the protocol, without I/O: messages in, messages out."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ticker.client.exceptions import ProtocolViolationError
from ticker.client.protocol.bars import BarQueue
from ticker.client.protocol.desk_state import DeskState
from ticker.client.protocol.pending import PendingRequests, Q
from ticker.client.protocol.ticks import Quote, TickQueue, Trade
from ticker.client.protocol.view import View
from ticker.client.protocol.watchlist import ALL, portions, shortened
from ticker.errors import RefusedError
from ticker.wire import messages as wire
from ticker.wire.limits import Limits

log = logging.getLogger("ticker.client")

#: Maximum number of consecutive resyncs of a channel.
_RESYNCS_IN_A_ROW = 3
#: A client that only listens for events sends this many pings within the server's idle timeout.
_PINGS_PER_TIMEOUT = 3

Ticks = wire.TradesMessage | wire.QuotesMessage | wire.BarsMessage
Queue = TickQueue[Trade] | TickQueue[Quote] | BarQueue
Channel = View | Queue
#: The possible answers to a request.
Answer = wire.Subscribed | wire.Unsubscribed | wire.Pong | wire.AlertList | wire.Joined | wire.Said | wire.Left


class ClientProtocol:
    """One client's state, over all its connections to one server.

    For each connection: ``connected`` returns the requests to begin with, ``receive`` takes each message, and
    ``disconnected`` ends it. ``name`` appears in log lines; ``owner`` owns the alerts.
    """

    def __init__(
        self,
        symbols: Iterable[str],
        channel: str,
        rate: float | None,
        queue_ticks: int,
        name: str,
        owner: str | None = None,
    ) -> None:
        self.view = View()
        self.trades: TickQueue[Trade] = TickQueue("trades", Trade, queue_ticks)
        self.quotes: TickQueue[Quote] = TickQueue("quotes", Quote, queue_ticks)
        channels: list[Channel] = [self.view, self.trades, self.quotes]
        self._channels = {channel.channel: channel for channel in channels}
        #: By interval.
        self.bars: dict[str, BarQueue] = {}
        self._queue_ticks = queue_ticks
        self.desk = DeskState(owner, name)
        self.name = name
        #: The channel that was given to ``connect``.
        self.first = channel
        self.channel(channel).watchlist.add(symbols)
        self.rate = rate
        #: The granted rate in Hz; None before the first answer.
        self.rate_granted: float | None = None
        self.welcome: wire.Welcome | None = None
        self.feed: wire.FeedState | None = None
        self.rejected: dict[str, str] = {}
        self.resyncs = 0
        #: Whether the server has answered all requests that the connection began with.
        self.live = False
        #: Whether the first values have come, or none are expected.
        self.stocked = False
        self._pending = PendingRequests()
        self._dropped: list[wire.Unsubscribe] = []
        self._accepted_any = False
        self._was_live = False
        #: Consecutive gaps, by channel.
        self._gaps: dict[str, int] = {}
        self._feed_version = 0
        #: Heartbeats since the last ping, while only events are listened for.
        self._silent = 0

    def channel(self, name: str, interval: str | None = None) -> Channel:
        """A channel by its name, and of bars by their interval.

        Raises ``ValueError`` for an unknown channel, and for bars without an interval or with an invalid one.
        """
        if name == "bars":
            if interval is None:
                raise ValueError('bars need an interval: iterate over stream.live_bars("1m")')
            return self.bars_of(interval)
        if name not in self._channels:
            raise ValueError(f"unknown channel {name!r}: the channels are {', '.join(self._channels)}, bars")
        return self._channels[name]

    def bars_of(self, interval: str) -> BarQueue:
        """The queue of an interval, which is new or was refused, or the one there is. Raises ``ValueError``."""
        queue = self.bars.get(interval)
        if queue is None:
            queue = BarQueue(interval, self._queue_ticks)
            # Another thread may be going through them.
            self.bars = {**self.bars, interval: queue}
        return queue

    @property
    def _all(self) -> list[Channel]:
        return [*self._channels.values(), *self.bars.values()]

    @property
    def epoch(self) -> str | None:
        return self.welcome.epoch if self.welcome is not None else None

    @property
    def limits(self) -> Limits:
        return self.welcome.limits if self.welcome is not None else Limits()

    # Requests

    def subscribe(
        self, symbols: list[str], channel: str, rate: float | None, interval: str | None = None
    ) -> list[wire.Subscribe]:
        """The messages that subscribe to ``symbols``, as many as their size requires.

        Raises ``ValueError`` for an unknown channel.
        """
        place = self.channel(channel, interval)
        if rate is None and _has_rate(place):
            rate = self.rate
        parts = portions(symbols, self.limits.message_bytes)
        return [msgspec.structs.replace(place.subscribe(part), rate=rate) for part in parts]

    def unsubscribe(self, symbols: list[str], channel: str, interval: str | None = None) -> list[wire.Unsubscribe]:
        """Remove symbols at once. Returns the messages for the server."""
        place = self.channel(channel, interval)
        if ALL in symbols or not self._pending.awaits_everything(channel, interval):
            place.unwatch(symbols)
        # Otherwise a subscribe to `*` may be answered first, and then the server goes on sending these.
        parts = portions(symbols, self.limits.message_bytes)
        return [wire.Unsubscribe(symbols=part, channel=channel, interval=interval) for part in parts]

    def ask(self, message: Q) -> Q:
        """The message with an id, which its answer will repeat."""
        return self._pending.ask(message)

    # Connections

    def connected(self, welcome: wire.Welcome) -> list[wire.ClientMessage]:
        """A new connection was welcomed. Returns its first requests.

        Raises ``RefusedError`` if the server speaks another version of the protocol.
        """
        if welcome.protocol != wire.PROTOCOL_VERSION:
            text = f"the server speaks version {welcome.protocol} of the protocol, this client {wire.PROTOCOL_VERSION}"
            raise RefusedError("protocol-version", text)
        same = welcome.epoch == self.epoch
        if not same and self.welcome is not None:
            self._log_new_epoch(self.welcome.epoch, welcome.epoch)
        self.welcome = welcome
        self.rejected.clear()
        self._dropped.clear()
        self._accepted_any = False
        requests: list[wire.ClientMessage] = []
        for channel in self._all:
            for message in channel.resume(welcome.epoch, same_epoch=same, message_bytes=welcome.limits.message_bytes):
                rate = self.rate if _has_rate(channel) else None
                requests.append(self._pending.ask(msgspec.structs.replace(message, rate=rate), first=True))
        requests += [self._pending.ask(request, first=True) for request in self.desk.connected(same_epoch=same)]
        self.stocked = not self.view.watchlist
        self.live = not requests
        self._was_live |= self.live
        return requests

    def disconnected(self) -> None:
        """The connection is gone. Its requests will not be answered."""
        self.live = False
        self.feed = None
        self._pending.forget()
        self._gaps.clear()
        self._silent = 0
        self.desk.alerts.disconnected()

    def receive(self, message: wire.ServerMessage) -> list[wire.ClientMessage]:
        """Process a message. Returns the requests that it causes.

        Raises ``RefusedError`` if the server refuses a first request, ``ProtocolViolationError`` if it breaks the
        protocol.
        """
        if isinstance(message, wire.Update):
            return self._updated(message)
        if isinstance(message, Ticks):
            queue = self._queue_of(message)
            return [] if queue is None else self._ticked(message, queue)
        if isinstance(message, wire.Heartbeat):
            self.feed, self._feed_version = message.feed, message.version
            return self._keep_alive()
        if isinstance(message, wire.Welcome):
            self._restarted(message)
        elif isinstance(message, wire.Fired | wire.Notice | wire.Present):
            self.desk.receive(message, None, opening=False)
        elif isinstance(message, Answer | wire.Error):
            return self._answered(message)
        return []

    def _queue_of(self, message: Ticks) -> Queue | None:
        """The queue of a message; None for bars of an interval that was given up."""
        if isinstance(message, wire.TradesMessage):
            return self.trades
        return self.quotes if isinstance(message, wire.QuotesMessage) else self.bars.get(message.interval)

    def _keep_alive(self) -> list[wire.ClientMessage]:
        """Pings for a client that only waits for events: the server would disconnect it as idle."""
        assert self.welcome is not None
        if not self.desk.listening or any(channel.watchlist for channel in self._all):
            return []
        self._silent += 1
        if self._silent * self.welcome.heartbeat * _PINGS_PER_TIMEOUT < self.limits.idle_seconds:
            return []
        self._silent = 0
        return [self.ask(wire.Ping())]

    def _updated(self, message: wire.Update) -> list[wire.ClientMessage]:
        if not self._joins(message, self.view):
            return self._resync(self.view, message.since)
        if not self.stocked:
            # All parts of a snapshot but the last repeat the old version.
            self.stocked = message.version > message.since or not message.data
        if message.data and message.version > self._feed_version:
            self._ticking(message.ts)
        return []

    def _ticked(self, message: Ticks, queue: Queue) -> list[wire.ClientMessage]:
        if not self._joins(message, queue):
            return self._resync(queue, message.since)
        if message.data and not isinstance(message, wire.BarsMessage):
            self._ticking(message.data[-1][1])
        return []

    def _joins(self, message: Any, channel: Channel) -> bool:
        """Pass a message to its channel. Returns False if there is a gap before it."""
        if channel.awaiting:
            return True  # sent before the resume was answered; the answer repeats it
        version, breaks = channel.version, channel.breaks
        if not channel.apply(message):
            return False
        if self._gaps:
            self._gaps.pop(channel.name, None)
        if channel.breaks > breaks:
            text = "%s: %s: the server could not resume from %s; an unknown number was missed"
            log.warning(text, self.name, channel.name, version)
        return True

    def _ticking(self, ts: int) -> None:
        # While prices come there are no heartbeats, so the state from the last one would stay.
        if self.feed is not None and self.feed.state != "live":
            self.feed = wire.FeedState(state="live", ts=ts)

    def _resync(self, channel: Channel, since: int) -> list[wire.ClientMessage]:
        self.resyncs += 1
        gaps = self._gaps[channel.name] = self._gaps.get(channel.name, 0) + 1
        if gaps > _RESYNCS_IN_A_ROW:
            raise ProtocolViolationError(f"{channel.name}: a new gap after each of {_RESYNCS_IN_A_ROW} resyncs")
        version = channel.version
        assert version is not None
        assert self.welcome is not None
        log.warning("%s: %s: gap from %d to %d; resyncing", self.name, channel.name, version, since)
        if isinstance(channel, View) and channel.fresh:
            raise ProtocolViolationError(f"{channel.name}: gap before the snapshot was complete")
        channel.awaiting = True
        # One message is enough for any watchlist: it resumes the whole channel.
        symbols = [symbol for symbol in channel.watchlist.tokens() if symbol not in self.rejected]
        symbols = portions(symbols, self.limits.message_bytes)[0]
        resume = wire.Since(epoch=self.welcome.epoch, version=version)
        return [self.ask(msgspec.structs.replace(channel.subscribe(symbols), since=resume))]

    # Answers

    def _answered(self, message: Answer | wire.Error) -> list[wire.ClientMessage]:
        request, opening = self._pending.answered(message.id)
        requests: list[wire.DeskMessage] = []
        if isinstance(message, wire.Error):
            self._refused(message, request, opening=opening)
        elif isinstance(message, wire.Subscribed):
            if isinstance(request, wire.Subscribe):
                self._subscribed(message, request, opening=opening)
        elif isinstance(message, wire.Unsubscribed):
            if isinstance(request, wire.Unsubscribe) and (place := self._asked_for(request)) is not None:
                # Again: an older subscribe may have been answered since.
                place.unwatch(request.symbols)
        elif not isinstance(message, wire.Pong):
            requests = self.desk.receive(message, request, opening=opening)
        found: list[wire.ClientMessage] = [self._pending.ask(each, first=opening) for each in requests]
        return found if self._pending.beginning or not opening else [*found, *self._opened()]

    def _subscribed(self, message: wire.Subscribed, request: wire.Subscribe, *, opening: bool) -> None:
        channel = self._asked_for(request)
        if channel is None:
            return
        self.rate_granted = message.rate
        if request.rate is not None:
            self.rate = request.rate
        accepted = [symbol for symbol in request.symbols if symbol not in message.rejected]
        if opening:
            # Symbols removed since the request stay out; the server is told once all requests are answered.
            wanted = set(channel.watchlist.tokens())
            dropped = [symbol for symbol in accepted if symbol not in wanted]
            accepted = [symbol for symbol in accepted if symbol in wanted]
            if dropped:
                self._dropped.append(
                    wire.Unsubscribe(symbols=dropped, channel=request.channel, interval=request.interval)
                )
        channel.watch(accepted)
        for symbol in accepted:
            self.rejected.pop(symbol, None)
        if message.rejected:
            if opening:
                channel.reject(message.rejected)
            # A symbol of the watchlist that the feed has removed for now may be rejected, but stays in it.
            kept = () if opening else channel.watchlist.names
            self.rejected.update({name: why for name, why in message.rejected.items() if name not in kept})
            log.warning("%s: %s: rejected: %s", self.name, channel.name, _listed(message.rejected))
        if request.since is not None:
            channel.joined()
        if opening:
            self._accepted_any |= bool(accepted)

    def _opened(self) -> list[wire.ClientMessage]:
        if not self._was_live and not self._accepted_any and self.rejected:
            text = f"the server rejects all symbols: {_listed(self.rejected)}"
            raise RefusedError(next(iter(self.rejected.values())), text)
        self.live = self._was_live = True
        if not self.view.board and not self.view.watchlist.everything:
            self.stocked = True  # no symbol was accepted, so no values will come
        dropped, self._dropped = self._dropped, []
        return [self.ask(message) for message in dropped]

    def _refused(self, message: wire.Error, request: wire.ClientMessage | None, *, opening: bool) -> None:
        if request is None:
            log.warning("%s: error from the server: %s: %s", self.name, message.code, message.message)
        elif isinstance(request, wire.DeskMessage):
            if opening:
                self.desk.refused(request, message)
        elif opening and isinstance(request, wire.Subscribe) and request.channel == "bars":
            self._give_up(request, RefusedError(message.code, message.message))
        elif opening:
            raise RefusedError(message.code, message.message)
        elif isinstance(request, wire.Subscribe) and request.since is not None:
            version = request.since.version
            raise ProtocolViolationError(f"the server refused to resume from {version}: {message.message}")

    def _give_up(self, request: wire.Subscribe, error: RefusedError) -> None:
        """The server does not send these bars on this connection: it is at its limit, or a long poll carries none.

        The other channels go on. The iterator over the bars raises ``error``.
        """
        queue = self.bars.get(request.interval or "")
        if queue is not None:
            queue.refused = error
            self.bars = {name: each for name, each in self.bars.items() if each is not queue}
            log.warning("%s: %s: refused: %s", self.name, queue.name, error)

    def _asked_for(self, request: wire.Subscribe | wire.Unsubscribe) -> Channel | None:
        """The channel of a request; None for bars that were given up since."""
        return self.bars.get(request.interval or "") if request.channel == "bars" else self.channel(request.channel)

    def _restarted(self, welcome: wire.Welcome) -> None:
        """A welcome on an open connection: a new epoch began. Subscriptions stay, and all values are sent again."""
        if welcome.epoch == self.epoch:
            return
        self._log_new_epoch(self.epoch, welcome.epoch)
        self.welcome = welcome
        for channel in self._all:
            channel.forget()

    def _log_new_epoch(self, old: str | None, new: str) -> None:
        channels = [channel.name for channel in self._all if channel.watchlist and channel is not self.view]
        lost = f"; an unknown number of {' and '.join(channels)} was lost" if channels else ""
        log.warning("%s: the server began a new epoch (%s, was %s)%s", self.name, new, old, lost)


def _has_rate(channel: Channel) -> bool:
    """Whether a subscribe of a channel states the rate."""
    return isinstance(channel, View | BarQueue)


def _listed(rejected: Mapping[str, str]) -> str:
    """Symbols with the reasons, shortened for the log."""
    return shortened(f"{symbol} ({reason})" for symbol, reason in sorted(rejected.items()))
