"""The times in which a feed missed trades of a symbol. Bars that touch them are incomplete."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from ticker.intervals import DAY_NS, Interval
from ticker.market.columns import Rows, Stamps

#: Outages remembered per symbol.
KEPT: Final = 64


class Outages:
    def __init__(self) -> None:
        self._by_row: dict[int, list[tuple[int, int]]] = {}

    def add(self, rows: Rows, since: int, upto: int) -> None:
        """Note that trades of ``rows`` were missed from ``since`` to ``upto`` (ns)."""
        for row in rows.tolist():
            outages = self._by_row.setdefault(row, [])
            outages.append((since, upto))
            del outages[:-KEPT]

    def remove(self, rows: Rows) -> None:
        for row in rows.tolist():
            self._by_row.pop(row, None)

    def touch(self, interval: Interval, rows: Rows, starts: Stamps, ends: Stamps) -> npt.NDArray[np.bool_]:
        """Which bars touch an outage. Bars of a day or more don't: the vendor states their values."""
        found = np.zeros(len(rows), np.bool_)
        if self._by_row and interval.length_ns < DAY_NS:
            for at in np.flatnonzero(np.isin(rows, list(self._by_row))).tolist():
                outages = self._by_row[int(rows[at])]
                found[at] = any(starts[at] < upto and ends[at] > since for since, upto in outages)
        return found
