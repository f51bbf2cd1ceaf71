"""One measurement: a contender's server, the load, and the kernel's figures of both."""

from __future__ import annotations

import multiprocessing
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from statistics import median

import numpy as np

from benchmarks.fanout import load
from benchmarks.fanout.contenders import Contender, Running, running
from benchmarks.fanout.processes import cores, cpu_s, resident_bytes
from benchmarks.fanout.workloads import Workload

#: Time between the last subscription and the start of counting, for snapshots to be sent.
SETTLE_S = 1.0


@dataclass(frozen=True, slots=True)
class Result:
    #: Shares of a core, 0 to 1, of the server and the load.
    server: float
    load: float
    #: Per second.
    frames: float
    updates: float
    frame_bytes: float
    #: The server's CPU time, in microseconds.
    us_a_frame: float
    us_a_tick: float
    #: Latency from tick to client of the sampled clients, in ms: p50, p99, p99.9.
    ages_ms: tuple[float, float, float] | None
    #: Resident memory per client.
    kib_a_client: float
    checked: int
    faults: tuple[str, ...]
    lost: int


def measured(
    contender: Contender,
    workload: Workload,
    seconds: float,
    frame_bytes: int = 0,
    beside: Callable[[Running], AbstractContextManager[object]] = nullcontext,
) -> Result:
    """Measure a contender. The context manager ``beside`` is active while it counts.

    Raises ``RuntimeError`` or ``OSError`` if the server or the load fails.
    """
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    with running(contender, workload, frame_bytes) as server:
        empty = resident_bytes(server.pid)
        orders = load.Orders(server.port, contender.path, server.plans, server.openings, contender.reader, cores()[1])
        process = context.Process(target=load.run, args=(orders, there), daemon=True)
        process.start()
        there.close()
        try:
            here.recv()
            with beside(server):
                time.sleep(SETTLE_S)
                full = resident_bytes(server.pid)
                here.send("begin")
                used, began = cpu_s(server.pid), time.perf_counter()
                time.sleep(seconds)
                used, took = cpu_s(server.pid) - used, time.perf_counter() - began
                here.send("end")
                tally: load.Tally = here.recv()
            here.send("stop")
            process.join(10)
        except EOFError:
            raise RuntimeError(f"{contender.name}: the load failed") from None
        finally:
            process.terminate()
            process.join()
    # The ticks offered to clients or, with a message per tick, those received.
    ticks = tally.updates / took if contender.every_tick else workload.offered
    return Result(
        server=used / took,
        load=tally.cpu_s / took,
        frames=tally.frames / took,
        updates=tally.updates / took,
        frame_bytes=tally.bytes / max(1, tally.frames),
        us_a_frame=used / max(1, tally.frames) * 1e6,
        us_a_tick=used / took / max(1.0, ticks) * 1e6,
        ages_ms=_percentiles(tally.ages_ns),
        kib_a_client=(full - empty) / workload.clients / 1024,
        checked=tally.checked,
        faults=tuple(tally.faults),
        lost=tally.lost,
    )


def _percentiles(ages_ns: Sequence[int]) -> tuple[float, float, float] | None:
    if not ages_ns:
        return None
    p50, p99, p999 = np.percentile(np.array(ages_ns) / 1e6, [50, 99, 99.9]).tolist()
    return p50, p99, p999


def middle(results: Sequence[Result]) -> Result:
    """The medians of all figures, with the faults of all results."""

    def of(name: str) -> float:
        values: list[float] = [getattr(result, name) for result in results]
        return median(values)

    ages = [result.ages_ms for result in results if result.ages_ms]
    return Result(
        server=of("server"),
        load=of("load"),
        frames=of("frames"),
        updates=of("updates"),
        frame_bytes=of("frame_bytes"),
        us_a_frame=of("us_a_frame"),
        us_a_tick=of("us_a_tick"),
        ages_ms=(median(a[0] for a in ages), median(a[1] for a in ages), median(a[2] for a in ages)) if ages else None,
        kib_a_client=of("kib_a_client"),
        checked=sum(result.checked for result in results),
        faults=tuple(fault for result in results for fault in result.faults),
        lost=sum(result.lost for result in results),
    )
