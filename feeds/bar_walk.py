"""Bars into ticks: each bar walks from its open over its low and high to its close, as four trades inside it.

It knows no file. That the low comes first in a rising bar and the high in a falling one is the usual convention
(a bar does not tell); volume is spread evenly, and adds up to the bar's exactly.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Final

import numpy as np

from feeds.csv_rows import Bars
from ticker.model import Floats, Trades

STEPS: Final = 4
#: What a bar lasts when the file doesn't tell.
FALLBACK_NS: Final = 60 * 10**9
LONGEST_NS: Final = 366 * 86_400 * 10**9


def join_bars(parts: Sequence[Bars]) -> Bars:
    """The bars of ``parts``, one part after another."""
    return Bars(*(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Bars)))


def interval_ns(bars: Bars) -> int:
    """What a bar lasts: the most common distance between consecutive stamps of a symbol (the shortest of equals)."""
    order = np.lexsort((bars.ts, bars.symbol))
    symbols, stamps = bars.symbol[order], bars.ts[order]
    distances = np.diff(stamps)[np.diff(symbols) == 0]
    found, counts = np.unique(distances[distances > 0], return_counts=True)
    return min(int(found[counts.argmax()]), LONGEST_NS) if len(found) else FALLBACK_NS


def walk(bars: Bars, interval: int) -> Trades:
    """Four trades a bar, at its stamp and one, two and three quarters of ``interval`` (ns) later; bar after bar."""
    rising = bars.close >= bars.open
    prices = np.column_stack(
        (bars.open, np.where(rising, bars.low, bars.high), np.where(rising, bars.high, bars.low), bars.close)
    )
    stamps = bars.ts[:, None] + np.array([interval * step // STEPS for step in range(STEPS)], np.int64)
    return Trades(bars.symbol.repeat(STEPS), stamps.ravel(), prices.ravel(), _shares(bars.volume).ravel())


def _shares(volume: Floats) -> Floats:
    """``volume`` in four parts whose sum, taken from left to right, is ``volume`` again; whole numbers stay whole.

    A fraction's last part is the volume less the sum of the others, which is exact (Sterbenz: the two are within a
    factor of two of each other); and so is adding it again.
    """
    whole = volume == np.floor(volume)
    share = np.where(whole, np.floor(volume / STEPS), volume / STEPS)
    shares = np.repeat(share[:, None], STEPS, axis=1)
    left = np.where(whole, volume - STEPS * share, 0.0)
    shares += whole[:, None] * (np.arange(STEPS) < left[:, None])
    shares[:, -1] = np.where(whole, shares[:, -1], volume - shares[:, :-1].sum(axis=1))
    return shares
