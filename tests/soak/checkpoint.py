"""A checkpoint: the server's state while its market is paused, compared with every client's view."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from tests.soak.bars import Bar
from tests.soak.client import Client
from tests.soak.expected import Expected
from tests.soak.failure import SoakError
from tests.soak.model import INTERVAL
from tests.soak.server import metrics
from tests.soak.tape import Recording

Bars = Mapping[str, list[Bar]]


class Checkpoint:
    """Bars are fetched of ``symbols``; ``recording`` has the ticks of each channel."""

    def __init__(self, http: aiohttp.ClientSession, symbols: Sequence[str], recording: Mapping[str, Recording]) -> None:
        self._http = http
        self._symbols = symbols
        self._recording = recording

    async def agreement(self, clients: Sequence[Client], within_s: float, meanwhile: Callable[[], None]) -> Expected:
        """Wait until all clients agree with the server's state; return it. Raises ``SoakError`` if one doesn't within
        the time, and what ``meanwhile`` raises.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        bars: Bars = {}
        while True:
            meanwhile()
            expected = await self.fetch(bars)
            found = {client.name: client.differs(expected) for client in clients}
            differences = {name: difference for name, difference in found.items() if difference is not None}
            after = await self.get("/healthz")
            paused = (after["epoch"], after["version"]) == (expected.epoch, expected.version)
            if paused and not differences:
                if bars:
                    return expected
                # Bars are large: fetch them once the rest agrees.
                bars = await self._bars()
                continue
            bars = {}
            if loop.time() > until_s:
                if not differences:
                    raise SoakError("the market", "it is not paused")
                name, difference = next(iter(differences.items()))
                others = f" (also: {', '.join(list(differences)[1:])})" if len(differences) > 1 else ""
                raise SoakError(name, difference + others)
            await asyncio.sleep(0.1)

    async def fetch(self, bars: Bars) -> Expected:
        """The server's state now."""
        snapshot = await self.get("/v1/snapshot?symbols=*")
        found = await metrics(self._http)
        heads = {channel: int(found["ticker_ticks_total", channel]) for channel in self._recording}
        return Expected(snapshot["epoch"], snapshot["version"], snapshot["data"], heads, self._recording, bars)

    async def _bars(self) -> Bars:
        found = {}
        for name in self._symbols:
            fetched = await self.get(f"/v1/bars/{name}?interval={INTERVAL}&limit=15000")
            found[name] = [tuple(bar) for bar in fetched["bars"]]
        return found

    async def get(self, path: str) -> Any:
        async with self._http.get(path) as response:
            return await response.json()
