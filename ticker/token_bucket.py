"""A token bucket: limits a rate and allows bursts. It reads no clock."""

from __future__ import annotations


class TokenBucket:
    """Holds at most ``capacity`` tokens and regains ``tokens`` every ``per``, in the unit of ``now``. Starts full."""

    __slots__ = ("_capacity", "_left", "_now", "_per", "_tokens")

    def __init__(self, tokens: float, per: float, capacity: float) -> None:
        self._tokens = tokens
        self._per = per
        self._capacity = capacity
        self._left = capacity
        self._now: float | None = None

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Pay ``cost``, at most the capacity, if a whole token is left. A clock that is set back adds no tokens."""
        if self._now is not None:
            gained = max(0, now - self._now) * self._tokens / self._per
            self._left = min(self._capacity, self._left + gained)
        self._now = now
        if self._left < 1:
            return False
        self._left -= min(cost, self._capacity)
        return True

    def overdraw(self) -> bool:
        """Charge a token for a refused request. False once the debt has reached the capacity."""
        self._left -= 1
        return self._left > -self._capacity
