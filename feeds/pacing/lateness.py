"""Warns if a feed can't keep its pace."""

from __future__ import annotations

import logging
import math
from typing import Final

log = logging.getLogger(__name__)

#: The lateness from which on it warns, at most once per ``WARN_EVERY_S``.
LATE_S: Final = 0.5
WARN_EVERY_S: Final = 10.0


class LateWarning:
    """A rate-limited warning about the last 10-20 s. The owner counts delivered ticks in ``ticks``."""

    def __init__(self, pace_text: str) -> None:
        self.ticks = 0
        self._pace_text = pace_text
        self._silent_until_s = -math.inf
        self._marks: list[tuple[float, float, int]] = []  # at most two: time, schedule reached, ticks

    def note(self, now_s: float, behind_s: float) -> None:
        on_schedule_s = now_s - behind_s
        if not self._marks or now_s - self._marks[-1][0] >= WARN_EVERY_S:
            self._marks = [*self._marks[-1:], (now_s, on_schedule_s, self.ticks)]
        span_s = now_s - self._marks[0][0]
        if behind_s >= LATE_S and now_s >= self._silent_until_s and span_s > 0:
            self._silent_until_s = now_s + WARN_EVERY_S
            log.warning(
                "the feed is %.1f s late: %s ticks per second in the last %.0f s, %.0f %% of the requested pace (%s)",
                behind_s,
                f"{(self.ticks - self._marks[0][2]) / span_s:,.0f}",
                span_s,
                100 * (on_schedule_s - self._marks[0][1]) / span_s,
                self._pace_text,
            )
