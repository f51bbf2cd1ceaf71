"""Files of a user's to a timeline: read one after the other, put in the order of time, understood as a whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd

from feeds.files.options import ReadOptions
from feeds.files.orders import Gaps, OrderWatch
from feeds.files.reader import Reader
from feeds.files.report import FileReport, Gap
from feeds.files.sources.opening import open_sources
from feeds.files.sources.source import Source
from feeds.files.timeline.bar_walk import walk
from feeds.files.timeline.bars import FileBars
from feeds.files.timeline.forward_fill import fill_one_sided
from feeds.files.timeline.records import BARS, QUOTES, TRADES, from_bars, from_quotes, from_trades
from feeds.files.timeline.sorting import RUN, Sorter
from feeds.files.timeline.timeline import Timeline
from ticker.errors import FeedError
from ticker.model import SymbolTable, TickBatch

_PROGRESS_EVERY_S: Final = 0.05


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the loading is, all files together; ``name`` is the one being read."""

    name: str
    done_bytes: int
    size_bytes: int
    rows: int


def load(
    paths: Sequence[str],
    options: ReadOptions,
    *,
    progress: Callable[[Progress], None] | None = None,
    run: int = RUN,
) -> Timeline:
    """Everything in the files (or folders of files), sorted and merged by time.

    Raises ``FeedError`` for what can't be opened or read to its end, and for files without a single good row; with
    ``options.strict`` for the first bad row. Memory is bounded by ``run``, the records sorted at once; the disk takes
    28 bytes a trade, 44 a quote, and 270 a bar.
    """
    loading = _Loading(options, progress, run)
    try:
        loading.read(open_sources(paths, options))
        return loading.timeline()
    except BaseException:
        loading.close()
        raise


class _Loading:
    def __init__(self, options: ReadOptions, progress: Callable[[Progress], None] | None, run: int) -> None:
        self._table = SymbolTable()
        self._options = options
        self._progress = progress
        self._told_s = 0.0
        self._reports: list[FileReport] = []
        # Files whose rows lie so that only sorting them shows the gaps.
        self._gaps_unknown: list[FileReport] = []
        self._trades, self._quotes = Sorter(TRADES, run), Sorter(QUOTES, run)
        # The same bars three times: those of the file being read, and all, by their beginning and by their end.
        self._bars: FileBars | None = None
        self._run_of_bars = max(1, run // 4)  # they are so many times as long as ticks
        self._opened, self._closed = Sorter(BARS, self._run_of_bars), Sorter(BARS, self._run_of_bars)
        self._sorters = (self._trades, self._quotes, self._opened, self._closed)

    def close(self) -> None:
        for sorter in (self._bars, *self._sorters):
            if sorter is not None:
                sorter.close()

    def read(self, sources: Sequence[Source]) -> None:
        size = sum(source.size_bytes for source in sources)
        done = rows = 0
        for source in sources:
            reader = Reader(source, self._options, self._table, sources)
            self._reports.append(reader.report)
            watch = OrderWatch()
            bars = self._bars = FileBars(self._run_of_bars)
            for chunk in reader.chunks():
                watch.note(chunk)
                self._trades.add(from_trades(chunk.trades))
                self._quotes.add(from_quotes(chunk.quotes))
                bars.add(chunk.bars)
                self._tell(source.name, done + source.done_bytes, size, rows + reader.report.rows)
            if not reader.report.rows:
                raise FeedError(_nothing([reader.report]))
            if not watch.tell(reader.report):
                self._gaps_unknown.append(reader.report)
            if len(bars):
                self._add_bars(bars, reader.report)
            bars.close()
            done, rows = done + source.size_bytes, rows + reader.report.rows
        self._tell("", size, size, rows, last=True)

    def _tell(self, name: str, done: int, size: int, rows: int, *, last: bool = False) -> None:
        now_s = time.monotonic()
        if self._progress is not None and (last or now_s - self._told_s >= _PROGRESS_EVERY_S):
            self._told_s = now_s
            self._progress(Progress(name, min(done, size), size, rows))

    def _add_bars(self, bars: FileBars, report: FileReport) -> None:
        """A file's bars, whose interval is known now that all of them are: walked into trades, and kept as they are."""
        bars.finish(report.time_zone)
        report.interval_ns = bars.interval_ns
        if bars.repeated_at is not None:
            code, start = bars.repeated_at
            if self._options.strict:
                raise FeedError(
                    f"{report.name}: two bars of {self._table[code]} begin at {pd.Timestamp(start, tz='UTC')}"
                )
            report.refused["has a later bar with the same start"] += bars.repeated
            report.bars -= bars.repeated
        gaps = Gaps()
        for part, lasting_ns in bars.blocks():
            gaps.note(part.start)
            self._trades.add(from_trades(walk(part, lasting_ns)))
            self._opened.add(from_bars(part, part.start, bars.interval_ns))
            self._closed.add(from_bars(part, part.start + lasting_ns, bars.interval_ns))
        report.gaps = gaps.found()

    def timeline(self) -> Timeline:
        reports = self._reports
        if not any(map(len, self._sorters)):
            raise FeedError(_nothing(reports))
        trades, quotes, opened, closed = (sorter.finish() for sorter in self._sorters)
        fill_one_sided(quotes, len(self._table))
        zones = {report.time_zone for report in reports if report.first is not None}
        zone = zones.pop() if len(zones) == 1 else "UTC"
        timeline = Timeline(self._table, trades, quotes, opened, closed, reports, zone)
        for report in self._gaps_unknown:
            if not report.bars:
                report.gaps = _gaps(timeline) if len(reports) == 1 else []
        return timeline


def _gaps(timeline: Timeline) -> list[Gap]:
    """Those of a single file, which lay in another order there."""
    gaps = Gaps()
    for event in timeline.events():
        if isinstance(event, TickBatch):
            gaps.note(np.sort(np.concatenate((event.trades.ts, event.quotes.ts))))
    return gaps.found()


def _nothing(reports: Sequence[FileReport]) -> str:
    """What to say where nothing can be played."""
    report = next((report for report in reports if report.complaints), reports[0])
    if report.complaints:
        return f"{report.complaints[0].words(report.name)}; no row of {report.rows:,} is good"
    if report.rows:
        return f"{report.name}: none of its {report.rows:,} rows has anything to play"
    return f"{report.name}: has a header but no rows" if report.header_line else f"{report.name}: no rows"
