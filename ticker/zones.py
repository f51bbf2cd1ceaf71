"""Converts columns of local times to UTC. The transitions of a zone come from ``zoneinfo`` and are cached."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

Stamps = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]

_SECOND_NS: Final = 10**9
#: Eastern standard time without daylight saving.
EST: Final = "Etc/GMT+5"
NEW_YORK: Final = "America/New_York"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: No zone has two transitions within this time.
_STEP_S: Final = 7 * 86_400
#: Transitions are computed up to here; later times use the last offset.
_LAST_S: Final = 2_500_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """Local times as UTC (ns). ``second`` is the later reading where a local time occurs twice."""

    first: Stamps
    second: Stamps
    twice: Mask
    never: Mask
    #: The number of the transition: equal for all times of one repeated hour.
    change: Stamps


def is_zone(name: str) -> bool:
    """Whether ``name`` is a zone of the IANA database."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # ZoneInfoNotFoundError is a KeyError
        return False
    return True


def to_utc(wall: Stamps, zone: str) -> Local:
    """Local times of ``zone`` (ns since 1970-01-01 00:00 local time) as UTC."""
    at, offsets = _transitions(zone)
    old = np.searchsorted(at + offsets[:-1], wall, side="right")
    new = np.searchsorted(at + offsets[1:], wall, side="right")
    return Local(wall - offsets[old], wall - offsets[new], new > old, new < old, new)


def offsets_at(utc: Stamps, zone: str) -> Stamps:
    """How far (ns) the clocks of ``zone`` are ahead of UTC at the times ``utc``."""
    at, offsets = _transitions(zone)
    found: Stamps = offsets[np.searchsorted(at, utc, side="right")]
    return found


@lru_cache(maxsize=32)
def _transitions(zone: str) -> tuple[Stamps, Stamps]:
    """The transitions of a zone (UTC, ns), and the offsets (ns) before, between and after them."""
    info = ZoneInfo(zone)

    def offset_s(utc_s: int) -> int:
        offset = (_EPOCH + timedelta(seconds=utc_s)).astimezone(info).utcoffset()
        return 0 if offset is None else int(offset.total_seconds())

    at: list[int] = []
    offsets = [offset_s(0)]
    steps = [(second, offset_s(second)) for second in range(0, _LAST_S, _STEP_S)]
    for (before, old), (after, new) in pairwise(steps):
        if old == new:
            continue
        low, high = before, after
        while high - low > 1:
            middle = (low + high) // 2
            if offset_s(middle) == old:
                low = middle
            else:
                high = middle
        at.append(high)
        offsets.append(new)
    return np.array(at, np.int64) * _SECOND_NS, np.array(offsets, np.int64) * _SECOND_NS
