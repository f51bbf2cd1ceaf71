"""A sample in each layout that vendors write: recognised, and read as a person would."""

from __future__ import annotations

import gzip
import io
from collections.abc import Callable
from itertools import groupby
from pathlib import Path

import pandas as pd
import pytest
import zstandard

from tests.support.published import Published, published
from tests.support.samples import NEW_YORK, Sample, at, text, zipped
from tests.support.samples_bars import BARS as INTRADAY
from tests.support.samples_daily import DAILY
from tests.support.samples_ticks import ALPACA_TRADES, TICKS

BARS = (*INTRADAY, *DAILY)
SAMPLES = (*TICKS, *BARS)


def by_id(samples: tuple[Sample, ...]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("sample", samples, ids=lambda sample: sample.id)


def read(sample: Sample, folder: Path) -> Published:
    return published([sample.write(folder)], **sample.options)


@by_id(SAMPLES)
def test_a_layout_is_recognised_with_its_zone_and_its_symbols(sample: Sample, tmp_path: Path) -> None:
    """By its header or its shape; nothing is refused, and every row is accounted for."""
    found = read(sample, tmp_path)
    report = found.report
    assert (report.layout, report.kind, report.time_zone) == (sample.layout, sample.kind, sample.zone)
    assert set(found.names) == set(report.symbols) == sample.symbols
    assert (report.trades, report.quotes, report.bars) == (len(sample.trades), len(sample.quotes), len(sample.bars))
    assert not report.refused, report.complaints


@by_id(TICKS)
def test_ticks_are_published_with_exact_stamps_prices_and_sizes(sample: Sample, tmp_path: Path) -> None:
    """In the order of time; a side without a price is none, and never 0."""
    found = read(sample, tmp_path)
    assert found.trades == list(sample.trades)
    assert found.quotes == list(sample.quotes)
    stamps = [*(row[1] for row in sample.trades), *(row[1] for row in sample.quotes)]
    assert (found.first, found.last) == (min(stamps), max(stamps))


@by_id(BARS)
def test_bars_are_published_unchanged_and_walked_inside(sample: Sample, tmp_path: Path) -> None:
    """Each opens at its start and closes with the file's own values; single prices are trades."""
    found = read(sample, tmp_path)
    assert sorted(found.closed) == sorted(sample.bars)
    assert sorted(found.opened) == sorted(bar[:3] for bar in sample.bars)
    if not sample.bars:
        assert found.trades == list(sample.trades)
        return
    if sample.interval_s is not None:
        assert found.report.interval_ns == sample.interval_s * 10**9
    for symbol, start, open_, high, low, close, volume in sample.bars:
        later = [bar[1] for bar in sample.bars if bar[0] == symbol and bar[1] > start]
        inside = [
            row for row in found.trades if row[0] == symbol and start <= row[1] and (not later or row[1] < min(later))
        ]
        assert len(inside) == 4
        prices = [row[2] for row in inside]
        assert (inside[0][1], prices[0], prices[-1]) == (start, open_, close)
        assert (max(prices), min(prices)) == (high, low)
        assert sum(row[3] for row in inside) == volume


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "trades.csv.gz": gzip.compress,
    "trades.csv.zst": zstandard.compress,
    "trades.zip": lambda content: zipped({"trades.csv": content}),
    "trades.txt": lambda content: content,
    "two parts.csv.gz": lambda content: gzip.compress(content[:100]) + gzip.compress(content[100:]),
    "windows.csv": lambda content: b"\xef\xbb\xbf" + content.replace(b"\n", b"\r\n"),
    "no end of line.csv": lambda content: content.rstrip(b"\n"),
    "tabs.txt": lambda content: content.replace(b",", b"\t").replace(b"\"['@'\t 'I']\"", b"x"),
    "semicolons.csv": lambda content: content.replace(b",", b";"),
}


@pytest.mark.parametrize("file", PACKINGS)
def test_how_it_is_packed_makes_no_difference(file: str, tmp_path: Path) -> None:
    """Compressed, in an archive, with a byte-order mark, other line ends, other delimiters."""
    path = tmp_path / file
    path.write_bytes(PACKINGS[file](ALPACA_TRADES.content))
    assert published([path]).trades == list(ALPACA_TRADES.trades)


def test_parquet_makes_no_difference_either(tmp_path: Path) -> None:
    """Typed columns: stamps as stamps, with their zone."""
    frame = pd.read_csv(io.BytesIO(ALPACA_TRADES.content))
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], format="ISO8601").astype("datetime64[ns, UTC]")
    path = tmp_path / "trades.parquet"
    frame.to_parquet(path, index=False)
    assert published([path]).trades == list(ALPACA_TRADES.trades)


def test_several_files_merge_by_time(tmp_path: Path) -> None:
    """Trades and quotes of two files, of two layouts, come as one stream; at one stamp in the order of the files."""
    header = "timestamp,symbol,price,size"
    first, second = tmp_path / "b.csv", tmp_path / "a.csv.gz"
    first.write_bytes(text(header, "2024-01-03T14:30:00Z,A,1,1", "2024-01-03T14:30:02Z,A,3,1"))
    second.write_bytes(gzip.compress(text(header, "2024-01-03T14:30:02Z,B,4,1", "2024-01-03T14:30:01Z,B,2,1")))
    found = published([first, second])
    assert [row[2] for row in found.trades] == [1, 2, 3, 4]
    assert set(found.names) == {"A", "B"}
    assert [report.order for report in found.reports] == ["time", "newest first"]


def test_a_folder_is_all_of_its_files(tmp_path: Path) -> None:
    """What is no market data there (by its name) is passed over."""
    header = "timestamp,symbol,price,size"
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "a.csv").write_bytes(text(header, "2024-01-03T14:30:00Z,A,1,1"))
    (folder / "b.csv").write_bytes(text(header, "2024-01-03T14:30:01Z,B,2,1"))
    (folder / "notes.md").write_bytes(b"hello\n")
    assert published([folder]).names == ["A", "B"]


def test_binance_stamps_change_their_unit_and_not_their_meaning(tmp_path: Path) -> None:
    """Milliseconds up to 2024 and microseconds from 2025 on are told by their magnitude, also within one replay."""
    before, after = tmp_path / "BTCUSDT-1m-2024-12.csv", tmp_path / "BTCUSDT-1m-2025-01.csv"
    before.write_bytes(text("1735689540000,1,2,1,2,5,1735689599999,9,3,1,1,0"))
    after.write_bytes(text("1735689600000000,2,3,2,3,5,1735689659999999,9,3,1,1,0"))
    found = published([before, after])
    assert [bar[1] for bar in found.closed] == [at("2024-12-31 23:59"), at("2025-01-01 00:00")]
    assert found.names == ["BTCUSDT"]


@pytest.mark.parametrize(
    ("stamps", "expected"),
    [
        (
            ("2024-03-08 09:30:00", "2024-03-11 09:30:00"),
            (at("2024-03-08 14:30:00"), at("2024-03-11 13:30:00")),
        ),
        (
            ("2024-11-01 09:30:00", "2024-11-04 09:30:00"),
            (at("2024-11-01 13:30:00"), at("2024-11-04 14:30:00")),
        ),
        (
            ("2024-03-10 01:59:59", "2024-03-10 03:00:00"),
            (at("2024-03-10 06:59:59"), at("2024-03-10 07:00:00")),
        ),
    ],
)
def test_stamps_across_a_change_of_the_clocks_are_right(
    stamps: tuple[str, ...], expected: tuple[int, ...], tmp_path: Path
) -> None:
    """New York's offset is the one of each stamp's own day."""
    path = tmp_path / "AAPL.csv"
    path.write_bytes(text("timestamp,symbol,price,size", *(f"{stamp},AAPL,184.22,100" for stamp in stamps)))
    assert [row[1] for row in published([path], time_zone=NEW_YORK).trades] == list(expected)


def test_the_hour_that_comes_twice_is_read_both_times(tmp_path: Path) -> None:
    """On the first Sunday of November the clock goes back: the order of the rows tells which hour it is."""
    path = tmp_path / "AAPL.csv"
    local = ["00:59:00", "01:00:00", "01:59:00", "01:00:00", "01:59:00", "02:00:00"]
    path.write_bytes(text("timestamp,symbol,price,size", *(f"2024-11-03 {each},AAPL,184.22,100" for each in local)))
    utc = ["04:59", "05:00", "05:59", "06:00", "06:59", "07:00"]
    found = published([path], time_zone=NEW_YORK)
    assert [row[1] for row in found.trades] == [at(f"2024-11-03 {each}") for each in utc]


def test_equal_trades_are_all_of_them_real(tmp_path: Path) -> None:
    """Rows that are the same to the last letter are kept."""
    path = tmp_path / "trades.csv"
    path.write_bytes(text("timestamp,symbol,price,size", *["2024-01-03T14:30:00Z,A,1,1"] * 5))
    assert [len(list(rows)) for _, rows in groupby(published([path]).trades)] == [5]


def test_what_the_file_does_not_say_is_an_option(tmp_path: Path) -> None:
    """Zone, scale, date, symbol and columns, for a file that says none of them."""
    path = tmp_path / "x.csv"
    path.write_bytes(text("when;px;qty", "09:30:00.25;1842200;100"))
    found = published(
        [path],
        time_zone="Europe/Berlin",
        price_scale=10_000,
        date="2024-07-03",
        symbol="SAP",
        columns={"timestamp": "when", "price": "px", "size": "qty"},
    )
    assert found.trades == [("SAP", at("2024-07-03 09:30:00.25", "Europe/Berlin"), 184.22, 100)]
