"""Watermarks: how far market time is, said as often as it helps and no more. Knows no clock."""

from __future__ import annotations

from typing import Final

from ticker.model import Watermark

SECOND_NS: Final = 1_000_000_000
#: No watermark is nearer than this to the one before it, whatever the speed.
MARK_EVERY_S: Final = 0.05


class Watermarks:
    """The watermarks of one stretch: one for each market second that begins, the latest alone if they come fast.

    Where nothing is paced (speed 0), which ones there are follows from the stamps alone.
    """

    def __init__(self) -> None:
        self._second: int | None = None
        self._next_s = 0.0

    def start(self, ts: int) -> None:
        """Market time begins at ``ts``: that needs no watermark."""
        self._second = ts // SECOND_NS

    @property
    def next_stamp(self) -> int | None:
        """The market time at which the next one is due."""
        return None if self._second is None else (self._second + 1) * SECOND_NS

    def next_s(self, moment_s: float) -> float:
        """When the next one is due, if ``next_stamp`` is reached at ``moment_s``."""
        return max(moment_s, self._next_s)

    def take(self, ts: int, now_s: float, *, paced: bool) -> Watermark | None:
        """The watermark that is due when it is ``ts``, and no tick before that is still to come."""
        second = ts // SECOND_NS
        if self._second is None:
            self._second = second
        if second <= self._second or (paced and now_s < self._next_s):
            return None
        self._second = second
        self._next_s = now_s + MARK_EVERY_S
        return Watermark(second * SECOND_NS)
