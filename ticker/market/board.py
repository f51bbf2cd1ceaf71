"""The latest value of every field of every symbol, and the version at which it last changed.

A version is a counter that grows with every event applied, within an epoch. Snapshots, updates, slow consumers and
reconnects all use one operation, ``since(version, rows)``. Symbols are rows, numbered in order of appearance; a row is
never reused for another symbol. This module knows no client, no wire and no clock.
"""

from __future__ import annotations

import math
import secrets
from collections.abc import Iterable, Sequence
from weakref import WeakKeyDictionary

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
    group,
    vwap_of,
)
from ticker.market.row_calendars import RowCalendars
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

_DAY = slice(OPEN, VWAP + 1)
_TRADE = slice(LAST, VWAP + 1)
_QUOTE = slice(COLUMN["bid"], COLUMN["ask_size"] + 1)
_PREV_CLOSE = COLUMN["prev_close"]
_TS = COLUMN["ts"]
_BITS = 1 << np.arange(len(FIELDS))

_STATED = {COLUMN[name]: name for name in ("open", "high", "low", "volume", "trades", "vwap", "last", "prev_close")}
#: Distinct rows, and for each its timestamp and its number of ticks.
_Stamped = tuple[Rows, Stamps, npt.NDArray[np.int64]]


class Board:
    """The latest values of all symbols, as columns. Memory: about 300 bytes per symbol, at any rate."""

    def __init__(
        self, names: Iterable[str] = (), epoch: str | None = None, calendars: RowCalendars | None = None
    ) -> None:
        self.epoch = epoch or new_epoch()
        self.version = 0
        self._calendars = calendars or RowCalendars()
        #: Names by row. Only grows.
        self.names: list[str] = []
        self._rows: dict[str, int] = {}
        self._mapped: WeakKeyDictionary[SymbolTable, Ints] = WeakKeyDictionary()
        self._values = np.zeros((0, _TS))
        self._stamps = np.zeros(0, np.int64)
        self._versions = np.zeros((0, len(FIELDS)), np.int64)
        self._row_versions = np.zeros(0, np.int64)
        self._notional = np.zeros(0)
        self._gone = np.zeros(0, np.bool_)
        self._changes = np.zeros(0, np.int64)
        #: By row, when the trading day of its day fields begins and ends (ns); 0 before its first trade.
        self._day_start = np.zeros(0, np.int64)
        self._day_end = np.zeros(0, np.int64)
        #: By row, the newest timestamp of a trade, and of one that updated the last price.
        self._traded = np.zeros(0, np.int64)
        self._in_order_from = np.zeros(0, np.int64)
        self._last_ts = np.zeros(0, np.int64)
        for name in names:
            self.add(name)

    def __len__(self) -> int:
        return len(self.names)

    def add(self, name: str) -> int:
        """The row of ``name``, added if it is new. That changes no version, since the symbol has no values."""
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = len(self.names)
            self.names.append(name)
            self._calendars.add(name, row)
            if row >= len(self._stamps):
                self._grow(row + 1)
        return row

    def _grow(self, rows: int) -> None:
        self._values = grown(self._values, rows, np.nan)
        self._stamps = grown(self._stamps, rows)
        self._versions = grown(self._versions, rows)
        self._row_versions = grown(self._row_versions, rows)
        self._notional = grown(self._notional, rows)
        self._gone = grown(self._gone, rows)
        self._changes = grown(self._changes, rows)
        self._day_start = grown(self._day_start, rows)
        self._day_end = grown(self._day_end, rows)
        self._traded = grown(self._traded, rows)
        self._in_order_from = grown(self._in_order_from, rows)
        self._last_ts = grown(self._last_ts, rows)

    def row(self, name: str) -> int | None:
        """The row of ``name``; None for an unknown or removed symbol."""
        row = self._rows.get(name)
        return None if row is None or self._gone[row] else row

    def find(self, name: str) -> int | None:
        """The row of ``name``, also of a removed symbol; None for an unknown one."""
        return self._rows.get(name)

    @property
    def symbols(self) -> list[str]:
        """The names of all symbols except removed ones, in order of appearance."""
        gone = self._gone
        return [name for row, name in enumerate(self.names) if not gone[row]]

    def column(self, field: str) -> Floats:
        """The values of a field other than `ts`, by row; NaN for no value. A view: don't modify it."""
        return self._values[: len(self.names), COLUMN[field]]

    @property
    def changes(self) -> npt.NDArray[np.int64]:
        """The number of ticks that changed each row; a rollover and a removal count as one. A view."""
        return self._changes[: len(self.names)]

    def newest(self, latest: int) -> int | None:
        """The newest timestamp on the board (ns) that is not after ``latest``, or None."""
        newest = int(self._stamps.max(initial=0, where=self._stamps <= latest))
        return newest or None

    def rows_of(self, table: SymbolTable) -> Ints:
        """The rows of a table's symbols, by code. Adds new symbols."""
        rows = self._mapped.get(table)
        if rows is None or len(rows) < len(table):
            rows = np.fromiter(map(self.add, table.names), np.int32, len(table))
            self._mapped[table] = rows
        return rows

    @property
    def day_start(self) -> Stamps:
        """By row, when the trading day of its day fields begins (ns); 0 before its first trade. A view."""
        return self._day_start[: len(self.names)]

    @property
    def day_end(self) -> Stamps:
        """By row, when the trading day of its day fields ends (ns); 0 before its first trade. A view."""
        return self._day_end[: len(self.names)]

    @property
    def last_ts(self) -> Stamps:
        """By row, the timestamp of the trade that set the last price (ns). A view."""
        return self._last_ts[: len(self.names)]

    @property
    def traded(self) -> Stamps:
        """By row, the newest timestamp of a trade (ns). A view."""
        return self._traded[: len(self.names)]

    @property
    def in_order_from(self) -> Stamps:
        """By row, the later of ``traded`` and ``day_start``: trades before it are not in order. A view."""
        return self._in_order_from[: len(self.names)]

    def note_traded(self, rows: Rows, ts: Stamps) -> None:
        """Note the timestamps of trades that were not applied in order."""
        np.maximum.at(self._traded, rows, ts)
        np.maximum.at(self._in_order_from, rows, ts)

    def apply(self, event: BoardEvent, *, begun: bool = False) -> None:
        """Apply an event as one version. Raises ``BatchError`` if the event's own version does not grow.

        Events must have passed ``event_check.check_event``. A ``Market`` applies ticks in parts instead, since trading
        days begin and trades come late. Cost: about 80 µs plus 0.1 µs per tick (benchmarks/bench_board.py). ``begun``:
        the version has begun.
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
            self.split(self.rows_of(event.table)[event.symbol], event.ratio)
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
        stamped: list[_Stamped] = []
        if len(trades):
            stamped.append(self._apply_trades(traded, trades, updates))
        if len(quotes):
            stamped.append(self._apply_quotes(quoted, quotes, self.version))
        if stamped:
            self._stamp(stamped, self.version)
            self._count(stamped, self.version)

    def _apply_trades(self, rows: Ints, trades: Trades, updates: npt.NDArray[np.uint8] | None) -> _Stamped:
        order, first, last, touched = group(rows)
        new = self._values[touched, _TRADE]
        notional = self._notional[touched]
        if updates is None or (updates & EVERYTHING == EVERYTHING).all():
            price, size = trades.price[order], trades.size[order]
            add_regular(new, price, size, first, last)
            self._last_ts[touched] = trades.ts[order[last]]
            notional += np.add.reduceat(price * size, first)
        else:
            more, newest = add_by_conditions(new, trades[order], updates[order], first)
            notional += more
            self._last_ts[touched[newest >= 0]] = trades.ts[order[newest[newest >= 0]]]
        self._notional[touched] = notional
        new[:, VWAP] = vwap_of(notional, new[:, VOLUME])
        self._store(touched, _TRADE, new, self.version)
        stamps = trades.ts[order[last]]
        self._traded[touched] = stamps
        self._in_order_from[touched] = stamps
        return touched, stamps, last - first + 1

    def _apply_quotes(self, rows: Ints, quotes: Quotes, version: int) -> _Stamped:
        order, first, last, touched = group(rows)
        newest = order[last]
        columns = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
        new = np.stack([column[newest] for column in columns], axis=1)
        self._store(touched, _QUOTE, new, version)
        return touched, quotes.ts[newest], last - first + 1

    def _store(self, touched: Rows, columns: slice, new: Floats, version: int) -> None:
        """Set the values of distinct rows, and the version of those that changed."""
        if self._gone[touched].any():
            self._gone[touched] = False
        old = self._values[touched, columns]
        changed = (new != old) & ~(np.isnan(new) & np.isnan(old))
        self._values[touched, columns] = new
        versions = self._versions[touched, columns]
        versions[changed] = version
        self._versions[touched, columns] = versions
        self._row_versions[touched[changed.any(axis=1)]] = version

    def _count(self, stamped: list[_Stamped], version: int) -> None:
        """Count the ticks of rows that this version changed."""
        for touched, _, ticks in stamped:
            self._changes[touched] += np.where(self._row_versions[touched] == version, ticks, 0)

    def _stamp(self, stamped: list[_Stamped], version: int) -> None:
        """Set `ts` to the later stamp of a symbol's trades and quotes in a batch, which are not ordered to each other.

        Between batches the order of arrival counts: a replay that starts over goes back in time.
        """
        touched, stamps, _ = stamped[0]
        if len(stamped) > 1:
            order, first, _last, touched = group(np.concatenate([rows for rows, _, _ in stamped]))
            stamps = np.maximum.reduceat(np.concatenate([stamps for _, stamps, _ in stamped])[order], first)
        moved = touched[stamps != self._stamps[touched]]
        self._stamps[touched] = stamps
        self._versions[moved, _TS] = version
        self._row_versions[moved] = version

    def _roll_over_by(self, event: Rollover) -> None:
        rows, closes = self.rows_of(event.table), event.prev_close
        if event.symbol is None:
            # A removed symbol comes back when it is named, not by a rollover of all symbols.
            there = ~self._gone[rows]
            rows, closes = rows[there], None if closes is None else closes[there]
        else:
            rows = rows[event.symbol]
        # A row may be named twice; the last one wins.
        touched, index = np.unique(rows[::-1].astype(np.intp), return_index=True)
        old = self._values[touched]
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
        self._day_start[rows] = day_start
        self._day_end[rows] = day_end
        self._in_order_from[rows] = np.maximum(self._in_order_from[rows], day_start)
        old = self._values[rows]
        # Conditions may let a trade update the high and low alone.
        has_day = np.count_nonzero(~np.isnan(old[:, OPEN : VOLUME + 1]), axis=1) > 0
        new = has_day | (np.isnan(old[:, _PREV_CLOSE]) & ~np.isnan(old[:, LAST]))
        rows, old, has_day = rows[new], old[new], has_day[new]
        if len(rows):
            self._begin_day(rows, np.where(np.isnan(old[:, LAST]), old[:, _PREV_CLOSE], old[:, LAST]))
        return rows

    def _begin_day(self, rows: Rows, prev_close: Floats) -> None:
        version = self.version
        self._store(rows, slice(_PREV_CLOSE, _PREV_CLOSE + 1), prev_close[:, None], version)
        self._store(rows, _DAY, np.full((len(rows), _DAY.stop - _DAY.start), np.nan), version)
        self._notional[rows] = 0
        self._changes[rows[self._row_versions[rows] == version]] += 1

    def set_day(self, rows: Rows, day: DayValues) -> None:
        """Set the day fields that a vendor states, in the version that has begun. The last of equal rows wins."""
        touched, index = np.unique(rows[::-1], return_index=True)
        new = self._values[touched]
        for column, name in _STATED.items():
            given = getattr(day, name)[::-1][index]
            new[:, column] = np.where(np.isnan(given), new[:, column], given)
        self._notional[touched] = new[:, VWAP] * new[:, VOLUME]
        self._store(touched, slice(0, _TS), new, self.version)
        self._changes[touched] += 1

    def revise_day(self, rows: Rows, bars: Floats, notional: Floats) -> None:
        """Set the day fields of distinct rows from their open 1d bars: open, high, low, close, volume, vwap, trades."""
        new = self._values[rows, _DAY]
        new[:, : VOLUME - OPEN] = bars[:, :3]
        # As if no trade that counts had come.
        counted = np.where((bars[:, 4] == 0) & (bars[:, 6] == 0), np.nan, 1.0)
        new[:, VOLUME - OPEN], new[:, TRADES - OPEN] = bars[:, 4] * counted, bars[:, 6] * counted
        self._notional[rows] = notional
        new[:, VWAP - OPEN] = vwap_of(notional, bars[:, 4])
        self._store(rows, _DAY, new, self.version)
        self._changes[rows] += 1

    def set_last(self, row: int, ts: int, last: float, last_size: float) -> None:
        """Replace the last price and its size by those of a trade of ``ts`` (ns). NaN: unknown."""
        self._last_ts[row] = ts
        self._store(np.array([row]), slice(LAST, LAST_SIZE + 1), np.array([[last, last_size]]), self.version)

    def set_prev_close(self, row: int, prev_close: float) -> None:
        """Replace the previous close, after a late trade or a correction changed it."""
        columns = slice(_PREV_CLOSE, _PREV_CLOSE + 1)
        self._store(np.array([row]), columns, np.array([[prev_close]]), self.version)

    def split(self, rows: Ints, ratio: Floats) -> None:
        """Divide the previous closes by ``ratio``, and the last prices where the day has no trade yet."""
        for row, each in zip(rows.tolist(), ratio.tolist(), strict=True):
            last, size, opened = self._values[row, [LAST, LAST_SIZE, OPEN]].tolist()
            self.set_prev_close(row, float(self._values[row, _PREV_CLOSE]) / each)
            if math.isnan(opened):
                self.set_last(row, int(self._last_ts[row]), last / each, size)
            self._changes[row] += 1

    def _remove(self, event: Removal) -> None:
        version = self.version
        found = {row for row in map(self.row, event.names) if row is not None}
        rows = np.fromiter(sorted(found), np.intp, len(found))
        # The fields lose their values at this version, so that a client that missed the removal, because the symbol
        # came back, is still told of it.
        had = self._versions[rows] > 0
        self._versions[rows] = np.where(had, version, 0)
        self._values[rows] = np.nan
        self._stamps[rows] = 0
        self._notional[rows] = 0
        self._day_start[rows] = 0
        self._day_end[rows] = 0
        self._traded[rows] = 0
        self._in_order_from[rows] = 0
        self._last_ts[rows] = 0
        self._row_versions[rows] = version
        self._changes[rows] += 1
        self._gone[rows] = True

    @staticmethod
    def index(rows: Sequence[int]) -> Rows:
        """Rows as an array, as ``since`` takes them."""
        return np.array(rows, np.intp)

    def changed(self, version: int, rows: Rows | None = None) -> Rows:
        """Those of ``rows`` (None: of all rows) that changed after ``version``, in the same order."""
        if rows is None:
            return np.flatnonzero(self._row_versions[: len(self.names)] > version)
        return rows[self._row_versions[rows] > version]

    def since(self, version: int, rows: Rows, fresh: npt.NDArray[np.bool_] | None = None) -> Delta:
        """The fields of distinct ``rows`` that changed after ``version``; where ``fresh``, all fields with a value.

        Rows without such fields are omitted. A removed row is reported as removed, unless it is fresh. The cost depends
        on the number of ``rows``, not on the size of the board.
        """
        versions = self._versions[rows]
        values = self._values[rows]
        stamps = self._stamps[rows]
        gone = self._gone[rows] & (self._row_versions[rows] > version)
        changed = versions > version
        if version == 0 or fresh is not None:
            # A client that has no values needs no report of lost ones.
            valued = np.empty_like(changed)
            valued[:, :_TS] = ~np.isnan(values)
            valued[:, _TS] = stamps > 0
            changed = (changed & valued) if fresh is None else np.where(fresh[:, None], valued, changed)
            gone = gone & False if fresh is None else gone & ~fresh
        changed[gone] = False
        masks = changed @ _BITS
        masks[gone] = GONE
        told = masks != 0
        if not told.all():
            rows, masks, changed, values, stamps = rows[told], masks[told], changed[told], values[told], stamps[told]
        chosen = rows.tolist()
        names = self.names
        return Delta(
            rows=chosen,
            names=[names[row] for row in chosen],
            masks=masks.tolist(),
            values=values[changed[:, :_TS]].tolist(),
            stamps=stamps.tolist(),
        )


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
                if column == _TS:
                    fields[field] = stamp or None
                else:
                    value = values[at]
                    fields[field] = None if value != value else value
                    at += 1
        result[name] = fields
    return result
