"""Begins trading days on the board: by trades of a later day, and by what a feed states."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from ticker.intervals import DAY_NS, interval
from ticker.market.bar_store import BarStore
from ticker.market.board import Board
from ticker.market.columns import Rows, Stamps
from ticker.market.row_calendars import RowCalendars
from ticker.model import BoardEvent, Ints, Rollover, SymbolTable

_DAY: Final = interval("1d")
#: A trade this far after market time begins the day of no other symbol: longer than exchanges are closed.
FAR_NS: Final = 14 * DAY_NS


class Rollovers:
    """``observe`` is called with a ``Rollover`` of the symbols whose fields change.

    While ``observed`` returns false, days inside a batch that leave no trace are passed over.
    """

    def __init__(
        self,
        board: Board,
        bars: BarStore,
        days: RowCalendars,
        observe: Callable[[BoardEvent], None],
        observed: Callable[[], bool],
    ) -> None:
        self._board = board
        self._bars = bars
        self._days = days
        self._observe = observe
        self._observed = observed
        #: The board's own table of symbols, for the rollovers that the observer sees.
        self._table = SymbolTable()

    def begin(self, rows: Rows, starts: Stamps) -> None:
        """Begin the trading days of distinct rows that start at ``starts`` (ns)."""
        changed = self._board.roll_over(rows, starts, self._days.ends(rows, starts, _DAY))
        if len(changed):
            while len(self._table) < len(self._board):
                self._table.code(self._board.names[len(self._table)])
            self._observe(Rollover(self._table, changed.astype(np.int32)))

    def begin_days(self, rows: Rows, ts: int) -> None:
        """Begin the days of ``ts`` (ns) for those of ``rows`` whose day on the board is over, or that have none."""
        rows = np.unique(rows)
        rows = rows[self._board.times.day_end[rows] <= ts]
        self.begin(rows, self._days.starts(rows, np.full(len(rows), ts), _DAY))

    def due(self, rows: Ints, ts: Stamps) -> tuple[Rows, Stamps]:
        """The rows whose day is over, given trades of later days, and by row the start of the day that begins (ns).

        All symbols of a calendar go to the day of its newest trade: days inside a batch leave no trace. For an observer
        they go to the next day.
        """
        board = self._board
        target = np.zeros(len(board), np.int64)
        if self._observed():
            at = int(ts.argmin())
            turning = self._turned_by(rows[at : at + 1], int(ts[at]))
            target[turning] = self._days.starts(turning, np.full(len(turning), ts[at]), _DAY)
            return turning, target
        # Stamps that may be wrong turn their own symbols only.
        far = np.unique(rows[ts > self.far]).astype(np.intp)
        found: list[Rows] = [far]
        if len(far):
            newest_of = np.zeros(len(board), np.int64)
            np.maximum.at(newest_of, rows, ts)
            target[far] = self._days.starts(far, newest_of[far], _DAY)
            near = ~np.isin(rows, far)
            rows, ts = rows[near], ts[near]
        left = np.unique(rows).astype(np.intp)
        while len(left):
            sharing = self._days.sharing(left[:1], len(board))
            mine = np.isin(rows, sharing)
            newest = int(ts[mine].max())
            turning = self._turned_by(np.unique(rows[mine]), newest)
            turning = turning[~np.isin(turning, far)]
            target[turning] = self._days.starts(turning, np.full(len(turning), newest), _DAY)
            found.append(turning)
            left = left[~np.isin(left, sharing)]
        return np.concatenate(found), target

    @property
    def far(self) -> int:
        """Stamps (ns) after this are so far after market time that they may be wrong."""
        watermark = self._bars.watermark
        return watermark + FAR_NS if watermark else 2**63 - 1

    def _turned_by(self, rows: Ints, ts: int) -> Rows:
        """``rows``, and those of the same calendar whose day has ended at ``ts`` (ns).

        Not if ``ts`` is far after market time: one wrong stamp must not end the day of other symbols.
        """
        if ts > self.far:
            return np.unique(rows).astype(np.intp)
        sharing = self._days.sharing(rows[:1].astype(np.intp), len(self._board))
        ends = self._board.times.day_end[sharing]
        return np.union1d(rows.astype(np.intp), sharing[(ends > 0) & (ends <= ts)])
