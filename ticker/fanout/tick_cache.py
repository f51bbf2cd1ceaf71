"""A cache of the newest ticks of a ring in one encoding: each is encoded once, also for slow consumers."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ticker.conditions import ConditionTable
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.wire.codec import Codec
from ticker.wire.messages import CHANGES

#: How many columns after the stamp a trade has for clients without revisions: price and size.
PLAIN_TRADE = 2
#: How many ticks are kept: a third of a second of a very busy market. About 100 bytes each.
KEPT = 16_384


class TickCache:
    """Fragments by tick number. A tick that is no longer kept is encoded again. For one history of the market.

    Ticks are encoded with the first ``columns`` of the ring's after the stamp (None: all). With ``conditions``, the
    table of the ring's condition sets, they are trades with what clients with revisions get.
    """

    def __init__(
        self,
        codec: Codec,
        ring: Ring,
        board: Board,
        columns: int | None = None,
        conditions: ConditionTable | None = None,
    ) -> None:
        self._codec = codec
        self._ring = ring
        self._board = board
        self._columns = columns
        self._conditions = conditions
        self._fragments = [b""] * KEPT
        # The number of the tick in each place; ticks are numbered from 1.
        self._numbers = np.zeros(KEPT, np.int64)

    def parts(self, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> list[bytes]:
        """A fragment for each of the ticks ``numbers`` (ascending, in the ring), whose rows are ``rows``."""
        if not len(numbers) or numbers[-1] - numbers[0] >= KEPT:
            return self._encode(numbers, rows)
        places = numbers % KEPT
        lacking = np.flatnonzero(self._numbers[places] != numbers)
        fragments = self._fragments
        if len(lacking):
            self._numbers[places[lacking]] = numbers[lacking]
            for place, part in zip(
                places[lacking].tolist(), self._encode(numbers[lacking], rows[lacking]), strict=True
            ):
                fragments[place] = part
        return [fragments[place] for place in places.tolist()]

    def _encode(self, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> list[bytes]:
        if not len(numbers):
            return []
        names = [self._board.names[row] for row in rows.tolist()]
        table = self._conditions
        if table is None:
            stamps, *floats = self._ring.columns(numbers, self._columns)
            return self._codec.ticks(names, stamps.tolist(), [column.tolist() for column in floats])
        stamps, price, size, condition, ids, change = (column.tolist() for column in self._ring.columns(numbers))
        conditions, changes = [table[code] for code in condition], [CHANGES[code] for code in change]
        return self._codec.revised_trades(names, stamps, [price, size], conditions, ids, changes)
