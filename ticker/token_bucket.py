"""A token bucket: limits a rate and allows bursts. It reads no clock."""

from __future__ import annotations


class TokenBucket:
    """Holds at most ``capacity`` tokens and regains ``tokens`` every ``per``, in the unit of ``now``. Starts full."""

    __slots__ = ("_left", "_now", "_per", "_tokens", "capacity")

    def __init__(self, tokens: float, per: float, capacity: float) -> None:
        self._tokens = tokens
        self._per = per
        self.capacity = capacity
        self._left = capacity
        self._now: float | None = None

    def left(self, now: float) -> float:
        """The tokens it has; negative in debt. A clock that is set back adds none."""
        if self._now is not None and now > self._now:
            self._left = min(self.capacity, self._left + (now - self._now) * self._tokens / self._per)
        self._now = now
        return self._left

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Pay ``cost``, at most the capacity, if a whole token is left."""
        if self.left(now) < 1:
            return False
        self._left -= min(cost, self.capacity)
        return True

    def overdraw(self) -> bool:
        """Charge a token for a refused request. False once the debt has reached the capacity."""
        self._left -= 1
        return self._left > -self.capacity

    def spend(self, now: float, cost: float) -> None:
        """Pay ``cost`` for what cannot be refused any more, with a debt of at most half the capacity."""
        left = self.left(now)
        self._left = min(left, max(left - cost, -self.capacity / 2))

    def wait(self, now: float, tokens: float) -> float:
        """How long it takes until it has ``tokens``, in the unit of ``now``; 0 if it has."""
        return max(0.0, tokens - self.left(now)) * self._per / self._tokens
