"""What a run of rows of one file came to: ticks and bars, in the file's own order."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ticker.model import NO_QUOTES, NO_TRADES, Bars, Quotes, Trades

_NO_CODES = np.empty(0, np.int32)
_NO_STAMPS = np.empty(0, np.int64)
_NO_FLOATS = np.empty(0, np.float64)
NO_BARS = Bars(_NO_CODES, _NO_STAMPS, *(_NO_FLOATS,) * 7)


@dataclass(frozen=True, slots=True, eq=False)
class Chunk:
    """The good rows of a part of a file. The columns' codes index the table that the reader was given."""

    trades: Trades = NO_TRADES
    quotes: Quotes = NO_QUOTES
    bars: Bars = NO_BARS


def joined(parts: list[Any]) -> Any:
    """Trades, Quotes or Bars (at least one part), one after the other."""
    if len(parts) == 1:
        return parts[0]
    kind = type(parts[0])
    return kind(*(np.concatenate([getattr(part, column.name) for part in parts]) for column in fields(kind)))
