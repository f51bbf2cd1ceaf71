"""Detects the time order of a file's rows, and gaps between them."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np

from feeds.files.chunk import Chunk
from feeds.files.report import FileReport, Gap
from ticker.model import Ints, Stamps

_GAPS: Final = 5
#: A gap is at least this many times the median distance of rows, and at least this long.
_TIMES: Final = 50
_SHORTEST_NS: Final = 1_000_000_000
_SAMPLE: Final = 4096

Order = Literal["time", "newest first", "grouped by symbol", "mixed"]


class Gaps:
    """The longest intervals between timestamps, in bounded memory."""

    def __init__(self) -> None:
        self._last: int | None = None
        self._distances: list[int] = []
        self._longest: list[tuple[int, int, int]] = []

    def note(self, stamps: Stamps) -> None:
        """Add timestamps, either all rising or all falling."""
        if not len(stamps):
            return
        if self._last is None:
            self._last = int(stamps[0])
        stamps = np.concatenate(([self._last], stamps))
        self._last = int(stamps[-1])
        steps = np.abs(np.diff(stamps))
        moved = steps[steps > 0]
        self._distances += moved[: _SAMPLE - len(self._distances)].tolist()
        # Only steps longer than those known are sorted: many equal ones take argpartition long.
        shortest = self._longest[-1][0] if len(self._longest) == _GAPS else 0
        places = np.flatnonzero(steps > shortest)
        if len(places) > _GAPS:
            places = places[np.argpartition(steps[places], -_GAPS)[-_GAPS:]]
        for place in places.tolist():
            start, end = sorted((int(stamps[place]), int(stamps[place + 1])))
            self._longest.append((end - start, start, end))
        self._longest = sorted(set(self._longest), reverse=True)[:_GAPS]

    def found(self) -> list[Gap]:
        """The intervals that are much longer than the median, the longest first."""
        usual = int(np.median(self._distances)) if self._distances else 0
        least = max(_TIMES * usual, _SHORTEST_NS)
        return [Gap(start=start, end=end) for length, start, end in self._longest if length > least]


class OrderWatch:
    """Observes the chunks of one file."""

    def __init__(self) -> None:
        self._sequences = {kind: _Sequence() for kind in ("trades", "quotes", "bars")}

    def note(self, chunk: Chunk) -> None:
        self._sequences["trades"].note(chunk.trades.ts if chunk.played is None else chunk.played, chunk.trades.symbol)
        self._sequences["quotes"].note(chunk.quotes.ts, chunk.quotes.symbol)
        self._sequences["bars"].note(chunk.bars.start, chunk.bars.symbol)

    def fill_in(self, report: FileReport) -> bool:
        """Fill in period, order and gaps. False if the gaps are unreliable, because the rows are not in order."""
        sequences = [sequence for sequence in self._sequences.values() if sequence.newest]
        if not sequences:
            return True
        report.first = min(sequence.oldest for sequence in sequences)
        report.last = max(sequence.newest for sequence in sequences)
        orders = {sequence.order for sequence in sequences}
        # A single timestamp fits any order.
        orders = {sequence.order for sequence in sequences if sequence.moves} or orders
        report.order = orders.pop() if len(orders) == 1 else "mixed"
        if report.order == "mixed":
            report.misplaced_rows = sum(sequence.misplaced[0] for sequence in sequences)
            report.misplaced_by_ns = max(sequence.misplaced[1] for sequence in sequences)
        report.gaps = sequences[0].gaps.found()
        return len(sequences) == 1 and not sequences[0].groups


class _Sequence:
    """The rows of one kind: a chunk doesn't preserve the order of rows of different kinds."""

    def __init__(self) -> None:
        self.gaps = Gaps()
        self.oldest, self.newest = int(np.iinfo(np.int64).max), 0
        #: Rows that contradict the order oldest first, or newest first, and by how much (ns) at most.
        self._late = self._early = (0, 0)
        self._last = self._symbol = -1
        self._rising = self._falling = 0
        # Of these, those where the symbol changes.
        self._rising_anew = self._falling_anew = 0

    @property
    def moves(self) -> bool:
        return bool(self._rising or self._falling)

    @property
    def groups(self) -> bool:
        """Whether the file may contain several periods one after the other."""
        return bool(self._falling_anew or (self._rising and self._falling))

    @property
    def order(self) -> Order:
        if not self._falling:
            return "time"
        if not self._rising:
            return "newest first"
        grouped = self._falling == self._falling_anew or self._rising == self._rising_anew
        return "grouped by symbol" if grouped else "mixed"

    @property
    def misplaced(self) -> tuple[int, int]:
        """How many rows contradict the order that fits better, and by how much (ns) at most."""
        return min(self._late, self._early)

    def note(self, stamps: Stamps, symbols: Ints) -> None:
        if not len(stamps):
            return
        if self._last < 0:
            self._last, self._symbol = int(stamps[0]), int(symbols[0])
        steps = np.diff(stamps, prepend=self._last)
        changed = np.diff(symbols, prepend=self._symbol) != 0
        back = steps < 0
        self.gaps.note(stamps)
        self._rising += int((steps > 0).sum())
        self._rising_anew += int(((steps > 0) & changed).sum())
        self._falling += int(back.sum())
        self._falling_anew += int((back & changed).sum())
        self._late = _more(self._late, np.maximum(np.maximum.accumulate(stamps), self.newest) - stamps)
        self._early = _more(self._early, stamps - np.minimum(np.minimum.accumulate(stamps), self.oldest))
        self.oldest, self.newest = min(self.oldest, int(stamps.min())), max(self.newest, int(stamps.max()))
        self._last, self._symbol = int(stamps[-1]), int(symbols[-1])


def _more(before: tuple[int, int], distances: Stamps) -> tuple[int, int]:
    rows, furthest = before
    return rows + int((distances > 0).sum()), max(furthest, int(distances.max()))
