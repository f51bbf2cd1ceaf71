"""Measures several contenders on one workload in turns, so that other load on the machine affects all alike."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.fanout.contenders import FLOOR, PACKED, TICKER, TICKS, Contender
from benchmarks.fanout.measure import Result, measured, middle
from benchmarks.fanout.workloads import Workload


@dataclass(frozen=True, slots=True)
class Standing:
    contender: Contender
    result: Result
    #: The ratio of its cost per frame to the floor's with equal frames, measured right after it; a median.
    times_floor: float | None


def ticker_contenders(workload: Workload) -> list[Contender]:
    return [TICKER, PACKED] if workload.name == "W4" else [TICKER, PACKED, TICKS]


def compared(
    workload: Workload,
    contenders: Sequence[Contender],
    *,
    repeats: int,
    seconds: float,
    tell: Callable[[str], object],
) -> list[Standing]:
    """The medians of ``repeats`` rounds. After each contender with a rate the floor is measured with equal frames."""
    found: dict[str, list[Result]] = {each.name: [] for each in contenders}
    floors: list[Result] = []
    ratios: dict[str, list[float]] = {each.name: [] for each in contenders}
    for turn in range(repeats):
        for each in contenders:
            tell(f"{workload.name}, round {turn + 1} of {repeats}: {each.name}")
            result = measured(each, workload, seconds)
            found[each.name].append(result)
            if each.every_tick:
                continue
            tell(f"{workload.name}, round {turn + 1} of {repeats}: the floor, {result.frame_bytes:,.0f} bytes a frame")
            floor = measured(FLOOR, workload, seconds, round(result.frame_bytes))
            ratios[each.name].append(result.us_a_frame / floor.us_a_frame)
            if each is contenders[0]:
                floors.append(floor)
    standings = [Standing(each, middle(found[each.name]), _median(ratios[each.name])) for each in contenders]
    return [Standing(FLOOR, middle(floors), 1.0), *standings] if floors else standings


def _median(values: Sequence[float]) -> float | None:
    return sorted(values)[len(values) // 2] if values else None
