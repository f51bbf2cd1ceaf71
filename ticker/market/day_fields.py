"""Computes the trade fields of the board from trades: last, last_size, open, high, low, volume, trades, vwap."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import numpy.typing as npt

from ticker.fields import FIELDS
from ticker.market.columns import Floats, Rows
from ticker.model import REGULAR, Trades, Updates

COLUMN = {name: column for column, name in enumerate(FIELDS)}
LAST, LAST_SIZE, OPEN, HIGH, LOW, VOLUME, TRADES, VWAP = range(8)
#: Beside ``conditions.Updates``: sets the last price, but no day field. For trades that are too late for their day.
ONLY_LAST = 16
#: The bits of a trade that updates everything.
EVERYTHING = int(REGULAR)

#: By exponent, the power of ten that leaves nine digits before the point. Computed powers differ in the last bit.
_LEAST_EXPONENT = -300
_SCALES = np.array([float(f"1e{8 - exponent}") for exponent in range(_LEAST_EXPONENT, 110)])

#: The sort order by row, each row's first and last position in it, and the rows.
Grouped = tuple[Rows, Rows, Rows, Rows]


def group(rows: npt.NDArray[np.integer[Any]]) -> Grouped:
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


def add_regular(fields: Floats, price: Floats, size: Floats, first: Rows, last: Rows) -> None:
    """Add trades that update everything to the trade fields of their rows, but for vwap.

    ``fields`` has a line per row; ``first`` and ``last`` are the places of each row's first and last trade.
    """
    fields[:, LAST] = price[last]
    fields[:, LAST_SIZE] = size[last]
    # fmax and fmin ignore NaN, so that the first trade of a day is no special case.
    fields[:, OPEN] = np.where(np.isnan(fields[:, OPEN]), price[first], fields[:, OPEN])
    fields[:, HIGH] = np.fmax(fields[:, HIGH], np.maximum.reduceat(price, first))
    fields[:, LOW] = np.fmin(fields[:, LOW], np.minimum.reduceat(price, first))
    sums = fields[:, VOLUME : TRADES + 1]
    sums[np.isnan(sums)] = 0
    sums[:, 0] += np.add.reduceat(size, first)
    sums[:, 1] += last - first + 1


def add_by_conditions(
    fields: Floats, trades: Trades, updates: npt.NDArray[np.uint8], first: Rows
) -> tuple[Floats, Rows]:
    """Like ``add_regular``, for trades that update what ``updates`` says.

    Returns the notional to add, per row, and the place of the trade that set the last price; -1 for none.
    """
    price, size, places = trades.price, trades.size, np.arange(len(trades))
    sets_last = (updates & (Updates.LAST | ONLY_LAST)) > 0
    newest = np.maximum.reduceat(np.where(sets_last, places, -1), first)
    has = newest >= 0
    fields[has, LAST], fields[has, LAST_SIZE] = price[newest[has]], size[newest[has]]
    sets_open = (updates & Updates.LAST) > 0
    oldest = np.minimum.reduceat(np.where(sets_open, places, len(places)), first)
    opens = (oldest < len(places)) & np.isnan(fields[:, OPEN])
    fields[opens, OPEN] = price[oldest[opens]]
    extreme = np.where((updates & Updates.HIGH_LOW) > 0, price, np.nan)
    fields[:, HIGH] = np.fmax(fields[:, HIGH], np.fmax.reduceat(extreme, first))
    fields[:, LOW] = np.fmin(fields[:, LOW], np.fmin.reduceat(extreme, first))
    adds = (updates & Updates.VOLUME) > 0
    volume = np.where(adds, size, 0.0)
    counts = np.add.reduceat(adds.astype(np.int64), first)
    sums = fields[:, VOLUME : TRADES + 1]
    sums[np.isnan(sums) & (counts > 0)[:, None]] = 0
    sums[:, 0] += np.add.reduceat(volume, first)
    sums[:, 1] += counts
    return np.add.reduceat(price * volume, first), newest


def add_trade(state: list[float], price: float, size: float) -> None:
    """Add a trade that updates everything to one row's trade fields but vwap, and to the notional after them."""
    opened, high, low, volume = state[OPEN], state[HIGH], state[LOW], state[VOLUME]
    state[LAST], state[LAST_SIZE] = price, size
    if opened != opened:
        state[OPEN] = price
    if not price <= high:
        state[HIGH] = price
    if not price >= low:
        state[LOW] = price
    state[VOLUME] = size if volume != volume else volume + size
    state[TRADES] = 1.0 if state[TRADES] != state[TRADES] else state[TRADES] + 1
    state[VWAP + 1] += price * size


def vwap_of(notional: Floats, volume: Floats) -> Floats:
    """Notional / volume, NaN without volume. Rounded to nine significant digits: more are noise, and cost bytes."""
    with np.errstate(divide="ignore", invalid="ignore"):
        exact = notional / volume
        exponent = np.floor(np.log10(np.abs(exact))).astype(np.int64)
        scale = _SCALES.take(exponent - _LEAST_EXPONENT, mode="clip")
        return np.where(volume > 0, np.where(exact == 0, 0.0, np.rint(exact * scale) / scale), np.nan)


def one_vwap(notional: float, volume: float) -> float:
    """As ``vwap_of``, of one row."""
    if not volume > 0:
        return math.nan
    exact = notional / volume
    if exact == 0 or not math.isfinite(exact):
        return exact
    place = math.floor(math.log10(abs(exact))) - _LEAST_EXPONENT
    scale: float = _SCALES.item(min(max(place, 0), len(_SCALES) - 1))
    return round(exact * scale) / scale
