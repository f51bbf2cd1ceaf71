"""Runs Autobahn's cases, and lists those that must not be a strict OK."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import Final

from kosoku import FailureError, run_fuzzingclient

from tests.conformance.echo_server import echoing

#: The number of all cases.
TOTAL: Final = 517
#: What is not a strict OK, by pattern: the result, and the reason.
EXCEPTIONS: Final = {
    "6.4.*": ("NON-STRICT", "invalid UTF-8 is refused when the message is complete, not at the first invalid byte"),
    "7.1.6": ("INFORMATIONAL", "the specification leaves open whether a message sent before the close is answered"),
    "7.13.*": ("INFORMATIONAL", "the specification reserves these close codes and leaves open what follows"),
    "13.3.*": ("UNIMPLEMENTED", "a window of 9 bits is declined: messages are compressed once for all clients"),
    "13.5.*": ("UNIMPLEMENTED", "a window of 9 bits is declined: messages are compressed once for all clients"),
}


def expected(case: str) -> str:
    """The result that a case must have."""
    return next((result for pattern, (result, _) in EXCEPTIONS.items() if fnmatch(case, pattern)), "OK")


async def run_cases(cases: list[str] | None = None, *, concurrency: int = 2) -> dict[str, str]:
    """The results of the cases with these numbers or patterns; all if None. ``OK`` includes the close."""
    async with echoing() as url:
        try:
            results = await run_fuzzingclient(url, cases=cases, concurrency=concurrency)
        except FailureError as error:
            results = error.results
    return {
        result.case_id: next(
            (verdict for verdict in (result.behavior.value, result.behavior_close.value) if verdict != "OK"), "OK"
        )
        for result in results
    }
