"""Turns rows into ticks and bars."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from feeds.files.check import MAX_SIZE, ROUNDING, Check, absurd
from feeds.files.chunk import NO_SPLITS, Chunk, FileSplits
from feeds.files.parsing.column_names import BAR_PRICES
from feeds.files.parsing.dates import Mask
from feeds.files.parsing.table import Names, Rows
from feeds.files.parsing.timestamp_reader import TimestampReader
from feeds.files.recognition.plan import Plan, SymbolColumns
from feeds.files.report import Complaint
from feeds.files.trade_details import TradeDetails
from ticker.model import NO_QUOTES, Bars, Floats, Ints, Quotes, SymbolTable, Trades, concatenated, is_symbol


class Read(NamedTuple):
    """The good rows, how many were skipped (neither trades nor quotes), and why the others were refused."""

    chunk: Chunk
    passed: int
    refused: list[tuple[str, int]]
    complaints: list[Complaint]
    notes: list[str]
    #: Bars whose high or low was off by rounding.
    rounded: int


def read_rows(
    rows: Rows,
    plan: Plan,
    timestamp_reader: TimestampReader,
    table: SymbolTable,
    *,
    symbol: str | None,
    wanted: int,
    allow_negative: bool = False,
    details: TradeDetails | None = None,
) -> Read:
    """The ticks or bars in ``rows``, in order; ``symbol`` applies if neither a column nor the header has one.

    Prices of 0 and below are refused without ``allow_negative``. ``details`` reads what trades have besides price and
    size.
    """
    check = Check(rows, plan, allow_negative=allow_negative)
    columns = plan.views[0].columns
    names = check.names(columns["symbol"]) if "symbol" in columns else None
    places = None if names is None else names.places
    stamped = timestamp_reader.read(
        {role: rows.columns[place] for role, place in plan.stamps.items()},
        places,
        rows.lines,
        {role: plan.names[place] for role, place in plan.stamps.items()},
    )
    for wrong, reason, role in stamped.wrong:
        check.refuse(wrong, reason, plan.stamps.get(role, next(iter(plan.stamps.values()))))
    stands = check.good
    parts: list[tuple[npt.NDArray[np.intp], Chunk]] = []
    passed = 0
    for view in plan.views:
        check.good = stands.copy() if len(plan.views) > 1 else stands
        fixed = view.symbol if view.symbol is not None else symbol
        codes = _Codes(check, names, fixed, table)
        moments = stamped.stamps + view.after_ns
        if plan.kind == "bars":
            kept, chunk, over = _read_bars(check, plan, view, moments, codes)
        else:
            kept, chunk, over = _read_ticks(check, plan, view, moments, codes, details)
        passed += over
        parts.append((kept, chunk))
    chunk = parts[0][1] if len(parts) == 1 else _interleaved(parts)
    refused = [(each.reason, len(each.rows)) for each in check.refused]
    return Read(chunk, passed, refused, check.complaints(wanted), check.notes, check.rounded)


class _Codes:
    """The codes of good rows; only their symbols are added to the table."""

    def __init__(self, check: Check, names: Names | None, symbol: str | None, table: SymbolTable) -> None:
        self._names, self._symbol, self._table = names, symbol, table
        if names is None and (symbol is None or not is_symbol(symbol)):
            check.refuse(np.ones(len(check.good), np.bool_), f"without a symbol: {symbol!r} is not valid")

    def of(self, kept: Mask) -> Ints:
        count = int(kept.sum())
        if self._names is None:
            return np.full(count, self._table.code(self._symbol or "") if count else 0, np.int32)
        places = self._names.places[kept]
        used = np.zeros(len(self._names.names), np.bool_)
        used[places] = True
        codes = np.full(len(used), -1, np.int32)
        for place in np.flatnonzero(used).tolist():
            codes[place] = self._table.code(self._names.names[place])
        mine: Ints = codes[places]
        return mine


_Reading = tuple[npt.NDArray[np.intp], Chunk, int]


def _read_ticks(
    check: Check, plan: Plan, view: SymbolColumns, stamps: Any, codes: _Codes, details: TradeDetails | None
) -> _Reading:
    columns, layout = view.columns, plan.layout
    quotes_too = "bid" in columns or "ask" in columns
    is_trade = np.ones(len(stamps), np.bool_)
    if layout.trade_if is not None and layout.trade_if[0] in columns:
        is_trade = check.one_of(columns[layout.trade_if[0]], layout.trade_if[1])
    # Rows that need no price: trades that don't count, and those that take one back.
    silent, cancels = np.zeros((2, len(stamps)), np.bool_)
    if details is not None:
        silent, cancels = details.left_out(check, columns), details.cancels(check, columns)
        is_trade &= ~(silent | cancels)
    prices = check.prices(columns.get("price"))
    traded = is_trade & ~prices.empty
    if plan.is_wide:
        traded &= ~check.means_none(prices, columns["price"])
    elif quotes_too:
        traded &= ~check.is_none(prices.values, check.numbers(columns.get("size")).values)  # no trade in this row
    if "price" in columns:
        wanted = traded if quotes_too or plan.is_wide else is_trade
        check.refuse_prices(prices, columns["price"], wanted)
    before = check.good.copy()
    sizes = check.sizes(columns.get("size"))
    if not is_trade.all():  # the size of a row that is no trade is ignored
        check.forget_sizes(before, is_trade, columns.get("size"))
    quoted = np.zeros(len(stamps), np.bool_)
    sides: tuple[Floats, ...] = ()
    if quotes_too:
        bid, bid_size, bid_stated = check.side("bid", columns, one_sided=layout.one_sided)
        ask, ask_size, ask_stated = check.side("ask", columns, one_sided=layout.one_sided)
        quoted = bid_stated | ask_stated
        sides = (bid, bid_size, ask, ask_size)
        check.refuse(~(traded | quoted | silent | cancels), "neither a price nor a quote")
    over = 0
    if not quotes_too and not is_trade.all():
        over = int((check.good & ~(is_trade | silent | cancels)).sum())
    traded |= cancels
    kept = check.good & (traded | quoted)
    mine, when = codes.of(kept), stamps[kept]
    traded, quoted = traded[kept], quoted[kept]
    trades = Trades(mine[traded], when[traded], prices.values[kept][traded], sizes[kept][traded])
    quotes = NO_QUOTES
    if sides:
        quotes = Quotes(mine[quoted], when[quoted], *(side[kept][quoted] for side in sides))
    rows = np.flatnonzero(kept)
    if details is None:
        return rows, Chunk(trades=trades, quotes=quotes), over
    found = details.read(check, columns, stamps, rows[traded], trades)
    chunk = Chunk(
        trades=found.trades,
        quotes=quotes,
        played=found.played,
        corrections=found.corrections,
        before=found.before,
    )
    return rows, chunk, over


def _read_bars(check: Check, plan: Plan, view: SymbolColumns, stamps: Any, codes: _Codes) -> _Reading:
    columns = view.columns
    found = {role: check.prices(columns[role]) for role in BAR_PRICES}
    there = np.ones(len(stamps), np.bool_)
    if plan.is_wide:
        there = ~np.logical_and.reduce(
            [column.empty | check.means_none(column, columns[role]) for role, column in found.items()]
        )
    for role, column in found.items():
        check.refuse_prices(column, columns[role], there)
    opens, highs, lows, closes = (found[role].values for role in BAR_PRICES)
    highs, high_rounded = _rounded(highs, np.maximum(opens, closes), np.less)
    lows, low_rounded = _rounded(lows, np.minimum(opens, closes), np.greater)
    with np.errstate(invalid="ignore"):
        check.refuse(there & (highs < lows), "not the bar's high: it is below the low", columns["high"])
        check.refuse(there & (highs < np.maximum(opens, closes)), "not the highest price of its bar", columns["high"])
        check.refuse(there & (lows > np.minimum(opens, closes)), "not the lowest price of its bar", columns["low"])
    volume = check.sizes(columns.get("volume"))
    vwap, trades = check.prices(columns.get("vwap")).values, check.numbers(columns.get("trades")).values
    ratios = check.splits(columns.get("split"))
    kept = check.good & there
    check.rounded += int((kept & (high_rounded | low_rounded)).sum())
    vwap, trades = vwap[kept], trades[kept]
    bars = Bars(
        codes.of(kept),
        stamps[kept],
        opens[kept],
        highs[kept],
        lows[kept],
        closes[kept],
        volume[kept],
        np.where(absurd(vwap) | check.is_low(vwap), np.nan, vwap),
        np.where((trades >= 0) & (trades < MAX_SIZE), trades, np.nan),
    )
    split = np.flatnonzero(ratios[kept] != 1)
    splits = FileSplits(bars.symbol[split], bars.start[split], ratios[kept][split]) if len(split) else NO_SPLITS
    return np.flatnonzero(kept), Chunk(bars=bars, splits=splits), 0


def _rounded(values: Floats, bound: Floats, is_beyond: np.ufunc) -> tuple[Floats, Mask]:
    """Highs (``np.less``) or lows (``np.greater``) that miss the open or close by rounding, put right; and which."""
    beyond: Mask = is_beyond(values, bound)
    if beyond.any():
        beyond &= np.abs(values - bound) <= ROUNDING * np.abs(bound)
        values = np.where(beyond, bound, values)
    return values, beyond


def _interleaved(parts: list[tuple[npt.NDArray[np.intp], Chunk]]) -> Chunk:
    """The chunks of several symbols, or of several times, from the same rows as one, row by row."""
    order = np.argsort(np.concatenate([rows for rows, _ in parts]), kind="stable")
    bars = concatenated([chunk.bars for _, chunk in parts])
    if len(bars):
        return Chunk(bars=bars[order], splits=FileSplits.joined([chunk.splits for _, chunk in parts]))
    trades = concatenated([chunk.trades for _, chunk in parts])
    if len(trades):
        return Chunk(trades=trades[order])
    quotes = concatenated([chunk.quotes for _, chunk in parts])
    return Chunk(quotes=quotes[order]) if len(quotes) else Chunk()
