"""Reads files as a replay would and collects what ``ticker inspect`` shows. Prints nothing.

Files that can't be replayed are read again one by one, to show what was understood up to the error.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import islice

from feeds.files.file_set import FileSet
from feeds.files.loading import load
from feeds.files.options import ReadOptions
from feeds.files.reader import Reader
from feeds.files.report import FileReport
from feeds.files.sources.opening import open_sources
from feeds.files.sources.source import Source
from feeds.inspect.preview import Preview, preview
from ticker.errors import FeedError, OptionError
from ticker.feed.feed import LoadProgress
from ticker.model import SymbolTable

#: Lines shown of a file that was not understood, and characters of each.
HEAD_LINES = 3
_HEAD_CHARACTERS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class FileInspection:
    """One file. ``error``: why it can't be replayed. ``head``: its first lines, escaped, if its layout is unknown."""

    report: FileReport
    error: str | None = None
    head: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """All files, merged by time. ``first`` and ``last`` (ns) are None if nothing can be replayed."""

    files: list[FileInspection]
    error: str | None = None
    kinds: str = ""
    first: int | None = None
    last: int | None = None
    symbols: list[str] = field(default_factory=list)
    preview: Preview = field(default_factory=Preview)


def inspect_files(
    paths: Sequence[str], options: ReadOptions, ticks: int, progress: Callable[[LoadProgress], None] | None = None
) -> Inspection:
    """Read ``paths``. Raises ``FeedError`` if a path can't be opened, ``OptionError`` for a wrong option."""
    try:
        timeline = load(paths, options, progress=progress)
    except OptionError:
        raise
    except FeedError as error:
        sources = FileSet(open_sources(paths))
        files = [_inspect_file(source, sources, options, progress) for source in sources]
        return Inspection(files=files, error=str(error))
    try:
        files = [FileInspection(report=report, error=report.fault) for report in timeline.reports]
        return Inspection(
            files=files,
            error=next((file.error for file in files if file.error), None),
            kinds=timeline.kinds,
            first=timeline.first,
            last=timeline.last,
            symbols=list(timeline.table.names),
            preview=preview(timeline.events(), ticks, has_bars=any(report.bars for report in timeline.reports)),
        )
    finally:
        timeline.close()


def _inspect_file(
    source: Source, beside: FileSet, options: ReadOptions, progress: Callable[[LoadProgress], None] | None
) -> FileInspection:
    reader = Reader(source, options, SymbolTable(), beside)
    report = reader.report
    try:
        for _ in reader.chunks():
            if progress is not None:
                progress(LoadProgress(source.name, source.done_bytes, source.size_bytes, report.rows))
    except FeedError as error:
        return FileInspection(report=report, error=str(error), head=() if report.columns else _head(source))
    return FileInspection(report=report, error=report.fault)


def _head(source: Source) -> tuple[str, ...]:
    if source.is_table:
        return ()
    try:
        block = next(source.blocks(), None)
    except FeedError:
        return ()
    lines = block.data.rstrip(b"\n").split(b"\n", HEAD_LINES) if block is not None else []
    return tuple(_escaped(line) for line in islice(lines, HEAD_LINES))


def _escaped(line: bytes) -> str:
    text = repr(line[: 4 * _HEAD_CHARACTERS].decode(errors="replace"))[1:-1]
    return text if len(text) <= _HEAD_CHARACTERS else text[: _HEAD_CHARACTERS - 1] + "…"
