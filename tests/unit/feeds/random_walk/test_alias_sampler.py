"""Weighted drawing."""

from __future__ import annotations

import numpy as np
import pytest

from feeds.random_walk.alias_sampler import AliasSampler


@pytest.mark.parametrize(
    "weights", [[1.0], [1.0, 1.0], [3.0, 1.0, 6.0], [1000.0, 1.0, 1.0, 1.0], list(np.arange(1.0, 200))]
)
def test_codes_are_drawn_in_proportion_to_their_weights(weights: list[float]) -> None:
    """Within five standard deviations for each code."""
    draws = 200_000
    codes = AliasSampler(np.array(weights)).draw(draws, np.random.default_rng(8))
    assert codes.dtype == np.int32
    expected = np.array(weights) / sum(weights)
    counts = np.bincount(codes, minlength=len(weights))
    assert len(counts) == len(weights)
    assert np.all(np.abs(counts - draws * expected) <= 5 * np.sqrt(draws * expected * (1 - expected)) + 1e-9)
