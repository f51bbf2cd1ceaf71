"""Reads one file into ticks and bars, with a report of what was understood."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

import numpy as np

from feeds.files.chunk import Chunk
from feeds.files.contracts import Contracts
from feeds.files.date_parts import with_dates
from feeds.files.decimals import Decimals
from feeds.files.file_set import FileSet
from feeds.files.footer import body_of, footer_note, with_last, without_footer
from feeds.files.instruments import InstrumentWatch
from feeds.files.options import ReadOptions
from feeds.files.parsing.dialect import Dialect, dialect_of
from feeds.files.parsing.split import split
from feeds.files.parsing.table import Rows
from feeds.files.parsing.timestamp_reader import TimestampReader
from feeds.files.parsing.typed_columns import dialect_of_frame, is_number_column, rows_of, with_columns
from feeds.files.recognition.plan import Plan
from feeds.files.recognition.recognise import recognise
from feeds.files.recognition.zone_column import check_zones
from feeds.files.report import Complaint, FileReport, excerpt
from feeds.files.rows import read_rows
from feeds.files.sources.source import Block, Source
from feeds.files.stamps import StampChoices
from feeds.files.trade_details import TradeDetails, has_details, is_stock
from feeds.files.twins import check_twins
from ticker.conditions import ConditionTable
from ticker.errors import FeedError
from ticker.model import SymbolTable

#: Names of columns that count thousands or more: Volume (K), Vol (000s), Volume in millions.
_COUNTS_THOUSANDS: Final = re.compile(
    r"\((k|m|mn|mm|mio|bn|b|'?000'?s?)\)|\b(thousand|million|billion|lakh|crore)s?\b", re.IGNORECASE
)


class Reader:
    """Reads ``source`` once, block by block. The codes of the chunks are those of ``table``, which grows.

    ``beside`` are the files read together with it: their rows may tell what its own leave open (03/04/2024).

    ``chunks`` raises ``FeedError`` for a file of unknown layout, and with ``options.strict`` for the first bad row.
    """

    def __init__(
        self,
        source: Source,
        options: ReadOptions,
        table: SymbolTable,
        beside: FileSet | None = None,
        conditions: ConditionTable | None = None,
    ) -> None:
        self.report = FileReport(name=source.name, path=source.path, compression=source.compression, given=source.given)
        self._source = source
        self._beside = FileSet([source]) if beside is None else beside
        self._options = options
        self._table = table
        self._seen = np.zeros(0, np.bool_)
        self._symbol: str | None = None
        self._instruments: InstrumentWatch | None = None
        self._decimals = Decimals(source, self._beside, options, self.report)
        self._banner = ""
        self._stamps: StampChoices | None = None
        self._conditions = ConditionTable() if conditions is None else conditions
        self._details: TradeDetails | None = None
        self._contracts: Contracts | None = None
        self._exchange: str | None = None

    def chunks(self) -> Iterator[Chunk]:
        """The ticks and bars of each block, in the order of the file. ``report`` is complete at the end."""
        timestamps: TimestampReader | None = None
        for plan, rows in self._typed_rows() if self._source.is_table else self._text_rows():
            if timestamps is None:
                timestamps = self._timestamp_reader(plan, rows)
                self._exchange = plan.layout.exchange
                if has_details(plan):
                    self._details = TradeDetails(plan.vocabulary, self._table, self._conditions)
            chunk = self._read(rows, plan, timestamps)
            if self._instruments is not None:
                self._instruments.note(chunk)
            yield chunk
        if self._instruments is not None:
            self._instruments.check(self.report.name)
        if self._stamps is not None:
            self._stamps.finish()
        if self.report.rounded:
            count = "1 bar" if self.report.rounded == 1 else f"{self.report.rounded:,} bars"
            self.report.note(f"high or low of {count} was off by rounding: put right")
        if self._details is not None:
            self._details.report(self.report)
        if self._exchange is not None and all(map(is_stock, self.report.symbols)):
            self.report.exchange = self._exchange

    def _text_rows(self) -> Iterator[tuple[Plan, Rows]]:
        plan: Plan | None = None
        for block, is_last in with_last(self._source.blocks()):
            if plan is None:
                if not block.data.strip():
                    continue
                dialect = dialect_of(block.data, self.report.name)
                self.report.delimiter = dialect.delimiter
                self.report.banner_lines = dialect.banner_lines
                self._note_head(dialect, block.first_line - 1)
                self._banner = dialect.banner
                plan = recognise(dialect, self._options, self.report.name, self._source.names)
                plan = self._decimals.settle(plan, dialect)
                if dialect.note is not None:
                    self.report.note(dialect.note)
                block = _from_line(block, dialect.first_line)
            if is_last:
                block, footer = without_footer(block, plan)
                if footer:
                    self.report.note(footer_note(footer))
            yield plan, self._decimals.read(with_dates(split(block, plan.shape), plan))
        if plan is None:
            raise FeedError(f"{self.report.name}: the file is empty")

    def _typed_rows(self) -> Iterator[tuple[Plan, Rows]]:
        head = with_columns(self._source.head().frame)
        dialect = dialect_of_frame(head)
        self._note_head(dialect, 0)
        plan = self._decimals.settle(recognise(dialect, self._options, self.report.name, self._source.names), dialect)
        if is_number_column(head, plan.views[0].columns.get("symbol")):
            self.report.note("symbols are numbers in the file: leading zeros are lost; write them as text", "--columns")
        for table in self._source.tables(plan.shape.wanted):
            rows = with_dates(rows_of(table, plan.shape, dialect.first_line), plan)
            yield plan, self._decimals.read(rows)

    def _note_head(self, dialect: Dialect, before: int) -> None:
        """Note the header, or the first row if there is none; ``before`` lines are before the block."""
        report = self.report
        if dialect.header is not None:
            report.header = dialect.header
        if dialect.header_line is not None:
            report.header_line = dialect.header_line + before
        first = dialect.header or (dialect.rows[0].fields if dialect.rows else ())
        line = dialect.first_line + before if dialect.header is None else report.header_line or 0
        report.head = line, excerpt(dialect.delimiter.join(first))

    def _timestamp_reader(self, plan: Plan, rows: Rows) -> TimestampReader:
        """Decide from the first rows how timestamps are read; fill in the report with this and with the columns."""
        report, layout = self.report, plan.layout
        report.layout, report.title, report.kind = layout.name, layout.title, plan.content
        report.columns = plan.columns()
        report.places = {**plan.stamps, **plan.views[0].columns}
        used = {place for view in plan.views for place in view.columns.values()} | set(plan.stamps.values())
        used |= {*plan.contract, *plan.parts.values(), *([] if plan.zone is None else [plan.zone])}
        report.ignored = tuple(name for place, name in enumerate(plan.names) if place not in used)
        report.price_scale = plan.scale
        given = self._options.price_scale is not None
        report.how["price_scale"] = "option" if given else "layout" if plan.scale != 1 else "file"
        report.notes += plan.notes
        if self._source.beside:
            files = "1 file" if self._source.beside == 1 else f"{self._source.beside:,} files"
            report.note(f"{files} beside it left out: their names say that they have no prices, as openinterest")
        for role in ("size", "volume"):
            if _COUNTS_THOUSANDS.search(name := report.columns.get(role, "")):
                report.note(f"sizes are taken as they stand, though their column is called {name!r}", "--columns")
        for place, _ in plan.twins:
            report.note(
                f"the column {plan.names[place]!r} stands twice, with the same values: one is read", "--columns"
            )
        if plan.scale != 1 and not given and plan.named is None and report.header_line is None and not plan.notes:
            text = f"prices are divided by {plan.scale:,.0f}, as in files of {layout.title}"
            report.note(text, "--price-scale")
        self._choose_symbol(plan)
        self._stamps = StampChoices(plan, report, self._options, self._source, self._beside, self._banner, body_of)
        return self._stamps.reader(rows)

    def _choose_symbol(self, plan: Plan) -> None:
        how = self.report.how
        if "symbol" in plan.views[0].columns or plan.views[0].symbol is not None:
            how["symbol"] = "file"
            if plan.layout.name == "wide" and len(plan.views) == 1:
                self.report.note(f"symbol {plan.views[0].symbol} taken from the column's name", "--columns")
        elif self._options.symbol is not None:
            self._symbol, how["symbol"] = self._options.symbol, "option"
        else:
            self._symbol, how["symbol"] = self._named_symbol(plan), "name"
            self._instruments = InstrumentWatch()

    def _named_symbol(self, plan: Plan) -> str:
        report, found = self.report, self._beside.symbol(self._source)
        if plan.named is not None:
            symbol = self._beside.lean_symbol(self._source, plan.named.symbol)
            report.note(f"symbol {symbol} taken from the file's name", "--symbol")
            return symbol
        if found is None:
            raise FeedError(f"{report.name}: no column and no file name has the symbol; use --symbol NAME")
        symbol = found.symbol.upper() if plan.layout.upper else found.symbol
        whence = "the file's name" if not found.told_apart else f"names: {found.told_apart}"
        report.note(f"symbol {symbol} guessed from {whence}", "--symbol")
        if found.alike:
            report.note(f"symbol {symbol} is shared with {found.alike:,} more of the files", "--symbol")
        return symbol

    def _read(self, rows: Rows, plan: Plan, timestamps: TimestampReader) -> Chunk:
        report = self.report
        if plan.contract:
            self._contracts = self._contracts or Contracts(plan, report)
            rows = self._contracts.joined(rows)
        check_twins(rows, plan, report.name)
        if plan.zone is not None and self._stamps is not None and self._stamps.zone_text is not None:
            check_zones(rows, plan.zone, plan.names[plan.zone], self._stamps.zone_text, report.name)
        wanted = max(report.room, 1)
        read = read_rows(
            rows,
            plan,
            timestamps,
            self._table,
            symbol=self._symbol,
            wanted=wanted,
            allow_negative=self._options.allow_negative,
            details=self._details,
        )
        chunk = read.chunk
        report.rows += len(rows.lines) + len(rows.malformed)
        report.trades += len(chunk.trades)
        report.quotes += len(chunk.quotes)
        report.bars += len(chunk.bars)
        report.rounded += read.rounded
        if rows.trimmed:
            report.note("some rows end with more delimiters than the header: left out")
        for note in read.notes:
            report.note(note)
        if read.passed:
            report.passed[plan.layout.trade_if[0] if plan.layout.trade_if else ""] += read.passed
        malformed = [
            Complaint(line=line, column=None, text=None, reason=reason) for line, reason in rows.malformed[:wanted]
        ]
        if malformed or read.refused:
            counts = [(_counted_as(reason), 1) for _, reason in rows.malformed]
            report.refuse(counts + read.refused, malformed + read.complaints, strict=self._options.strict)
        self._note_symbols(chunk)
        return chunk

    def _note_symbols(self, chunk: Chunk) -> None:
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


def _from_line(block: Block, first_line: int) -> Block:
    """The block without the lines before ``first_line``: the header."""
    data, skip = block.data, first_line - 1
    at = 0
    for _ in range(min(skip, block.lines)):
        at = data.index(b"\n", at) + 1
    return Block(data[at:], block.first_line + skip, block.lines - skip)


def _counted_as(reason: str) -> str:
    """The reason that a malformed line is counted under: one for every wrong number of fields."""
    return "wrong number of fields" if " field" in reason else reason
