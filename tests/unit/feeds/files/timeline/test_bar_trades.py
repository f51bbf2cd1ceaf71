"""Bars played as trades."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.timeline.bar_trades import trades_of_bars
from ticker.model import Bars, Trades

START_NS = 1_704_292_200 * 10**9
MINUTE = 60 * 10**9
Row = tuple[float, float, float, float, float]


def walked(rows: Sequence[Row], lasting_ns: int = MINUTE) -> Trades:
    """The trades of bars of (open, high, low, close, volume), each of another symbol."""
    names = ("open", "high", "low", "close", "volume")
    values = {name: np.array(column, float) for name, column in zip(names, zip(*rows, strict=True), strict=True)}
    unknown = np.full(len(rows), np.nan)
    code, start = np.arange(len(rows), dtype=np.int32), np.full(len(rows), START_NS)
    return trades_of_bars(Bars(code, start, **values, vwap=unknown, trades=unknown), np.full(len(rows), lasting_ns))


def test_a_rising_bar_goes_through_its_low_first() -> None:
    """Open, low, high, close if it rose or stayed; open, high, low, close if it fell; at each quarter."""
    trades = walked([(10, 13, 9, 12, 8), (12, 13, 9, 10, 8), (10, 11, 9, 10, 8)])
    assert trades.price.reshape(-1, 4).tolist() == [[10, 9, 13, 12], [12, 13, 9, 10], [10, 9, 11, 10]]
    assert trades.symbol.tolist() == [0] * 4 + [1] * 4 + [2] * 4
    assert trades.ts[:4].tolist() == [START_NS + quarter * MINUTE // 4 for quarter in range(4)]


def test_whole_volume_stays_whole() -> None:
    """The first trades take the remainder."""
    trades = walked([(1, 1, 1, 1, volume) for volume in (0, 1, 6, 1003)])
    assert trades.size.reshape(-1, 4).tolist() == [[0, 0, 0, 0], [1, 0, 0, 0], [2, 2, 1, 1], [251, 251, 251, 250]]


@given(st.lists(st.one_of(st.floats(0, 1e15), st.integers(0, 10**15).map(float)), min_size=1, max_size=20))
def test_volumes_add_up_exactly(volumes: list[float]) -> None:
    """Summing the sizes in order gives the bar's volume to the last bit."""
    sizes = walked([(1, 1, 1, 1, volume) for volume in volumes]).size.reshape(-1, 4)
    assert (sizes >= 0).all()
    for volume, parts in zip(volumes, sizes.tolist(), strict=True):
        assert ((parts[0] + parts[1]) + parts[2]) + parts[3] == volume


prices = st.floats(0.01, 1e5)


@given(st.lists(prices, min_size=4, max_size=4), st.integers(1, 366 * 1440 * MINUTE))
def test_the_ticks_make_the_bar_again(four: list[float], lasting_ns: int) -> None:
    """First, highest, lowest and last price are the bar's, all within its period, in order."""
    low, *_, high = sorted(four)
    trades = walked([(four[0], high, low, four[1], 1)], lasting_ns)
    assert (trades.price[0], trades.price.max(), trades.price.min(), trades.price[-1]) == (four[0], high, low, four[1])
    assert START_NS == trades.ts[0] <= trades.ts[1] <= trades.ts[2] <= trades.ts[3] < START_NS + lasting_ns
