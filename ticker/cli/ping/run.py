"""One run of ``ticker ping``: connects, pings one after the other, and sums up."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field
from itertools import count
from ssl import SSLContext
from typing import Any

import click

from ticker.cli.events import event_line
from ticker.cli.failure import Failure, no_server, printable
from ticker.cli.stopping import Stop
from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import TransportError
from ticker.client.transports.dialer import Dialer
from ticker.client.transports.transport import Transport
from ticker.errors import RefusedError
from ticker.wire.messages import ClientMessage, Ping, Pong, ServerMessage

#: How long connecting may take.
CONNECT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """What is to be measured: ``count`` pings (0: without end), one each ``interval`` seconds."""

    url: str
    count: int
    interval: float
    timeout: float
    key: str | None = field(default=None, repr=False)
    ssl: SSLContext | None = None


async def ping(request: Request, stop: Stop) -> int:
    """Ping until enough is measured, the connection breaks or the user stops it; the exit status."""
    try:
        endpoint = Endpoint(request.url, request.key, request.ssl)
    except ValueError as error:
        raise Failure(f"--url: {error}") from error
    url = endpoint.name
    dialer = Dialer(endpoint, "json", "websocket", CONNECT_S)
    taken_s: list[float | None] = []
    failure: Exception | None = None
    async with aclosing(dialer):
        try:
            transport = await dialer.dial()
        except TransportError as error:
            raise no_server(url, error) from error
        except RefusedError as error:
            why = "it asks for a key, or yours is not good: see --key-file" if error.code == "http-401" else str(error)
            raise Failure(f"{url}: {why}") from error
        click.echo(f"PING {printable(url)}: {printable(transport.welcome.server)}")
        asked = asyncio.create_task(stop.wait())
        pinging = asyncio.create_task(_pings(transport, request, taken_s.append))
        try:
            await asyncio.wait({pinging, asked}, return_when=asyncio.FIRST_COMPLETED)
            stopped = not pinging.done()
            if not stopped:
                await pinging
        except (TransportError, RefusedError) as error:
            failure = error
        finally:
            pinging.cancel()
            asked.cancel()
            await asyncio.gather(pinging, asked, return_exceptions=True)
            await transport.close()
    if failure is not None:
        click.echo(f"ticker: {printable(str(failure))}", err=True)
    click.echo(f"\n--- {printable(url)} ping statistics ---\n{summary(taken_s)}")
    if stopped:
        return stop.status
    return 0 if failure is None and any(each is not None for each in taken_s) else 1


async def _pings(transport: Transport, request: Request, told: Callable[[float | None], None]) -> None:
    """Ping, say what each took, and tell it in seconds; None: it was lost."""
    waiting: dict[str, asyncio.Future[float]] = {}

    def handle(message: ServerMessage) -> Iterable[ClientMessage]:
        if isinstance(message, Pong) and (waiter := waiting.pop(str(message.data), None)) is not None:
            waiter.set_result(time.perf_counter())
        elif (words := event_line(message)) is not None:
            click.echo(f"ticker: {words}", err=True)
        return ()

    loop = asyncio.get_running_loop()
    reading = asyncio.create_task(transport.pump(handle))
    try:
        for seq in range(1, request.count + 1) if request.count else count(1):
            if reading.done():
                await reading  # it says why the connection is gone
            due_s = loop.time() + request.interval
            answered: asyncio.Future[float] = loop.create_future()
            waiting.clear()
            waiting[f"ping {seq}"] = answered
            sent_s = time.perf_counter()
            await transport.send(Ping(id=seq, data=f"ping {seq}"))
            ended: set[asyncio.Future[Any]] = {answered, reading}
            await asyncio.wait(ended, timeout=request.timeout, return_when=asyncio.FIRST_COMPLETED)
            took_s = answered.result() - sent_s if answered.done() else None
            told(took_s)
            if reading.done():
                await reading
            click.echo(f"seq={seq} " + ("lost" if took_s is None else f"time={1e3 * took_s:.3f} ms"))
            if seq != request.count:
                await asyncio.wait({reading}, timeout=max(0.0, due_s - loop.time()))
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def summary(taken_s: Sequence[float | None]) -> str:
    """As ping(8) of iputils has it; ``mdev`` is the standard deviation of what was measured."""
    answered = [1e3 * each for each in taken_s if each is not None]
    lost = len(taken_s) - len(answered)
    percent = 100 * lost / len(taken_s) if taken_s else 0
    first = f"{len(taken_s)} sent, {len(answered)} answered, {percent:.3g}% lost"
    if not answered:
        return first
    figures = min(answered), statistics.fmean(answered), max(answered), statistics.pstdev(answered)
    return f"{first}\nrtt min/avg/max/mdev = {'/'.join(f'{each:.3f}' for each in figures)} ms"
