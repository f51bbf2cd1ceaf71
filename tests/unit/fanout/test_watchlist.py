"""Watchlists: equal ones are one object."""

from __future__ import annotations

import gc

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from ticker.fanout.watchlist import Watchlists


def test_equal_watchlists_are_the_same_object() -> None:
    """So their clients can share frames."""
    watchlists = Watchlists()
    assert watchlists.of([3, 1, 3]) is watchlists.of({1, 3})
    assert watchlists.of([1]) is not watchlists.of([2])


def test_an_unused_watchlist_is_freed() -> None:
    """Clients that have left use no memory."""
    watchlists = Watchlists()
    for number in range(100):
        watchlists.of([number])
    gc.collect()
    assert len(watchlists) == 0


@given(st.sets(st.integers(0, 9)), st.sets(st.integers(0, 9)))
def test_parts_are_the_fragments_of_watched_and_changed_rows(watched: set[int], touched: set[int]) -> None:
    """Whether the watchlist or the changes are shorter."""
    fragments = [b"%d" % row if row in touched else b"" for row in range(10)]
    parts = Watchlists().of(watched).parts(fragments, sorted(touched))
    assert {part for part in parts if part} == {b"%d" % row for row in watched & touched}


@given(st.sets(st.integers(0, 200)), st.lists(st.integers(0, 300)))
def test_places_are_the_positions_of_watched_rows(watched: set[int], rows: list[int]) -> None:
    """Dense or sparse, and with rows after the last watched one."""
    places = Watchlists().of(watched).places(np.array(rows, np.int32))
    assert places.tolist() == [at for at, row in enumerate(rows) if row in watched]


def test_everything_contains_every_row() -> None:
    """Including rows that don't exist yet; its parts are all changed rows."""
    everything = Watchlists().everything
    assert everything.parts([b"a", b"", b"c"], [0, 2]) == [b"a", b"c"]
    assert 10**6 in everything
    assert everything.places(np.array([7, 9], np.int32)).tolist() == [0, 1]
