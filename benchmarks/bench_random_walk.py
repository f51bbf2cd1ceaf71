"""The simulated market: ticks generated a second on one core, and the accuracy of its pace.

    python benchmarks/bench_random_walk.py

Generation: ticks alone, without pacing or a board, and the share of a core at a rate. Pacing: the feed as the server
runs it, with a consumer that only counts; "cpu" is the CPU time of this process, "late" the maximum lateness of a slice
after the first half second. Takes about 15 s.
"""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import aclosing

import numpy as np

from feeds.random_walk.feed import RandomWalk, RandomWalkOptions
from feeds.random_walk.market import company, symbols
from feeds.random_walk.walk import Walk
from ticker.model import Rollover, TickBatch

MAKE_S = 1.0
PACE_S = {1.0: 4.0, 1_000.0: 3.0, 10_000.0: 2.0, 200_000.0: 3.0}


def cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def make(count: int) -> None:
    """Print the time of a tick of a market of ``count`` symbols."""
    walk = Walk([company(name) for name in symbols(count)], 200_000, np.random.default_rng(1))
    events = walk.events(1)
    while isinstance(next(events), Rollover):
        pass
    ticks, blocks_s, begin_s = 0, [], cpu_s()
    until_s = time.perf_counter() + MAKE_S
    while (before_s := time.perf_counter()) < until_s:
        event = next(events)
        assert not isinstance(event, Rollover)
        blocks_s.append(time.perf_counter() - before_s)
        ticks += len(event)
    tick_s = (cpu_s() - begin_s) / ticks
    shares = "".join(f"{100 * tick_s * rate:>10.2f} %" for rate in (1_000, 10_000, 200_000))
    median_ms = 1000 * sorted(blocks_s)[len(blocks_s) // 2]
    print(f"{count:>8,} {1 / tick_s:>12,.0f} {1e6 * tick_s:>8.3f} {median_ms:>8.2f} {shares}")


async def pace(rate: float, seconds: float) -> None:
    """Print the ticks a second received at a requested ``rate``."""
    feed = RandomWalk(RandomWalkOptions(ticks_per_second=rate, seed=1))
    opening = 2 * len(feed.info.symbols)
    ticks, slices, late_s, begin_s, begin_cpu_s = -opening, 0, 0.0, 0.0, 0.0
    async with aclosing(aiter(feed)) as events:
        async for event in events:
            if not isinstance(event, TickBatch):
                continue
            now_s = time.perf_counter()
            if not begin_s:
                begin_s, begin_cpu_s = now_s, cpu_s()
            ticks, slices = ticks + len(event), slices + 1
            if now_s - begin_s > 0.5:
                late_s = max(late_s, feed.behind_s)
            if ticks >= rate * seconds:
                break
    took_s = now_s - begin_s
    share = (cpu_s() - begin_cpu_s) / took_s
    off = ticks / took_s / rate - 1
    print(
        f"{rate:>8,.0f} {ticks / took_s:>12,.1f} {100 * off:>+8.2f} % {slices / took_s:>10,.0f}"
        f" {1000 * late_s:>8.1f} {100 * share:>8.1f} %"
    )


def main() -> None:
    print(f"{'symbols':>8} {'ticks/s made':>12} {'us/tick':>8} {'ms/block':>8} {'core at':>8} 1k   at 10k      at 200k")
    for count in (1, 100, 10_000):
        make(count)
    print(f"\n{'asked':>8} {'ticks/s kept':>12} {'off':>10} {'slices/s':>10} {'late ms':>8} {'cpu':>10}")
    for rate, seconds in PACE_S.items():
        asyncio.run(pace(rate, seconds))


if __name__ == "__main__":
    main()
