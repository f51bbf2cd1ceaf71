"""Trading days that began with a vendor's values (``model.DayValues``), and what trades have added since."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ticker.market.bar_fold import NO_PIECES, Grid, OpenBars, Pieces, fold, in_order, joined, same_bars
from ticker.market.columns import Floats, Rows


@dataclass(slots=True)
class StatedExtremes:
    """The high and the low of a day as a vendor stated them, NaN for none, and when (ns)."""

    high: float = np.nan
    high_ts: int = 0
    low: float = np.nan
    low_ts: int = 0


class GivenDays:
    """They stand for the computed 1d bars of their rows. ``grid`` is that of 1d bars."""

    def __init__(self, grid: Grid) -> None:
        self._grid = grid
        self._open = OpenBars()
        #: Ended by a trade of the next day; the watermark has not closed them.
        self._ended = NO_PIECES
        #: By row, the last price that the vendor stated, and the time that it is as of (ns).
        self._last: dict[int, tuple[int, float]] = {}

        #: By row, what the vendor stated of the open day.
        self._extremes: dict[int, StatedExtremes] = {}

    def __bool__(self) -> bool:
        return len(self._ended) > 0 or bool(np.count_nonzero(self._open.start))

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self._open.reach(rows)

    def remove(self, rows: Rows) -> None:
        self._open.remove(rows)
        self._ended = self._ended[~np.isin(self._ended.row, rows)]
        for row in rows.tolist():
            self._last.pop(row, None)
            self._extremes.pop(row, None)

    def set(self, values: Pieces, high: Floats, low: Floats) -> None:
        """Begin days with these values as of their timestamps; the last of equal rows wins.

        ``high`` and ``low`` are those that the vendor stated, NaN for none.
        """
        rows = values.row
        starts = self._grid.starts(rows, values.ts)
        for row, start, ts, highest, lowest in zip(
            rows.tolist(), starts.tolist(), values.ts.tolist(), high.tolist(), low.tolist(), strict=True
        ):
            if self._open.start[row] != start:
                self._extremes[row] = StatedExtremes(high_ts=start, low_ts=start)
            known = self._extremes[row]
            if highest == highest:
                known.high, known.high_ts = highest, ts
            if lowest == lowest:
                known.low, known.low_ts = lowest, ts
            self._open.start[row] = start
        self._open.start[rows], self._open.end[rows] = starts, self._grid.ends(rows, starts)
        self._open.values[rows] = values.values

    def state_last(self, row: int, ts: int, price: float) -> None:
        """Keep the last price of ``row`` as of ``ts`` (ns)."""
        self._last[row] = ts, price

    def stated_last(self, row: int) -> tuple[int, float] | None:
        """Timestamp (ns) and price of the vendor's newest last price of ``row``."""
        return self._last.get(row)

    def set_close(self, row: int, ts: int, price: float) -> None:
        """Set the close of the open day of ``row``, if it is one of these, to the price of a trade of ``ts`` (ns)."""
        start = int(self._open.start[row]) if row < len(self._open.start) else 0
        if start:
            self._open.values[row, 3] = price if ts >= start else np.nan

    def fold(self, trades: Pieces) -> None:
        """Add trades, by row and in order."""
        mine = trades[self._open.start[trades.row] > 0]
        if len(mine):
            over = fold(mine, self._open, self._grid)
            self._ended = joined(self._ended, over)
            # The day that follows is computed from its trades.
            self._open.remove(over.row)

    def in_place(self, days: Pieces, rows: Rows) -> Pieces:
        """Unclosed 1d bars of ``rows``, with these days in place of computed ones."""
        mine = joined(self._ended[np.isin(self._ended.row, rows)], self._open.pieces(rows[self._open.start[rows] > 0]))
        return joined(days[~same_bars(days, mine)], mine)

    def take_due(self, days: Pieces, upto: int) -> Pieces:
        """Closed 1d bars, with those of these days that end by ``upto`` (ns) in place of computed ones."""
        due = self._grid.ends(self._ended.row, self._ended.ts) <= upto
        mine = joined(self._ended[due], self._open.take_due(upto))
        self._ended = self._ended[~due]
        return in_order(joined(days[~same_bars(days, mine)], mine))

    def has(self, row: int, start: int) -> bool:
        """Whether the open day of ``row`` that starts at ``start`` (ns) is one of these."""
        return bool(self._open.start[row] == start)

    def extremes(self, row: int) -> StatedExtremes:
        """What the vendor stated of that day, to be changed."""
        return self._extremes[row]

    def values(self, row: int) -> Floats:
        """The values of that day, to be changed: open, high, low, close, volume, notional, trades."""
        values: Floats = self._open.values[row]
        return values
