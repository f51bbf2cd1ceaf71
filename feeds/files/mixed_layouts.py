"""Tells which files of a replay are of another layout than most."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from feeds.files.layouts.catalog import BY_COLUMNS
from feeds.files.report import FileReport


def note_other_layouts(reports: Sequence[FileReport]) -> None:
    """Note in the report of each file that it is of another vendor than most, or has ticks where most have bars."""
    families = [_family(report) for report in reports]
    counts = Counter(families)
    if len(counts) < 2:
        return
    usual = max(counts, key=lambda family: (counts[family], -families.index(family)))
    title = next(report.title for report, family in zip(reports, families, strict=True) if family == usual)
    for report, family in zip(reports, families, strict=True):
        if family != usual:
            report.note(f"read as {report.title}; most of the files are {title}", "--layout")


def _family(report: FileReport) -> str:
    """The vendor, whose files go together; of a layout by the names of columns, whether the rows are bars."""
    if report.layout not in BY_COLUMNS:
        return report.layout.partition("-")[0]
    return "usual columns, bars" if report.kind == "bars" else "usual columns, ticks"
