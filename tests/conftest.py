"""Settings of all tests: Hypothesis profiles, the number of processes, Ctrl-C."""

from __future__ import annotations

import os
import signal

import pytest
from hypothesis import Phase, settings

# No deadline: a busy machine is no failure. The examples are the same in every run, so a run that passed passes again;
# `make search` looks for new ones. Phase.explain is left out: it traces every line, which takes minutes here.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
settings.register_profile("suite", deadline=None, max_examples=100, derandomize=True, phases=PHASES)
settings.register_profile("search", deadline=None, max_examples=5_000, phases=PHASES)
settings.load_profile("suite")

# A shell starts background jobs with SIGINT ignored, and some tests send it to themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes per core: tests of servers and browsers wait for half of their time."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return 2 * cores


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Name compressed bytes by their argument: they contain the time, and test ids must be equal in all processes."""
    return argname if isinstance(val, bytes) else None
