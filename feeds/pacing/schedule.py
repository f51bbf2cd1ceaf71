"""Computes when each timestamp is due. Times are arguments; nothing here waits.

Deadlines are absolute, anchor + (timestamp - anchor's timestamp) / speed, so that errors of sleeps don't accumulate.
The anchor moves only if the pace changes: at a jump, at another speed, after a shortened gap.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

#: Ticks due within this time of each other are one slice: a dense stream costs one turn of the event loop per quantum,
#: not per tick. It is the maximum latency that pacing adds.
QUANTUM_S: Final = 0.002
#: A tick this close to its deadline is due: a rounding error must not cost another turn of the loop.
SLACK_S: Final = 1e-6

_NS: Final = 1e9
_LAST_STAMP: Final = int(np.iinfo(np.int64).max)


class Schedule:
    """The schedule of one run of timestamps. ``place``, or else the first timestamp, sets the anchor.

    ``speed`` is in market seconds per second; at 0 everything is due at once. A gap between timestamps longer than
    ``max_gap_ns`` is shortened to it.
    """

    def __init__(self, speed: float, max_gap_ns: int | None = None) -> None:
        self.speed = speed
        #: The highest timestamp delivered, or the start.
        self.reached = 0
        self._max_gap_ns = max_gap_ns
        self._anchor: int | None = None
        self._anchor_s = 0.0
        self._delivered_s = -math.inf

    def place(self, stamp: int, now_s: float) -> None:
        """Market time is ``stamp``, and everything up to it has been delivered."""
        self._anchor, self._anchor_s, self.reached = stamp, now_s, stamp

    def begin(self, stamp: int, now_s: float) -> None:
        """``stamp`` comes next: without an anchor, it is due now."""
        if self._anchor is None:
            self.place(stamp, now_s)

    def set_speed(self, speed: float, market: int, now_s: float) -> None:
        """Change the speed at ``now_s``, when market time is ``market``."""
        if self._anchor is not None:
            self._anchor, self._anchor_s = market, now_s
        self.speed = speed

    def due_s(self, stamp: int) -> float:
        """When ``stamp`` is due; a timestamp below the highest delivered one was due with that."""
        return self.moment_s(max(self._within_gap(stamp), self.reached))

    def moment_s(self, stamp: int) -> float:
        """When market time is ``stamp`` if no gap before it is shortened."""
        assert self._anchor is not None
        return self._anchor_s + (stamp - self._anchor) / _NS / self.speed

    def position(self, now_s: float) -> int:
        """The highest timestamp that may be delivered at ``now_s``."""
        if not self.speed:
            return _LAST_STAMP
        assert self._anchor is not None
        passed = (now_s - self._anchor_s + SLACK_S) * self.speed * _NS
        return self._anchor + int(passed) if passed < _LAST_STAMP - self._anchor else _LAST_STAMP

    def market(self, now_s: float) -> int:
        """Market time, at least ``reached`` and at most the end of a shortened gap. At speed 0 it is ``reached``."""
        if not self.speed or self._anchor is None:
            return self.reached
        passed = (now_s - self._anchor_s) * self.speed * _NS
        return max(self.reached, self._within_gap(self._anchor + int(min(passed, 2**62))))

    def wait_s(self, stamp: int, now_s: float) -> float:
        """The time from ``now_s`` until the next slice, which starts with ``stamp``, is cut; 0 if it is due.

        This includes the rest of the quantum, unless ``stamp`` was due at the last cut already (catching up).
        """
        if not self.speed:
            return 0.0
        moment_s = self.due_s(stamp)
        if moment_s > self._delivered_s + SLACK_S:
            moment_s = max(moment_s, self._delivered_s + QUANTUM_S)
        return moment_s - now_s if moment_s - now_s > SLACK_S else 0.0

    def is_due(self, stamp: int, now_s: float) -> bool:
        return not self.speed or self.due_s(stamp) - now_s <= SLACK_S

    def arrive(self, stamp: int) -> None:
        """``stamp`` is due: if the gap before it was shortened, later timestamps move forward."""
        if self.speed and self._within_gap(stamp) < stamp:
            self._anchor_s = self.due_s(stamp)
            self._anchor = self.reached = stamp

    def deliver(self, now_s: float, reached: int) -> None:
        """A slice whose highest timestamp is ``reached`` was cut at ``now_s``."""
        self._delivered_s = now_s
        self.reached = max(self.reached, reached)

    def _within_gap(self, stamp: int) -> int:
        return stamp if self._max_gap_ns is None else min(stamp, self.reached + self._max_gap_ns)
