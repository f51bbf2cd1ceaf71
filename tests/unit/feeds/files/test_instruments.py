"""Symbols that are wrong, and files of several instruments without a column for the symbol."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.support.fake_source import read
from tests.support.published import published
from tests.support.samples import at, text
from ticker.errors import FeedError

DAYS = ("2024-01-02", "2024-01-03", "2024-01-04")
HEADER = "date,open,high,low,close,volume\n"
#: Two instruments: 185 and 370.
APPLE = [f"{day},184,186,183,185.{number},100\n" for number, day in enumerate(DAYS)]
MICROSOFT = [f"{day},369,371,368,370.{number},200\n" for number, day in enumerate(DAYS)]
WORDS = (
    r"^stocks_tech\.csv: has several instruments and no column for the symbol: most timestamps have prices far apart "
    r"\(185 and 370 at 2024-01-02 00:00:00 UTC\); use --columns symbol=NAME, or --symbol NAME if it is one instrument$"
)


@pytest.mark.parametrize("lines", [1, 2, 1000])
@pytest.mark.parametrize("grouped", [False, True])
def test_bars_of_two_instruments_without_a_symbol_are_refused(lines: int, grouped: bool) -> None:
    """Row by row or one after the other, in blocks of any size that holds a whole moment."""
    rows = APPLE + MICROSOFT if grouped else [row for pair in zip(APPLE, MICROSOFT, strict=True) for row in pair]
    with pytest.raises(FeedError, match=WORDS):
        read(HEADER + "".join(rows), "stocks_tech.csv", lines=1000 if lines == 1000 or grouped else lines + 6)


def test_trades_and_quotes_of_two_instruments_are_refused() -> None:
    stamps = [f"2024-01-03T14:30:0{second}Z" for second in range(5)]
    trades = [f"{stamp},{price},1\n" for stamp in stamps for price in (185, 370)]
    with pytest.raises(FeedError, match="several instruments"):
        read("timestamp,price,size\n" + "".join(trades), "tech.csv")
    quotes = [f"{stamp},{price},{price + 1}\n" for stamp in stamps for price in (185, 370)]
    with pytest.raises(FeedError, match="several instruments"):
        read("timestamp,bid,ask\n" + "".join(quotes), "tech.csv")


def test_one_instrument_is_read() -> None:
    """Trades of one moment differ a little; single wrong prices and splits are no second instrument."""
    stamps = [f"2024-01-03T14:30:0{second}Z" for second in range(5)]
    rows = [f"{stamp},{price},1\n" for stamp in stamps for price in (185, 185.5, 186)]
    found = read("timestamp,price,size\n" + "".join(rows) + f"{stamps[-1]},1850,1\n", "AAPL.csv")
    assert len(found.trades) == 16
    assert len(read(HEADER + "".join(APPLE) + "2024-01-05,46,47,45,46.25,400\n", "AAPL.csv").bars) == 4


def test_the_user_may_say_that_it_is_one_instrument_or_name_the_column() -> None:
    rows = [row for pair in zip(APPLE, MICROSOFT, strict=True) for row in pair]
    assert len(read(HEADER + "".join(rows), "tech.csv", symbol="X").bars) == 6
    named = "date,open,high,low,close,volume,firm\n" + "".join(
        row.strip() + f",{name}\n" for row, name in zip(rows, ["AAPL", "MSFT"] * 3, strict=True)
    )
    found = read(named, "tech.csv", columns={"symbol": "firm"})
    assert [row[0] for row in found.bars] == ["AAPL", "MSFT"] * 3


@pytest.mark.parametrize("word", ["", "NaN", "nan", "null", "NULL", "None", "<NA>", "N/A", "#N/A", "*", "a" * 65])
def test_a_word_for_no_symbol_is_refused(word: str) -> None:
    found = read(f"timestamp,symbol,price\n2024-01-03T14:30:00Z,{word},1\n2024-01-03T14:30:00Z,A,1\n")
    assert [row[0] for row in found.trades] == ["A"]
    assert found.report.refused == {"not a symbol": 1}
    assert found.complaints[0].startswith("f:2: column 'symbol': ")


@pytest.mark.parametrize("name", ["NAN", "NA", "000001", "0700", "600000", "000001.SZ", "TRUE", "1", "1E5", "BRK B"])
def test_other_words_are_symbols_as_they_stand(name: str) -> None:
    """Leading zeros stay."""
    found = read(f"timestamp,symbol,price\n2024-01-03T14:30:00Z,{name},1\n")
    assert [row[0] for row in found.trades] == [name]
    frame = pd.DataFrame({"timestamp": ["2024-01-03T14:30:00Z"], "symbol": [name], "price": [1.5]})
    assert [row[0] for row in read(frame).trades] == [name]


@pytest.mark.parametrize("kind", [np.int64, np.float64, "Int64"])
def test_symbols_that_are_numbers_are_told(kind: Any) -> None:
    """Parquet of a frame that pandas read: 000001 has become 1."""
    stamps = ["2024-01-03T14:30:00Z"] * 2
    frame = pd.DataFrame({"timestamp": stamps, "symbol": pd.array([1, 600000], dtype=kind), "price": [1.5, 2.5]})
    found = read(frame)
    assert [row[0] for row in found.trades] == ["1", "600000"]
    assert "symbols are numbers in the file: leading zeros are lost; write them as text" in [
        note.text for note in found.report.notes
    ]


def test_a_file_that_is_no_data_is_an_error_in_a_folder_of_good_ones(tmp_path: Path) -> None:
    """It is named: nothing is lost silently."""
    (tmp_path / "AAPL.csv").write_bytes(text(HEADER.strip(), f"{DAYS[0]},184,186,183,185,100"))
    (tmp_path / "links.csv").write_bytes(text("title,address", "a,b"))
    with pytest.raises(FeedError, match=r"links\.csv: the header has no column"):
        published([tmp_path])


def test_a_symbol_of_a_file_name_and_one_of_a_column_may_be_read_together(tmp_path: Path) -> None:
    (tmp_path / "AAPL.csv").write_bytes(text(HEADER.strip(), f"{DAYS[0]},184,186,183,185,100"))
    (tmp_path / "all.csv").write_bytes(text("symbol,date,price", f"MSFT,{DAYS[0]},370"))
    found = published([tmp_path])
    assert sorted(found.names) == ["AAPL", "MSFT"]
    assert [row[:3] for row in found.trades if row[0] == "MSFT"] == [("MSFT", at(DAYS[0]), 370)]
