"""Completes one-sided quotes: a missing side gets the value of the symbol's previous quote.

A size of ``UNCHANGED`` marks such a side. The quotes must be in time order.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.chunk import UNCHANGED
from feeds.files.timeline.sorting import Sorted
from feeds.files.timeline.spool import Records

_BLOCK: Final = 65_536
_SIDES: Final = (("bid", "bid_size"), ("ask", "ask_size"))


def fill_one_sided(quotes: Sorted, symbols: int) -> None:
    """Replace unchanged sides, in place, by the symbol's last known one; NaN if there is none."""
    known = {side: np.full((symbols, 2), np.nan) for side in _SIDES}
    for start in range(0, len(quotes), _BLOCK):
        block = quotes.read(start, start + _BLOCK)
        if _fill(block, known):
            quotes.spool.write(start, block)


def _fill(block: Records, known: dict[tuple[str, str], npt.NDArray[np.float64]]) -> bool:
    """Fill a block and update ``known``. False if there was nothing to fill."""
    symbols = np.ascontiguousarray(block["symbol"])
    order = symbols.argsort(kind="stable")
    grouped = symbols[order]
    begins = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    begin = np.repeat(begins, np.diff(np.r_[begins, len(grouped)]))
    lasts = np.r_[begins[1:], len(grouped)] - 1
    filled = False
    for names, carried in known.items():
        values: npt.NDArray[Any] = np.column_stack([block[name][order] for name in names])
        stated = values[:, 1] != UNCHANGED
        # The place of the latest stated side at or before each quote; none before the start of the group.
        place = np.maximum.accumulate(np.where(stated, np.arange(len(values)), -1))
        whole = np.where((place >= begin)[:, None], values[place], carried[grouped])
        if not stated.all():
            filled = True
            for column, name in enumerate(names):
                block[name][order] = whole[:, column]
        carried[grouped[lasts]] = whole[lasts]
    return filled
