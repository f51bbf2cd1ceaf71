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
    history.append(rows, starts, np.repeat((starts * 1000 + rows)[:, None], 7, axis=1).astype(float))


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
