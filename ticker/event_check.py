"""Checks events before they reach the market: columns, codes, timestamps, prices and sizes."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from ticker.conditions import ConditionTable
from ticker.errors import BatchError
from ticker.model import (
    BarBatch,
    BoardEvent,
    Corrections,
    DayValues,
    Floats,
    Ints,
    Removal,
    Restart,
    Rollover,
    Settled,
    Split,
    Stamps,
    TickBatch,
    Trades,
    Watermark,
)

# Like the methods `min` and `max`, at half their fixed cost.
_least, _most = np.minimum.reduce, np.maximum.reduce
#: The upper limit of prices and sizes, so that sums and products stay finite.
LIMIT: Final = 1e100
#: The maximum of timestamps and versions.
_GREATEST: Final = 2**63 - 1


def check_event(event: object, *, negative_prices: bool = False) -> None:
    """Raise ``BatchError`` with the fault of an event that must not reach the market's state.

    With ``negative_prices``, prices may be zero and below.

    Columns that are no arrays raise ``TypeError`` or ``AttributeError``. The board checks that versions grow.
    """
    over = -LIMIT if negative_prices else 0.0
    if isinstance(event, TickBatch):
        check_batch(event, over)
    elif isinstance(event, Corrections):
        _check_corrections(event, over)
    elif isinstance(event, DayValues):
        _check_day_values(event, over)
    elif isinstance(event, Split):
        _check_split(event)
    elif isinstance(event, Rollover):
        _check_rollover(event, over)
    elif isinstance(event, BarBatch):
        _check_bars(event, over)
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


def check_batch(batch: TickBatch, over: float = 0.0) -> None:
    """Raise ``BatchError`` with column and row of a value that must not reach the board.

    Refused are columns of unequal length or wrong type, codes outside the table, timestamps that are not positive,
    prices that are not above ``over``, negative sizes, prices and sizes of ``LIMIT`` or more, and a side with a price
    or a size alone.
    """
    trades, quotes = batch.trades, batch.quotes
    if len(trades) + len(quotes) <= _FEW and _are_fine(batch, over):
        return
    if len(trades):
        _check_columns("trades", trades.symbol, trades.ts, len(batch.table), (trades.price, trades.size))
        if not (_within(trades.price, over) and _within(trades.size)):
            _refuse("trades.price", trades.price, ~_are_prices(trades.price, over))
            _refuse("trades.size", trades.size, ~_are_sizes(trades.size))
        _check_condition("trades", trades.condition, len(trades), batch.conditions)
        if trades.id is not None and not (_is_column(trades.id, np.int64) and len(trades.id) == len(trades)):
            raise BatchError(f"trades.id must be a column of {len(trades)} int64")
    if len(quotes):
        sides = (quotes.bid, quotes.bid_size, quotes.ask, quotes.ask_size)
        _check_columns("quotes", quotes.symbol, quotes.ts, len(batch.table), sides)
        for name, price, size in (("bid", quotes.bid, quotes.bid_size), ("ask", quotes.ask, quotes.ask_size)):
            if not (_within(price, over) and _within(size)):
                empty = np.isnan(price)
                _refuse(f"quotes.{name}", price, ~(empty | _are_prices(price, over)))
                _refuse(f"quotes.{name}_size", size, ~np.where(empty, np.isnan(size), _are_sizes(size)))


def _check_condition(kind: str, column: Ints | None, rows: int, table: ConditionTable | None) -> None:
    if column is None:
        return
    if table is None:
        raise BatchError(f"{kind}.condition needs a table of conditions")
    if not (_is_column(column, np.int32) and len(column) == rows):
        raise BatchError(f"{kind}.condition must be a column of {rows} int32")
    if rows and (_least(column) < 0 or _most(column) >= len(table)):
        raise BatchError(f"{kind}.condition has a code that is not in the table of conditions")


def _check_codes(kind: str, symbol: Ints, symbols: int, columns: dict[str, npt.NDArray[Any]]) -> None:
    """Check that ``symbol`` has codes of the table, and that the columns are float64 of the same length."""
    if not _is_column(symbol, np.int32):
        raise BatchError(f"{kind}.symbol must be a column of int32 codes")
    if len(symbol) and (_least(symbol) < 0 or _most(symbol) >= symbols):
        raise BatchError(f"{kind}.symbol has a code that is not in the table")
    for name, column in columns.items():
        if not (_is_column(column, np.float64) and len(column) == len(symbol)):
            raise BatchError(f"{kind}.{name} must be a column of {len(symbol)} float64")


def _check_corrections(event: Corrections, over: float) -> None:
    _check_codes("corrections", event.symbol, len(event.table), {"price": event.price, "size": event.size})
    for name, column in (("id", event.id), ("ts", event.ts)):
        if not (_is_column(column, np.int64) and len(column) == len(event)):
            raise BatchError(f"corrections.{name} must be a column of {len(event)} int64")
    _refuse("corrections.ts", event.ts, event.ts <= 0)
    cancelled = np.isnan(event.price)
    _refuse("corrections.price", event.price, ~(cancelled | _are_prices(event.price, over)))
    _refuse("corrections.size", event.size, ~(cancelled | _are_sizes(event.size)))
    _check_condition("corrections", event.condition, len(event), event.conditions)


def _check_day_values(event: DayValues, over: float) -> None:
    prices = {name: getattr(event, name) for name in ("open", "high", "low", "last", "prev_close", "vwap")}
    sizes = {name: getattr(event, name) for name in ("volume", "trades")}
    _check_codes("day values", event.symbol, len(event.table), {**prices, **sizes})
    for name, column in prices.items():
        _refuse(f"day values.{name}", column, ~(np.isnan(column) | _are_prices(column, over)))
    for name, column in sizes.items():
        _refuse(f"day values.{name}", column, ~(np.isnan(column) | _are_sizes(column)))
    if not (_is_stamp(event.ts) and (event.since is None or _is_stamp(event.since))):
        raise BatchError("ts and since of day values must be 64-bit ints, ns since 1970")


def _check_split(event: Split) -> None:
    _check_codes("split", event.symbol, len(event.table), {"ratio": event.ratio})
    _refuse("split.ratio", event.ratio, ~_are_prices(event.ratio, 0.0))
    if not _is_stamp(event.ts):
        raise BatchError(f"the ts of a split must be a 64-bit int, ns since 1970, not {event.ts!r}")


def _check_rollover(event: Rollover, over: float) -> None:
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
        if not (np.isnan(closes) | _are_prices(closes, over)).all():
            raise BatchError("a prev_close must be a positive finite number, or NaN for none")


def _check_bars(batch: BarBatch, over: float) -> None:
    bars = batch.bars
    if not (_is_stamp(batch.interval_ns) and batch.interval_ns):
        raise BatchError(f"an interval_ns must be above 0, not {batch.interval_ns!r}")
    if not len(bars):
        return
    prices = {"open": bars.open, "high": bars.high, "low": bars.low, "close": bars.close}
    floats = (*prices.values(), bars.volume, bars.vwap, bars.trades)
    _check_columns("bars", bars.symbol, bars.start, len(batch.table), floats, stamp="start")
    for name, column in prices.items():
        _refuse(f"bars.{name}", column, ~_are_prices(column, over))
    _refuse("bars.volume", bars.volume, ~_are_sizes(bars.volume))
    _refuse("bars.vwap", bars.vwap, ~(np.isnan(bars.vwap) | _are_prices(bars.vwap, over)))
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
_FEW: Final = 12


def _are_fine(batch: TickBatch, over: float) -> bool:
    """Whether a few ticks are certainly valid; if not, ``check_batch`` looks closer."""
    symbols = len(batch.table)
    for part, prices in ((batch.trades, 1), (batch.quotes, 2)):
        rows = len(part.symbol)
        if not rows:
            continue
        shape = (rows,)
        if isinstance(part, Trades) and not (part.condition is None and part.id is None):
            return False
        symbol, ts = part.symbol, part.ts
        floats = (
            [part.price, part.size] if isinstance(part, Trades) else [part.bid, part.bid_size, part.ask, part.ask_size]
        )
        if symbol.dtype != np.int32 or ts.dtype != np.int64 or symbol.shape != shape or ts.shape != shape:
            return False
        if any(column.dtype != np.float64 or column.shape != shape for column in floats):
            return False
        if not all(0 <= code < symbols for code in symbol.tolist()) or not all(stamp > 0 for stamp in ts.tolist()):
            return False
        # Missing sides are left to the slower check.
        for at in range(prices):
            if not all(over < value < LIMIT for value in floats[2 * at].tolist()):
                return False
            if not all(0 <= value < LIMIT for value in floats[2 * at + 1].tolist()):
                return False
    return True


def _within(values: Floats, over: float | None = None) -> bool:
    """Whether all values are below the limit and above ``over`` (None: at least zero), in two passes."""
    least = _least(values)
    return bool((least >= 0 if over is None else least > over) and _most(values) < LIMIT)


def _are_prices(values: Floats, over: float) -> npt.NDArray[np.bool_]:
    return (values > over) & (values < LIMIT)


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
