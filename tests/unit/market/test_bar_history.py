"""The history of closed bars: the newest bars of each row."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ticker.market import bar_history
from ticker.market.bar_history import PAGE, BarHistory


def append(history: BarHistory, bars: list[tuple[int, int]]) -> None:
    """Bars whose values are their row and start."""
    rows, starts = (np.array(column, np.int64) for column in zip(*bars, strict=True))
    history.append(rows, starts, np.repeat((starts * 1000 + rows)[:, None], 8, axis=1).astype(float))


def starts_of(history: BarHistory, row: int) -> list[int]:
    starts, values = history.of(row)
    assert (values == (starts * 1000 + row)[:, None]).all()
    listed: list[int] = starts.tolist()
    return listed


@pytest.mark.parametrize("kept", [1, PAGE - 1, PAGE, PAGE + 1, 100])
@given(
    steps=st.lists(
        st.one_of(
            st.lists(st.sampled_from([0, 1, 2, 200]), min_size=1, max_size=60),
            st.builds(lambda row, count: [row] * count, st.integers(0, 2), st.integers(1, 250)),
            st.sets(st.integers(0, 2), min_size=1),
        ),
        max_size=12,
    )
)
def test_the_newest_bars_of_each_row_are_stored(kept: int, steps: list[list[int] | set[int]]) -> None:
    """For any number of bars and rows in an append, also for rows that were removed and came back."""
    history, model, start = BarHistory(kept), dict[int, list[int]](), 0
    for step in steps:
        if isinstance(step, set):
            history.remove(np.array(sorted(step)))
            for row in step:
                model.pop(row, None)
            continue
        bars = [(row, start + at) for at, row in enumerate(step)]
        start += len(step)
        append(history, bars)
        for row, began in bars:
            model.setdefault(row, []).append(began)
    for row in (0, 1, 2, 200, 5000):
        assert starts_of(history, row) == model.get(row, [])[-kept:]


def test_bars_are_stored_in_several_slabs(monkeypatch: pytest.MonkeyPatch) -> None:
    """When a slab is full, another one is added."""
    monkeypatch.setattr(bar_history, "SLAB", 2 * PAGE)
    history = BarHistory(10_000)
    for start in range(100):
        append(history, [(row, start) for row in (3, 0, 7)])
    for row in (0, 3, 7):
        assert starts_of(history, row) == list(range(100))


def test_a_row_without_bars_takes_no_page() -> None:
    """A page belongs to one row, and is allocated when it is needed."""
    history = BarHistory(10_000)
    append(history, [(row, 0) for row in range(500)])
    assert history._used == 500
    append(history, [(7, start) for start in range(1, PAGE)])
    assert history._used == 500


@given(
    kept=st.sampled_from([1, PAGE - 1, PAGE, 40]),
    count=st.integers(0, 80),
    changes=st.lists(st.tuples(st.integers(0, 170), st.booleans()), max_size=8),
)
def test_a_bar_can_be_replaced_inserted_and_removed(kept: int, count: int, changes: list[tuple[int, bool]]) -> None:
    """The bars stay in order, and those of other rows stay as they are."""
    history = BarHistory(kept)
    starts = [2 * at for at in range(1, count + 1)]
    if starts:
        append(history, [(row, start) for start in starts for row in (0, 1)])
    model = starts[-kept:]
    for start, there in changes:
        if start < history.dropped_before(1) or not start:
            continue
        history.revise(1, start, np.full(8, start * 1000 + 1.0) if there else None)
        model = sorted({*model, start} if there else set(model) - {start})[-kept:]
        assert starts_of(history, 1) == model
    assert starts_of(history, 0) == starts[-kept:]
    assert history.newest(np.array([1, 0, 7])).tolist() == [(model or [0])[-1], (starts or [0])[-1], 0]


@pytest.mark.parametrize("each", [1, 1_000])
@pytest.mark.parametrize("kept", [1, PAGE, 20])
def test_a_bar_that_was_dropped_does_not_come_back(kept: int, each: int) -> None:
    """Its place may have another bar by then. Bars before the oldest one stay dropped."""
    history = BarHistory(kept)
    count = kept + 2 * PAGE + 1
    for first in range(1, count + 1, each):
        append(history, [(0, start) for start in range(first, min(first + each, count + 1))])
    for start in range(count, count - kept, -1):
        assert starts_of(history, 0) == list(range(count - kept + 1, start + 1))
        history.revise(0, start, None)
    assert starts_of(history, 0) == []
    assert history.newest(np.array([0])).tolist() == [0]
    assert history.dropped_before(0) == count - kept + 1


@given(count=st.integers(0, 700), start=st.integers(0, 1500))
def test_the_bars_since_a_time_are_found(count: int, start: int) -> None:
    history = BarHistory(500)
    starts = [2 * at for at in range(1, count + 1)]
    if starts:
        append(history, [(0, each) for each in starts])
    found, values = history.since(0, start)
    assert found.tolist() == [each for each in starts[-500:] if each >= start]
    assert (values[:, 0] == found * 1000).all()
