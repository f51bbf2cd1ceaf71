"""The rows of a file that were refused: counted by reason, the first few told with file, line and column.

It knows neither columns nor what makes a row good.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NamedTuple

log = logging.getLogger(__name__)

LOGGED: Final = 5
MAX_TEXT: Final = 80


class Refusal(NamedTuple):
    """A row that is not replayed. ``reason`` is what it is counted under, ``what`` the complaint without the place."""

    line: int
    reason: str
    what: str


def shown(text: str) -> str:
    """Text of the file, as it may stand in a log: quoted, escaped, at most 80 characters of it."""
    return repr(text if len(text) <= MAX_TEXT else text[: MAX_TEXT - 1] + "…")


class Refusals:
    """Counts refused rows of one file, and logs the first ``LOGGED`` of them at WARNING (none if ``quiet``)."""

    def __init__(self, path: Path, *, quiet: bool = False) -> None:
        self.counts: Counter[str] = Counter()
        #: The first complaint, with its place.
        self.first: str | None = None
        self._path = path
        self._to_log = 0 if quiet else LOGGED

    @property
    def total(self) -> int:
        return self.counts.total()

    def add(self, refusals: Sequence[Refusal]) -> None:
        """Take in the refusals of a block."""
        if not refusals:
            return
        ordered = sorted(refusals)
        if self.first is None:
            self.first = self._complaint(ordered[0])
        self.counts.update(refusal.reason for refusal in refusals)
        for refusal in ordered[: self._to_log]:
            self._to_log -= 1
            more = "" if self._to_log else " (further bad rows are only counted)"
            log.warning("%s%s", self._complaint(refusal), more)

    def __str__(self) -> str:
        """``3 rows refused (not a price: 2, not a symbol: 1)``."""
        total = self.total
        reasons = ", ".join(f"{reason}: {count:,}" for reason, count in self.counts.most_common())
        return f"{total:,} row{'' if total == 1 else 's'} refused" + (f" ({reasons})" if reasons else "")

    def _complaint(self, refusal: Refusal) -> str:
        return f"{self._path}:{refusal.line}: {refusal.what}"
