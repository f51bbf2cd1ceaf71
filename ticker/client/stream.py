"""The Python client for asyncio: connect, iterate, subscribe and unsubscribe, read the board.

async with ticker.connect("ws://127.0.0.1:8000", ["AAPL", "MSFT"]) as stream:
    async for update in stream:
        print(update.symbol, update.last, update.changed)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Self

import msgspec

from ticker.backoff import Backoff as Backoff
from ticker.client.desk_requests import DeskRequests
from ticker.client.endpoint import Endpoint, Key
from ticker.client.iterators import ItemIterator
from ticker.client.loss_log import LossLog
from ticker.client.protocol.bars import Bar as Bar
from ticker.client.protocol.bars import BarQueue
from ticker.client.protocol.event_queue import Event as Event
from ticker.client.protocol.protocol import ClientProtocol
from ticker.client.protocol.symbol_view import SymbolView as SymbolView
from ticker.client.protocol.symbol_view import Update as Update
from ticker.client.protocol.ticks import Quote as Quote
from ticker.client.protocol.ticks import Tick, TickQueue
from ticker.client.protocol.ticks import Trade as Trade
from ticker.client.protocol.watchlist import as_names
from ticker.client.supervisor import Supervisor
from ticker.client.transports.dialer import Dialer, TransportName
from ticker.errors import RefusedError, StreamError
from ticker.wire.messages import Subscribed, Unsubscribed

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
    """A stream of prices, for use in ``async with``.

    Entering connects, subscribes and waits until the board has the first values. A stream that was live reconnects by
    itself and resumes where it was. Symbols that the server doesn't have are logged and listed in ``stream.rejected``.

    Args:
        url: The server: ``ws://``, ``wss://``, ``http://``, ``https://`` or ``host:port``. A path is the
            prefix of a proxy: ``https://prices.example/eu/``. The proxy in ``http_proxy`` or ``https_proxy`` is used
            unless the host is local or in ``no_proxy``.
        symbols: The initial watchlist; ``["*"]`` means all symbols.
        channel: The channel to subscribe to: ``ticker`` (latest values: iterate over the stream), ``trades`` (every
            trade: iterate over ``stream.trades()``) or ``quotes``.
        encoding: ``json`` or ``msgpack``.
        rate: Maximum number of updates per second; 0 sends each change at once. The server rounds it down to a rate
            that it offers; the default is the server's, 10.
        backoff: Pauses between attempts to reconnect, and their number.
        wait: Keep trying if the first attempt fails, instead of raising ``ConnectError``.
        connect_timeout_s: Maximum duration of each attempt, and of the wait for each answer.
        queue_ticks: Maximum number of trades, and of quotes, that wait for the user. Beyond it the oldest are dropped
            and counted.
        key: An API key or token, or a function (plain or ``async``) that returns the current one; it is called before
            each connection.
        ssl: Trusted certificates, if not the system's: ``ssl.create_default_context(cafile="ca.pem")``.
        transport: ``websocket``, ``sse`` or ``poll``. ``auto`` tries a WebSocket twice, then Server-Sent Events, then
            long polls, and returns to a WebSocket when one gets through. Long polls carry only the channel ``ticker``.
        compress: Ask for compressed WebSocket messages, a third to half of the bytes. The server must have been started
            with ``--compress``.
        owner: Owner of the alerts on a server without authentication: up to 64 characters that others can't guess. A
            restarted program with the same owner keeps its alerts, and receives those that fired in between.

    Raises ``ValueError`` for an invalid argument. Entering raises ``ConnectError`` if the server can't be reached, and
    ``RefusedError`` if it refuses permanently: HTTP 401, 403 or 404, an invalid rate, or no known symbol.
    """
    endpoint = Endpoint(url, key, ssl)
    protocol = ClientProtocol(as_names(symbols), channel, rate, queue_ticks, endpoint.name, owner)
    dialer = Dialer(endpoint, encoding, transport, connect_timeout_s, compress=compress)
    supervisor = Supervisor(dialer, protocol, backoff or Backoff(), wait=wait, connect_timeout_s=connect_timeout_s)
    return Stream(protocol, supervisor, endpoint, connect_timeout_s)


class Stream(DeskRequests):
    """A live connection that replaces itself when it breaks. Made by ``connect``; belongs to one event loop.

    Iterating returns an ``Update`` for each symbol that changed. Updates are not queued: a symbol that changes again
    before it is taken comes once, with its newest values, so a slow consumer sees the latest prices. A stream is meant
    for one consumer; two share the updates. Cancelling an iteration loses nothing. It ends when the stream is closed,
    and raises ``StreamError`` (``ConnectError``, ``RefusedError``) when the stream failed permanently.

    When the server begins a new epoch (after a restart, for example), all values are discarded and sent again. The
    logger ``ticker.client`` reports this, and each reconnect, gap and loss.
    """

    def __init__(
        self, protocol: ClientProtocol, supervisor: Supervisor, endpoint: Endpoint, history_timeout_s: float
    ) -> None:
        super().__init__(protocol, supervisor)
        #: Called on the event loop whenever something may have arrived; for consumers in another thread.
        self.on_arrival: Callable[[], None] | None = None
        self._endpoint = endpoint
        self._history_timeout_s = history_timeout_s
        self._loss_logs = [LossLog(self.url, queue) for queue in (protocol.trades, protocol.quotes)]
        self._updates: ItemIterator[Update] = ItemIterator(protocol.view, supervisor)
        self._trades: ItemIterator[Trade] = ItemIterator(protocol.trades, supervisor)
        self._quotes: ItemIterator[Quote] = ItemIterator(protocol.quotes, supervisor)
        self._events: ItemIterator[Event] = ItemIterator(protocol.desk.events, supervisor)
        #: By interval.
        self._bars: dict[str, tuple[BarQueue, ItemIterator[Bar]]] = {}
        supervisor.arrived = self._on_arrival

    def _on_arrival(self) -> None:
        for iterator in (self._updates, self._trades, self._quotes, self._events):
            iterator.wake()
        for _, bars in self._bars.values():
            bars.wake()
        for log in self._loss_logs:
            log.check()
        if self.on_arrival is not None:
            self.on_arrival()

    # Opening and closing

    async def open(self) -> Self:
        """Connect, as entering ``async with`` does."""
        await self._supervisor.open()
        return self

    async def close(self) -> None:
        """Close with 1000, within about a second whatever the server does. Iterations end."""
        try:
            await self._supervisor.close()
        finally:
            for log in self._loss_logs:
                log.close()

    async def __aenter__(self) -> Self:
        return await self.open()

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    # Iterating

    def __aiter__(self) -> ItemIterator[Update]:
        return self.updates()

    async def __anext__(self) -> Update:
        return await self.updates().__anext__()

    def updates(self) -> ItemIterator[Update]:
        """The iterator that ``async for update in stream`` uses.

        Raises ``StreamError`` if the stream has only another channel, so that no update can come.
        """
        if self.channel != "ticker" and not self._protocol.view.watchlist:
            raise StreamError(f"this stream is subscribed to {self.channel}: iterate over stream.{self.channel}()")
        return self._updates

    def trades(self, symbols: Iterable[str] | None = None) -> ItemIterator[Trade]:
        """Every trade, in order: ``async for trade in stream.trades(): …``.

        ``symbols`` are added to the watchlist of the ``trades`` channel when the iteration starts. None uses the
        watchlist of ``trades`` or, if that is empty, the one of ``ticker``. Leaving the iteration does not unsubscribe;
        ``unsubscribe(…, channel="trades")`` does.

        Trades that were cancelled or corrected come again, see ``Trade.change``: add only those with ``change`` None or
        ``late`` to a sum.

        For a slow consumer at most ``queue_ticks`` trades are queued; then the oldest are dropped. Losses, here or at
        the server, are counted in ``stream.lost`` and in the next ``Trade.lost``, and logged.

        Iterating raises ``RefusedError`` if the server has none of the symbols, and otherwise as iterating over the
        stream. Raises ``ValueError`` if there are no symbols.
        """
        return self._ticks(self._trades, self._protocol.trades, symbols)

    def quotes(self, symbols: Iterable[str] | None = None) -> ItemIterator[Quote]:
        """Every quote, in order; otherwise as ``trades``."""
        return self._ticks(self._quotes, self._protocol.quotes, symbols)

    def live_bars(self, interval: str, symbols: Iterable[str] | None = None) -> ItemIterator[Bar]:
        """Bars of an interval as they change and close: ``async for bar in stream.live_bars("1m"): …``.

        ``interval`` and ``symbols`` are as for ``bars`` and ``trades``; each interval has its own watchlist. First come
        the bars that are open. An open bar comes whenever it changes, at most at the stream's rate, and a slow consumer
        gets the newest values. Each closed bar comes once, and again with a higher ``revision`` when late trades or
        corrections have changed it: replace the bar of this ``symbol`` and ``start``.

        After a reconnect all bars that closed in between follow. At most ``queue_ticks`` closed bars are queued; losses
        are counted in ``stream.lost["1m bars"]`` and in the next ``Bar.lost``, and logged. For earlier bars, call
        ``bars`` after the first bar has come.

        The server folds intervals other than 1s, 5s, 1m, 5m, 15m, 1h, 1d, 1w and 1M for its clients, and limits their
        number. Raises ``ValueError`` for an invalid interval, or if there are no symbols. Iterating raises as over
        trades, ``ProtocolError`` if the server refuses the interval or the transport is a long poll, and
        ``RefusedError`` if that happens at a reconnect; the rest of the stream goes on, and calling ``live_bars`` again
        asks again.
        """
        queue = self._protocol.bars_of(interval)
        found = self._bars.get(interval)
        if found is None or found[0] is not queue:
            found = queue, ItemIterator[Bar](queue, self._supervisor)
            # The thread of the stream may be going through them.
            self._bars = {**self._bars, interval: found}
            self._loss_logs.append(LossLog(self.url, queue))
        return self._ticks(found[1], queue, symbols)

    def _ticks(
        self, iterator: ItemIterator[Tick], queue: TickQueue[Tick], symbols: Iterable[str] | None
    ) -> ItemIterator[Tick]:
        watchlist = queue.watchlist
        if symbols is None and not watchlist:
            symbols = [name for name in self._protocol.view.watchlist.tokens() if name not in self._protocol.rejected]
        names = as_names(symbols or ())
        if not names and not watchlist:
            raise ValueError(f"{queue.channel} needs symbols: the stream is subscribed to none")
        missing = [name for name in names if name not in watchlist]

        async def subscribe() -> None:
            answer = await self.subscribe(missing, channel=queue.channel, interval=queue.interval)
            if all(name in answer.rejected for name in missing):
                raise RefusedError(answer.rejected[missing[0]], f"the server rejects {', '.join(missing)}")

        iterator.first = subscribe if missing else None
        return iterator

    def events(self) -> ItemIterator[Event]:
        """Everything except prices, in order: ``async for event in stream.events(): …``.

        An event is a ``Fired`` (an alert fired), ``Notice`` (from the server's operator), ``Said`` (a message in a
        joined room; your own have an ``id``) or ``Present`` (the members of a room changed). Each alert and message is
        delivered exactly once, also across reconnects; notices only reach connected clients.

        Events since the stream was opened are included. At most 5,000 are queued; then the oldest are dropped. Losses,
        here or at the server, are counted in ``stream.lost`` and in the next event's ``lost``, and logged.
        """
        desk = self._protocol.desk
        if not desk.listening:
            desk.listening = True
            self._loss_logs.append(LossLog(self.url, desk.events))
            if self._endpoint.key is not None and not desk.alerts.claimed:
                self._events.first = self._claim_alerts
        return self._events

    # Subscribing

    async def subscribe(
        self,
        symbols: Iterable[str],
        rate: float | None = None,
        *,
        channel: str | None = None,
        interval: str | None = None,
    ) -> Subscribed:
        """Add symbols to the watchlist of ``channel`` (default: the stream's), and set the rate if one is given.

        The channel ``bars`` has a watchlist per ``interval``.

        Returns the server's answer: the whole watchlist, the granted rate, and the rejected symbols with the reason.
        Waits during a reconnect. Raises ``ProtocolError`` if the server refuses, ``StreamError`` if the stream is
        closed.
        """
        rejected: dict[str, str] = {}
        answer: Subscribed | None = None
        async with self._supervisor.turn:
            for message in self._protocol.subscribe(as_names(symbols), channel or self.channel, rate, interval):
                answer = await self._supervisor.request(message, Subscribed, insist=True)
                assert answer is not None
                rejected.update(answer.rejected)
        assert answer is not None
        return msgspec.structs.replace(answer, rejected=rejected)

    async def unsubscribe(
        self, symbols: Iterable[str], *, channel: str | None = None, interval: str | None = None
    ) -> None:
        """Remove symbols from the watchlist of ``channel`` (default: the stream's); ``["*"]`` removes all.

        The channel ``bars`` has a watchlist per ``interval``.

        They disappear at once from the board and from the queues. Returns when the server has answered, or at once
        during a reconnect. Raises as ``subscribe``.
        """
        async with self._supervisor.turn:
            with self._supervisor.lock:
                messages = self._protocol.unsubscribe(as_names(symbols), channel or self.channel, interval)
            for message in messages:
                await self._supervisor.request(message, Unsubscribed, insist=False)

    # History

    async def bars(
        self,
        symbol: str,
        interval: str = "1m",
        *,
        limit: int = 500,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> pd.DataFrame:
        """Bars of a symbol from the server's history, including the open one: one row per bar, oldest first.

        ``interval`` is any number of seconds, minutes or hours that divides a day (``30s``, ``10m``, ``4h``), ``1d``,
        ``1w`` or ``1M``. ``start`` (inclusive) and ``end`` (exclusive) bound the bars' start times: datetimes (naive
        ones are UTC) or ISO 8601. If there are more than ``limit`` (at most 15,000), the newest are returned. The
        request uses the stream's key, certificates and proxy.

        Index ``start`` as UTC datetime64[ns]; columns ``open``, ``high``, ``low``, ``close``, ``volume``, ``vwap``,
        ``trades``, ``closed``, ``revision`` (how often late trades and corrections changed the bar after it had
        closed) and ``incomplete`` (whether it lacks trades). ``attrs["splits"]`` has the splits among the bars: pairs
        of timestamp (ns) and ratio. Raises ``RefusedError`` with the server's words for an unknown symbol or an
        invalid interval, ``ConnectError`` if the server can't be reached.
        """
        from ticker.client.frame import bars_frame
        from ticker.client.history import fetch_bars

        first, last = (each.isoformat() if isinstance(each, datetime) else each for each in (start, end))
        found = await fetch_bars(self._endpoint, symbol, interval, first, last, limit, self._history_timeout_s)
        return bars_frame(found)
