"""How much memory this process has, and how much there is."""

from __future__ import annotations

import os
from pathlib import Path

_STATM = Path("/proc/self/statm")
_MOST = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def resident_bytes() -> int:
    """What it has resident; 0 where the system doesn't say."""
    try:
        return int(_STATM.read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError, IndexError):
        return 0


def installed_bytes() -> int | None:
    """What the machine has, or the container it runs in if that has less; None where the system doesn't say."""
    try:
        found = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (ValueError, OSError, AttributeError):
        return None
    for path in _MOST:
        try:
            found = min(found, int(path.read_text()))
        except (OSError, ValueError):
            continue  # not there, or "max"
    return found
