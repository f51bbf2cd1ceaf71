"""Linear growth of a series of measurements."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import linear_regression
from typing import Final

#: With fewer samples one outlier decides the slope.
MINIMUM_SAMPLES: Final = 5


def growth(samples: Sequence[tuple[float, float]]) -> float | None:
    """The increase of the fitted line from the first sample (time, value) to the last; None for too few samples."""
    if len(samples) < MINIMUM_SAMPLES:
        return None
    times, values = zip(*samples, strict=True)
    return float(linear_regression(times, values).slope * (times[-1] - times[0]))
