"""A connection is a file to the system, and many systems start a program with leave for 1,024 of them."""

from __future__ import annotations

import sys


def allow_many() -> int | None:
    """Take as many as the program may have without asking its owner. How many that is; None: nobody counts."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            # macOS says "unlimited" and means less.
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 10_240), hard), hard))
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if most == resource.RLIM_INFINITY else most
