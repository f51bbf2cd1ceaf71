"""The bars of all symbols: the open ones, and the newest closed ones of each interval.

Bars of 1 second are folded from trades, every longer bar from the closed bars of the next shorter interval, all by
``bar_fold.fold``. So a bar seen live equals the bar fetched later, to the last bit. A trade older than the open second
of its symbol, or than the watermark, is in no bar; ``late`` counts it.

Folding is lazy: trades are pending until ``fold`` is called or there are ``MAX_PENDING``. Symbols are rows of a board.
This module knows no client, no wire and no clock.

Memory: 64 bytes per closed bar, at most ``KEPT`` per symbol and interval. 500 symbols that trade every second for 6.5
hours take 0.4 GB (benchmarks/bench_bars.py); the maximum, after months, is 1.8 MB per symbol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.market.bar_fold import NO_PIECES, OpenBars, Pieces, fold, joined, merged
from ticker.market.bar_history import BarHistory
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.market.ring import Ring
from ticker.model import BarBatch, Bars, Trades

SECOND_NS: Final = 1_000_000_000
#: The length of each interval in ns.
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
#: How many closed bars per symbol are stored.
KEPT: Final[Mapping[str, int]] = {
    "1s": 10_000,
    "5s": 2_500,
    "1m": 5_000,
    "5m": 2_500,
    "15m": 2_500,
    "1h": 2_500,
    "1d": 2_500,
}
#: Closed bars per interval, of all symbols together, for slow consumers and for clients that reconnect.
RING_BARS: Final = 16_384
#: Pending trades are folded when there are this many, which takes up to about 10 ms.
MAX_PENDING: Final = 16_384
_NO_ROWS: Final = np.zeros(0, np.intp)
#: The seconds since 1970 of any timestamp fit into this many bits.
_LOW_BITS: Final = 34
_LOW: Final = (1 << _LOW_BITS) - 1


class BarStore:
    """Open and closed bars. Not thread-safe."""

    def __init__(self) -> None:
        #: Closed bars by interval, numbered in the order of closing: open, high, low, close, volume, vwap, trades.
        #: Unknown values are NaN.
        self.closed = {name: Ring(7, RING_BARS) for name in INTERVALS}
        #: The number of trades that came too late for their bar.
        self.late = 0
        #: Incremented when open bars change.
        self.mark = 0
        self.watermark = 0
        self._seconds = OpenBars()
        self._open = {name: OpenBars() for name in _LONGER}
        #: By interval: the feed's own open bars, which rows have bars of the feed, and whether any row has.
        self._feed_open = {name: OpenBars() for name in INTERVALS}
        self._from_feed = {name: np.zeros(0, np.bool_) for name in INTERVALS}
        self._any_from_feed = dict.fromkeys(INTERVALS, False)
        self._history = {name: BarHistory(kept) for name, kept in KEPT.items()}
        self._changed = np.zeros(0, np.int64)
        #: Rows, trades, and the watermark when they were added.
        self._pending: list[tuple[Rows, Trades, int]] = []
        self._pending_feed_bars: list[tuple[str, Rows, BarBatch]] = []
        self._pending_rows = 0
        #: Bars are closed up to this watermark.
        self._closed_by = 0

    # Events

    def add_trades(self, rows: npt.NDArray[np.int32], trades: Trades) -> None:
        """Add trades in order, with the row of each. They are folded later."""
        self._pending.append((rows.astype(np.intp), trades, self.watermark))
        self._pending_rows += len(trades)
        if self._pending_rows >= MAX_PENDING:
            self.fold()

    def advance(self, ts: int) -> None:
        """No trade before ``ts`` (ns) will follow. Bars that end by then are closed by the next ``fold``."""
        self.watermark = max(self.watermark, ts)

    def add_feed_bars(self, rows: npt.NDArray[np.int32], batch: BarBatch) -> None:
        """Add the feed's own bars, as they start or end. Bars of an unknown interval are ignored."""
        name = next((name for name, length in INTERVALS.items() if length == batch.interval_ns), None)
        if name is None or not len(rows):
            return
        places = rows.astype(np.intp)
        self._reach(int(places.max()) + 1)
        if not self._from_feed[name][places].all():
            # Bars computed until now stay; from now on the feed's replace computed ones.
            self.fold()
            self._from_feed[name][places] = True
            self._any_from_feed[name] = True
        self._pending_feed_bars.append((name, places, batch))
        self._pending_rows += len(rows)
        if self._pending_rows >= MAX_PENDING:
            self.fold()

    def remove(self, rows: Rows) -> None:
        """Remove the bars of removed symbols."""
        self.fold()
        for open_bars in (self._seconds, *self._open.values(), *self._feed_open.values()):
            open_bars.start[rows[rows < len(open_bars.start)]] = 0
        for history in self._history.values():
            history.remove(rows)
        self._note(rows)

    # Bars

    def fold(self) -> None:
        """Fold what is pending, and close bars that end by the watermark."""
        self._pending_rows = 0
        if self._pending_feed_bars:
            # Before the trades: a trade before the start of an open bar of the feed does not count for it.
            self._fold_feed_bars()
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
        """Fold trades into seconds. Returns the seconds closed by a later trade, and the rows with trades."""
        rows = np.concatenate([rows for rows, *_ in self._pending])
        # Whether a trade is late depends on the watermark when it was added.
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
        """Fold closed seconds into bars of 5 seconds, those closed by that into minutes, and so on.

        ``touched`` rows have a later open second; the watermark was ``before`` at the last call, and may close more.
        """
        if len(over):
            self._publish("1s", over)
            self._fold_into_feed_bars(over)
        now = self._seconds.start[touched]
        for name, length in _LONGER.items():
            open_bars = self._open[name]
            over = fold(over, open_bars, length)
            # If the open second belongs to a later bar, the earlier bar is closed, though that second is not.
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

    def _fold_feed_bars(self) -> None:
        closed: dict[str, list[tuple[Rows, Bars]]] = {}
        waiting, self._pending_feed_bars = self._pending_feed_bars, []
        for name, places, batch in waiting:
            open_bars, bars = self._feed_open[name], batch.bars
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
        """The rows whose open bars changed after ``mark``."""
        return np.flatnonzero(self._changed > mark)

    def open_bars(self, interval: str, rows: Rows) -> tuple[Rows, Stamps, Floats]:
        """The open bars of ``rows``: the rows that have one, starts, and values (n, 7) as in ``closed``."""
        rows = rows[rows < len(self._changed)]
        from_feed = self._from_feed[interval][rows]
        parts = [self._computed(interval, rows[~from_feed]), self._of_feed(interval, rows[from_feed])]
        pieces = joined(*parts) if len(parts[1]) else parts[0]
        return pieces.row, pieces.ts, self._values(pieces)

    def history(
        self, row: int, interval: str, start: int | None = None, end: int | None = None, limit: int | None = None
    ) -> tuple[Stamps, Floats, npt.NDArray[np.bool_]]:
        """The bars that start in ``[start, end)`` (ns), oldest first, at most the newest ``limit``.

        Returns starts (n), values (n, 7) as in ``closed``, and whether each bar is closed; the last one may be open.
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

    # Internals

    def _reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        for open_bars in (self._seconds, *self._open.values(), *self._feed_open.values()):
            open_bars.reach(rows)
        self._changed = grown(self._changed, rows)
        for name, flags in self._from_feed.items():
            self._from_feed[name] = grown(flags, rows)

    def _note(self, rows: Rows) -> None:
        self.mark += 1
        self._changed[rows[rows < len(self._changed)]] = self.mark

    def _in_time(self, rows: Rows, ts: Stamps, floor: Stamps) -> npt.NDArray[np.bool_]:
        """Which trades, sorted by row, belong to their row's open second or a later one that is not closed."""
        second = ts // SECOND_NS
        least = np.maximum(self._seconds.start[rows], floor) // SECOND_NS
        reached = np.maximum(second, least)
        if (np.diff(reached) < 0).any():
            # The running maximum of each row: the row is in the high bits, so that it does not cross rows.
            key = (np.cumsum(np.append(0, np.diff(rows) != 0)) << _LOW_BITS) | reached
            reached = np.maximum.accumulate(key) & _LOW
        in_time: npt.NDArray[np.bool_] = second >= reached
        return in_time

    def _over(self, open_bars: OpenBars, length: int) -> Pieces:
        """Remove and return the bars that end by the watermark."""
        return open_bars.take(np.flatnonzero((open_bars.start > 0) & (open_bars.start + length <= self.watermark)))

    def _fold_into_feed_bars(self, over: Pieces) -> None:
        for name, open_bars in self._feed_open.items():
            if not self._any_from_feed[name]:
                continue
            mine = over[self._from_feed[name][over.row] & (open_bars.start[over.row] > 0)]
            mine = mine[mine.ts >= open_bars.start[mine.row]]
            if len(mine):
                # They belong to the open bar, also if that does not start at a multiple of its interval.
                fold(replace(mine, ts=open_bars.start[mine.row]), open_bars, 1)

    def _publish(self, interval: str, over: Pieces) -> None:
        """Store computed bars, except for rows with bars of the feed."""
        if self._any_from_feed[interval]:
            over = over[~self._from_feed[interval][over.row]]
        over = over[np.lexsort((over.row, over.ts))]
        self._keep(interval, over.row, over.ts, self._values(over))

    def _keep(self, interval: str, rows: Rows, starts: Stamps, values: Floats) -> None:
        """Add closed bars, in order of time, to the ring and to each symbol's history."""
        if not len(rows):
            return
        self.closed[interval].append(rows, starts, *values.T)
        self._history[interval].append(rows, starts, values)

    def _computed(self, interval: str, rows: Rows) -> Pieces:
        """The open bars of ``interval``: those of all shorter intervals, merged as they will be when they close."""
        pieces = self._seconds.pieces(rows[self._seconds.start[rows] > 0])
        for name, length in _LONGER.items():
            if length > INTERVALS[interval]:
                break
            open_bars = self._open[name]
            has = open_bars.start > 0
            goes_on = has[pieces.row]
            alone = pieces[~goes_on]
            waits = has[rows]
            waits[np.isin(rows, pieces.row)] = False
            pieces = joined(
                merged(open_bars.pieces(pieces.row[goes_on]), pieces[goes_on]),
                replace(alone, ts=alone.ts - alone.ts % length),
                open_bars.pieces(rows[waits]),
            )
        return pieces

    def _of_feed(self, interval: str, rows: Rows) -> Pieces:
        seconds, open_bars = self._seconds, self._feed_open[interval]
        rows = rows[open_bars.start[rows] > 0]
        inside = seconds.start[rows] >= open_bars.start[rows]
        both = rows[inside]
        return joined(merged(open_bars.pieces(both), seconds.pieces(both)), open_bars.pieces(rows[~inside]))

    def _values(self, pieces: Pieces) -> Floats:
        """Open, high, low, close, volume, vwap (NaN without volume), trades.

        Rows with bars of the feed have no vwap and no trades in computed bars: their trades are made up from the bars.
        """
        vwap = np.full(len(pieces), np.nan)
        np.divide(pieces.notional, pieces.volume, out=vwap, where=pieces.volume > 0)
        values = np.column_stack(
            (pieces.open, pieces.high, pieces.low, pieces.close, pieces.volume, vwap, pieces.trades)
        )
        for name, from_feed in self._from_feed.items():
            if self._any_from_feed[name]:
                values[from_feed[pieces.row], 5:] = np.nan
        return values
