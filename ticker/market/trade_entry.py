"""Brings trades into the board and the bars: in order, late, corrected, and across the start of trading days.

A trade that is older than the newest of its symbol is late. So is, for bars, a trade whose second is closed. A late
trade changes its bars and the day fields as if it had come in time, but never sets `last` back. If it is older than
``BarStore.horizon``, or if what is needed to compute its bars again is not known any more, it is too late: it is
counted, and no bar and no day field has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ticker.intervals import SECOND_NS, interval
from ticker.market.bar_fold import Pieces, joined
from ticker.market.bar_level import Key, stored_pieces
from ticker.market.bar_revision import Reviser, second_of
from ticker.market.bar_store import BarStore
from ticker.market.board import FEW, Board
from ticker.market.columns import Floats, Rows, Stamps
from ticker.market.day_fields import ONLY_LAST
from ticker.market.late_trades import older_than_newest
from ticker.market.rollovers import Rollovers
from ticker.market.row_calendars import RowCalendars
from ticker.market.trade_counts import Counts
from ticker.market.trade_log import Bytes
from ticker.model import (
    NO_QUOTES,
    REGULAR,
    BoardEvent,
    ConditionTable,
    Corrections,
    DayValues,
    Ints,
    Split,
    TickBatch,
    Trades,
    Updates,
)

#: The changes of a trade in the ring.
NEW, LATE, CANCEL, CORRECT = range(4)
_DAY: Final = interval("1d")
_LAST, _LAST_IF_FIRST = int(Updates.LAST), int(Updates.LAST_IF_FIRST)

# Like the method `min`, at half its fixed cost.
_least = np.minimum.reduce

Mask = npt.NDArray[np.bool_]
#: Rows, timestamps, and the other columns of the ring of trades.
RingColumns = list[npt.NDArray[Any]]


class TradeEntry:
    """``observe`` is called after each change of the board by trades or by the start of a day.

    While ``observed`` returns false, days inside a batch that leave no trace are passed over.
    """

    def __init__(
        self,
        board: Board,
        bars: BarStore,
        days: RowCalendars,
        conditions: ConditionTable,
        counts: Counts,
        observe: Callable[[BoardEvent], None],
        observed: Callable[[], bool],
    ) -> None:
        self._board = board
        self._bars = bars
        self._days = days
        self._reviser = Reviser(bars)
        self._conditions = conditions
        self._counts = counts
        self._observe = observe
        self._rollovers = Rollovers(board, bars, days, observe, observed)
        self._codes: WeakKeyDictionary[ConditionTable, Ints] = WeakKeyDictionary()

    # Stated days

    def set_day(self, event: DayValues) -> None:
        """Apply a vendor's values of the day to the version that has begun."""
        rows = self._board.rows_of(event.table)[event.symbol].astype(np.intp)
        self._rollovers.begin_days(rows, event.ts)
        self._board.set_day(rows, event)
        names = ("open", "high", "low", "last", "volume", "vwap", "trades")
        opens, highs, lows, closes, volume, vwap, trades = (self._board.column(name)[rows] for name in names)
        stamps = np.full(len(rows), event.ts)
        values = Pieces(rows, stamps, opens, highs, lows, closes, volume, vwap * volume, trades)
        self._bars.set_day(rows, values, event)

    def split(self, event: Split) -> None:
        """Apply splits to the version that has begun."""
        rows = self._board.rows_of(event.table)[event.symbol]
        self._rollovers.begin_days(rows.astype(np.intp), event.ts)
        self._board.split(rows, event.ratio, event.ts)
        for row, ratio in zip(rows.tolist(), event.ratio.tolist(), strict=True):
            self._bars.add_split(row, event.ts, ratio)

    # Trades

    def add(self, batch: TickBatch) -> Bytes | None:
        """Apply a batch as one version. Returns each trade's change for the ring; None if none is late."""
        board, trades = self._board, batch.trades
        board.begin(batch.version)
        by_code = board.rows_of(batch.table)
        rows, quoted = by_code[trades.symbol], by_code[batch.quotes.symbol]
        updates = self._updates(batch, rows)
        closed_by = self._bars.watermark - self._bars.watermark % SECOND_NS
        if updates is None and len(trades) <= FEW and self._are_plain(rows, trades.ts, closed_by):
            board.add_ticks(rows, trades, None, quoted, batch.quotes)
            self._observe(batch)
            if len(trades):
                self._bars.add_trades(rows, trades, made_up=batch.made_up)
            return None
        if batch.made_up or not len(trades) or self._are_in_time(rows, trades.ts, closed_by):
            self._add_in_order(batch, rows, trades, updates, quoted)
            self._bars.add_trades(rows, trades, updates, made_up=batch.made_up)
            return None
        older = older_than_newest(rows, trades.ts, board.times.traded)
        older = np.zeros(len(trades), np.bool_) if older is None else older
        # Its symbol may not have traded since its last day, which another one has ended.
        stale = older | (trades.ts < board.times.day_start[rows])
        late = stale | (trades.ts < closed_by)
        too_late = late & (trades.ts < self._horizons(trades.ts))
        for at in np.flatnonzero(late & ~too_late).tolist():
            too_late[at] = not self._reviser.can_revise(int(rows[at]), int(trades.ts[at]))
        if updates is None:
            updates = np.full(len(trades), int(REGULAR), np.uint8)
        # A trade that is too late for its day may still be the newest of its symbol.
        on_board = np.where(too_late, (updates & _LAST) * np.uint8(ONLY_LAST), updates)
        first = ~stale
        self._add_in_order(batch, rows[first], trades[first], on_board[first], quoted)
        in_time, revising = ~late, late & ~too_late
        self._bars.add_trades(rows[in_time], trades[in_time], updates[in_time])
        self._counts.late += int(revising.sum())
        self._counts.too_late += int(too_late.sum())
        if revising.any():
            mine, places = trades[revising], rows[revising].astype(np.intp)
            self._bars.log.add(places, mine, updates[revising])
            self._revise({(row, second_of(ts)) for row, ts in zip(places.tolist(), mine.ts.tolist(), strict=True)})
            self._take_last_from_late(places, mine, updates[revising])
        return np.where(older, np.uint8(LATE), np.uint8(NEW))

    def _horizons(self, ts: Stamps) -> Stamps:
        """For each trade of a batch, the time (ns) before which it is too late.

        Earlier trades of the batch have moved market time, as if each had come alone: a replay at full speed, or a
        seek, gives what it gives at any other speed.
        """
        sure = np.where(ts > self._rollovers.far, 0, ts)
        reached = np.maximum.accumulate(np.concatenate((sure[:1] * 0, sure[:-1])))
        horizons: Stamps = np.maximum(reached - self._bars.late_ns, self._bars.horizon)
        return horizons

    def _are_plain(self, rows: Ints, stamps: Stamps, closed_by: int) -> bool:
        """Whether a few trades are certainly in order, of their rows' days and of unclosed seconds.

        Looks at them one by one: a numpy call costs as much as ten of these.
        """
        times, reached = self._board.times, closed_by
        for row, ts in zip(rows.tolist(), stamps.tolist(), strict=True):
            if not (reached <= ts < times.day_end.item(row) and times.in_order_from.item(row) <= ts):
                return False
            reached = ts
        return True

    def _are_in_time(self, rows: Ints, ts: Stamps, closed_by: int) -> bool:
        """Whether no trade is older than the newest of its row, of a day that is over, or of a closed second."""
        if _least(ts) < closed_by:
            return False
        before = self._board.times.in_order_from
        if len(ts) > 1 and (ts[1:] < ts[:-1]).any():
            return older_than_newest(rows, ts, before) is None
        return not (ts < before[rows]).any()

    def _add_in_order(self, batch: TickBatch, rows: Ints, trades: Trades, updates: Bytes | None, quoted: Ints) -> None:
        """Apply trades, none older than the newest of its row, and the batch's quotes, and begin trading days."""
        board = self._board
        while len(trades) and (crossing := trades.ts >= board.times.day_end[rows]).any():
            days = self._days.starts(rows.astype(np.intp), trades.ts, _DAY)
            turning, target = self._rollovers.due(rows[crossing], trades.ts[crossing])
            earlier = days < target[rows]
            if earlier.any():
                part = trades[earlier]
                board.add_ticks(rows[earlier], part, _part(updates, earlier), quoted[:0], NO_QUOTES)
                self._observe(TickBatch(batch.table, part, conditions=batch.conditions))
            self._rollovers.begin(turning, target[turning])
            rows, trades, updates = rows[~earlier], trades[~earlier], _part(updates, ~earlier)
        board.add_ticks(rows, trades, updates, quoted, batch.quotes)
        whole = len(trades) == len(batch.trades)
        self._observe(batch if whole else TickBatch(batch.table, trades, batch.quotes, conditions=batch.conditions))

    def _take_last_from_late(self, rows: Rows, trades: Trades, updates: Bytes) -> None:
        """Set the last price where the newer trades don't: they were cancelled, or their conditions exclude it."""
        newest = self._board.times.last_ts
        self._board.times.note_late(rows, trades.ts)
        for at in np.flatnonzero((updates & _LAST > 0) & (trades.ts >= newest[rows])).tolist():
            row, ts = int(rows[at]), int(trades.ts[at])
            if ts >= newest[row]:
                self._set_last(row, ts, float(trades.price[at]), float(trades.size[at]))

    def own_codes(self, batch: TickBatch) -> Ints:
        """The codes of the trades' condition sets in the market's table."""
        table = batch.conditions
        assert table is not None, "checked by check_event"
        assert batch.trades.condition is not None, "the caller has looked"
        known = self._codes.get(table)
        if known is None or len(known) < len(table):
            sets = zip(table, table.updates.tolist(), strict=False)
            codes = [self._conditions.code(each, Updates(bits)) for each, bits in sets]
            known = self._codes[table] = np.array(codes, np.int32)
        mine: Ints = known[batch.trades.condition]
        return mine

    def _updates(self, batch: TickBatch, rows: Ints) -> Bytes | None:
        """What each trade updates; None: all of them everything."""
        table, condition = batch.conditions, batch.trades.condition
        if table is None or condition is None:
            return None
        updates: Bytes = table.updates[condition]
        conditional = np.flatnonzero(updates & _LAST_IF_FIRST)
        return self._settled(updates, conditional, rows, batch.trades.ts) if len(conditional) else updates

    def _settled(self, updates: Bytes, conditional: Rows, rows: Ints, ts: Stamps) -> Bytes:
        """``updates``, where ``conditional`` trades update the last price only if their symbol's day has none yet."""
        settled = updates & np.uint8(0xFF - _LAST_IF_FIRST)
        mine = rows[conditional]
        in_day = ts[conditional] < self._board.times.day_end[mine]
        has_last = ~np.isnan(self._board.column("open")[mine]) & in_day
        group = rows.astype(np.intp)
        if not in_day.all():
            days = self._days.starts(group, ts, _DAY)
            group = np.unique(np.stack((group, days)), axis=1, return_inverse=True)[1].ravel()
        # By symbol and day, where the first trade is that updates it anyway.
        sure = np.flatnonzero(settled & _LAST)
        first = np.full(int(group.max()) + 1, len(rows))
        first[group[sure[::-1]]] = sure[::-1]
        candidates = conditional[~has_last & (conditional < first[group[conditional]])]
        settled[candidates[np.unique(group[candidates], return_index=True)[1]]] |= np.uint8(_LAST)
        return settled

    # Corrections

    def correct(self, event: Corrections) -> RingColumns:
        """Apply corrections as one version. Returns the columns of the ring of trades for those that were known."""
        self._board.begin(event.version)
        self._bars.fold()
        log, counts = self._bars.log, self._counts
        rows = self._board.rows_of(event.table)[event.symbol]
        updates = np.full(len(event), int(REGULAR), np.uint8)
        codes = np.zeros(len(event), np.int32)
        if event.conditions is not None and event.condition is not None:
            stand_in = Trades(event.symbol, event.ts, event.price, event.size, event.condition)
            batch = TickBatch(event.table, stand_in, conditions=event.conditions)
            updates, codes = event.conditions.updates[event.condition], self.own_codes(batch)
        keys: set[Key] = set()
        #: Rows whose last price was corrected.
        moved: set[int] = set()
        items: list[tuple[int, int, float, float, int, int, int]] = []
        for at, (row, trade_id) in enumerate(zip(rows.tolist(), event.id.tolist(), strict=True)):
            found = log.find(row, trade_id)
            if found is None or not found.updates or not self._reviser.can_revise(row, found.ts):
                counts.uncorrectable += 1
                continue
            before = log.newest(row, _LAST)
            price, size, code, change = float(event.price[at]), float(event.size[at]), int(codes[at]), CORRECT
            if np.isnan(price):
                price, size, change = found.price, found.size, CANCEL
                found.change(price, size, 0)
                counts.cancelled += 1
            else:
                bits = int(updates[at])
                if bits & _LAST_IF_FIRST:
                    # It is the first of its day, or not, as before.
                    bits = bits & ~_LAST_IF_FIRST | found.updates & _LAST
                found.change(price, size, bits)
                counts.corrected += 1
            keys.add((row, second_of(found.ts)))
            items.append((row, found.ts, price, size, code, trade_id, change))
            if log.newest(row, _LAST) != before:
                moved.add(row)
        if keys:
            self._revise(keys)
        for row in moved:
            newest, stated = log.newest(row, _LAST) or self._last_of_bars(row), self._bars.stated_last(row)
            ts, price, size = (*stated, np.nan) if stated is not None and stated[0] > newest[0] else newest
            self._set_last(row, ts, price / self._bars.split_ratio(row, ts), size)
        kinds = (np.int32, np.int64, np.float64, np.float64, np.int32, np.int64, np.uint8)
        columns = list(zip(*items, strict=True)) if items else [()] * len(kinds)
        return [np.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]

    def _set_last(self, row: int, ts: int, price: float, size: float) -> None:
        """Set the last price, and with it the close of a day whose values a vendor stated."""
        self._board.set_last(row, ts, price, size)
        self._bars.set_given_close(row, ts, price)

    def _last_of_bars(self, row: int) -> tuple[int, float, float]:
        """Time and price of the last trade before those that are still known, and an unknown size."""
        starts, values, *_ = self._bars.history(row, interval("1s"), limit=1)
        return (int(starts[0]), float(values[0, 3]), np.nan) if len(starts) else (0, np.nan, np.nan)

    def _revise(self, keys: set[Key]) -> None:
        """Compute the bars of these seconds again, and from them the day fields and the previous closes."""
        board, bars = self._board, self._bars
        bars.fold()
        rows = np.array(sorted({row for row, _ in keys}), np.intp)
        before = [self._days_of(row) for row in rows.tolist()]
        self._reviser.revise(keys)
        values, notional = np.full((len(rows), 7), np.nan), np.zeros(len(rows))
        for place, (row, (_, old_close, _)) in enumerate(zip(rows.tolist(), before, strict=True)):
            today, close, closed_at = self._days_of(row)
            if today is not None:
                notional[place] = today[5]
                values[place] = *today[:5], np.nan, today[6]
            # A feed may have stated another previous close.
            prev_close = float(board.column("prev_close")[row])
            if close != old_close and close is not None:
                for ratio in (1.0, self._bars.split_ratio(row, closed_at)):
                    if np.isnan(prev_close) or (old_close is not None and prev_close == old_close / ratio):
                        board.set_prev_close(row, close / ratio)
                        break
        board.revise_day(rows, values, notional)

    def _days_of(self, row: int) -> tuple[Floats | None, float | None, int]:
        """The values (7) of the 1d bar of the row's day on the board; the close and start (ns) of the bar before it."""
        level, start = self._bars.levels["1d"], int(self._board.times.day_start[row])
        assert level.history is not None, "1d is kept"
        pieces = joined(stored_pieces(row, *level.history.of(row)), self._bars.unclosed(level, np.array([row])))
        today, earlier = pieces[pieces.ts == start], pieces[(pieces.ts < start) & ~np.isnan(pieces.close)]
        values = today.values[0] if len(today) else None
        return (values, float(earlier.close[-1]), int(earlier.ts[-1])) if len(earlier) else (values, None, 0)


def _part(updates: Bytes | None, mask: Mask) -> Bytes | None:
    return None if updates is None else updates[mask]
