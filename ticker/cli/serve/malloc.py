"""Makes the C library return freed memory to the system."""

from __future__ import annotations

import ctypes
from typing import Final

_TRIM_THRESHOLD: Final = -1
_MMAP_THRESHOLD: Final = -3
_BYTES: Final = 131_072


def tune() -> None:
    """Trim the heap now, and fix glibc's thresholds for returning memory. Call this after loading.

    glibc raises its mmap threshold whenever a larger block is freed; later blocks of that size then stay in the heap.
    The history of bars allocates and frees large blocks, and would take a fifth more memory. Sources: mallopt(3),
    malloc_trim(3). Does nothing with another C library.
    """
    try:
        libc = ctypes.CDLL("libc.so.6")
        libc.mallopt(_MMAP_THRESHOLD, _BYTES)
        libc.mallopt(_TRIM_THRESHOLD, _BYTES)
        libc.malloc_trim(0)
    except (OSError, AttributeError):
        return
