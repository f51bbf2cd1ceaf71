"""A checkpoint: what the server has while its market stands still, and whether everybody has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from tests.soak.bars import Bar
from tests.soak.client import Client
from tests.soak.expected import Truth
from tests.soak.failure import WrongError
from tests.soak.market import metrics
from tests.soak.model import INTERVAL
from tests.soak.tape import Happened

Bars = Mapping[str, list[Bar]]


class Checkpoint:
    """``symbols``: those of which bars are fetched; ``happened``: what was recorded, by channel."""

    def __init__(self, http: aiohttp.ClientSession, symbols: Sequence[str], happened: Mapping[str, Happened]) -> None:
        self._http = http
        self._symbols = symbols
        self._happened = happened

    async def agreed(self, clients: Sequence[Client], within_s: float, meanwhile: Callable[[], None]) -> Truth:
        """What the server has, once everybody has it. Raises ``WrongError`` if somebody doesn't come to have it, and
        whatever ``meanwhile`` raises.
        """
        loop = asyncio.get_running_loop()
        until_s = loop.time() + within_s
        bars: Bars = {}
        while True:
            meanwhile()
            truth = await self.truth(bars)
            found = {client.name: client.differs(truth) for client in clients}
            differences = {name: difference for name, difference in found.items() if difference is not None}
            after = await self.get("/healthz")
            stands = (after["epoch"], after["version"]) == (truth.epoch, truth.version)
            if stands and not differences:
                if bars:
                    return truth
                # Only now: they are many.
                bars = await self._bars()
                continue
            bars = {}
            if loop.time() > until_s:
                if not differences:
                    raise WrongError("the market", "it doesn't stand still")
                name, difference = next(iter(differences.items()))
                others = f" (and so it is with {', '.join(list(differences)[1:])})" if len(differences) > 1 else ""
                raise WrongError(name, difference + others)
            await asyncio.sleep(0.1)

    async def truth(self, bars: Bars) -> Truth:
        snapshot = await self.get("/v1/snapshot?symbols=*")
        found = await metrics(self._http)
        heads = {channel: int(found["ticker_ticks_total", channel]) for channel in self._happened}
        return Truth(snapshot["epoch"], snapshot["version"], snapshot["data"], heads, self._happened, bars)

    async def _bars(self) -> Bars:
        found = {}
        for name in self._symbols:
            fetched = await self.get(f"/v1/bars/{name}?interval={INTERVAL}&limit=15000")
            found[name] = [tuple(bar) for bar in fetched["bars"]]
        return found

    async def get(self, path: str) -> Any:
        async with self._http.get(path) as response:
            return await response.json()
