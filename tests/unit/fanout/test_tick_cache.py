"""Encoded ticks: what is kept is what would be encoded now."""

from __future__ import annotations

import numpy as np

from ticker.fanout import tick_cache
from ticker.fanout.tick_cache import TickCache
from ticker.market.board import Board
from ticker.market.ring import Ring
from ticker.wire.codec import codec_for


def filled(ring: Ring, count: int) -> None:
    numbers = np.arange(ring.head, ring.head + count)
    floats = numbers.astype(np.float64)
    ring.append(numbers.astype(np.int32) % 3, numbers + 1_000, floats * 0.5, floats)


def asked(kept: TickCache, ring: Ring, *numbers: int) -> list[bytes]:
    wanted = np.array(numbers, np.int64)
    return kept.parts(wanted, np.array([(number - 1) % 3 for number in numbers], np.int32))


def test_each_tick_is_itself_however_often_and_late_it_is_asked_for() -> None:
    """Newer ticks take the places of older ones, which are encoded again; more than there is room for, too."""
    codec, ring, board = codec_for("json"), Ring(2, 1_024), Board(("A", "B", "C"))
    kept = TickCache(codec, ring, board)
    filled(ring, 10)
    assert asked(kept, ring) == []
    first = asked(kept, ring, 1, 4)
    assert first == [b'["A",1000,0,0]', b'["A",1003,1.5,3]']
    assert asked(kept, ring, 1, 2, 4)[::2] == first
    filled(ring, 200)
    everything = asked(kept, ring, *range(1, 211))
    assert everything[0] == first[0]
    assert everything[209] == b'["C",1209,104.5,209]'
    assert tick_cache.KEPT > 210


def test_a_place_that_two_ticks_share_has_the_one_that_was_asked_for() -> None:
    """Numbers that are as far apart as there are places."""
    ring = Ring(2, 2 * tick_cache.KEPT)
    kept = TickCache(codec_for("json"), ring, Board(("A", "B", "C")))
    filled(ring, tick_cache.KEPT + 5)
    late = tick_cache.KEPT + 2
    before = asked(kept, ring, 2)
    assert asked(kept, ring, late) != before
    assert asked(kept, ring, 2) == before
    both = asked(kept, ring, 2, late)
    assert both == [*before, *asked(kept, ring, late)]
