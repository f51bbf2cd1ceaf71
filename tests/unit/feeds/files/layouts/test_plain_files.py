"""Files without a header: NinjaTrader, Kraken, Bitcoincharts."""

from __future__ import annotations

import pytest

from tests.support.fake_source import read
from tests.support.samples import at
from ticker.errors import FeedError


def test_ticks_of_ninjatrader_have_a_seventh_digit() -> None:
    """Last, bid, ask and volume, with the time in units of 100 ns."""
    text = "20240103 093000 1230000;4745.25;4745;4745.5;3\n20240103 093001 1234567;4745.5;4745.25;4745.5;2\n"
    found = read(text, "ES 03-24.Last.txt")
    second = at("2024-01-03 09:30:01") + 123_456_700
    assert found.report.layout == "ninjatrader-ticks"
    assert found.trades == [
        ("ES 03-24", at("2024-01-03 09:30:00.123"), 4745.25, 3.0),
        ("ES 03-24", second, 4745.5, 2.0),
    ]
    assert [row[2:] for row in found.quotes] == [(4745.0, 0.0, 4745.5, 0.0), (4745.25, 0.0, 4745.5, 0.0)]


def test_bars_of_kraken_have_epoch_numbers() -> None:
    text = "1704270600,42000.5,42001,41999,42000,1.5,12\n1704270660,42000,42003,41998,42001,2.5,9\n"
    for rows in (text, text.replace("00,42000.5", "00000,42000.5").replace("60,42000,", "60000,42000,")):
        found = read(rows, "XBTUSD_1.csv")
        assert found.bars[0][:7] == ("XBTUSD", at("2024-01-03 08:30"), 42000.5, 42001.0, 41999.0, 42000.0, 1.5)
        assert found.bars[0][8] == 12.0
        assert found.bars[1][1] == at("2024-01-03 08:31")


def test_trades_of_kraken_have_a_price_and_a_size() -> None:
    found = read("1704270600,42000.5,0.015\n1704270601.25,42001.5,0.02\n", "XBTUSD.csv")
    assert found.trades == [
        ("XBTUSD", at("2024-01-03 08:30"), 42000.5, 0.015),
        ("XBTUSD", at("2024-01-03 08:30:01.25"), 42001.5, 0.02),
    ]
    assert "columns are taken for a time, a price and a size" in [note.text for note in found.report.notes]


@pytest.mark.parametrize("text", ["1704270600,42000.5,0.015\n", "1704270600,0.5,42000\n1704270601,9,42001\n",
                                  "1704270600,5,5\n1704270601,5,5\n"])  # fmt: skip
def test_three_columns_are_refused_if_the_second_need_not_be_the_price(text: str) -> None:
    with pytest.raises(FeedError, match="no header, and the first line matches no known layout"):
        read(text, "XBTUSD.csv")


def test_a_point_alone_means_no_value() -> None:
    """As in files of FRED."""
    found = read("DATE,DGS10\n2024-01-01,.\n2024-01-02,3.95\n")
    assert found.trades == [("DGS10", at("2024-01-02"), 3.95, 0.0)]
    assert found.report.refused == {}


def test_the_last_bid_and_ask_of_days_are_no_quotes() -> None:
    """Beside the four prices of a bar, as in files of Nasdaq Nordic; with a time of day they are quotes."""
    header = "sep=;\nDate;Bid;Ask;Opening price;High price;Low price;Closing price;Total volume\n"
    found = read(header + "2024-01-03;99,5;100;99;101;98;100;1000\n", "VOLV-B.csv")
    assert found.bars[0][:7] == ("VOLV-B", at("2024-01-03"), 99.0, 101.0, 98.0, 100.0, 1000.0)
    assert found.quotes == []
    quotes = read("time,open,high,low,close,bid,ask\n2024-01-03 09:30:00,1,3,1,2,2,3\n", "A.csv").quotes
    assert [row[2:] for row in quotes] == [(2.0, 0.0, 3.0, 0.0)]


def test_hours_stand_beside_a_date() -> None:
    """Hours from 1 to 24 are refused: they may be ends."""
    rows = [f"2024-01-03,{hour},1\n" for hour in (9, 23, 0, 24)]
    found = read("Date,Hour,Price\n" + "".join(rows[:3]), "A.csv")
    assert [row[1] for row in found.trades] == [at(f"2024-01-03 {hour:02}:00") for hour in (9, 23, 0)]
    assert "the column 'Hour' is taken for the hour of the day, from 0 to 23" in [n.text for n in found.report.notes]
    found = read("Date,Hour,Price\n" + "".join(rows), "A.csv")
    assert found.complaints[0] == "f:2: column 'Hour': '9' is not a time of day"
    assert found.trades == []


def test_hours_beside_years_months_and_days_are_told() -> None:
    def notes_of(hours: range) -> list[str]:
        rows = "".join(f"2024,3,4,{hour},10\n" for hour in hours)
        return [note.text for note in read("Year,Month,Day,Hour,Price\n" + rows, "A.csv").report.notes]

    assert "the column 'Hour' is taken for the hour of the day, from 0 to 23" in notes_of(range(24))
    told = "the column 'Hour' runs to 24, which is taken for midnight: "
    assert told + "if hours are counted from 1, each row is an hour late" in notes_of(range(1, 25))
