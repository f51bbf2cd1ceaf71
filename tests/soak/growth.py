"""Whether something grows: a line through what was measured."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import linear_regression
from typing import Final

#: With fewer, one outlier is a slope.
FEWEST: Final = 5


def growth(samples: Sequence[tuple[float, float]]) -> float | None:
    """How much the fitted line grows from the first moment to the last; None if there are too few to tell."""
    if len(samples) < FEWEST:
        return None
    moments, values = zip(*samples, strict=True)
    return float(linear_regression(moments, values).slope * (moments[-1] - moments[0]))
