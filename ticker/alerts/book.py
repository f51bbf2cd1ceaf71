"""All active alerts by symbol. Checks every batch of ticks against them.

Most ticks are far from every level. For each field and row of the board the book keeps the range of values that change
no alert, so that one comparison of columns dismisses a batch. Only ticks outside the range are processed one by one,
in order, by the alerts whose level they reach. The book knows no owners.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from heapq import merge
from itertools import count
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from ticker.alerts.alert import Alert
from ticker.alerts.condition import OF_THE_DAY, TRADED, WATCHED
from ticker.alerts.ladder import Ladder
from ticker.market.board import Board, symbol_dicts
from ticker.model import BoardEvent, DayValues, Floats, Ints, Quotes, Removal, Split, Stamps, TickBatch, Trades, Updates

_Places = npt.NDArray[np.intp]


class Firing(NamedTuple):
    """An alert that fired, the value, and the timestamp of its tick (ns)."""

    alert: Alert
    value: float
    ts: int


class _FieldIndex:
    """One field: its ladders by row, and as columns the range of values that change no alert."""

    def __init__(self) -> None:
        self.ladders: dict[int, Ladder] = {}
        self.low = np.empty(0)
        self.high = np.empty(0)
        #: Rows with a ladder.
        self.watched = np.empty(0, np.bool_)
        self._near = np.empty(0, np.bool_)

    def extend(self, rows: int) -> None:
        """Extend the columns to this number of rows."""
        more = rows - len(self.watched)
        if more > 0:
            more = max(more, len(self.watched), 64)
            self.low = np.append(self.low, np.full(more, -math.inf))
            self.high = np.append(self.high, np.full(more, math.inf))
            self.watched = np.append(self.watched, np.zeros(more, np.bool_))
            self._near = np.zeros(len(self.watched), np.bool_)

    def ladder(self, row: int) -> Ladder:
        """The ladder of a row, created if necessary."""
        return self.ladders.setdefault(row, Ladder())

    def refresh(self, row: int) -> None:
        """Update the columns after a change of a row's ladder; remove an empty ladder."""
        ladder = self.ladders[row]
        if not ladder.alerts:
            del self.ladders[row]
        self.watched[row] = bool(ladder.alerts)
        self.low[row], self.high[row] = ladder.low, ladder.high

    def watched_ticks(self, rows: Ints, known: int) -> _Places:
        """The indexes of ticks whose rows have a ladder. ``known`` is the number of rows of the board."""
        if not self.ladders or not len(rows):
            return _NONE
        self.extend(known)
        return np.flatnonzero(self.watched[rows])

    def reaches(self, rows: Ints, least: Floats, most: Floats) -> bool:
        """Whether values between these two may change an alert."""
        return bool(((most >= self.high[rows]) | (least <= self.low[rows])).any())

    def near(self, rows: Ints, values: Floats) -> _Places:
        """The indexes of ticks to process: for rows that leave their range, all ticks from the first such tick on."""
        first = (values >= self.high[rows]) | (values <= self.low[rows])
        if not first.any():
            return _NONE
        start = int(first.argmax())
        touched = rows[first]
        self._near[touched] = True
        found = np.flatnonzero(self._near[rows[start:]]) + start
        self._near[touched] = False
        return found


_NONE: _Places = np.empty(0, np.intp)
#: A firing with the index of its tick in the batch and the number of its alert.
_Found = tuple[int, int, Firing]


class Book:
    """``changed`` is called for each alert that a tick may have changed; ``may`` is passed to ``Alert.step``."""

    def __init__(self, changed: Callable[[Alert], None], may: Callable[[Alert], bool]) -> None:
        self._changed = changed
        self._may = may
        self._fields = {field: _FieldIndex() for field in WATCHED}
        self._numbers = count()
        self._numbered: dict[Alert, int] = {}
        #: Alerts on symbols that the board does not have yet, by symbol.
        self._awaited: dict[str, dict[int, Alert]] = {}
        #: The number of symbols on the board at the last search for these.
        self._known = 0
        self._epoch = ""

    def __len__(self) -> int:
        """The number of active alerts."""
        return len(self._numbered)

    def add(self, alert: Alert, board: Board) -> list[Firing]:
        """Activate an alert. The symbol's current value counts as the first tick, so the alert may fire at once."""
        self._begin(board)
        if alert.done:
            return []
        row = board.find(alert.symbol)
        value, ts = (None, 0) if row is None else _current(alert, board, row)
        fires = value is not None and alert.step(value, self._may)
        if value is not None:
            self._changed(alert)
        if not alert.done:
            number = self._numbered[alert] = next(self._numbers)
            if row is None:
                self._awaited.setdefault(alert.symbol, {})[number] = alert
            else:
                self._insert(number, alert, row, len(board))
        return [Firing(alert, value, ts)] if fires and value is not None else []

    def remove(self, alert: Alert, board: Board) -> None:
        number = self._numbered.pop(alert, None)
        if number is None:
            return
        awaited = self._awaited.get(alert.symbol)
        if awaited is not None and awaited.pop(number, None) is not None:
            if not awaited:
                del self._awaited[alert.symbol]
            return
        row = board.find(alert.symbol)
        assert row is not None, "a symbol keeps its row after removal"
        index = self._fields[alert.condition.field]
        index.ladders[row].remove(number)
        index.refresh(row)

    def check(self, board: Board, event: BoardEvent) -> list[Firing]:
        """The alerts that fire on this event, in order of time. The board has applied the event already."""
        self._begin(board)
        self._activate_awaited(board)
        if isinstance(event, TickBatch):
            rows = board.rows_of(event.table)
            condition, table = event.trades.condition, event.conditions
            updates = None if condition is None or table is None else table.updates[condition]
            trades = self._check_trades(board, rows[event.trades.symbol], event.trades, updates)
            quotes = self._check_quotes(board, rows[event.quotes.symbol], event.quotes)
            return list(merge(trades, quotes, key=lambda firing: firing.ts)) if trades and quotes else trades or quotes
        if isinstance(event, Removal):
            self._forget(WATCHED, {row for name in event.names if (row := board.find(name)) is not None})
        elif isinstance(event, DayValues):
            return self._check_day(board, event)
        else:
            # No change from one value to the next: of the day's fields with a new day, of prices, too, with a split.
            rows = board.rows_of(event.table)
            fields = WATCHED if isinstance(event, Split) else OF_THE_DAY
            self._forget(fields, set((rows if event.symbol is None else rows[event.symbol]).tolist()))
        return []

    def _begin(self, board: Board) -> None:
        """Treat the next values as first ones when a new epoch has begun."""
        if board.epoch != self._epoch:
            if self._epoch:
                self._forget(WATCHED, None)
            self._epoch = board.epoch

    def _forget(self, fields: tuple[str, ...], rows: set[int] | None) -> None:
        for field in fields:
            index = self._fields[field]
            for row in index.ladders.keys() if rows is None else index.ladders.keys() & rows:
                index.ladders[row].forget()
                index.refresh(row)

    def _activate_awaited(self, board: Board) -> None:
        """Activate alerts whose symbol has appeared."""
        if not self._awaited or len(board) == self._known:
            return
        self._known = len(board)
        found = {name: row for name in self._awaited if (row := board.find(name)) is not None}
        for name, row in found.items():
            for number, alert in self._awaited.pop(name).items():
                self._insert(number, alert, row, len(board))

    def _insert(self, number: int, alert: Alert, row: int, rows: int) -> None:
        index = self._fields[alert.condition.field]
        index.extend(rows)
        index.ladder(row).add(number, alert)
        index.refresh(row)

    def _check_trades(
        self, board: Board, rows: Ints, trades: Trades, updates: npt.NDArray[np.uint8] | None
    ) -> list[Firing]:
        """``updates`` is what each trade updates (``ticker.conditions``); None: everything."""
        found: list[_Found] = []
        for field in TRADED:
            index = self._fields[field]
            at = index.watched_ticks(rows, len(board))
            if updates is not None:
                at = at[(updates[at] & (Updates.VOLUME if field == "volume" else Updates.LAST)) > 0]
            if not len(at):
                continue
            here, values = rows[at], trades.price[at]
            if field == "change_pct":
                values = change_pct(values, board.column("prev_close")[here])
            elif field == "volume":
                day, sizes = board.column("volume")[here], trades.size[at]
                # Bounds of the day's volume before and after this batch.
                if not index.reaches(here, day - sizes.sum(), day):
                    continue
                values = _running(here, sizes, day)
            self._process(index, at, here, values, trades.ts, found)
        return _in_order(found)

    def _check_quotes(self, board: Board, rows: Ints, quotes: Quotes) -> list[Firing]:
        found: list[_Found] = []
        for field, values in (("bid", quotes.bid), ("ask", quotes.ask)):
            index = self._fields[field]
            at = index.watched_ticks(rows, len(board))
            if len(at):
                self._process(index, at, rows[at], values[at], quotes.ts, found)
        return _in_order(found)

    def _check_day(self, board: Board, event: DayValues) -> list[Firing]:
        """The values that a vendor states are values as those of a tick.

        The volume and the previous close are first values: an outage is no reason for a crossing. Prices did pass what
        lies between the last one before the outage and the stated one.
        """
        rows, ts = board.rows_of(event.table)[event.symbol], np.full(len(event), event.ts)
        traded, summed, based = (~np.isnan(each) for each in (event.last, event.volume, event.prev_close))
        self._forget(("volume",), set(rows[summed].tolist()))
        self._forget(("change_pct",), set(rows[based].tolist()))
        last = board.column("last")[rows]
        change = change_pct(last, board.column("prev_close")[rows])
        found: list[_Found] = []
        for field, values, stated in (
            ("last", last, traded),
            ("volume", board.column("volume")[rows], summed),
            ("change_pct", change, traded | based),
        ):
            index = self._fields[field]
            at = index.watched_ticks(rows, len(board))
            at = at[stated[at]]
            if len(at):
                self._process(index, at, rows[at], values[at], ts, found)
        return _in_order(found)

    def _process(
        self, index: _FieldIndex, at: _Places, rows: Ints, values: Floats, ts: Stamps, found: list[_Found]
    ) -> None:
        """Process these values, of ticks with indexes ``at`` in the batch, by the alerts that they may change."""
        near = index.near(rows, values)
        if not len(near):
            return
        ladders = index.ladders
        touched: set[int] = set()
        for place, row, value in zip(at[near].tolist(), rows[near].tolist(), values[near].tolist(), strict=True):
            ladder = ladders[row]
            if ladder.low < value < ladder.high or not math.isfinite(value):
                continue
            touched.add(row)
            for number, alert, fires in ladder.step(value, self._may):
                self._changed(alert)
                if alert.done:
                    del self._numbered[alert]
                if fires:
                    found.append((place, number, Firing(alert, value, int(ts[place]))))
        for row in touched:
            index.refresh(row)


def change_pct(last: Floats, prev_close: Floats) -> Floats:
    """The change in percent, rounded to nine decimals: -2 % is exactly -2. A rise from below zero is positive."""
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        return np.round(100 * (last - prev_close) / np.abs(prev_close), 9)


def _current(alert: Alert, board: Board, row: int) -> tuple[float | None, int]:
    """The current value of the alert's field, or None, and the timestamp of the symbol's newest tick."""
    fields = symbol_dicts(board.since(0, board.index([row]))).get(alert.symbol) or {}
    field = alert.condition.field
    value, ts = fields.get(field), fields.get("ts")
    if field == "change_pct":
        last, prev_close = fields.get("last"), fields.get("prev_close")
        if last is not None and prev_close is not None:
            value = float(change_pct(np.array([last]), np.array([prev_close]))[0])
    if value is None or ts is None or not math.isfinite(value):
        return None, 0
    return float(value), int(ts)


def _running(rows: Ints, sizes: Floats, day: Floats) -> Floats:
    """The day's volume after each of these trades; ``day`` is the volume of its symbol after all of them."""
    order = np.argsort(rows, kind="stable")
    ordered, sums = rows[order], np.cumsum(sizes[order])
    last = np.append(ordered[1:] != ordered[:-1], True)
    symbol = np.cumsum(last) - last
    values = np.empty(len(rows))
    values[order] = day[order] - (sums[last][symbol] - sums)
    return values


def _in_order(found: list[_Found]) -> list[Firing]:
    """Sorted by tick, then by the age of the alert."""
    return [firing for _, _, firing in sorted(found, key=lambda each: each[:2])]
