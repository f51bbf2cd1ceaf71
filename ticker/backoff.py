"""How long to wait before the next try. Knows no clock and no connection: its user counts the tries and waits."""

from __future__ import annotations

import email.utils
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

#: No `Retry-After` is honoured beyond this.
_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential back-off with full jitter.

    ``delay_s(n) = uniform(0, min(maximum_s, initial_s * factor**n))``, n counting from 0, as in "Exponential Backoff
    And Jitter" (AWS Architecture Blog, 2015): of the variants compared there, it brings a crowd of clients back with
    the fewest calls. ``jitter="none"`` waits the whole of the upper bound each time: predictable, and hard on a server
    that many reconnect to at once.

    ``attempts`` is how many tries may fail in a row before the user gives up: None never does, 0 doesn't try.
    ``random`` gives uniform numbers in [0, 1). Raises ``ValueError`` for bounds that can't be.
    """

    initial_s: float = 0.25
    maximum_s: float = 30.0
    factor: float = 2.0
    attempts: int | None = None
    jitter: Literal["full", "none"] = "full"
    random: Callable[[], float] = random.random

    def __post_init__(self) -> None:
        if not 0 <= self.initial_s <= self.maximum_s < math.inf:
            raise ValueError(f"0 <= initial_s <= maximum_s must hold, not {self.initial_s} and {self.maximum_s}")
        if not 1 <= self.factor < math.inf:
            raise ValueError(f"factor must be at least 1, not {self.factor}")
        if self.attempts is not None and self.attempts < 0:
            raise ValueError(f"attempts must be None or at least 0, not {self.attempts}")
        if self.jitter not in ("full", "none"):
            raise ValueError(f"jitter is full or none, not {self.jitter!r}")

    def bound_s(self, attempt: int) -> float:
        """The longest wait before try ``attempt`` (0 is the first)."""
        try:
            return min(self.maximum_s, self.initial_s * self.factor**attempt)
        except OverflowError:  # after some thousand tries the power is more than a float holds
            return self.maximum_s if self.initial_s else 0.0

    def delay_s(self, attempt: int) -> float:
        """How long to wait before try ``attempt`` (0 is the first). Random, unless ``jitter`` is none."""
        bound_s = self.bound_s(attempt)
        return bound_s if self.jitter == "none" else bound_s * self.random()


def retry_after_s(value: str, now_s: float) -> float:
    """A `Retry-After` header (RFC 9110, section 10.2.3) in seconds; 0 if there is none, or none that can be read."""
    try:
        delay_s = (
            float(value) if value.strip().isdigit() else email.utils.parsedate_to_datetime(value).timestamp() - now_s
        )
    except (ValueError, OverflowError):
        return 0.0
    return min(max(delay_s, 0.0), _RETRY_AFTER_S)
