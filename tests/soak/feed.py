"""The feed `unruly`: a simulated market that pauses, fails, hangs and floods on command.

It reads commands (see ``Unruly``) from the server's standard input. ``server.install_feed`` installs it as a plug-in
for the duration of a soak.
"""

from __future__ import annotations

import asyncio
import os
import sys
from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from dataclasses import replace
from typing import ClassVar, Final

import numpy as np
import numpy.typing as npt

from feeds.random_walk.feed import RandomWalk, RandomWalkOptions
from ticker.feed.feed import FeedOptions
from ticker.model import FeedEvent, Quotes, Removal, Restart, Rollover, TickBatch, Trades, Watermark

Ints = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]

#: Trades in one batch of a flood, and the pause after each batch of a drip.
BATCH: Final = 250
DRIP_S: Final = 0.01


def removable(names: Sequence[str]) -> Sequence[str]:
    """The symbols that ``remove`` chooses from."""
    return names[-len(names) // 4 :]


class Unruly:
    """``hold`` and ``go`` pause and resume the market at once; the other commands run before its next event.

    ``raise``: the feed fails. ``nonsense``: a negative price. ``hang S``: no event for S seconds. ``flood N``: N trades
    and N quotes at once; ``drip N``: the same over a second or two. ``restart``: a new epoch. ``rollover``: a new
    trading day. ``remove``: removes a removable symbol until its next tick.
    """

    Options: ClassVar[type[FeedOptions]] = RandomWalkOptions

    def __init__(self, options: RandomWalkOptions) -> None:
        self._walk = RandomWalk(options)
        # Only the soak may pause it, so clients are not told that it can be paused.
        self.info = replace(self._walk.info, pausable=False, title="a market under the soak's control")
        self._random = np.random.default_rng(options.seed)
        self._commands: deque[list[str]] = deque()
        self._unread = b""
        self._reads_input = False
        self._newest_ns = 0

    def attend(self, every_s: float) -> None:
        self._walk.attend(every_s)

    def collect(self) -> Iterator[FeedEvent]:
        """Nothing while there are commands: the iterator executes them after the market's next event."""
        for event in () if self._commands else self._walk.collect():
            self._note(event)
            yield event

    async def __aiter__(self) -> AsyncIterator[FeedEvent]:
        if not self._reads_input:
            self._reads_input = True
            asyncio.get_running_loop().add_reader(sys.stdin.fileno(), self._on_input)
        async for event in self._walk:
            yield event
            self._note(event)
            while self._commands:
                try:
                    async for made in self._execute(*self._commands[0]):
                        yield made
                finally:
                    self._commands.popleft()

    def _on_input(self) -> None:
        came = os.read(sys.stdin.fileno(), 65_536)
        if not came:
            asyncio.get_running_loop().remove_reader(sys.stdin.fileno())
        *lines, self._unread = (self._unread + came).split(b"\n")
        for line in lines:
            match line.decode().split():
                case ["hold"]:
                    self._walk.pause()
                case ["go"]:
                    self._walk.resume()
                case command:
                    self._commands.append(command)

    def _note(self, event: FeedEvent) -> None:
        """Remember the newest timestamp: later ticks may not precede it."""
        if isinstance(event, Watermark):
            self._newest_ns = max(self._newest_ns, event.ts)
        elif isinstance(event, TickBatch):
            for ticks in (event.trades, event.quotes):
                self._newest_ns = max(self._newest_ns, int(ticks.ts.max(initial=0)))

    async def _execute(self, command: str, amount: str = "0") -> AsyncIterator[FeedEvent]:
        table = self.info.symbols
        if command == "raise":
            raise ConnectionError("the soak breaks the feed")
        if command == "hang":
            await asyncio.sleep(float(amount))
        elif command == "nonsense":
            yield TickBatch(table, self._trades(np.zeros(1, np.int32), sign=-1))
        elif command in ("flood", "drip"):
            for _ in range(0, int(amount), BATCH):
                codes = self._random.integers(0, len(table), BATCH, np.int32)
                yield TickBatch(table, self._trades(codes), self._quotes(codes))
                if command == "drip":
                    await asyncio.sleep(DRIP_S)
        elif command == "restart":
            yield Restart()
            codes = np.arange(len(table), dtype=np.int32)
            yield TickBatch(table, self._trades(codes), self._quotes(codes))
        elif command == "rollover":
            yield Rollover(table)
        elif command == "remove":
            yield Removal((str(self._random.choice(removable(table.names))),))
        else:
            raise ValueError(f"unknown command {command!r}")

    def _trades(self, codes: Ints, *, sign: int = 1) -> Trades:
        return Trades(codes, self._stamps(codes), sign * self._prices(codes), self._sizes(codes))

    def _quotes(self, codes: Ints) -> Quotes:
        bid, ask, size = self._prices(codes), self._prices(codes), self._sizes(codes)
        # Sometimes one side of the book is empty.
        empty = self._random.random(len(codes)) < 0.05
        ask[empty] = np.nan
        return Quotes(codes, self._stamps(codes), bid, size, ask, np.where(empty, np.nan, size))

    def _stamps(self, codes: Ints) -> npt.NDArray[np.int64]:
        return np.full(len(codes), self._newest_ns)

    def _prices(self, codes: Ints) -> Floats:
        return (self._random.integers(1_000, 50_000, len(codes)) / 100).astype(np.float64)

    def _sizes(self, codes: Ints) -> Floats:
        return self._random.integers(1, 500, len(codes)).astype(np.float64)
