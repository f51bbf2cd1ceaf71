"""The lateness of a replay's ticks: an hour of market time at speed 60, on the machine's clock.

    python benchmarks/bench_pacing.py [SECONDS]

100 ticks a market second at random times pass through the pump into a hub, as in the server. Lateness is measured when
the hub has the tick, relative to the earliest tick, because the start of the replay's clock is not visible from
outside. The table has the whole run and its last tenth; without drift they are equal. The lower bound beside them is
the lateness of the machine's timer alone. Takes a minute, or SECONDS, and five seconds more for the timer.
"""

from __future__ import annotations

import asyncio
import resource
import sys
import time
from collections.abc import Iterator, Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.measure import TS, show
from feeds.pacing.schedule import QUANTUM_S
from feeds.replay.feed import Replay
from feeds.replay.options import ReplayOptions
from ticker.calendar import UTC_DAYS, MarketCalendar
from ticker.feed.pump import Pump
from ticker.hub.hub import Hub
from ticker.model import FeedEvent, SymbolTable, TickBatch, Trades

SPEED = 60.0
TICKS_PER_MARKET_SECOND = 100
SYMBOLS = 100
_BATCH = 65_536


class RandomHistory:
    """A history of trades at random times."""

    kinds = "trades"
    time_zone = "UTC"
    bar_ns = None
    calendar = UTC_DAYS
    calendars: Mapping[str, MarketCalendar] = MappingProxyType({})

    def __init__(self, market_s: float) -> None:
        rng = np.random.default_rng(1)
        ticks = int(market_s * TICKS_PER_MARKET_SECOND)
        self.table = SymbolTable(f"S{number:03}" for number in range(SYMBOLS))
        self._ts = TS + np.sort(rng.integers(0, int(market_s * 1e9), ticks))
        self._symbol = rng.integers(0, SYMBOLS, ticks).astype(np.int32)
        self._price = np.round(rng.uniform(10, 500, ticks), 2)
        self.first, self.last = int(self._ts[0]), int(self._ts[-1])
        self.end = self.last + 1

    def events(self, after: int | None = None, upto: int | None = None, *, coarse: bool = False) -> Iterator[TickBatch]:  # noqa: ARG002 - a history's signature
        for begin in range(0, len(self._ts), _BATCH):
            part = slice(begin, begin + _BATCH)
            price = self._price[part]
            yield TickBatch(self.table, Trades(self._symbol[part], self._ts[part], price, np.full(len(price), 100.0)))

    def stretches(self, after: int | None = None, step_ns: int | None = None) -> Iterator[FeedEvent]:
        raise NotImplementedError  # only of a history with bars

    def close(self) -> None:
        pass


async def late_ms(seconds: float) -> tuple[np.ndarray[tuple[int], np.dtype[np.float64]], int]:
    """The lateness of each tick, and the number of slices."""
    history = RandomHistory(seconds * SPEED)
    feed = Replay(ReplayOptions(path=("made",), speed=SPEED), history=history)
    hub = Hub(history.table.names)
    late: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []

    def publish(event: FeedEvent) -> None:
        hub.publish(event)
        if isinstance(event, TickBatch):
            due_s = (event.trades.ts - history.first) / 1e9 / SPEED
            late.append(time.monotonic() - begin_s - due_s)
        if feed.replay.position >= history.last:
            done.set()

    done = asyncio.Event()
    begin_s = time.monotonic()
    pumping = asyncio.create_task(Pump(feed, publish).run())
    await done.wait()
    pumping.cancel()
    found = np.concatenate(late)
    return (found - found.min()) * 1000, len(late)


async def timer_late_ms(seconds: float) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """The lateness of ticks delivered after plain sleeps of a quantum, at no cost."""
    late: list[np.ndarray[tuple[int], np.dtype[np.float64]]] = []
    end_s = time.monotonic() + seconds
    while (before_s := time.monotonic()) < end_s:
        await asyncio.sleep(QUANTUM_S)
        late.append(np.arange(0, time.monotonic() - before_s, 1 / SPEED / TICKS_PER_MARKET_SECOND))
    return np.concatenate(late) * 1000


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    late, slices = asyncio.run(late_ms(seconds))
    used = resource.getrusage(resource.RUSAGE_SELF)
    timer = asyncio.run(timer_late_ms(5.0))
    rows = []
    for name, part in (("ticks", late), ("their last tenth", late[-len(late) // 10 :]), ("the timer alone", timer)):
        middle, most, highest = np.percentile(part, [50, 99, 100])
        rows.append([name, f"{len(part):,}", f"{middle:.2f} ms", f"{most:.2f} ms", f"{highest:.2f} ms"])
    show(f"{seconds * SPEED / 60:.0f} min of market at {SPEED:g}x", ["late", "count", "p50", "p99", "max"], rows)
    print(f"{slices / seconds:,.0f} slices a second; {100 * (used.ru_utime + used.ru_stime) / seconds:.0f} % of a core")


if __name__ == "__main__":
    main()
