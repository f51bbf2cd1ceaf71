"""The ticks and bars of a block of rows, in the order of the file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.model import NO_BARS, NO_QUOTES, NO_TRADES, Bars, Corrections, Floats, Ints, Quotes, Stamps, Trades

#: The size of a side that a one-sided quote leaves as it was; ``timeline.forward_fill`` fills it in.
UNCHANGED: Final = -1.0


@dataclass(frozen=True, slots=True, eq=False)
class FileSplits:
    """Splits that bars state. Columns of equal length: code, start of the bar (ns), new shares for each old one."""

    symbol: Ints
    start: Stamps
    ratio: Floats

    def __len__(self) -> int:
        return len(self.symbol)

    @classmethod
    def joined(cls, parts: Sequence[FileSplits]) -> FileSplits:
        columns = ("symbol", "start", "ratio")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in columns))


NO_SPLITS: Final = FileSplits(np.zeros(0, np.int32), np.zeros(0, np.int64), np.zeros(0))


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """The good rows of a part of a file. Codes are those of the tables that the reader was given.

    ``played`` is when each trade is played (ns); None: at its timestamp. ``before`` is how many of the trades are
    before each of the corrections; None: all.
    """

    trades: Trades = NO_TRADES
    quotes: Quotes = NO_QUOTES
    bars: Bars = NO_BARS
    splits: FileSplits = NO_SPLITS
    played: Stamps | None = None
    corrections: Corrections | None = None
    before: npt.NDArray[np.intp] | None = None
