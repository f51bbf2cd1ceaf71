"""Limits how many lines a log gets of one kind, so that no number of clients can fill a disk."""

from __future__ import annotations

import time
from collections.abc import Callable

from ticker.token_bucket import TokenBucket


class LineLimit:
    """Allows ``at_once`` lines in a burst, and ``per_second`` in the long run. Counts the others."""

    def __init__(self, per_second: float, at_once: int, now_s: Callable[[], float] = time.monotonic) -> None:
        self._bucket = TokenBucket(per_second, 1.0, at_once)
        self._now_s = now_s
        self._left_out = 0

    def allows(self) -> bool:
        """Whether the next line may be logged."""
        allowed = self._bucket.take(self._now_s())
        self._left_out += not allowed
        return allowed

    def left_out(self) -> int:
        """How many lines were left out since the last call."""
        count, self._left_out = self._left_out, 0
        return count
