"""Sources without files, for tests of the reader."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import pandas as pd

from feeds.files.file_set import FileSet
from feeds.files.options import ReadOptions
from feeds.files.reader import Reader
from feeds.files.report import FileReport
from feeds.files.sources.source import Block, Source, Table
from feeds.files.validate import validate
from ticker.model import SymbolTable


class FakeSource(Source):
    """Text in blocks of ``lines`` lines, or a frame in tables of ``lines`` rows."""

    def __init__(self, content: str | bytes | pd.DataFrame, name: str = "x.csv", lines: int = 10**6) -> None:
        super().__init__(Path(name), name, name, tuple(reversed(Path(name).parts)))
        self.is_table = isinstance(content, pd.DataFrame)
        self._content = content.encode("utf-8", "surrogateescape") if isinstance(content, str) else content
        self._lines = lines

    def blocks(self) -> Iterator[Block]:
        assert isinstance(self._content, bytes)
        lines = self._content.split(b"\n")
        lines = lines[:-1] if not lines[-1] else lines
        for first in range(0, len(lines), self._lines):
            part = lines[first : first + self._lines]
            yield Block(b"".join(line + b"\n" for line in part), first + 1, len(part))

    def head(self) -> Table:
        return next(self.tables())

    def tables(self, places: Collection[int] | None = None) -> Iterator[Table]:
        assert isinstance(self._content, pd.DataFrame)
        for first in range(0, len(self._content), self._lines):
            yield Table(self._content.iloc[first : first + self._lines], first + 1)


Row = tuple[Any, ...]


class Found:
    """The result of a reader as plain rows that start with symbol and timestamp."""

    def __init__(
        self,
        content: str | bytes | pd.DataFrame,
        name: str,
        lines: int,
        options: dict[str, Any],
        beside: Sequence[str] = (),
    ) -> None:
        table = SymbolTable()
        validate(ReadOptions(**options))
        source = FakeSource(content, name, lines)
        others = [FakeSource(text, f"beside{number}.csv", lines) for number, text in enumerate(beside, 1)]
        reader = Reader(source, ReadOptions(**options), table, FileSet([source, *others]))
        self.trades: list[Row] = []
        self.quotes: list[Row] = []
        self.bars: list[Row] = []
        for chunk in reader.chunks():
            self.trades += _rows(chunk.trades, table)
            self.quotes += _rows(chunk.quotes, table)
            self.bars += _rows(chunk.bars, table)
        self.report: FileReport = reader.report

    @property
    def complaints(self) -> list[str]:
        return [complaint.message("f") for complaint in self.report.complaints]


def read(
    content: str | bytes | pd.DataFrame,
    name: str = "x.csv",
    *,
    lines: int = 10**6,
    beside: Sequence[str] = (),
    **options: Any,
) -> Found:
    """Read ``content`` with ``options``, together with the files ``beside`` it."""
    return Found(content, name, lines, options, beside)


def _rows(part: Any, table: SymbolTable) -> list[Row]:
    """Conditions and ids only of chunks that have them."""
    present = (getattr(part, column.name) for column in fields(part))
    columns = [column.tolist() for column in present if column is not None]
    return [(table[code], *rest) for code, *rest in zip(*columns, strict=True)]
