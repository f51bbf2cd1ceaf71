"""Bars into ticks: each bar walks from its open over its low and high to its close, as four trades inside it.

It knows no file. That the low comes first in a rising bar and the high in a falling one is the usual convention
(a bar does not tell); volume is spread evenly, and adds up to the bar's exactly.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from ticker.model import Bars, Floats, Stamps, Trades

STEPS: Final = 4


def walk(bars: Bars, lasting_ns: Stamps) -> Trades:
    """Four trades a bar, at its stamp and after one, two and three quarters of what it lasts; bar after bar."""
    rising = bars.close >= bars.open
    prices = np.column_stack(
        (bars.open, np.where(rising, bars.low, bars.high), np.where(rising, bars.high, bars.low), bars.close)
    )
    stamps = bars.start[:, None] + lasting_ns[:, None] * np.arange(STEPS) // STEPS
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
