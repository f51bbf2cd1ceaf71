"""The command line."""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import asdict
from pathlib import Path

from benchmarks.fanout import ratios
from benchmarks.fanout.contenders import AT_ONCE as AT_ONCE_CONTENDER
from benchmarks.fanout.contenders import PEERS, TICKER
from benchmarks.fanout.processes import many_files
from benchmarks.fanout.report import COLUMNS, rows
from benchmarks.fanout.suite import Standing, compared, ticker_contenders
from benchmarks.fanout.workloads import AT_ONCE, WORKLOADS, Workload
from benchmarks.measure import show

#: For daily use: the shapes of W1 and W2, with as many clients as connect in a moment.
QUICK = (WORKLOADS["W1"].scaled(500), WORKLOADS["W2"].scaled(1_000))


def parser() -> argparse.ArgumentParser:
    made = argparse.ArgumentParser("python -m benchmarks.fanout", description=__doc__)
    made.add_argument("--workloads", default="W1,W2,W3,W4,once", help="W1 to W4, once (default: all of them)")
    made.add_argument("--repeats", type=int, default=3, help="rounds; medians are shown (default: 3)")
    made.add_argument("--seconds", type=float, help="of each measurement (default: 4; with --quick 1.5)")
    made.add_argument("--no-peers", action="store_true", help="ticker and the floor alone")
    made.add_argument("--quick", action="store_true", help="fewer clients and ticker at 20 Hz alone: half a minute")
    made.add_argument("--json", type=Path, metavar="FILE", help="write what was measured")
    made.add_argument("--check", type=Path, metavar="FILE", help="fail where a ratio to the floor is far above FILE's")
    made.add_argument("--save", type=Path, metavar="FILE", help="write the ratios to the floor, for --check")
    made.add_argument("--plots", type=Path, metavar="FOLDER", help="draw cost against clients and against symbols")
    return made


def main() -> int:
    asked = parser().parse_args()
    asked.seconds = asked.seconds or (1.5 if asked.quick else 4.0)
    many_files()
    if asked.plots:
        from benchmarks.fanout.plots import draw

        draw(asked.plots, asked.seconds, tell)
        return 0
    found = {workload.name: measure(workload, asked) for workload in chosen(asked)}
    if asked.json:
        asked.json.write_text(json.dumps({name: list(map(asdict, each)) for name, each in found.items()}, indent=1))
    if asked.save:
        ratios.save(asked.save, found)
    faults = [
        f"{name}, {each.contender.name}: {fault}"
        for name, all_ in found.items()
        for each in all_
        for fault in each.result.faults
    ]
    if asked.check and (dearer := ratios.above(asked.check, found)):
        # A neighbour that was busy is not busy again at just that moment; a server that became slower is slow again.
        tell("dearer than it was; once more, to be sure: " + "; ".join(dearer))
        faults += ratios.above(asked.check, {each.name: measure(each, asked) for each in chosen(asked)})
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def measure(workload: Workload, asked: argparse.Namespace) -> list[Standing]:
    """One workload by all its contenders, and its table."""
    if asked.quick:
        contenders = [TICKER]
    elif workload is AT_ONCE:
        contenders = [AT_ONCE_CONTENDER]
    else:
        contenders = ticker_contenders(workload)
        if not asked.no_peers and workload.name != "W4":
            for peer in PEERS:
                if peer.missing:
                    tell(f"without {peer.name}: pip install {peer.missing}")
                else:
                    contenders.append(peer)
    standings = compared(workload, contenders, repeats=asked.repeats, seconds=asked.seconds, tell=tell)
    show(workload.title, COLUMNS, rows(standings), width=150)
    return standings


def chosen(asked: argparse.Namespace) -> list[Workload]:
    if asked.quick:
        return list(QUICK)
    known = {**WORKLOADS, "once": AT_ONCE}
    names = asked.workloads.split(",")
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"there is no workload {unknown[0]!r}; there are {', '.join(known)}")
    return [known[name] for name in names]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
