"""Keeps a protocol connected: dials, serves, waits, dials again; and carries the user's questions to the server.

What is asked of a connection and what its messages mean is the protocol's job, how bytes move is the transport's.
"""

from __future__ import annotations

import asyncio
import logging
import threading
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Literal, TypeVar

import ticker
from ticker.backoff import Backoff
from ticker.client.exceptions import TransportError
from ticker.client.protocol.protocol import Answer, ClientProtocol
from ticker.errors import ConnectError, ProtocolError, StreamError
from ticker.wire.messages import ClientMessage, Error, ServerMessage

if TYPE_CHECKING:
    import aiohttp

    from ticker.client.transports.dialer import Dialer
    from ticker.client.transports.transport import Transport

log = logging.getLogger("ticker.client")

#: How long the task may take to end by itself once its connection is being closed.
_CLOSING_S = 0.5

State = Literal["connecting", "live", "reconnecting", "closed"]
A = TypeVar("A", bound=Answer)
_Answered = Answer | Error


class Supervisor:
    """One protocol's connections, one after the other.

    ``lock`` is held whenever the protocol is changed or read, for its user may live in another thread. ``arrived`` is
    called, on the loop, after each message and when all has ended.
    """

    def __init__(
        self,
        dialer: Dialer,
        protocol: ClientProtocol,
        backoff: Backoff,
        *,
        wait: bool,
        connect_timeout_s: float,
        lock: threading.Lock,
        arrived: Callable[[], None],
    ) -> None:
        self.state: State = "connecting"
        #: Why it failed for good.
        self.error: StreamError | None = None
        self.reconnects = 0
        #: What carries the connection at hand, or carried the last one.
        self.transport: str | None = None
        #: Held by whoever asks something: one after the other, for each changes what the next is about.
        self.turn = asyncio.Lock()
        #: How many messages have come.
        self.messages = 0
        self._dialer = dialer
        self._protocol = protocol
        self._backoff = backoff
        self._wait = wait
        self._connect_timeout_s = connect_timeout_s
        self._lock = lock
        self._arrived = arrived
        self._transport: Transport | None = None
        #: A better connection than the one at hand, which is to take its place.
        self._better: Transport | None = None
        self._closing = False
        self._ever_live = False
        #: Whether the connection at hand has become live.
        self._lived = False
        self._live = asyncio.Event()
        self._waiters: dict[int | str, asyncio.Future[Answer]] = {}
        self._opened: asyncio.Future[None] | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._session: aiohttp.ClientSession | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def ended(self) -> bool:
        return self.state == "closed"

    async def open(self) -> None:
        """Start, and wait until the first values have come (or can't). Raises what makes it fail for good."""
        if self._task is not None:
            raise RuntimeError("a stream is opened once; make another")
        if self._closing:
            raise StreamError("the stream is closed")
        # aiohttp takes a fifth of a second to import, half of it for certificates: not before somebody connects.
        import aiohttp

        self._session = aiohttp.ClientSession(
            timeout=aiohttp.ClientTimeout(total=None, sock_connect=None),
            headers={"User-Agent": f"ticker/{ticker.__version__}"},
        )
        self._opened = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._run(self._session), name="ticker-client")
        try:
            await self._opened
        except BaseException:
            await self.close()
            raise

    async def close(self) -> None:
        """Close with 1000 and stop. Takes a second at the most, whatever the server does."""
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
            if self._session is not None:
                await self._session.close()

    async def lives(self) -> None:
        """Wait until there is a connection that is live, or all has ended."""
        await self._live.wait()

    async def request(self, message: ClientMessage, kind: type[A], *, insist: bool, again: bool = True) -> A | None:
        """The server's answer, which is to be of this kind. ``insist`` waits for a connection, else None is returned
        where there is none. If it breaks before the answer comes, the next is asked, or None is returned if one
        doesn't ``insist``, or not ``again``.

        Raises ``ProtocolError`` if the server answers with an error, and ``StreamError`` if all has ended.
        """
        while True:
            if insist:
                await self._live.wait()
            if self.state == "closed":
                raise self.error or StreamError("the stream is closed")
            transport = self._transport
            if transport is None:
                return None
            with self._lock:
                asked = self._protocol.ask(message)
            assert asked.id is not None
            loop = asyncio.get_running_loop()
            waiter: asyncio.Future[Answer] = loop.create_future()
            self._waiters[asked.id] = waiter
            text = f"a question was not answered within {self._connect_timeout_s:g} s"
            timer = loop.call_later(self._connect_timeout_s, transport.abort, text)
            try:
                try:
                    await transport.send(asked)
                except TransportError as lost:
                    transport.abort(lost.reason)
                answer = await waiter
            except TransportError:
                if not (insist and again):
                    return None
            else:
                if not isinstance(answer, kind):
                    text = f"the server answers {type(message).__name__} with {type(answer).__name__}"
                    raise StreamError(text)
                return answer
            finally:
                timer.cancel()
                self._waiters.pop(asked.id, None)

    # The task

    async def _run(self, session: aiohttp.ClientSession) -> None:
        try:
            await self._keep_connected(session)
        except StreamError as error:
            self._end(None if self._closing else error)
        except Exception as error:
            # A fault of this client's own must reach the user, and not die with the task.
            log.exception("%s: the client failed", self._protocol.name)
            failure = StreamError(f"the client failed: {type(error).__name__}: {error}")
            failure.__cause__ = error
            self._end(failure)
        finally:
            self._end(None)
            await session.close()

    async def _keep_connected(self, session: aiohttp.ClientSession) -> None:
        failures = retries = 0
        while True:
            self._lived = False
            try:
                transport, self._better = self._better, None
                await self._serve(transport or await self._dialer.dial(session), session)
            except TransportError as lost:
                if self._closing:
                    return
                if self._better is not None:
                    continue
                if self._lived and not lost.broken:
                    failures = retries = 0
                else:
                    failures += 1
                self._bear(lost, failures)
                delay_s = max(self._backoff.delay_s(retries), lost.retry_after_s)
                retries += 1
                log.warning("%s: %s; trying again in %.2f s", self._protocol.name, lost.reason, delay_s)
                await asyncio.sleep(delay_s)

    def _bear(self, lost: TransportError, failures: int) -> None:
        """Go on after a loss, or raise ``ConnectError`` if the policy says to give up."""
        if not self._ever_live and not self._wait:
            raise ConnectError(f"{self._protocol.name}: {lost.reason}", failures) from lost
        if self._backoff.attempts is not None and failures >= self._backoff.attempts:
            text = f"{self._protocol.name}: {lost.reason}; given up after {failures} attempts"
            raise ConnectError(text, failures) from lost
        self.state = "reconnecting" if self._ever_live else "connecting"
        self._arrived()

    async def _look_for_better(self, transport: Transport, session: aiohttp.ClientSession) -> None:
        """Have a WebSocket take the place of what was made do with, when one gets through again."""
        self._better = await self._dialer.better(session)
        log.info("%s: a WebSocket gets through again", self._protocol.name)
        transport.abort("a WebSocket gets through again")

    async def _serve(self, transport: Transport, session: aiohttp.ClientSession) -> None:
        """One connection's life. Ends only by raising."""
        looking: asyncio.Task[None] | None = None
        if self._dialer.settles and transport.kind != "websocket":
            log.warning("%s: WebSockets do not get through; using %s", self._protocol.name, transport.kind)
            looking = asyncio.create_task(self._look_for_better(transport, session), name="ticker-better")
        self.transport = transport.kind
        try:
            with self._lock:
                asked = self._protocol.connected(transport.welcome)
            for message in asked:
                await transport.send(message)
            self._transport = transport
            text = f"subscribing was not answered within {self._connect_timeout_s:g} s"
            self._timer = asyncio.get_running_loop().call_later(self._connect_timeout_s, transport.abort, text)
            self._look()
            await transport.pump(self._handle)
        finally:
            if looking is not None:
                looking.cancel()
                await asyncio.gather(looking, return_exceptions=True)
            self._transport = None
            self._live.clear()
            self._stop_timer()
            with self._lock:
                self._protocol.disconnected()
            for waiter in self._waiters.values():
                if not waiter.done():
                    waiter.set_exception(TransportError("the connection broke before the answer came"))
            await transport.close()

    def _handle(self, message: ServerMessage) -> Iterable[ClientMessage]:
        with self._lock:
            asked = self._protocol.receive(message)
        self.messages += 1
        if isinstance(message, _Answered):
            self._answer(message)
        if not self._lived or (self._opened is not None and not self._opened.done()):
            self._look()
        self._arrived()
        return asked

    def _answer(self, message: Answer | Error) -> None:
        waiter = None if message.id is None else self._waiters.get(message.id)
        if waiter is None or waiter.done():
            return
        if isinstance(message, Error):
            waiter.set_exception(ProtocolError(message.code, message.message, message.id))
        else:
            waiter.set_result(message)

    def _look(self) -> None:
        """Whether the connection has become live, and the stream is open."""
        protocol = self._protocol
        if protocol.live and not self._lived:
            self._lived = True
            self._stop_timer()
            self._tell_live()
            self._ever_live = True
            self.state = "live"
            self._live.set()
            if not protocol.stocked:
                # A server that holds the first values back doesn't keep the user waiting for ever.
                self._timer = asyncio.get_running_loop().call_later(self._connect_timeout_s, self._open)
        if protocol.live and protocol.stocked:
            self._open()

    def _open(self) -> None:
        if self._opened is not None and not self._opened.done():
            self._opened.set_result(None)

    def _tell_live(self) -> None:
        protocol = self._protocol
        if self._ever_live:
            self.reconnects += 1
            where = f"on from version {protocol.view.version}" if protocol.view.version else "from the beginning"
            log.warning("%s: connected again, %s", protocol.name, where)
        else:
            log.info("%s: connected, epoch %s", protocol.name, protocol.epoch)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self, error: StreamError | None) -> None:
        """Everything is over: whoever waits is told. Only the first call counts."""
        if self.state == "closed":
            return
        self.state = "closed"
        self.error = error
        if error is not None:
            log.log(logging.ERROR if self._ever_live else logging.DEBUG, "%s: ended: %s", self._protocol.name, error)
        if self._opened is not None and not self._opened.done():
            self._opened.set_exception(error or StreamError("the stream was closed while it was opened"))
        for waiter in self._waiters.values():
            if not waiter.done():
                waiter.set_exception(error or StreamError("the stream is closed"))
        self._live.set()
        self._arrived()
