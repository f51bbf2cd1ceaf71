"""How the timestamps of a file are written: with or without a zone, a date, a time of day."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from feeds.files.parsing.dates import Mask
from feeds.files.parsing.table import Column
from feeds.files.parsing.timestamp_formats import Reading
from feeds.files.parsing.timestamp_parsers import CLOCK, LOCAL, NOTHING, UTC, UTC_CLOCK, Order
from feeds.files.parsing.timestamps import Timestamps, as_texts, parse_timestamps
from feeds.files.parsing.zone_names import AMBIGUOUS, STANDARD, fixed_zone, likely_zones
from ticker.zones import offsets_at

_MINUTE_NS = 60 * 10**9


def parse(column: Column, reading: Reading, order: Order = "mdy") -> Timestamps:
    """A column of texts as timestamps."""
    if isinstance(column, np.ndarray):
        texts: Any = column if column.dtype.kind == "S" else as_texts(column.tolist())
        return parse_timestamps(texts, reading, order=order)
    if isinstance(column, Timestamps):
        return column
    raise TypeError(f"a column of timestamps is a {type(column).__name__}")


def joined(date: Timestamps, clock: Timestamps, bad: Mask) -> Timestamps:
    """Dates and times of day as timestamps; none where ``bad``."""
    kind = np.where(clock.kind == UTC_CLOCK, UTC, LOCAL)
    return Timestamps(
        np.where(bad, 0, date.value + clock.value),
        np.where(bad, NOTHING, kind).astype(np.uint8),
        np.zeros(len(date.unit), np.int64),
        offset=clock.offset,
        zone=clock.zone,
        zones=clock.zones,
    )


@dataclass(frozen=True, slots=True)
class Style:
    """How most of a file's first timestamps are written.

    ``is_aware``  whether they have an offset or a zone, or are epoch numbers; None if there are none
    ``has_both``  whether they have a date and a time of day
    ``clock``     whether they are times of day
    ``zone``      the zone that they name, or that has their offsets; None if they don't tell
    """

    is_aware: bool | None = None
    has_both: bool = False
    clock: bool = False
    zone: str | None = None

    @classmethod
    def of(cls, found: Timestamps) -> Style:
        known = found.kind != NOTHING
        count = int(known.sum())
        if not count:
            return cls()
        named = np.zeros(len(known), np.bool_) if found.zone is None else found.zone > 0
        aware = (found.kind == UTC) | (found.kind == UTC_CLOCK) | (known & named)
        clock = (found.kind == CLOCK) | (found.kind == UTC_CLOCK)
        dates = int(found.dates[known].sum()) if found.dates is not None else 0
        clocks = int(clock.sum())
        return cls(
            is_aware=2 * int(aware.sum()) >= count,
            has_both=2 * (dates + clocks) < count,
            clock=2 * clocks > count,
            zone=_zone_of(found),
        )


def standard_in_summer(found: Timestamps) -> set[str]:
    """The abbreviations of standard time, such as EST, on rows in their region's summer."""
    names = set()
    for place, name in enumerate(found.zones):
        if name in STANDARD and found.zone is not None and found.offset is not None:
            rows = (found.zone == place) & (found.kind == UTC)
            if (offsets_at(found.value[rows], STANDARD[name]) != found.offset[rows]).any():
                names.add(name)
    return names


def _zone_of(found: Timestamps) -> str | None:
    """The zone that the rows name, or the likeliest that has their offsets: of +09:00 Asia/Tokyo."""
    if found.zone is not None:
        named = set(np.unique(found.zone[found.kind == LOCAL]).tolist()) - {0}
        names: set[str] = {found.zones[place] for place in named} - AMBIGUOUS.keys()
        if len(names) == 1 and not (found.kind == UTC).any():
            return names.pop()
    rows = found.kind == UTC
    if found.offset is None or not rows.any():
        return None
    utc, offset = found.value[rows], found.offset[rows]
    if not offset.any():
        return None
    likely = next((zone for zone in likely_zones() if (offsets_at(utc, zone) == offset).all()), None)
    if likely is None and (offset == offset[0]).all() and offset[0] % _MINUTE_NS == 0:
        return fixed_zone(int(offset[0]) // _MINUTE_NS)
    return likely
