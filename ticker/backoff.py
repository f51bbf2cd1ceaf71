"""Computes the delay before the next attempt. The caller counts attempts and waits."""

from __future__ import annotations

import email.utils
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

#: The maximum `Retry-After` that is honoured.
_RETRY_AFTER_S = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Backoff:
    """Exponential backoff with full jitter.

    ``delay_s(n) = uniform(0, min(maximum_s, initial_s * factor**n))`` for attempt n = 0, 1, …, as in "Exponential
    Backoff And Jitter" (AWS Architecture Blog, 2015): of the variants compared there, it brings many clients back with
    the fewest calls. With ``jitter="none"`` the delay is the upper bound: predictable, but many clients then reconnect
    at once.

    ``attempts`` is the number of consecutive failures after which to give up: None for never, 0 for no attempt.
    ``random`` returns uniform numbers in [0, 1). Raises ``ValueError`` for invalid values.
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
        """The maximum delay before ``attempt`` (from 0)."""
        try:
            return min(self.maximum_s, self.initial_s * self.factor**attempt)
        except OverflowError:  # the power overflows after some thousand attempts
            return self.maximum_s if self.initial_s else 0.0

    def delay_s(self, attempt: int) -> float:
        """The delay before ``attempt`` (from 0); random unless ``jitter`` is none."""
        bound_s = self.bound_s(attempt)
        return bound_s if self.jitter == "none" else bound_s * self.random()


def retry_after_s(value: str, now_s: float) -> float:
    """A `Retry-After` header (RFC 9110, section 10.2.3) in seconds; 0 if it is missing or invalid."""
    try:
        delay_s = (
            float(value) if value.strip().isdigit() else email.utils.parsedate_to_datetime(value).timestamp() - now_s
        )
    except (ValueError, OverflowError):
        return 0.0
    return min(max(delay_s, 0.0), _RETRY_AFTER_S)
