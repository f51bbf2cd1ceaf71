"""The ticks that all peers send: a JSON text each, with the time it was made."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable

import numpy as np

#: Slices a second: as often as ticker's own market makes its ticks.
SLICES = 250


def ticks(symbols: int, count: int = 100_000) -> list[tuple[str, str]]:
    """Symbols and the ends of their messages, ready but for the stamp."""
    rng = np.random.default_rng(1)
    codes = rng.integers(0, symbols, count).tolist()
    prices = np.round(rng.uniform(10, 500, count), 2).tolist()
    sizes = rng.integers(1, 2_000, count).tolist()
    return [
        (f"S{code:05}", f'"price":{price},"size":{size}}}')
        for code, price, size in zip(codes, prices, sizes, strict=True)
    ]


async def play(symbols: int, ticks_per_second: int, publish: Callable[[str, str], object]) -> None:
    """Calls ``publish`` with symbol and message for each tick, at the rate, for as long as it can keep it."""
    made = ticks(symbols)
    loop = asyncio.get_running_loop()
    began, sent, at = loop.time(), 0, 0
    while True:
        due = int((loop.time() - began) * ticks_per_second)
        # One that is far behind leaves ticks out, and doesn't freeze over them.
        for _ in range(min(due - sent, max(1, ticks_per_second // 50))):
            symbol, rest = made[at]
            at = (at + 1) % len(made)
            publish(symbol, f'{{"symbol":"{symbol}","ts":{time.time_ns()},{rest}')
        sent = due
        await asyncio.sleep(1 / SLICES)
