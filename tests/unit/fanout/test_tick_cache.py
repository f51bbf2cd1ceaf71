"""The tick cache gives what a fresh encoding would give."""

from __future__ import annotations

import numpy as np

from ticker.fanout import tick_cache
from ticker.fanout.tick_cache import TickCache
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.wire.codec import codec_for


def fill(ring: Ring, count: int) -> None:
    numbers = np.arange(ring.head, ring.head + count)
    floats = numbers.astype(np.float64)
    ring.append(numbers.astype(np.int32) % 3, numbers + 1_000, floats * 0.5, floats)


def parts(cache: TickCache, ring: Ring, *numbers: int) -> list[bytes]:
    wanted = np.array(numbers, np.int64)
    return cache.parts(wanted, np.array([(number - 1) % 3 for number in numbers], np.int32))


def test_ticks_are_encoded_right_however_often_and_late_they_are_read() -> None:
    """Newer ticks replace older ones, which are then encoded again."""
    codec, ring, board = codec_for("json"), Ring(("f8", "f8"), 1_024), Board(("A", "B", "C"))
    cache = TickCache(codec, ring, board)
    fill(ring, 10)
    assert parts(cache, ring) == []
    first = parts(cache, ring, 1, 4)
    assert first == [b'["A",1000,0,0]', b'["A",1003,1.5,3]']
    assert parts(cache, ring, 1, 2, 4)[::2] == first
    fill(ring, 200)
    everything = parts(cache, ring, *range(1, 211))
    assert everything[0] == first[0]
    assert everything[209] == b'["C",1209,104.5,209]'
    assert tick_cache.KEPT > 210


def test_ticks_that_share_a_place_replace_each_other() -> None:
    """Their numbers are as far apart as there are places."""
    ring = Ring(("f8", "f8"), 2 * tick_cache.KEPT)
    cache = TickCache(codec_for("json"), ring, Board(("A", "B", "C")))
    fill(ring, tick_cache.KEPT + 5)
    late = tick_cache.KEPT + 2
    before = parts(cache, ring, 2)
    assert parts(cache, ring, late) != before
    assert parts(cache, ring, 2) == before
    both = parts(cache, ring, 2, late)
    assert both == [*before, *parts(cache, ring, late)]
