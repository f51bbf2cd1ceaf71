"""The latest value of every field of every symbol, and the version at which it last changed.

A version is a counter that grows with every event applied, within an epoch. Snapshots, updates, slow consumers and
reconnects all use one operation, ``since(version, rows)``. Symbols are rows, numbered in order of appearance; a row is
never reused for another symbol. This module knows no client, no wire and no clock.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Sequence
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import numpy.typing as npt

from ticker.errors import BatchError
from ticker.fields import FIELDS, GONE, Delta
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.model import BoardEvent, Ints, Quotes, Removal, Rollover, SymbolTable, TickBatch, Trades

_COLUMN = {name: column for column, name in enumerate(FIELDS)}
_LAST, _LAST_SIZE, _OPEN, _HIGH, _LOW, _VOLUME, _TRADES, _VWAP = range(8)
_DAY = slice(_OPEN, _VWAP + 1)
_TRADE = slice(_LAST, _VWAP + 1)
_QUOTE = slice(_COLUMN["bid"], _COLUMN["ask_size"] + 1)
_PREV_CLOSE = _COLUMN["prev_close"]
_TS = _COLUMN["ts"]
_BITS = 1 << np.arange(len(FIELDS))

#: Distinct rows, and for each its timestamp and its number of ticks.
_Stamped = tuple[Rows, Stamps, npt.NDArray[np.int64]]
#: The sort order by row, each row's first and last position in it, and the rows.
_Grouped = tuple[Rows, Rows, Rows, Rows]


class Board:
    """The latest values of all symbols, as columns. Memory: about 300 bytes per symbol, at any rate."""

    def __init__(self, names: Iterable[str] = (), epoch: str | None = None) -> None:
        self.epoch = epoch or new_epoch()
        self.version = 0
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
        return self._values[: len(self.names), _COLUMN[field]]

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

    def apply(self, event: BoardEvent) -> None:
        """Apply an event as one version. Raises ``BatchError`` if the event's own version does not grow.

        Batches must have passed ``event_check.check_batch``. Cost: about 80 µs plus 0.1 µs per tick
        (benchmarks/bench_board.py).
        """
        version = self.version + 1
        if event.version is not None:
            if event.version <= self.version:
                raise BatchError(f"version {event.version} comes after version {self.version}")
            version = event.version
        if isinstance(event, TickBatch):
            rows = self.rows_of(event.table)
            stamped: list[_Stamped] = []
            if len(event.trades):
                stamped.append(self._apply_trades(rows[event.trades.symbol], event.trades, version))
            if len(event.quotes):
                stamped.append(self._apply_quotes(rows[event.quotes.symbol], event.quotes, version))
            if stamped:
                self._stamp(stamped, version)
                self._count(stamped, version)
        elif isinstance(event, Rollover):
            self._roll_over(event, version)
        elif isinstance(event, Removal):
            self._remove(event, version)
        self.version = version

    def _apply_trades(self, rows: Ints, trades: Trades, version: int) -> _Stamped:
        order, first, last, touched = _group(rows)
        price = trades.price[order]
        size = trades.size[order]
        new = self._values[touched, _TRADE]
        new[:, _LAST] = price[last]
        new[:, _LAST_SIZE] = size[last]
        # fmax and fmin ignore NaN, so that the first trade of a day is no special case.
        new[:, _OPEN] = np.where(np.isnan(new[:, _OPEN]), price[first], new[:, _OPEN])
        new[:, _HIGH] = np.fmax(new[:, _HIGH], np.maximum.reduceat(price, first))
        new[:, _LOW] = np.fmin(new[:, _LOW], np.minimum.reduceat(price, first))
        sums = new[:, _VOLUME : _TRADES + 1]
        sums[np.isnan(sums)] = 0
        sums[:, 0] += np.add.reduceat(size, first)
        sums[:, 1] += last - first + 1
        notional = self._notional[touched] + np.add.reduceat(price * size, first)
        self._notional[touched] = notional
        new[:, _VWAP] = _ratio(notional, new[:, _VOLUME])
        self._store(touched, _TRADE, new, version)
        return touched, trades.ts[order[last]], last - first + 1

    def _apply_quotes(self, rows: Ints, quotes: Quotes, version: int) -> _Stamped:
        order, first, last, touched = _group(rows)
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
            order, first, _last, touched = _group(np.concatenate([rows for rows, _, _ in stamped]))
            stamps = np.maximum.reduceat(np.concatenate([stamps for _, stamps, _ in stamped])[order], first)
        moved = touched[stamps != self._stamps[touched]]
        self._stamps[touched] = stamps
        self._versions[moved, _TS] = version
        self._row_versions[moved] = version

    def _roll_over(self, event: Rollover, version: int) -> None:
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
        prev_close = np.where(np.isnan(old[:, _LAST]), old[:, _PREV_CLOSE], old[:, _LAST])
        if closes is not None:
            given = closes[::-1][index]
            prev_close = np.where(np.isnan(given), prev_close, given)
        self._store(touched, slice(_PREV_CLOSE, _PREV_CLOSE + 1), prev_close[:, None], version)
        self._store(touched, _DAY, np.full((len(touched), _DAY.stop - _DAY.start), np.nan), version)
        self._notional[touched] = 0
        self._changes[touched[self._row_versions[touched] == version]] += 1

    def _remove(self, event: Removal, version: int) -> None:
        found = {row for row in map(self.row, event.names) if row is not None}
        rows = np.fromiter(sorted(found), np.intp, len(found))
        # The fields lose their values at this version, so that a client that missed the removal, because the symbol
        # came back, is still told of it.
        had = self._versions[rows] > 0
        self._versions[rows] = np.where(had, version, 0)
        self._values[rows] = np.nan
        self._stamps[rows] = 0
        self._notional[rows] = 0
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


def _group(rows: npt.NDArray[np.integer[Any]]) -> _Grouped:
    """Group ticks by row, in order: the sort order, each group's first and last position in it, and the rows."""
    if len(rows) and int(rows.max()) < 65_536:
        # numpy sorts 16-bit integers by radix, several times faster than 32-bit integers.
        order = np.argsort(rows.astype(np.uint16), kind="stable")
    else:
        order = np.argsort(rows, kind="stable")
    ordered = rows[order]
    breaks = np.flatnonzero(ordered[1:] != ordered[:-1])
    first = np.concatenate(([0], breaks + 1))
    last = np.concatenate((breaks, [len(rows) - 1]))
    return order, first, last, ordered[first].astype(np.intp)


def _ratio(notional: Floats, volume: Floats) -> Floats:
    """Notional / volume, NaN without volume. Rounded to nine significant digits: more are noise, and cost bytes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = notional / volume
        scale = 10.0 ** (8 - np.floor(np.log10(exact)))
        return np.where(volume > 0, np.rint(exact * scale) / scale, np.nan)


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
