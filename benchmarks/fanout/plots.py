"""Plots of the server's cost by number of clients and by number of symbols."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
from matplotlib.figure import Figure

from benchmarks.fanout.contenders import FLOOR, TICKER, TICKS
from benchmarks.fanout.measure import Result, measured
from benchmarks.fanout.workloads import WORKLOADS, Workload

CLIENTS = (125, 250, 500, 1_000, 2_000, 4_000)
SYMBOLS = (100, 250, 500, 1_000, 2_500, 5_000)
_COLOURS = {"ticker 20 Hz": "#145fc0", "ticker every tick": "#a84d00", "floor": "#8a94a3"}


def draw(folder: Path, seconds: float, tell: Callable[[str], object]) -> None:
    """Measure, and write ``fanout-clients.png`` and ``fanout-symbols.png`` into ``folder``."""
    shape = WORKLOADS["W1"]
    clients = [shape.scaled(count) for count in CLIENTS]
    folder.mkdir(parents=True, exist_ok=True)
    curves = _curves(clients, seconds, tell)
    title = "Each client its own 20 of 500 symbols, 10,000 ticks/s"
    _picture(folder / "fanout-clients.png", title, "clients", CLIENTS, curves)
    # Ticks grow with the symbols, so that the ticks per client stay equal.
    symbols = [replace(shape, clients=500, symbols=count, ticks_per_second=count * 20) for count in SYMBOLS]
    title = "500 clients, each its own 20, 20 ticks/s a symbol"
    _picture(folder / "fanout-symbols.png", title, "symbols", SYMBOLS, _curves(symbols, seconds, tell))


def _curves(workloads: Sequence[Workload], seconds: float, tell: Callable[[str], object]) -> dict[str, list[Result]]:
    found: dict[str, list[Result]] = {name: [] for name in _COLOURS}
    for workload in workloads:
        tell(workload.title)
        ticker = measured(TICKER, workload, seconds)
        found["ticker 20 Hz"].append(ticker)
        found["ticker every tick"].append(measured(TICKS, workload, seconds))
        found["floor"].append(measured(FLOOR, workload, seconds, round(ticker.frame_bytes)))
    return found


def _picture(path: Path, title: str, what: str, counts: Sequence[int], curves: dict[str, list[Result]]) -> None:
    mpl.use("agg")
    figure = Figure(figsize=(7, 3.6), layout="constrained")
    axes = figure.subplots()
    for name, results in curves.items():
        axes.plot(counts, [result.server * 100 for result in results], "o-", color=_COLOURS[name], label=name, ms=4)
    axes.set(xscale="log", xlabel=what, ylabel="server, % of a core", title=title, ylim=(0, 105))
    axes.set_xticks(counts, [f"{count:,}" for count in counts])
    axes.minorticks_off()
    axes.grid(alpha=0.25)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=110)
