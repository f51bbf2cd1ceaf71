"""Recorded ratios to the floor, compared with current ones to detect a slower server."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from benchmarks.fanout.suite import Standing

#: Tolerated factor: the variation between machines and runs.
TOLERANCE: Final = 1.5


def of(found: Mapping[str, Sequence[Standing]]) -> dict[str, dict[str, float]]:
    return {
        name: {
            each.contender.name: round(each.times_floor, 2)
            for each in standings
            if each.contender.channels and each.times_floor
        }
        for name, standings in found.items()
    }


def save(path: Path, found: Mapping[str, Sequence[Standing]]) -> None:
    path.write_text(json.dumps(of(found), indent=2) + "\n")


def above(path: Path, found: Mapping[str, Sequence[Standing]]) -> list[str]:
    """The workloads whose ratio to the floor exceeds the file's by more than half."""
    known = json.loads(path.read_text())
    return [
        f"{workload}, {name}: {ratio:.2f} times the floor; {known[workload][name]:.2f} is known, and "
        f"{known[workload][name] * TOLERANCE:.2f} allowed"
        for workload, ratios in of(found).items()
        for name, ratio in ratios.items()
        if ratio > known.get(workload, {}).get(name, float("inf")) * TOLERANCE
    ]
