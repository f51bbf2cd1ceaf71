"""Makes Python's garbage collector run less often."""

from __future__ import annotations

import gc
from typing import Final

#: Allocations before a collection of the youngest generation, and such collections before one of the next generation.
_THRESHOLDS: Final = (20_000, 20, 50)


def tune() -> None:
    """Raise the thresholds, and exclude the objects that exist now. Call this once the server has started.

    Each beat allocates thousands of objects that reference counting frees right after it. With Python's defaults the
    collector runs in each beat and traverses the objects of every client. Cycles are freed somewhat later.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*_THRESHOLDS)
