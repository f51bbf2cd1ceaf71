"""Detection of delimiters, banners and headers."""

from __future__ import annotations

import pytest

from feeds.files.parsing.dialect import dialect_of
from ticker.errors import FeedError


@pytest.mark.parametrize(
    ("text", "delimiter", "decimal"),
    [
        ("date,open\n2024-01-02,1\n", ",", "."),
        ("date;open\n2024-01-02;1.5\n", ";", "."),
        ("Datum;Kurs;Menge\n02.01.2024;184,22;1.000\n03.01.2024;184,5;5\n", ";", ","),
        ("date;price;size\n2024-01-02;1,234.5;1,000\n", ";", "."),
        ("<DATE>\t<TIME>\t<BID>\n2024.01.02\t00:00:00\t1.5\n", "\t", "."),
        ("Time|Symbol|Trade Price\n093000|A|1.5\n", "|", "."),
        ("20240703 170000;1.1;1.2;1.0;1.1;0\n", ";", "."),
        ("20240703 170000123,1.1,1.2,0\n", ",", "."),
        ('symbol,price,conditions\nA,1,"12;37;41;53"\n', ",", "."),
    ],
)
def test_the_delimiter_and_the_decimal_mark_are_detected(text: str, delimiter: str, decimal: str) -> None:
    """A space inside a timestamp is no delimiter."""
    found = dialect_of(text.encode(), "x.csv")
    assert (found.delimiter, found.decimal) == (delimiter, decimal)


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
        ('"Open","Close"\n"2024-01-02",1,2\n"2024-01-03",1,2\n', ("", "Open", "Close")),
        ("timestamp,price\n2024-01-02,5,\n2024-01-02,6,\n", ("timestamp", "price", "")),
        ("timestamp,price\n2024-01-02,5,1,2\n2024-01-02,6\n", ("timestamp", "price")),
    ],
)  # fmt: skip
def test_a_header_is_a_line_of_words(text: str, header: tuple[str, ...] | None) -> None:
    """An extra column (a trailing comma, row names) gets an empty name."""
    assert dialect_of(text.encode(), "x.csv").header == header


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
