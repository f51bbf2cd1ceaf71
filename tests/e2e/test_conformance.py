"""Autobahn's cases of the WebSocket protocol. `make conformance` runs all of them, with those that take minutes."""

from __future__ import annotations

import pytest

pytest.importorskip("kosoku")  # its wheels are not for every platform

from tests.conformance.cases import expected, run_cases

#: Of each way of negotiating compression, the case of the smallest messages.
COMPRESSION = [*(f"12.{data}.1" for data in range(1, 6)), *(f"13.{offer}.1" for offer in range(1, 8))]
#: Patterns of cases, and how many there are.
GROUPS = {
    "framing": (["1.*", "2.*", "3.*", "4.*", "5.*", "10.*"], 65),
    "text": (["6.*"], 145),
    "closing": (["7.*"], 37),
    "compression": (COMPRESSION, 12),
}


# The suite leaves the files of its messages open.
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.filterwarnings("ignore:Exception ignored in:pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("group", GROUPS)
async def test_each_case_has_its_result(group: str) -> None:
    """A strict OK, except for those that are listed with their reasons."""
    cases, count = GROUPS[group]
    results = await run_cases(cases)
    assert {case: result for case, result in results.items() if result != expected(case)} == {}
    assert len(results) == count
