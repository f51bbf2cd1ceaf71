"""The Python client without asyncio, for scripts and notebooks: a stream that runs in a thread of its own.

    with ticker.connect_sync("ws://127.0.0.1:8000", ["AAPL", "MSFT"]) as stream:
        for update in stream:
            print(update.symbol, update.last, update.changed)

The thread has its own event loop, so this also works where one is running already, as in a notebook. The user's thread
takes values directly from the stream, so a slow consumer sees the latest ones here too.
"""

from __future__ import annotations

import asyncio
import functools
import inspect
import threading
import time
from collections.abc import Callable, Coroutine, Iterable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from types import TracebackType
from typing import Any, Concatenate, ParamSpec, Self, TypeVar

from ticker.client.iterators import WAIT_S, ItemIterator, SyncItemIterator
from ticker.client.protocol.bars import Bar
from ticker.client.protocol.event_queue import Event
from ticker.client.protocol.symbol_view import Update
from ticker.client.protocol.ticks import Quote, Trade
from ticker.client.stream import Stream, connect
from ticker.client.stream_info import StreamInfo
from ticker.errors import StreamError

P = ParamSpec("P")
T = TypeVar("T")

#: How long stopping the thread may take; closing the stream takes about a second.
_JOIN_S = 3.0


def _blocking(
    method: Callable[Concatenate[Stream, P], Coroutine[Any, Any, T]],
) -> Callable[Concatenate[SyncStream, P], T]:
    """A method of ``Stream`` that waits in the caller's thread, with the same signature and documentation."""

    @functools.wraps(method)
    def call(self: SyncStream, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self.run(method(self._stream, *args, **kwargs))

    return call


class SyncStream(StreamInfo):
    """A live connection with blocking methods. Made by ``connect_sync``; otherwise as ``ticker.Stream``.

    Iterate in one thread at a time; all other methods may be called in any thread. Without ``with``, call ``open`` and
    ``close``. A stream left open doesn't keep the interpreter from exiting.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__(stream._protocol, stream._supervisor)  # noqa: SLF001 - inherited here too
        self._stream = stream
        self._arrived = threading.Condition(self._supervisor.lock)
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
            raise RuntimeError("a stream can be opened only once; create another")
        self._thread = threading.Thread(target=self._main, name="ticker-client", daemon=True)
        self._thread.start()
        try:
            _result(self._opened)
        except BaseException:  # Ctrl-C too
            self.close()
            raise
        return self

    def close(self) -> None:
        """Close with 1000 and stop the thread, within about a second. Iterations end. May be called twice."""
        self._closing = True  # before reading: a thread that has just started checks it after setting both
        thread, loop, task = self._thread, self._loop, self._task
        if thread is None or thread is threading.current_thread() or not thread.is_alive():
            return  # in a forked process the thread doesn't exist, and the loop is the parent's
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
        except BaseException as error:  # noqa: BLE001 - the thread that called `open` waits for it
            if not self._opened.done():
                self._opened.set_exception(error)
        if not self._opened.done():
            self._opened.set_exception(StreamError("the stream was closed while it was being opened"))
        self._on_arrival()

    async def _hold(self) -> None:
        self._task = asyncio.current_task()
        self._loop = asyncio.get_running_loop()
        if self._closing:  # before there was a task to cancel
            return
        async with self._stream:
            self._opened.set_result(None)
            await asyncio.Event().wait()  # until `close` cancels

    def _on_arrival(self) -> None:
        with self._arrived:
            self._arrived.notify_all()

    def run(self, coroutine: Coroutine[Any, Any, T]) -> T:
        """Run a coroutine of the stream in its thread, and return the result."""
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

    def __iter__(self) -> SyncItemIterator[Update]:
        return self._over(self._stream.updates())

    def __next__(self) -> Update:
        return next(iter(self))

    def next(self, timeout: float | None = None) -> Update:
        """The next update, after at most ``timeout`` seconds (None: no limit).

        Raises ``TimeoutError`` if none has arrived, ``StreamError`` if the stream is closed or failed permanently.
        """
        return iter(self).next(timeout)

    def trades(self, symbols: Iterable[str] | None = None) -> SyncItemIterator[Trade]:
        """Every trade, in order: ``for trade in stream.trades(): …``. See ``Stream.trades``."""
        return self._over(self._stream.trades(symbols))

    def quotes(self, symbols: Iterable[str] | None = None) -> SyncItemIterator[Quote]:
        """Every quote, in order. See ``Stream.trades``."""
        return self._over(self._stream.quotes(symbols))

    def live_bars(self, interval: str, symbols: Iterable[str] | None = None) -> SyncItemIterator[Bar]:
        """Bars of an interval as they change and close. See ``Stream.live_bars``."""
        return self._over(self._stream.live_bars(interval, symbols))

    def events(self) -> SyncItemIterator[Event]:
        """Everything except prices, in order: ``for event in stream.events(): …``. See ``Stream.events``."""
        return self._over(self._stream.events())

    def _over(self, items: ItemIterator[T]) -> SyncItemIterator[T]:
        return SyncItemIterator(items, self._arrived, self.run)

    # The methods of Stream, blocking

    subscribe = _blocking(Stream.subscribe)
    unsubscribe = _blocking(Stream.unsubscribe)
    alert = _blocking(Stream.alert)
    alerts = _blocking(Stream.alerts)
    unalert = _blocking(Stream.unalert)
    join = _blocking(Stream.join)
    say = _blocking(Stream.say)
    leave = _blocking(Stream.leave)
    ping = _blocking(Stream.ping)
    bars = _blocking(Stream.bars)


def _sync(connect: Callable[P, Stream]) -> Callable[P, SyncStream]:
    """``connect_sync`` out of ``connect``: the options are defined once, in the signature of ``connect``."""

    def connect_sync(*args: P.args, **kwargs: P.kwargs) -> SyncStream:
        """A stream of prices, for use in ``with``. Options, behaviour and errors are those of ``ticker.connect``."""
        return SyncStream(connect(*args, **kwargs))

    connect_sync.__qualname__ = "connect_sync"
    vars(connect_sync)["__signature__"] = inspect.signature(connect).replace(return_annotation="SyncStream")
    return connect_sync


connect_sync = _sync(connect)


def _result(future: Future[T]) -> T:
    """The future's result, with waits short enough for Ctrl-C."""
    while True:
        try:
            return future.result(WAIT_S)
        except FutureTimeoutError:
            if future.done():  # meanwhile, or with a TimeoutError of its own
                return future.result()
