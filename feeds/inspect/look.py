"""Reads files as a replay would, and keeps what is to be said of them. It prints nothing.

Files that can't be replayed are read once more, each for itself, to tell what was understood up to the fault.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import islice

from feeds.files.loading import Progress, load
from feeds.files.options import ReadOptions
from feeds.files.reader import Reader
from feeds.files.report import FileReport
from feeds.files.sources.opening import open_sources
from feeds.files.sources.source import Source
from feeds.files.timeline.timeline import Timeline
from feeds.inspect.findings import FileFindings, Findings
from feeds.inspect.preview import preview
from ticker.errors import FeedError
from ticker.model import SymbolTable

#: Of a file that was not understood, so many lines are shown, and so much of each.
HEAD_LINES = 3
_HEAD_CHARACTERS = 200


def look(
    paths: Sequence[str], options: ReadOptions, ticks: int, progress: Callable[[Progress], None] | None = None
) -> Findings:
    """What there is to say of ``paths``. Raises ``FeedError`` where there is not even a file to speak of."""
    try:
        timeline = load(paths, options, progress=progress)
    except FeedError as error:
        sources = open_sources(paths, options)
        files = [_again(source, sources, options, progress) for source in sources]
        return Findings(files=files, error=str(error))
    try:
        return _findings(timeline, ticks)
    finally:
        timeline.close()


def _findings(timeline: Timeline, ticks: int) -> Findings:
    files = [FileFindings(report=report, error=_fault(report)) for report in timeline.reports]
    return Findings(
        files=files,
        error=next((file.error for file in files if file.error), None),
        kinds=timeline.kinds,
        first=timeline.first,
        last=timeline.last,
        symbols=list(timeline.table.names),
        preview=preview(timeline.events(), ticks, has_bars=any(report.bars for report in timeline.reports)),
    )


def _fault(report: FileReport) -> str | None:
    """Why a file that was read to its end is of no use."""
    if report.trades or report.quotes or report.bars:
        return None
    if not report.rows:
        return f"{report.name}: there are no rows in it"
    if report.complaints:
        return f"{report.complaints[0].words(report.name)}; no row of {report.rows:,} is good"
    return f"{report.name}: no row of {report.rows:,} is good"


def _again(
    source: Source, beside: Sequence[Source], options: ReadOptions, progress: Callable[[Progress], None] | None
) -> FileFindings:
    """One file for itself, as far as it can be read."""
    report = FileReport(name=source.name, path=source.path, compression=source.compression)
    try:
        reader = Reader(source, options, SymbolTable(), beside)
        report = reader.report
        for _ in reader.chunks():
            if progress is not None:
                progress(Progress(source.name, source.done_bytes, source.size_bytes, report.rows))
    except FeedError as error:
        return FileFindings(report=report, error=str(error), head=() if report.columns else _head(source))
    return FileFindings(report=report, error=_fault(report))


def _head(source: Source) -> tuple[str, ...]:
    if source.is_table:
        return ()
    try:
        lines = [
            line for block in islice(source.blocks(), 1) for line in block.data.rstrip(b"\n").split(b"\n", HEAD_LINES)
        ]
    except FeedError:
        return ()
    return tuple(_shown(lines[:HEAD_LINES]))


def _shown(lines: Sequence[bytes]) -> Iterator[str]:
    for line in lines:
        text = repr(line[: 4 * _HEAD_CHARACTERS].decode(errors="replace"))[1:-1]
        yield text if len(text) <= _HEAD_CHARACTERS else text[: _HEAD_CHARACTERS - 1] + "…"
