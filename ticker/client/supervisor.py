"""Keeps a client connected: dials, runs the connection, waits, dials again. Sends the user's requests.

What messages mean is decided by ``ClientProtocol``; how bytes move is decided by the transport.
"""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, Literal, NoReturn, TypeVar, cast
from weakref import WeakSet

from ticker.backoff import Backoff
from ticker.client.exceptions import TransportError
from ticker.client.protocol.protocol import Answer, ClientProtocol
from ticker.client.transports.dialer import Dialer
from ticker.errors import ConnectError, ProtocolError, StreamError
from ticker.wire.messages import ClientMessage, Error, ServerMessage

if TYPE_CHECKING:
    from ticker.client.transports.transport import Transport

log = logging.getLogger("ticker.client")

#: How long the task may take to end by itself once its connection is being closed.
_CLOSING_S = 0.5

State = Literal["connecting", "live", "reconnecting", "closed"]
A = TypeVar("A", bound=Answer)
_Answered = Answer | Error
#: Those of this process, to end them in processes forked from it.
_SUPERVISORS: WeakSet[Supervisor] = WeakSet()
#: The process that imported this module, or was forked with it.
_process = os.getpid()


class _ForkedLock:
    """Stands for the locks of a stream in a forked process. Using it raises ``error``."""

    def __init__(self, error: StreamError) -> None:
        self._error = error

    def __enter__(self) -> NoReturn:
        raise self._error

    def __exit__(self, *_: object) -> None: ...

    async def __aenter__(self) -> NoReturn:
        raise self._error

    async def __aexit__(self, *_: object) -> None: ...


class Supervisor:
    """One client's connections, one at a time.

    ``connect_timeout_s`` also bounds the wait for each answer. With ``wait``, a failed first attempt is repeated.
    """

    def __init__(
        self, dialer: Dialer, protocol: ClientProtocol, backoff: Backoff, *, wait: bool, connect_timeout_s: float
    ) -> None:
        self.state: State = "connecting"
        #: Why the stream failed permanently.
        self.error: StreamError | None = None
        self.reconnects = 0
        #: The transport of the current connection, or of the last.
        self.transport: str | None = None
        #: Held while the values, queues and rooms are read or changed: the user may be in another thread.
        self.lock = threading.Lock()
        #: Held by a request that changes the watchlist: what the next one asks depends on its answer.
        self.turn = asyncio.Lock()
        #: Held by a request about alerts and rooms. An alert's answer is recognised by the alert's id.
        self.desk_turn = asyncio.Lock()
        #: Number of messages received.
        self.messages = 0
        #: Set while a connection is live, and at the end.
        self.live = asyncio.Event()
        #: Called on the event loop after each message, and at the end.
        self.arrived: Callable[[], None] = lambda: None
        self._dialer = dialer
        self._protocol = protocol
        self._backoff = backoff
        self._wait = wait
        self._connect_timeout_s = connect_timeout_s
        self._transport: Transport | None = None
        #: A WebSocket that is to replace the current connection.
        self._better: Transport | None = None
        self._closing = False
        self._ever_live = False
        #: Whether the current connection became live.
        self._lived = False
        self._waiters: dict[int | str, asyncio.Future[Answer]] = {}
        self._opened: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        self._forked = False
        _SUPERVISORS.add(self)

    @property
    def started(self) -> bool:
        """Whether ``open`` was called."""
        return self._task is not None

    @property
    def ended(self) -> bool:
        return self.state == "closed"

    def check_process(self) -> None:
        """Raise ``StreamError`` in a process that was forked from the one that opened the stream."""
        if self._forked and self.error is not None:
            raise self.error

    def fork(self, parent: int) -> None:
        """This process was forked from ``parent``: end the stream here, without touching the parent's connection."""
        if not self.started or self.ended:
            return
        self._forked = True
        self.state = "closed"
        self.error = error = StreamError(
            f"this stream was opened by process {parent} and can't be used in a process forked from it: "
            "open another stream here"
        )
        # Locks that the parent held at the time of the fork would never be released.
        self.lock = self.turn = self.desk_turn = cast("Any", _ForkedLock(error))
        self.live = asyncio.Event()
        self.live.set()

    async def open(self) -> None:
        """Start, and wait for the first values. Raises the ``StreamError`` that ends the stream permanently."""
        if self._task is not None:
            raise RuntimeError("a stream can be opened only once; create another")
        if self._closing:
            raise StreamError("the stream is closed")
        self._opened = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(), name="ticker-client")
        try:
            await self._opened
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close with 1000 and stop, within a second whatever the server does."""
        if self._forked:
            return  # the connection is the parent's
        self._closing = True
        task = self._task
        try:
            if task is not None and not task.done():
                if self._transport is not None:
                    await self._transport.close()
                    await asyncio.wait([task], timeout=_CLOSING_S)
                task.cancel()
                await asyncio.wait([task], timeout=0.2)
        finally:
            self._end(None)
            if self._better is not None:
                await self._better.close()
            await self._dialer.aclose()

    async def request(self, message: ClientMessage, kind: type[A], *, insist: bool, again: bool = True) -> A | None:
        """Send a message and return the server's answer, which must be a ``kind``.

        With ``insist``, waits for a live connection, and if it breaks before the answer, repeats the request on the
        next; unless not ``again``. Otherwise returns None.

        Raises ``ProtocolError`` if the server answers with an error, ``StreamError`` if the stream has ended.
        """
        while True:
            if insist:
                await self.live.wait()
            if self.ended:
                raise self.error or StreamError("the stream is closed")
            transport = self._transport
            if transport is None:
                return None
            request = self._protocol.ask(message)
            assert request.id is not None
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[Answer] = loop.create_future()
            self._waiters[request.id] = waiter
            text = f"a request was not answered within {self._connect_timeout_s:g} s"
            timer = loop.call_later(self._connect_timeout_s, transport.abort, text)
            try:
                try:
                    await transport.send(request)
                except TransportError as error:
                    transport.abort(error.reason)
                answer = await waiter
            except TransportError:
                if not (insist and again):
                    return None
            else:
                if not isinstance(answer, kind):
                    text = f"the server answered {type(message).__name__} with {type(answer).__name__}"
                    raise StreamError(text)
                return answer
            finally:
                timer.cancel()
                self._waiters.pop(request.id, None)

    # The task

    async def _run(self) -> None:
        try:
            await self._keep_connected()
        except StreamError as error:
            self._end(None if self._closing else error)
        except Exception as error:
            # A bug in this client must reach the user, and not die with the task.
            log.exception("%s: the client failed", self._protocol.name)
            failure = StreamError(f"the client failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
            self._end(failure)
        finally:
            self._end(None)
            await self._dialer.aclose()

    async def _keep_connected(self) -> None:
        failures = retries = 0
        while True:
            self._lived = False
            try:
                transport, self._better = self._better, None
                await self._serve(transport or await self._dialer.dial())
            except TransportError as error:
                if self._closing:
                    return
                if self._better is not None:
                    continue
                if self._lived and not error.broken:
                    failures = retries = 0
                else:
                    failures += 1
                self._check_policy(error, failures)
                delay_s = max(self._backoff.delay_s(retries), error.retry_after_s)
                retries += 1
                log.warning("%s: %s; reconnecting in %.2f s", self._protocol.name, error.reason, delay_s)
                await asyncio.sleep(delay_s)

    def _check_policy(self, error: TransportError, failures: int) -> None:
        """Raise ``ConnectError`` if the policy says to give up."""
        if not self._ever_live and not self._wait:
            later = f"; try again in {error.retry_after_s:.0f} s" if error.retry_after_s else ""
            raise ConnectError(f"{self._protocol.name}: {error.reason}{later}", failures) from error
        if self._backoff.attempts is not None and failures >= self._backoff.attempts:
            text = f"{self._protocol.name}: {error.reason}; gave up after {failures} attempts"
            raise ConnectError(text, failures) from error
        self.state = "reconnecting" if self._ever_live else "connecting"
        self.arrived()

    async def _return_to_websocket(self, transport: Transport) -> None:
        """Replace the fallback transport as soon as a WebSocket gets through again."""
        self._better = await self._dialer.better()
        log.info("%s: WebSockets are no longer blocked", self._protocol.name)
        transport.abort("WebSockets are no longer blocked")

    async def _serve(self, transport: Transport) -> None:
        """Run one connection. Ends only by raising."""
        returning: asyncio.Task[None] | None = None
        if self._dialer.auto and transport.kind != "websocket":
            log.warning("%s: WebSockets are blocked; using %s", self._protocol.name, transport.kind)
            returning = asyncio.create_task(self._return_to_websocket(transport), name="ticker-better")
        self.transport = transport.kind
        try:
            with self.lock:
                requests = self._protocol.connected(transport.welcome)
            for message in requests:
                await transport.send(message)
            self._transport = transport
            text = f"subscribing was not answered within {self._connect_timeout_s:g} s"
            self._timer = asyncio.get_running_loop().call_later(self._connect_timeout_s, transport.abort, text)
            self._check_live()
            await transport.pump(self._handle)
        finally:
            if returning is not None:
                returning.cancel()
                await asyncio.gather(returning, return_exceptions=True)
            self._transport = None
            self.live.clear()
            self._stop_timer()
            with self.lock:
                self._protocol.disconnected()
            self._fail_waiters(TransportError("the connection broke before the answer came"))
            await transport.close()

    def _handle(self, message: ServerMessage) -> Iterable[ClientMessage]:
        with self.lock:
            requests = self._protocol.receive(message)
        self.messages += 1
        if isinstance(message, _Answered):
            self._answer(message)
        if not self._lived or (self._opened is not None and not self._opened.done()):
            self._check_live()
        self.arrived()
        return requests

    def _answer(self, message: Answer | Error) -> None:
        waiter = None if message.id is None else self._waiters.get(message.id)
        if waiter is None or waiter.done():
            return
        if isinstance(message, Error):
            waiter.set_exception(ProtocolError(message.code, message.message, message.id))
        else:
            waiter.set_result(message)

    def _check_live(self) -> None:
        """Note that the connection became live, or that the first values have come."""
        protocol = self._protocol
        if protocol.live and not self._lived:
            self._lived = True
            self._stop_timer()
            if self._ever_live:
                self.reconnects += 1
                where = f"from version {protocol.view.version}" if protocol.view.version else "from the beginning"
                log.warning("%s: reconnected, resuming %s", protocol.name, where)
            else:
                log.info("%s: connected, epoch %s", protocol.name, protocol.epoch)
            self._ever_live = True
            self.state = "live"
            self.live.set()
            if not protocol.stocked:
                # The user doesn't wait forever for a server that holds back the first values.
                self._timer = asyncio.get_running_loop().call_later(self._connect_timeout_s, self._open)
        if protocol.live and protocol.stocked:
            self._open()

    def _open(self) -> None:
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _fail_waiters(self, error: Exception) -> None:
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_exception(error)

    def _end(self, error: StreamError | None) -> None:
        """The stream has ended: end all waits. Only the first call counts."""
        if self.ended:
            return
        self.state = "closed"
        self.error = error
        if error is not None:
            log.log(logging.ERROR if self._ever_live else logging.DEBUG, "%s: ended: %s", self._protocol.name, error)
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(error or StreamError("the stream was closed while it was being opened"))
        self._fail_waiters(error or StreamError("the stream is closed"))
        self.live.set()
        self.arrived()


def _after_fork() -> None:
    """In the child: its copies of the streams have no thread, and share the parent's connections."""
    global _process
    parent, _process = _process, os.getpid()
    for supervisor in list(_SUPERVISORS):
        supervisor.fork(parent)


if hasattr(os, "register_at_fork"):  # not on Windows, which has no fork
    os.register_at_fork(after_in_child=_after_fork)
