"""The soak: executes the plan and compares all clients with the server at each checkpoint."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp

from tests.soak.attacker import KINDS, Attacker
from tests.soak.checkpoint import Checkpoint
from tests.soak.client import Client
from tests.soak.clients import make_clients, recorder
from tests.soak.failure import SoakError
from tests.soak.feed import removable
from tests.soak.growth import growth
from tests.soak.member import AlertOwner, Member, RoomBook
from tests.soak.plan import Plan, Step
from tests.soak.server import SoakServer, metrics
from tests.soak.totals import Totals
from tests.soak.wire import LOST, connect
from tests.support.frames import handshake, sent
from tests.support.ports import own_port

SYMBOLS: Final = (
    *("AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "GOOG", "META", "JPM", "V", "XOM", "WMT", "KO"),
    *("PEP", "DIS", "NFLX", "INTC", "AMD", "BA", "CAT", "GE", "IBM", "ORCL", "CSCO", "T"),
)
SLOW_S: Final = 3
#: Small ring buffers fill soon and sometimes overrun.
OPTIONS: Final = (
    *("--symbols", ",".join(SYMBOLS), "--ticks-per-second", "300", "--ring-ticks", "2048"),
    *("--heartbeat", "1", "--slow-timeout", f"{SLOW_S}", "--log-level", "warning"),
)
#: Fills all bounded buffers: rings, their symbols, and the cache of encoded ticks.
WARM_UP: Final = "drip 40000"
#: Shorter soaks skip the warm-up and the memory check.
LONG_S: Final = 60.0
#: Checkpoints after a server start whose memory is not measured.
WARMING: Final = 2
#: Maximum growth of the server's memory after that. Half of a soak of ten minutes has about 4,000 connections and
#: closes 24 bars of 64 bytes a second, which is half a MiB.
MAY_GROW_BYTES: Final = 6 * 2**20
#: Maximum time for all clients to reconnect and catch up at a checkpoint, on a busy machine.
AGREE_S: Final = 60.0
#: Descriptors of requests that have just ended.
ODD_DESCRIPTORS: Final = 10
CROWD: Final = 200
#: Members of the room, and owners of alerts.
MEMBERS: Final = 3
OWNERS: Final = 2
#: Simultaneous connection attempts: below the kernel's accept backlog, beyond which connects are retried ever later.
AT_ONCE: Final = 50


class Soak:
    """Runs for ``minutes``, and longer until ``complete`` of the soak is true: a slow machine takes fewer steps.

    ``say`` gets a progress line every second. ``run`` raises ``SoakError``.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        minutes: float,
        clients: int,
        checkpoint_s: float,
        say: Callable[[str], None],
        agree_s: float = AGREE_S,
        complete: Callable[[Soak], bool] = lambda soak: True,
    ) -> None:
        rng = random.Random(seed)
        self.server = SoakServer(folder, own_port(), *OPTIONS, "--state", str(folder / "state"))
        self.totals = Totals()
        self.clients = make_clients(self.server.port, clients, SYMBOLS, rng)
        port, book = self.server.port, RoomBook()
        self.clients += [Member(number, port, random.Random(rng.random()), book) for number in range(1, MEMBERS + 1)]
        self.clients += [AlertOwner(number, port, random.Random(rng.random())) for number in range(1, OWNERS + 1)]
        self.attackers = [Attacker(number, port, random.Random(rng.random())) for number in range(len(KINDS))]
        self.checkpoint = 0
        #: Executed steps by kind.
        self.counts: Counter[str] = Counter()
        #: Of the current server process: time (s), resident bytes.
        self.memory: list[tuple[float, float]] = []
        self._recorder, self._recording = recorder(self.server.port, rng)
        self._plan = Plan(
            rng.getrandbits(64),
            *(len(self.clients), SYMBOLS),
            fault_every=max(4, round(checkpoint_s)),
            slow_s=SLOW_S,
        )
        self._seed = seed
        self._for_s = minutes * 60
        self._checkpoint_s = checkpoint_s
        self._agree_s = agree_s
        self._complete = complete
        self._say = say
        self._bare = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def all_clients(self) -> Sequence[Client]:
        return [self._recorder, *self.clients]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(force_close=True)
        timeout = aiohttp.ClientTimeout(30)
        try:
            async with aiohttp.ClientSession(self.server.url, connector=connector, timeout=timeout) as self._http:
                steady = [name for name in SYMBOLS if name not in removable(SYMBOLS)]
                self._checks = Checkpoint(self._http, steady, self._recording)
                await self._begin()
                began_s = loop.time()
                checkpoint_s = said_s = began_s
                for step in self._plan.steps():
                    now_s = loop.time()
                    complete = self._complete(self)
                    if now_s - began_s >= self._for_s and complete:
                        break
                    if now_s >= checkpoint_s:
                        await self._check()
                        checkpoint_s = loop.time() + self._checkpoint_s
                    if now_s >= said_s:
                        self._say(self._progress(now_s - began_s))
                        said_s = now_s + 1
                    await asyncio.sleep(step.pause_s)
                    # Measuring its memory needs a server process that lives for half of the soak.
                    await self._execute(step, may_stop=now_s - began_s < self._for_s / 2 or not complete)
                    self._raise_client_failures()
                await self._check()
                await self._end()
        except (aiohttp.ClientError, TimeoutError) as error:
            status = self.server.process.poll()
            raise SoakError("the server", f"no answer ({error!r}), exit status {status}") from error
        finally:
            for task in self._tasks.values():
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks.values())
            await self.server.stop()

    async def _begin(self) -> None:
        await self.server.start(self._seed)
        # The first request allocates what later ones reuse.
        await metrics(self._http)
        await self._until(self._settles, "the number of its descriptors is not stable")
        self._warm_up()
        for client in self.all_clients:
            self._tasks[client.name] = asyncio.create_task(client.run(), name=client.name)
        for attacker in self.attackers:
            self._tasks[attacker.name] = asyncio.create_task(attacker.run(), name=attacker.name)

    def _settles(self) -> bool:
        """Whether the number of open descriptors equals that of the last call."""
        before, self._bare = self._bare, self.server.descriptors
        return before == self._bare

    def _warm_up(self) -> None:
        if self._for_s >= LONG_S:
            self.server.command(WARM_UP)

    async def _end(self) -> None:
        """Disconnect all clients and check that the server has as many descriptors as at its start."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.wait(self._tasks.values())
        self._tasks.clear()
        # One more: SQLite opens its write-ahead log with the first alert or message that is stored.
        most = self._bare + 1
        await self._until(
            lambda: self.server.descriptors <= most, f"more descriptors than {most}, the number at its start and one"
        )
        grown = self.grown
        if grown is not None and grown > MAY_GROW_BYTES:
            raise SoakError("the server", f"its memory grew by {grown / 2**20:.1f} MiB in {self.measured_s:.0f} s")

    @property
    def grown(self) -> float | None:
        """Growth in bytes of the last server process after its warm-up; None if it ran too short."""
        return growth(self.memory[WARMING:])

    @property
    def measured_s(self) -> float:
        measured = self.memory[WARMING:]
        return measured[-1][0] - measured[0][0] if measured else 0.0

    # Steps

    async def _execute(self, step: Step, *, may_stop: bool) -> None:
        kind = "crowd" if step.kind in ("kill", "stop") and not may_stop else step.kind
        self.counts[kind] += 1
        if step.client is not None:
            client = self.clients[step.client]
            if kind == "sleep":
                client.sleep(step.for_s)
            elif kind in ("vanish", "leave"):
                client.leave(step.for_s, politely=kind == "leave")
            elif kind == "rewatch":
                client.rewatch(set(step.add), set(step.remove))
            elif kind == "rate":
                client.change_rate(step.rate_hz)
            else:
                client.send_unknown_op()
        elif kind in ("kill", "stop"):
            self.totals.update(await metrics(self._http))
            self.totals.server_ended()
            self.memory.clear()
            await (self.server.kill() if kind == "kill" else self.server.stop())
            await asyncio.sleep(step.for_s)
            await self.server.start(self._seed + self.server.starts)
            self._warm_up()
        elif kind == "attack":
            for attacker in self.attackers:
                attacker.attack(step.for_s)
        elif kind == "suspend":
            await self.server.suspend(step.for_s)
        elif kind == "crowd":
            for _ in range(CROWD // AT_ONCE):
                await asyncio.gather(*(self._brief_visit(number) for number in range(AT_ONCE)))
        elif kind in ("flood", "drip"):
            # Up to more than the rings hold.
            self.server.command(f"{kind} {round(step.for_s * 5_000)}")
        elif kind == "hang":
            self.server.command(f"hang {step.for_s:.2f}")
        else:
            self.server.command(kind)

    async def _brief_visit(self, number: int) -> None:
        """Connect, subscribe to everything and disconnect, before or after the answer, with or without a close."""
        try:
            _, writer = await connect(self.server.port)
        except LOST:
            return
        try:
            writer.write(handshake() + sent(1, b'{"op":"subscribe","symbols":["*"],"rate":20}'))
            if number % 4 < 2:
                await asyncio.sleep(0.1)
            if number % 2:
                writer.write(sent(8, b"\x03\xe8"))
                await asyncio.sleep(0.1)
        finally:
            writer.transport.abort()

    def _raise_client_failures(self) -> None:
        """Raise ``SoakError`` for a client whose task has ended: it found a broken rule."""
        for name, task in self._tasks.items():
            if task.done() and not task.cancelled():
                error = task.exception()
                where = "".join(traceback.format_exception(error)[-3:]) if error else "its task ended"
                raise SoakError(name, f"{error}\n{where}") from error

    # Checkpoints

    async def _check(self) -> None:
        self.checkpoint += 1
        for attacker in self.attackers:
            await attacker.hold()
        self.server.command("hold")
        for client in self.all_clients:
            client.wake()
        expected = await self._checks.agreement(self.all_clients, self._agree_s, self._raise_client_failures)
        for client in self.all_clients:
            client.settle(expected)
        self.totals.update(await metrics(self._http))
        self.totals.balance((await self._checks.get("/v1/clients"))["clients"])
        if failures := self.server.failures():
            raise SoakError("the server's log", f"{len(failures)} failures: {failures[0][:2_000]}")
        # Each poll has a descriptor of its own.
        most = self._bare + len(self.all_clients) + ODD_DESCRIPTORS
        await self._until(
            lambda: self.server.descriptors <= most,
            f"more descriptors than {most}, {self._bare} of them the server's",
        )
        self.memory.append((asyncio.get_running_loop().time(), self.server.resident_bytes))
        self.server.command("go")

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        try:
            async with asyncio.timeout(60):
                while not true():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise SoakError("the server", otherwise) from None

    def _progress(self, passed_s: float) -> str:
        messages = sum(client.counts["messages"] for client in self.all_clients)
        here = sum(client.here.is_set() and client.awake.is_set() for client in self.clients)
        return (
            f"{passed_s // 60:3.0f}:{passed_s % 60:02.0f}  checkpoint {self.checkpoint}  start {self.server.starts}"
            f"  {here} of {len(self.clients)} awake  {messages:,} messages"
            f"  {self.server.resident_bytes / 2**20:.1f} MiB"
        )
