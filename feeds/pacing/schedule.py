"""Which stamp is due at which moment. This module knows no event and never waits: moments come in as arguments.

Deadlines are absolute (anchor + (stamp - anchor's stamp) / speed), so that no sleep's error adds up. The anchor moves
only where the pace itself changes: at a jump, at another speed, behind a gap that was cut short.
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np

#: Ticks that fall due within this time of each other come in one slice, so that a dense stream costs a loop turn
#: per quantum, not per tick. It is the most that pacing itself adds to a tick's latency.
QUANTUM_S: Final = 0.002
#: A tick this close to its deadline is due. Float rounding of a deadline must not cost another turn of the loop.
SLACK_S: Final = 1e-6

_NS: Final = 1e9
_LAST_STAMP: Final = int(np.iinfo(np.int64).max)


class Schedule:
    """The clock of one stretch of stamps: the first one asked about sets the anchor, or ``place`` does before.

    ``speed`` is market seconds a second; at 0 everything is due at once. A stretch without stamps that is longer than
    ``max_gap_ns`` takes as long as one of that length.
    """

    def __init__(self, speed: float, max_gap_ns: int | None = None) -> None:
        self.speed = speed
        #: The highest stamp that was delivered, or where the stretch began.
        self.reached = 0
        self._max_gap_ns = max_gap_ns
        self._anchor: int | None = None
        self._anchor_s = 0.0
        self._delivered_s = -math.inf

    def place(self, stamp: int, now_s: float) -> None:
        """It is ``stamp`` now, and everything up to it has been delivered."""
        self._anchor, self._anchor_s, self.reached = stamp, now_s, stamp

    def begin(self, stamp: int, now_s: float) -> None:
        """``stamp`` comes next: it is due now, unless it is known already what time it is."""
        if self._anchor is None:
            self.place(stamp, now_s)

    def set_speed(self, speed: float, market: int, now_s: float) -> None:
        """Another speed from ``now_s`` on, when it is ``market``."""
        if self._anchor is not None:
            self._anchor, self._anchor_s = market, now_s
        self.speed = speed

    def due_s(self, stamp: int) -> float:
        """When ``stamp`` is due; one below what was delivered already was due with that."""
        return self.moment_s(max(self._within_gap(stamp), self.reached))

    def moment_s(self, stamp: int) -> float:
        """When it is ``stamp``, if no gap before it is cut short."""
        assert self._anchor is not None
        return self._anchor_s + (stamp - self._anchor) / _NS / self.speed

    def position(self, now_s: float) -> int:
        """The highest stamp that may be delivered at ``now_s`` together with one that is due."""
        if not self.speed:
            return _LAST_STAMP
        assert self._anchor is not None
        passed = (now_s - self._anchor_s + SLACK_S) * self.speed * _NS
        return self._anchor + int(passed) if passed < _LAST_STAMP - self._anchor else _LAST_STAMP

    def market(self, now_s: float) -> int:
        """What time it is: between ``reached`` and where a gap is cut short. At speed 0 it is ``reached``."""
        if not self.speed or self._anchor is None:
            return self.reached
        passed = (now_s - self._anchor_s) * self.speed * _NS
        return max(self.reached, self._within_gap(self._anchor + int(min(passed, 2**62))))

    def wait_s(self, stamp: int, now_s: float) -> float:
        """How long to wait from ``now_s`` before the next slice, which begins with ``stamp``, is cut; 0 if it is due.

        It waits for the end of the quantum, too, unless ``stamp`` was due at the last cut already (catching up).
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
        """``stamp`` is due: if the gap before it was cut short, what follows comes so much earlier, too."""
        if self.speed and self._within_gap(stamp) < stamp:
            self._anchor_s = self.due_s(stamp)
            self._anchor = self.reached = stamp

    def deliver(self, now_s: float, reached: int) -> None:
        """A slice whose highest stamp is ``reached`` was cut at ``now_s``."""
        self._delivered_s = now_s
        self.reached = max(self.reached, reached)

    def _within_gap(self, stamp: int) -> int:
        return stamp if self._max_gap_ns is None else min(stamp, self.reached + self._max_gap_ns)
