"""The bars of one file: how long each lasts is known when all of them are; until then they lie on disk.

It knows neither other files nor the timeline that its bars become part of.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from feeds.files.timeline.records import BAR_VALUES, BARS, as_bars, from_bars
from feeds.files.timeline.sorting import Sorted, Sorter
from feeds.files.timeline.spool import Records
from ticker.model import Bars, Stamps

DAY_NS: Final = 86_400 * 10**9
#: What a bar lasts when the file doesn't tell.
FALLBACK_NS: Final = 60 * 10**9
LONGEST_NS: Final = 366 * DAY_NS
#: Bars that are in memory at once.
BLOCK: Final = 65_536
#: So many distances of bars are counted apart; in a file without an interval there may be as many as rows.
_DISTANCES: Final = 10_000
_NEVER: Final = int(np.iinfo(np.int64).max)


class FileBars:
    """Takes a file's bars in any order. Of those of one symbol and start, the last one in the file counts.

    One that is there twice is one bar: that is not counted as ``repeated``.
    """

    def __init__(self, run: int) -> None:
        self._sorter = Sorter(BARS, run)
        self._store: Sorted | None = None
        self._symbols = 0
        self.interval_ns = FALLBACK_NS
        #: Bars that don't count and were not the same as those that do; and of one the symbol's code and its start.
        self.repeated = 0
        self.repeated_at: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self._sorter)

    def add(self, bars: Bars) -> None:
        self._sorter.add(from_bars(bars, bars.start, 0))
        self._symbols = max(self._symbols, int(bars.symbol.max(initial=-1)) + 1)

    def finish(self, time_zone: str) -> None:
        """Find out the interval and where each bar ends: an interval on, or where its symbol's next one begins."""
        self._store = self._sorter.finish()
        self.interval_ns = self._most_common_distance() or _of_lone_bars(self._store, time_zone)
        following = np.zeros(self._symbols, BARS)
        following["start"] = _NEVER
        for start in reversed(range(0, len(self._store), BLOCK)):
            block = self._store.read(start, start + BLOCK)
            after = _next_bars(block, following)
            ends = np.minimum(bar_ends(block["start"], self.interval_ns, time_zone), after["start"])
            self._count_repeated(block[(after["start"] == block["start"]) & ~_alike(block, after)])
            # What the field says here is how long this one bar lasts.
            block["interval"] = ends - block["start"]
            self._store.spool.write(start, block)

    def blocks(self) -> Iterator[tuple[Bars, Stamps]]:
        """The bars that count, by their starts, and how long each lasts (ns)."""
        assert self._store is not None, "finish() comes first"
        for start in range(0, len(self._store), BLOCK):
            block = self._store.read(start, start + BLOCK)
            block = block[block["interval"] > 0]
            yield as_bars(block), np.ascontiguousarray(block["interval"])

    def close(self) -> None:
        self._sorter.close()
        if self._store is not None:
            self._store.close()

    def _count_repeated(self, bars: Records) -> None:
        self.repeated += len(bars)
        if len(bars):
            self.repeated_at = int(bars["symbol"][0]), int(bars["start"][0])

    def _most_common_distance(self) -> int:
        """Between beginnings of a symbol in a row, the shortest of equally common ones; 0: no symbol has two."""
        assert self._store is not None, "finish() comes first"
        counts: Counter[int] = Counter()
        before = np.full(self._symbols, _NEVER)
        for start in range(0, len(self._store), BLOCK):
            distances = _distances(self._store.read(start, start + BLOCK), before)
            found, times = np.unique(distances[distances > 0], return_counts=True)
            counts.update(dict(zip(found.tolist(), times.tolist(), strict=True)))
            if len(counts) > _DISTANCES:
                counts = Counter(dict(counts.most_common(_DISTANCES // 2)))
        most = max(counts.values(), default=0)
        return min((min(each, LONGEST_NS) for each, count in counts.items() if count == most), default=0)


def _grouped(block: Records) -> tuple[npt.NDArray[np.intp], Stamps, Records]:
    """The order that puts a block's bars beside those of the same symbol; their starts and their codes in it."""
    order = block["symbol"].argsort(kind="stable")
    return order, block["start"][order], block["symbol"][order]


def _distances(block: Records, before: Stamps) -> Stamps:
    """From each bar back to its symbol's one before; 0 where there is none. ``before``: each symbol's last start."""
    _, starts, symbols = _grouped(block)
    first = np.r_[True, symbols[1:] != symbols[:-1]]
    previous = np.r_[_NEVER, starts[:-1]]
    previous[first] = before[symbols[first]]
    last = np.r_[first[1:], True]
    before[symbols[last]] = starts[last]
    distances: Stamps = np.where(previous == _NEVER, 0, starts - previous)
    return distances


def _next_bars(block: Records, following: Records) -> Records:
    """Each bar's symbol's next one. ``following``: each symbol's first one behind the block."""
    order, _, symbols = _grouped(block)
    last = np.r_[symbols[1:] != symbols[:-1], True]
    found = np.empty(len(block), BARS)
    found[order[:-1]] = block[order[1:]]
    found[order[last]] = following[symbols[last]]
    first = np.r_[True, last[:-1]]
    following[symbols[first]] = block[order[first]]
    return found


def _alike(some: Records, others: Records) -> npt.NDArray[np.bool_]:
    """Which of the bars have the same values as those at the same places."""
    same = np.ones(len(some), np.bool_)
    for name in BAR_VALUES:
        same &= (some[name] == others[name]) | (np.isnan(some[name]) & np.isnan(others[name]))
    return same


def _of_lone_bars(store: Sorted, time_zone: str) -> int:
    """What bars last of which no symbol has two: a day, if they begin with one."""
    stamp = pd.Timestamp(store.first or 0, unit="ns", tz=time_zone).tz_localize(None)
    return DAY_NS if stamp == stamp.normalize() else FALLBACK_NS


def bar_ends(starts: Stamps, interval: int, time_zone: str) -> Stamps:
    """An interval after the starts. Days are those of the zone: one has 23 hours, and one 25."""
    if interval % DAY_NS or time_zone == "UTC":
        return starts + interval
    local = pd.DatetimeIndex(np.ascontiguousarray(starts).view("M8[ns]")).tz_localize("UTC").tz_convert(time_zone)
    naive = local.tz_localize(None) + pd.Timedelta(interval, "ns")
    ends: Stamps = (
        pd.DatetimeIndex(naive)
        .tz_localize(time_zone, nonexistent="shift_forward", ambiguous=np.ones(len(naive), np.bool_))
        .as_unit("ns")
        .asi8
    )
    return ends
