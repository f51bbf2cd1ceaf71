"""The benchmark's command line."""

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

#: W1 and W2 with fewer clients, for daily use.
QUICK = (WORKLOADS["W1"].scaled(500), WORKLOADS["W2"].scaled(1_000))


def argument_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m benchmarks.fanout", description=__doc__)
    parser.add_argument("--workloads", default="W1,W2,W3,W4,once", help="W1 to W4, once (default: all of them)")
    parser.add_argument("--repeats", type=int, default=3, help="rounds; medians are shown (default: 3)")
    parser.add_argument("--seconds", type=float, help="duration of each measurement (default: 4; with --quick 1.5)")
    parser.add_argument("--no-peers", action="store_true", help="only ticker and the floor")
    parser.add_argument("--quick", action="store_true", help="fewer clients, and only ticker at 20 Hz: half a minute")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the results")
    parser.add_argument("--check", type=Path, metavar="FILE", help="fail if a ratio to the floor is far above FILE's")
    parser.add_argument("--save", type=Path, metavar="FILE", help="write the ratios to the floor, for --check")
    parser.add_argument("--plots", type=Path, metavar="FOLDER", help="plot the cost by clients and by symbols")
    return parser


def main() -> int:
    options = argument_parser().parse_args()
    options.seconds = options.seconds or (1.5 if options.quick else 4.0)
    many_files()
    if options.plots:
        from benchmarks.fanout.plots import draw

        draw(options.plots, options.seconds, tell)
        return 0
    found = {workload.name: measure(workload, options) for workload in chosen(options)}
    if options.json:
        options.json.write_text(json.dumps({name: list(map(asdict, each)) for name, each in found.items()}, indent=1))
    if options.save:
        ratios.save(options.save, found)
    faults = [
        f"{name}, {each.contender.name}: {fault}"
        for name, all_ in found.items()
        for each in all_
        for fault in each.result.faults
    ]
    if options.check and (slower := ratios.above(options.check, found)):
        # A slower server is slow again; other load on the machine usually isn't there again.
        tell("slower than recorded, measuring again: " + "; ".join(slower))
        faults += ratios.above(options.check, {each.name: measure(each, options) for each in chosen(options)})
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


def measure(workload: Workload, options: argparse.Namespace) -> list[Standing]:
    """Measure all contenders on a workload and print the table."""
    if options.quick:
        contenders = [TICKER]
    elif workload is AT_ONCE:
        contenders = [AT_ONCE_CONTENDER]
    else:
        contenders = ticker_contenders(workload)
        if not options.no_peers and workload.name != "W4":
            for peer in PEERS:
                if peer.missing:
                    tell(f"skipping {peer.name}: pip install {peer.missing}")
                else:
                    contenders.append(peer)
    standings = compared(workload, contenders, repeats=options.repeats, seconds=options.seconds, tell=tell)
    show(workload.title, COLUMNS, rows(standings), width=150)
    return standings


def chosen(options: argparse.Namespace) -> list[Workload]:
    if options.quick:
        return list(QUICK)
    known = {**WORKLOADS, "once": AT_ONCE}
    names = options.workloads.split(",")
    if unknown := [name for name in names if name not in known]:
        raise SystemExit(f"unknown workload {unknown[0]!r}; known: {', '.join(known)}")
    return [known[name] for name in names]


def tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
