"""One run of ``ticker ping``: connects, sends pings one after the other, and prints a summary."""

from __future__ import annotations

import asyncio
import itertools
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import aclosing
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

#: Timeout for connecting.
CONNECT_S = 10.0


async def ping(server: Server, stop: Stop, *, count: int, interval_s: float, timeout_s: float) -> int:
    """Send ``count`` pings (0: endless), one every ``interval_s``. Returns the exit status.

    Ends earlier if the connection breaks or the user stops it.
    """
    try:
        endpoint = Endpoint(server.url, server.key, server.ssl)
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
            raise no_server(endpoint.given, error) from error
        except RefusedError as error:
            why = "your key is missing or not valid; see --key-file" if error.code == "http-401" else str(error)
            raise Failure(f"{url}: {why}") from error
        click.echo(f"PING {printable(url)}: {printable(transport.welcome.server)}")
        try:
            status = await stop.run(_pings(transport, taken_s.append, count, interval_s, timeout_s))
        except (TransportError, RefusedError) as error:
            failure, status = error, 1
        finally:
            await transport.close()
    if failure is not None:
        click.echo(f"ticker: {printable(str(failure))}", err=True)
    click.echo(f"\n--- {printable(url)} ping statistics ---\n{summary(taken_s)}")
    return status if stop.signal is not None or any(each is not None for each in taken_s) else 1


async def _pings(
    transport: Transport, report: Callable[[float | None], None], count: int, interval_s: float, timeout_s: float
) -> int:
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
        for seq in range(1, count + 1) if count else itertools.count(1):
            if reading.done():
                await reading  # raises what ended the connection
            due_s = loop.time() + interval_s
            answered: asyncio.Future[float] = loop.create_future()
            waiting.clear()
            waiting[f"ping {seq}"] = answered
            sent_s = time.perf_counter()
            await transport.send(Ping(id=seq, data=f"ping {seq}"))
            ended: set[asyncio.Future[Any]] = {answered, reading}
            await asyncio.wait(ended, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
            took_s = answered.result() - sent_s if answered.done() else None
            report(took_s)
            if reading.done():
                await reading
            click.echo(f"seq={seq} " + ("lost" if took_s is None else f"time={1e3 * took_s:.3f} ms"))
            if seq != count:
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
