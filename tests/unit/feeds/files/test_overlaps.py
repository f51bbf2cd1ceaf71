"""Files of one symbol whose times overlap."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.published import Published, published
from tests.support.samples import zipped
from ticker.errors import FeedError

DAYS = ("2024-02-01", "2024-02-02", "2024-02-05", "2024-02-06")
HEADER = "Date,Open,High,Low,Close\n"


def bars(price: float, *days: str) -> str:
    return HEADER + "".join(f"{day},{price},{price + 1},{price},{price + 1}\n" for day in days)


def trades(price: float, *seconds: float) -> str:
    return "time,price,size\n" + "".join(f"2024-02-01T14:30:{second:09.6f}Z,{price},1\n" for second in seconds)


def play(root: Path, files: dict[str, str], symbol: str | None = None) -> Published:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return published([root], symbol=symbol)


def closes(found: Published) -> list[tuple[str, float]]:
    return sorted((bar[0], bar[5]) for bar in found.closed)


def notes(found: Published, words: str) -> list[str]:
    return [note.text for report in found.reports for note in report.notes if words in note.text]


def test_contracts_whose_names_look_like_months_of_one_file_have_different_symbols(tmp_path: Path) -> None:
    """ES_2024-03 and ES_2024-06 are months of a file or of a contract: their times and prices show which."""
    files = {"ES_2024-03.csv": bars(4900, *DAYS[:3]), "ES_2024-06.csv": bars(4950, *DAYS[1:])}
    found = play(tmp_path, files)
    assert closes(found) == [("ES_2024-03", 4901)] * 3 + [("ES_2024-06", 4951)] * 3
    told = "guessed from names: the times of files with this name overlap, and their prices differ"
    assert notes(found, "guessed") == [f"symbol ES_2024-03 {told}", f"symbol ES_2024-06 {told}"]
    assert notes(found, "overlap those") == []


def test_contracts_that_overlap_for_some_days_only_have_different_symbols(tmp_path: Path) -> None:
    """One day of twelve: the prices of that day differ."""
    first, second = [f"2024-02-{day:02}" for day in range(1, 13)], [f"2024-02-{day:02}" for day in range(12, 24)]
    found = play(tmp_path, {"CL 202403 daily.csv": bars(70, *first), "CL 202404 daily.csv": bars(72, *second)})
    assert closes(found) == [("CL_202403", 71)] * 12 + [("CL_202404", 73)] * 12


def test_contracts_with_many_bars_have_different_symbols(tmp_path: Path) -> None:
    """Whichever part of the files overlaps: more bars than are remembered, of which a seventh is common."""
    first, second = range(7000), range(6000, 13_000)
    files = {
        name: "time,open,high,low,close\n"
        + "".join(f"{1_704_153_600 + 60 * minute},{price},{price + 1},{price},{price}\n" for minute in minutes)
        for name, price, minutes in (("CL_2024-03_1m.csv", 70, first), ("CL_2024-04_1m.csv", 72, second))
    }
    assert sorted(play(tmp_path, files).names) == ["CL_2024-03", "CL_2024-04"]


def test_trades_of_two_contracts_without_a_common_time_have_different_symbols(tmp_path: Path) -> None:
    files = {"ES_2024-03.csv": trades(4900, *range(10)), "ES_2024-06.csv": trades(4950, *(n + 0.5 for n in range(10)))}
    found = play(tmp_path, files)
    assert {trade[0]: trade[2] for trade in found.trades} == {"ES_2024-03": 4900, "ES_2024-06": 4950}


def test_members_of_an_archive_and_trades_beside_quotes_keep_one_symbol_per_contract(tmp_path: Path) -> None:
    quotes = "time,bid,ask\n2024-02-01T14:30:01Z,4900,4901\n"
    files = {
        "ES_2024-03_trades.csv": trades(4900, *range(10)).encode(),
        "ES_2024-03_quotes.csv": quotes.encode(),
        "ES_2024-06_trades.csv": trades(4950, *range(10)).encode(),
    }
    path = tmp_path / "es.zip"
    path.write_bytes(zipped(files))
    found = published([path])
    assert sorted(found.names) == ["ES_2024-03", "ES_2024-06"]
    assert [quote[0] for quote in found.quotes] == ["ES_2024-03"]


def test_the_option_says_that_they_are_one_instrument(tmp_path: Path) -> None:
    files = {"ES_2024-03.csv": bars(4900, *DAYS[:3]), "ES_2024-06.csv": bars(4950, *DAYS[1:])}
    assert play(tmp_path, files, symbol="ES").names == ["ES"]


@pytest.mark.parametrize(
    "files",
    [
        {"AAPL_2023.csv": bars(1, "2023-02-01", "2023-02-02"), "AAPL_2024.csv": bars(2, "2024-02-01", "2024-02-02")},
        {"AAPL_2024-01.csv": bars(1, "2024-01-31"), "AAPL_2024-02.csv": bars(2, *DAYS)},
        {"2023/AAPL.csv": bars(1, "2023-02-01", "2023-02-02"), "2024/AAPL.csv": bars(2, "2024-02-01", "2024-02-02")},
        {"AAPL_daily.csv": bars(1, *DAYS), "AAPL_weekly.csv": bars(1, "2024-01-29", "2024-02-05")},
        {"AAPL_2024-02-01.csv": trades(1, *range(50)), "AAPL_2024-02-02.csv": trades(2, 48.8, *range(50, 59))},
    ],
)
def test_parts_of_one_instrument_have_one_symbol(files: dict[str, str], tmp_path: Path) -> None:
    assert play(tmp_path, files).names == ["AAPL"]


@pytest.mark.parametrize("names", [("AAPL_2024-01.csv", "AAPL_2024-02.csv"), ("AAPL.csv", "AAPL (1).csv")])
def test_files_whose_prices_of_one_time_are_equal_are_one_instrument_and_told(
    names: tuple[str, str], tmp_path: Path
) -> None:
    """Downloads that overlap."""
    found = play(tmp_path, {names[0]: bars(1, *DAYS[:3]), names[1]: bars(1, *DAYS[1:])})
    assert found.names == ["AAPL"]
    assert len(notes(found, "its times overlap those of")) == 1


@pytest.mark.parametrize(
    ("folders", "symbols"),
    [
        (("spot", "futures"), ["BTCUSDT-futures", "BTCUSDT-spot"]),
        (("data/spot/daily/klines/BTCUSDT/1m", "data/futures/um/daily/klines/BTCUSDT/1m"),
         ["BTCUSDT-spot", "BTCUSDT-um"]),
        (("futures/um", "futures/cm"), ["BTCUSDT-cm", "BTCUSDT-um"]),
        (("cash", "perp"), ["BTCUSDT-cash", "BTCUSDT-perp"]),
        (("raw", "adjusted"), ["BTCUSDT-adjusted", "BTCUSDT-raw"]),
        (("binance", "bybit"), ["BTCUSDT-binance", "BTCUSDT-bybit"]),
        ((".", "swap"), ["BTCUSDT", "BTCUSDT-swap"]),
    ],
)  # fmt: skip
@pytest.mark.parametrize("later", [DAYS, ("2025-02-03", "2025-02-04")])
def test_folders_of_several_markets_tell_instruments_apart(
    folders: tuple[str, str], symbols: list[str], later: tuple[str, ...], tmp_path: Path
) -> None:
    """Whether their times overlap or not."""
    found = play(tmp_path, {f"{folders[0]}/BTCUSDT.csv": bars(1, *DAYS), f"{folders[1]}/BTCUSDT.csv": bars(2, *later)})
    assert sorted(found.names) == symbols
    assert len(notes(found, "guessed from names: folders of files with this name differ")) == len(
        [symbol for symbol in symbols if "-" in symbol]
    )


def test_other_folders_tell_instruments_apart_if_their_times_overlap(tmp_path: Path) -> None:
    files = {"london/ABC.csv": bars(1, *DAYS), "sydney/ABC.csv": bars(9, *DAYS)}
    assert closes(play(tmp_path, files)) == [("ABC-london", 2)] * 4 + [("ABC-sydney", 10)] * 4


def test_one_symbol_in_a_column_of_files_of_two_markets_is_refused(tmp_path: Path) -> None:
    rows = "symbol,time,price\nBTCUSDT,2024-02-01T00:00:00Z,{}\nBTCUSDT,2024-02-01T00:00:09Z,{}\n"
    files = {"spot/all.csv": rows.format(1, 2), "swap/all.csv": rows.format(3, 4)}
    words = (
        r"swap/all\.csv:1: column 'symbol': 'BTCUSDT' is in .*spot/all\.csv too, at the same time, and the folders "
        r"name two markets \(spot and swap\); play them one at a time, or name a column with whole symbols: --columns"
    )
    with pytest.raises(FeedError, match=words):
        play(tmp_path, files)


def test_markets_of_lean_with_one_ticker_have_different_symbols(tmp_path: Path) -> None:
    row = "60000,42000.5,42001,42000,42000.5,3\n"
    names = [f"crypto/{market}/minute/btcusd/20240103_btcusd_minute_trade.csv" for market in ("coinbase", "bitfinex")]
    assert sorted(play(tmp_path, dict.fromkeys(names, row)).names) == ["BTCUSD-bitfinex", "BTCUSD-coinbase"]
