"""The feed `unruly`: a simulated market that holds, fails, hangs and floods when it is told to.

Orders come as lines on the server's standard input (see ``Unruly``). It is installed beside the server for a soak's
time alone, by ``market.installed``, and comes in by the door of every feed.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from feeds.random_walk.feed import RandomWalk, RandomWalkOptions
from ticker.feed.feed import FeedOptions
from ticker.model import FeedEvent, Quotes, Removal, Restart, Rollover, TickBatch, Trades, Watermark

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

#: Ticks of a flood that come as one batch, and how long one that drips pauses after it.
BATCH: Final = 250
DRIP_S: Final = 0.01


def fleeting(names: Sequence[str]) -> Sequence[str]:
    """Of a market's symbols those that may be removed, and their bars with them."""
    return names[-len(names) // 4 :]


class Unruly:
    """``hold`` and ``go`` stop the market and let it go on; the others are done before the market's next event.

    ``raise``: it fails. ``nonsense``: a price below zero. ``hang S``: seconds without a sign of life. ``flood N``: as
    many trades, and quotes, in one go; ``drip N``: the same in a second or two. ``restart``: a new epoch.
    ``rollover``: a new trading day. ``remove``: a fleeting symbol goes, until it ticks again.
    """

    Options: ClassVar[type[FeedOptions]] = RandomWalkOptions

    def __init__(self, options: RandomWalkOptions) -> None:
        self._walk = RandomWalk(options)
        # What pauses it is no client's business.
        self.info = replace(self._walk.info, pausable=False, title="a market that does what it is told")
        self._random = np.random.default_rng(options.seed)
        self._orders: deque[list[str]] = deque()
        self._said = b""
        self._listens = False
        self._newest_ns = 0

    def attend(self, every_s: float) -> None:
        self._walk.attend(every_s)

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        if not self._listens:
            self._listens = True
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._on_input)
        async for event in self._walk:
            yield event
            self._note(event)
            while self._orders:
                async for made in self._obey(*self._orders.popleft()):
                    yield made

    def _on_input(self) -> None:
        came = os.read(sys.stdin.fileno(), 65_536)
        if not came:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        *lines, self._said = (self._said + came).split(b"\n")
        for line in lines:
            match line.decode().split():
                case ["hold"]:
                    self._walk.pause()
                case ["go"]:
                    self._walk.resume()
                case order:
                    self._orders.append(order)

    def _note(self, event: FeedEvent) -> None:
        """No stamp may go back behind these."""
        if isinstance(event, Watermark):
            self._newest_ns = max(self._newest_ns, event.ts)
        elif isinstance(event, TickBatch):
            for ticks in (event.trades, event.quotes):
                self._newest_ns = max(self._newest_ns, int(ticks.ts.max(initial=0)))

    async def _obey(self, order: str, amount: str = "0") -> AsyncIterator[FeedEvent]:
        table = self.info.symbols
        if order == "raise":
            raise ConnectionError("the upstream is gone, as the soak wants it")
        if order == "hang":
            await asyncio.sleep(float(amount))
        elif order == "nonsense":
            yield TickBatch(table, self._trades(np.zeros(1, np.int32), sign=-1))
        elif order in ("flood", "drip"):
            for _ in range(0, int(amount), BATCH):
                codes = self._random.integers(0, len(table), BATCH, np.int32)
                yield TickBatch(table, self._trades(codes), self._quotes(codes))
                if order == "drip":
                    await asyncio.sleep(DRIP_S)
        elif order == "restart":
            yield Restart()
            codes = np.arange(len(table), dtype=np.int32)
            yield TickBatch(table, self._trades(codes), self._quotes(codes))
        elif order == "rollover":
            yield Rollover(table)
        elif order == "remove":
            yield Removal((str(self._random.choice(fleeting(table.names))),))
        else:
            raise ValueError(f"the soak's market knows no order {order!r}")

    def _trades(self, codes: Ints, *, sign: int = 1) -> Trades:
        return Trades(codes, self._stamps(codes), sign * self._prices(codes), self._sizes(codes))

    def _quotes(self, codes: Ints) -> Quotes:
        bid, ask, size = self._prices(codes), self._prices(codes), self._sizes(codes)
        # Now and then a side of the book is empty.
        empty = self._random.random(len(codes)) < 0.05
        ask[empty] = np.nan
        return Quotes(codes, self._stamps(codes), bid, size, ask, np.where(empty, np.nan, size))

    def _stamps(self, codes: Ints) -> npt.NDArray[np.int64]:
        return np.full(len(codes), self._newest_ns)

    def _prices(self, codes: Ints) -> Floats:
        return (self._random.integers(1_000, 50_000, len(codes)) / 100).astype(np.float64)

    def _sizes(self, codes: Ints) -> Floats:
        return self._random.integers(1, 500, len(codes)).astype(np.float64)
