"""One client's side of the whole protocol, without a socket and without a clock: messages in, messages out.

A protocol outlives its connections: ``connected`` says what to ask of a new one, ``receive`` takes each message, and
``disconnected`` ends it. What is known of prices is the view's and the queues' job.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from ticker.client.protocol.desk_state import DeskState
from ticker.client.protocol.pending import PendingRequests, Q
from ticker.client.protocol.ticks import Quote, TickQueue, Trade
from ticker.client.protocol.view import View
from ticker.client.protocol.watchlist import ALL, listed, portions
from ticker.errors import RefusedError
from ticker.wire import messages
from ticker.wire.limits import Limits
from ticker.wire.messages import (
    PROTOCOL_VERSION,
    AlertList,
    ClientMessage,
    DeskMessage,
    Error,
    FeedState,
    Fired,
    Heartbeat,
    Joined,
    Left,
    Notice,
    Ping,
    Pong,
    Present,
    QuotesMessage,
    Said,
    ServerMessage,
    Since,
    Subscribe,
    Subscribed,
    TradesMessage,
    Unsubscribe,
    Unsubscribed,
    Welcome,
)

log = logging.getLogger("ticker.client")

#: How often in a row a gap may open again after the server was asked to close it.
_RESYNCS_IN_A_ROW = 3
#: One who listens and watches nothing says so this often before the server would take it for idle.
_SIGNS_OF_LIFE = 3

Ticks = TradesMessage | QuotesMessage
Channel = View | TickQueue[Trade] | TickQueue[Quote]
#: What may be the answer to a question.
Answer = Subscribed | Unsubscribed | Pong | AlertList | Joined | Said | Left


class ProtocolViolationError(Exception):
    """The server does what the protocol doesn't allow: the connection is of no use."""


class ClientProtocol:
    """What one client wants and has of one server. ``name`` stands in its log lines, ``owner`` is whose alerts are."""

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
        self.desk = DeskState(owner, name)
        self.name = name
        #: The channel that was asked for first.
        self.first = channel
        self.channel(channel).watchlist.add(symbols)
        self.rate = rate
        #: The rate granted, in Hz; None before the first answer.
        self.rate_granted: float | None = None
        self.welcome: Welcome | None = None
        self.feed: FeedState | None = None
        self.rejected: dict[str, str] = {}
        self.resyncs = 0
        #: Whether the connection answered everything that it was asked at its beginning.
        self.live = False
        #: Whether the first values have come, as far as any are awaited.
        self.stocked = False
        self._pending = PendingRequests()
        self._dropped: list[Unsubscribe] = []
        self._accepted_any = False
        self._was_live = False
        #: Gaps in a row, by channel.
        self._gaps: dict[str, int] = {}
        self._feed_version = 0
        #: Heartbeats in a row.
        self._silent = 0

    # Channels

    def channels(self) -> tuple[View, TickQueue[Trade], TickQueue[Quote]]:
        return self.view, self.trades, self.quotes

    def channel(self, name: str) -> Channel:
        """The channel called ``name``. Raises ``ValueError`` if there is none."""
        for channel in self.channels():
            if channel.channel == name:
                return channel
        raise ValueError(f"channel {name!r}: there are {', '.join(channel.channel for channel in self.channels())}")

    @property
    def epoch(self) -> str | None:
        return self.welcome.epoch if self.welcome is not None else None

    @property
    def limits(self) -> Limits:
        return self.welcome.limits if self.welcome is not None else Limits()

    # Asking

    def subscribe(self, symbols: list[str], channel: str, rate: float | None) -> list[Subscribe]:
        """The messages that subscribe to ``symbols``: more than one if they don't fit into one.

        Raises ``ValueError`` if there is no such channel.
        """
        self.channel(channel)
        if rate is None and channel == self.view.channel:
            rate = self.rate
        parts = portions(symbols, self.limits.message_bytes)
        return [Subscribe(symbols=part, channel=channel, rate=rate) for part in parts]

    def unsubscribe(self, symbols: list[str], channel: str) -> list[Unsubscribe]:
        """Drop symbols at once, whatever is under way of them; the messages that tell the server."""
        if ALL in symbols or not self._pending.awaits_everything(channel):
            self.channel(channel).unwatch(symbols)
        # Else everything may be subscribed to before this comes to pass: then the server goes on with these.
        parts = portions(symbols, self.limits.message_bytes)
        return [Unsubscribe(symbols=part, channel=channel) for part in parts]

    def ask(self, message: Q) -> Q:
        """The message with an id, by which its answer will be known."""
        return self._pending.ask(message)

    # A connection

    def connected(self, welcome: Welcome) -> list[ClientMessage]:
        """A new connection was welcomed: what to ask. Raises ``RefusedError`` if it speaks another protocol."""
        if welcome.protocol != PROTOCOL_VERSION:
            text = f"the server speaks version {welcome.protocol} of the protocol, this client {PROTOCOL_VERSION}"
            raise RefusedError("protocol-version", text)
        same = welcome.epoch == self.epoch
        if not same and self.welcome is not None:
            self._tell_new_epoch(self.welcome.epoch, welcome.epoch)
        self.welcome = welcome
        self.rejected.clear()
        self._dropped.clear()
        self._accepted_any = False
        asked: list[ClientMessage] = []
        for channel in self.channels():
            for message in channel.resume(welcome.epoch, same_epoch=same, message_bytes=welcome.limits.message_bytes):
                rate = self.rate if channel is self.view else None
                asked.append(self._pending.ask(msgspec.structs.replace(message, rate=rate), first=True))
        asked += [self._pending.ask(wish, first=True) for wish in self.desk.connected(same_epoch=same)]
        self.stocked = not self.view.watchlist
        self.live = not asked
        self._was_live |= self.live
        return asked

    def disconnected(self) -> None:
        """The connection is gone; nothing that was asked will be answered."""
        self.live = False
        self.feed = None
        self._pending.forget()
        self._gaps.clear()
        self._silent = 0
        self.desk.disconnected()

    def receive(self, message: ServerMessage) -> list[ClientMessage]:
        """Take a message in; what to ask because of it.

        Raises ``RefusedError`` if the server refuses what was asked at the beginning, and ``ProtocolViolationError`` if
        it can't be followed.
        """
        if isinstance(message, messages.Update):
            return self._updated(message)
        if isinstance(message, Ticks):
            return self._ticked(message, self.trades if isinstance(message, TradesMessage) else self.quotes)
        if isinstance(message, Heartbeat):
            self.feed, self._feed_version = message.feed, message.version
            return self._sign_of_life()
        if isinstance(message, Welcome):
            self._restarted(message)
        elif isinstance(message, Fired | Notice | Present):
            self.desk.receive(message, None, opening=False)
        elif isinstance(message, Answer | Error):
            return self._answered(message)
        return []

    def _sign_of_life(self) -> list[ClientMessage]:
        """Whoever listens for notices alone would be taken for idle."""
        assert self.welcome is not None
        if not self.desk.listening or any(channel.watchlist for channel in self.channels()):
            return []
        self._silent += 1
        if self._silent * self.welcome.heartbeat * _SIGNS_OF_LIFE < self.limits.idle_seconds:
            return []
        self._silent = 0
        return [self.ask(Ping())]

    def _updated(self, message: messages.Update) -> list[ClientMessage]:
        if not self._joins(message, self.view):
            return self._resync(self.view, message.since)
        if not self.stocked:
            # A part of a snapshot repeats the old version.
            self.stocked = message.version > message.since or not message.data
        if message.data and message.version > self._feed_version:
            self._ticking(message.ts)
        return []

    def _ticked(self, message: Ticks, queue: TickQueue[Trade] | TickQueue[Quote]) -> list[ClientMessage]:
        if not self._joins(message, queue):
            return self._resync(queue, message.since)
        if message.data:
            self._ticking(message.data[-1][1])
        return []

    def _joins(self, message: Any, channel: Channel) -> bool:
        """Let the channel have the message. False if there is a gap before it."""
        if channel.awaiting:
            return True  # under way since before it was asked where to go on; the answer has it all
        version, breaks = channel.version, channel.breaks
        if not channel.apply(message):
            return False
        if self._gaps:
            self._gaps.pop(channel.channel, None)
        if channel.breaks > breaks:
            text = "%s: %s: the server could not go on from %s; what was missed is unknown"
            log.warning(text, self.name, channel.channel, version)
        return True

    def _ticking(self, ts: int) -> None:
        # While prices come there are no heartbeats, and the last one's word would stay wrong.
        if self.feed is not None and self.feed.state != "live":
            self.feed = FeedState(state="live", ts=ts)

    def _resync(self, channel: Channel, since: int) -> list[ClientMessage]:
        self.resyncs += 1
        gaps = self._gaps[channel.channel] = self._gaps.get(channel.channel, 0) + 1
        if gaps > _RESYNCS_IN_A_ROW:
            raise ProtocolViolationError(f"{channel.channel}: a gap opens again and again")
        version = channel.version
        assert version is not None
        assert self.welcome is not None
        log.warning("%s: %s: a gap from %d to %d; asking again", self.name, channel.channel, version, since)
        if isinstance(channel, View) and channel.unsettled:
            raise ProtocolViolationError(f"{channel.channel}: a gap, while symbols were still to come whole")
        channel.awaiting = True
        # One message is enough for any watchlist: what is resumed is the whole channel.
        symbols = [symbol for symbol in channel.watchlist.tokens() if symbol not in self.rejected]
        symbols = portions(symbols, self.limits.message_bytes)[0]
        resume = Since(epoch=self.welcome.epoch, version=version)
        return [self.ask(Subscribe(symbols=symbols, channel=channel.channel, since=resume))]

    # Answers

    def _answered(self, message: Answer | Error) -> list[ClientMessage]:
        asked, opening = self._pending.answered(message.id)
        wishes: list[DeskMessage] = []
        if isinstance(message, Error):
            self._refused(message, asked, opening=opening)
        elif isinstance(message, Subscribed):
            if isinstance(asked, Subscribe):
                self._subscribed(message, asked, opening=opening)
        elif isinstance(message, Unsubscribed):
            if isinstance(asked, Unsubscribe):
                # Again: between the question and here, an older subscribe may have been answered.
                self.channel(asked.channel).unwatch(asked.symbols)
        elif not isinstance(message, Pong):
            wishes = self.desk.receive(message, asked, opening=opening)
        found: list[ClientMessage] = [self._pending.ask(wish, first=opening) for wish in wishes]
        return found if self._pending.beginning or not opening else [*found, *self._opened()]

    def _subscribed(self, message: Subscribed, asked: Subscribe, *, opening: bool) -> None:
        channel = self.channel(asked.channel)
        self.rate_granted = message.rate
        if asked.rate is not None:
            self.rate = asked.rate
        accepted = [symbol for symbol in asked.symbols if symbol not in message.rejected]
        if opening:
            # What the user has dropped since it was asked for stays out; the server is told once all is answered.
            wanted = set(channel.watchlist.tokens())
            dropped = [symbol for symbol in accepted if symbol not in wanted]
            accepted = [symbol for symbol in accepted if symbol in wanted]
            if dropped:
                self._dropped.append(Unsubscribe(symbols=dropped, channel=asked.channel))
        channel.watch(accepted)
        for symbol in accepted:
            self.rejected.pop(symbol, None)
        if message.rejected:
            if opening:
                channel.reject(message.rejected)
            # One that is watched already and removed for now may be rejected, but stays watched.
            kept = () if opening else channel.watchlist.names
            self.rejected.update({name: why for name, why in message.rejected.items() if name not in kept})
            log.warning("%s: %s: rejected: %s", self.name, channel.channel, _listed(message.rejected))
        if asked.since is not None:
            channel.joined()
        if opening:
            self._accepted_any |= bool(accepted)

    def _opened(self) -> list[ClientMessage]:
        if not self._was_live and not self._accepted_any and self.rejected:
            text = f"the server rejects every symbol asked for: {_listed(self.rejected)}"
            raise RefusedError(next(iter(self.rejected.values())), text)
        self.live = self._was_live = True
        if not self.view.board and not self.view.watchlist.everything:
            self.stocked = True  # nothing was accepted: no values will come
        dropped, self._dropped = self._dropped, []
        return [self.ask(message) for message in dropped]

    def _refused(self, message: Error, asked: ClientMessage | None, *, opening: bool) -> None:
        if asked is None:
            log.warning("%s: the server says: %s: %s", self.name, message.code, message.message)
        elif isinstance(asked, DeskMessage):
            if opening:
                self.desk.refused(asked, message)
        elif opening:
            raise RefusedError(message.code, message.message)
        elif isinstance(asked, Subscribe) and asked.since is not None:
            raise ProtocolViolationError(f"going on from {asked.since.version} was refused: {message.message}")

    def _restarted(self, welcome: Welcome) -> None:
        """A welcome in mid-connection: a new epoch began. The subscriptions stay, and everything comes again."""
        if welcome.epoch == self.epoch:
            return
        self._tell_new_epoch(self.epoch, welcome.epoch)
        self.welcome = welcome
        for channel in self.channels():
            channel.forget()

    def _tell_new_epoch(self, old: str | None, new: str) -> None:
        channels = [channel.channel for channel in (self.trades, self.quotes) if channel.watchlist]
        lost = f"; how many {' and '.join(channels)} were lost in between is unknown" if channels else ""
        log.warning("%s: the server's history began anew (epoch %s, was %s)%s", self.name, new, old, lost)


def _listed(rejected: Mapping[str, str]) -> str:
    """Some of the symbols, with the reasons."""
    return listed(f"{symbol} ({reason})" for symbol, reason in sorted(rejected.items()))
