"""Raises the limit of open files. Each connection is one, and many systems allow a process 1,024 by default."""

from __future__ import annotations

import sys


def raise_open_files() -> int | None:
    """Raise RLIMIT_NOFILE to its hard limit and return it. None if it is unlimited or unknown."""
    if sys.platform == "win32":
        return None
    import resource

    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        try:
            resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        except (OSError, ValueError):
            # macOS reports "unlimited" and rejects it.
            resource.setrlimit(resource.RLIMIT_NOFILE, (min(max(soft, 10_240), hard), hard))
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    return None if limit == resource.RLIM_INFINITY else limit
