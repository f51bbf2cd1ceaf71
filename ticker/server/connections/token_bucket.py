"""How often a client may say something: a token bucket, without a clock of its own.

A message costs one token, a large one some more, and tokens come back at a steady rate; so a client may say much at
once, now and then. Who goes on beyond that is told, and who goes on after that has to go.
"""

from __future__ import annotations

from enum import Enum
from typing import Final

#: A message costs another token for so many bytes: reading it takes as long as some small ones.
MORE_BYTES: Final = 4_096


class Verdict(Enum):
    """``TOLD``: it is not to be obeyed, and the client is to be told. ``ENOUGH``: it is to go."""

    FINE = 0
    TOLD = 1
    ENOUGH = 2


class Allowance:
    """``per_s`` tokens a second, and at most ``burst`` of them; as many again may be overdrawn."""

    __slots__ = ("_at_s", "_burst", "_per_s", "_tokens")

    def __init__(self, per_s: float, burst: int, now_s: float) -> None:
        self._per_s = per_s
        self._burst = burst
        self._tokens = float(burst)
        self._at_s = now_s

    def take(self, now_s: float, size: int = 0) -> Verdict:
        """One message of ``size`` bytes, at a time of a clock that never goes back."""
        self._tokens = min(self._tokens + (now_s - self._at_s) * self._per_s, self._burst)
        self._at_s = now_s
        if self._tokens >= 1:
            self._tokens -= min(1 + size // MORE_BYTES, self._burst)
            return Verdict.FINE
        # Also what is refused costs: a flood doesn't end by being told of.
        self._tokens -= 1
        return Verdict.TOLD if self._tokens > -self._burst else Verdict.ENOUGH
