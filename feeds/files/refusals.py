"""Rows that are refused: counted by reason, the first few told with file, line, column and text.

It knows neither columns nor what makes a row good.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from feeds.files.report import COMPLAINTS, Complaint, FileReport
from ticker.errors import FeedError

MAX_TEXT: Final = 80


def shown(text: str) -> str:
    """Text of a file as a complaint keeps it: at most 80 characters, fit for UTF-8. Printing it escapes the rest."""
    if len(text) > MAX_TEXT:
        text = text[: MAX_TEXT - 1] + "…"
    return text.encode("utf-8", "backslashreplace").decode()


class Refusals:
    """Counts refusals into ``report``; with ``strict`` the first one is a ``FeedError``."""

    def __init__(self, report: FileReport, *, strict: bool) -> None:
        self._report = report
        self._strict = strict

    @property
    def wanted(self) -> int:
        """How many complaints there is still room for."""
        return COMPLAINTS - len(self._report.complaints)

    def add(self, counts: Sequence[tuple[str, int]], complaints: Sequence[Complaint]) -> None:
        """Those of one block: how many for each reason, and the first ``wanted`` of each reason."""
        for reason, count in counts:
            self._report.refused[reason] += count
        ordered = sorted(complaints, key=lambda complaint: complaint.line)
        if self._strict and ordered:
            raise FeedError(ordered[0].words(self._report.name))
        self._report.complaints += ordered[: self.wanted]
