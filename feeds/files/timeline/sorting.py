"""Sorts records by time on disk (external merge sort): runs are sorted in memory and merged if they overlap.

The sort is stable: records of one timestamp keep the order in which they were added.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.timeline.spool import INDEX_EVERY, Records, Spool
from ticker.model import Stamps

#: Records sorted in memory at once.
RUN: Final = 1 << 19
#: Records converted at once.
_BLOCK: Final = 65_536


class Sorted:
    """Sorted records, found by their timestamps."""

    def __init__(self, spool: Spool) -> None:
        self.spool = spool
        marks = [spool.read(at, at + 1)["ts"] for at in range(0, len(spool), INDEX_EVERY)]
        self._marks = np.concatenate(marks) if marks else np.empty(0, np.int64)

    def __len__(self) -> int:
        return len(self.spool)

    @property
    def first(self) -> int | None:
        return int(self._marks[0]) if len(self) else None

    @property
    def last(self) -> int | None:
        return int(self.spool.read(len(self) - 1, len(self))["ts"][0]) if len(self) else None

    def position(self, ts: int, side: str = "left") -> int:
        """How many records are before ``ts`` (``side`` "right": at or before)."""
        mark = int(self._marks.searchsorted(ts, side=side))  # type: ignore[call-overload]  # a plain str
        if not mark:
            return 0
        start = (mark - 1) * INDEX_EVERY
        stamps = np.ascontiguousarray(self.spool.read(start, start + INDEX_EVERY)["ts"])
        return start + int(stamps.searchsorted(ts, side=side))  # type: ignore[call-overload]  # a plain str

    def following(self, moments: Stamps) -> Stamps:
        """The first timestamp at or after each of the sorted ``moments``; the highest integer if there is none."""
        found = np.full(len(moments), np.iinfo(np.int64).max)
        blocks = self._marks.searchsorted(moments)
        within = blocks < len(self._marks)
        found[within] = self._marks[blocks[within]]
        for block in np.unique(blocks[blocks > 0]).tolist():
            start = (block - 1) * INDEX_EVERY
            stamps = np.ascontiguousarray(self.spool.read(start, start + INDEX_EVERY)["ts"])
            here = np.flatnonzero(blocks == block)
            places = stamps.searchsorted(moments[here])
            inside = places < len(stamps)
            found[here[inside]] = stamps[places[inside]]
        return found

    def read(self, start: int, stop: int) -> Records:
        return self.spool.read(start, stop)

    def close(self) -> None:
        self.spool.close()


class Sorter:
    """Takes records in any order, in bounded memory. ``finish`` returns them sorted; nothing can be added then."""

    def __init__(self, dtype: np.dtype[Any], run: int = RUN) -> None:
        self._spool = Spool(dtype)
        self._run = run
        self._parts: list[Records] = []
        self._held = 0
        #: The position, first and last timestamp of each run.
        self._runs: list[tuple[int, int, int]] = []

    def __len__(self) -> int:
        return len(self._spool) + self._held

    @property
    def dtype(self) -> np.dtype[Any]:
        return self._spool.dtype

    def convert(self, dtype: np.dtype[Any], converted: Callable[[Records], Records]) -> None:
        """Go on with records of ``dtype``; those added so far become ``converted``, which keeps ``ts``."""
        spool = Spool(dtype)
        for start in range(0, len(self._spool), _BLOCK):
            spool.append(converted(self._spool.read(start, start + _BLOCK)))
        self._spool.close()
        self._spool = spool
        self._parts = [converted(part) for part in self._parts]

    def shorten(self, run: int) -> None:
        """From now on sort at most ``run`` records at once."""
        self._run = min(self._run, run)

    def add(self, records: Records) -> None:
        if not len(records):
            return
        self._parts.append(records)
        self._held += len(records)
        if self._held >= self._run:
            self._flush()

    def finish(self) -> Sorted:
        self._flush()
        firsts = [first for _, first, _ in self._runs]
        lasts = [last for _, _, last in self._runs]
        if all(first >= last for first, last in zip(firsts[1:], lasts, strict=False)):
            return Sorted(self._spool)
        merged = self._merged()
        self._spool.close()
        return Sorted(merged)

    def close(self) -> None:
        self._spool.close()

    def _flush(self) -> None:
        if not self._held:
            return
        records = self._parts[0] if len(self._parts) == 1 else np.concatenate(self._parts)
        self._parts, self._held = [], 0
        records = in_order(records)
        stamps = records["ts"]
        self._runs.append((len(self._spool), int(stamps[0]), int(stamps[-1])))
        self._spool.append(records)

    def _merged(self) -> Spool:
        """Merge the runs with a window of each in memory: what precedes the ends of all windows is complete."""
        starts = [start for start, _, _ in self._runs] + [len(self._spool)]
        window = max(64, 2 * self._run // len(self._runs))
        cursors = [_Cursor(self._spool, start, stop, window) for start, stop in pairwise(starts)]
        merged = Spool(self._spool.dtype)
        while cursors:
            waiting = [cursor for cursor in cursors if cursor.more]
            if waiting:
                bound = min(cursor.last for cursor in waiting)
                parts = [cursor.take(bound) for cursor in cursors]
                if any(map(len, parts)):
                    merged.append(in_order(np.concatenate(parts)))
                else:
                    # A window full of one timestamp: write all records of it, run by run.
                    for cursor in cursors:
                        for part in cursor.all_of(bound):
                            merged.append(part)
            else:
                merged.append(in_order(np.concatenate([cursor.rest() for cursor in cursors])))
            cursors = [cursor for cursor in cursors if cursor]
        return merged


class _Cursor:
    """A window into a run."""

    def __init__(self, spool: Spool, start: int, stop: int, window: int) -> None:
        self._spool, self._at, self._stop, self._window = spool, start, stop, window
        self._records: Records = spool.read(0, 0)
        self.widen()

    def __bool__(self) -> bool:
        return bool(len(self._records) or self.more)

    @property
    def more(self) -> bool:
        """Whether the run continues after the window."""
        return self._at < self._stop

    @property
    def last(self) -> int:
        return int(self._records["ts"][-1])

    def widen(self) -> None:
        end = min(self._stop, self._at + self._window)
        self._records = np.concatenate((self._records, self._spool.read(self._at, end)))
        self._at = end

    def take(self, bound: int) -> Records:
        """Remove and return the records before ``bound``."""
        count = int(np.ascontiguousarray(self._records["ts"]).searchsorted(bound))
        taken, self._records = self._records[:count], self._records[count:]
        if self.more and len(self._records) < self._window // 2:
            self.widen()
        return taken

    def all_of(self, stamp: int) -> Iterator[Records]:
        """Remove and return all records with this timestamp, the lowest, window by window."""
        while len(self._records) and self._records["ts"][0] == stamp:
            count = int(np.ascontiguousarray(self._records["ts"]).searchsorted(stamp, side="right"))
            yield self._records[:count]
            self._records = self._records[count:]
            if self.more and not len(self._records):
                self.widen()

    def rest(self) -> Records:
        taken, self._records = self._records, self._records[:0]
        return taken


def in_order(records: Records) -> Records:
    """The records sorted by timestamp, stably."""
    stamps: npt.NDArray[np.int64] = np.ascontiguousarray(records["ts"])
    if (stamps[1:] >= stamps[:-1]).all():
        return records
    ordered: Records = records[stamps.argsort(kind="stable")]
    return ordered
