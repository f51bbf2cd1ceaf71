"""All ticks and bars of a replay in time order, readable from any time on.

They are in temporary files; memory holds an index and the blocks being read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

import numpy as np

from feeds.files.report import FileReport
from feeds.files.timeline.records import as_bars
from feeds.files.timeline.sorting import Sorted
from feeds.files.timeline.spool import Records
from feeds.files.timeline.ticks import Ticks
from feeds.reached import Reached
from ticker.calendar import UTC_DAYS, MarketCalendar
from ticker.conditions import ConditionTable
from ticker.model import BarBatch, Corrections, Split, SymbolTable, TickBatch

BATCH_TICKS: Final = 65_536
#: Ticks per block of a replay with bars: while each bar is an event of its own, and while blocks are events.
FINE_TICKS: Final = 16_384
COARSE_TICKS: Final = 8_192
_HOUR_NS: Final = 3_600 * 10**9
_END: Final = int(np.iinfo(np.int64).max)

Event = TickBatch | BarBatch | Corrections | Split


class Timeline:
    """Made by ``loading.load``. ``first`` and ``last`` are timestamps (ns); the last bar ends at or before ``last``.

    Several iterators may run at once, in several threads.
    """

    def __init__(
        self,
        table: SymbolTable,
        trades: Sorted,
        quotes: Sorted,
        opened: Sorted,
        closed: Sorted,
        reports: Sequence[FileReport],
        time_zone: str,
        conditions: ConditionTable | None = None,
        calendar: MarketCalendar = UTC_DAYS,
        calendars: Mapping[str, MarketCalendar] | None = None,
        splits: Sequence[Split] = (),
    ) -> None:
        self.table = table
        self.conditions = ConditionTable() if conditions is None else conditions
        self.reports = list(reports)
        self.time_zone = time_zone
        #: The trading days of most symbols, and those of symbols with other ones.
        self.calendar, self.calendars = calendar, calendars or {}
        self._splits = list(splits)
        self._stores = (trades, quotes, opened, closed)
        self._trades, self._quotes, self._opened, self._closed = self._stores
        self.first = min(store.first for store in self._stores if store.first is not None)
        self.last = max(store.last for store in self._stores if store.last is not None)
        self._intervals = sorted({report.interval_ns for report in reports if report.interval_ns is not None})

    @property
    def kinds(self) -> str:
        """``trades and quotes``, for example."""
        found = [kind for kind in ("trades", "quotes", "bars") if any(getattr(each, kind) for each in self.reports)]
        return " and ".join(found)

    @property
    def end(self) -> int:
        """When the last bar and the last trading day end (ns)."""
        ticks = [store.last for store in (self._trades, self._quotes) if store.last is not None]
        newest = max(ticks, default=self.last)
        rules = {each for each in (self.calendar, *self.calendars.values()) if each.day_starts is None}
        return max([self.last, *(calendar.day(newest)[1] for calendar in rules)])

    @property
    def bar_ns(self) -> int | None:
        """The length of the shortest bars of a file; None without bars, or with bars and trades."""
        has_trades = any(report.trades for report in self.reports)
        return self._intervals[0] if self._intervals and not has_trades else None

    def events(self, after: int | None = None, upto: int | None = None, *, coarse: bool = False) -> Iterator[Event]:
        """The events after ``after`` up to and including ``upto``, in order.

        At one timestamp: closing bars, opening bars, ticks. ``coarse`` yields far fewer events with the same result:
        bars follow the ticks inside them, except those still open at ``upto``.
        """
        start = self.first - 1 if after is None else after
        end = self.last if upto is None else upto
        if coarse and len(self._closed):
            fine_from = self._open_at(end)
            for event in self._coarsely(start, fine_from, BATCH_TICKS):
                if not isinstance(event, Reached):
                    yield event
            start = max(start, fine_from)
        for event in self._finely(start, end):
            if not isinstance(event, Reached):
                yield event

    def stretches(self, after: int | None = None, step_ns: int | None = None) -> Iterator[Event | Reached]:
        """The events after ``after``, in order, with marks where everything up to some time is complete.

        Without ``step_ns`` they are as of ``events``. With it they are coarse: between two marks are the bars that stay
        open, ticks, and the bars that closed, of at most ``step_ns`` of market time, or of any time if it is 0.
        """
        start = self.first - 1 if after is None else after
        if step_ns is None:
            return self._finely(start, self.last)
        return self._coarsely(start, self.last, COARSE_TICKS, step_ns)

    def close(self) -> None:
        """Delete the temporary files. Open iterators may then raise ``FeedError``."""
        for store in self._stores:
            store.close()

    def _finely(self, after: int, upto: int) -> Iterator[Event | Reached]:
        opened = _Bars(self._opened, after, upto)
        closed = _Bars(self._closed, after, upto)
        block_ticks = FINE_TICKS if self._intervals else BATCH_TICKS
        for splits, trades, quotes, bound, complete in self._blocks(after, upto, block_ticks):
            yield from splits
            ends, begun = closed.upto(bound), opened.upto(bound)
            ticks = Ticks(self.table, self.conditions, trades, quotes)
            stamps = [*ticks.stamps, *(np.ascontiguousarray(part["ts"]) for part in (ends, begun))]
            moments = np.unique(np.concatenate((stamps[2], stamps[3])))
            cuts = [column.searchsorted(moments).tolist() for column in stamps[:2]]
            cuts += [column.searchsorted(moments, side="right").tolist() for column in stamps[2:]]
            ended = begins = 0
            for to_trade, to_quote, to_ended, to_begins in zip(*cuts, strict=True):
                yield from ticks.upto(to_trade, to_quote)
                yield from self._bars(ends[ended:to_ended], closed=True)
                yield from self._bars(begun[begins:to_begins], closed=False)
                ended, begins = to_ended, to_begins
            yield from ticks.rest()
            if complete:
                yield Reached(bound)

    def _coarsely(self, after: int, upto: int, block_ticks: int, step_ns: int = 0) -> Iterator[Event | Reached]:
        """Block by block: bars that stay open at its end, its ticks, and bars that closed."""
        opened = _Bars(self._opened, after, upto)
        closed = _Bars(self._closed, after, upto)
        for splits, trades, quotes, bound, complete in self._blocks(after, upto, block_ticks, step_ns):
            before = min((int(part["ts"][0]) for part in (trades, quotes) if len(part)), default=bound) - 1
            ended = closed.upto(before)
            if len(ended):
                # Of the time without ticks between the blocks.
                yield from self._bars(ended, closed=True)
                yield Reached(before)
            yield from splits
            begun = opened.upto(bound)
            yield from self._bars(begun[begun["start"] + begun["interval"] > bound], closed=False)
            yield from Ticks(self.table, self.conditions, trades, quotes).rest()
            yield from self._bars(closed.upto(bound), closed=True)
            if complete:
                yield Reached(bound)

    def _blocks(
        self, after: int, upto: int, block_ticks: int, step_ns: int = 0
    ) -> Iterator[tuple[list[Split], Records, Records, int, bool]]:
        """Blocks of at most ``block_ticks``, each with its highest timestamp, and whether it is complete up to that.

        Splits come before all ticks of their time, and later ones.

        It is not if more ticks share a timestamp than a block holds: the next blocks go on with it. A block has ticks
        of one period of ``step_ns``, unless that is 0.
        """
        both = bool(len(self._trades)) and bool(len(self._quotes))
        size = max(1, block_ticks // 2 if both else block_ticks)
        trades, quotes = _Reading(self._trades, after, upto, size), _Reading(self._quotes, after, upto, size)
        waiting = [split for split in self._splits if after < split.ts <= upto]
        while True:
            bound = min(trades.bound, quotes.bound, upto)
            first = min(trades.first, quotes.first)
            splits = [split for split in waiting if split.ts <= first]
            waiting = waiting[len(splits) :]
            if waiting:
                bound = min(bound, waiting[0].ts - 1)
            if step_ns and first < _END:
                bound = min(bound, (first // step_ns + 1) * step_ns - 1)
            taken = trades.take(bound), quotes.take(bound)
            is_over = bound >= upto and trades.done and quotes.done
            yield splits, *taken, bound, min(trades.first, quotes.first) > bound
            if is_over:
                return

    def _open_at(self, moment: int) -> int:
        """1 ns before the start of the earliest bar that is open at ``moment``; ``moment`` if none is open."""
        # Such a bar ends within the longest interval, plus an hour for a change of the clocks.
        at = self._closed.position(moment, "right")
        stop = self._closed.position(moment + max(self._intervals) + _HOUR_NS, "right")
        earliest = moment + 1
        while at < stop:
            records = self._closed.read(at, min(stop, at + BATCH_TICKS))
            at += len(records)
            earliest = min(earliest, int(records["start"].min()))
        return earliest - 1

    def _bars(self, records: Records, *, closed: bool) -> Iterator[BarBatch]:
        if not len(records):
            return
        for interval in self._intervals:
            part = records[records["interval"] == interval] if len(self._intervals) > 1 else records
            if len(part):
                yield BarBatch(self.table, interval, as_bars(part), closed)


class _Reading:
    """Ticks of one kind, read one block ahead."""

    def __init__(self, store: Sorted, after: int, upto: int, size: int) -> None:
        self._store = store
        self._size = size
        self._at, self._stop = store.position(after, "right"), store.position(upto, "right")
        self._block: Records = store.read(0, 0)
        self._fill()

    @property
    def first(self) -> int:
        """The timestamp of the next tick; the highest integer if there is none."""
        return int(self._block["ts"][0]) if len(self._block) else _END

    @property
    def done(self) -> bool:
        return self._at >= self._stop and not len(self._block)

    @property
    def bound(self) -> int:
        """The timestamp up to which the block is complete, apart from more ticks with that timestamp.

        There may be more only if the block has no other timestamp.
        """
        if self._at >= self._stop:
            return _END
        last = int(self._block["ts"][-1])
        return last - 1 if last > self.first else last

    def take(self, bound: int) -> Records:
        count = int(np.ascontiguousarray(self._block["ts"]).searchsorted(bound, side="right"))
        taken, self._block = self._block[:count], self._block[count:]
        if 2 * len(self._block) < self._size:
            self._fill()
        return taken

    def _fill(self) -> None:
        end = min(self._stop, self._at + self._size - len(self._block))
        if end > self._at:
            more = self._store.read(self._at, end)
            self._block = np.concatenate((self._block, more)) if len(self._block) else more
            self._at = end


class _Bars:
    """Bars in order, read step by step."""

    def __init__(self, store: Sorted, after: int, upto: int) -> None:
        self._store = store
        self._at, self._stop = store.position(after, "right"), store.position(upto, "right")

    def upto(self, bound: int) -> Records:
        end = min(self._stop, self._store.position(bound, "right"))
        records = self._store.read(self._at, end)
        self._at = max(self._at, end)
        return records
