"""Splits that a file's own column states."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from feeds.files.loading import load
from feeds.files.options import ReadOptions
from tests.support.market_of_files import bars, day, market_of
from tests.support.published import Published, published
from tests.support.samples import NEW_YORK, at
from ticker.errors import FeedError
from ticker.model import BarBatch, Split, TickBatch

DAYS = ("2020-08-28", "2020-08-31", "2020-09-01")
RAW = (499.0, 125.0, 134.0)
ADJUSTED = (124.75, 125.0, 134.0)


def write(
    folder: Path, closes: tuple[float, ...], splits: tuple[str, ...], header: str = "Stock Splits", name: str = "A.csv"
) -> Path:
    path = folder / name
    rows = zip(DAYS, closes, splits, strict=True)
    lines = [f"{date},{close},{close + 1},{close - 1},{close},100,{split}\n" for date, close, split in rows]
    path.write_text(f"Date,Open,High,Low,Close,Volume,{header}\n{''.join(lines)}")
    return path


def read(folder: Path, closes: tuple[float, ...], splits: tuple[str, ...], **more: Any) -> Published:
    header = more.pop("header", "Stock Splits")
    return published([write(folder, closes, splits, header)], symbol="A", **more)


def split_notes(found: Published) -> list[str]:
    return [note.text for note in found.report.notes if "split" in note.text]


@pytest.mark.parametrize(
    "header",
    ["Stock Splits", "split", "splits", "split_ratio", "split coefficient", "Split Coefficient", "splitFactor"],
)
@pytest.mark.parametrize("none", ["0.0", "1", "", "1.0", "0"])
def test_a_split_is_an_event_where_prices_jump_by_it(header: str, none: str, tmp_path: Path) -> None:
    found = read(tmp_path, RAW, (none, "4.0", none), header=header)
    assert found.splits == [("A", at("2020-08-31"), 4)]
    assert split_notes(found) == ["1 split is played: A 2020-08-31 4:1"]


def test_a_split_is_told_with_the_date_of_its_trading_day(tmp_path: Path) -> None:
    """Which begins the evening before."""
    found = read(tmp_path, RAW, ("0", "4", "0"), exchange="forex")
    assert found.splits == [("A", at("2020-08-30 17:00", NEW_YORK), 4)]
    assert split_notes(found) == ["1 split is played: A 2020-08-31 4:1"]


@pytest.mark.parametrize(
    ("closes", "ratio"),
    [(ADJUSTED, "4"), ((125.2, 125.0, 134.0), "1.05"), ((500.0, 125.0, 134.0), "2"), ((100.0, 125.0, 134.0), "0.25")],
)
def test_a_split_of_adjusted_prices_is_only_noted(closes: tuple[float, ...], ratio: str, tmp_path: Path) -> None:
    """Also where they jump by something else."""
    found = read(tmp_path, closes, ("0", ratio, "0"))
    assert found.splits == []
    (note,) = split_notes(found)
    assert note == f"1 split is not played, as prices don't jump by it: A 2020-08-31 {float(ratio):g}:1"


@pytest.mark.parametrize(
    ("closes", "ratio", "value"),
    [((10.0, 100.0, 101.0), "0.1", 0.1), ((150.0, 100.0, 101.0), "3:2", 1.5), ((700.0, 99.0, 98.0), "7/1", 7)],
)
def test_reverse_and_uneven_splits_are_played(
    closes: tuple[float, ...], ratio: str, value: float, tmp_path: Path
) -> None:
    assert read(tmp_path, closes, ("0", ratio, "0")).splits == [("A", at("2020-08-31"), value)]


def test_ratios_of_1_are_no_splits(tmp_path: Path) -> None:
    found = read(tmp_path, RAW, ("1.0", "1.0", "1.0"))
    assert (found.splits, split_notes(found)) == ([], [])


@pytest.mark.parametrize("ratio", ["-4", "0", "abc", "1e300"])
def test_a_ratio_that_is_none_is_refused_with_its_place(ratio: str, tmp_path: Path) -> None:
    """0 means no split only in a column that has no 1 for it."""
    found = read(tmp_path, RAW, ("1", ratio, "1"))
    assert found.report.refused == {"not a split ratio": 1}
    assert len(found.closed) == 2
    (complaint,) = found.report.complaints
    assert (complaint.line, complaint.column, complaint.text) == (3, "Stock Splits", ratio)
    with pytest.raises(FeedError, match=r"A\.csv:3: column 'Stock Splits': .* is not a split ratio"):
        read(tmp_path, RAW, ("1", ratio, "1"), strict=True)


def test_the_previous_close_and_the_change_are_those_of_new_shares(tmp_path: Path) -> None:
    path = write(tmp_path, RAW[:3], ("0", "4", "0"))
    lines = path.read_text().splitlines(keepends=True)
    path.write_text("".join(lines[:3]))
    for exchange in (None, "XNYS", "forex"):
        market = market_of([path], exchange, symbol="A")
        assert day(market, "A")["prev_close"] == 499 / 4
        assert day(market, "A")["open"] == 125
        assert [bar[3] for bar in bars(market, "A", "1d")] == [499, 125]
        assert market.bars.splits(0)[0][1] == 4


@pytest.mark.parametrize("coarse", [False, True])
def test_a_split_comes_after_the_bars_and_ticks_of_the_day_before(coarse: bool, tmp_path: Path) -> None:
    """And before those of its own day, which begins at midnight in New York."""
    path = write(tmp_path, RAW, ("0", "4", "0"))
    timeline = load([str(path)], ReadOptions(symbol="A", exchange="XNYS"))
    try:
        events = list(timeline.stretches(None, 0) if coarse else timeline.events())
    finally:
        timeline.close()
    (place,) = (at for at, event in enumerate(events) if isinstance(event, Split))
    split = events[place]
    assert isinstance(split, Split)
    assert split.ts == at("2020-08-31", NEW_YORK)
    before = [stamp for event in events[:place] if isinstance(event, TickBatch) for stamp in event.trades.ts.tolist()]
    after = [stamp for event in events[place:] if isinstance(event, TickBatch) for stamp in event.trades.ts.tolist()]
    assert max(before) < split.ts == min(after)
    assert [event.bars.close[0] for event in events[:place] if isinstance(event, BarBatch) and event.closed] == [499]


def test_bars_within_a_day_may_all_state_the_split_of_their_day(tmp_path: Path) -> None:
    path = tmp_path / "A.csv"
    rows = [f"2020-08-{date} {hour}:00,{price},{price},{price},{price},5,{ratio}\n" for date, hour, price, ratio in (
        (28, 10, 500, 0), (28, 15, 499, 0), (31, 10, 126, 4), (31, 11, 127, 4), (31, 15, 130, 4),
    )]  # fmt: skip
    path.write_text(f"datetime,open,high,low,close,volume,split\n{''.join(rows)}")
    found = published([path], symbol="A", time_zone=NEW_YORK)
    assert found.splits == [("A", at("2020-08-31", NEW_YORK), 4)]
    market = market_of([path], symbol="A", time_zone=NEW_YORK)
    assert day(market, "A")["prev_close"] == 499 / 4


def test_each_symbol_has_splits_of_its_own(tmp_path: Path) -> None:
    """Of one file, and of the two-level header of yfinance."""
    path = tmp_path / "both.csv"
    rows = [f"{date},{name},{c},{c},{c},{c},5,{ratio}\n" for date, name, c, ratio in (
        (DAYS[0], "X", 500, 0), (DAYS[0], "Y", 30, 0), (DAYS[1], "X", 125, 4), (DAYS[1], "Y", 31, 0),
        (DAYS[2], "X", 125, 0), (DAYS[2], "Y", 10, 3),
    )]  # fmt: skip
    path.write_text(f"date,symbol,open,high,low,close,volume,split\n{''.join(rows)}")
    expected = [("X", at(DAYS[1]), 4), ("Y", at(DAYS[2]), 3)]
    assert published([path]).splits == expected
    wide = tmp_path / "wide.csv"
    names = ("Open", "High", "Low", "Close", "Volume", "Stock Splits")
    values = {date: {name: (c, ratio) for day, name, c, ratio in _rows(rows) if day == date} for date in DAYS}
    lines = ["Price," + ",".join(names * 2), "Ticker," + ",".join(["X"] * 6 + ["Y"] * 6), "Date" + "," * 12]
    lines += [
        date + "".join(f",{c},{c},{c},{c},5,{ratio}" for c, ratio in (values[date]["X"], values[date]["Y"]))
        for date in DAYS
    ]
    wide.write_text("\n".join(lines) + "\n")
    assert published([wide]).splits == expected


def _rows(lines: list[str]) -> list[tuple[str, str, str, str]]:
    fields = [line.strip().split(",") for line in lines]
    return [(each[0], each[1], each[2], each[-1]) for each in fields]
