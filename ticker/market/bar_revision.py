"""Computes bars again after a late, cancelled or corrected trade.

A second is folded again from the log of trades in the order (ts, arrival), and each longer bar from the closed bars
that make it up. So bars, and their sums to the last bit, are those of the corrected history.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from ticker.intervals import SECOND_NS
from ticker.market.bar_fold import NO_PIECES, Pieces, joined, whole
from ticker.market.bar_level import Key, Level, stored_pieces, stored_values
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
        for row, second in keys:
            self._restate_extremes(row, second)
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

        A trade that comes after them is in none of them, however old it is. Of a trade before, that was cancelled, only
        the vendor knows whether it was the high or low: its next values put that right.
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
            stated = store.stated_extremes(row)
            if second < second_of(stated.high_ts):
                stated.high = float(np.fmax(stated.high, piece.high[0]))
            if second < second_of(stated.low_ts):
                stated.low = float(np.fmin(stated.low, piece.low[0]))

    def _restate_extremes(self, row: int, second: int) -> None:
        """Compute the high and low of such a day again: what the vendor stated, and the bars since then."""
        store = self._store
        if not store.has_given_day(row, self._start(store.levels["1d"], row, second)):
            return
        stated, values = store.stated_extremes(row), store.given_day(row)
        values[1] = np.fmax.reduce(self._since(row, stated.high_ts).high, initial=stated.high)
        values[2] = np.fmin.reduce(self._since(row, stated.low_ts).low, initial=stated.low)

    def _since(self, row: int, ts: int) -> Pieces:
        """The seconds of ``row`` from that of ``ts`` (ns) on; minutes, if the seconds are no longer known."""
        store = self._store
        found = NO_PIECES
        for level in (store.levels["1s"], store.levels["1m"]):
            assert level.history is not None, "1s and 1m are kept"
            start = self._start(level, row, ts)
            unclosed = store.unclosed(level, np.array([row], np.intp))
            found = joined(stored_pieces(row, *level.history.since(row, start)), unclosed[unclosed.ts >= start])
            if level.history.dropped_before(row) <= start:
                break
        return found

    def _start(self, level: Level, row: int, second: int) -> int:
        return int(level.grid.starts(np.array([row]), np.array([second], np.int64))[0])
