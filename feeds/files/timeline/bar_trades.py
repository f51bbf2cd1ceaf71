"""Plays a bar as four trades: open, low and high, close.

The low comes first in a rising bar, the high in a falling one: the usual convention, as a bar doesn't say. The volume
is split evenly and adds up exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ticker.model import Bars, Floats, Stamps, Trades

STEPS: Final = 4


def trades_of_bars(bars: Bars, lasting_ns: Stamps) -> Trades:
    """Four trades per bar, at its start and after one, two and three quarters of its length."""
    rising = bars.close >= bars.open
    prices = np.column_stack(
        (bars.open, np.where(rising, bars.low, bars.high), np.where(rising, bars.high, bars.low), bars.close)
    )
    stamps = bars.start[:, None] + lasting_ns[:, None] * np.arange(STEPS) // STEPS
    return Trades(bars.symbol.repeat(STEPS), stamps.ravel(), prices.ravel(), _shares(bars.volume).ravel())


def _shares(volume: Floats) -> Floats:
    """Four parts of ``volume`` whose sum from left to right is exactly ``volume``; whole numbers stay whole.

    The last part of a fraction is the volume minus the others' sum. That is exact, as is adding it again: the two
    numbers are within a factor of two of each other (Sterbenz's lemma).
    """
    whole = volume == np.floor(volume)
    share = np.where(whole, np.floor(volume / STEPS), volume / STEPS)
    shares = np.repeat(share[:, None], STEPS, axis=1)
    left = np.where(whole, volume - STEPS * share, 0.0)
    shares += whole[:, None] * (np.arange(STEPS) < left[:, None])
    shares[:, -1] = np.where(whole, shares[:, -1], volume - shares[:, :-1].sum(axis=1))
    return shares
