"""Finds several instruments in a file without a column for the symbol: prices of one moment that are far apart."""

from __future__ import annotations

import numpy as np
import pandas as pd

from feeds.files.chunk import Chunk
from ticker.errors import FeedError
from ticker.model import Floats, Stamps

#: Timestamps that are remembered: those of the first rows.
_MOMENTS = 4096
#: Prices of one instrument at one moment don't differ by more than this factor.
_FAR = 1.2


class InstrumentWatch:
    """Observes the chunks of one file."""

    def __init__(self) -> None:
        self._moments: Stamps = np.zeros(0, np.int64)
        self._rows: Stamps = np.zeros(0, np.int64)
        self._lowest: Floats = np.zeros(0)
        self._highest: Floats = np.zeros(0)

    def note(self, chunk: Chunk) -> None:
        """Add rows: bars by their closing price, trades, and quotes by their bid."""
        if len(chunk.bars):
            stamps, prices = chunk.bars.start, chunk.bars.close
        elif len(chunk.trades):
            stamps, prices = chunk.trades.ts, chunk.trades.price
        else:
            stamps, prices = chunk.quotes.ts, chunk.quotes.bid
        if not len(self._moments) and len(stamps):
            self._moments = np.unique(stamps)[:_MOMENTS]
            self._rows = np.zeros(len(self._moments), np.int64)
            self._lowest = np.full(len(self._moments), np.inf)
            self._highest = np.full(len(self._moments), -np.inf)
        if not len(stamps) or stamps.max() < self._moments[0] or stamps.min() > self._moments[-1]:
            return
        places = np.minimum(np.searchsorted(self._moments, stamps), len(self._moments) - 1)
        known = (self._moments[places] == stamps) & np.isfinite(prices)
        places, prices = places[known], prices[known]
        np.add.at(self._rows, places, 1)
        np.minimum.at(self._lowest, places, prices)
        np.maximum.at(self._highest, places, prices)

    def check(self, file: str) -> None:
        """Raise ``FeedError`` if most moments have rows whose prices are far apart."""
        far = (self._rows > 1) & (self._lowest > 0) & (self._highest > _FAR * self._lowest)
        if len(far) < 2 or far.sum() * 2 <= len(far):
            return
        place = int(np.argmax(far))
        when = pd.Timestamp(int(self._moments[place]), tz="UTC")
        prices = f"{self._lowest[place]:g} and {self._highest[place]:g} at {when:%Y-%m-%d %H:%M:%S} UTC"
        raise FeedError(
            f"{file}: has several instruments and no column for the symbol: most timestamps have prices far apart "
            f"({prices}); use --columns symbol=NAME, or --symbol NAME if it is one instrument"
        )
