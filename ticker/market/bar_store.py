"""The bars of all symbols: open ones, the newest closed ones of each interval, and revisions of closed ones.

Bars of 1 second are folded from trades, every longer bar from the closed bars of a shorter interval, all by
``bar_fold.fold``. So a bar seen live equals the bar fetched later, to the last bit. Bars are closed by watermarks
alone, and numbered in the order (end, row); when, and whether, they are looked at makes no difference.

Folding is lazy: trades are pending until ``fold`` is called or there are ``MAX_PENDING``. Symbols are rows of a board.
This module knows no client, no wire and no clock.

Memory: 72 bytes per closed bar, at most ``bar_levels.KEPT_BARS`` per symbol and interval, and the trades of
``TradeLog``. 500 symbols that trade every second for 6.5 hours take 0.4 GB (benchmarks/bench_bars.py).
"""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.intervals import SECOND_NS, Interval, interval_of
from ticker.market.bar_fold import NO_PIECES, Pieces, fold, in_order, joined
from ticker.market.bar_level import Level, stored_pieces, stored_values
from ticker.market.bar_levels import Levels
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.market.given_days import GivenDays, StatedExtremes
from ticker.market.open_seconds import OpenSeconds
from ticker.market.outages import Outages
from ticker.market.pending_trades import PendingTrades
from ticker.market.ring import Ring
from ticker.market.row_calendars import RowCalendars
from ticker.market.trade_log import Bytes, TradeLog
from ticker.model import BarBatch, DayValues, Trades

#: Pending trades are folded when there are this many, which takes up to about 10 ms.
MAX_PENDING: Final = 16_384
#: With more bars than this that no watermark closes, the newest of them closes the others.
MAX_UNCLOSED: Final = 262_144
DEFAULT_LATE_NS: Final = 60 * SECOND_NS


class BarStore:
    """Open and closed bars. Not thread-safe.

    ``late_ns`` is how old a closed bar may be, in market time, to be revised by a late trade.
    """

    def __init__(self, calendars: RowCalendars | None = None, late_ns: int = DEFAULT_LATE_NS) -> None:
        #: Incremented when open bars change.
        self.mark = 0
        self.watermark = 0
        self.late_ns = late_ns
        self.log = TradeLog()
        self._calendars = calendars or RowCalendars()
        self.levels = Levels(self._calendars)
        self._seconds, self._days = self.levels.seconds, self.levels.days
        self._given = GivenDays(self._days.grid)
        self._open_seconds = OpenSeconds(self._seconds)
        self._outages = Outages()
        self._splits: dict[int, list[tuple[int, float]]] = {}
        self._changed = np.zeros(0, np.int64)
        self._pending = PendingTrades()
        #: The newest timestamp of a trade.
        self._newest = 0
        #: Bars are closed up to this watermark.
        self._closed_by = 0

    @property
    def closed(self) -> dict[str, Ring]:
        """The rings of closed bars by interval: those of ``KEPT``, and followed ones."""
        return {level.interval.name: level.ring for level in self.levels}

    def ring(self, name: str) -> Ring:
        """The ring of closed bars of a kept or followed interval."""
        return self.levels[name].ring

    # Events

    def add_trades(
        self, rows: npt.NDArray[np.int32], trades: Trades, updates: Bytes | None = None, *, made_up: bool = False
    ) -> None:
        """Add trades in order, with the row of each, none older than the newest of its row or the watermark.

        They are folded later. Trades that are ``made_up`` from a feed's bars change only the feed's open bars.
        """
        places = rows.astype(np.intp)
        if not made_up:
            # Late trades of the same batch may still join what the horizon before it includes.
            horizon = self.horizon
            self._newest = max(self._newest, self.log.add(places, trades, updates))
            self.log.forget(horizon - horizon % SECOND_NS)
        self._pending.add(places, trades, updates, made_up=made_up)
        if len(self._pending) >= MAX_PENDING:
            self.fold()

    def advance(self, ts: int) -> None:
        """No trade before ``ts`` (ns) will follow, except late ones. Bars that end by then are closed by ``fold``."""
        if any(level.revised for level in self.levels):
            # Their numbers come before those of the bars that this watermark closes.
            self.fold()
            self._publish_revised()
        self.watermark = max(self.watermark, ts)

    def add_feed_bars(self, rows: npt.NDArray[np.int32], batch: BarBatch) -> None:
        """Add the feed's own bars, as they start or end. Bars of 2 days and the like have no interval: ignored."""
        interval = interval_of(batch.interval_ns)
        if interval is None or not len(rows):
            return
        places = rows.astype(np.intp)
        self._reach(int(places.max()) + 1)
        level = self.levels.get(interval)
        if self._pending or level is None or level.history is None or not level.from_feed[places].all():
            # Trades before the start of a bar don't count for it.
            self.fold()
        level = self.levels.of_feed(interval)
        level.take_feed_bars(places, batch)
        if self._waiting_bars() > MAX_UNCLOSED:
            self.advance(int(batch.bars.start.max()))
            self.fold()
        self._note(places)

    def set_day(self, rows: Rows, values: Pieces, stated: DayValues) -> None:
        """The trading day of ``rows`` so far: ``values``, of which a vendor ``stated`` some."""
        self.fold()
        self._reach(int(rows.max(initial=-1)) + 1)
        ts = stated.ts
        for at in np.flatnonzero(~np.isnan(stated.last)).tolist():
            self._given.state_last(int(rows[at]), ts, float(stated.last[at]))
        known = ~np.isnan(values.open)
        rows, values = rows[known], values[known]
        self._given.set(values, stated.high[known], stated.low[known])
        if stated.since is not None:
            self._outages.add(rows, stated.since, ts)
        self._note(rows)

    def add_split(self, row: int, ts: int, ratio: float) -> None:
        self._splits.setdefault(row, []).append((ts, ratio))

    def remove(self, rows: Rows) -> None:
        """Remove the bars of removed symbols."""
        self.fold()
        self.levels.remove_rows(rows)
        self._given.remove(rows)
        self._open_seconds.remove(rows)
        self._outages.remove(rows)
        self.log.remove(rows)
        for row in rows.tolist():
            self._splits.pop(row, None)
        self._note(rows)

    @property
    def horizon(self) -> int:
        """Trades older than this (ns) are too late for any bar."""
        return (self.watermark or self._newest) - self.late_ns

    # Closing

    def fold(self) -> None:
        """Fold what is pending, and close bars that end by the watermark."""
        if self._pending:
            self._fold_trades()
        if self.watermark // SECOND_NS > self._closed_by // SECOND_NS:
            self._closed_by = self.watermark
            self._close()
            self.log.forget(self.horizon - self.horizon % SECOND_NS)

    def _fold_trades(self) -> None:
        pieces, made_up = self._pending.take()
        if not len(pieces):
            return
        self._reach(int(pieces.row[-1]) + 1)
        touched = pieces.row[np.append(True, pieces.row[1:] != pieces.row[:-1])]
        for level in self.levels:
            if level.any_from_feed:
                level.fold_into_feed_bars(pieces)
        if made_up.any():
            pieces = pieces[~made_up]
        self._open_seconds.fold(pieces)
        self._given.fold(pieces)
        ended = self._open_seconds.ended
        if len(ended) > MAX_UNCLOSED:
            self.advance(int(ended.ts.max()))
        self._note(touched)

    def _close(self) -> None:
        """Close all bars that end by the watermark, level by level."""
        over = self._open_seconds.take_due(self._closed_by)
        closed: dict[str, Pieces] = {}
        for level in self.levels:
            if level is not self._seconds:
                over = joined(
                    fold(level.incoming(closed), level.open, level.grid), level.open.take_due(self._closed_by)
                )
            if level is self._days and self._given:
                over = self._given.take_due(over, self._closed_by)
            if level.any_from_feed and len(over):
                over = over[~level.from_feed[over.row]]
            pieces, vwap, ends = level.take_due_feed_bars(self._closed_by)
            over_ends = level.grid.ends(over.row, over.ts)
            closed[level.interval.name] = both = joined(over, pieces)
            if len(both):
                ends = np.concatenate((over_ends, ends))
                vwap = np.concatenate((np.full(len(over), np.nan), vwap))
                level.publish(both, vwap, ends, self._outages.touch(level.interval, both.row, both.ts, ends))

    def _publish_revised(self) -> None:
        for level in self.levels:
            if not level.revised:
                continue
            rows, starts = (np.array(column, np.int64) for column in zip(*level.revised, strict=True))
            values = np.stack([level.stored(row, start) for row, start in level.revised])
            incomplete = self._outages.touch(level.interval, rows, starts, level.grid.ends(rows, starts))
            level.publish_revised(values, rows, starts, incomplete)

    # Bars

    def changed(self, mark: int) -> Rows:
        """The rows whose open bars changed after ``mark``."""
        return np.flatnonzero(self._changed > mark)

    def open_bars(self, name: str, rows: Rows) -> tuple[Rows, Stamps, Floats]:
        """The newest unclosed bar of each of the distinct ``rows``: the rows that have one, starts, values (n, 7).

        The values are those of the ring ``closed[name]``.
        """
        rows = np.sort(rows[rows < len(self._changed)])
        pieces = self.unclosed(self.levels[name], rows)
        pieces = pieces[np.append(pieces.row[1:] != pieces.row[:-1], True)] if len(pieces) else pieces
        pieces = pieces[~np.isnan(pieces.open)]
        return pieces.row, pieces.ts, stored_values(pieces)[:, :7]

    def incomplete(self, name: str, rows: Rows, starts: Stamps) -> npt.NDArray[np.bool_]:
        """Whether the bars of an interval that start at ``starts`` (ns) lack trades that the feed missed."""
        level = self.levels[name]
        return self._outages.touch(level.interval, rows, starts, level.grid.ends(rows, starts))

    def unclosed(self, level: Level, rows: Rows) -> Pieces:
        """All unclosed bars of the sorted, distinct ``rows``, by row and start."""
        if len(rows):
            self._reach(int(rows[-1]) + 1)
        pieces = self._open_seconds.of(rows) if level is self._seconds else self._unclosed_of_shorter(level, rows)
        if level.any_from_feed:
            feed_open = level.feed_open.pieces(rows[level.feed_open.start[rows] > 0])
            waiting = level.unclosed_feed_bars
            own = joined(waiting[np.isin(waiting.row, rows)], feed_open)
            pieces = joined(pieces[~level.from_feed[pieces.row]], own)
        if level is self._days and self._given:
            pieces = self._given.in_place(pieces, rows)
        return in_order(pieces)

    def _unclosed_of_shorter(self, level: Level, rows: Rows) -> Pieces:
        assert level.parent is not None, "only 1s has no parent"
        below = self.unclosed(level.parent, rows)
        for extra in level.extra:
            if extra.any_from_feed:
                own = self.unclosed(extra, rows)
                below = joined(below[~extra.from_feed[below.row]], own[extra.from_feed[own.row]])
        into = level.open.of(rows)
        below = in_order(below)
        over = fold(below.with_rows(np.searchsorted(rows, below.row)), into, level.grid.of(rows))
        bars = joined(over, into.pieces(into.rows))
        return bars.with_rows(rows[bars.row])

    def history(
        self, row: int, interval: Interval, start: int | None = None, end: int | None = None, limit: int | None = None
    ) -> tuple[Stamps, Floats, npt.NDArray[np.bool_], npt.NDArray[np.int32], npt.NDArray[np.bool_]]:
        """The bars that start in ``[start, end)`` (ns), oldest first, at most the newest ``limit``.

        Of an interval that is not kept, they are folded from shorter ones. Returns starts (n), values (n, 7) as in the
        ring, whether each bar is closed, its revision, and whether trades of it are missing.
        """
        self.fold()
        self._reach(row + 1)
        level = self.levels.get(interval) or self.levels.alone(interval)
        rows = np.array([row], np.intp)
        if level.history is not None:
            starts, values = level.history.of(row)
            pieces = self.unclosed(level, rows)
        else:
            parts = level.children(row, 0, 2**63 - 1)
            starts, values = np.zeros(0, np.int64), np.zeros((0, 8))
            source = level.source(row)
            pieces = level.folded(joined(parts, self.unclosed(source, rows)))
            if source.history is not None:
                # Of a bar that begins before, the first pieces are no longer known.
                pieces = pieces[pieces.ts >= source.history.dropped_before(row)]
        starts, values = np.append(starts, pieces.ts), np.concatenate((values, stored_values(pieces)))
        ends = level.grid.ends(np.full(len(starts), row), starts)
        wanted = ~np.isnan(values[:, 0])
        if start is not None:
            wanted &= starts >= start
        if end is not None:
            wanted &= starts < end
        places = np.flatnonzero(wanted)
        if limit is not None:
            places = places[max(0, len(places) - limit) :]
        closed = np.arange(len(starts)) < len(starts) - len(pieces) if level.history else ends <= self._closed_by
        incomplete = self._outages.touch(level.interval, np.full(len(starts), row), starts, ends)
        revisions = np.zeros(len(places), np.int32)
        if level.has_revisions:
            revisions[:] = [level.revision(row, at) for at in starts[places].tolist()]
        return starts[places], values[places, :7], closed[places], revisions, incomplete[places]

    def splits(self, row: int) -> list[tuple[int, float]]:
        """The splits of a symbol: time (ns) and ratio."""
        return self._splits.get(row, [])

    def split_ratio(self, row: int, ts: int) -> float:
        """By what a price of ``ts`` (ns) must be divided to be comparable with today's: the splits after it."""
        return math.prod(ratio for at, ratio in self.splits(row) if at > ts)

    # For revisions (``bar_revision``)

    @property
    def closed_by(self) -> int:
        """Bars are closed up to this time (ns)."""
        return self._closed_by

    def second(self, row: int, start: int) -> Pieces:
        """The second of ``row`` that starts at ``start`` (ns), closed or not; no piece if it has no trades."""
        if start + SECOND_NS <= self._closed_by:
            assert self._seconds.history is not None, "seconds are kept"
            starts, values = self._seconds.history.since(row, start)
            there = len(starts) > 0 and int(starts[0]) == start
            return stored_pieces(row, starts[:1], values[:1]) if there else NO_PIECES
        pieces = self.unclosed(self._seconds, np.array([row], np.intp))
        return pieces[pieces.ts == start]

    def replace_unclosed(self, row: int, start: int, piece: Pieces) -> None:
        """Replace an unclosed second by ``piece``, which is empty if the second has no trades any more."""
        self._open_seconds.replace(row, start, piece)

    def has_given_day(self, row: int, start: int) -> bool:
        """Whether the trading day of ``row`` that starts at ``start`` (ns) is open and began with ``set_day``."""
        return self._given.has(row, start)

    def given_day(self, row: int) -> Floats:
        """The values of that day, to be changed: open, high, low, close, volume, notional, trades."""
        return self._given.values(row)

    def stated_extremes(self, row: int) -> StatedExtremes:
        """The high and the low of that day that came with ``set_day``."""
        return self._given.extremes(row)

    def stated_last(self, row: int) -> tuple[int, float] | None:
        """Timestamp (ns) and price of the newest last price of ``row`` that came with ``set_day``."""
        return self._given.stated_last(row)

    def set_given_close(self, row: int, ts: int, price: float) -> None:
        """Set the close of the open day of ``row``, if it began with ``set_day``, to the price of a trade of ``ts``."""
        self._given.set_close(row, ts, price)

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self._reach(rows)

    def note_changed(self, rows: Rows) -> None:
        """Note that open bars of ``rows`` changed."""
        self._note(rows)

    # Intervals that are not kept

    def follow(self, interval: Interval) -> None:
        """Number the closed bars of an interval. If it is not kept, its ring begins with bars of the kept ones."""
        if self.levels.get(interval) is None:
            self.fold()
        self.levels.follow(interval, self._closed_by, self._outages)

    def unfollow(self, interval: Interval) -> None:
        """End a ``follow``."""
        self.levels.unfollow(interval)

    # Internals

    def _reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        if rows > len(self._changed):
            self._changed = grown(self._changed, rows)
            self._given.reach(len(self._changed))
            self.levels.reach(len(self._changed))

    def _note(self, rows: Rows) -> None:
        self.mark += 1
        self._changed[rows[rows < len(self._changed)]] = self.mark

    def _waiting_bars(self) -> int:
        return sum(len(level.unclosed_feed_bars) for level in self.levels)
