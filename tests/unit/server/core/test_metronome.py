"""The metronome: timers for what is due, on the running event loop."""

from __future__ import annotations

import asyncio
import json

import pytest

from tests.support.market import batch
from tests.support.model_client import ScriptedOutlet
from ticker.hub.hub import Hub
from ticker.model import SymbolTable
from ticker.server.core.dispatcher import Dispatcher
from ticker.server.core.metronome import Metronome

TS = 1_700_000_000_000_000_000


class Server:
    """A hub with a metronome, and one client of AAPL at ``rate``."""

    def __init__(self, rate: float) -> None:
        self.table = SymbolTable(["AAPL"])
        self.hub = Hub(self.table.names)
        self.prices = iter(range(1, 1_000_000))
        self.attended: list[float] = []
        self.metronome = Metronome(self.hub, lambda: TS, collect=self.collect, attend=self.attended.append)
        self.dispatcher = Dispatcher(self.hub, self.metronome, lambda: TS)
        self.outlet = ScriptedOutlet()
        self.collected = 0
        self.fails = False
        self.session = self.hub.attach(self.outlet, "json")
        self.dispatcher.receive(self.session, json.dumps({"op": "subscribe", "symbols": ["AAPL"], "rate": rate}))

    def collect(self) -> None:
        """Publish a tick that is due: another price each time."""
        if self.fails:
            self.fails = False
            raise RuntimeError("a mistake in collecting")
        self.collected = next(self.prices)
        self.dispatcher.publish(batch(self.table, [(0, TS, float(self.collected), 1.0)]))

    @property
    def last(self) -> list[float]:
        """The prices that the client got."""
        messages = map(json.loads, self.outlet.sent)
        return [message["data"]["AAPL"]["last"] for message in messages if message.get("data")]

    async def until(self, count: int) -> None:
        async with asyncio.timeout(60):
            while len(self.last) < count:
                await asyncio.sleep(0.001)


async def test_a_beat_has_the_ticks_that_are_due() -> None:
    """They are collected before each beat, and the feed is told how often."""
    server = Server(rate=60)
    server.metronome.start()
    await server.until(5)
    server.metronome.stop()
    assert server.last == [1, 2, 3, 4, 5]
    assert server.collected == 5
    assert server.attended == [pytest.approx(1 / 60)]


async def test_beats_continue_after_a_failure_of_collecting(caplog: pytest.LogCaptureFixture) -> None:
    """The error is logged by the event loop."""
    server = Server(rate=60)
    server.fails = True
    server.metronome.start()
    async with asyncio.timeout(60):
        while server.fails:
            await asyncio.sleep(0.001)
    await server.until(2)
    server.metronome.stop()
    assert server.last[:2] == [1, 2]
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_rate_0_needs_no_beat() -> None:
    """An event is flushed at the end of the turn in which it was published; the feed is told to wait for nothing."""
    server = Server(rate=0)
    server.metronome.start()
    server.collect()
    server.collect()
    assert server.last == []
    await server.until(1)
    server.metronome.stop()
    assert server.last == [2]
    assert server.attended == [], "a feed starts with yielding each event when it is due"


async def test_a_rate_without_clients_has_no_timer() -> None:
    """One beat follows after its last client has left; then the feed is no longer collected."""
    server = Server(rate=60)
    server.metronome.start()
    await server.until(1)
    server.dispatcher.detach(server.session)
    collected = server.collected + 1
    async with asyncio.timeout(60):
        while server.collected < collected:
            await asyncio.sleep(0.001)
    # Two beats more would come in this time.
    await asyncio.sleep(0.035)
    server.metronome.stop()
    assert server.collected == collected
    assert server.attended == [pytest.approx(1 / 60), pytest.approx(1 / 20)]
