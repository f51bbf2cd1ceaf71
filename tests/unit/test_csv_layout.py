"""Which column means what."""

from __future__ import annotations

import pytest

from feeds.csv_layout import layout_of
from ticker.errors import FeedError


def test_columns_come_in_any_order_and_case() -> None:
    """A column is known by its name; one with another name is left alone."""
    layout = layout_of(["Price", "id", "SYMBOL", "Timestamp", "size"])
    assert layout.kind == "ticks"
    assert layout.columns == {"timestamp": 3, "symbol": 2, "price": 0, "size": 4}
    assert layout.names["price"] == "Price"
    assert layout.width == 5


def test_bars_are_told_by_their_four_prices() -> None:
    """A file that has open, high, low and close, and no price or quote, is one of bars."""
    assert layout_of(["timestamp", "symbol", "open", "high", "low", "close", "volume"]).kind == "bars"
    assert layout_of(["timestamp", "symbol", "open", "high", "low", "close"]).kind == "bars"
    assert layout_of(["timestamp", "symbol", "open", "high", "low", "close", "price"]).kind == "ticks"


def test_quotes_alone_or_trades_alone_are_enough() -> None:
    """Sizes are optional, and so is the other side."""
    assert layout_of(["timestamp", "symbol", "bid"]).columns.keys() == {"timestamp", "symbol", "bid"}
    assert layout_of(["timestamp", "symbol", "ask", "ask_size"]).kind == "ticks"
    assert layout_of(["timestamp", "symbol", "price"]).kind == "ticks"


@pytest.mark.parametrize(
    ("header", "complaint"),
    [
        (
            "symbol,price,size",
            "no column 'timestamp'. Found: symbol, price, size. Needed: timestamp, symbol, and price",
        ),
        ("timestamp,price,size", "no column 'symbol'"),
        ("timestamp,symbol,size", "no column 'price'"),
        ("time,ticker,last", "no columns 'timestamp', 'symbol', 'price'. Found: time, ticker, last"),
        ("timestamp,symbol,open,high,close,volume", "no column 'low'"),
        ("timestamp,symbol,close", "no columns 'open', 'high', 'low'"),
        ("2024-01-03,AAPL,189.2,100", "Found: 2024-01-03, AAPL, 189.2, 100"),
        ("timestamp,symbol,price,Price", "has the column 'price' twice"),
        ("timestamp;symbol;price;size", "seem to be separated by ';'; only ',' is read"),
        ("timestamp\tsymbol\tprice", "seem to be separated by tabs; only ',' is read"),
        ("time|symbol|price", "seem to be separated by '|'"),
        ("\x1b[31mtime,symbol,price", r"Found: \x1b[31mtime, symbol, price"),
    ],
)
def test_a_header_that_lacks_something_is_told_in_one_line(header: str, complaint: str) -> None:
    """What is missing, what was found and what is needed, and no control characters of the file's."""
    with pytest.raises(FeedError) as error:
        layout_of(header.split(","))
    assert complaint in str(error.value)
    assert str(error.value).isprintable()


def test_a_long_header_is_cut_in_the_complaint() -> None:
    """A wrong file may have a first line of a megabyte."""
    with pytest.raises(FeedError) as error:
        layout_of(["x" * 100_000])
    assert len(str(error.value)) < 500


def test_other_columns_may_share_a_name() -> None:
    """Only the columns that are read must be unique."""
    assert layout_of(["timestamp", "symbol", "price", "x", "x", "", ""]).width == 7
