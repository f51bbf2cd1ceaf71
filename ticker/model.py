"""The events of feeds: ticks, bars and what changes the state of the market.

Units throughout the project: prices in the symbol's currency, sizes in shares, timestamps in nanoseconds since
1970-01-01 UTC. Ticks are columns (numpy), never single objects, so that a fast feed costs little. Live, simulated and
replayed data have the same types.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

import numpy as np
import numpy.typing as npt

from ticker.conditions import REGULAR as REGULAR
from ticker.conditions import ConditionTable as ConditionTable
from ticker.conditions import Updates as Updates
from ticker.fields import FIELDS as FIELDS
from ticker.symbols import ALL as ALL
from ticker.symbols import MAX_NAME_LENGTH as MAX_NAME_LENGTH
from ticker.symbols import SymbolTable as SymbolTable
from ticker.symbols import is_symbol as is_symbol

Ints = npt.NDArray[np.int32]
Stamps = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Trades:
    """Trades in order of arrival. Columns of equal length: code (int32), timestamp (ns), price, size.

    ``condition`` (int32) is each trade's condition set, a code of the batch's ``conditions``; None: no trade has one.
    ``id`` (int64) is the feed's number of each trade, which corrections name, 0 for none; None: no trade has one. It
    must be unique per symbol among the trades that are still correctable.

    A trade that is older than the newest of its symbol is late: it doesn't set `last` back, and its bar is revised.
    """

    symbol: Ints
    ts: Stamps
    price: Floats
    size: Floats
    condition: Ints | None = None
    id: Stamps | None = None

    def __len__(self) -> int:
        return len(self.symbol)

    def __getitem__(self, part: slice | npt.NDArray[Any]) -> Trades:
        condition = None if self.condition is None else self.condition[part]
        ids = None if self.id is None else self.id[part]
        return Trades(self.symbol[part], self.ts[part], self.price[part], self.size[part], condition, ids)


@dataclass(frozen=True, slots=True, eq=False)
class Quotes:
    """Quotes in order, each the complete top of the book.

    Columns of equal length: code (int32), timestamp (ns), bid, its size, ask, its size. A missing side has NaN as
    price and size; a price is never 0.
    """

    symbol: Ints
    ts: Stamps
    bid: Floats
    bid_size: Floats
    ask: Floats
    ask_size: Floats

    def __len__(self) -> int:
        return len(self.symbol)

    def __getitem__(self, part: slice | npt.NDArray[Any]) -> Quotes:
        return Quotes(
            self.symbol[part], self.ts[part], self.bid[part], self.bid_size[part], self.ask[part], self.ask_size[part]
        )


_NO_CODES = np.empty(0, np.int32)
_NO_STAMPS = np.empty(0, np.int64)
_NO_FLOATS = np.empty(0, np.float64)
NO_TRADES = Trades(_NO_CODES, _NO_STAMPS, _NO_FLOATS, _NO_FLOATS)
NO_QUOTES = Quotes(_NO_CODES, _NO_STAMPS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS)


@dataclass(frozen=True, slots=True, eq=False)
class TickBatch:
    """Trades and quotes that are applied together, as one version of the board. Either may be empty.

    The columns must not be changed afterwards: the board applies them later, possibly together with following batches.
    ``table`` has the names of the codes, ``conditions`` the condition sets of the trades. ``version`` is the feed's own
    count of batches, if all nodes see the same; without it the board counts.

    ``made_up`` marks trades that stand for bars of the feed: each bar is played as four trades. They update the board
    and the open bars of ``BarBatch``, but no bars are computed from them.
    """

    table: SymbolTable
    trades: Trades = NO_TRADES
    quotes: Quotes = NO_QUOTES
    version: int | None = None
    conditions: ConditionTable | None = None
    made_up: bool = False

    def __len__(self) -> int:
        return len(self.trades) + len(self.quotes)


def joined(batches: Sequence[TickBatch]) -> TickBatch:
    """Batches of one table and one table of conditions, all made up or none, without own versions, as one batch."""
    if len(batches) == 1:
        return batches[0]
    trades = [batch.trades for batch in batches if len(batch.trades)]
    quotes = [batch.quotes for batch in batches if len(batch.quotes)]
    return TickBatch(
        batches[0].table,
        concatenated(trades) if trades else NO_TRADES,
        concatenated(quotes) if quotes else NO_QUOTES,
        conditions=next((batch.conditions for batch in batches if batch.conditions is not None), None),
        made_up=batches[0].made_up,
    )


Columns = TypeVar("Columns", Trades, Quotes, "Bars")


def concatenated(parts: Sequence[Columns]) -> Columns:
    """One or more Trades, Quotes or Bars as one, in order."""
    if len(parts) == 1:
        return parts[0]
    kind = type(parts[0])
    columns: list[Any] = []
    for column in fields(kind):
        found = [getattr(part, column.name) for part in parts]
        present = next((each for each in found if each is not None), None)
        if present is not None:
            # Of some parts without conditions or ids: 0.
            found = [
                np.zeros(len(part), present.dtype) if each is None else each
                for part, each in zip(parts, found, strict=True)
            ]
        columns.append(None if present is None else np.concatenate(found))
    return kind(*columns)


@dataclass(frozen=True, slots=True, eq=False)
class Corrections:
    """Trades that were cancelled or corrected. Columns of equal length.

    ``symbol`` (int32 codes) and ``id`` (int64) name the trades. ``price``, ``size`` and ``condition`` are what is
    right; a price of NaN takes the trade back. The timestamp of the trade stays; ``ts`` (ns) is when it was corrected.
    A trade that is unknown, or no longer correctable, is counted and changes nothing.
    """

    table: SymbolTable
    symbol: Ints
    id: Stamps
    ts: Stamps
    price: Floats
    size: Floats
    condition: Ints | None = None
    conditions: ConditionTable | None = None
    version: int | None = None

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DayValues:
    """The trading day of some symbols so far, as a vendor states it: after joining late, or after an outage.

    ``symbol`` are the codes (int32); the values are columns of the same length, NaN where unknown: those stay. They
    replace the day fields of the board, and the open ``1d`` bar; trades that follow add to them. ``ts`` (ns) is the
    time that they are as of: ``last`` is left out if a newer trade is known. Alerts fire on the stated values.

    ``since`` (ns) is when the feed began to miss trades: shorter bars that touch the time from ``since`` to ``ts`` are
    marked incomplete. None: nothing was missed.
    """

    table: SymbolTable
    symbol: Ints
    ts: int
    open: Floats
    high: Floats
    low: Floats
    volume: Floats
    last: Floats
    prev_close: Floats
    vwap: Floats
    trades: Floats
    since: int | None = None
    version: int | None = None

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Splits of shares: from ``ts`` (ns) on, ``ratio`` new shares (float64, by symbol) stand for each old one.

    `prev_close` is divided by the ratio, and so is `last` if it was traded before ``ts``. Alerts treat the next
    values as first ones. Bars are marked, not rewritten.
    """

    table: SymbolTable
    symbol: Ints
    ratio: Floats
    ts: int
    version: int | None = None

    def __len__(self) -> int:
        return len(self.symbol)


@dataclass(frozen=True, slots=True, eq=False)
class Rollover:
    """The start of a trading day: open, high, low, volume, trades and vwap are cleared.

    Days begin by the calendar (``FeedInfo.calendar``) without this event. It states previous closes, or a day that no
    calendar knows.

    ``symbol`` are the codes (None: all of the table). ``prev_close`` has their previous closes; where it is None or
    NaN, the last price becomes the previous close, or without one the old previous close stays.
    """

    table: SymbolTable
    symbol: Ints | None = None
    prev_close: Floats | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Removal:
    """Symbols that no longer exist. A later tick of one adds it as new."""

    names: tuple[str, ...]
    version: int | None = None


@dataclass(frozen=True, slots=True)
class Restart:
    """All values are cleared and a new epoch starts: the feed's ``epoch``, or one of the hub.

    With ``hidden``, the following events up to ``Settled`` build a new state while clients keep the old one; then they
    switch to the new state at once. A replay seeks in this way.
    """

    epoch: str | None = None
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Settled:
    """The state built since a hidden ``Restart`` replaces the old one, as a new epoch."""


@dataclass(frozen=True, slots=True)
class Watermark:
    """Market time has reached ``ts`` (ns): later ticks, but late trades, have this timestamp or more. Closes bars."""

    ts: int


@dataclass(frozen=True, slots=True, eq=False)
class Bars:
    """Bars. Columns of equal length: code, start (ns), prices, volume; vwap and trades are NaN if unknown."""

    symbol: Ints
    start: Stamps
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats
    trades: Floats

    def __len__(self) -> int:
        return len(self.symbol)

    def __getitem__(self, part: slice | npt.NDArray[Any]) -> Bars:
        return Bars(*(getattr(self, column.name)[part] for column in fields(self)))


NO_BARS = Bars(_NO_CODES, _NO_STAMPS, *(_NO_FLOATS,) * 7)


@dataclass(frozen=True, slots=True, eq=False)
class BarBatch:
    """The feed's own bars of ``interval_ns``, which replace those that the hub would compute.

    A bar comes twice: at its start with ``closed`` false (only its start and open are used; trades then update it), and
    at its end with ``closed`` true and final values, which are published and kept unchanged.
    """

    table: SymbolTable
    interval_ns: int
    bars: Bars
    closed: bool


#: Events that change the board.
BoardEvent = TickBatch | Corrections | DayValues | Split | Rollover | Removal
FeedEvent = BoardEvent | BarBatch | Watermark | Restart | Settled
