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

from ticker.errors import BatchError
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
    """Trades in order. Columns of equal length: code (int32), timestamp (ns), price, size."""

    symbol: Ints
    ts: Stamps
    price: Floats
    size: Floats

    def __len__(self) -> int:
        return len(self.symbol)

    def __getitem__(self, part: slice | npt.NDArray[Any]) -> Trades:
        return Trades(self.symbol[part], self.ts[part], self.price[part], self.size[part])


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


# Like the methods `min` and `max`, at half their fixed cost.
_least, _most = np.minimum.reduce, np.maximum.reduce
_NO_CODES = np.empty(0, np.int32)
_NO_STAMPS = np.empty(0, np.int64)
_NO_FLOATS = np.empty(0, np.float64)
NO_TRADES = Trades(_NO_CODES, _NO_STAMPS, _NO_FLOATS, _NO_FLOATS)
NO_QUOTES = Quotes(_NO_CODES, _NO_STAMPS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS, _NO_FLOATS)


@dataclass(frozen=True, slots=True, eq=False)
class TickBatch:
    """Trades and quotes that are applied together, as one version of the board. Either may be empty.

    The columns must not be changed afterwards: the board applies them later, possibly together with following batches.
    ``table`` has the names of the codes. ``version`` is the feed's own count of batches, if all nodes see the same;
    without it the board counts.
    """

    table: SymbolTable
    trades: Trades = NO_TRADES
    quotes: Quotes = NO_QUOTES
    version: int | None = None

    def __len__(self) -> int:
        return len(self.trades) + len(self.quotes)


def joined(batches: Sequence[TickBatch]) -> TickBatch:
    """Batches of one table, without versions of their own, as one batch."""
    if len(batches) == 1:
        return batches[0]
    trades = [batch.trades for batch in batches if len(batch.trades)]
    quotes = [batch.quotes for batch in batches if len(batch.quotes)]
    return TickBatch(
        batches[0].table,
        concatenated(trades) if trades else NO_TRADES,
        concatenated(quotes) if quotes else NO_QUOTES,
    )


Columns = TypeVar("Columns", Trades, Quotes, "Bars")


def concatenated(parts: Sequence[Columns]) -> Columns:
    """One or more Trades, Quotes or Bars as one, in order."""
    if len(parts) == 1:
        return parts[0]
    kind = type(parts[0])
    return kind(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(kind)))


@dataclass(frozen=True, slots=True, eq=False)
class Rollover:
    """The start of a trading day: open, high, low, volume, trades and vwap are cleared.

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
    """Market time has reached ``ts`` (ns): later ticks have timestamps of ``ts`` or more. Closes bars."""

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
BoardEvent = TickBatch | Rollover | Removal
FeedEvent = BoardEvent | BarBatch | Watermark | Restart | Settled


#: The upper limit of prices and sizes, so that sums and products stay finite.
LIMIT = 1e100
#: The maximum of timestamps and versions.
_GREATEST = 2**63 - 1


def check_event(event: object) -> None:
    """Raise ``BatchError`` with the fault of an event that must not reach the market's state.

    Columns that are no arrays raise ``TypeError`` or ``AttributeError``. The board checks that versions grow.
    """
    if isinstance(event, TickBatch):
        check_batch(event)
    elif isinstance(event, Rollover):
        _check_rollover(event)
    elif isinstance(event, BarBatch):
        _check_bars(event)
    elif isinstance(event, Watermark):
        if not _is_stamp(event.ts):
            raise BatchError(f"a watermark must be a 64-bit int, ns since 1970, not {event.ts!r}")
    elif isinstance(event, Removal):
        _check_removal(event.names)
    elif isinstance(event, Restart):
        _check_restart(event.epoch)
    elif not isinstance(event, Settled):
        raise BatchError(f"a {type(event).__name__} is not a FeedEvent")
    if isinstance(event, BoardEvent) and event.version is not None and not _is_stamp(event.version):
        raise BatchError(f"a version must be a 64-bit int, not {event.version!r}")


def check_batch(batch: TickBatch) -> None:
    """Raise ``BatchError`` with column and row of a value that must not reach the board.

    Refused are columns of unequal length or wrong type, codes outside the table, timestamps and prices that are not
    positive, negative sizes, prices and sizes of ``LIMIT`` or more, and a side with a price or a size alone.
    """
    trades, quotes = batch.trades, batch.quotes
    if len(trades) + len(quotes) <= _FEW and _are_fine(batch):
        return
    if len(trades):
        _check_columns("trades", trades.symbol, trades.ts, len(batch.table), (trades.price, trades.size))
        if not (_within(trades.price, above_zero=True) and _within(trades.size)):
            _refuse("trades.price", trades.price, ~_are_prices(trades.price))
            _refuse("trades.size", trades.size, ~_are_sizes(trades.size))
    if len(quotes):
        sides = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
        _check_columns("quotes", quotes.symbol, quotes.ts, len(batch.table), sides)
        for name, price, size in (("bid", quotes.bid, quotes.bid_size), ("ask", quotes.ask, quotes.ask_size)):
            if not (_within(price, above_zero=True) and _within(size)):
                empty = np.isnan(price)
                _refuse(f"quotes.{name}", price, ~(empty | _are_prices(price)))
                _refuse(f"quotes.{name}_size", size, ~np.where(empty, np.isnan(size), _are_sizes(size)))


def _check_rollover(event: Rollover) -> None:
    symbol, closes, symbols = event.symbol, event.prev_close, len(event.table)
    if symbol is not None:
        if not _is_column(symbol, np.int32):
            raise BatchError("a rollover's symbols must be a column of int32 codes")
        if len(symbol) and (_least(symbol) < 0 or _most(symbol) >= symbols):
            raise BatchError("a rollover has a code that is not in the table")
    if closes is not None:
        wanted = symbols if symbol is None else len(symbol)
        if not _is_column(closes, np.float64) or len(closes) != wanted:
            raise BatchError(f"a rollover's prev_close must be a column of {wanted} float64")
        if not (np.isnan(closes) | _are_prices(closes)).all():
            raise BatchError("a prev_close must be a positive finite number, or NaN for none")


def _check_bars(batch: BarBatch) -> None:
    bars = batch.bars
    if not (_is_stamp(batch.interval_ns) and batch.interval_ns):
        raise BatchError(f"an interval_ns must be above 0, not {batch.interval_ns!r}")
    if not len(bars):
        return
    prices = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close}
    floats = (*prices.values(), bars.volume, bars.vwap, bars.trades)
    _check_columns("bars", bars.symbol, bars.start, len(batch.table), floats, stamp="start")
    for name, column in prices.items():
        _refuse(f"bars.{name}", column, ~_are_prices(column))
    _refuse("bars.volume", bars.volume, ~_are_sizes(bars.volume))
    _refuse("bars.vwap", bars.vwap, ~(np.isnan(bars.vwap) | _are_prices(bars.vwap)))
    _refuse("bars.trades", bars.trades, ~(np.isnan(bars.trades) | _are_sizes(bars.trades)))


def _check_removal(names: object) -> None:
    # Unknown names do no harm.
    if not (isinstance(names, tuple) and all(isinstance(name, str) for name in names)):
        raise BatchError("a removal's names must be a tuple of str")


def _check_restart(epoch: object) -> None:
    if not (epoch is None or (isinstance(epoch, str) and epoch)):
        raise BatchError("a restart's epoch must be None or a non-empty str")


def _is_stamp(value: object) -> bool:
    # Neither numpy's integers, which the codecs can't encode, nor bools.
    return type(value) is int and 0 <= value <= _GREATEST


#: Up to this many ticks are checked one by one: a numpy call costs the same for two ticks as for a thousand.
_FEW = 12


def _are_fine(batch: TickBatch) -> bool:
    """Whether a few ticks are certainly valid; if not, ``check_batch`` looks closer."""
    symbols = len(batch.table)
    for part, prices in ((batch.trades, 1), (batch.quotes, 2)):
        rows = len(part.symbol)
        if not rows:
            continue
        shape = (rows,)
        symbol, ts, *floats = (getattr(part, name) for name in part.__slots__)
        if symbol.dtype != np.int32 or ts.dtype != np.int64 or symbol.shape != shape or ts.shape != shape:
            return False
        if any(column.dtype != np.float64 or column.shape != shape for column in floats):
            return False
        if not all(0 <= code < symbols for code in symbol.tolist()) or not all(stamp > 0 for stamp in ts.tolist()):
            return False
        # Missing sides are left to the slower check.
        for at in range(prices):
            if not all(0 < value < LIMIT for value in floats[2 * at].tolist()):
                return False
            if not all(0 <= value < LIMIT for value in floats[2 * at + 1].tolist()):
                return False
    return True


def _within(values: Floats, *, above_zero: bool = False) -> bool:
    """Whether all values are below the limit and at least (or above) zero, in two passes."""
    least = _least(values)
    return bool((least > 0 if above_zero else least >= 0) and _most(values) < LIMIT)


def _are_prices(values: Floats) -> npt.NDArray[np.bool_]:
    return (values > 0) & (values < LIMIT)


def _are_sizes(values: Floats) -> npt.NDArray[np.bool_]:
    return (values >= 0) & (values < LIMIT)


def _is_column(values: object, kind: type[np.generic]) -> bool:
    return isinstance(values, np.ndarray) and values.dtype == kind and values.ndim == 1


def _check_columns(
    kind: str, symbol: Ints, ts: Stamps, symbols: int, floats: tuple[Floats, ...], stamp: str = "ts"
) -> None:
    shapes = [symbol.shape, ts.shape, *(column.shape for column in floats)]
    if any(shape != (len(symbol),) for shape in shapes):
        raise BatchError(f"{kind}: columns must have one dimension and equal lengths, not the shapes {shapes}")
    if symbol.dtype != np.int32 or ts.dtype != np.int64 or any(c.dtype != np.float64 for c in floats):
        raise BatchError(f"{kind}: columns must be int32, int64 and float64, not {symbol.dtype}, {ts.dtype}, …")
    if _least(symbol) < 0 or _most(symbol) >= symbols:
        _refuse(f"{kind}.symbol", symbol, (symbol < 0) | (symbol >= symbols))
    if _least(ts) <= 0:
        _refuse(f"{kind}.{stamp}", ts, ts <= 0)


def _refuse(column: str, values: npt.NDArray[Any], wrong: npt.NDArray[np.bool_]) -> None:
    if wrong.any():
        row = int(wrong.argmax())
        count = int(wrong.sum())
        raise BatchError(f"{column}: {count} of {len(values)} values are invalid, first {values[row]} in row {row}")
