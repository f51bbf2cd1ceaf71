"""One reading of a CSV file from its header to its end, chunk by chunk. It blocks: it belongs into a thread.

It knows no event loop and no pace.
"""

from __future__ import annotations

import threading
from dataclasses import fields
from pathlib import Path
from typing import Final

import numpy as np

from feeds.bar_walk import interval_ns, walk
from feeds.csv_file import Block, CsvFile
from feeds.csv_layout import Layout, layout_of
from feeds.csv_rows import Bars, read_bars, read_ticks
from feeds.csv_split import split
from feeds.csv_table import Rows, TextNeeded
from feeds.refusals import Refusal, Refusals
from feeds.sequence import Sequencer
from ticker.errors import FeedError
from ticker.model import Quotes, SymbolTable, TickBatch, Trades

#: Rows that are sorted and handed on together. Two such chunks are in memory at the most: one is replayed while the
#: next is read.
CHUNK_ROWS: Final = 65_536
#: After a block that could not be read typed, so many are read as text at once: bad rows and blanks seldom come alone.
AS_TEXT: Final = 16


class CsvReading:
    """Reads ``path`` into batches whose codes are those of ``table``, which grows.

    Nothing is opened before the first ``chunk()``. ``quiet`` counts bad rows without logging any. What can't be read
    raises ``FeedError`` with the file and what is wrong. ``close()`` may be called from any thread, also while
    ``chunk()`` runs in another: the file is then closed when that is done. ``resume()`` makes the next ``chunk()``
    go on behind the last one that was given out.
    """

    def __init__(self, path: Path, table: SymbolTable, *, quiet: bool = False) -> None:
        self.path = path
        self.rows = 0
        self.ticks = 0
        self.layout: Layout | None = None
        self.refusals = Refusals(path, quiet=quiet)
        self._table = table
        self._sequencer = Sequencer(table)
        self._interval_ns: int | None = None
        self._blocks_as_text = 0
        self._file: CsvFile | None = None
        self._error: FeedError | None = None
        self._lock = threading.Lock()
        self._closed = False

    @property
    def ended(self) -> bool:
        """Whether the whole file was read (some of its ticks may still be held back)."""
        return self._file is not None and self._file.ended

    @property
    def error(self) -> FeedError | None:
        """What will stop the reading once the rows before it are given out, if it is known already."""
        return self._file.error if self._file else None

    @property
    def late(self) -> int:
        """Ticks that were older than those of an earlier chunk."""
        return self._sequencer.late

    def chunk(self, rows: int = CHUNK_ROWS) -> list[TickBatch] | None:
        """The ticks of the next ``rows`` rows or a few more: batches in order, of one UTC day each; None at the end."""
        with self._lock:
            batches = self._chunk(rows)
        if self._closed:
            self.close()
        return batches

    def close(self) -> None:
        self._closed = True
        if self._lock.acquire(blocking=False):
            try:
                if self._file is not None:
                    self._file.close()
            finally:
                self._lock.release()

    def resume(self) -> None:
        self._closed = False

    def _opened(self) -> tuple[CsvFile, Layout]:
        if self._file is None:
            self._file = CsvFile(self.path)
        elif self._file.closed:
            self._file.reopen()
        if self.layout is None:
            header = self._file.header()
            try:
                self.layout = layout_of(header)
            except FeedError as error:
                raise FeedError(f"{self.path}: {error}") from None
        return self._file, self.layout

    def _chunk(self, rows: int) -> list[TickBatch] | None:
        if self._error is not None:
            error, self._error = self._error, None
            raise error
        file, layout = self._opened()
        before = self.rows
        trades: list[Trades] = []
        quotes: list[Quotes] = []
        bars: list[Bars] = []
        try:
            while self.rows - before < rows and (block := file.block()) is not None:
                self._read(block, layout, trades, quotes, bars)
        except FeedError as error:
            if self.rows == before:
                raise
            self._error = error  # what was read before it comes first
        hold_from = None
        if bars:
            joined = _joined(bars)
            if self._interval_ns is None:
                self._interval_ns = interval_ns(joined)
            trades = [walk(joined, self._interval_ns)]
            # Other symbols' bars of the same time may be in the next chunk, and begin before these end.
            hold_from = int(joined.ts.max())
        batches = self._sequencer.put(trades, quotes, hold_from)
        self.ticks += sum(map(len, batches))
        return batches if batches or self.rows > before else None

    def _read(self, block: Block, layout: Layout, trades: list[Trades], quotes: list[Quotes], bars: list[Bars]) -> None:
        """Add what ``block`` has to the lists."""
        typed = not self._blocks_as_text
        rows = split(block, layout, typed=typed)
        if typed and not rows.typed:
            self._blocks_as_text = AS_TEXT
        else:
            self._blocks_as_text -= not typed
        try:
            refused = self._interpret(rows, layout, trades, quotes, bars)
        except TextNeeded:
            self._blocks_as_text = AS_TEXT
            rows = split(block, layout)
            refused = self._interpret(rows, layout, trades, quotes, bars)
        self.rows += len(rows.lines) + len(rows.refused)
        self.refusals.add(rows.refused + refused)

    def _interpret(
        self, rows: Rows, layout: Layout, trades: list[Trades], quotes: list[Quotes], bars: list[Bars]
    ) -> list[Refusal]:
        if layout.kind == "bars":
            some_bars, refused = read_bars(rows, layout, self._table)
            if len(some_bars):
                bars.append(some_bars)
        else:
            some_trades, some_quotes, refused = read_ticks(rows, layout, self._table)
            trades.append(some_trades)
            quotes.append(some_quotes)
        return refused


def _joined(parts: list[Bars]) -> Bars:
    return Bars(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Bars)))
