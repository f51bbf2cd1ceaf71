"""The values of the fields by row, and the version at which each last changed."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from ticker.fields import FIELDS, GONE, Delta
from ticker.market.columns import Floats, Rows, Stamps, grown
from ticker.market.day_fields import COLUMN, group

TS = COLUMN["ts"]
_BITS = 1 << np.arange(len(FIELDS))

#: Distinct rows, and for each its timestamp and its number of ticks.
Stamped = tuple[Rows, Stamps, npt.NDArray[np.int64]]


class VersionedFields:
    """Values change only together with their versions. Columns may be longer than there are rows."""

    def __init__(self) -> None:
        #: All fields but `ts`, by row and column; NaN: no value.
        self.values: Floats = np.zeros((0, TS))
        #: The field `ts` (ns), 0 for none.
        self.stamps: Stamps = np.zeros(0, np.int64)
        #: How many ticks changed each row; a rollover and a removal count as one.
        self.changes = np.zeros(0, np.int64)
        #: Rows of removed symbols.
        self.gone = np.zeros(0, np.bool_)
        self._versions = np.zeros((0, len(FIELDS)), np.int64)
        self._row_versions = np.zeros(0, np.int64)

    def reach(self, rows: int) -> None:
        """Make room for ``rows`` rows."""
        self.values = grown(self.values, rows, np.nan)
        self.stamps = grown(self.stamps, rows)
        self.changes = grown(self.changes, rows)
        self.gone = grown(self.gone, rows)
        self._versions = grown(self._versions, rows)
        self._row_versions = grown(self._row_versions, rows)

    def store(self, rows: Rows, columns: slice, new: Floats, version: int) -> None:
        """Set the values of distinct rows, and the version of those that changed."""
        if self.gone[rows].any():
            self.gone[rows] = False
        old = self.values[rows, columns]
        changed = (new != old) & ~(np.isnan(new) & np.isnan(old))
        self.values[rows, columns] = new
        versions = self._versions[rows, columns]
        versions[changed] = version
        self._versions[rows, columns] = versions
        self._row_versions[rows[changed.any(axis=1)]] = version

    def store_row(self, row: int, first: int, new: list[float], version: int) -> None:
        """As ``store`` for the columns of one row from ``first`` on: a numpy call costs as much as ten values here."""
        self.gone[row] = False
        values, versions = self.values[row], self._versions[row]
        for column, (value, old) in enumerate(zip(new, values[first : first + len(new)].tolist(), strict=True), first):
            if value != old and (value == value or old == old):
                values[column] = value
                versions[column] = version
                self._row_versions[row] = version

    def stamp(self, stamped: list[Stamped], version: int) -> None:
        """Set `ts` to the later stamp of a symbol's trades and quotes in a batch, which are not ordered to each other.

        Between batches the order of arrival counts: a replay that starts over goes back in time.
        """
        rows, stamps, _ = stamped[0]
        if len(stamped) > 1:
            order, first, _last, rows = group(np.concatenate([rows for rows, _, _ in stamped]))
            stamps = np.maximum.reduceat(np.concatenate([stamps for _, stamps, _ in stamped])[order], first)
        moved = rows[stamps != self.stamps[rows]]
        self.stamps[rows] = stamps
        self._versions[moved, TS] = version
        self._row_versions[moved] = version

    def stamp_row(self, row: int, stamp: int, version: int) -> None:
        """As ``stamp`` for one row."""
        if stamp != self.stamps.item(row):
            self.stamps[row] = stamp
            self._versions[row, TS] = version
            self._row_versions[row] = version

    def count(self, rows: Rows, ticks: npt.NDArray[np.int64] | int, version: int) -> None:
        """Count the ticks of those rows that ``version`` changed."""
        self.changes[rows] += np.where(self._row_versions[rows] == version, ticks, 0)

    def count_row(self, row: int, ticks: int, version: int) -> None:
        """As ``count`` for one row."""
        if self._row_versions.item(row) == version:
            self.changes[row] += ticks

    def remove(self, rows: Rows, version: int) -> None:
        """Remove the values of rows.

        The fields lose their values at this version, so that a client that missed the removal, because the symbol came
        back, is still told of it.
        """
        had = self._versions[rows] > 0
        self._versions[rows] = np.where(had, version, 0)
        self._row_versions[rows] = version
        self.values[rows] = np.nan
        self.stamps[rows] = 0
        self.changes[rows] += 1
        self.gone[rows] = True

    def changed(self, version: int, rows: Rows | None, count: int) -> Rows:
        """Those of ``rows`` (None: of the first ``count``) that changed after ``version``, in the same order."""
        if rows is None:
            return np.flatnonzero(self._row_versions[:count] > version)
        return rows[self._row_versions[rows] > version]

    def since(self, version: int, rows: Rows, fresh: npt.NDArray[np.bool_] | None, names: Sequence[str]) -> Delta:
        """See ``Board.since``. ``names`` are those of all rows."""
        versions = self._versions[rows]
        values = self.values[rows]
        stamps = self.stamps[rows]
        gone = self.gone[rows] & (self._row_versions[rows] > version)
        changed = versions > version
        if version == 0 or fresh is not None:
            # A client that has no values needs no report of lost ones.
            valued = np.empty_like(changed)
            valued[:, :TS] = ~np.isnan(values)
            valued[:, TS] = stamps > 0
            changed = (changed & valued) if fresh is None else np.where(fresh[:, None], valued, changed)
            gone = gone & False if fresh is None else gone & ~fresh
        changed[gone] = False
        masks = changed @ _BITS
        masks[gone] = GONE
        told = masks != 0
        if not told.all():
            rows, masks, changed, values, stamps = rows[told], masks[told], changed[told], values[told], stamps[told]
        chosen = rows.tolist()
        return Delta(
            rows=chosen,
            names=[names[row] for row in chosen],
            masks=masks.tolist(),
            values=values[changed[:, :TS]].tolist(),
            stamps=stamps.tolist(),
        )
