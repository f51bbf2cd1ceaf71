"""Computes bars again after a late, cancelled or corrected trade.

A second is folded again from the log of trades in the order (ts, arrival), and each longer bar from the closed bars
that make it up. So bars, and their sums to the last bit, are those of the corrected history.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ticker.intervals import SECOND_NS
from ticker.market.bar_fold import NO_PIECES, Pieces, whole
from ticker.market.bar_level import Key, Level, stored_values
from ticker.market.bar_store import BarStore


def second_of(ts: int) -> int:
    """The start of the second (ns) of a timestamp."""
    return ts - ts % SECOND_NS


class Reviser:
    """Revises the bars of ``store``, and nothing else."""

    def __init__(self, store: BarStore) -> None:
        self._store = store

    def can_revise(self, row: int, ts: int) -> bool:
        """Whether all trades of the second of ``ts``, and all bars that follow from it, are still known."""
        second = second_of(ts)
        if self._store.log.incomplete_to >= second:
            return False
        return all(
            level.history is None or level.history.dropped_before(row) <= self._start(level, row, second)
            for level in self._store.levels
        )

    def revise(self, keys: Collection[Key]) -> None:
        """Fold the seconds ``keys`` (row and start in ns) again, and the bars that they belong to.

        Pending trades must have been folded.
        """
        store = self._store
        # The first trade of a row may be a late one.
        store.reach(max((row for row, _ in keys), default=-1) + 1)
        for row, second in sorted(keys):
            trades = store.log.pieces(row, second, second + SECOND_NS)
            piece = whole(trades) if len(trades) else NO_PIECES
            piece = Pieces(piece.row, np.full(len(piece), second), *piece.values.T)
            self._adjust_given_day(row, second, piece)
            if second + SECOND_NS > store.closed_by:
                store.replace_unclosed(row, second, piece)
                continue
            seconds = store.levels["1s"]
            if not seconds.is_from_feed(row):
                seconds.revise(row, second, stored_values(piece)[0] if len(piece) else None)
            self._revise_longer(row, second)
        store.note_changed(np.array(sorted({row for row, _ in keys}), np.intp))

    def _revise_longer(self, row: int, second: int) -> None:
        store = self._store
        for level in store.levels:
            if level.parent is None or level.is_from_feed(row):
                continue
            start = self._start(level, row, second)
            at = np.array([start], np.int64)
            end = int(level.grid.ends(np.array([row]), at)[0])
            if level is store.levels["1d"] and store.has_given_day(row, start):
                continue
            pieces = level.folded(level.children(row, start, end))
            if end <= store.closed_by:
                level.revise(row, start, stored_values(pieces)[0] if len(pieces) else None)
            elif len(pieces):
                level.open.start[row], level.open.end[row] = start, end
                level.open.values[row] = pieces.values[0]
            elif level.open.start[row] == start:
                level.open.remove(np.array([row]))

    def _adjust_given_day(self, row: int, second: int, piece: Pieces) -> None:
        """Apply the difference to a day whose earlier trades are not known: the vendor gave its values.

        High and low can only widen. The vendor's next values put the rest right.
        """
        store = self._store
        day = self._start(store.levels["1d"], row, second)
        if not store.has_given_day(row, day):
            return
        before = store.second(row, second)
        values = store.given_day(row)
        for one, sign in ((before, -1.0), (piece, 1.0)):
            if len(one):
                values[4:] += sign * one.values[0, 4:]
        if len(piece):
            values[1], values[2] = np.fmax(values[1], piece.high[0]), np.fmin(values[2], piece.low[0])

    def _start(self, level: Level, row: int, second: int) -> int:
        return int(level.grid.starts(np.array([row]), np.array([second], np.int64))[0])
