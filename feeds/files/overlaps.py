"""Finds files whose names give them one symbol though their times overlap: of two instruments, or of one twice."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import PurePath
from typing import Final

import numpy as np

from feeds.files.chunk import Chunk
from feeds.files.names import MARKETS, folder_words
from feeds.files.report import FileReport
from feeds.files.sources.source import Source
from ticker.errors import FeedError
from ticker.model import Floats

#: Times that are remembered of a file: those with the smallest hashes, so that files remember common times.
_KEPT: Final = 512
_MIX: Final = np.uint64(0x9E3779B97F4A7C15)
_HALF: Final = np.uint64(32)
#: Parts of one file may overlap by this much of the shorter one, if no rows are of one time.
_SMALL: Final = 0.05
#: Prices that differ by less are equal.
_NEAR: Final = 1e-9


class Sample:
    """Some times of a file with a guessed symbol, and a price of each: of bars the close, of quotes the bid."""

    def __init__(self, source: Source, report: FileReport) -> None:
        self.source = source
        self.report = report
        self._hashes = np.zeros(0, np.uint64)
        self._prices: Floats = np.zeros(0)

    def note(self, chunk: Chunk) -> None:
        """Add rows."""
        for stamps, prices in (
            (chunk.bars.start, chunk.bars.close),
            (chunk.trades.ts, chunk.trades.price),
            (chunk.quotes.ts, chunk.quotes.bid),
        ):
            if len(stamps):
                hashes = stamps.astype(np.uint64) * _MIX
                hashes ^= hashes >> _HALF
                if len(self._hashes) == _KEPT:
                    small = hashes < self._hashes[-1]
                    hashes, prices = hashes[small], prices[small]
                found, places = np.unique(np.concatenate((self._hashes, hashes)), return_index=True)
                self._hashes = found[:_KEPT]
                self._prices = np.concatenate((self._prices, prices))[places[:_KEPT]]
                return

    def is_another_instrument(self, other: Sample) -> bool:
        """Whether the rows of two files that overlap differ: most prices of one time, or without such the times."""
        _, mine, theirs = np.intersect1d(self._hashes, other._hashes, assume_unique=True, return_indices=True)
        if len(mine):
            equal = np.isclose(self._prices[mine], other._prices[theirs], rtol=_NEAR, atol=0, equal_nan=True)
            return bool(2 * equal.sum() < len(equal))
        one, two = self.report, other.report
        if one.kind == "bars" or "assumed" in (one.how.get("day_first"), two.how.get("day_first")):
            return False  # bars of one length that overlap have common times, and dates that are assumed show nothing
        spans = [(each.last or 0) - (each.first or 0) for each in (one, two)]
        shared = min(one.last or 0, two.last or 0) - max(one.first or 0, two.first or 0)
        return shared > _SMALL * min(spans)


def instruments_apart(samples: Sequence[Sample]) -> list[tuple[list[Source], list[tuple[Source, Source]]]]:
    """The files of each symbol that is of several instruments, and the pairs of files that show it."""
    found = []
    groups: dict[str, list[Sample]] = {}
    for sample in samples:
        if sample.report.how.get("symbol") == "name" and len(sample.report.symbols) == 1:
            groups.setdefault(sample.report.symbols[0].upper(), []).append(sample)
    for group in groups.values():
        by_report = {id(sample.report): sample for sample in group}
        overlapping = ((by_report[id(one)], by_report[id(two)]) for one, two in _overlaps(list(map(_report, group))))
        pairs = [(one.source, two.source) for one, two in overlapping if one.is_another_instrument(two)]
        if pairs:
            found.append(([sample.source for sample in group], pairs))
    return found


def _report(sample: Sample) -> FileReport:
    return sample.report


def _overlaps(reports: Sequence[FileReport]) -> Iterator[tuple[FileReport, FileReport]]:
    """Each file that starts before another one of its symbol, kind and interval has ended, after that other one."""
    groups: dict[tuple[str, str, int | None], list[FileReport]] = {}
    for report in reports:
        if report.first is not None:
            groups.setdefault((report.symbols[0], report.kind, report.interval_ns), []).append(report)
    for files in groups.values():
        files.sort(key=lambda report: report.first or 0)
        longest = files[0]
        for report in files[1:]:
            if (report.first or 0) <= (longest.last or 0):
                yield longest, report
            if (report.last or 0) > (longest.last or 0):
                longest = report


def note_overlaps(reports: Sequence[FileReport]) -> None:
    """Add a note to each file that starts before another one of its symbol, kind and interval has ended."""
    named = [report for report in reports if report.how.get("symbol") == "name" and len(report.symbols) == 1]
    for longest, report in _overlaps(named):
        other = PurePath(longest.name).name
        report.note(f"its times overlap those of {other}, which has the symbol {report.symbols[0]} too", "--symbol")


def check_markets(samples: Sequence[Sample]) -> None:
    """Refuse files from folders of two markets, as spot and futures, whose column has one symbol at the same time."""
    markets = {id(sample.report): folder_words(sample.source.names, MARKETS) for sample in samples}
    if len(set(markets.values())) < 2:
        return
    #: The file of a market that ends last, by symbol and kind.
    latest: dict[tuple[str, str], dict[tuple[str, ...], FileReport]] = {}
    for report in sorted((sample.report for sample in samples), key=lambda report: report.first or 0):
        market = markets[id(report)]
        for symbol in report.symbols if report.how.get("symbol") == "file" and report.first is not None else ():
            known = latest.setdefault((symbol, report.kind), {})
            for other_market, other in known.items():
                if other_market != market and (report.first or 0) <= (other.last or 0):
                    column = report.columns.get("symbol")
                    raise FeedError(
                        f"{report.place}: column {column!r}: {symbol!r} is in {other.name} too, at the same time, and "
                        f"the folders name two markets ({_words(other_market)} and {_words(market)}); play them one at "
                        "a time, or name a column with whole symbols: --columns symbol=NAME"
                    )
            if market not in known or (known[market].last or 0) < (report.last or 0):
                known[market] = report


def _words(market: Sequence[str]) -> str:
    return "/".join(market) or "none"
