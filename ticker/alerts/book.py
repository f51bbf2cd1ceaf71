"""All alerts that may fire, by symbol: shows each of them the ticks of which something may come, and no others.

Most ticks are far from every level. So each field has, by row of the board, the lowest and the highest value of which
nothing comes, and one comparison of columns dismisses a batch. Ticks of rows where something may come are looked at
one by one, in their order, and of their alerts those are asked whose level is there. Nothing here knows an owner.
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
from ticker.model import BoardEvent, Floats, Ints, Quotes, Removal, Stamps, TickBatch, Trades

_Places = npt.NDArray[np.intp]


class Firing(NamedTuple):
    """An alert fired by a value, which came with the tick of stamp ``ts`` (ns)."""

    alert: Alert
    value: float
    ts: int


class _Watched:
    """One field: its ladders by row, and beside them the values of which nothing comes, as columns."""

    def __init__(self) -> None:
        self.ladders: dict[int, Ladder] = {}
        self.low = np.empty(0)
        self.high = np.empty(0)
        #: Rows with a ladder.
        self.there = np.empty(0, np.bool_)
        self._near = np.empty(0, np.bool_)

    def reach(self, rows: int) -> None:
        """Have room for so many rows."""
        more = rows - len(self.there)
        if more > 0:
            more = max(more, len(self.there), 64)
            self.low = np.append(self.low, np.full(more, -math.inf))
            self.high = np.append(self.high, np.full(more, math.inf))
            self.there = np.append(self.there, np.zeros(more, np.bool_))
            self._near = np.zeros(len(self.there), np.bool_)

    def ladder(self, row: int) -> Ladder:
        """That of a row, made if it is new."""
        return self.ladders.setdefault(row, Ladder())

    def mark(self, row: int) -> None:
        """A row's ladder has changed; an empty one goes."""
        ladder = self.ladders[row]
        if not ladder.alerts:
            del self.ladders[row]
        self.there[row] = bool(ladder.alerts)
        self.low[row], self.high[row] = ladder.low, ladder.high

    def at(self, rows: Ints, known: int) -> _Places:
        """Which of these ticks are of rows that have a ladder; ``known``: rows that the board has."""
        if not self.ladders or not len(rows):
            return _NONE
        self.reach(known)
        return np.flatnonzero(self.there[rows])

    def reaches(self, rows: Ints, least: Floats, most: Floats) -> bool:
        """Whether something may come of values that lie between these two."""
        return bool(((most >= self.high[rows]) | (least <= self.low[rows])).any())

    def near(self, rows: Ints, values: Floats) -> _Places:
        """Which of these ticks have to be looked at: of each row that has any, those from the first on of all."""
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
#: A firing with the place of its tick in the batch, and its alert's number.
_Found = tuple[int, int, Firing]


class Book:
    """``changed`` is called for each alert that a tick may have changed; ``may`` is that of ``Alert.step``."""

    def __init__(self, changed: Callable[[Alert], None], may: Callable[[Alert], bool]) -> None:
        self._changed = changed
        self._may = may
        self._fields = {field: _Watched() for field in WATCHED}
        self._numbers = count()
        self._numbered: dict[Alert, int] = {}
        #: Alerts on symbols that the board doesn't have yet, by symbol.
        self._awaited: dict[str, dict[int, Alert]] = {}
        #: How many symbols the board had when these were last looked for.
        self._known = 0
        self._epoch = ""

    def __len__(self) -> int:
        """How many alerts may fire, now or later."""
        return len(self._numbered)

    def add(self, alert: Alert, board: Board) -> list[Firing]:
        """Watch for it from now on. Its symbol's value counts as the first tick: it may fire at once."""
        self._begin(board)
        if alert.done:
            return []
        row = board.find(alert.symbol)
        value, ts = (None, 0) if row is None else _now(alert, board, row)
        fires = value is not None and alert.step(value, self._may)
        if value is not None:
            self._changed(alert)
        if not alert.done:
            number = self._numbered[alert] = next(self._numbers)
            if row is None:
                self._awaited.setdefault(alert.symbol, {})[number] = alert
            else:
                self._file(number, alert, row, len(board))
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
        assert row is not None, "a symbol that was there once has a row for good"
        watched = self._fields[alert.condition.field]
        watched.ladders[row].remove(number)
        watched.mark(row)

    def look(self, board: Board, event: BoardEvent) -> list[Firing]:
        """What fires by this event, which the board has taken in; in the order of time."""
        self._begin(board)
        self._find(board)
        if isinstance(event, TickBatch):
            rows = board.rows_of(event.table)
            trades = self._look_at_trades(board, rows[event.trades.symbol], event.trades)
            quotes = self._look_at_quotes(board, rows[event.quotes.symbol], event.quotes)
            return list(merge(trades, quotes, key=lambda firing: firing.ts)) if trades and quotes else trades or quotes
        if isinstance(event, Removal):
            self._forget(WATCHED, {row for name in event.names if (row := board.find(name)) is not None})
        else:
            rows = board.rows_of(event.table)
            self._forget(OF_THE_DAY, set((rows if event.symbol is None else rows[event.symbol]).tolist()))
        return []

    def _begin(self, board: Board) -> None:
        """Where a new epoch has begun, what was before leads nowhere."""
        if board.epoch != self._epoch:
            if self._epoch:
                self._forget(WATCHED, None)
            self._epoch = board.epoch

    def _forget(self, fields: tuple[str, ...], rows: set[int] | None) -> None:
        for field in fields:
            watched = self._fields[field]
            for row in watched.ladders.keys() if rows is None else watched.ladders.keys() & rows:
                watched.ladders[row].forget()
                watched.mark(row)

    def _find(self, board: Board) -> None:
        """File what waited for its symbol to appear."""
        if not self._awaited or len(board) == self._known:
            return
        self._known = len(board)
        found = {name: row for name in self._awaited if (row := board.find(name)) is not None}
        for name, row in found.items():
            for number, alert in self._awaited.pop(name).items():
                self._file(number, alert, row, len(board))

    def _file(self, number: int, alert: Alert, row: int, rows: int) -> None:
        watched = self._fields[alert.condition.field]
        watched.reach(rows)
        watched.ladder(row).add(number, alert)
        watched.mark(row)

    def _look_at_trades(self, board: Board, rows: Ints, trades: Trades) -> list[Firing]:
        found: list[_Found] = []
        for field in TRADED:
            watched = self._fields[field]
            at = watched.at(rows, len(board))
            if not len(at):
                continue
            here, values = rows[at], trades.price[at]
            if field == "change_pct":
                values = change_pct(values, board.column("prev_close")[here])
            elif field == "volume":
                day, sizes = board.column("volume")[here], trades.size[at]
                # The day's volume before this batch was no less than this, and after it is no more.
                if not watched.reaches(here, day - sizes.sum(), day):
                    continue
                values = _running(here, sizes, day)
            self._show(watched, at, here, values, trades.ts, found)
        return _in_order(found)

    def _look_at_quotes(self, board: Board, rows: Ints, quotes: Quotes) -> list[Firing]:
        found: list[_Found] = []
        for field, values in (("bid", quotes.bid), ("ask", quotes.ask)):
            watched = self._fields[field]
            at = watched.at(rows, len(board))
            if len(at):
                self._show(watched, at, rows[at], values[at], quotes.ts, found)
        return _in_order(found)

    def _show(
        self, watched: _Watched, at: _Places, rows: Ints, values: Floats, ts: Stamps, found: list[_Found]
    ) -> None:
        """Show these values, of ticks ``at`` places in the batch, to the alerts that they may move."""
        near = watched.near(rows, values)
        if not len(near):
            return
        ladders = watched.ladders
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
            watched.mark(row)


def change_pct(last: Floats, prev_close: Floats) -> Floats:
    """Percent from one to the other, to nine decimals: so -2 % are -2 exactly, whatever the prices."""
    with np.errstate(over="ignore", invalid="ignore"):
        return np.round(100 * (last - prev_close) / prev_close, 9)


def _now(alert: Alert, board: Board, row: int) -> tuple[float | None, int]:
    """The value that its symbol has, if it has one, and the stamp of the symbol's newest tick."""
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
    """The day's volume with each of these trades, where ``day`` is that of its symbol with all of them."""
    order = np.argsort(rows, kind="stable")
    ordered, sums = rows[order], np.cumsum(sizes[order])
    last = np.append(ordered[1:] != ordered[:-1], True)
    symbol = np.cumsum(last) - last
    values = np.empty(len(rows))
    values[order] = day[order] - (sums[last][symbol] - sums)
    return values


def _in_order(found: list[_Found]) -> list[Firing]:
    """By the tick's place in the batch, and then by the alerts' age."""
    return [firing for _, _, firing in sorted(found, key=lambda each: each[:2])]
