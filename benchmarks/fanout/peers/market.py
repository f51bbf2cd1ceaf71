"""The ticks that all peers send, as JSON with a timestamp."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

#: Slices a second, as in ticker's simulated market.
SLICES = 250


def ticks(symbols: int, count: int = 100_000) -> list[tuple[str, str]]:
    """Symbols and their messages without the timestamp."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, symbols, count).tolist()
    prices = np.round(rng.uniform(10, 500, count), 2).tolist()
    sizes = rng.integers(1, 2_000, count).tolist()
    return [
        (f"S{code:05}", f'"price":{price},"size":{size}}}')
        for code, price, size in zip(codes, prices, sizes, strict=True)
    ]


class Player:
    """Calls ``publish`` with symbol and message for each tick at the given rate."""

    def __init__(self, symbols: int, ticks_per_second: int, publish: Callable[[str, str], object]) -> None:
        self._made = ticks(symbols)
        self._ticks_per_second = ticks_per_second
        self._publish = publish
        self._began_s = time.monotonic()
        self._sent = self._at = 0

    def publish_due(self) -> None:
        due = int((time.monotonic() - self._began_s) * self._ticks_per_second)
        # A publisher far behind skips ticks.
        for _ in range(min(due - self._sent, max(1, self._ticks_per_second // 50))):
            symbol, rest = self._made[self._at]
            self._at = (self._at + 1) % len(self._made)
            self._publish(symbol, f'{{"symbol":"{symbol}","ts":{time.time_ns()},{rest}')
        self._sent = due


async def play(symbols: int, ticks_per_second: int, publish: Callable[[str, str], object]) -> None:
    """Run a player on the event loop forever."""
    player = Player(symbols, ticks_per_second, publish)
    while True:
        player.publish_due()
        await asyncio.sleep(1 / SLICES)
