"""A token bucket: limits a rate and allows bursts. It reads no clock."""

from __future__ import annotations


class TokenBucket:
    """Holds at most ``capacity`` tokens and regains ``tokens`` every ``per``, in the unit of ``now``. Starts full."""

    __slots__ = ("_left", "_now", "_rate", "capacity")

    def __init__(self, tokens: float, per: float, capacity: float) -> None:
        self._rate = tokens / per
        self.capacity = capacity
        self._left = capacity
        self._now: float | None = None

    def left(self, now: float) -> float:
        """The tokens it has; negative in debt. A clock that is set back adds none."""
        left = self._left
        if left < self.capacity and self._now is not None and now > self._now:
            left += (now - self._now) * self._rate
            self._left = left = min(left, self.capacity)
        self._now = now
        return left

    def take(self, now: float, cost: float = 1.0) -> bool:
        """Pay ``cost``, at most the capacity, if a whole token is left."""
        # ``left``, without the call: this is a part of each message.
        left, capacity, before = self._left, self.capacity, self._now
        if before is not None and now > before:
            left += (now - before) * self._rate
            if left > capacity:
                left = capacity
        self._now = now
        taken = left >= 1
        if taken:
            left -= min(capacity, cost)
        self._left = left
        return taken

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
        return max(0.0, tokens - self.left(now)) / self._rate
