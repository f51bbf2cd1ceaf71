"""Decides when watermarks are due: once per second of market time, but not more often than every 50 ms."""

from __future__ import annotations

from typing import Final

from ticker.model import Watermark

SECOND_NS: Final = 1_000_000_000
#: The minimum time between watermarks at any speed.
MARK_EVERY_S: Final = 0.05


class Watermarks:
    """The watermarks of one run of timestamps: one per market second; at high speeds some are left out.

    Without pacing (speed 0) they depend on the timestamps only.
    """

    def __init__(self) -> None:
        self._second: int | None = None
        self._next_s = 0.0

    def start(self, ts: int) -> None:
        """Market time starts at ``ts``, which gets no watermark."""
        self._second = ts // SECOND_NS

    @property
    def next_stamp(self) -> int | None:
        """The market time of the next watermark."""
        return None if self._second is None else (self._second + 1) * SECOND_NS

    def next_s(self, moment_s: float) -> float:
        """When the next watermark is due if its market time is reached at ``moment_s``."""
        return max(moment_s, self._next_s)

    def take(self, ts: int, now_s: float, *, paced: bool) -> Watermark | None:
        """The watermark that is due at market time ``ts``, before which no tick is outstanding."""
        second = ts // SECOND_NS
        if self._second is None:
            self._second = second
        if second <= self._second or (paced and now_s < self._next_s):
            return None
        self._second = second
        self._next_s = now_s + MARK_EVERY_S
        return Watermark(second * SECOND_NS)
