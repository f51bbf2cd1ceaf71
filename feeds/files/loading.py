"""Loads a user's files into a timeline: reads them one after the other and sorts all events by time."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
import pandas as pd

from feeds.files.agreement import check_agreement
from feeds.files.chunk import NO_SPLITS, Chunk, FileSplits
from feeds.files.file_set import FileSet
from feeds.files.interval_names import interval_in_names, interval_text
from feeds.files.layouts.catalog import BY_COLUMNS
from feeds.files.options import ReadOptions
from feeds.files.orders import Gaps, OrderWatch
from feeds.files.overlaps import Sample, check_markets, instruments_apart, note_overlaps
from feeds.files.reader import Reader
from feeds.files.report import FileReport, Gap
from feeds.files.sources.opening import MAX_UNPACKED_BYTES, open_sources
from feeds.files.sources.source import Source
from feeds.files.timeline.bar_days import (
    DAY_NS,
    LONGEST_DAY_NS,
    SHORTEST_DAY_NS,
    FileDays,
    LongBars,
    are_days_with_gaps,
    are_working_days,
    day_ends,
    day_starts,
    days_of_bars,
    days_of_ticks,
)
from feeds.files.timeline.bar_stamps import are_ends, are_starts, column_says, last_instant_ns
from feeds.files.timeline.bar_trades import trades_of_bars
from feeds.files.timeline.bars import FileBars
from feeds.files.timeline.forward_fill import fill_one_sided
from feeds.files.timeline.records import (
    BARS,
    DETAILED,
    QUOTES,
    TRADES,
    detailed,
    from_bars,
    from_corrections,
    from_quotes,
    from_trades,
)
from feeds.files.timeline.sorting import RUN, Sorter
from feeds.files.timeline.splits import SplitEvidence, split_events
from feeds.files.timeline.symbol_days import ASSUMED, LONG_BARS, STATED, SymbolDays
from feeds.files.timeline.timeline import Timeline
from feeds.files.validate import validate
from ticker.calendar import CALENDARS, market_calendar
from ticker.conditions import ConditionTable
from ticker.errors import FeedError
from ticker.feed.feed import LoadProgress
from ticker.intervals import interval_of
from ticker.model import Stamps, SymbolTable, TickBatch

_PROGRESS_EVERY_S: Final = 0.05


def load(
    paths: Sequence[str],
    options: ReadOptions,
    *,
    progress: Callable[[LoadProgress], None] | None = None,
    run: int = RUN,
    max_unpacked_bytes: int = MAX_UNPACKED_BYTES,
) -> Timeline:
    """Read files, or folders of files, and merge them by time.

    Raises ``OptionError`` for a wrong option and ``FeedError`` for a file that can't be opened or read to its end, if
    no row at all is good, and with ``options.strict`` for the first bad row. Memory is bounded by ``run``, the number
    of records sorted at once; disk usage is 29 bytes per trade (50 with sale conditions or ids), 44 per quote and 290
    per bar. ``max_unpacked_bytes`` limits the decompressed size of each file.
    """
    validate(options)
    files = FileSet(open_sources(paths, max_unpacked_bytes))
    loading = _Loading(options, progress, run)
    try:
        loading.read(files)
        several = loading.several_instruments()
        apart = files.apart(several) if several else None
        if apart is not None:
            # Only the rows show that files are of several instruments: they are read again.
            loading.close()
            loading = _Loading(options, progress, run)
            loading.read(apart)
        loading.check()
        return loading.timeline()
    except BaseException:
        loading.close()
        raise


class _Loading:
    def __init__(self, options: ReadOptions, progress: Callable[[LoadProgress], None] | None, run: int) -> None:
        self._table = SymbolTable()
        self._conditions = ConditionTable()
        self._options = options
        self._progress = progress
        self._shown_s = 0.0
        self._reports: list[FileReport] = []
        self._samples: list[Sample] = []
        #: Files whose gaps show only after sorting.
        self._gaps_unknown: list[FileReport] = []
        self._trades, self._quotes = Sorter(TRADES, run), Sorter(QUOTES, run)
        # Bars are kept three times: those of the file being read, all by start, and all by end.
        self._bars: FileBars | None = None
        self._days = SymbolDays()
        self._splits: list[tuple[int, int, float]] = []
        self._bar_run = max(1, run // 8)  # a bar is three times as long as a tick, and sorted three times
        self._opened, self._closed = Sorter(BARS, self._bar_run), Sorter(BARS, self._bar_run)
        self._sorters = (self._trades, self._quotes, self._opened, self._closed)

    def close(self) -> None:
        for sorter in (self._bars, *self._sorters):
            if sorter is not None:
                sorter.close()

    def read(self, files: FileSet) -> None:
        size = sum(source.size_bytes for source in files)
        done = rows = 0
        for source in files:
            reader = Reader(source, self._options, self._table, files, self._conditions)
            self._reports.append(reader.report)
            watch = OrderWatch()
            sample = Sample(source, reader.report)
            self._samples.append(sample)
            named = files.symbol(source)
            is_shared = named is not None and named.alike > 0
            bars = self._bars = FileBars(self._bar_run)
            splits: list[FileSplits] = []
            for chunk in reader.chunks():
                watch.note(chunk)
                if is_shared and reader.report.how.get("symbol") == "name":
                    sample.note(chunk)
                self._add_trades(chunk)
                self._quotes.add(from_quotes(chunk.quotes))
                bars.add(chunk.bars)
                splits += [chunk.splits] if len(chunk.splits) else []
                self._show(source.name, done + source.done_bytes, size, rows + reader.report.rows)
            if not reader.report.rows:
                raise FeedError(reader.report.fault)
            if not watch.fill_in(reader.report):
                self._gaps_unknown.append(reader.report)
            if len(bars):
                self._add_bars(bars, splits, reader.report, source.names)
            elif reader.report.trades or reader.report.quotes:
                self._note_days(reader.report, days_of_ticks(reader.report, self._options.exchange))
            bars.close()
            done, rows = done + source.size_bytes, rows + reader.report.rows
        self._show("", size, size, rows, last=True)

    def several_instruments(self) -> list[tuple[list[Source], list[tuple[Source, Source]]]]:
        """The files of each symbol that are of several instruments, and pairs of them."""
        return instruments_apart(self._samples)

    def check(self) -> None:
        """Raise ``FeedError`` if files contradict each other; note what they have in common."""
        check_agreement(self._reports)
        check_markets(self._samples)
        note_overlaps(self._reports)

    def _show(self, name: str, done: int, size: int, rows: int, *, last: bool = False) -> None:
        now_s = time.monotonic()
        if self._progress is not None and (last or now_s - self._shown_s >= _PROGRESS_EVERY_S):
            self._shown_s = now_s
            self._progress(LoadProgress(name, min(done, size), size, rows))

    def _add_trades(self, chunk: Chunk) -> None:
        trades, kept = chunk.trades, self._trades
        if (trades.condition is not None or trades.id is not None or chunk.corrections) and kept.dtype != DETAILED:
            kept.convert(DETAILED, detailed)
        records = from_trades(trades, chunk.played, kept.dtype)
        if chunk.corrections:
            # In their place: of one time, trades and corrections keep the order of the file.
            before = np.full(len(chunk.corrections), len(records)) if chunk.before is None else chunk.before
            records = np.insert(records, before, from_corrections(chunk.corrections))
        kept.add(records)

    def _add_bars(self, bars: FileBars, splits: Sequence[FileSplits], report: FileReport, names: Sequence[str]) -> None:
        """Add a file's bars, and the trades that they are played as. Their interval is known once all are read."""
        named_ns = interval_in_names(names)
        bars.finish(report.time_zone, named_ns, are_months=report.has_months)
        starts = bars.starts()
        if are_working_days(starts, bars.interval_ns):
            bars.interval_ns = DAY_NS
        elif named_ns != bars.interval_ns and are_days_with_gaps(starts, bars.interval_ns):
            apart = interval_text(bars.interval_ns)
            report.note(f"the closest bars are {apart} apart: taken as bars of a day, of which some are missing")
            bars.interval_ns = DAY_NS
        interval_ns = report.interval_ns = bars.interval_ns
        if bars.is_assumed:
            named = ", as the names say" if named_ns == interval_ns else ""
            length = interval_text(interval_ns)
            report.note(f"no symbol has two bars, which would show their length: taken as {length}{named}")
        shift_ns = self._shift_of_stamps(report, starts)
        if interval_ns >= SHORTEST_DAY_NS:
            report.ways.pop("zone", None)  # dates need none
        elif report.first_stamp is not None and self._options.bar_stamp is None:
            says = f"stamped at their {'end' if shift_ns else 'start'}"
            report.ways["stamps of bars"] = report.first_stamp._replace(says=says)
        days = days_of_bars(report, self._options.exchange, starts - shift_ns, interval_ns)
        bars.place(days.calendar.zone, lambda old: days.moved(old - shift_ns))
        stated = FileSplits.joined(splits) if splits else NO_SPLITS
        split_starts = days.moved(stated.start - shift_ns)
        if interval_ns < SHORTEST_DAY_NS:
            split_starts = day_starts(days.calendar, split_starts)
        evidence = SplitEvidence(stated, split_starts)
        # They are sorted while the file's bars are in memory.
        self._trades.shorten(2 * self._bar_run)
        if bars.repeated_at is not None:
            code, start = bars.repeated_at
            if self._options.strict:
                when = pd.Timestamp(start, tz="UTC")
                raise FeedError(f"{report.name}: two bars of {self._table[code]} start at {when}")
            report.refused["has a later bar with the same start"] += bars.repeated
            report.bars -= bars.repeated
        if interval_of(interval_ns) is None:
            count = "1 bar" if report.bars == 1 else f"{report.bars:,} bars"
            length = interval_text(interval_ns)
            report.note(f"{count} of {length} left out of the bars, which have no such interval: played as trades only")
        gaps = Gaps()
        long_bars = LongBars() if interval_ns > LONGEST_DAY_NS else None
        within_day = interval_ns < SHORTEST_DAY_NS
        first = last = 0
        for part, lasting_ns in bars.blocks():
            if not len(part):
                continue
            gaps.note(part.start)
            evidence.note(part)
            first, last = first or int(part.start[0]), int(part.start[-1])
            playing_ns = lasting_ns
            if within_day:
                # All trades of a bar belong to the day in which it starts.
                playing_ns = np.minimum(lasting_ns, day_ends(days.calendar, part.start) - part.start)
            elif long_bars is not None:
                long_bars.add(part, lasting_ns)
            made_up = trades_of_bars(part, playing_ns)
            self._trades.add(from_trades(made_up, None, self._trades.dtype, made_up=True))
            self._opened.add(from_bars(part, part.start, interval_ns))
            self._closed.add(from_bars(part, part.start + lasting_ns, interval_ns))
        report.first, report.last, report.gaps = first, last, gaps.found()
        self._splits += evidence.played(report, self._table, days.calendar)
        if long_bars is None:
            self._note_days(report, days)
        else:
            for code, calendar in long_bars.calendars(days.calendar.zone):
                self._days.add([self._table[code]], calendar, LONG_BARS)

    def _shift_of_stamps(self, report: FileReport, stamps: Stamps) -> int:
        """By how much (ns) the stamps of a file's bars are later than their starts."""
        chosen, interval_ns, exchange = self._options.bar_stamp, report.interval_ns or 0, self._options.exchange
        said = column_says(report.columns)
        market = None if exchange is None else market_calendar(exchange)
        if market is None and report.time_zone == "UTC" and report.how.get("time_zone") == "file":
            market = CALENDARS["XNYS"]  # as evidence only: bars in UTC may be of these sessions
        within_day = interval_ns < SHORTEST_DAY_NS
        if chosen is None and said == "end":
            chosen = "end"
            report.note("bars are stamped at their end, as the name of the column says", "--bar-stamp")
        elif chosen is None and said is None and within_day:
            # Where UTC is assumed, the times may be those of the exchange all the same.
            is_assumed = market is not None and report.how.get("time_zone") == "assumed"
            markets = (market, None) if is_assumed else (market,)
            if any(are_ends(stamps, interval_ns, report.time_zone, each) for each in markets):
                chosen = "end"
                report.note("bars are stamped at their end, as the first and last ones of days show", "--bar-stamp")
            elif report.layout in BY_COLUMNS and not are_starts(stamps, report.time_zone, market):
                report.note("bars are taken to be stamped at their start, no row shows which", "--bar-stamp")
        return interval_ns - last_instant_ns(stamps) if chosen == "end" else 0

    def _note_days(self, report: FileReport, days: FileDays) -> None:
        report.calendar = days.calendar
        names = report.symbols or ["?"]
        kept = self._days.add(names, days.calendar, STATED if days.is_stated else ASSUMED)
        if kept:
            report.note(f"trading days of {kept[0]} are those of an earlier file", "--exchange")

    def timeline(self) -> Timeline:
        reports = self._reports
        if not any(map(len, self._sorters)):
            raise FeedError(next((report for report in reports if report.complaints), reports[0]).fault)
        trades, quotes, opened, closed = (sorter.finish() for sorter in self._sorters)
        fill_one_sided(quotes, len(self._table))
        zones = {report.time_zone for report in reports if report.first is not None}
        zone = zones.pop() if len(zones) == 1 else "UTC"
        days, conditions = self._days, self._conditions
        timeline = Timeline(
            self._table,
            trades,
            quotes,
            opened,
            closed,
            reports,
            zone,
            conditions,
            days.calendar,
            days.others,
            split_events(self._splits, self._table),
        )
        for report in self._gaps_unknown:
            if not report.bars:
                report.gaps = _gaps(timeline) if len(reports) == 1 else []
        return timeline


def _gaps(timeline: Timeline) -> list[Gap]:
    """The gaps of a single file that was not in time order."""
    gaps = Gaps()
    for event in timeline.events():
        if isinstance(event, TickBatch):
            gaps.note(np.sort(np.concatenate((event.trades.ts, event.quotes.ts))))
    return gaps.found()
