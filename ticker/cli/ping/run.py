"""One run of ``ticker ping``: connects, sends pings one after the other, and prints a summary."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from itertools import count
from typing import Any

import click

from ticker.cli.events import event_line
from ticker.cli.failure import Failure, no_server, printable
from ticker.cli.server import Server
from ticker.cli.stopping import Stop
from ticker.client.endpoint import Endpoint
from ticker.client.exceptions import TransportError
from ticker.client.transports.dialer import Dialer
from ticker.client.transports.transport import Transport
from ticker.errors import RefusedError
from ticker.wire.messages import ClientMessage, Ping, Pong, ServerMessage

#: Time-out for connecting.
CONNECT_S = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class PingRequest:
    """``count`` pings (0: endless), one every ``interval`` seconds."""

    server: Server
    count: int
    interval: float
    timeout: float


async def ping(request: PingRequest, stop: Stop) -> int:
    """Ping until the count is reached, the connection breaks or the user stops it. Returns the exit status."""
    try:
        endpoint = Endpoint(request.server.url, request.server.key, request.server.ssl)
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
            why = "your key is missing or not valid; see --key-file" if error.code == "http-401" else str(error)
            raise Failure(f"{url}: {why}") from error
        click.echo(f"PING {printable(url)}: {printable(transport.welcome.server)}")
        try:
            status = await stop.run(_pings(transport, request, taken_s.append))
        except (TransportError, RefusedError) as error:
            failure, status = error, 1
        finally:
            await transport.close()
    if failure is not None:
        click.echo(f"ticker: {printable(str(failure))}", err=True)
    click.echo(f"\n--- {printable(url)} ping statistics ---\n{summary(taken_s)}")
    return status if stop.signal is not None or any(each is not None for each in taken_s) else 1


async def _pings(transport: Transport, request: PingRequest, report: Callable[[float | None], None]) -> int:
    """Send the pings, print a line for each, and report its time in seconds; None if it was lost."""
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
                await reading  # raises what ended the connection
            due_s = loop.time() + request.interval
            answered: asyncio.Future[float] = loop.create_future()
            waiting.clear()
            waiting[f"ping {seq}"] = answered
            sent_s = time.perf_counter()
            await transport.send(Ping(id=seq, data=f"ping {seq}"))
            ended: set[asyncio.Future[Any]] = {answered, reading}
            await asyncio.wait(ended, timeout=request.timeout, return_when=asyncio.FIRST_COMPLETED)
            took_s = answered.result() - sent_s if answered.done() else None
            report(took_s)
            if reading.done():
                await reading
            click.echo(f"seq={seq} " + ("lost" if took_s is None else f"time={1e3 * took_s:.3f} ms"))
            if seq != request.count:
                await asyncio.wait({reading}, timeout=max(0.0, due_s - loop.time()))
        return 0
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)


def summary(taken_s: Sequence[float | None]) -> str:
    """In the form of ping(8) of iputils; ``mdev`` is the standard deviation."""
    answered = [1e3 * each for each in taken_s if each is not None]
    lost = len(taken_s) - len(answered)
    percent = 100 * lost / len(taken_s) if taken_s else 0
    first = f"{len(taken_s)} sent, {len(answered)} answered, {percent:.3g}% lost"
    if not answered:
        return first
    figures = min(answered), statistics.fmean(answered), max(answered), statistics.pstdev(answered)
    return f"{first}\nrtt min/avg/max/mdev = {'/'.join(f'{each:.3f}' for each in figures)} ms"
