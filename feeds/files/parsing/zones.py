"""Local times to UTC, for whole columns: what the clocks of a zone showed, and when. It knows no text and no file.

The changes of a zone's clocks come from ``zoneinfo``, and are looked up once.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np

from feeds.files.parsing.dates import SECOND_NS, Mask
from ticker.model import Stamps

#: Eastern standard time all the year round, without daylight saving.
EST: Final = "Etc/GMT+5"
NEW_YORK: Final = "America/New_York"

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
#: No zone changes its clocks twice within so many days.
_STEP_S: Final = 7 * 86_400
#: Rules of today are not known to hold longer; later stamps are read by the offset of then.
_LAST_S: Final = 2_500_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Local:
    """n local times as UTC (ns). ``second`` is that of the hour's second time, where it comes twice."""

    first: Stamps
    second: Stamps
    twice: Mask
    never: Mask
    #: Which change of the clocks the time is near: the same number for all of one such hour.
    change: Stamps


def is_zone(name: str) -> bool:
    """Whether ``name`` is a zone of the IANA data base."""
    try:
        ZoneInfo(name)
    except (OSError, ValueError):  # ZoneInfoNotFoundError is a KeyError
        return False
    except KeyError:
        return False
    return True


def to_utc(wall: Stamps, zone: str) -> Local:
    """What the clocks of ``zone`` show (ns since 1970-01-01 as they show it) as UTC."""
    at, offsets = _changes(zone)
    old = np.searchsorted(at + offsets[:-1], wall, side="right")
    new = np.searchsorted(at + offsets[1:], wall, side="right")
    return Local(wall - offsets[old], wall - offsets[new], new > old, new < old, new)


@lru_cache(maxsize=32)
def _changes(zone: str) -> tuple[Stamps, Stamps]:
    """When the clocks were changed (UTC, ns), and the offsets (ns) before, between and after."""
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
    return np.array(at, np.int64) * SECOND_NS, np.array(offsets, np.int64) * SECOND_NS
