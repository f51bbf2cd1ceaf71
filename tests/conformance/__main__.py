"""Runs all cases, or those given: python -m tests.conformance 1.* 9.1.1.

Exits with status 1 if a case does not have the result that it must have.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections import Counter

from tests.conformance.cases import EXCEPTIONS, TOTAL, expected, run_cases


def main(cases: list[str]) -> int:
    print("running " + (", ".join(cases) if cases else f"all {TOTAL} cases; this takes some minutes"), flush=True)
    begun_s = time.monotonic()
    results = asyncio.run(run_cases(cases or None))
    counts = Counter(results.values())
    summary = ", ".join(f"{count} {result}" for result, count in counts.most_common())
    print(f"{len(results)} cases in {time.monotonic() - begun_s:.0f} s: {summary}")
    for pattern, (result, reason) in EXCEPTIONS.items():
        print(f"  {pattern:7} {result:14} {reason}")
    wrong = {case: result for case, result in results.items() if result != expected(case)}
    for case, result in wrong.items():
        print(f"{case}: {result}, and must be {expected(case)}", file=sys.stderr)
    if not cases and len(results) != TOTAL:
        print(f"{len(results)} cases ran, and must be {TOTAL}", file=sys.stderr)
        return 1
    return 1 if wrong or not results else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
