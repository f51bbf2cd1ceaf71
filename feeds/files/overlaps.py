"""Notes files whose names give them one symbol though their times overlap: they may be of two instruments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePath

from feeds.files.report import FileReport


def note_overlaps(reports: Sequence[FileReport]) -> None:
    """Add a note to each file that starts before another one of its symbol, kind and interval has ended."""
    groups: dict[tuple[str, str, int | None], list[FileReport]] = {}
    for report in reports:
        if report.how.get("symbol") == "name" and len(report.symbols) == 1 and report.first is not None:
            groups.setdefault((report.symbols[0], report.kind, report.interval_ns), []).append(report)
    for (symbol, _, _), files in groups.items():
        files.sort(key=lambda report: report.first or 0)
        longest = files[0]
        for report in files[1:]:
            if (report.first or 0) <= (longest.last or 0):
                other = PurePath(longest.name).name
                report.note(f"its times overlap those of {other}, which has the symbol {symbol} too", "--symbol")
            if (report.last or 0) > (longest.last or 0):
                longest = report
