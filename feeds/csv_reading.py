"""One reading of a CSV file from its header to its end, chunk by chunk. It blocks: it belongs into a thread.

It knows no event loop and no pace.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Final

from feeds.bar_walk import interval_ns, join_bars, walk
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
        found = _Found()
        try:
            while self.rows - before < rows and (block := file.block()) is not None:
                self._read(block, layout, found)
        except FeedError as error:
            if self.rows == before:
                raise
            self._error = error  # what was read before it comes first
        batches = self._in_order(found)
        self.ticks += sum(map(len, batches))
        return batches if batches or self.rows > before else None

    def _in_order(self, found: _Found) -> list[TickBatch]:
        if not any(map(len, found.bars)):
            return self._sequencer.put(found.trades, found.quotes)
        bars = join_bars(found.bars)
        if self._interval_ns is None:
            self._interval_ns = interval_ns(bars)
        # Other symbols' bars of the same time may be in the next chunk, and begin before these end.
        return self._sequencer.put([walk(bars, self._interval_ns)], [], hold_from=int(bars.ts.max()))

    def _read(self, block: Block, layout: Layout, found: _Found) -> None:
        """Add to ``found`` what ``block`` has."""
        typed = not self._blocks_as_text
        rows = split(block, layout, typed=typed)
        if typed and not rows.typed:
            self._blocks_as_text = AS_TEXT
        elif not typed:
            self._blocks_as_text -= 1
        try:
            refused = found.add(rows, layout, self._table)
        except TextNeeded:
            self._blocks_as_text = AS_TEXT
            rows = split(block, layout)
            refused = found.add(rows, layout, self._table)
        self.rows += len(rows.lines) + len(rows.refused)
        self.refusals.add(rows.refused + refused)


class _Found:
    """What the blocks of a chunk had."""

    def __init__(self) -> None:
        self.trades: list[Trades] = []
        self.quotes: list[Quotes] = []
        self.bars: list[Bars] = []

    def add(self, rows: Rows, layout: Layout, table: SymbolTable) -> list[Refusal]:
        if layout.kind == "bars":
            bars, refused = read_bars(rows, layout, table)
            self.bars.append(bars)
        else:
            trades, quotes, refused = read_ticks(rows, layout, table)
            self.trades.append(trades)
            self.quotes.append(quotes)
        return refused
