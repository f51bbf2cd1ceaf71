"""The clients, all in one process: sockets that are read as fast as they fill. A sample of them decodes its messages.

The load runs on its own core and reports its share of it. Near 100 % the load is the bottleneck, not the contender.
"""

from __future__ import annotations

import select
import socket
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from typing import Final

from benchmarks.fanout.frames import payloads
from benchmarks.fanout.processes import many_files, run_on
from benchmarks.fanout.readers import READERS, Reader, Updates

#: Clients that decode their messages, and those of them that are compared with a new client.
SAMPLES: Final = 12
TWINS: Final = 3
_TWIN_S: Final = 5.0
#: Clients that connect before answers are awaited: the size of the listener's backlog.
_AT_ONCE: Final = 100
_BUFFER_BYTES: Final = 1 << 18
#: With a message per tick, only samples count messages: counting all would make the load the bottleneck.
_MANY: Final = frozenset({"ticks", "peer", "nats"})


@dataclass(frozen=True, slots=True)
class Orders:
    """The load's parameters. ``openings`` are the frames that each client sends when it is connected."""

    port: int
    path: str
    plans: Sequence[Sequence[str]]
    openings: Sequence[bytes]
    reader: str
    core: int


@dataclass(slots=True)
class Tally:
    """The counters of a measurement."""

    bytes: int = 0
    frames: int = 0
    updates: int = 0
    ages_ns: list[int] = field(default_factory=list)
    cpu_s: float = 0.0
    lost: int = 0
    faults: list[str] = field(default_factory=list)
    #: Decoded frames.
    checked: int = 0


def run(orders: Orders, line: Connection) -> None:
    """The load's process: connects, sends "ready", counts from "begin" to "end", sends the tally, exits at "stop"."""
    many_files()
    run_on(orders.core)
    load = _Load(orders)
    try:
        load.connect()
        line.send("ready")
        line.send(load.measure(line))
        line.recv()
    finally:
        load.close()


class _Load:
    def __init__(self, orders: Orders) -> None:
        self._orders = orders
        self._sockets: dict[int, socket.socket] = {}
        self._epoll = select.epoll()
        count = len(orders.plans)
        self._sampled = {number * count // SAMPLES for number in range(min(SAMPLES, count))}
        self._readers: dict[int, Reader] = {}
        self._clients: dict[int, int] = {}
        self._buffers: defaultdict[int, bytearray] = defaultdict(bytearray)
        self._frames = 0
        self._sampled_bytes = self._sampled_frames = 0
        self._all_bytes = 0
        self._is_counting = orders.reader not in _MANY

    def connect(self) -> None:
        total = len(self._orders.plans)
        for first in range(0, total, _AT_ONCE):
            clients = range(first, min(total, first + _AT_ONCE))
            opened = [(client, self._open()) for client in clients]
            for client, sock in opened:
                self._upgraded(client, sock)
            self._read(0.0)

    def _open(self) -> socket.socket:
        sock = socket.create_connection(("127.0.0.1", self._orders.port), timeout=20)
        sock.sendall(
            f"GET {self._orders.path} HTTP/1.1\r\nHost: 127.0.0.1:{self._orders.port}\r\n".encode()
            + b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        return sock

    def _upgraded(self, client: int, sock: socket.socket) -> None:
        answer = b""
        while b"\r\n\r\n" not in answer:
            piece = sock.recv(4096)
            if not piece:
                raise ConnectionError("the server closed instead of upgrading")
            answer += piece
        head, _, rest = answer.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n", 1)[0]:
            raise ConnectionError(f"no upgrade: {head[:200]!r}")
        if client in self._sampled:
            self._readers[sock.fileno()] = READERS[self._orders.reader](self._orders.plans[client])
            self._clients[sock.fileno()] = client
        self._buffers[sock.fileno()] += rest
        sock.sendall(self._orders.openings[client])
        sock.setblocking(False)
        self._sockets[sock.fileno()] = sock
        self._epoll.register(sock, select.EPOLLIN)

    def measure(self, line: Connection) -> Tally:
        self._epoll.register(line.fileno(), select.EPOLLIN)
        while not self._read(1.0, line):
            pass
        line.recv()
        self._frames = self._all_bytes = self._sampled_bytes = self._sampled_frames = 0
        for reader in self._readers.values():
            reader.updates = 0
            reader.ages.clear()
        began_s = time.process_time()
        while not self._read(1.0, line):
            pass
        cpu_s = time.process_time() - began_s
        line.recv()
        self._epoll.unregister(line.fileno())
        readers = self._readers.values()
        ages = [age for reader in readers for age in reader.ages]
        updates = sum(reader.updates for reader in readers)
        share = self._all_bytes / max(1, self._sampled_bytes)
        return Tally(
            bytes=self._all_bytes,
            frames=self._frames if self._is_counting else round(self._sampled_frames * share),
            updates=round(updates * share),
            ages_ns=ages,
            cpu_s=cpu_s,
            lost=sum(getattr(reader, "lost", 0) for reader in readers),
            faults=[fault for reader in readers for fault in reader.faults] + self._compared(),
            checked=self._sampled_frames,
        )

    def _read(self, timeout_s: float, line: Connection | None = None) -> bool:
        """Read available data. True if the runner has sent a message."""
        told = False
        buffer = bytearray(_BUFFER_BYTES)
        view = memoryview(buffer)
        for number, _ in self._epoll.poll(timeout_s):
            if line is not None and number == line.fileno():
                told = True
                continue
            try:
                size = self._sockets[number].recv_into(buffer)
            except BlockingIOError:
                continue
            if size == 0:
                raise ConnectionError("the server closed a connection")
            self._all_bytes += size
            if number in self._readers:
                self._look(number, view[:size])
            elif self._is_counting:
                self._count(number, buffer, size)
        return told

    def _look(self, number: int, data: memoryview) -> None:
        now_ns = time.time_ns()
        rest = self._buffers[number]
        rest += data
        reader = self._readers[number]
        self._sampled_bytes += len(data)
        for payload in payloads(rest):
            self._frames += 1
            self._sampled_frames += 1
            reader.take(payload, now_ns)

    def _count(self, number: int, buffer: bytearray, size: int) -> None:
        """Count frames by their headers. Usually there is one complete frame."""
        rest = self._buffers.get(number)
        if not rest and buffer[1] == 126 and size == 4 + (buffer[2] << 8 | buffer[3]):
            self._frames += 1
            return
        rest = self._buffers[number]
        rest += memoryview(buffer)[:size]
        for _ in payloads(rest):
            self._frames += 1

    def _compared(self) -> list[str]:
        """Differences between the views of sampled clients and those of new clients with the same symbols."""
        faults: list[str] = []
        for number, reader in list(self._readers.items())[:TWINS]:
            if not isinstance(reader, Updates):
                break
            client = self._clients[number]
            before = set(self._sockets)
            self._sampled.add(client)
            self._upgraded(client, self._open())
            (twin,) = set(self._sockets) - before
            fresh = self._readers[twin]
            assert isinstance(fresh, Updates)
            end_s = time.monotonic() + _TWIN_S
            while time.monotonic() < end_s and not (fresh.version and fresh.version == reader.version):
                self._read(0.2)
            if fresh.version != reader.version:
                faults.append("a new client never had the same version")
            elif fresh.rows != reader.rows:
                faults.append(f"out of step with a new client at version {fresh.version}")
        return faults

    def close(self) -> None:
        for sock in self._sockets.values():
            sock.close()
        self._epoll.close()
