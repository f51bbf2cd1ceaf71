"""Sale conditions of trades: what a trade with them updates.

A condition set is what a feed states about a trade, verbatim: ``("T", "I")``. ``Updates`` says what such a trade
updates. Which conditions update what is known to feeds (``ticker.sale_conditions`` has the tables of the US tapes).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import IntFlag
from typing import Final

import numpy as np
import numpy.typing as npt


class Updates(IntFlag):
    """What a trade updates: of the board's fields, and of bars (``LAST``: open and close)."""

    LAST = 1
    HIGH_LOW = 2
    VOLUME = 4
    #: ``LAST``, but only if the symbol has no last trade since the trading day began, when the trade arrives.
    LAST_IF_FIRST = 8


#: A trade without conditions updates everything.
REGULAR: Final = Updates.LAST | Updates.HIGH_LOW | Updates.VOLUME


class ConditionTable:
    """Maps condition sets to small integers; it only grows. 0 is the empty set. A feed owns one.

    The `condition` columns of trades index it.
    """

    __slots__ = ("__weakref__", "_codes", "_sets", "_updates")

    def __init__(self) -> None:
        self._sets: list[tuple[str, ...]] = [()]
        self._codes: dict[tuple[tuple[str, ...], int], int] = {((), int(REGULAR)): 0}
        self._updates = np.array([REGULAR], np.uint8)

    def code(self, conditions: Sequence[str], updates: Updates = REGULAR) -> int:
        """The code of a condition set, added if it is new. ``updates`` is what trades with it update.

        Raises ``ValueError`` for trades that update last, but neither high nor low: no tape has such.
        """
        if updates & Updates.LAST and not updates & Updates.HIGH_LOW:
            raise ValueError(f"trades with the conditions {conditions} must update high and low if they update last")
        key = tuple(conditions), int(updates)
        code = self._codes.get(key)
        if code is None:
            code = len(self._sets)
            self._sets.append(key[0])
            self._updates = np.append(self._updates, np.uint8(updates))
            self._codes[key] = code  # last: a feed may add in a thread
        return code

    @property
    def updates(self) -> npt.NDArray[np.uint8]:
        """By code, the ``Updates`` of each condition set."""
        return self._updates

    def __getitem__(self, code: int) -> tuple[str, ...]:
        return self._sets[code]

    def __len__(self) -> int:
        return len(self._sets)

    def __iter__(self) -> Iterator[tuple[str, ...]]:
        return iter(self._sets)
