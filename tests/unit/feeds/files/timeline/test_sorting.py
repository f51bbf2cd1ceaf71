"""External sorting: nothing is lost, and equal timestamps keep their order."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.timeline.sorting import Sorted, Sorter

FORM = np.dtype([("ts", "i8"), ("number", "i8")])


def sorted_of(stamps: list[list[int]], run: int) -> Sorted:
    sorter = Sorter(FORM, run)
    number = 0
    for part in stamps:
        records = np.empty(len(part), FORM)
        records["ts"] = part
        records["number"] = np.arange(number, number + len(part))
        number += len(part)
        sorter.add(records)
    return sorter.finish()


@given(st.lists(st.lists(st.integers(1, 30), max_size=40), max_size=12), st.sampled_from([1, 3, 16, 1_000]))
def test_the_external_merge_equals_a_stable_sort(stamps: list[list[int]], run: int) -> None:
    store = sorted_of(stamps, run)
    try:
        records = store.read(0, len(store))
        flat = [stamp for part in stamps for stamp in part]
        order = sorted(range(len(flat)), key=lambda place: flat[place])
        assert records["number"].tolist() == order
        assert records["ts"].tolist() == [flat[place] for place in order]
    finally:
        store.close()


@given(st.lists(st.integers(1, 50), min_size=1, max_size=60), st.integers(0, 60))
def test_a_time_is_found(stamps: list[int], moment: int) -> None:
    """As by numpy's searchsorted."""
    store = sorted_of([stamps], 8)
    try:
        for side in ("left", "right"):
            assert store.position(moment, side) == np.sort(stamps).searchsorted(moment, side=side)
        assert (store.first, store.last) == (min(stamps), max(stamps))
    finally:
        store.close()


def test_a_time_is_found_between_index_entries() -> None:
    """The index has one timestamp per 4,096 records."""
    stamps = np.arange(0, 200_000, 2)
    store = sorted_of([stamps.tolist()], 1 << 20)
    try:
        for moment in (0, 1, 8_191, 8_192, 8_193, 99_999, 199_998, 199_999, 300_000):
            for side in ("left", "right"):
                assert store.position(moment, side) == stamps.searchsorted(moment, side=side)
    finally:
        store.close()


@given(
    st.lists(st.integers(1, 100_000), min_size=1, max_size=9),
    st.lists(st.integers(-5, 100_005), min_size=1, max_size=9).map(sorted),
    st.sampled_from([1, 5_000]),
)
def test_the_first_timestamps_at_or_after_many_times_are_found(
    steps: list[int], moments: list[int], repeats: int
) -> None:
    stamps = np.sort(np.tile(np.cumsum(steps), repeats))
    store = sorted_of([stamps.tolist()], 1 << 20)
    try:
        expected = [int(stamps[stamps >= moment].min(initial=np.iinfo(np.int64).max)) for moment in moments]
        assert store.following(np.array(moments)).tolist() == expected
    finally:
        store.close()


def test_many_records_of_one_timestamp_are_merged_in_little_memory() -> None:
    """In the order of the runs."""
    stamps = [[5] * 700, [3] * 50 + [5] * 700 + [9] * 3, [1] + [5] * 700]
    store = sorted_of(stamps, 8)
    try:
        flat = [stamp for part in stamps for stamp in part]
        assert store.read(0, len(store))["number"].tolist() == sorted(range(len(flat)), key=lambda place: flat[place])
    finally:
        store.close()
