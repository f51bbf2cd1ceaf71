"""The seconds that no watermark has closed: the open one of each row, and ended ones."""

from __future__ import annotations

import numpy as np

from ticker.intervals import SECOND_NS
from ticker.market.bar_fold import NO_PIECES, Pieces, fold, in_order, joined
from ticker.market.bar_level import Level
from ticker.market.columns import Rows


class OpenSeconds:
    """``level`` is that of 1s; its ``open`` has the newest second of each row."""

    def __init__(self, level: Level) -> None:
        self._level = level
        #: Seconds that a later trade of their row has ended, by row and time.
        self._ended = NO_PIECES

    @property
    def ended(self) -> Pieces:
        """Seconds that a later trade of their row has ended, by row and time."""
        return self._ended

    def fold(self, trades: Pieces) -> None:
        """Add trades, by row and in order."""
        self._ended = in_order(joined(self._ended, fold(trades, self._level.open, self._level.grid)))

    def take_due(self, upto: int) -> Pieces:
        """Remove and return the seconds that end by ``upto`` (ns), by row and time."""
        ended = self._ended
        due = ended.ts + SECOND_NS <= upto
        self._ended = ended[~due]
        return in_order(joined(ended[due], self._level.open.take_due(upto)))

    def of(self, rows: Rows) -> Pieces:
        """The seconds of distinct rows."""
        level = self._level
        wanted = np.zeros(len(level.open.start), np.bool_)
        wanted[rows] = True
        return joined(self._ended[wanted[self._ended.row]], level.open.pieces(rows[level.open.start[rows] > 0]))

    def replace(self, row: int, start: int, piece: Pieces) -> None:
        """Replace the second of ``row`` by ``piece``, which is empty if it has no trades any more."""
        opened = self._level.open
        if opened.start[row] == start:
            if len(piece):
                opened.values[row] = piece.values[0]
            else:
                opened.remove(np.array([row]))
            return
        kept = (self._ended.row != row) | (self._ended.ts != start)
        self._ended = in_order(joined(self._ended[kept], piece))

    def remove(self, rows: Rows) -> None:
        """Forget the ended seconds of removed symbols."""
        self._ended = self._ended[~np.isin(self._ended.row, rows)]
