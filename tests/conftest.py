"""What all tests share: how hypothesis runs, and that Ctrl-C reaches them."""

from __future__ import annotations

import signal

from hypothesis import Phase, settings

# No deadline: a machine that is busy is not a failure. The examples are the same in every run, so that a run that
# passed passes again; `make search` looks for new ones.
# Explaining a failure traces every line, which takes minutes here; the shrunken example says enough.
PHASES = (Phase.explicit, Phase.reuse, Phase.generate, Phase.shrink)
settings.register_profile("suite", deadline=None, max_examples=100, derandomize=True, phases=PHASES)
settings.register_profile("search", deadline=None, max_examples=5_000, phases=PHASES)
settings.load_profile("suite")

# A shell starts what it puts into the background with the signal ignored, and tests send it to themselves.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val: object, argname: str) -> str | None:
    """Compressed bytes hold the second they were made in: as names of tests they would be others in each process."""
    return argname if isinstance(val, bytes) else None
