"""The soak: lets happen what the plan says, and holds everybody against the server at each checkpoint."""

from __future__ import annotations

import asyncio
import random
import traceback
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import aiohttp

from tests.soak.account import Account
from tests.soak.checkpoint import Checkpoint
from tests.soak.client import Client
from tests.soak.clients import crew, recorder
from tests.soak.failure import WrongError
from tests.soak.feed import fleeting
from tests.soak.growth import growth
from tests.soak.market import Market, free_port, metrics
from tests.soak.plan import Plan, Step
from tests.soak.wire import LOST, opened
from tests.support.frames import handshake, sent

SYMBOLS: Final = (
    *("AAPL", "MSFT", "NVDA", "TSLA", "AMZN", "GOOG", "META", "JPM", "V", "XOM", "WMT", "KO"),
    *("PEP", "DIS", "NFLX", "INTC", "AMD", "BA", "CAT", "GE", "IBM", "ORCL", "CSCO", "T"),
)
SLOW_S: Final = 3
#: Small rings, so that they are full soon, and overrun now and then.
OPTIONS: Final = (
    *("--symbols", ",".join(SYMBOLS), "--ticks-per-second", "300", "--ring-ticks", "2048"),
    *("--heartbeat", "1", "--slow-timeout", f"{SLOW_S}", "--log-level", "warning"),
)
#: Fills what is bounded: rings, the symbols that they remember, and the ticks that are kept encoded.
WARM_UP: Final = "drip 40000"
#: A soak that is shorter has no time for that, and doesn't look at memory.
LONG_S: Final = 60.0
#: These checkpoints of a life are not measured for its memory.
WARMING: Final = 2
#: How much the server's memory may grow from then on. Half of a soak of ten minutes has some 4,000 connections come and
#: go, and closes 24 bars of 64 bytes a second: that is half of a MiB.
MAY_GROW_BYTES: Final = 6 * 2**20
#: A checkpoint's time for everybody to come back and catch up, on a machine that is busy.
AGREE_S: Final = 60.0
#: Descriptors that are neither clients' nor there from the beginning: requests that have just ended.
ODD_DESCRIPTORS: Final = 10
CROWD: Final = 200
#: More than the kernel lets wait for being accepted would have to try again, ever later.
AT_ONCE: Final = 50


class Soak:
    """``say`` is called with a line about where it is, every few seconds. ``run`` raises ``WrongError``."""

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
    ) -> None:
        chance = random.Random(seed)
        self.market = Market(folder, free_port(random.Random()), *OPTIONS)
        self.account = Account()
        self.clients = crew(self.market.port, clients, SYMBOLS, chance)
        self.checkpoint = 0
        #: How often each thing happened.
        self.happenings: Counter[str] = Counter()
        #: Of the server's life at hand: seconds, resident bytes.
        self.memory: list[tuple[float, float]] = []
        self._recorder, self._happened = recorder(self.market.port, chance)
        self._plan = Plan(
            chance.getrandbits(64),
            *(clients, SYMBOLS),
            fault_every=max(4, round(checkpoint_s)),
            slow_s=SLOW_S,
        )
        self._seed = seed
        self._for_s = minutes * 60
        self._checkpoint_s = checkpoint_s
        self._agree_s = agree_s
        self._say = say
        self._bare = 0
        self._tasks: dict[str, asyncio.Task[None]] = {}

    @property
    def everybody(self) -> Sequence[Client]:
        return [self._recorder, *self.clients]

    async def run(self) -> None:
        loop = asyncio.get_running_loop()
        connector = aiohttp.TCPConnector(force_close=True)
        timeout = aiohttp.ClientTimeout(30)
        try:
            async with aiohttp.ClientSession(self.market.url, connector=connector, timeout=timeout) as self._http:
                steady = [name for name in SYMBOLS if name not in fleeting(SYMBOLS)]
                self._checks = Checkpoint(self._http, steady, self._happened)
                await self._begin()
                began_s = loop.time()
                checkpoint_s = said_s = began_s
                for step in self._plan.steps():
                    now_s = loop.time()
                    if now_s - began_s >= self._for_s:
                        break
                    if now_s >= checkpoint_s:
                        await self._check()
                        checkpoint_s = loop.time() + self._checkpoint_s
                    if now_s >= said_s:
                        self._say(self._progress(now_s - began_s))
                        said_s = now_s + 1
                    await asyncio.sleep(step.pause_s)
                    # A server that is to show that it doesn't grow has to live for a while.
                    await self._do(step, may_kill=now_s - began_s < self._for_s / 2)
                    self._look_after()
                await self._check()
                await self._end()
        except (aiohttp.ClientError, TimeoutError) as error:
            status = self.market.process.poll()
            raise WrongError("the server", f"it doesn't answer ({error!r}), with status {status}") from error
        finally:
            for task in self._tasks.values():
                task.cancel()
            if self._tasks:
                await asyncio.wait(self._tasks.values())
            await self.market.stop()

    async def _begin(self) -> None:
        await self.market.start(self._seed)
        # What is made when it is asked for the first time is made now.
        await metrics(self._http)
        await self._until(self._settles, "the number of its descriptors doesn't settle")
        self._warm_up()
        for client in self.everybody:
            self._tasks[client.name] = asyncio.create_task(client.run(), name=client.name)

    def _settles(self) -> bool:
        """Whether as many descriptors are open as were when it was asked the last time."""
        before, self._bare = self._bare, self.market.descriptors
        return before == self._bare

    def _warm_up(self) -> None:
        if self._for_s >= LONG_S:
            self.market.tell(WARM_UP)

    async def _end(self) -> None:
        """Everybody goes, and the server has nothing more than at its beginning."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.wait(self._tasks.values())
        self._tasks.clear()
        await self._until(
            lambda: self.market.descriptors <= self._bare, f"more descriptors than the {self._bare} of its beginning"
        )
        grown = self.grown
        if grown is not None and grown > MAY_GROW_BYTES:
            raise WrongError("the server", f"its memory grows: by {grown / 2**20:.1f} MiB in {self.measured_s:.0f} s")

    @property
    def grown(self) -> float | None:
        """By how many bytes the server's last life grew after its warm-up; None if it was too short to tell."""
        return growth(self.memory[WARMING:])

    @property
    def measured_s(self) -> float:
        measured = self.memory[WARMING:]
        return measured[-1][0] - measured[0][0] if measured else 0.0

    # What happens

    async def _do(self, step: Step, *, may_kill: bool) -> None:
        kind = "crowd" if step.kind in ("kill", "stop") and not may_kill else step.kind
        self.happenings[kind] += 1
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
                client.babble()
        elif kind in ("kill", "stop"):
            self.account.look(await metrics(self._http))
            self.account.life_ends()
            self.memory.clear()
            await (self.market.kill() if kind == "kill" else self.market.stop())
            await asyncio.sleep(step.for_s)
            await self.market.start(self._seed + self.market.lives)
            self._warm_up()
        elif kind == "stand still":
            await self.market.stand_still(step.for_s)
        elif kind == "crowd":
            for _ in range(CROWD // AT_ONCE):
                await asyncio.gather(*(self._pass_by(number) for number in range(AT_ONCE)))
        elif kind in ("flood", "drip"):
            # Up to more than the rings hold, and than they remember the symbols of.
            self.market.tell(f"{kind} {round(step.for_s * 5_000)}")
        elif kind == "hang":
            self.market.tell(f"hang {step.for_s:.2f}")
        else:
            self.market.tell(kind)

    async def _pass_by(self, number: int) -> None:
        """Somebody who comes, asks for everything, and goes before or after it has come, with a word or without."""
        try:
            _, writer = await opened(self.market.port)
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

    def _look_after(self) -> None:
        """A client whose task ended broke a rule, or found one broken. Raises ``WrongError``."""
        for name, task in self._tasks.items():
            if task.done() and not task.cancelled():
                error = task.exception()
                where = "".join(traceback.format_exception(error)[-3:]) if error else "it ended"
                raise WrongError(name, f"{error}\n{where}") from error

    # Checkpoints

    async def _check(self) -> None:
        self.checkpoint += 1
        self.market.tell("hold")
        for client in self.everybody:
            client.wake()
        truth = await self._checks.agreed(self.everybody, self._agree_s, self._look_after)
        for client in self.everybody:
            client.settle(truth)
        self.account.look(await metrics(self._http))
        self.account.balance((await self._checks.get("/v1/clients"))["clients"])
        if failures := self.market.failures():
            raise WrongError("the server's log", f"{len(failures)} failures: {failures[0][:2_000]}")
        # Polls come and go, each with a descriptor.
        most = self._bare + len(self.everybody) + ODD_DESCRIPTORS
        await self._until(
            lambda: self.market.descriptors <= most, f"more descriptors than {most}, {self._bare} of them its own"
        )
        self.memory.append((asyncio.get_running_loop().time(), self.market.resident_bytes))
        self.market.tell("go")

    async def _until(self, true: Callable[[], bool], otherwise: str) -> None:
        try:
            async with asyncio.timeout(20):
                while not true():
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise WrongError("the server", otherwise) from None

    def _progress(self, passed_s: float) -> str:
        messages = sum(client.counts["messages"] for client in self.everybody)
        here = sum(client.here.is_set() and client.awake.is_set() for client in self.clients)
        return (
            f"{passed_s // 60:3.0f}:{passed_s % 60:02.0f}  checkpoint {self.checkpoint}  life {self.market.lives}"
            f"  {here} of {len(self.clients)} awake  {messages:,} messages"
            f"  {self.market.resident_bytes / 2**20:.1f} MiB"
        )
