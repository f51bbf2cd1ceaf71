"""Detection of delimiters, banners and headers."""

from __future__ import annotations

import pytest

from feeds.files.parsing.dialect import dialect_of
from ticker.errors import FeedError


@pytest.mark.parametrize(
    ("text", "delimiter"),
    [
        ("date,open\n2024-01-02,1\n", ","),
        ("date;open\n2024-01-02;1.5\n", ";"),
        ("Datum;Kurs;Menge\n02.01.2024;184,22;1.000\n03.01.2024;184,5;5\n", ";"),
        ("date;price;size\n2024-01-02;1,234.5;1,000\n", ";"),
        ("<DATE>\t<TIME>\t<BID>\n2024.01.02\t00:00:00\t1.5\n", "\t"),
        ("Time|Symbol|Trade Price\n093000|A|1.5\n", "|"),
        ("20240703 170000;1.1;1.2;1.0;1.1;0\n", ";"),
        ("20240703 170000123,1.1,1.2,0\n", ","),
        ('symbol,price,conditions\nA,1,"12;37;41;53"\n', ","),
    ],
)
def test_the_delimiter_is_detected(text: str, delimiter: str) -> None:
    """A space inside a timestamp is no delimiter."""
    assert dialect_of(text.encode(), "x.csv").delimiter == delimiter


@pytest.mark.parametrize(
    "banner",
    [
        "https://www.CryptoDataDownload.com\n",
        "Timestamps are UTC timezone,https://www.CryptoDataDownload.com\n",
        "Prices of a day\n\nas of 2024-01-02, closing\n",
        "\n\n# made by hand\n",
    ],
)
def test_lines_before_the_header_are_a_banner(banner: str) -> None:
    """Whatever their number of fields."""
    found = dialect_of((banner + "date,symbol,open,high,low,close\n2024-01-02,A,1,2,1,2\n").encode(), "x.csv")
    assert found.header == ("date", "symbol", "open", "high", "low", "close")
    assert found.banner_lines == banner.count("\n")
    assert found.header_line == banner.count("\n") + 1
    assert found.first_line == banner.count("\n") + 2


@pytest.mark.parametrize(
    ("text", "header"),
    [
        ("MSFT,IBM,Date\n1,2,2024-01-02\n", ("MSFT", "IBM", "Date")),
        (",AAPL,MSFT\n2024-01-02,1,2\n", ("", "AAPL", "MSFT")),
        ("when;px;qty\n09:30:00;1;2\n", ("when", "px", "qty")),
        ("price,2024\n1,2\n", None),
        ("34200000,1849900,100,P,0,0\n", None),
        ("2024-01-03 09:30:00,1,2,1,2,5\n", None),
        ("AAPL,MSFT\n", ("AAPL", "MSFT")),
        ("Date,0700.HK,3M,005930.KS\n2024-01-02,287.4,95.1,77000\n", ("Date", "0700.HK", "3M", "005930.KS")),
        ("Date,Close,52W H,20D Avg\n2024-01-02,1,2,3\n", ("Date", "Close", "52W H", "20D Avg")),
        ("Date,7203,6758\n2024-01-02,2650,13400\n", ("Date", "7203", "6758")),
        ("1INCH-USD,3M,Date\n0.4,95,2024-01-02\n", ("1INCH-USD", "3M", "Date")),
        ("03-Jan-24,$184.22,(1.5)\n04-Jan-24,$184.25,1.1\n", None),
        ("20240105 09:30:00 US/Eastern,abc,x\n20240105 09:31:00 US/Eastern,abc,x\n", None),
        ('"Open","Close"\n"2024-01-02",1,2\n"2024-01-03",1,2\n', ("", "Open", "Close")),
        ("timestamp,price\n2024-01-02,5,\n2024-01-02,6,\n", ("timestamp", "price", "")),
        ("timestamp,price\n2024-01-02,5,1,2\n2024-01-02,6\n", ("timestamp", "price")),
        ("timestamp,price\n2024-01-02,5,,\n2024-01-02,6,,\n", ("timestamp", "price", "", "")),
        ("timestamp,price\n0,2024-01-02,5\n1,2024-01-03,6\n", ("", "timestamp", "price")),
        ("timestamp,price\n2024-01-02,5,0.5\n2024-01-03,6,x\n", ("timestamp", "price", "")),
        ("timestamp,price,\n2024-01-02,5\n2024-01-03,6\n", ("timestamp", "price")),
        ("Date (UTC),price\n0,2024-01-02,5\n1,2024-01-03,6\n", ("", "Date (UTC)", "price")),
        ("Date,Time,Open\n2024-01-02,09:30,5,7.5\n2024-01-02,09:31,6,7.5\n", ("Date", "Time", "Open", "")),
        ("Date,Time,Open\n7,2024-01-02,09:30,5\n8,2024-01-02,09:31,6\n", ("", "Date", "Time", "Open")),
        (",timestamp,price\n2024-01-02,5\n2024-01-03,6\n", ("timestamp", "price")),
        ("Date,Open\n45294,45295,5\n45295,45296,6\n45296,45297\n", ("Date", "Open")),
    ],
)  # fmt: skip
def test_a_header_is_a_line_of_words(text: str, header: tuple[str, ...] | None) -> None:
    """An extra column (a trailing comma, row names) gets an empty name."""
    assert dialect_of(text.encode(), "x.csv").header == header


@pytest.mark.parametrize(
    "text",
    [
        "Date,Open,High,Low,Close,Volume,Name\n2024-01-02,1,2,1,2,5,6,7,A\n2024-01-03,1,2,1,2,5,6,7,A\n",
        "Date,Open,High,Low,Close,Volume,Name\n2024-01-02,1,2,1,2,5\n2024-01-03,1,2,1,2,5\n",
        "Date,Open\n45294,45295,5\n45295,45296,6\n",
    ],
)
def test_a_header_that_does_not_fit_the_rows_is_an_error(text: str) -> None:
    """With the line of the header and both numbers; no column is guessed."""
    names, fields = text.split("\n")[0].count(",") + 1, text.split("\n")[1].count(",") + 1
    words = rf"^x\.csv:1: the header has {names} names, but the rows have {fields} fields: '"
    with pytest.raises(FeedError, match=words):
        dialect_of(text.encode(), "x.csv")


@pytest.mark.parametrize(
    "row", ["2024-01-02,1,2,1,2,1,204", "2024-01-02,1,204.50,1,2,1,5", "2024-01-02,$7,164.25,1,2,1,5"]
)
def test_thousands_without_quotes_are_no_further_column(row: str) -> None:
    """1,204 would be 1, and the columns after it off by one."""
    text = f"Date,Open,High,Low,Close,Volume\n{row}\n{row}\n"
    with pytest.raises(FeedError, match=r"6 names, but the rows have 7 fields; thousands .* need quotes"):
        dialect_of(text.encode(), "x.csv")


@pytest.mark.parametrize(
    ("header", "row"), [("Date,Close", "2024-01-02,1,5"), ("Date,Open,Close", "2024-01-02,1,2,75")]
)
def test_decimal_commas_without_quotes_are_no_further_column(header: str, row: str) -> None:
    """1,5 would be 1."""
    with pytest.raises(FeedError, match="decimal commas need quotes"):
        dialect_of(f"{header}\n{row}\n{row}\n".encode(), "x.csv")


def test_what_was_put_right_in_a_header_is_told() -> None:
    assert dialect_of(b"timestamp,price\n2024-01-02,5,\n", "x").note == (
        "the rows end with a delimiter that the header doesn't have"
    )
    assert dialect_of(b"timestamp,price\n2024-01-02,5\n", "x").note is None


def test_a_two_level_header_has_names_and_symbols() -> None:
    """As pandas writes columns of yfinance, in either order, with or without the index line."""
    rows = "2024-01-02,1,2\n"
    levels = ["Price,Close,Close\n", "Ticker,AAPL,MSFT\n"]
    for lines in (levels, levels[::-1]):
        found = dialect_of("".join([*lines, "Date,,\n", rows]).encode(), "x.csv")
        assert (found.header, found.tickers) == (("Date", "Close", "Close"), ("", "AAPL", "MSFT"))
        assert found.first_line == 4
        assert dialect_of("".join([*lines, rows]).encode(), "x.csv").first_line == 3


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (b"", "empty"),
        (b"\n \n", "empty"),
        (b"\0\0\0\n", "NUL"),
        (b"\xff\xfe\xfd\n", "UTF-8"),
        (b"x" * (1 << 21), "1 MiB"),
    ],
)
def test_a_binary_file_is_an_error_that_names_it(text: bytes, words: str) -> None:
    with pytest.raises(FeedError, match=f"^x.csv.*{words}"):
        dialect_of(text, "x.csv")
