"""Random processes sampled at given times."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.random_walk.brownian import BrownianMotions, Groups, OrnsteinUhlenbeck


@given(st.lists(st.tuples(st.integers(0, 4), st.booleans()), min_size=1, max_size=30))
def test_the_latest_marked_row_of_a_group_is_found(rows: list[tuple[int, bool]]) -> None:
    """As by a plain loop; -1 if there is none."""
    column = np.array([code for code, _ in rows], np.int32)
    marked = np.array([mark for _, mark in rows])
    latest: dict[int, int] = {}
    expected = []
    for row, (code, mark) in enumerate(rows):
        if mark:
            latest[code] = row
        expected.append(latest.get(code, -1))
    assert Groups(column, 5).latest(marked).tolist() == expected


@pytest.mark.parametrize("count", [1, 200, 300, 70_000])
def test_groups_have_their_codes_and_sizes(count: int) -> None:
    """For every integer type that the codes fit into."""
    column = np.random.default_rng(1).integers(0, count, 500).astype(np.int32)
    groups = Groups(column, count)
    codes, sizes = np.unique(column, return_counts=True)
    assert np.array_equal(groups.codes, codes)
    assert np.array_equal(groups.sizes, sizes)
    assert np.array_equal(column[groups.order], np.repeat(codes, sizes))


def test_steps_are_normal_with_the_variance_of_the_time_between_them() -> None:
    """Within a call and between calls: step / sqrt(time) is standard normal."""
    rng = np.random.default_rng(5)
    motions = BrownianMotions(7)
    last = dict.fromkeys(range(7), (0.0, 0.0))
    steps = []
    now = 0.0
    for _ in range(60):
        times = now + np.cumsum(rng.exponential(0.01, 300))
        now = float(times[-1])
        column = rng.integers(0, 7, 300)
        values = motions.at(Groups(column, 7), times, rng)
        for code, time, value in zip(column.tolist(), times.tolist(), values.tolist(), strict=True):
            before, since = last[code]
            steps.append((value - before) / (time - since) ** 0.5)
            last[code] = value, time
    assert np.mean(steps) == pytest.approx(0, abs=0.02)
    assert np.var(steps) == pytest.approx(1, abs=0.03)
    assert np.corrcoef(steps[:-1], steps[1:])[0, 1] == pytest.approx(0, abs=0.02)


def test_finish_continues_each_motion_and_resets_it() -> None:
    """The last step has the variance of the time since the previous value."""
    rng = np.random.default_rng(6)
    ends, again = [], []
    for _ in range(200):
        motions = BrownianMotions(20)
        seen = motions.at(Groups(np.arange(10), 20), np.linspace(1, 2, 10), rng)
        end = motions.finish(3.0, rng)
        ends.append((end[:10] - seen) / np.sqrt(3 - np.linspace(1, 2, 10)))
        again.append(motions.finish(4.0, rng))
    assert np.var(ends) == pytest.approx(1, abs=0.1)
    assert np.var(again) == pytest.approx(4, abs=0.3)


def test_ornstein_uhlenbeck_processes_keep_their_variance_and_decay() -> None:
    """The variance stays 1; the autocorrelation over a time of 1 is 1/e."""
    rng = np.random.default_rng(7)
    moods = OrnsteinUhlenbeck(3000, rng)
    everyone = np.arange(3000)
    first = moods.at(everyone, 0.0, rng)
    for time in (0.1, 0.3, 0.35, 1.0):
        last = moods.at(everyone, time, rng)
    assert np.var(last) == pytest.approx(1, abs=0.1)
    assert np.corrcoef(first, last)[0, 1] == pytest.approx(np.exp(-1), abs=0.06)
