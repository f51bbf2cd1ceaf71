"""The ring: the newest ticks by number, and the rows of more."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ticker.market.ring import HISTORY, Ring


def fill(ring: Ring, sizes: list[int]) -> list[tuple[int, int, float]]:
    """Append batches of these sizes. Returns all ticks as (row, stamp, price)."""
    happened: list[tuple[int, int, float]] = []
    for size in sizes:
        start = len(happened)
        ticks = [(number % 7, 1000 + number, number / 4) for number in range(start, start + size)]
        happened += ticks
        ring.append(
            np.array([row for row, _, _ in ticks], np.int32),
            np.array([ts for _, ts, _ in ticks], np.int64),
            np.array([price for _, _, price in ticks], np.float64),
        )
    return happened


@given(st.integers(1, 9), st.lists(st.integers(0, 40), max_size=12))
def test_the_newest_ticks_are_stored_and_the_rows_of_more(capacity: int, sizes: list[int]) -> None:
    """The ticks (tail, head] read back as they were appended, also from batches larger than the ring."""
    ring = Ring(("f8",), capacity)
    happened = fill(ring, sizes)
    assert ring.head == len(happened)
    assert ring.tail == max(0, len(happened) - capacity)
    assert ring.counted == max(0, len(happened) - capacity * HISTORY)
    numbers = np.arange(ring.tail + 1, ring.head + 1)
    stamps, prices = ring.columns(numbers)
    kept = happened[ring.tail :]
    assert stamps.tolist() == [ts for _, ts, _ in kept]
    assert prices.tolist() == [price for _, _, price in kept]
    assert ring.rows(ring.counted, ring.head).tolist() == [row for row, _, _ in happened[ring.counted :]]


def test_numbers_go_on_from_a_floor() -> None:
    """What was before is lost: a reader there finds no item, and the losses can't be counted by symbol."""
    ring = Ring(("f8", "i8"), 4, floor=10)
    assert (ring.head, ring.tail, ring.counted) == (10, 10, 10)
    ring.append(np.array([3, 4]), np.array([100, 200]), np.array([1.5, 2.5]), np.array([7, 8]))
    assert (ring.head, ring.tail) == (12, 10)
    stamps, prices, ids = ring.columns(np.array([11, 12]))
    assert (stamps.tolist(), prices.tolist(), ids.tolist()) == ([100, 200], [1.5, 2.5], [7, 8])
    assert ring.rows(10, 12).tolist() == [3, 4]
    assert ring.column(1, np.array([12])).tolist() == [8]
    ring.append(np.arange(5), np.arange(5), np.arange(5.0), np.arange(5))
    assert (ring.tail, ring.counted) == (13, 10)


@given(st.integers(1, 9), st.integers(0, 3), st.lists(st.lists(st.booleans(), max_size=20), max_size=12))
def test_hidden_items_are_known_as_long_as_rows_are(capacity: int, floor: int, batches: list[list[bool]]) -> None:
    """Also of batches larger than the ring, and where a place was used before by a hidden item."""
    ring = Ring(("f8",), capacity, floor)
    happened: list[bool] = []
    for batch in batches:
        hidden = np.array(batch, np.bool_)
        numbers = np.arange(len(batch))
        # Most batches have none: then the ring is told nothing.
        ring.append(numbers, numbers, numbers.astype(float), hidden=hidden if hidden.any() else None)
        happened += batch
    known = happened[ring.counted - floor :]
    assert ring.hidden(ring.counted, ring.head).tolist() == known
    assert ring.hidden_count == sum(happened)
    for after in range(ring.counted, ring.head + 1):
        assert ring.any_hidden(after) == any(happened[after - floor :])
    if ring.head > ring.tail:
        [stamps] = ring.columns(np.array([ring.head]), 0)
        assert len(stamps) == 1
