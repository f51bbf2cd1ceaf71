"""Splits of shares that a file's own column states: whether its prices are as traded, so that a split is an event.

Many files have prices that are adjusted already, and the column beside them. The evidence is the jump itself: the last
close before the day divided by the first open of the day is about the ratio, and nearer to it than to 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from feeds.files.chunk import FileSplits
from feeds.files.report import FileReport
from ticker.calendar import MarketCalendar
from ticker.model import Bars, Split, Stamps, SymbolTable

#: How far the jump may be from the ratio.
_TOLERANCE: Final = 0.30
_LISTED: Final = 3


@dataclass(slots=True)
class _Found:
    """A split at the start of a trading day ``ts`` (ns), and the prices around it (NaN: none yet)."""

    code: int
    ts: int
    ratio: float
    close: float = np.nan
    open: float = np.nan

    @property
    def is_played(self) -> bool:
        with np.errstate(invalid="ignore"):
            jump = self.close / self.open
            return bool(abs(jump / self.ratio - 1) <= _TOLERANCE and abs(np.log(jump / self.ratio)) < abs(np.log(jump)))


class SplitEvidence:
    """Takes a file's bars in order of time. ``days`` are the starts of the splits' trading days."""

    def __init__(self, splits: FileSplits, days: Stamps) -> None:
        self._by_code: dict[int, list[_Found]] = {}
        rows = zip(splits.symbol.tolist(), days.tolist(), splits.ratio.tolist(), strict=True)
        for code, ts, ratio in dict.fromkeys(rows):  # bars within a day may all state it
            self._by_code.setdefault(code, []).append(_Found(code, ts, ratio))

    def note(self, bars: Bars) -> None:
        for code, splits in self._by_code.items():
            mine = np.flatnonzero(bars.symbol == code)
            for split in splits:
                at = int(bars.start[mine].searchsorted(split.ts))
                if at:
                    split.close = float(bars.close[mine[at - 1]])
                if at < len(mine) and np.isnan(split.open):
                    split.open = float(bars.open[mine[at]])

    def played(self, report: FileReport, table: SymbolTable, calendar: MarketCalendar) -> list[tuple[int, int, float]]:
        """The splits that the prices show, as (ts, code, ratio). Notes them, and the others."""
        found = [split for splits in self._by_code.values() for split in splits]
        shown = [split for split in found if split.is_played]
        others = [split for split in found if not split.is_played]
        if shown:
            report.note(f"{_count(shown)} played: {_listed(shown, table, calendar)}")
        if others:
            report.note(f"{_count(others)} not played, as prices don't jump by it: {_listed(others, table, calendar)}")
        return [(split.ts, split.code, split.ratio) for split in shown]


def split_events(splits: Sequence[tuple[int, int, float]], table: SymbolTable) -> list[Split]:
    """One event for all splits of a time."""
    events = []
    for ts in sorted({ts for ts, *_ in splits}):
        now = [(code, ratio) for at, code, ratio in splits if at == ts]
        codes, ratios = zip(*now, strict=True)
        events.append(Split(table, np.array(codes, np.int32), np.array(ratios), ts))
    return events


def _count(splits: Sequence[_Found]) -> str:
    return "1 split is" if len(splits) == 1 else f"{len(splits):,} splits are"


def _listed(splits: Sequence[_Found], table: SymbolTable, calendar: MarketCalendar) -> str:
    days = calendar.dates(np.array([split.ts for split in splits[:_LISTED]]))
    texts = [f"{table[each.code]} {day} {each.ratio:g}:1" for each, day in zip(splits, days, strict=False)]
    return ", ".join(texts) + (", …" if len(splits) > _LISTED else "")
