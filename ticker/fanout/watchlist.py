"""The sets of rows that clients watch. Equal watchlists are one object, whose clients share frames."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any
from weakref import WeakValueDictionary

import numpy as np
import numpy.typing as npt

#: A watchlist of at least one in this many rows keeps a flag for each row: no more memory than its rows take.
_SPARSE = 8


class Watchlist:
    """Some rows of the board, or ``everything``: all rows, including future ones."""

    __slots__ = ("__weakref__", "_flags", "_pick", "everything", "members", "rows")

    def __init__(self, members: frozenset[int] | None) -> None:
        self.everything = members is None
        self.members = members or frozenset()
        #: The rows in ascending order; empty if everything is watched.
        self.rows: npt.NDArray[np.intp] = np.array(sorted(self.members), np.intp)
        # Whether each row is watched, up to one after the last. Made on first use.
        self._flags: npt.NDArray[np.bool_] | None = None
        self._pick: Callable[[Sequence[bytes]], tuple[bytes, ...]] = _picker(self.rows.tolist())

    def __contains__(self, row: int) -> bool:
        return self.everything or row in self.members

    def places(self, rows: npt.NDArray[np.integer[Any]]) -> npt.NDArray[np.intp]:
        """The positions in ``rows`` (in any order, also repeated) of rows that are watched."""
        if self.everything:
            return np.arange(len(rows))
        if not len(self.rows) or not len(rows):
            return np.zeros(0, np.intp)
        highest = int(self.rows[-1])
        if highest > _SPARSE * len(self.rows):
            return np.flatnonzero(np.isin(rows, self.rows))
        if self._flags is None:
            self._flags = np.zeros(highest + 2, np.bool_)
            self._flags[self.rows] = True
        return np.flatnonzero(self._flags[np.minimum(rows, highest + 1)])

    def parts(self, fragments: Sequence[bytes], touched: Sequence[int]) -> Sequence[bytes]:
        """This watchlist's own of ``fragments``, which are by row and empty except for the rows ``touched``.

        Loops over the shorter of watchlist and ``touched``. The result may contain empty fragments.
        """
        if self.everything:
            return [fragments[row] for row in touched]
        if len(touched) < len(self.rows):
            members = self.members
            return [fragments[row] for row in touched if row in members]
        return self._pick(fragments)


def _picker(rows: list[int]) -> Callable[[Sequence[bytes]], tuple[bytes, ...]]:
    """A call that takes the items at ``rows``, several times faster than a loop."""
    if len(rows) > 1:
        return itemgetter(*rows)
    return lambda fragments: tuple(fragments[row] for row in rows)


class Watchlists:
    """Makes watchlists: the same object for the same rows. Unused watchlists are freed."""

    def __init__(self) -> None:
        self._known: WeakValueDictionary[frozenset[int], Watchlist] = WeakValueDictionary()
        self.everything = Watchlist(None)

    def of(self, rows: Iterable[int]) -> Watchlist:
        members = frozenset(rows)
        watchlist = self._known.get(members)
        if watchlist is None:
            watchlist = self._known[members] = Watchlist(members)
        return watchlist

    def __len__(self) -> int:
        return len(self._known)
