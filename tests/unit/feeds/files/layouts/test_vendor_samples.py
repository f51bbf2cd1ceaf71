"""A sample of each vendor's layout is recognised and read exactly."""

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
    """By its header or its columns; no row is refused, and every row is counted."""
    found = read(sample, tmp_path)
    report = found.report
    assert (report.layout, report.kind, report.time_zone) == (sample.layout, sample.kind, sample.zone)
    assert set(found.names) == set(report.symbols) == sample.symbols
    assert (report.trades, report.quotes, report.bars) == (len(sample.trades), len(sample.quotes), len(sample.bars))
    assert not report.refused, report.complaints


@by_id(TICKS)
def test_ticks_are_published_with_exact_timestamps_prices_and_sizes(sample: Sample, tmp_path: Path) -> None:
    """In time order; a side without a price is missing, never 0."""
    found = read(sample, tmp_path)
    assert found.trades == list(sample.trades)
    assert found.quotes == list(sample.quotes)
    stamps = [*(row[1] for row in sample.trades), *(row[1] for row in sample.quotes)]
    assert (found.first, found.last) == (min(stamps), max(stamps))


@by_id(BARS)
def test_bars_are_published_unchanged_and_played_as_trades(sample: Sample, tmp_path: Path) -> None:
    """Each opens at its start and closes with the values of the file; single prices are trades."""
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
def test_compression_and_dialect_make_no_difference(file: str, tmp_path: Path) -> None:
    """Archives, a byte-order mark, line ends, delimiters."""
    path = tmp_path / file
    path.write_bytes(PACKINGS[file](ALPACA_TRADES.content))
    assert published([path]).trades == list(ALPACA_TRADES.trades)


def test_parquet_makes_no_difference(tmp_path: Path) -> None:
    """With typed timestamps and their zone."""
    frame = pd.read_csv(io.BytesIO(ALPACA_TRADES.content))
    frame["timestamp"] = pd.to_datetime(frame["timestamp"], format="ISO8601").astype("datetime64[ns, UTC]")
    path = tmp_path / "trades.parquet"
    frame.to_parquet(path, index=False)
    assert published([path]).trades == list(ALPACA_TRADES.trades)


def test_several_files_merge_by_time(tmp_path: Path) -> None:
    """Files of two layouts become one stream; at one timestamp the order of the files counts."""
    header = "timestamp,symbol,price,size"
    first, second = tmp_path / "b.csv", tmp_path / "a.csv.gz"
    first.write_bytes(text(header, "2024-01-03T14:30:00Z,A,1,1", "2024-01-03T14:30:02Z,A,3,1"))
    second.write_bytes(gzip.compress(text(header, "2024-01-03T14:30:02Z,B,4,1", "2024-01-03T14:30:01Z,B,2,1")))
    found = published([first, second])
    assert [row[2] for row in found.trades] == [1, 2, 3, 4]
    assert set(found.names) == {"A", "B"}
    assert [report.order for report in found.reports] == ["time", "newest first"]


def test_a_folder_is_all_of_its_files(tmp_path: Path) -> None:
    """Files whose names show that they are no market data are ignored."""
    header = "timestamp,symbol,price,size"
    folder = tmp_path / "day"
    folder.mkdir()
    (folder / "a.csv").write_bytes(text(header, "2024-01-03T14:30:00Z,A,1,1"))
    (folder / "b.csv").write_bytes(text(header, "2024-01-03T14:30:01Z,B,2,1"))
    (folder / "notes.md").write_bytes(b"hello\n")
    assert published([folder]).names == ["A", "B"]


def test_binance_files_may_change_the_unit_of_their_timestamps(tmp_path: Path) -> None:
    """Milliseconds until 2024, microseconds from 2025: the number of digits decides, row by row."""
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
def test_timestamps_across_a_dst_transition_are_right(
    stamps: tuple[str, ...], expected: tuple[int, ...], tmp_path: Path
) -> None:
    """Each gets the offset of New York at that time."""
    path = tmp_path / "AAPL.csv"
    path.write_bytes(text("timestamp,symbol,price,size", *(f"{stamp},AAPL,184.22,100" for stamp in stamps)))
    assert [row[1] for row in published([path], time_zone=NEW_YORK).trades] == list(expected)


def test_a_repeated_hour_is_read_by_the_order_of_rows(tmp_path: Path) -> None:
    """On the first Sunday of November the clock goes back."""
    path = tmp_path / "AAPL.csv"
    local = ["00:59:00", "01:00:00", "01:59:00", "01:00:00", "01:59:00", "02:00:00"]
    path.write_bytes(text("timestamp,symbol,price,size", *(f"2024-11-03 {each},AAPL,184.22,100" for each in local)))
    utc = ["04:59", "05:00", "05:59", "06:00", "06:59", "07:00"]
    found = published([path], time_zone=NEW_YORK)
    assert [row[1] for row in found.trades] == [at(f"2024-11-03 {each}") for each in utc]


def test_identical_trades_are_all_kept(tmp_path: Path) -> None:
    path = tmp_path / "trades.csv"
    path.write_bytes(text("timestamp,symbol,price,size", *["2024-01-03T14:30:00Z,A,1,1"] * 5))
    assert [len(list(rows)) for _, rows in groupby(published([path]).trades)] == [5]


def test_options_supply_what_a_file_does_not_contain(tmp_path: Path) -> None:
    """Zone, scale, date, symbol and columns."""
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
