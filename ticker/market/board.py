"""The latest value of every field of every symbol, and the version at which it last changed.

A version is a counter that grows with every event applied, within an epoch. Snapshots, updates, slow consumers and
reconnects all use one operation, ``since(version, rows)``. Symbols are rows, numbered in order of appearance; a row is
never reused for another symbol. This module knows no client, no wire and no clock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.errors import BatchError
from ticker.fields import FIELDS, GONE, Delta
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.market.day_fields import (
    COLUMN,
    EVERYTHING,
    LAST,
    LAST_SIZE,
    OPEN,
    TRADES,
    VOLUME,
    VWAP,
    add_by_conditions,
    add_regular,
    add_trade,
    group,
    one_vwap,
    vwap_of,
)
from ticker.market.row_calendars import RowCalendars
from ticker.market.symbol_rows import SymbolRows
from ticker.market.trade_times import TradeTimes
from ticker.market.versioned_fields import TS, Stamped, VersionedFields
from ticker.model import (
    BoardEvent,
    Corrections,
    DayValues,
    Ints,
    Quotes,
    Removal,
    Rollover,
    Split,
    SymbolTable,
    TickBatch,
    Trades,
)

#: Up to this many ticks are applied one by one: a numpy call costs the same for one tick as for a hundred.
FEW: Final = 12

_DAY = slice(OPEN, VWAP + 1)
_TRADE = slice(LAST, VWAP + 1)
_QUOTE = slice(COLUMN["bid"], COLUMN["ask_size"] + 1)
_PREV_CLOSE = COLUMN["prev_close"]

_STATED = {COLUMN[name]: name for name in ("open", "high", "low", "volume", "trades", "vwap", "last", "prev_close")}


class Board:
    """The latest values of all symbols, as columns. Memory: about 300 bytes per symbol, at any rate."""

    def __init__(
        self, names: Iterable[str] = (), epoch: str | None = None, calendars: RowCalendars | None = None
    ) -> None:
        self.epoch = epoch or new_epoch()
        self.version = 0
        self._calendars = calendars or RowCalendars()
        self._symbols = SymbolRows(self._reach)
        self._fields = VersionedFields()
        #: The trading days of the day fields, and the timestamps of the newest trades.
        self.times = TradeTimes()
        self._notional = np.zeros(0)
        for name in names:
            self.add(name)

    def _reach(self, name: str, row: int) -> None:
        self._calendars.add(name, row)
        if row >= len(self._notional):
            self._notional = grown(self._notional, row + 1)
            self._fields.reach(row + 1)
            self.times.reach(row + 1)

    def __len__(self) -> int:
        return len(self._symbols.names)

    @property
    def names(self) -> list[str]:
        """Names by row, also of removed symbols. Only grows."""
        return self._symbols.names

    def add(self, name: str) -> int:
        """The row of ``name``, added if it is new. That changes no version, since the symbol has no values."""
        return self._symbols.add(name)

    def row(self, name: str) -> int | None:
        """The row of ``name``; None for an unknown or removed symbol."""
        row = self._symbols.find(name)
        return None if row is None or self._fields.gone[row] else row

    def find(self, name: str) -> int | None:
        """The row of ``name``, also of a removed symbol; None for an unknown one."""
        return self._symbols.find(name)

    def rows_of(self, table: SymbolTable) -> Ints:
        """The rows of a table's symbols, by code. Adds new symbols."""
        return self._symbols.of(table)

    @property
    def symbols(self) -> list[str]:
        """The names of all symbols except removed ones, in order of appearance."""
        gone = self._fields.gone
        return [name for row, name in enumerate(self.names) if not gone[row]]

    def column(self, field: str) -> Floats:
        """The values of a field other than `ts`, by row; NaN for no value. A view: don't modify it."""
        return self._fields.values[: len(self), COLUMN[field]]

    @property
    def changes(self) -> npt.NDArray[np.int64]:
        """The number of ticks that changed each row; a rollover and a removal count as one. A view."""
        return self._fields.changes[: len(self)]

    def newest(self, latest: int) -> int | None:
        """The newest timestamp on the board (ns) that is not after ``latest``, or None."""
        stamps = self._fields.stamps
        return int(stamps.max(initial=0, where=stamps <= latest)) or None

    def apply(self, event: BoardEvent, *, begun: bool = False) -> None:
        """Apply an event as one version. Raises ``BatchError`` if the event's own version does not grow.

        Events must have passed ``event_check.check_event``. A ``Market`` applies ticks in parts instead, since trading
        days begin and trades come late. Cost: about 80 µs plus 0.1 µs per tick; up to ``FEW`` ticks without conditions
        5 µs per tick (benchmarks/bench_board.py). ``begun``: the version has begun.
        """
        if not begun:
            self.begin(event.version)
        if isinstance(event, TickBatch):
            rows = self.rows_of(event.table)
            updates = None
            if event.trades.condition is not None and event.conditions is not None:
                updates = event.conditions.updates[event.trades.condition]
            self.add_ticks(rows[event.trades.symbol], event.trades, updates, rows[event.quotes.symbol], event.quotes)
        elif isinstance(event, Rollover):
            self._roll_over_by(event)
        elif isinstance(event, DayValues):
            self.set_day(self.rows_of(event.table)[event.symbol].astype(np.intp), event)
        elif isinstance(event, Split):
            self.split(self.rows_of(event.table)[event.symbol], event.ratio, event.ts)
        elif isinstance(event, Removal):
            self._remove(event)
        else:
            assert isinstance(event, Corrections), "no other event changes the board"

    def begin(self, version: int | None = None) -> None:
        """Begin a version: what is called next belongs to it. Raises ``BatchError`` if ``version`` does not grow."""
        if version is not None and version <= self.version:
            raise BatchError(f"version {version} comes after version {self.version}")
        self.version = self.version + 1 if version is None else version

    def add_ticks(
        self, traded: Ints, trades: Trades, updates: npt.NDArray[np.uint8] | None, quoted: Ints, quotes: Quotes
    ) -> None:
        """Apply ticks, with the row of each, to the version that has begun.

        ``updates`` is what each trade updates (``conditions.Updates``); None: everything.
        """
        if len(trades) + len(quotes) <= FEW and updates is None:
            self._add_few(traded, trades, quoted, quotes)
            return
        stamped: list[Stamped] = []
        if len(trades):
            stamped.append(self._apply_trades(traded, trades, updates))
        if len(quotes):
            stamped.append(self._apply_quotes(quoted, quotes))
        if stamped:
            self._fields.stamp(stamped, self.version)
            for rows, _, ticks in stamped:
                self._fields.count(rows, ticks, self.version)

    def _add_few(self, traded: Ints, trades: Trades, quoted: Ints, quotes: Quotes) -> None:
        """As ``add_ticks`` without conditions, tick by tick."""
        fields, times, version = self._fields, self.times, self.version
        #: By row, the newest timestamp and the number of ticks.
        stamped: dict[int, tuple[int, int]] = {}
        if len(trades):
            states: dict[int, list[float]] = {}
            columns = traded.tolist(), trades.ts.tolist(), trades.price.tolist(), trades.size.tolist()
            for row, ts, price, size in zip(*columns, strict=True):
                state = states.get(row)
                if state is None:
                    state = states[row] = [*fields.values[row, _TRADE].tolist(), self._notional.item(row)]
                add_trade(state, price, size)
                stamped[row] = ts, stamped[row][1] + 1 if row in stamped else 1
            for row, state in states.items():
                self._notional[row] = notional = state.pop()
                state[VWAP] = one_vwap(notional, state[VOLUME])
                fields.store_row(row, LAST, state, version)
                times.last_ts[row] = times.traded[row] = times.in_order_from[row] = stamped[row][0]
        if len(quotes):
            rows, sides = quoted.tolist(), (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
            for row, at in {row: at for at, row in enumerate(rows)}.items():
                fields.store_row(row, _QUOTE.start, [side.item(at) for side in sides], version)
                stamp, ticks = stamped.get(row, (0, 0))
                stamped[row] = max(stamp, quotes.ts.item(at)), ticks + rows.count(row)
        for row, (stamp, _) in stamped.items():
            fields.stamp_row(row, stamp, version)
        for row, (_, ticks) in stamped.items():
            fields.count_row(row, ticks, version)

    def _apply_trades(self, rows: Ints, trades: Trades, updates: npt.NDArray[np.uint8] | None) -> Stamped:
        order, first, last, touched = group(rows)
        new = self._fields.values[touched, _TRADE]
        notional = self._notional[touched]
        if updates is None or (updates & EVERYTHING == EVERYTHING).all():
            price, size = trades.price[order], trades.size[order]
            add_regular(new, price, size, first, last)
            self.times.last_ts[touched] = trades.ts[order[last]]
            notional += np.add.reduceat(price * size, first)
        else:
            more, newest = add_by_conditions(new, trades[order], updates[order], first)
            notional += more
            self.times.last_ts[touched[newest >= 0]] = trades.ts[order[newest[newest >= 0]]]
        self._notional[touched] = notional
        new[:, VWAP] = vwap_of(notional, new[:, VOLUME])
        self._fields.store(touched, _TRADE, new, self.version)
        stamps = trades.ts[order[last]]
        self.times.note_in_order(touched, stamps)
        return touched, stamps, last - first + 1

    def _apply_quotes(self, rows: Ints, quotes: Quotes) -> Stamped:
        order, first, last, touched = group(rows)
        newest = order[last]
        columns = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
        new = np.stack([column[newest] for column in columns], axis=1)
        self._fields.store(touched, _QUOTE, new, self.version)
        return touched, quotes.ts[newest], last - first + 1

    def _roll_over_by(self, event: Rollover) -> None:
        rows, closes = self.rows_of(event.table), event.prev_close
        if event.symbol is None:
            # A removed symbol comes back when it is named, not by a rollover of all symbols.
            there = ~self._fields.gone[rows]
            rows, closes = rows[there], None if closes is None else closes[there]
        else:
            rows = rows[event.symbol]
        # A row may be named twice; the last one wins.
        touched, index = np.unique(rows[::-1].astype(np.intp), return_index=True)
        old = self._fields.values[touched]
        prev_close = np.where(np.isnan(old[:, LAST]), old[:, _PREV_CLOSE], old[:, LAST])
        if closes is not None:
            given = closes[::-1][index]
            prev_close = np.where(np.isnan(given), prev_close, given)
        self._begin_day(touched, prev_close)

    def roll_over(self, rows: Rows, day_start: Stamps, day_end: Stamps) -> Rows:
        """Begin a trading day of distinct rows, from ``day_start`` to ``day_end`` (ns), in the version that has begun.

        The last price becomes the previous close, unless the symbol has not traded since its day began. Returns the
        rows whose fields change.
        """
        self.times.begin_day(rows, day_start, day_end)
        old = self._fields.values[rows]
        # Conditions may let a trade update the high and low alone.
        has_day = np.count_nonzero(~np.isnan(old[:, OPEN : VOLUME + 1]), axis=1) > 0
        new = has_day | (np.isnan(old[:, _PREV_CLOSE]) & ~np.isnan(old[:, LAST]))
        rows, old, has_day = rows[new], old[new], has_day[new]
        if len(rows):
            self._begin_day(rows, np.where(np.isnan(old[:, LAST]), old[:, _PREV_CLOSE], old[:, LAST]))
        return rows

    def _begin_day(self, rows: Rows, prev_close: Floats) -> None:
        version = self.version
        self._fields.store(rows, slice(_PREV_CLOSE, _PREV_CLOSE + 1), prev_close[:, None], version)
        self._fields.store(rows, _DAY, np.full((len(rows), _DAY.stop - _DAY.start), np.nan), version)
        self._notional[rows] = 0
        self._fields.count(rows, 1, version)

    def set_day(self, rows: Rows, day: DayValues) -> None:
        """Set the day fields that a vendor states, in the version that has begun. The last of equal rows wins."""
        touched, index = np.unique(rows[::-1], return_index=True)
        new = self._fields.values[touched]
        for column, name in _STATED.items():
            given = getattr(day, name)[::-1][index]
            stated = ~np.isnan(given)
            if column == LAST:
                # As a late trade, it never sets the last price back.
                stated &= self.times.last_ts[touched] <= day.ts
                self.times.last_ts[touched[stated]] = day.ts
            new[stated, column] = given[stated]
        self._notional[touched] = new[:, VWAP] * new[:, VOLUME]
        self._fields.store(touched, slice(0, TS), new, self.version)
        self._fields.changes[touched] += 1

    def revise_day(self, rows: Rows, bars: Floats, notional: Floats) -> None:
        """Set the day fields of distinct rows from their open 1d bars: open, high, low, close, volume, vwap, trades."""
        new = self._fields.values[rows, _DAY]
        new[:, : VOLUME - OPEN] = bars[:, :3]
        # As if no trade that counts had come.
        counted = np.where((bars[:, 4] == 0) & (bars[:, 6] == 0), np.nan, 1.0)
        new[:, VOLUME - OPEN], new[:, TRADES - OPEN] = bars[:, 4] * counted, bars[:, 6] * counted
        self._notional[rows] = notional
        new[:, VWAP - OPEN] = vwap_of(notional, bars[:, 4])
        self._fields.store(rows, _DAY, new, self.version)
        self._fields.changes[rows] += 1

    def set_last(self, row: int, ts: int, last: float, last_size: float) -> None:
        """Replace the last price and its size by those of a trade of ``ts`` (ns). NaN: unknown."""
        self.times.last_ts[row] = ts
        self._fields.store(np.array([row]), slice(LAST, LAST_SIZE + 1), np.array([[last, last_size]]), self.version)

    def set_prev_close(self, row: int, prev_close: float) -> None:
        """Replace the previous close, after a late trade or a correction changed it."""
        columns = slice(_PREV_CLOSE, _PREV_CLOSE + 1)
        self._fields.store(np.array([row]), columns, np.array([[prev_close]]), self.version)

    def split(self, rows: Ints, ratio: Floats, ts: int) -> None:
        """Divide the previous closes by ``ratio``, and the last prices that are older than ``ts`` (ns)."""
        for row, each in zip(rows.tolist(), ratio.tolist(), strict=True):
            last, size = self._fields.values[row, [LAST, LAST_SIZE]].tolist()
            self.set_prev_close(row, float(self._fields.values[row, _PREV_CLOSE]) / each)
            last_ts = int(self.times.last_ts[row])
            if last_ts < ts:
                self.set_last(row, last_ts, last / each, size)
            self._fields.changes[row] += 1

    def _remove(self, event: Removal) -> None:
        found = {row for row in map(self.row, event.names) if row is not None}
        rows = np.fromiter(sorted(found), np.intp, len(found))
        self._fields.remove(rows, self.version)
        self.times.remove(rows)
        self._notional[rows] = 0

    @staticmethod
    def index(rows: Sequence[int]) -> Rows:
        """Rows as an array, as ``since`` takes them."""
        return np.array(rows, np.intp)

    def changed(self, version: int, rows: Rows | None = None) -> Rows:
        """Those of ``rows`` (None: of all rows) that changed after ``version``, in the same order."""
        return self._fields.changed(version, rows, len(self))

    def since(self, version: int, rows: Rows, fresh: npt.NDArray[np.bool_] | None = None) -> Delta:
        """The fields of distinct ``rows`` that changed after ``version``; where ``fresh``, all fields with a value.

        Rows without such fields are omitted. A removed row is reported as removed, unless it is fresh. The cost depends
        on the number of ``rows``, not on the size of the board.
        """
        return self._fields.since(version, rows, fresh, self.names)


def new_epoch() -> str:
    """A unique name."""
    return secrets.token_hex(6)


def symbol_dicts(delta: Delta) -> dict[str, dict[str, int | float | None] | None]:
    """A delta as dicts, symbol to fields; None for a removed symbol. The same as a client reads from its update."""
    values: Sequence[float] = delta.values
    result: dict[str, dict[str, int | float | None] | None] = {}
    at = 0
    for name, mask, stamp in zip(delta.names, delta.masks, delta.stamps, strict=True):
        if mask == GONE:
            result[name] = None
            continue
        fields: dict[str, int | float | None] = {}
        for column, field in enumerate(FIELDS):
            if mask >> column & 1:
                if column == TS:
                    fields[field] = stamp or None
                else:
                    value = values[at]
                    fields[field] = None if value != value else value
                    at += 1
        result[name] = fields
    return result
