"""The bars of one file. Their interval is known once all are read; until then they are on disk."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd

from feeds.files.timeline.records import BAR_VALUES, BARS, as_bars, from_bars
from feeds.files.timeline.sorting import Sorted, Sorter
from feeds.files.timeline.spool import Records
from ticker.model import Bars, Stamps

DAY_NS: Final = 86_400 * 10**9
#: The interval if the file doesn't show it.
FALLBACK_NS: Final = 60 * 10**9
LONGEST_NS: Final = 366 * DAY_NS
#: Bars in memory at once.
BLOCK: Final = 65_536
#: Distinct distances that are counted; a file without a regular interval may have as many as rows.
_DISTANCES: Final = 10_000
#: The length of months.
MONTH_NS: Final = (28 * DAY_NS, 31 * DAY_NS)
_NEVER: Final = int(np.iinfo(np.int64).max)


class FileBars:
    """Takes a file's bars in any order. Of several with the same symbol and start, the last in the file counts.

    Identical bars are not counted as ``repeated``.
    """

    def __init__(self, run: int) -> None:
        self._sorter = Sorter(BARS, run)
        self._store: Sorted | None = None
        self._symbols = 0
        self.interval_ns = FALLBACK_NS
        #: Whether no symbol has two bars, which would show the interval.
        self.is_assumed = False
        #: Bars replaced by a later, different one; and the code and start of one of them.
        self.repeated = 0
        self.repeated_at: tuple[int, int] | None = None

    def __len__(self) -> int:
        return len(self._sorter)

    def add(self, bars: Bars) -> None:
        self._sorter.add(from_bars(bars, bars.start, 0))
        self._symbols = max(self._symbols, int(bars.symbol.max(initial=-1)) + 1)

    def finish(self, time_zone: str, named_ns: int | None = None, *, are_months: bool = False) -> None:
        """Determine the interval. Nothing can be added any more. ``are_months``: the file says that they are.

        If no symbol has two bars, it is ``named_ns``, else a day if they start at midnight, else a minute.
        """
        self._store = self._sorter.finish()
        distance = MONTH_NS[1] if are_months else self._most_common_distance()
        self.interval_ns = distance or named_ns or _of_lone_bars(self._store, time_zone)
        self.is_assumed = not distance

    def starts(self) -> Stamps:
        """The distinct starts of all bars, sorted."""
        assert self._store is not None, "finish() comes first"
        blocks = range(0, len(self._store), BLOCK)
        parts = [np.unique(self._store.read(start, start + BLOCK)["start"]) for start in blocks]
        return np.unique(np.concatenate(parts))

    def place(self, time_zone: str, moved: Callable[[Stamps], Stamps] | None = None) -> None:
        """Move the starts by ``moved``, which keeps their order, and determine each bar's end.

        It is after the interval, in days of the zone, or where the symbol's next bar starts.
        """
        assert self._store is not None, "finish() comes first"
        following = np.zeros(self._symbols, BARS)
        following["start"] = _NEVER
        for start in reversed(range(0, len(self._store), BLOCK)):
            block = self._store.read(start, start + BLOCK)
            if moved is not None:
                block["ts"] = block["start"] = moved(np.ascontiguousarray(block["start"]))
            after = _next_bars(block, following)
            ends = np.minimum(bar_ends(block["start"], self.interval_ns, time_zone), after["start"])
            self._count_repeated(block[(after["start"] == block["start"]) & ~_alike(block, after)])
            # In this spool the field is the length of this bar.
            block["interval"] = ends - block["start"]
            self._store.spool.write(start, block)

    def blocks(self) -> Iterator[tuple[Bars, Stamps]]:
        """The bars that count, sorted by start, and the length of each (ns)."""
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
        """Of successive starts of a symbol; the shortest if several are equally common; 0 if no symbol has two."""
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
    """The order that groups a block's bars by symbol, and the starts and codes in that order."""
    order = block["symbol"].argsort(kind="stable")
    return order, block["start"][order], block["symbol"][order]


def _distances(block: Records, before: Stamps) -> Stamps:
    """From each bar's start back to its symbol's previous one, or 0. ``before`` holds each symbol's last start."""
    _, starts, symbols = _grouped(block)
    first = np.r_[True, symbols[1:] != symbols[:-1]]
    previous = np.r_[_NEVER, starts[:-1]]
    previous[first] = before[symbols[first]]
    last = np.r_[first[1:], True]
    before[symbols[last]] = starts[last]
    distances: Stamps = np.where(previous == _NEVER, 0, starts - previous)
    return distances


def _next_bars(block: Records, following: Records) -> Records:
    """The next bar of each bar's symbol. ``following`` holds each symbol's first bar after the block."""
    order, _, symbols = _grouped(block)
    last = np.r_[symbols[1:] != symbols[:-1], True]
    found = np.empty(len(block), BARS)
    found[order[:-1]] = block[order[1:]]
    found[order[last]] = following[symbols[last]]
    first = np.r_[True, last[:-1]]
    following[symbols[first]] = block[order[first]]
    return found


def _alike(some: Records, others: Records) -> npt.NDArray[np.bool_]:
    """Which bars have equal values, pairwise."""
    same = np.ones(len(some), np.bool_)
    for name in BAR_VALUES:
        same &= (some[name] == others[name]) | (np.isnan(some[name]) & np.isnan(others[name]))
    return same


def _of_lone_bars(store: Sorted, time_zone: str) -> int:
    """The interval if no symbol has two bars: a day if they start at midnight."""
    stamp = pd.Timestamp(store.first or 0, unit="ns", tz=time_zone).tz_localize(None)
    return DAY_NS if stamp == stamp.normalize() else FALLBACK_NS


def bar_ends(starts: Stamps, interval: int, time_zone: str) -> Stamps:
    """``starts`` plus the interval. Days are those of the zone, of 23 to 25 hours; 28 to 31 days are a month."""
    is_month = MONTH_NS[0] <= interval <= MONTH_NS[1]
    if interval % DAY_NS or (time_zone == "UTC" and not is_month):
        return starts + interval
    local = pd.DatetimeIndex(np.ascontiguousarray(starts).view("M8[ns]")).tz_localize("UTC").tz_convert(time_zone)
    naive = local.tz_localize(None) + (pd.DateOffset(months=1) if is_month else pd.Timedelta(interval, "ns"))
    ends: Stamps = (
        pd.DatetimeIndex(naive)
        .tz_localize(time_zone, nonexistent="shift_forward", ambiguous=np.ones(len(naive), np.bool_))
        .as_unit("ns")
        .asi8
    )
    return ends
