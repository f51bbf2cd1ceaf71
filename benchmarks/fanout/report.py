"""Results as table rows."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.fanout.suite import Standing

#: Core share of the server; frames and updates a second; CPU time per frame, its ratio to the floor, and per tick and
#: client; latency in ms; memory per client; core share of the load; decoded frames.
COLUMNS = [
    "contender", "server", "frames/s", "updates/s", "µs/frame", "x floor", "µs/tick", "p50", "p99", "p99.9",
    "KiB/client", "load", "checked",
]  # fmt: skip
#: Core share above which the load is the bottleneck.
BUSY = 0.85


def rows(standings: Sequence[Standing]) -> list[list[str]]:
    table = []
    for each in standings:
        result = each.result
        ages = [_ms(age) for age in result.ages_ms] if result.ages_ms else ["", "", ""]
        words = f"{result.checked:,} frames"
        if result.lost:
            words += f", {result.lost:,} ticks lost"
        if result.faults:
            words = f"WRONG: {result.faults[0]}"
        is_floor = not each.contender.channels and not each.contender.module
        table.append(
            [
                each.contender.name,
                f"{result.server:.0%}",
                f"{result.frames:,.0f}",
                "" if is_floor else f"{result.updates:,.0f}",
                f"{result.us_a_frame:.1f}",
                f"{each.times_floor:.2f}" if each.times_floor else "",
                "" if is_floor else f"{result.us_a_tick:.2g}" if result.us_a_tick < 1 else f"{result.us_a_tick:.2f}",
                *ages,
                "" if is_floor else f"{result.kib_a_client:.1f}",
                f"{result.load:.0%}" + ("!" if result.load > BUSY else ""),
                "" if is_floor else words,
            ]
        )
    return table


def _ms(age: float) -> str:
    return f"{age:.1f}" if age < 100 else f"{age:,.0f}"
