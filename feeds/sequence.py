"""Ticks put in the order of time, chunk by chunk, and cut at the days. It knows no file and no pace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from typing import Any, Final, TypeVar

import numpy as np

from ticker.model import NO_QUOTES, NO_TRADES, Quotes, Stamps, SymbolTable, TickBatch, Trades

DAY_NS: Final = 86_400 * 10**9
#: The most trades that are held back for a later chunk. Where there are more (a file of one stamp), they go out.
MAX_HELD: Final = 1 << 18

Ticks = TypeVar("Ticks", Trades, Quotes)


class Sequencer:
    """Sorts chunks of ticks. Ticks of one stamp stay in the file's order; identical ones are kept.

    The sort reaches no further than a chunk and the trades held back before it: a tick older than what went out
    before is let through late, and counted in ``late``.
    """

    def __init__(self, table: SymbolTable) -> None:
        self.late = 0
        self._table = table
        self._held = NO_TRADES
        self._newest = 0

    def put(self, trades: Sequence[Trades], quotes: Sequence[Quotes], hold_from: int | None = None) -> list[TickBatch]:
        """The ticks of a chunk in order, as batches of one UTC day each; trades from ``hold_from`` (ns) on wait."""
        pending = _in_order(_joined((self._held, *trades), NO_TRADES))
        self._held = NO_TRADES
        if hold_from is not None:
            ready = int(pending.ts.searchsorted(hold_from))
            if len(pending) - ready <= MAX_HELD:
                pending, self._held = pending[:ready], pending[ready:]
        return list(self._batches(pending, _in_order(_joined(quotes, NO_QUOTES))))

    def flush(self) -> list[TickBatch]:
        """What was held back."""
        return self.put((), ())

    def _batches(self, trades: Trades, quotes: Quotes) -> Iterator[TickBatch]:
        stamps = (trades.ts, quotes.ts)
        self.late += sum(int(column.searchsorted(self._newest)) for column in stamps)
        self._newest = max([self._newest, *(int(column[-1]) for column in stamps if len(column))])
        days = np.unique(np.concatenate([_days(column) for column in stamps]))
        for day in days:
            start, end = int(day) * DAY_NS, (int(day) + 1) * DAY_NS
            yield TickBatch(self._table, _between(trades, start, end), _between(quotes, start, end))


def first_stamp(batch: TickBatch) -> int:
    """The stamp (ns) of the first tick of a batch in order that is not empty."""
    return min(int(stamps[0]) for stamps in (batch.trades.ts, batch.quotes.ts) if len(stamps))


def _days(stamps: Stamps) -> Stamps:
    """The days that occur in sorted stamps: looking at the first and the last spares the division of them all."""
    if not len(stamps):
        return stamps
    ends: Stamps = stamps[[0, -1]] // DAY_NS
    return ends if ends[0] == ends[1] else np.unique(stamps // DAY_NS)


def _between(ticks: Ticks, start: int, end: int) -> Ticks:
    first, last = (int(place) for place in ticks.ts.searchsorted((start, end)))
    return ticks[first:last]


def _joined(parts: Sequence[Ticks], nothing: Ticks) -> Ticks:
    parts = [part for part in parts if len(part)]
    if len(parts) <= 1:
        return parts[0] if parts else nothing
    return type(nothing)(*(np.concatenate(columns) for columns in zip(*map(_columns, parts), strict=True)))


def _in_order(ticks: Ticks) -> Ticks:
    if (ticks.ts[1:] >= ticks.ts[:-1]).all():
        return ticks
    order = ticks.ts.argsort(kind="stable")
    return type(ticks)(*(column[order] for column in _columns(ticks)))


def _columns(ticks: Trades | Quotes) -> tuple[Any, ...]:
    return tuple(getattr(ticks, field.name) for field in fields(ticks))
