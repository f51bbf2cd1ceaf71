"""The Python client for asyncio: connect, iterate, subscribe and unsubscribe, look at the board.

    async with ticker.connect("ws://127.0.0.1:8000", ["AAPL", "MSFT"]) as stream:
        async for update in stream:
            print(update.symbol, update.last, update.changed)

It stands on the protocol's messages and codec alone, and imports neither numpy nor (until ``frame`` is called) pandas.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec
from yarl import URL

from ticker.backoff import Backoff as Backoff
from ticker.client.access import Access, Key
from ticker.client.address import public_url, stream_url
from ticker.client.desk_requests import DeskRequests
from ticker.client.inbox import Inbox, Item
from ticker.client.loss_log import LossLog
from ticker.client.protocol.event_queue import Event as Event
from ticker.client.protocol.protocol import Channel, ClientProtocol
from ticker.client.protocol.symbol_view import SymbolView as SymbolView
from ticker.client.protocol.symbol_view import Update as Update
from ticker.client.protocol.ticks import Quote as Quote
from ticker.client.protocol.ticks import TickQueue
from ticker.client.protocol.ticks import Trade as Trade
from ticker.client.protocol.watchlist import as_names
from ticker.client.supervisor import State as State
from ticker.client.supervisor import Supervisor
from ticker.client.transports.dialer import Dialer, TransportName
from ticker.client.transports.encodings import Encodings
from ticker.errors import RefusedError, StreamError
from ticker.wire.messages import AlertRow, FeedState, Id, Joined, Said, Subscribed, Unsubscribed, Welcome

if TYPE_CHECKING:
    from ssl import SSLContext

    import pandas as pd


def connect(
    url: str,
    symbols: Iterable[str] = (),
    *,
    channel: str = "ticker",
    encoding: str = "json",
    rate: float | None = None,
    backoff: Backoff | None = None,
    wait: bool = False,
    connect_timeout_s: float = 10.0,
    queue_ticks: int = 10_000,
    key: Key | None = None,
    ssl: SSLContext | None = None,
    transport: TransportName = "auto",
    compress: bool = False,
    owner: str | None = None,
) -> Stream:
    """A stream of prices, to be used in ``async with``.

    ``url`` may be ``ws://``, ``http://`` or just ``host:port``, with or without a path (``/v1/stream`` if without).
    ``symbols`` are subscribed to on ``channel``: ``ticker`` (the latest values: iterate over the stream), ``trades``
    (every trade: iterate over ``stream.trades()``) or ``quotes``; ``["*"]`` is all. ``encoding`` is ``json`` or
    ``msgpack``. ``rate`` is how many updates a second are wanted at the most, 0 for each change at once; the server
    rounds it down to one that it offers (10 if none is given).

    Entering connects, subscribes and waits until the first values are on the board. Raises ``ConnectError`` if the
    server can't be reached; with ``wait`` it keeps trying as ``backoff`` says instead. Raises ``RefusedError`` if the
    server refuses for good: HTTP 401, 403 or 404, a wrong rate, or no symbol that it knows. Else symbols that it
    doesn't know are logged, and stand in ``stream.rejected``. ``connect_timeout_s`` bounds each attempt.

    Once connected, the stream reconnects by itself as ``backoff`` says and goes on from where it was. ``queue_ticks``
    bounds the trades, and the quotes, that wait for the user.

    ``key`` is an API key or a token for a server that asks for one: text, or a function (also an ``async`` one) that
    gives the one that holds, called before each connection. ``ssl`` says whom to trust, if not those that the system
    trusts: ``ssl.create_default_context(cafile="ca.pem")``.

    ``transport`` is ``auto``: a WebSocket, and where the network lets none through (two attempts), Server-Sent Events,
    and where it doesn't let those through, long polls, until a WebSocket gets through again; or one of ``websocket``,
    ``sse`` and ``poll``. Long polls carry the channel ``ticker`` alone.

    ``compress`` asks for compressed messages, a third to a half of the bytes: for a slow or metered link to a server
    that was started with ``--compress``; others send them plain. Events and polls stay plain.

    ``owner`` is whose the alerts are, on a server that asks nobody who they are: any text of up to 64 characters that
    others can't guess. A program that is started again with the same has its alerts, and is told what fired meanwhile.

    Raises ``ValueError`` for arguments that can't be.
    """
    address = stream_url(url)
    protocol = ClientProtocol(as_names(symbols), channel, rate, queue_ticks, public_url(address), owner)
    if transport not in ("auto", "websocket", "sse", "poll"):
        raise ValueError(f"transport is auto, websocket, sse or poll, not {transport!r}")
    return Stream(
        address,
        protocol,
        encoding,
        backoff or Backoff(),
        wait=wait,
        connect_timeout_s=connect_timeout_s,
        access=Access(key, ssl),
        transport=transport,
        compress=compress,
    )


class Stream:
    """A live connection, or rather one after the other. Made by ``connect``; belongs to one event loop.

    Iterating gives an ``Update`` each time a symbol changed. What the user has not taken yet is not queued: a symbol
    that changes again meanwhile comes once, with the newest values. It is meant for one consumer: with two, each gets
    a part of the updates. Cancelling an iteration loses nothing. It ends when the stream is closed, and raises
    ``StreamError`` (``ConnectError``, ``RefusedError``) when it failed for good.

    A server that starts a new epoch (after a restart, say) makes all values void: the views are emptied and come whole
    again, and the log (logger ``ticker.client``) tells so, as it tells of every reconnect, gap and loss.
    """

    def __init__(
        self,
        address: URL,
        protocol: ClientProtocol,
        encoding: str,
        backoff: Backoff,
        *,
        wait: bool,
        connect_timeout_s: float,
        access: Access | None = None,
        transport: TransportName = "auto",
        compress: bool = False,
    ) -> None:
        #: The server's address, without credentials.
        self.url = protocol.name
        self.channel = protocol.first
        self._address = address
        self._access = access or Access()
        self._connect_timeout_s = connect_timeout_s
        self._lock = threading.Lock()
        self._protocol = protocol
        self._supervisor = Supervisor(
            Dialer(address, Encodings(encoding), self._access, transport, connect_timeout_s, compress=compress),
            protocol,
            backoff,
            wait=wait,
            connect_timeout_s=connect_timeout_s,
            lock=self._lock,
            arrived=self._on_arrival,
        )
        self._desk_requests = DeskRequests(self._supervisor, self._protocol.desk, self._lock)
        self._loss_logs = [LossLog(self.url, queue) for queue in (self._protocol.trades, self._protocol.quotes)]
        self.board: Mapping[str, SymbolView] = self._protocol.view.board
        #: Called on the loop whenever there may be something new; for those who wait in another thread.
        self.on_arrival: Callable[[], None] | None = None
        self._updates: Inbox[Update] = self._new_inbox(self._protocol.view.take)
        self._trades: Inbox[Trade] = self._new_inbox(self._protocol.trades.take)
        self._quotes: Inbox[Quote] = self._new_inbox(self._protocol.quotes.take)
        self._events: Inbox[Event] = self._new_inbox(self._protocol.desk.events.take)

    def _new_inbox(self, take: Callable[[], Item | None]) -> Inbox[Item]:
        return Inbox(take, self._supervisor, self._lock)

    # Opening and closing

    async def open(self) -> Self:
        """Connect, as entering ``async with`` does."""
        await self._supervisor.open()
        return self

    async def close(self) -> None:
        """Close with 1000 and stop, within about a second whatever the server does. Iterations end."""
        try:
            await self._supervisor.close()
        finally:
            for losses in self._loss_logs:
                losses.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # Iterating

    def __aiter__(self) -> Inbox[Update]:
        return self.updates()

    async def __anext__(self) -> Update:
        return await self.updates().__anext__()

    def updates(self) -> Inbox[Update]:
        """What iterating over the stream itself iterates over. Raises ``StreamError`` if no update can come."""
        if self.channel != "ticker" and not self._protocol.view.watchlist:
            raise StreamError(f"this stream is subscribed to {self.channel}: iterate over stream.{self.channel}()")
        return self._updates

    def trades(self, symbols: Iterable[str] | None = None) -> Inbox[Trade]:
        """Every trade, in order: ``async for trade in stream.trades(): …``.

        ``symbols`` are subscribed to on the `trades` channel first, in addition to those that are already; None takes
        what the channel has, or, if it has none, the symbols of the `ticker` channel. They stay subscribed to after
        the iteration (``unsubscribe`` with ``channel="trades"`` ends that), so one can leave it and come back.

        Trades that the user has not taken yet are queued up to ``queue_ticks``; then the oldest go. What was lost,
        here or at the server, is counted in ``stream.lost`` and in the next ``Trade.lost``, and logged.

        Iterating raises ``RefusedError`` if the server knows none of the symbols, and what iterating over the stream
        raises. Raises ``ValueError`` if there are no symbols.
        """
        return self._with(self._trades, self._protocol.trades, symbols)

    def quotes(self, symbols: Iterable[str] | None = None) -> Inbox[Quote]:
        """Every quote, in order; otherwise as ``trades``."""
        return self._with(self._quotes, self._protocol.quotes, symbols)

    def _with(self, inbox: Inbox[Item], queue: Channel, symbols: Iterable[str] | None) -> Inbox[Item]:
        """The inbox, which will subscribe to those of ``symbols`` that are not yet."""
        wanted = queue.watchlist
        if symbols is None and not wanted:
            symbols = [name for name in self._protocol.view.watchlist.tokens() if name not in self._protocol.rejected]
        names = as_names(symbols or ())
        if not names and not wanted:
            raise ValueError(f"{queue.channel} of which symbols? None are subscribed to")
        missing = [name for name in names if name not in wanted]

        async def subscribe() -> None:
            answer = await self.subscribe(missing, channel=queue.channel)
            if all(name in answer.rejected for name in missing):
                raise RefusedError(answer.rejected[missing[0]], f"the server rejects {', '.join(missing)}")

        inbox.first = subscribe if missing else None
        return inbox

    def events(self) -> Inbox[Event]:
        """What isn't prices, in order: ``async for event in stream.events(): …``.

        Each is what the wire has: ``Fired`` (an alert fired), ``Notice`` (of the server's operator), ``Said`` (in a
        room that one is in; one's own has an ``id``) or ``Present`` (who is in a room now). Over a break of the
        connection nothing that fired or was said is missed, and nothing comes twice; a notice comes to those who
        are connected.

        What came since the stream was opened is there. Up to 5,000 wait for the user; then the oldest go. What was
        lost, here or at the server, is counted in ``stream.lost`` and in the next event's ``lost``, and logged.
        """
        desk = self._protocol.desk
        if not desk.listening:
            desk.listening = True
            self._loss_logs.append(LossLog(self.url, desk.events))
            if self._access.key is not None and not desk.alerts.claimed:
                self._events.first = self._desk_requests.claim
        return self._events

    def _on_arrival(self) -> None:
        ended = self._supervisor.ended
        protocol = self._protocol
        if ended or protocol.view:
            self._updates.arrived.set()
        if ended or protocol.trades:
            self._trades.arrived.set()
        if ended or protocol.quotes:
            self._quotes.arrived.set()
        if ended or protocol.desk.events:
            self._events.arrived.set()
        for losses in self._loss_logs:
            losses.check()
        if self.on_arrival is not None:
            self.on_arrival()

    # Subscribing

    async def subscribe(
        self, symbols: Iterable[str], rate: float | None = None, *, channel: str | None = None
    ) -> Subscribed:
        """Add symbols to the watchlist of ``channel`` (if none is given, the stream's), and maybe change the rate.

        Returns the server's answer: the whole watchlist, the rate granted, and what was rejected and why. Waits while
        the stream reconnects. Raises ``ProtocolError`` if the server says no, ``StreamError`` if the stream is closed.
        """
        rejected: dict[str, str] = {}
        answer: Subscribed | None = None
        async with self._supervisor.turn:
            for message in self._protocol.subscribe(as_names(symbols), channel or self.channel, rate):
                answer = await self._supervisor.request(message, Subscribed, insist=True)
                assert answer is not None
                rejected.update(answer.rejected)
        assert answer is not None
        return msgspec.structs.replace(answer, rejected=rejected)

    async def unsubscribe(self, symbols: Iterable[str], *, channel: str | None = None) -> None:
        """Take symbols off the watchlist of ``channel`` (if none is given, the stream's); ``["*"]`` takes all.

        They are gone at once: from the board, from what waits to be iterated over, and whatever is under way. Returns
        when the server has answered, or at once while there is no connection. Raises as ``subscribe``.
        """
        async with self._supervisor.turn:
            with self._lock:
                messages = self._protocol.unsubscribe(as_names(symbols), channel or self.channel)
            for message in messages:
                await self._supervisor.request(message, Unsubscribed, insist=False)

    # Alerts and rooms

    async def alert(
        self,
        symbol: str,
        when: str,
        *,
        id: Id | None = None,  # noqa: A002 - the wire's name
        once: bool = True,
        hysteresis: float | None = None,
    ) -> AlertRow:
        """Have the server watch a symbol tick by tick, whether this stream is there or not: ``"last >= 190"``.

        ``when`` is a field (``last``, ``bid``, ``ask``, ``volume``, ``change_pct``), one of ``>= > <= < crosses`` and a
        number. When it comes true an event ``Fired`` comes (see ``events``), with the alert's ``id``. With ``once``
        that was all; without, the alert may fire again when the value has gone back by ``hysteresis`` (in the field's
        unit; a thousandth of the number if none is given). One of the same ``id`` is replaced; without, one is made up.

        Returns the alert as the server has it. It is the key's, or else the ``owner``'s that ``connect`` was given, and
        stays when this stream is closed. A server that was started again has it still with ``--state``; else this
        stream sets it again. Waits while the stream reconnects. Raises ``ProtocolError`` if the server says no (its
        ``code`` may be ``bad-condition``, ``unknown-symbol``, ``too-many-alerts`` or, where it can't know whose the
        alert is, ``no-owner``) and ``StreamError`` if the stream is closed.
        """
        return await self._desk_requests.alert(symbol, when, id, once=once, hysteresis=hysteresis)

    async def alerts(self) -> list[AlertRow]:
        """All alerts of the key's or the owner's, whoever set them. Raises as ``alert``."""
        return await self._desk_requests.alerts()

    async def unalert(self, id: Id = "*") -> None:  # noqa: A002 - the wire's name
        """Remove an alert; ``"*"`` removes all. Raises as ``alert``; ``no-alert`` if there is none of that id."""
        await self._desk_requests.unalert(id)

    async def join(self, room: str, name: str | None = None) -> Joined:
        """Come into a room: what is said there comes as events ``Said``, and the last 200 things that were.

        ``name`` is how one is called there, where the server doesn't know it from the key; ``python`` if none is given.
        The answer has one's own ``name`` (one that is taken gets a number) and the ``names`` of all who are there. The
        stream stays in it over all its connections. Raises ``ProtocolError`` if the server says no.
        """
        return await self._desk_requests.join(room, name)

    async def say(self, room: str, text: str, *, name: str | None = None) -> Said:
        """Say something to all who are in a room, which is joined first (as ``name``) if this stream isn't in it.

        Returns what was said, with its number, when the server has it. Waits while the stream reconnects, but nothing
        is said twice: if the connection breaks before the answer came, ``StreamError`` says so. Raises
        ``ProtocolError`` if the server says no: ``too-fast`` for more than ``limits.says_per_minute``, say.
        """
        return await self._desk_requests.say(room, text, name)

    async def leave(self, room: str) -> None:
        """Go out of a room, at once, whatever is under way. Raises ``ProtocolError`` if one wasn't in it."""
        await self._desk_requests.leave(room)

    async def ping(self, data: object = None) -> float:
        """How long it takes to the server and back, in seconds, by the way that prices come.

        ``data`` go along, and come back. Waits while the stream reconnects. Long polls have no such way, and raise
        ``ProtocolError``.
        """
        return await self._desk_requests.ping(data)

    @property
    def rooms(self) -> dict[str, list[str]]:
        """The rooms that the stream is in, and who is in them."""
        return self._protocol.desk.rooms.names()

    # What there is

    @property
    def state(self) -> State:
        """``connecting``, ``live``, ``reconnecting`` or ``closed``."""
        return self._supervisor.state

    @property
    def error(self) -> StreamError | None:
        """Why the stream failed for good, if it did."""
        return self._supervisor.error

    @property
    def symbols(self) -> list[str]:
        """The watchlist of the stream's channel, without what the server rejects; ``*`` is all."""
        rejected = self._protocol.rejected
        return [name for name in self._protocol.channel(self.channel).watchlist.tokens() if name not in rejected]

    @property
    def rejected(self) -> dict[str, str]:
        """The symbols that the server rejected since the stream last connected, and why. The next connection asks
        again for those given to ``connect``.
        """
        return dict(self._protocol.rejected)

    @property
    def rate(self) -> float | None:
        """The rate granted, in Hz (0: at once); None before the first answer."""
        return self._protocol.rate_granted

    @property
    def welcome(self) -> Welcome | None:
        """What the server said of itself; None before the first connection."""
        return self._protocol.welcome

    @property
    def epoch(self) -> str | None:
        """The name of the life that ``version`` counts in."""
        return self._protocol.epoch

    @property
    def version(self) -> int:
        """The version of the server's board that ``board`` has."""
        return self._protocol.view.version

    @property
    def feed(self) -> FeedState | None:
        """How the server's feed is. Known from heartbeats, which come only while nothing else does; None before."""
        return self._protocol.feed

    @property
    def transport(self) -> str | None:
        """What carries the connection at hand, or carried the last: ``websocket``, ``sse`` or ``poll``."""
        return self._supervisor.transport

    @property
    def reconnects(self) -> int:
        """How often a broken connection was replaced."""
        return self._supervisor.reconnects

    @property
    def resyncs(self) -> int:
        """How often a gap was found, and the server asked to close it."""
        return self._protocol.resyncs

    @property
    def lost(self) -> dict[str, dict[str, int]]:
        """Ticks lost, by channel and symbol: ``{"trades": {"AAPL": 12}}``.

        Under ``*`` stands what was lost so long ago that the server can't tell the symbols apart: ticks of all symbols,
        those not watched among them. Events stand under ``events``, by their kind: ``{"events": {"said": 3}}``.
        """
        queues = (self._protocol.trades, self._protocol.quotes, self._protocol.desk.events)
        return {queue.channel: dict(queue.lost) for queue in queues if queue.lost}

    def frame(self) -> pd.DataFrame:
        """The board as a DataFrame: a row a symbol (index ``symbol``), a column a field.

        `ts` is UTC datetime64[ns], all others are float64; what has no value is NaT or NaN. The first call imports
        pandas, which takes a moment.
        """
        from ticker.client.frame import as_frame

        return as_frame(self.board.values())

    def trades_frame(self) -> pd.DataFrame:
        """The newest trades that came, ``queue_ticks`` at the most, as a DataFrame: a row a trade, in order.

        Index `ts` as UTC datetime64[ns]; columns `symbol`, `price`, `size`. Iterating over ``trades()`` doesn't take
        them away. Raises ``ValueError`` if no trades are subscribed to (``channel="trades"``).
        """
        return self._ticks_frame(self._protocol.trades)

    def quotes_frame(self) -> pd.DataFrame:
        """The newest quotes; columns `symbol`, `bid`, `bid_size`, `ask`, `ask_size`. Otherwise as ``trades_frame``."""
        return self._ticks_frame(self._protocol.quotes)

    def _ticks_frame(self, queue: TickQueue[Trade] | TickQueue[Quote]) -> pd.DataFrame:
        from ticker.client.frame import ticks_frame

        if not queue.watchlist:
            raise ValueError(
                f'no {queue.channel} are subscribed to: subscribe(symbols, channel="{queue.channel}") first'
            )
        with self._lock:
            newest = [*queue.newest]
        return ticks_frame(newest, queue.channel)

    async def bars(
        self,
        symbol: str,
        interval: str = "1m",
        *,
        limit: int = 500,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> pd.DataFrame:
        """Bars of a symbol from the server's history, the one under way included: a row a bar, the oldest first.

        ``interval`` is 1s, 5s, 1m, 5m, 15m, 1h or 1d. ``start`` and ``end`` (not included) bound the bars' beginnings:
        datetimes (naive ones are UTC) or ISO 8601. Of more than ``limit`` (15,000 at the most) the newest come.

        Index `start` as UTC datetime64[ns]; columns `open`, `high`, `low`, `close`, `volume`, `vwap`, `trades` and
        `closed`. Raises ``RefusedError`` for a symbol or an interval that the server doesn't have, ``ConnectError`` if
        it can't be reached.
        """
        from ticker.client.frame import bars_frame
        from ticker.client.history import fetch_bars

        first, last = (each.isoformat() if isinstance(each, datetime) else each for each in (start, end))
        within_s = self._connect_timeout_s
        address, access = self._address, self._access
        return bars_frame(await fetch_bars(address, access, symbol, interval, first, last, limit, within_s))
