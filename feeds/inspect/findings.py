"""What was found in files that are to be replayed: plain values, for people and for programs alike."""

from __future__ import annotations

from dataclasses import dataclass, field

from feeds.files.report import FileReport
from feeds.inspect.preview import Preview


@dataclass(frozen=True, slots=True, kw_only=True)
class FileFindings:
    """One file. ``error`` says why it can't be replayed; ``head`` are its first lines then, escaped."""

    report: FileReport
    error: str | None = None
    head: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """All files together, as they would be merged by time. Without ``first`` and ``last`` nothing would be replayed."""

    files: list[FileFindings]
    error: str | None = None
    kinds: str = ""
    first: int | None = None
    last: int | None = None
    symbols: list[str] = field(default_factory=list)
    preview: Preview = field(default_factory=Preview)
