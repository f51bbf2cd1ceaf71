"""One file, from its bytes (or its typed columns) to good ticks and bars, and a report of what was understood.

It knows neither the file's compression nor the order of time: sources give it blocks, others sort what it finds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

import numpy as np

from feeds.files.chunk import Chunk
from feeds.files.layouts.catalog import BY_COLUMNS
from feeds.files.names import date_of, symbol_of
from feeds.files.options import ReadOptions
from feeds.files.parsing.dates import midnight_ns
from feeds.files.parsing.dialect import Dialect, dialect_of
from feeds.files.parsing.split import split
from feeds.files.parsing.table import Column, Rows
from feeds.files.parsing.timestamp_formats import CLOCK, LOCAL, NOTHING, UTC
from feeds.files.parsing.timestamp_reader import TimestampReader, ambiguous_separator, is_day_first, parse, texts_of
from feeds.files.parsing.typed_columns import dialect_of_frame, rows_of, with_columns
from feeds.files.recognition.plan import Plan
from feeds.files.recognition.recognise import recognise
from feeds.files.refusals import Refusals
from feeds.files.report import Complaint, FileReport
from feeds.files.rows import read_rows
from feeds.files.sources.source import Block, Source
from feeds.files.validate import validate
from ticker.errors import FeedError
from ticker.model import SymbolTable


class Reader:
    """Reads ``source`` once, in blocks. Codes of the chunks are those of ``table``, which grows.

    ``beside`` are the files that are read with it: what its own rows leave open (03/04/2024), theirs may tell.

    Raises ``OptionError`` for options that are wrong whatever the file is; ``chunks`` raises ``FeedError`` for a file
    that isn't understood, and with ``options.strict`` for the first bad row.
    """

    def __init__(self, source: Source, options: ReadOptions, table: SymbolTable, beside: Sequence[Source] = ()) -> None:
        validate(options)
        self.report = FileReport(name=source.name, path=source.path, compression=source.compression)
        self._source = source
        self._beside = beside
        self._options = options
        self._table = table
        self._refusals = Refusals(self.report, strict=options.strict)
        self._seen = np.zeros(0, np.bool_)
        self._symbol: str | None = None
        self._decimal = "."

    def chunks(self) -> Iterator[Chunk]:
        """What each block has, in the file's own order. ``report`` is whole when it has ended."""
        yield from self._tables() if self._source.is_table else self._blocks()

    def _blocks(self) -> Iterator[Chunk]:
        plan: Plan | None = None
        timestamp_reader: TimestampReader | None = None
        for block in self._source.blocks():
            if plan is None or timestamp_reader is None:
                if not block.data.strip():
                    continue
                dialect = self._dialect(block.data)
                self._tell_dialect(dialect, block.first_line)
                plan = recognise(dialect, self._options, self.report.name)
                self._decimal = dialect.decimal
                rows = split(_without_trailer(_behind(block, dialect.first_line), plan), plan.shape)
                timestamp_reader = self._timestamp_reader(plan, rows)
                yield self._read(rows, plan, timestamp_reader)
                continue
            yield self._read(split(_without_trailer(block, plan), plan.shape), plan, timestamp_reader)
        if plan is None:
            raise FeedError(f"{self.report.name}: the file is empty")

    def _tables(self) -> Iterator[Chunk]:
        plan: Plan | None = None
        timestamp_reader: TimestampReader | None = None
        for table in self._source.tables():
            frame = with_columns(table.frame)
            if plan is None:
                plan = recognise(dialect_of_frame(frame), self._options, self.report.name)
            rows = rows_of(table, frame, plan.shape)
            if timestamp_reader is None:
                timestamp_reader = self._timestamp_reader(plan, rows)
            yield self._read(rows, plan, timestamp_reader)

    def _dialect(self, text: bytes) -> Dialect:
        return dialect_of(text, self.report.name)

    def _tell_dialect(self, dialect: Dialect, first_line: int) -> None:
        self.report.delimiter = dialect.delimiter
        self.report.banner_lines = dialect.banner_lines
        if dialect.header_line is not None:
            self.report.header_line = dialect.header_line + first_line - 1

    def _timestamp_reader(self, plan: Plan, rows: Rows) -> TimestampReader:
        """What the first rows tell of the stamps, the symbol and the day; all of it told in the report."""
        report, layout = self.report, plan.layout
        report.layout, report.title, report.kind = layout.name, layout.title, plan.gives
        report.columns = plan.columns()
        used = {place for view in plan.views for place in view.columns.values()} | set(plan.stamps.values())
        report.ignored = tuple(name for place, name in enumerate(plan.names) if place not in used)
        self._tell_scale(plan)
        self._tell_symbol(plan)
        day_first = self._day_first(plan, rows)
        kinds, words = _kinds(plan, rows, day_first)
        has_clock = CLOCK in kinds or ("date" not in plan.stamps and plan.reading in ("clock", "ms", "s") and words)
        day_ns = self._day(words) if has_clock else None
        self._tell_zone(plan, kinds)
        report.stamp_form = _form(plan, rows, kinds, words, day_first)
        return TimestampReader(
            zone=report.time_zone,
            reading=plan.reading,
            day_ns=day_ns,
            day_first=day_first,
            mixed_units=layout.mixed_units,
            equal_is_second=plan.kind == "bars",
        )

    def _tell_scale(self, plan: Plan) -> None:
        self.report.price_scale = plan.scale
        said = self._options.price_scale is not None
        self.report.how["price_scale"] = "option" if said else "layout" if plan.scale != 1 else "file"

    def _tell_symbol(self, plan: Plan) -> None:
        if "symbol" in plan.views[0].columns or plan.views[0].symbol is not None:
            self.report.how["symbol"] = "file"
        elif self._options.symbol is not None:
            self._symbol, self.report.how["symbol"] = self._options.symbol, "option"
        else:
            self._symbol = symbol_of(self._source.names, upper=plan.layout.upper)
            self.report.how["symbol"] = "name"
            if self._symbol is None:
                raise FeedError(
                    f"{self.report.name}: neither columns nor name tell the symbol: say it with --symbol NAME"
                )

    def _tell_zone(self, plan: Plan, kinds: set[int]) -> None:
        report = self.report
        if self._options.time_zone is not None:
            report.time_zone, report.how["time_zone"] = self._options.time_zone, "option"
        elif kinds == {UTC}:
            report.time_zone, report.how["time_zone"] = "UTC", "file"
        elif plan.layout.zone is not None:
            report.time_zone, report.how["time_zone"] = plan.layout.zone, "layout"
        else:
            report.time_zone, report.how["time_zone"] = "UTC", "assumed"

    def _day(self, words: list[str]) -> int:
        report = self.report
        found = self._options.date
        report.how["date"] = "option"
        if found is None:
            found = date_of(self._source.names)
            report.how["date"] = "name"
        if found is None:
            example = f" ({words[0]!r})" if words else ""
            raise FeedError(
                f"{report.name}: its stamps are times of day{example}, and neither a column nor the file's name tells "
                "the day: say it with --date YYYY-MM-DD"
            )
        report.date = found
        return midnight_ns(date.fromisoformat(found))

    def _day_first(self, plan: Plan, rows: Rows) -> bool:
        """Whether 03/04/2024 is in April. Where the first rows don't tell, those behind them are asked."""
        place = plan.stamps.get("date", next(iter(plan.stamps.values())))
        column = rows.columns[place]
        if not isinstance(column, np.ndarray) or plan.reading in ("ms", "s") or not len(rows.lines):
            return False
        mark = ambiguous_separator(np.array([rows.text(0, place)], object))
        if not mark:
            return False
        told = is_day_first(np.array(list(texts_of(rows, place)), object), "stamp")
        is_documented = plan.layout.name not in BY_COLUMNS
        if told is None and mark == "/" and not is_documented and not self._source.is_table:
            told = next((told for told in self._told_of_days(plan, place) if told is not None), None)
        if mark == "/":
            self.report.how["day_first"] = "file" if told is not None else "layout" if is_documented else "assumed"
        return mark == "." if told is None else told

    def _told_of_days(self, plan: Plan, place: int) -> Iterator[bool | None]:
        """What each block of this file, and then of those beside it, tells of what comes first in a date."""
        others = (source for source in self._beside if source is not self._source and not source.is_table)
        for source in (self._source, *others):
            for block in source.blocks():
                rows = split(_without_trailer(block, plan), plan.shape)
                yield is_day_first(np.array(list(texts_of(rows, place)), object), "stamp")

    def _read(self, rows: Rows, plan: Plan, timestamp_reader: TimestampReader) -> Chunk:
        report, wanted = self.report, self._refusals.wanted
        read = read_rows(
            rows, plan, timestamp_reader, self._table, symbol=self._symbol, decimal=self._decimal, wanted=max(wanted, 1)
        )
        chunk = read.chunk
        report.rows += len(rows.lines) + len(rows.malformed)
        report.trades += len(chunk.trades)
        report.quotes += len(chunk.quotes)
        report.bars += len(chunk.bars)
        if read.passed:
            report.passed[plan.layout.trade_if[0] if plan.layout.trade_if else ""] += read.passed
        malformed = [
            Complaint(line=line, column=None, text=None, reason=reason)
            for line, reason in rows.malformed[: max(wanted, 1)]
        ]
        if malformed or read.refused:
            counts = [(_kind_of(reason), 1) for _, reason in rows.malformed]
            self._refusals.add(counts + read.refused, malformed + read.complaints)
        self._tell_symbols(chunk)
        return chunk

    def _tell_symbols(self, chunk: Chunk) -> None:
        if len(self._seen) < len(self._table):
            self._seen = np.concatenate([self._seen, np.zeros(2 * len(self._table) - len(self._seen), np.bool_)])
        for part in (chunk.trades, chunk.quotes, chunk.bars):
            if len(part):
                new = np.zeros(len(self._seen), np.bool_)
                new[part.symbol] = True
                new &= ~self._seen
                if new.any():
                    self._seen |= new
                    self.report.symbols += [self._table[code] for code in np.flatnonzero(new).tolist()]


def _behind(block: Block, first_line: int) -> Block:
    """The block from a line on: what stands before is the header."""
    data, skip = block.data, first_line - 1
    at = 0
    for _ in range(min(skip, block.lines)):
        at = data.index(b"\n", at) + 1
    return Block(data[at:], block.first_line + skip, block.lines - skip)


def _without_trailer(block: Block, plan: Plan) -> Block:
    """The block without a last line that is no row, such as TAQ's ``END|20240103|2``."""
    if plan.layout.trailer is None:
        return block
    start = block.data.rfind(b"\n", 0, len(block.data.rstrip()) - 1) + 1
    if not block.data[start:].startswith((plan.layout.trailer + plan.shape.delimiter).encode()):
        return block
    data = block.data[:start]
    return Block(data, block.first_line, data.count(b"\n"))


def _kind_of(reason: str) -> str:
    """What a line that is no row is counted under: not each number of fields apart."""
    return "wrong number of fields" if " field" in reason else reason


def _kinds(plan: Plan, rows: Rows, day_first: bool) -> tuple[set[int], list[str]]:
    """What the first rows' stamps are, and the first of them in words."""
    place = next(iter(plan.stamps.values()))
    words = [rows.text(0, place)] if len(rows.lines) else []
    if "date" in plan.stamps:
        return {LOCAL}, words
    column: Column = rows.columns[place]
    kinds = set(parse(column, plan.reading, day_first=day_first).kind.tolist()) - {NOTHING}
    return kinds, words


_UNIT_WORDS = {9: "seconds", 10: "seconds", 13: "milliseconds", 15: "microseconds", 16: "microseconds"}


def _form(plan: Plan, rows: Rows, kinds: set[int], words: list[str], day_first: bool) -> str:
    """The form of the stamps, in words."""
    if "date" in plan.stamps:
        return "date and time in two columns"
    if plan.reading in ("ms", "s"):
        return f"{'milli' if plan.reading == 'ms' else ''}seconds since midnight"
    if CLOCK in kinds or plan.reading == "clock":
        return "times of day"
    if not isinstance(rows.columns[plan.stamps["timestamp"]], np.ndarray):
        return "typed"
    word = words[0] if words else ""
    whole = word.partition(".")[0]
    if whole.isdecimal() and kinds == {UTC}:
        return f"epoch numbers in {_UNIT_WORDS.get(len(whole), 'nanoseconds')}"
    mark = ambiguous_separator(np.array([word], object))
    if mark:
        return "day before month" if day_first else "month before day"
    if word[:4].isdecimal() and word[4:5] == "-" and "-A" not in word and "-P" not in word:
        return "ISO 8601 with offset" if kinds == {UTC} else "ISO 8601"
    return f"like {word!r}" if word else ""
