"""Bars into ticks."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.bar_walk import FALLBACK_NS, LONGEST_NS, interval_ns, walk
from feeds.csv_rows import Bars
from tests.unit.csv_text import START_NS

MINUTE = 60 * 10**9
Row = tuple[int, int, float, float, float, float, float]


def bars(rows: Sequence[Row]) -> Bars:
    """Bars from rows of (code, stamp, open, high, low, close, volume)."""
    code, ts, *values = zip(*rows, strict=True)
    return Bars(np.array(code, np.int32), np.array(ts, np.int64), *(np.array(column, np.float64) for column in values))


def test_a_rising_bar_goes_through_its_low_first() -> None:
    """Open, low, high, close if it rose or stayed, open, high, low, close if it fell; at each quarter of the bar."""
    trades = walk(
        bars([(0, START_NS, 10, 13, 9, 12, 8), (1, START_NS, 12, 13, 9, 10, 8), (2, START_NS, 10, 11, 9, 10, 8)]),
        MINUTE,
    )
    assert trades.price.reshape(-1, 4).tolist() == [[10, 9, 13, 12], [12, 13, 9, 10], [10, 9, 11, 10]]
    assert trades.symbol.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert trades.ts[:4].tolist() == [START_NS + quarter * MINUTE // 4 for quarter in range(4)]


def test_whole_volume_stays_whole() -> None:
    """A share is not split; the first ticks take what is over."""
    trades = walk(bars([(0, START_NS, 1, 1, 1, 1, volume) for volume in (0, 1, 6, 1003)]), MINUTE)
    assert trades.size.reshape(-1, 4).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [2, 2, 1, 1], [251, 251, 251, 250]]


@given(st.lists(st.one_of(st.floats(0, 1e15), st.integers(0, 10**15).map(float)), min_size=1, max_size=20))
def test_volumes_add_up_exactly(volumes: list[float]) -> None:
    """A board that adds the sizes one after another arrives at the bar's volume to the last bit."""
    sizes = walk(bars([(0, START_NS, 1, 1, 1, 1, volume) for volume in volumes]), MINUTE).size.reshape(-1, 4)
    assert (sizes >= 0).all()
    for volume, parts in zip(volumes, sizes.tolist(), strict=True):
        assert ((parts[0] + parts[1]) + parts[2]) + parts[3] == volume


prices = st.floats(0.01, 1e5)


@given(st.lists(prices, min_size=4, max_size=4), st.integers(1, 10**13))
def test_the_ticks_make_the_bar_again(four: list[float], interval: int) -> None:
    """First, highest, lowest and last of the ticks are the bar's, and all are inside its interval, in order."""
    low, *_, high = sorted(four)
    trades = walk(bars([(0, START_NS, four[0], high, low, four[1], 1)]), interval)
    assert (trades.price[0], trades.price.max(), trades.price.min(), trades.price[-1]) == (four[0], high, low, four[1])
    assert START_NS == trades.ts[0] <= trades.ts[1] <= trades.ts[2] <= trades.ts[3] < START_NS + interval


@pytest.mark.parametrize(
    ("stamps", "interval"),
    [
        ([(0, 0), (0, 60), (0, 120), (0, 900)], 60),
        ([(0, 0), (1, 30), (0, 300), (1, 330), (0, 600)], 300),  # between symbols there is no interval
        ([(0, 600), (0, 300), (0, 0)], 300),
        ([(0, 0), (0, 0), (0, 5)], 5),
        ([(0, 0), (0, 60), (0, 180)], 60),
        ([(0, 0), (0, 86_400), (0, 2 * 86_400), (0, 5 * 86_400)], 86_400),
        ([(0, 0)], FALLBACK_NS // 10**9),
        ([(0, 0), (1, 30), (2, 60)], FALLBACK_NS // 10**9),
        ([(0, 0), (0, 10**9)], LONGEST_NS // 10**9),
    ],
)
def test_the_interval_is_the_most_common_distance_of_a_symbols_bars(
    stamps: list[tuple[int, int]], interval: int
) -> None:
    """Nights and gaps are rarer than bars; without any two bars of a symbol it is a minute."""
    assert interval_ns(bars([(code, START_NS + s * 10**9, 1, 1, 1, 1, 1) for code, s in stamps])) == interval * 10**9
