"""The symbols of several files, by their names."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from feeds.files.file_set import FileSet
from feeds.files.sources.compressed import TextSource
from feeds.files.sources.source import Block, Source
from tests.support.published import published
from tests.support.samples import text, zipped
from ticker.errors import FeedError

BARS = text("date,open,high,low,close,volume", "2024-01-03,10,12,9,11,100")


def symbols(*names: str | tuple[str, ...]) -> list[str | None]:
    sources = FileSet(
        Source(Path(each[0]), each[0], each[0], each)
        for each in [(name,) if isinstance(name, str) else name for name in names]
    )
    found = [sources.symbol(source) for source in sources]
    return [None if each is None else each.symbol for each in found]


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        (("BTC_USDT-1m.csv", "BTC_EUR-1m.csv"), ["BTC_USDT", "BTC_EUR"]),
        (("BTC.csv", "BTC_EUR.csv"), ["BTC", "BTC_EUR"]),
        (("NIFTY 50.csv", "NIFTY 100.csv"), ["NIFTY 50", "NIFTY 100"]),
        (("MIDCAP 50.csv", "MIDCAP 150.csv"), ["MIDCAP 50", "MIDCAP 150"]),
        (("NIFTY50.csv", "NIFTY100.csv"), ["NIFTY50", "NIFTY100"]),
        (("BRK-A.csv", "BRK-B.csv"), ["BRK-A", "BRK-B"]),
        (("AAPL_raw.csv", "AAPL_adjusted.csv"), ["AAPL_raw", "AAPL_adjusted"]),
        (("EURUSD_BID_2024.csv", "EURUSD_ASK_2024.csv"), ["EURUSD_BID", "EURUSD_ASK"]),
        (("Binance_BTCUSDT_1h.csv", "Bybit_BTCUSDT_1h.csv"), ["Binance_BTCUSDT", "Bybit_BTCUSDT"]),
        (("BTCUSDT-spot.csv", "BTCUSDT-futures.csv"), ["BTCUSDT-spot", "BTCUSDT-futures"]),
        (("BTC-28JUN24.csv", "BTC-27SEP24.csv"), ["BTC-28JUN24", "BTC-27SEP24"]),
        (("AAPL_close.csv", "AAPL_volume.csv"), ["AAPL_close", "AAPL_volume"]),
        (("OPT_17.csv", "OPT_4.csv"), ["OPT_17", "OPT_4"]),
        (("GC=F.csv", "GC=X.csv"), ["GC=F", "GC=X"]),
        (("ES 03-24.Last.txt", "ES 06-24.Last.txt"), ["ES 03-24", "ES 06-24"]),
        (("sh.600519.csv", "sz.000001.csv"), ["sh.600519", "sz.000001"]),
        (("600519.csv", "000001.csv"), ["600519", "000001"]),
        (("coin_Bitcoin.csv", "coin_Ethereum.csv"), ["coin_Bitcoin", "coin_Ethereum"]),
        (("AAPL US Equity.csv", "AAPL GR Equity.csv"), ["AAPL", "AAPL GR"]),
        (("AAPL_premarket.csv", "AAPL_regular.csv"), ["AAPL_premarket", "AAPL_regular"]),
        (("data1.csv", "export2.csv"), [None, None]),
        (("ESZ2023.csv", "ESZ2024.csv"), ["ESZ2023", "ESZ2024"]),
    ],
)
def test_names_of_several_instruments_never_give_one_symbol(names: tuple[str, ...], expected: list[str | None]) -> None:
    assert symbols(*names) == expected


@pytest.mark.parametrize(
    "names",
    [
        ("AAPL_2023.csv", "AAPL_2024.csv"),
        ("AAPL-2024-01-03.csv", "AAPL-2024-01-04.csv"),
        ("AAPL_20240103_trades.csv", "AAPL_20240104_trades.csv"),
        ("AAPL_part1.csv", "AAPL_part2.csv", "AAPL_part10.csv"),
        ("AAPL_1.csv", "AAPL_2.csv", "AAPL_3.csv"),
        ("AAPL_007.csv", "AAPL_019.csv"),
        ("AAPL.csv", "AAPL (1).csv"),
        ("AAPL_1min.csv", "AAPL_5min.csv"),
        ("AAPL, 5.csv", "AAPL, 15.csv"),
        ("AAPL_trades.csv", "AAPL_quotes.csv"),
        ("AAPL_Jan.csv", "AAPL_Feb.csv"),
        ("aapl.csv", "AAPL.csv"),
        ("AAPL.csv", "AAPL.csv.gz"),
        (("trades.csv", "aapl.zip"), ("quotes.csv", "aapl.zip")),
        (("2023.csv", "AAPL"), ("2024.csv", "AAPL")),
    ],
)
def test_parts_of_one_series_have_one_symbol(names: tuple[str, ...]) -> None:
    assert symbols(*names) == ["AAPL"] * len(names)


def test_folders_in_capitals_tell_the_symbol_of_dates() -> None:
    assert symbols(("2023.csv", "AAPL"), ("2023.csv", "MSFT"), ("2023.csv", "stocks")) == ["AAPL", "MSFT", None]


def test_a_guess_is_told_in_the_report(tmp_path: Path) -> None:
    """Also that several files share the symbol. A symbol of a column or an option is no guess."""
    (tmp_path / "AAPL_2023.csv").write_bytes(BARS)
    (tmp_path / "AAPL_2024.csv").write_bytes(BARS.replace(b"2024-", b"2025-"))
    told = "symbol AAPL guessed from the file's name"
    for report in published([tmp_path]).reports:
        assert [(note.text, note.option) for note in report.notes if note.option == "--symbol"] == [
            (told, "--symbol"),
            ("symbol AAPL is shared with 1 more of the files", "--symbol"),
        ]
    for report in published([tmp_path], symbol="X").reports:
        assert not [note for note in report.notes if note.option == "--symbol"]


def test_members_of_an_archive_are_told_apart(tmp_path: Path) -> None:
    path = tmp_path / "crypto.zip"
    path.write_bytes(zipped({"BTC_USDT-1m.csv": BARS, "BTC_EUR-1m.csv": BARS}))
    assert sorted(published([path]).names) == ["BTC_EUR", "BTC_USDT"]


def test_a_file_without_a_symbol_is_an_error_that_names_the_option(tmp_path: Path) -> None:
    path = tmp_path / "HistoricalData_1704480000000.csv"
    path.write_bytes(BARS)
    with pytest.raises(FeedError, match=r"HistoricalData_1704480000000\.csv: no column and no .* use --symbol NAME"):
        published([path])
    assert published([path], symbol="AAPL").names == ["AAPL"]


def test_dates_that_could_be_either_read_each_file_once_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """To find out whether 03/04/2024 is in April: once for all files, not once for each."""
    for number in range(1, 13):
        rows = [f"0{day}/{number:02}/2024,10" for day in (1, 2, 3)]
        (tmp_path / f"AAPL_{number:02}.csv").write_bytes(text("Date,Price", *rows))
    reads: list[str] = []
    blocks = TextSource.blocks

    def counted(source: TextSource) -> Iterator[Block]:
        reads.append(source.name)
        return blocks(source)

    monkeypatch.setattr(TextSource, "blocks", counted)
    published([tmp_path])
    assert max(Counter(reads).values()) <= 3
