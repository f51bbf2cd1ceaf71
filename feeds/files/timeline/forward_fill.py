"""One-sided quotes made whole: a side that a quote does not tell is as the symbol's last quote left it.

Quotes that come side by side say so by a size of ``AS_BEFORE`` and no price. It needs them in the order of time.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from feeds.files.timeline.sorting import Sorted
from feeds.files.timeline.spool import Records

AS_BEFORE: Final = -1.0
_BLOCK: Final = 65_536
_SIDES: Final = (("bid", "bid_size"), ("ask", "ask_size"))


def fill_one_sided(quotes: Sorted, symbols: int) -> None:
    """Lay each symbol's last known side under those that are as before, in place; none yet: NaN, NaN."""
    known = {side: np.full((symbols, 2), np.nan) for side in _SIDES}
    for start in range(0, len(quotes), _BLOCK):
        block = quotes.read(start, start + _BLOCK)
        if _fill(block, known):
            quotes.spool.write(start, block)


def _fill(block: Records, known: dict[tuple[str, str], npt.NDArray[np.float64]]) -> bool:
    """Fill a block, and take over what is known after it. Whether there was anything to fill."""
    symbols = np.ascontiguousarray(block["symbol"])
    order = symbols.argsort(kind="stable")
    grouped = symbols[order]
    begins = np.flatnonzero(np.r_[True, grouped[1:] != grouped[:-1]])
    begin = np.repeat(begins, np.diff(np.r_[begins, len(grouped)]))
    lasts = np.r_[begins[1:], len(grouped)] - 1
    filled = False
    for names, carried in known.items():
        values: npt.NDArray[Any] = np.column_stack([block[name][order] for name in names])
        told = values[:, 1] != AS_BEFORE
        # The place of the newest side told at or before each quote; before the group's begin there is none.
        place = np.maximum.accumulate(np.where(told, np.arange(len(values)), -1))
        whole = np.where((place >= begin)[:, None], values[place], carried[grouped])
        if not told.all():
            filled = True
            for column, name in enumerate(names):
                block[name][order] = whole[:, column]
        carried[grouped[lasts]] = whole[lasts]
    return filled
