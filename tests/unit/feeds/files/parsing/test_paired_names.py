"""Column names of two levels, as pandas and yfinance write them."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from feeds.files.parsing.paired_names import paired
from tests.support.fake_source import read
from tests.support.published import Published, published
from tests.support.samples import Bar, at
from ticker.errors import FeedError

DAYS = ["2024-01-02", "2024-01-03"]
BARS: list[Bar] = [
    bar
    for number, day in enumerate(DAYS)
    for bar in (
        ("AAPL", at(day), 10 + number, 12 + number, 9 + number, 11 + number, 100),
        ("MSFT", at(day), 20 + number, 22 + number, 19 + number, 21 + number, 200),
    )
]


def frame(*, ticker_first: bool = False, fields: str = "Close High Low Open Volume") -> pd.DataFrame:
    """As from ``yfinance.download(["AAPL", "MSFT"])``."""
    values = {
        (field, symbol): [
            float(dict(zip(("Open", "High", "Low", "Close", "Volume"), bar[2:], strict=True))[field])
            for bar in BARS
            if bar[0] == symbol
        ]
        for field in fields.split()
        for symbol in ("AAPL", "MSFT")
    }
    index = pd.DatetimeIndex(DAYS, name="Date")
    made = pd.DataFrame(values, index=index)
    made.columns.names = ["Price", "Ticker"]
    return made.swaplevel(axis=1).sort_index(axis=1) if ticker_first else made


def replay(content: pd.DataFrame, folder: Path) -> Published:
    path = folder / "prices.parquet"
    content.to_parquet(path)
    return published([path])


@pytest.mark.parametrize("ticker_first", [False, True])
@pytest.mark.parametrize("reset", [False, True])
def test_parquet_of_yfinance_gives_the_bars_of_each_symbol(ticker_first: bool, reset: bool, tmp_path: Path) -> None:
    """Whichever level is first, and whether the dates are an index or a column."""
    made = frame(ticker_first=ticker_first)
    found = replay(made.reset_index() if reset else made, tmp_path)
    assert sorted(found.closed) == sorted(BARS)
    assert (found.report.layout, found.report.refused) == ("yfinance", {})


def test_closing_prices_alone_are_trades(tmp_path: Path) -> None:
    found = replay(frame(fields="Close"), tmp_path)
    assert sorted(row[:3] for row in found.trades) == sorted((bar[0], bar[1], bar[5]) for bar in BARS)


def test_volumes_alone_are_refused(tmp_path: Path) -> None:
    """They are no prices."""
    with pytest.raises(FeedError, match="no symbol in the header has Open, High, Low and Close, or a Close alone"):
        replay(frame(fields="Volume"), tmp_path)


def test_csv_may_have_paired_names(tmp_path: Path) -> None:
    made = frame()
    made.columns = pd.Index([str(pair) for pair in made.columns])
    path = tmp_path / "prices.csv"
    made.to_csv(path)
    assert sorted(published([path]).closed) == sorted(BARS)


def test_levels_in_the_first_rows_are_no_rows(tmp_path: Path) -> None:
    """A CSV file of yfinance that pandas read with one header line, and wrote as Parquet."""
    frame().to_csv(tmp_path / "prices.csv")
    found = replay(pd.read_csv(tmp_path / "prices.csv"), tmp_path)
    assert sorted(found.closed) == sorted(BARS)
    assert (found.report.rows, found.report.refused) == (2, {})


@pytest.mark.parametrize(
    "names",
    [
        ("Date", "AAPL", "MSFT"),
        ("Date", "Close (adj)", "(x)"),
        ("a", "('Close', 1)"),
        ("a", "('Close',)"),
        ("a", "(__import__('os'), 'AAPL')"),
    ],
)
def test_other_names_are_not_paired(names: tuple[str, ...]) -> None:
    assert paired(names) is None


@pytest.mark.parametrize(
    "columns",
    [
        {"Date": [None, *DAYS], "AAPL": ["n", "1.5", "1.6"], "MSFT": ["n", "2.5", "2.6"]},
        {"Unnamed: 0": ["x", *DAYS], "AAPL": ["?", "1.5", "1.6"], "MSFT": ["?", "2.5", "2.6"]},
        {"Date": ["units", *DAYS], "AAPL": ["USD", "1.5", "1.6"], "MSFT": ["USD", "2.5", "2.6"]},
    ],
)
def test_one_odd_first_row_is_refused_alone(columns: dict[str, list[str | None]]) -> None:
    found = read(pd.DataFrame(columns))
    assert [row[:3] for row in found.trades] == [
        ("AAPL", at(DAYS[0]), 1.5),
        ("MSFT", at(DAYS[0]), 2.5),
        ("AAPL", at(DAYS[1]), 1.6),
        ("MSFT", at(DAYS[1]), 2.6),
    ]
    assert sum(found.report.refused.values()) == 1
