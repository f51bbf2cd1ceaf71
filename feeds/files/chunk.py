"""The ticks and bars of a block of rows, in the order of the file."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.model import NO_BARS, NO_QUOTES, NO_TRADES, Bars, Corrections, Quotes, Stamps, Trades

#: The size of a side that a one-sided quote leaves as it was; ``timeline.forward_fill`` fills it in.
UNCHANGED: Final = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """The good rows of a part of a file. Codes are those of the tables that the reader was given.

    ``played`` is when each trade is played (ns); None: at its timestamp. ``before`` is how many of the trades are
    before each of the corrections; None: all.
    """

    trades: Trades = NO_TRADES
    quotes: Quotes = NO_QUOTES
    bars: Bars = NO_BARS
    played: Stamps | None = None
    corrections: Corrections | None = None
    before: npt.NDArray[np.intp] | None = None
