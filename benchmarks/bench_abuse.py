"""What attackers that reconnect do to other clients: their updates and pings, alone and beside each kind of attack.

The attackers have addresses of their own (127.0.1.1, …) and run in a second process; the server runs in a third.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import multiprocessing
import re
import socket
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from statistics import median
from typing import Final

from benchmarks.fanout.frames import client_frame
from benchmarks.fanout.processes import cpu_s
from benchmarks.measure import show

ATTACKERS: Final = 20
GOOD: Final = 50
SECONDS: Final = 5.0
REPEATS: Final = 3
PING_EVERY_S: Final = 0.02
#: The time for the attackers to start.
SETTLED_S: Final = 2.0
_HANDSHAKE: Final = (
    b"GET /v1/stream HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
)


def _frames(*messages: bytes) -> bytes:
    return b"".join(client_frame(message) for message in messages)


_PINGS: Final = _frames(b'{"op":"ping"}') * 1_000
#: By kind: what an attacker sends after connecting, and then until it is cut.
ATTACKS: Final = {
    "pings": (b"", _PINGS),
    "resets": (b"", _PINGS),
    "alerts": (
        _frames(
            *(
                b'{"op":"alert","owner":"flood","id":%d,"symbol":"AAPL","when":"last > 1e9"}' % each
                for each in range(200)
            )
        ),
        _frames(b'{"op":"alerts","owner":"flood"}') * 500,
    ),
    "subscribes": (
        b"",
        _frames(b'{"op":"subscribe","symbols":["*"],"rate":0}', b'{"op":"unsubscribe","symbols":["*"]}') * 250,
    ),
}


@dataclass(frozen=True, slots=True)
class Result:
    """``updates`` per second of all good clients, and pings in milliseconds."""

    updates: float
    pings_ms: list[float]
    #: The server's share of a core.
    core: float

    def ping_ms(self, quantile: float) -> float:
        return sorted(self.pings_ms)[int(quantile * (len(self.pings_ms) - 1))]


async def _attacker(port: int, address: str, kind: str) -> None:
    """Flood until cut, then reconnect at once. Ends with the process."""
    first, flood = ATTACKS[kind]
    reset = struct.pack("ii", 1, 0)
    while True:
        try:
            reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0))
        except OSError:
            await asyncio.sleep(0.01)
            continue
        try:
            writer.write(_HANDSHAKE)
            if b" 101 " not in await reader.readuntil(b"\r\n\r\n"):
                continue
            writer.write(first)
            while True:
                writer.write(flood)
                if kind == "resets":
                    await reader.read(1)
                    found = writer.get_extra_info("socket")
                    found.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, reset)
                    break
                received = 0
                # An answer has ten bytes or more.
                while received < 5_000:
                    data = await reader.read(262_144)
                    if not data:
                        raise EOFError
                    received += len(data)
        except (OSError, EOFError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.transport.abort()


def _attack(port: int, kind: str, attackers: int) -> None:
    async def run() -> None:
        await asyncio.gather(*(_attacker(port, f"127.0.1.{number + 1}", kind) for number in range(attackers)))

    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(run())


class _Good(asyncio.Protocol):
    """Counts frames, and times pings."""

    def __init__(self, subscribe: bytes) -> None:
        self.updates = 0
        self.pings_ms: list[float] = []
        self.sent_s: float | None = None
        self.welcomed = asyncio.Event()
        self._subscribe = subscribe
        self._buffer = bytearray()
        self.transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(_HANDSHAKE)

    def data_received(self, data: bytes) -> None:
        buffer = self._buffer
        buffer += data
        if not self.welcomed.is_set():
            end = buffer.find(b"\r\n\r\n")
            if end < 0:
                return
            assert b" 101 " in buffer[:end], bytes(buffer)
            del buffer[: end + 4]
            self.welcomed.set()
            self.transport.write(self._subscribe)
        while len(buffer) > 1:
            size, head = buffer[1], 2
            if size > 125:
                head += 2 if size == 126 else 8
                size = int.from_bytes(buffer[2:head], "big")
            if len(buffer) < head + size:
                return
            if buffer[head : head + 16].startswith(b'{"type":"pong"') and self.sent_s is not None:
                self.pings_ms.append((time.perf_counter() - self.sent_s) * 1_000)
                self.sent_s = None
            elif buffer[head : head + 16] == b'{"type":"update"':
                self.updates += 1
            del buffer[: head + size]


def _same(protocol: _Good) -> _Good:
    return protocol


async def _measure(server: int, port: int, kind: str | None, attackers: int, seconds: float) -> Result:
    loop = asyncio.get_running_loop()
    subscribe = client_frame(b'{"op":"subscribe","symbols":["*"],"rate":20}')
    good = [_Good(subscribe) for _ in range(GOOD)]
    pinger = _Good(b"")
    for each in [*good, pinger]:
        await loop.create_connection(partial(_same, each), "127.0.0.1", port)
        await each.welcomed.wait()
    with _attacked(port, kind, attackers):
        await asyncio.sleep(SETTLED_S)
        return await _observe(server, good, pinger, seconds)


async def _observe(server: int, good: list[_Good], pinger: _Good, seconds: float) -> Result:
    used_s = cpu_s(server)
    before, began_s = sum(each.updates for each in good), time.perf_counter()
    ping = client_frame(b'{"op":"ping"}')
    while time.perf_counter() < began_s + seconds:
        if pinger.sent_s is None:
            pinger.sent_s = time.perf_counter()
            pinger.transport.write(ping)
        await asyncio.sleep(PING_EVERY_S)
    took_s = time.perf_counter() - began_s
    updates = sum(each.updates for each in good) - before
    if pinger.sent_s is not None:
        pinger.pings_ms.append((time.perf_counter() - pinger.sent_s) * 1_000)
    for each in [*good, pinger]:
        each.transport.abort()
    return Result(updates / took_s, pinger.pings_ms, (cpu_s(server) - used_s) / took_s)


@contextmanager
def _attacked(port: int, kind: str | None, attackers: int) -> Iterator[None]:
    if kind is None:
        yield
        return
    process = multiprocessing.get_context("spawn").Process(target=_attack, args=(port, kind, attackers), daemon=True)
    process.start()
    try:
        yield
    finally:
        process.terminate()
        process.join()


def _measured(kind: str | None, attackers: int, seconds: float) -> Result:
    command = [sys.executable, "-m", "ticker", "serve", "--port", "0", "--log-format", "json"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as server:
        try:
            port = _port(server)
            return asyncio.run(_measure(server.pid, port, kind, attackers, seconds))
        finally:
            server.terminate()


def _port(server: subprocess.Popen[str]) -> int:
    assert server.stdout is not None
    for line in server.stdout:
        if found := re.search(r"http://127\.0\.0\.1:(\d+)", line):
            return int(found[1])
    raise SystemExit("the server did not start")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attackers", type=int, default=ATTACKERS)
    parser.add_argument("--repeats", type=int, default=REPEATS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    parser.add_argument("--kinds", default=",".join(ATTACKS))
    options = parser.parse_args()
    kinds: list[str | None] = [None, *options.kinds.split(",")]
    results: dict[str | None, list[Result]] = {kind: [] for kind in kinds}
    for _ in range(options.repeats):
        for kind in kinds:
            results[kind].append(_measured(kind, options.attackers, options.seconds))
    alone = median(each.updates for each in results[None])
    rows = [_row(kind or "no attack", each, alone) for kind, each in results.items()]
    title = f"{GOOD} clients beside {options.attackers} attackers that reconnect"
    show(title, ["attack", "updates/s", "of those alone", "ping p50 ms", "p99 ms", "server"], rows)


def _row(label: str, results: list[Result], alone: float) -> list[str]:
    updates = median(each.updates for each in results)
    p50, p99 = (median(each.ping_ms(quantile) for each in results) for quantile in (0.5, 0.99))
    core = median(each.core for each in results)
    return [label, f"{updates:.0f}", f"{updates / alone:.0%}", f"{p50:.1f}", f"{p99:.1f}", f"{core:.0%}"]


if __name__ == "__main__":
    main()
