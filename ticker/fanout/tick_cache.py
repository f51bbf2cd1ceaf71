"""The newest ticks of a ring in one encoding: each is encoded once, however many clients take it and however late."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.wire.codec import Codec

#: So many are kept: a third of a second of a very busy market. About 100 bytes each.
KEPT = 16_384


class EncodedTicks:
    """Fragments by the numbers of their ticks. Those that are no longer kept are encoded again when asked for."""

    def __init__(self, codec: Codec, ring: Ring, board: Board) -> None:
        self._codec = codec
        self._ring = ring
        self._board = board
        self._fragments = [b""] * KEPT
        #: Which tick each place has; ticks are numbered from 1.
        self._numbers = np.zeros(KEPT, np.int64)

    def parts(self, numbers: npt.NDArray[np.int64], rows: npt.NDArray[np.int32]) -> list[bytes]:
        """A fragment for each of the ticks ``numbers`` (rising, and in the ring), whose rows are ``rows``."""
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
        names = self._board.names
        stamps, *floats = self._ring.columns(numbers)
        told = [names[row] for row in rows.tolist()]
        return self._codec.ticks(told, stamps.tolist(), [column.tolist() for column in floats])
