"""Faults of the machine: no descriptors, suspended processes, thousands of connections, a cut cable.

The server survives each and recovers by itself.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import os
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.support.frames import RawClient, handshake, raw_client, sent
from tests.support.model_client import ModelClient
from tests.support.processes import Server
from tests.support.serving import ScriptedFeed, serving
from ticker.server import Settings
from ticker.wire.limits import Limits

TS = 1_700_000_000_000_000_000
ROOT = Path(__file__).parents[2]
STOPPED_S = 3.0
DESCRIPTORS = 64


def subscription(rate: float) -> bytes:
    """A handshake and a subscription to all symbols at ``rate``."""
    return handshake() + sent(1, json.dumps({"op": "subscribe", "symbols": ["*"], "rate": rate}).encode())


async def until(true: Callable[[], bool], within_s: float = 60) -> None:
    async with asyncio.timeout(within_s):
        while not true():
            await asyncio.sleep(0.01)


async def updated(client: RawClient, ts: int) -> None:
    """Read until an update is from this time (ns) or later."""
    async with asyncio.timeout(60):
        while json.loads((await client.frame())[1]).get("ts", 0) < ts:
            pass


async def get_until(server: Server, path: str, *, good: Callable[[Any], bool] = bool, within_s: float = 60) -> Any:
    """Repeat the request until it succeeds and ``good`` accepts the response."""
    async with asyncio.timeout(within_s):
        while True:
            with contextlib.suppress(OSError):
                if good(answer := await asyncio.to_thread(server.get, path)):
                    return answer
            await asyncio.sleep(0.05)


# Descriptors


@pytest.fixture
def _few_descriptors(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Processes started with ``sys.executable`` may have at most ``DESCRIPTORS`` open files and sockets."""
    python = tmp_path / "python"
    python.write_text(f'#!/bin/sh\nulimit -n {DESCRIPTORS}\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(python))


@pytest.mark.usefixtures("_few_descriptors")
async def test_out_of_descriptors() -> None:
    """Connected clients keep getting updates, new ones connect when others leave, and the log stays short."""
    with Server("--symbols", "AAPL,MSFT", "--log-level", "warning") as server:
        async with contextlib.AsyncExitStack() as stack:
            # The kernel completes all connections; those that the server can't accept wait.
            crowd = [await stack.enter_async_context(raw_client(server.port)) for _ in range(200)]
            heads: dict[asyncio.Task[tuple[int, dict[str, str]]], RawClient] = {}
            for client in crowd:
                client.send(subscription(20))
                heads[asyncio.create_task(client.head())] = client
            # Those that the server can't accept wait as long as it has no descriptors: until no other is answered.
            before, (done, waiting) = 0, await asyncio.wait(heads, timeout=1)
            async with asyncio.timeout(60):
                while len(done) <= DESCRIPTORS // 3 or before < len(done):
                    before = len(done)
                    done, waiting = await asyncio.wait(heads, timeout=1)
            for task in waiting:
                task.cancel()
            inside = [heads[task] for task in done if task.exception() is None and task.result()[0] == 101]
            assert DESCRIPTORS // 3 < len(inside) < DESCRIPTORS
            now = time.time_ns()
            await asyncio.gather(*(updated(client, now) for client in inside))
            stayed = inside[:5]
            for client in crowd:
                if client not in stayed:
                    client.writer.transport.abort()
            health = await get_until(server, "/healthz", good=lambda health: not health["problems"])
            assert health["status"] == "ok"
            fresh = [await stack.enter_async_context(raw_client(server.port)) for _ in range(20)]
            for client in fresh:
                client.send(subscription(20))
                assert (await client.head())[0] == 101
            now = time.time_ns()
            await asyncio.gather(*(updated(client, now) for client in [*stayed, *fresh]))
        server.process.terminate()
        _, told = server.process.communicate(timeout=60)
    assert told.count("Traceback") <= 1, told[:2_000]
    assert len(told.splitlines()) <= 40, told[:2_000]
    assert "descriptors" in told or "open files" in told, told


# Suspended processes


class RecordingClient:
    """A client that keeps reading, checks the protocol's rules, and records its updates.

    ``updates`` has the server's timestamp and the arrival time of each (ns since 1970).
    """

    def __init__(self, client: RawClient) -> None:
        self.client = client
        self.model = ModelClient()
        self.model.subscribed(["*"])
        self.updates: list[tuple[int, int]] = []

    async def run(self) -> None:
        await self.client.head()
        while True:
            message = json.loads((await self.client.frame())[1])
            self.model.handle(message)
            if message["type"] == "update":
                self.updates.append((message["ts"], time.time_ns()))

    async def agrees(self, server: Server) -> None:
        """Wait until it is at the version of a snapshot, and compare the values."""
        async with asyncio.timeout(60):
            while True:
                snapshot = await asyncio.to_thread(server.get, "/v1/snapshot?symbols=*")
                while self.model.version < snapshot["version"]:
                    await asyncio.sleep(0)
                if self.model.version == snapshot["version"]:
                    assert self.model.filled == snapshot["data"]
                    return


@contextlib.asynccontextmanager
async def following(port: int, rate: float) -> AsyncIterator[RecordingClient]:
    async with raw_client(port) as client:
        client.send(subscription(rate))
        follower = RecordingClient(client)
        running = asyncio.create_task(follower.run())
        try:
            yield follower
            if running.done():
                running.result()
        finally:
            running.cancel()
            await asyncio.wait([running])


async def test_a_suspended_server_continues() -> None:
    """On the same connections, with the newest prices, without sending the beats that it missed."""
    ticks = 60
    with Server("--count", "20", "--ticks-per-second", str(ticks)) as server:
        async with contextlib.AsyncExitStack() as stack:
            rates = (20, 2, 0)
            clients = [await stack.enter_async_context(following(server.port, rate)) for rate in rates]
            await until(lambda: all(len(client.updates) > 1 for client in clients))
            server.process.send_signal(signal.SIGSTOP)
            try:
                # Not a synchronisation: the duration is what is tested.
                await asyncio.sleep(STOPPED_S)
                before = [len(client.updates) for client in clients]
                woken = time.time_ns()
            finally:
                server.process.send_signal(signal.SIGCONT)
            await until(lambda: all(client.updates[-1][0] > woken + 1_000_000_000 for client in clients))
            for client, rate, had in zip(clients, rates, before, strict=True):
                made = [ts for ts, _ in client.updates[had:]]
                # An update may have been in progress when the server was suspended.
                assert all(ts >= woken for ts in made[1:]), "beats from before the suspension"
                # One late beat and those of a second; with the missed beats there would be three times as many.
                assert sum(ts < woken + 1_000_000_000 for ts in made) <= 1.5 * (rate or ticks) + 2
                await client.agrees(server)
            health = await get_until(server, "/healthz")
            assert (health["clients"], health["status"], health["feed"]["state"]) == (3, "ok", "live")


#: A client that is suspended and resumed. It counts the bytes of updates from before it was resumed, up to the first
#: newer one, and then compares its view with a snapshot of the same version.
_READER = """
import json, signal, socket, sys, time, urllib.request
from tests.support.frames import handshake, sent
from tests.support.model_client import ModelClient

woken = []
signal.signal(signal.SIGCONT, lambda *_: woken.append(time.time_ns()))
sock = socket.socket()
sock.settimeout(60)
# The kernel's default grows with the load of the machine.
sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
sock.connect(("127.0.0.1", int(sys.argv[1])))
sock.sendall(handshake() + sent(1, b'{"op":"subscribe","symbols":["*"],"rate":20}'))
stream = sock.makefile("rb")
while stream.readline() != b"\\r\\n":
    pass
model = ModelClient()
model.subscribed(["*"])

def read():
    size = stream.read(2)[1]
    if size > 125:
        size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
    message = json.loads(stream.read(size))
    model.handle(message)
    return message, size

old, frames = 0, 0
while True:
    message, size = read()
    if message["type"] == "update":
        frames += 1
        if frames == 20:
            print("reading", flush=True)
        if woken and message["ts"] >= woken[0]:
            break
    if woken:
        old += size
for _ in range(200):
    with urllib.request.urlopen(f"http://127.0.0.1:{sys.argv[1]}/v1/snapshot?symbols=*", timeout=60) as response:
        snapshot = json.load(response)
    while model.version < snapshot["version"]:
        read()
    if model.version == snapshot["version"]:
        break
same = model.version == snapshot["version"] and model.filled == snapshot["data"]
print(json.dumps({"old": old, "symbols": len(model.view), "same": same}), flush=True)
"""


async def test_a_suspended_client_gets_the_newest_prices() -> None:
    """After the few old prices in kernel buffers. Other clients are not affected."""
    with Server("--count", "300", "--ticks-per-second", "5000") as server:
        async with following(server.port, 20) as other:
            command = [sys.executable, "-c", _READER, str(server.port)]
            reader = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE, cwd=ROOT)
            assert reader.stdout is not None
            try:
                assert await asyncio.wait_for(reader.stdout.readline(), 60) == b"reading\n"
                reader.send_signal(signal.SIGSTOP)
                before = len(other.updates)
                # Not a synchronisation: the duration is what is tested.
                await asyncio.sleep(STOPPED_S)
                # The others get their updates meanwhile, however many in this time.
                await until(lambda: len(other.updates) - before > STOPPED_S * 20 / 2)
                reader.send_signal(signal.SIGCONT)
                told = json.loads(await asyncio.wait_for(reader.stdout.readline(), 60))
            finally:
                with contextlib.suppress(ProcessLookupError):
                    reader.kill()
                await reader.wait()
            # Kernel buffers of both ends and the frame in progress; 1.5 MB of updates were made meanwhile.
            assert told["old"] < 400_000, told
            assert (told["symbols"], told["same"]) == (300, True)


# Thousands of connections


def descriptors(server: Server) -> int:
    return len(list(Path(f"/proc/{server.process.pid}/fd").iterdir()))


def resident_bytes(server: Server) -> int:
    pages = Path(f"/proc/{server.process.pid}/statm").read_text().split()[1]
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


async def connect_and_leave(port: int, times: int) -> None:
    """``times`` handshakes, 50 at once. Every second client closes, the others cut the connection."""
    numbers = iter(range(times))

    async def one_after_the_other() -> None:
        for number in numbers:
            async with raw_client(port) as client:
                client.send(handshake())
                assert (await client.head())[0] == 101
                if number % 2:
                    client.send(sent(8, b"\x03\xe8"))
                    await asyncio.wait_for(client.reader.read(), 60)

    await asyncio.gather(*(one_after_the_other() for _ in range(50)))


def cpu_s(server: Server) -> float:
    """CPU time of the server's process."""
    fields = Path(f"/proc/{server.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


async def test_ten_thousand_connections_leave_nothing_behind() -> None:
    """No descriptors, no memory, no clients; and the last connections cost no more than the first."""
    with Server("--count", "2", "--ticks-per-second", "10") as server:
        held = descriptors(server)
        # The first connections allocate what later ones reuse.
        await connect_and_leave(server.port, 500)
        await until(lambda: descriptors(server) == held)
        before = resident_bytes(server)
        began_s = cpu_s(server)
        await connect_and_leave(server.port, 5_000)
        halfway_s = cpu_s(server)
        await connect_and_leave(server.port, 5_000)
        assert cpu_s(server) - halfway_s < 2 * (halfway_s - began_s)
        await until(lambda: descriptors(server) == held)
        assert resident_bytes(server) - before < 10 * 2**20
        assert (await get_until(server, "/healthz"))["clients"] == 0


async def test_a_log_pipe_that_is_never_read() -> None:
    """It fills up. The server goes on answering, and stops on SIGTERM."""
    with Server("--count", "2", "--ticks-per-second", "10", "--log-level", "debug") as server:
        assert server.process.stderr is not None
        crowd = asyncio.create_task(connect_and_leave(server.port, 2_000))
        # Once it blocks on the pipe, a server never answers again.
        answers_after_it_was_full = 0
        async with asyncio.timeout(150):
            while not crowd.done() or answers_after_it_was_full < 10:
                (unread,) = struct.unpack("i", fcntl.ioctl(server.process.stderr, termios.FIONREAD, bytes(4)))
                assert (await asyncio.to_thread(server.get, "/healthz"))["status"] == "ok"
                answers_after_it_was_full += unread > 32_000
        await crowd
        server.process.terminate()
        assert await asyncio.to_thread(server.process.wait, 60) == 0


# A cut cable


class Cable:
    """A network namespace, and the virtual cable that connects it with this machine."""

    def __init__(self) -> None:
        number = os.getpid() % 16_384
        #: The address of our end, in the network reserved for tests (RFC 2544).
        self.address = f"198.18.{number // 64}.{number % 64 * 4 + 1}"
        self._theirs = f"198.18.{number // 64}.{number % 64 * 4 + 2}"
        self._space, self._here, self._there = f"ticker-{number}", f"tkh{number}", f"tkt{number}"

    def plug(self) -> None:
        """Raises ``OSError`` or ``CalledProcessError`` without the permission."""
        _ip("netns", "add", self._space)
        _ip("link", "add", self._here, "type", "veth", "peer", "name", self._there, "netns", self._space)
        _ip("addr", "add", f"{self.address}/30", "dev", self._here)
        _ip("link", "set", self._here, "up")
        _ip("-n", self._space, "addr", "add", f"{self._theirs}/30", "dev", self._there)
        _ip("-n", self._space, "link", "set", self._there, "up")

    def cut(self) -> None:
        _ip("-n", self._space, "link", "set", self._there, "down")

    def remove(self) -> None:
        for words in (("link", "del", self._here), ("netns", "del", self._space)):
            with contextlib.suppress(OSError, subprocess.CalledProcessError):
                _ip(*words)

    def start(self, *command: str) -> Awaitable[asyncio.subprocess.Process]:
        """Start a program in the namespace."""
        begin = ("ip", "netns", "exec", self._space)
        return asyncio.create_subprocess_exec(*begin, *command, stdout=subprocess.PIPE, cwd=ROOT)


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True, text=True, timeout=10)


@pytest.fixture
def cable() -> Iterator[Cable]:
    cable = Cable()
    try:
        try:
            cable.plug()
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, "stderr", None) or error
            pytest.skip(f"no network namespace: {str(said).strip()}")
        yield cable
    finally:
        cable.remove()


#: Subscribes, prints "in", and then reads, or sleeps, until it is killed.
_VICTIM = """
import socket, sys, time
from tests.support.frames import handshake, sent

address, port, reads = sys.argv[1:]
with socket.create_connection((address, int(port)), timeout=60) as sock:
    sock.sendall(handshake() + sent(1, b'{"op":"subscribe","symbols":["*"],"rate":0}'))
    came = b""
    while b'"update"' not in came:
        came += sock.recv(65536)
    print("in", flush=True)
    sock.settimeout(None)
    while reads == "reads" and sock.recv(65536):
        pass
    time.sleep(60)
"""


@pytest.mark.parametrize("in_flight", ["nothing", "a little", "more than fits", "unread data"])
async def test_a_client_whose_cable_is_cut_is_removed(cable: Cable, in_flight: str) -> None:
    """No FIN arrives. It is removed within its timeout, and other clients are not affected."""
    heartbeat_s, dead_after_s, slow_s = 0.5, 1.0, 2
    # The interval of the check for dead clients depends on these.
    limits = msgspec.structs.replace(Limits(), slow_seconds=slow_s, idle_seconds=1)
    feed = ScriptedFeed(tuple(f"SYMBOL-{number}" for number in range(500)))
    ticking = {"nothing": 0, "a little": 1}.get(in_flight, 500)
    rounds = 0

    def tick() -> None:
        nonlocal rounds
        rounds += 1
        feed.tick([(code, TS + rounds, 1.0 + rounds, 1.0) for code in range(ticking or 1)])

    settings = Settings(host=cable.address, port=0, heartbeat_s=heartbeat_s, dead_after_s=dead_after_s, limits=limits)
    async with serving(feed, settings) as service:
        reads = "sleeps" if in_flight == "unread data" else "reads"
        command = [sys.executable, "-c", _VICTIM, cable.address, str(service.port), reads]
        victim = await cable.start(*command)
        assert victim.stdout is not None
        try:
            assert await asyncio.wait_for(victim.stdout.readline(), 60) == b"in\n"
            (session,) = service.hub.sessions
            if reads == "sleeps":
                async with asyncio.timeout(60):
                    while session.outlet.ready():
                        tick()
                        await asyncio.sleep(0)
            cable.cut()
            cut = time.monotonic()
            async with asyncio.timeout(60):
                while service.hub.sessions:
                    if ticking:
                        tick()
                    await asyncio.sleep(0.01)
            gone_s = time.monotonic() - cut
        finally:
            with contextlib.suppress(ProcessLookupError):
                victim.kill()
            await victim.wait()
        # A client that didn't read before is closed as a slow client, and cut a second later.
        most_s = slow_s + 1 if reads == "sleeps" else dead_after_s + heartbeat_s
        # A busy machine takes longer; a client that nothing but the default limits removed would stay for longer still.
        assert gone_s < most_s + 15
        async with asyncio.timeout(60):
            reader, writer = await asyncio.open_connection(cable.address, service.port)
            client = RawClient(reader, writer)
            client.send(subscription(0))
            await client.head()
            tick()
            while b'"last":%d' % (1 + rounds) not in (await client.frame())[1]:
                pass
            writer.transport.abort()
