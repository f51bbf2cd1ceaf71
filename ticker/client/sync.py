"""The Python client for people without asyncio: scripts and notebooks. A stream in a thread of its own.

    with ticker.connect_sync("ws://127.0.0.1:8000", ["AAPL", "MSFT"]) as stream:
        for update in stream:
            print(update.symbol, update.last, update.changed)

The thread runs an event loop of its own, so this also works where one is running already, as in a notebook. Prices are
laid over there; the user's thread takes them directly, so here, too, a slow user sees the latest values.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Coroutine, Iterable, Mapping
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from datetime import datetime
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, TypeVar

from ticker.backoff import Backoff
from ticker.client.access import Key
from ticker.client.protocol.event_queue import Event
from ticker.client.protocol.symbol_view import SymbolView, Update
from ticker.client.protocol.ticks import Quote, Trade
from ticker.client.stream import Stream, connect
from ticker.client.supervisor import State
from ticker.client.sync_inbox import WAIT_S, SyncInbox
from ticker.client.transports.dialer import TransportName
from ticker.errors import StreamError
from ticker.wire.messages import AlertRow, FeedState, Id, Joined, Said, Subscribed, Welcome

if TYPE_CHECKING:
    from ssl import SSLContext

    import pandas as pd

T = TypeVar("T")

#: What stopping the thread may take; closing itself is bounded to about a second.
_JOIN_S = 3.0


def connect_sync(
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
) -> SyncStream:
    """A stream of prices, to be used in ``with``. Arguments, behaviour and errors are those of ``ticker.connect``."""
    return SyncStream(
        connect(
            url,
            symbols,
            channel=channel,
            encoding=encoding,
            rate=rate,
            backoff=backoff,
            wait=wait,
            connect_timeout_s=connect_timeout_s,
            queue_ticks=queue_ticks,
            key=key,
            ssl=ssl,
            transport=transport,
            compress=compress,
            owner=owner,
        )
    )


class SyncStream:
    """A live connection with plain methods. Made by ``connect_sync``; otherwise as ``ticker.Stream``.

    To be iterated over by one thread at a time; subscribing and looking at the board may be done by any. Without
    ``with``, call ``open`` and ``close``; a stream left open doesn't keep the interpreter from ending.
    """

    def __init__(self, stream: Stream) -> None:
        self._stream = stream
        self._updates: SyncInbox[Update] = SyncInbox(self.run)
        self._trades: SyncInbox[Trade] = SyncInbox(self.run)
        self._quotes: SyncInbox[Quote] = SyncInbox(self.run)
        self._events: SyncInbox[Event] = SyncInbox(self.run)
        stream.on_arrival = self._on_arrival
        self._closing = False
        self._opened: Future[None] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Task[None] | None = None
        self._thread: threading.Thread | None = None

    # Opening and closing

    def open(self) -> Self:
        """Connect, as entering ``with`` does."""
        if self._thread is not None:
            raise RuntimeError("a stream is opened once; make another")
        self._thread = threading.Thread(target=self._main, name="ticker-client", daemon=True)
        self._thread.start()
        try:
            _result(self._opened)
        except BaseException:  # Ctrl-C too
            self.close()
            raise
        return self

    def close(self) -> None:
        """Close with 1000 and stop the thread, within about a second. Iterations end. Closing twice is no error."""
        self._closing = True  # before looking: a thread that just begins looks at it after it has set both
        thread, loop, task = self._thread, self._loop, self._task
        if thread is None or thread is threading.current_thread():
            return
        if loop is not None and task is not None:
            with suppress(RuntimeError):  # the loop has ended already
                loop.call_soon_threadsafe(task.cancel)
        until_s = time.monotonic() + _JOIN_S
        while thread.is_alive() and time.monotonic() < until_s:
            thread.join(WAIT_S)

    def __enter__(self) -> Self:
        return self.open()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _main(self) -> None:
        """The thread."""
        try:
            asyncio.run(self._hold())
        except asyncio.CancelledError:
            pass  # closed
        except BaseException as error:  # noqa: BLE001 - whatever it is, the thread that opened is waiting for it
            if not self._opened.done():
                self._opened.set_exception(error)
        if not self._opened.done():
            self._opened.set_exception(StreamError("the stream was closed while it was opened"))
        self._on_arrival()

    def _on_arrival(self) -> None:
        self._updates.arrival.set()
        self._trades.arrival.set()
        self._quotes.arrival.set()
        self._events.arrival.set()

    async def _hold(self) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        if self._closing:  # before there was a task to cancel
            return
        async with self._stream:
            self._opened.set_result(None)
            await asyncio.Event().wait()  # until `close` cancels

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """The result of a coroutine of the stream's, run in its thread."""
        loop = self._loop
        if loop is None or loop.is_closed() or self._thread is None or not self._thread.is_alive():
            coroutine.close()
            raise self._stream.error or StreamError("the stream is not open")
        future = asyncio.run_coroutine_threadsafe(coroutine, loop)
        try:
            return _result(future)
        except BaseException:
            future.cancel()
            raise

    # Iterating

    def __iter__(self) -> SyncInbox[Update]:
        return self._updates.over(self._stream.updates())

    def __next__(self) -> Update:
        return next(iter(self))

    def next(self, timeout: float | None = None) -> Update:
        """The next update, waiting ``timeout`` seconds at the most (None: for ever).

        Raises ``TimeoutError`` if none has come, ``StreamError`` if the stream is closed or failed for good.
        """
        return iter(self).next(timeout)

    def trades(self, symbols: Iterable[str] | None = None) -> SyncInbox[Trade]:
        """Every trade, in order: ``for trade in stream.trades(): …``. See ``Stream.trades``."""
        return self._trades.over(self._stream.trades(symbols))

    def quotes(self, symbols: Iterable[str] | None = None) -> SyncInbox[Quote]:
        """Every quote, in order. See ``Stream.trades``."""
        return self._quotes.over(self._stream.quotes(symbols))

    def events(self) -> SyncInbox[Event]:
        """What isn't prices, in order: ``for event in stream.events(): …``. See ``Stream.events``."""
        return self._events.over(self._stream.events())

    # Subscribing

    def subscribe(self, symbols: Iterable[str], rate: float | None = None, *, channel: str | None = None) -> Subscribed:
        """See ``Stream.subscribe``."""
        return self.run(self._stream.subscribe(symbols, rate, channel=channel))

    def unsubscribe(self, symbols: Iterable[str], *, channel: str | None = None) -> None:
        """See ``Stream.unsubscribe``."""
        self.run(self._stream.unsubscribe(symbols, channel=channel))

    # Alerts and rooms: see Stream

    def alert(
        self,
        symbol: str,
        when: str,
        *,
        id: Id | None = None,  # noqa: A002 - the wire's name
        once: bool = True,
        hysteresis: float | None = None,
    ) -> AlertRow:
        return self.run(self._stream.alert(symbol, when, id=id, once=once, hysteresis=hysteresis))

    def alerts(self) -> list[AlertRow]:
        return self.run(self._stream.alerts())

    def unalert(self, id: Id = "*") -> None:  # noqa: A002 - the wire's name
        self.run(self._stream.unalert(id))

    def join(self, room: str, name: str | None = None) -> Joined:
        return self.run(self._stream.join(room, name))

    def say(self, room: str, text: str, *, name: str | None = None) -> Said:
        return self.run(self._stream.say(room, text, name=name))

    def leave(self, room: str) -> None:
        self.run(self._stream.leave(room))

    def ping(self, data: object = None) -> float:
        return self.run(self._stream.ping(data))

    @property
    def rooms(self) -> dict[str, list[str]]:
        return self._stream.rooms

    # What there is: see Stream

    @property
    def board(self) -> Mapping[str, SymbolView]:
        """The watchlist's views by symbol, live. Safe to read in any thread."""
        return self._stream.board

    def frame(self) -> pd.DataFrame:
        """The board as a DataFrame; see ``Stream.frame``."""
        return self._stream.frame()

    def trades_frame(self) -> pd.DataFrame:
        """The newest trades as a DataFrame; see ``Stream.trades_frame``."""
        return self._stream.trades_frame()

    def quotes_frame(self) -> pd.DataFrame:
        """The newest quotes as a DataFrame; see ``Stream.quotes_frame``."""
        return self._stream.quotes_frame()

    def bars(
        self,
        symbol: str,
        interval: str = "1m",
        *,
        limit: int = 500,
        start: datetime | str | None = None,
        end: datetime | str | None = None,
    ) -> pd.DataFrame:
        """Bars of a symbol from the server's history; see ``Stream.bars``."""
        return self.run(self._stream.bars(symbol, interval, limit=limit, start=start, end=end))

    @property
    def url(self) -> str:
        return self._stream.url

    @property
    def channel(self) -> str:
        return self._stream.channel

    @property
    def state(self) -> State:
        return self._stream.state

    @property
    def error(self) -> StreamError | None:
        return self._stream.error

    @property
    def symbols(self) -> list[str]:
        return self._stream.symbols

    @property
    def rejected(self) -> dict[str, str]:
        return self._stream.rejected

    @property
    def rate(self) -> float | None:
        return self._stream.rate

    @property
    def welcome(self) -> Welcome | None:
        return self._stream.welcome

    @property
    def epoch(self) -> str | None:
        return self._stream.epoch

    @property
    def version(self) -> int:
        return self._stream.version

    @property
    def feed(self) -> FeedState | None:
        return self._stream.feed

    @property
    def transport(self) -> str | None:
        return self._stream.transport

    @property
    def reconnects(self) -> int:
        return self._stream.reconnects

    @property
    def resyncs(self) -> int:
        return self._stream.resyncs

    @property
    def lost(self) -> dict[str, dict[str, int]]:
        return self._stream.lost


def _result(future: Future[T]) -> T:
    """A future's result, in waits short enough for Ctrl-C."""
    while True:
        try:
            return future.result(WAIT_S)
        except FutureTimeoutError:
            if future.done():  # meanwhile, or with a TimeoutError of its own
                return future.result()
