"""What a beat costs the server for each client: in the hub alone, and over real sockets.

Over sockets the clients are raw ones in another process, which only read; the figure is the server's CPU time, all of
it (feed, board, encoding, sending), for each frame.
"""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import selectors
import socket
import time
from collections.abc import AsyncIterator
from multiprocessing.connection import Connection
from typing import ClassVar

from benchmarks.measure import best_s, random_batches, show
from ticker.feed import FeedInfo, FeedOptions
from ticker.hub import Hub
from ticker.model import FeedEvent, TickBatch
from ticker.server import Service, Settings

BEATS = 20
SECONDS = 4.0


class NullOutlet:
    def __init__(self) -> None:
        self.frames = 0

    def ready(self) -> bool:
        return True

    def send(self, payload: bytes) -> None:  # noqa: ARG002 - the outlets' signature
        self.frames += 1

    def offer(self, payload: bytes) -> bool:
        self.send(payload)
        return True


def chosen(client: int, each: int, symbols: int, *, same: bool) -> list[str]:
    first = 0 if same else client * 7
    return [f"S{(first + step * 3) % symbols:05}" for step in range(each)]


def hub_rows() -> list[list[str]]:
    rows = []
    for label, clients, each, ticks, same in (
        ("1,000 clients, each its own 20 of 500", 1_000, 20, 500, False),
        ("5,000 clients, all the same 50", 5_000, 50, 50, True),
        ("200 clients, all 500", 200, 500, 2_500, True),
    ):
        for encoding in ("json", "msgpack"):
            table, batches = random_batches(500, ticks, BEATS)
            hub = Hub(table)
            outlets = [NullOutlet() for _ in range(clients)]
            for number, outlet in enumerate(outlets):
                session = hub.attach(outlet, encoding)
                symbols = chosen(number, each, 500, same=same)
                hub.receive(session, json.dumps({"op": "subscribe", "symbols": symbols, "rate": 20}), 1)
            before = sum(outlet.frames for outlet in outlets)

            def work(hub: Hub = hub, batches: list[TickBatch] = batches) -> None:
                for batch in batches:
                    hub.publish(batch)
                    hub.beat(20, 1)

            each_s = best_s(work, 3)
            frames = (sum(outlet.frames for outlet in outlets) - before) / 3
            rows.append([label, encoding, f"{frames / BEATS:,.0f}", f"{each_s / frames * 1e6:.2f}"])
    return rows


class SteadyFeed:
    """Ticks of random symbols at a constant rate, 100 batches a second."""

    Options: ClassVar[type[FeedOptions]] = FeedOptions

    def __init__(self, symbols: int, ticks_per_second: int) -> None:
        self._table, self._batches = random_batches(symbols, max(2, ticks_per_second // 100), 200)
        self.info = FeedInfo(symbols=self._table, title="benchmark")

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        loop = asyncio.get_running_loop()
        due = loop.time()
        while True:
            for batch in self._batches:
                due += 0.01
                await asyncio.sleep(max(0.0, due - loop.time()))
                yield batch


def load(port: int, plans: list[list[str]], rate: float, done: Connection) -> None:
    """The clients: connect and subscribe, say so, read until told to stop; report frames' bytes and own CPU time."""
    selector = selectors.DefaultSelector()
    sockets = []
    for symbols in plans:
        sock = socket.create_connection(("127.0.0.1", port))
        sock.sendall(
            b"GET /v1/stream HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
            b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        order = json.dumps({"op": "subscribe", "symbols": symbols, "rate": rate}).encode()
        sock.sendall(bytes((0x81, 0x80 | 126)) + len(order).to_bytes(2, "big") + bytes(4) + order)
        sock.setblocking(False)
        selector.register(sock, selectors.EVENT_READ)
        sockets.append(sock)
    received = 0
    done.send("ready")
    started = time.process_time()
    while not done.poll():
        for key, _ in selector.select(0.05):
            received += len(key.fileobj.recv(262_144))  # type: ignore[union-attr]  # only sockets are registered
    done.send((received, time.process_time() - started))
    for sock in sockets:
        sock.close()


async def over_sockets(clients: int, each: int, ticks_per_second: int, *, same: bool) -> list[str]:
    service = Service(SteadyFeed(500, ticks_per_second), "bench", Settings(port=0))
    await service.start()
    here, there = multiprocessing.get_context("spawn").Pipe()
    plans = [chosen(number, each, 500, same=same) for number in range(clients)]
    process = multiprocessing.get_context("spawn").Process(target=load, args=(service.port, plans, 20, there))
    process.start()
    await asyncio.to_thread(here.recv)
    while any(not len(session) for session in service.hub.sessions) or len(service.hub.sessions) < clients:  # noqa: ASYNC110 - polling is no harm in a benchmark
        await asyncio.sleep(0.05)
    await asyncio.sleep(0.5)
    outlets = [session.outlet for session in service.hub.sessions]
    frames, cpu, wall = sum(outlet.frames for outlet in outlets), time.process_time(), time.perf_counter()
    await asyncio.sleep(SECONDS)
    frames = sum(outlet.frames for outlet in outlets) - frames
    cpu, wall = time.process_time() - cpu, time.perf_counter() - wall
    here.send("stop")
    _received, load_cpu = await asyncio.to_thread(here.recv)
    process.join()
    await service.stop()
    return [f"{frames / wall:,.0f}", f"{cpu / wall:.0%}", f"{cpu / frames * 1e6:.1f}", f"{load_cpu / wall:.0%}"]


def socket_rows() -> list[list[str]]:
    rows = []
    for label, clients, each, ticks, same in (
        ("1,000 clients, each its own 20 of 500, 10,000 ticks/s", 1_000, 20, 10_000, False),
        ("2,000 clients, all the same 50, 1,000 ticks/s", 2_000, 50, 1_000, True),
        ("200 clients, all 500, 50,000 ticks/s", 200, 500, 50_000, True),
    ):
        rows.append([label, *asyncio.run(over_sockets(clients, each, ticks, same=same))])
    return rows


if __name__ == "__main__":
    show("A beat in the hub, no sockets", ["what", "encoding", "frames a beat", "µs a frame"], hub_rows())
    columns = ["at 20 Hz, JSON, over loopback", "frames/s", "server CPU", "µs a frame", "load's CPU"]
    show(f"Over sockets, {SECONDS:g} s each", columns, socket_rows())
