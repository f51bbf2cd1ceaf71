"""The bars of all symbols: under way, and the newest closed ones of each interval. Trades and market time go in.

Closed 1-second bars are folded from trades, every longer bar from the closed ones of the next shorter interval, all by
``bar_fold.fold``; so a bar seen live is the bar that is fetched later, to the last bit. A trade that is older than its
symbol's open second, or than the time that the feed has vouched for, is in no bar: ``late`` counts it.

Folding is lazy: trades wait until somebody looks, time moves on, or ``PENDING`` of them are there. Symbols are rows of
the board here. This module knows no client, no wire and no clock.

Memory: 64 bytes a closed bar, as many as there are up to ``KEPT``. 500 symbols that trade every second of 6.5 hours
take 0.4 GB (benchmarks/bench_bars.py); at the utmost, after months, it is 1.8 MB a symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.market.bar_fold import NO_PIECES, Floats, OpenBars, Pieces, Rows, fold, joined, merged
from ticker.market.bar_history import BarHistory
from ticker.market.ring import Ring
from ticker.model import BarBatch, Bars, Trades

SECOND_NS: Final = 1_000_000_000
#: The intervals there are, in ns.
INTERVALS: Final[Mapping[str, int]] = {
    "1s": SECOND_NS,
    "5s": 5 * SECOND_NS,
    "1m": 60 * SECOND_NS,
    "5m": 300 * SECOND_NS,
    "15m": 900 * SECOND_NS,
    "1h": 3_600 * SECOND_NS,
    "1d": 86_400 * SECOND_NS,
}
_LONGER: Final = {name: length for name, length in INTERVALS.items() if name != "1s"}
#: How many closed bars of a symbol are kept.
KEPT: Final[Mapping[str, int]] = {
    "1s": 10_000,
    "5s": 2_500,
    "1m": 5_000,
    "5m": 2_500,
    "15m": 2_500,
    "1h": 2_500,
    "1d": 2_500,
}
#: Closed bars of all symbols together, by interval, for clients that lag or come back.
TAPE_BARS: Final = 16_384
#: So many trades wait at most: folding them holds up the event loop for up to some 10 ms.
PENDING: Final = 16_384
_NO_ROWS: Final = np.zeros(0, np.intp)
#: All seconds that a stamp can have fit into so many bits.
_LOW_BITS: Final = 34
_LOW: Final = (1 << _LOW_BITS) - 1


class BarStore:
    """Not to be used by two threads at once."""

    def __init__(self) -> None:
        #: Closed bars of each interval in the order of their closing, numbered: open, high, low, close, volume, vwap,
        #: trades. What the feed doesn't know is NaN.
        self.closed = {name: Ring(7, TAPE_BARS) for name in INTERVALS}
        #: Trades that were too late for their bar.
        self.late = 0
        #: Grows whenever bars under way change.
        self.mark = 0
        self.watermark = 0
        self._seconds = OpenBars()
        self._open = {name: OpenBars() for name in _LONGER}
        #: The feed's own bars under way, and the rows that have such, by interval.
        self._given = {name: OpenBars() for name in INTERVALS}
        self._is_given = {name: np.zeros(0, np.bool_) for name in INTERVALS}
        self._has_given = dict.fromkeys(INTERVALS, False)
        self._history = {name: BarHistory(kept) for name, kept in KEPT.items()}
        self._changed = np.zeros(0, np.int64)
        #: What waits to be folded: rows, trades, and the watermark when they came.
        self._pending: list[tuple[Rows, Trades, int]] = []
        self._waiting_given: list[tuple[str, Rows, BarBatch]] = []
        self._waiting = 0
        #: Up to this watermark bars were closed.
        self._closed_by = 0

    # In

    def add_trades(self, rows: npt.NDArray[np.int32], trades: Trades) -> None:
        """Trades in order, and the row of each. Cheap: they are folded later."""
        self._pending.append((rows.astype(np.intp), trades, self.watermark))
        self._waiting += len(trades)
        if self._waiting >= PENDING:
            self.fold()

    def advance(self, ts: int) -> None:
        """No trade with a stamp before ``ts`` (ns) is still to come: bars that end by then are over. Cheap, too."""
        self.watermark = max(self.watermark, ts)

    def add_feed_bars(self, rows: npt.NDArray[np.int32], batch: BarBatch) -> None:
        """The feed's own bars, which begin or end. Those of an interval that isn't offered are passed over."""
        name = next((name for name, length in INTERVALS.items() if length == batch.interval_ns), None)
        if name is None or not len(rows):
            return
        places = rows.astype(np.intp)
        self._reach(int(places.max()) + 1)
        if not self._is_given[name][places].all():
            # From here on computed ones give way, and not before.
            self.fold()
            self._is_given[name][places] = True
            self._has_given[name] = True
        self._waiting_given.append((name, places, batch))
        self._waiting += len(rows)
        if self._waiting >= PENDING:
            self.fold()

    def remove(self, rows: Rows) -> None:
        """These symbols are gone, and their bars."""
        self.fold()
        for open_bars in (self._seconds, *self._open.values(), *self._given.values()):
            open_bars.start[rows[rows < len(open_bars.start)]] = 0
        for history in self._history.values():
            history.remove(rows)
        self._note(rows)

    # Out

    def fold(self) -> None:
        """Take in what waits, and close what is over."""
        self._waiting = 0
        if self._waiting_given:
            # First: of the trades, those before the beginning of a bar that is under way now don't count for it.
            self._fold_given()
        over, touched = self._fold_trades() if self._pending else (NO_PIECES, _NO_ROWS)
        before, self._closed_by = self._closed_by, max(self._closed_by, self.watermark)
        if self._closed_by // SECOND_NS > before // SECOND_NS:
            late = self._over(self._seconds, SECOND_NS)
            over = joined(over, late) if len(over) else late
        elif not len(touched):
            return
        self._close(over, touched, before)
        if len(touched):
            self._note(touched)

    def _fold_trades(self) -> tuple[Pieces, Rows]:
        """Into seconds. Gives those that are over because of a later trade, and the rows that had trades."""
        rows = np.concatenate([rows for rows, *_ in self._pending])
        # Trades that came before a watermark are judged by the one that was in force then.
        floor = np.repeat([watermark for *_, watermark in self._pending], [len(rows) for rows, *_ in self._pending])
        trades = [trades for _, trades, _ in self._pending]
        ts, price, size = (np.concatenate([getattr(each, name) for each in trades]) for name in ("ts", "price", "size"))
        self._pending = []
        self._reach(int(rows.max(initial=-1)) + 1)
        if (rows[1:] < rows[:-1]).any():
            order = rows.argsort(kind="stable")
            rows, ts, price, size, floor = rows[order], ts[order], price[order], size[order], floor[order]
        in_time = self._in_time(rows, ts, floor)
        if not in_time.all():
            self.late += int(len(rows) - in_time.sum())
            rows, ts, price, size = rows[in_time], ts[in_time], price[in_time], size[in_time]
        pieces = Pieces(rows, ts, price, price, price, price, size, price * size, np.ones(len(rows)))
        over = fold(pieces, self._seconds, SECOND_NS)
        return over, rows[np.append(True, rows[1:] != rows[:-1])] if len(rows) else rows

    def _close(self, over: Pieces, touched: Rows, before: int) -> None:
        """Seconds are over: they go into the 5 seconds, those that are over by that into the minutes, and so on.

        ``touched`` rows have a later second under way; since watermark ``before``, time may have closed more.
        """
        if len(over):
            self._publish("1s", over)
            self._fold_into_given(over)
        now = self._seconds.start[touched]
        for name, length in _LONGER.items():
            open_bars = self._open[name]
            over = fold(over, open_bars, length)
            # The second under way belongs to a later bar: the one before is over, though that second isn't.
            begun = open_bars.start[touched]
            gone = touched[(begun > 0) & (begun + length <= now)]
            if self._closed_by // length > before // length:
                ended = self._over(open_bars, length)
                over = joined(over, ended) if len(over) else ended
            if len(gone):
                gone = gone[open_bars.start[gone] > 0]
                over = joined(over, open_bars.take(gone)) if len(over) else open_bars.take(gone)
            if len(over):
                self._publish(name, over)

    def _fold_given(self) -> None:
        closed: dict[str, list[tuple[Rows, Bars]]] = {}
        waiting, self._waiting_given = self._waiting_given, []
        for name, places, batch in waiting:
            open_bars, bars = self._given[name], batch.bars
            if batch.closed:
                open_bars.start[places[open_bars.start[places] <= bars.start]] = 0
                closed.setdefault(name, []).append((places, bars))
            else:
                open_bars.start[places] = bars.start
                open_bars.values[places] = 0
                open_bars.values[places, :4] = bars.open[:, None]
        for name, ended in closed.items():
            columns = ("start", "open", "high", "low", "close", "volume", "vwap", "trades")
            starts, *values = (np.concatenate([getattr(bars, column) for _, bars in ended]) for column in columns)
            self._keep(name, np.concatenate([places for places, _ in ended]), starts, np.column_stack(values))
        self._note(np.unique(np.concatenate([places for _, places, _ in waiting])))

    def changed(self, mark: int) -> Rows:
        """The rows whose bars under way changed after ``mark``."""
        return np.flatnonzero(self._changed > mark)

    def open_bars(self, interval: str, rows: Rows) -> tuple[Rows, npt.NDArray[np.int64], Floats]:
        """Of those of ``rows`` that have a bar under way: the rows, starts, and values (n, 7) as in ``closed``."""
        rows = rows[rows < len(self._changed)]
        is_given = self._is_given[interval][rows]
        parts = [self._computed(interval, rows[~is_given]), self._of_feed(interval, rows[is_given])]
        pieces = joined(*parts) if len(parts[1]) else parts[0]
        return pieces.row, pieces.ts, self._values(pieces)

    def history(
        self, row: int, interval: str, start: int | None = None, end: int | None = None, limit: int | None = None
    ) -> tuple[npt.NDArray[np.int64], Floats, npt.NDArray[np.bool_]]:
        """Bars that begin from ``start`` on and before ``end`` (ns), the newest ``limit``, the oldest first.

        Starts (n), values (n, 7) as in ``closed``, and whether each is closed: the last one may be under way.
        """
        self.fold()
        starts, values = self._history[interval].of(row)
        _, open_start, open_values = self.open_bars(interval, np.array([row], np.intp))
        closed = np.append(np.ones(len(starts), np.bool_), np.zeros(len(open_start), np.bool_))
        starts, values = np.append(starts, open_start), np.concatenate((values, open_values))
        wanted = np.ones(len(starts), np.bool_)
        if start is not None:
            wanted &= starts >= start
        if end is not None:
            wanted &= starts < end
        places = np.flatnonzero(wanted)
        if limit is not None:
            places = places[max(0, len(places) - limit) :]
        return starts[places], values[places], closed[places]

    # Inside

    def _reach(self, rows: int) -> None:
        """Have room for so many rows."""
        for open_bars in (self._seconds, *self._open.values(), *self._given.values()):
            open_bars.reach(rows)
        room = len(self._seconds.start)
        if len(self._changed) < room:
            more = room - len(self._changed)
            self._changed = np.append(self._changed, np.zeros(more, np.int64))
            for name, flags in self._is_given.items():
                self._is_given[name] = np.append(flags, np.zeros(more, np.bool_))

    def _note(self, rows: Rows) -> None:
        self.mark += 1
        self._changed[rows[rows < len(self._changed)]] = self.mark

    def _in_time(self, rows: Rows, ts: npt.NDArray[np.int64], floor: npt.NDArray[np.int64]) -> npt.NDArray[np.bool_]:
        """Which trades (by row) belong to their row's open second or a later one, and to none that time has closed."""
        second = ts // SECOND_NS
        least = np.maximum(self._seconds.start[rows], floor) // SECOND_NS
        reached = np.maximum(second, least)
        if (np.diff(reached) < 0).any():
            # The highest so far of each row: the row in the high bits keeps one from the next.
            key = (np.cumsum(np.append(0, np.diff(rows) != 0)) << _LOW_BITS) | reached
            reached = np.maximum.accumulate(key) & _LOW
        in_time: npt.NDArray[np.bool_] = second >= reached
        return in_time

    def _over(self, open_bars: OpenBars, length: int) -> Pieces:
        """Those that end by the watermark, which are there no more."""
        return open_bars.take(np.flatnonzero((open_bars.start > 0) & (open_bars.start + length <= self.watermark)))

    def _fold_into_given(self, over: Pieces) -> None:
        for name, open_bars in self._given.items():
            if not self._has_given[name]:
                continue
            mine = over[self._is_given[name][over.row] & (open_bars.start[over.row] > 0)]
            mine = mine[mine.ts >= open_bars.start[mine.row]]
            if len(mine):
                # All of it belongs to the bar under way, whatever the clock of the intervals says.
                columns = (mine.open, mine.high, mine.low, mine.close, mine.volume, mine.notional, mine.trades)
                fold(Pieces(mine.row, open_bars.start[mine.row], *columns), open_bars, 1)

    def _publish(self, interval: str, over: Pieces) -> None:
        """Keep what was computed, unless the feed has bars of its own."""
        if self._has_given[interval]:
            over = over[~self._is_given[interval][over.row]]
        over = over[np.lexsort((over.row, over.ts))]
        self._keep(interval, over.row, over.ts, self._values(over))

    def _keep(self, interval: str, rows: Rows, starts: npt.NDArray[np.int64], values: Floats) -> None:
        """Closed bars, in the order of time: onto the tape, and into each symbol's history."""
        if not len(rows):
            return
        self.closed[interval].append(rows, starts, *values.T)
        self._history[interval].append(rows, starts, values)

    def _computed(self, interval: str, rows: Rows) -> Pieces:
        """What each open bar up to ``interval`` has, put together as it will be when they close, one by one."""
        pieces = self._seconds.pieces(rows[self._seconds.start[rows] > 0])
        for name, length in _LONGER.items():
            if length > INTERVALS[interval]:
                break
            open_bars = self._open[name]
            has = open_bars.start > 0
            goes_on = has[pieces.row]
            alone = pieces[~goes_on]
            columns = (alone.open, alone.high, alone.low, alone.close, alone.volume, alone.notional, alone.trades)
            waits = has[rows]
            waits[np.isin(rows, pieces.row)] = False
            pieces = joined(
                merged(open_bars.pieces(pieces.row[goes_on]), pieces[goes_on]),
                Pieces(alone.row, alone.ts - alone.ts % length, *columns),
                open_bars.pieces(rows[waits]),
            )
        return pieces

    def _of_feed(self, interval: str, rows: Rows) -> Pieces:
        seconds, open_bars = self._seconds, self._given[interval]
        rows = rows[open_bars.start[rows] > 0]
        inside = seconds.start[rows] >= open_bars.start[rows]
        both = rows[inside]
        return joined(merged(open_bars.pieces(both), seconds.pieces(both)), open_bars.pieces(rows[~inside]))

    def _values(self, pieces: Pieces) -> Floats:
        """Open, high, low, close, volume, vwap (NaN without volume), trades.

        Where the feed has bars of some interval, others have neither vwap nor trades: the trades that such a bar is
        walked with are made up.
        """
        vwap = np.full(len(pieces), np.nan)
        np.divide(pieces.notional, pieces.volume, out=vwap, where=pieces.volume > 0)
        values = np.column_stack(
            (pieces.open, pieces.high, pieces.low, pieces.close, pieces.volume, vwap, pieces.trades)
        )
        for name, is_given in self._is_given.items():
            if self._has_given[name]:
                values[is_given[pieces.row], 5:] = np.nan
        return values
