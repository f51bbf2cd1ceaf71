"""Symbols and dates in file names."""

from __future__ import annotations

import pytest

from feeds.files.names import date_of, symbol_of


@pytest.mark.parametrize(
    ("names", "symbol"),
    [
        (("20131007_spy_minute_trade.csv", "lean_spy_minute_trade_20131007.zip"), "SPY"),
        (("20131011_ibm_Trade_Tick.csv",), "IBM"),
        (("googl.csv", "lean_googl_daily.zip"), "GOOGL"),
        (("AAPL_full_1min.txt",), "AAPL"),
        (("AAPL_1min.txt",), "AAPL"),
        (("BTCUSDT-1m-2025-01.csv",), "BTCUSDT"),
        (("BTCUSDT-trades-2024-01-03.csv",), "BTCUSDT"),
        (("aapl.us.txt",), "AAPL.US"),
        (("BRK.B.csv",), "BRK.B"),
        (("^GSPC.csv",), "^GSPC"),
        (("table_aapl.csv",), "AAPL"),
        (("mpl_yahoo_spy.csv",), "SPY"),
        (("zipline_aapl_daily.csv.gz",), "AAPL"),
        (("intraday_5min_IBM.csv",), "IBM"),
        (("Binance_BTCUSDT_1h.csv",), "BTCUSDT"),
        (("DAT_ASCII_EURUSD_M1_2024.csv",), "EURUSD"),
        (("EURUSD_Candlestick_1_M_BID_01.01.2024-03.01.2024.csv",), "EURUSD"),
        (("AAPL_2012-06-21_34200000_57600000_message_5.csv",), "AAPL"),
        (("my_AAPL_prices.csv",), "AAPL"),
        (("BTC-USD.csv",), "BTC-USD"),
        (("trades.csv", "msft.zip"), "MSFT"),
        (("trades.csv",), "trades"),
    ],
)
def test_a_symbol_is_found_in_a_file_name(names: tuple[str, ...], symbol: str) -> None:
    """The nearest name that contains one; otherwise the whole name."""
    assert symbol_of(names) == symbol


def test_an_invalid_name_gives_no_symbol() -> None:
    assert symbol_of(("a" * 70 + " " + "b" * 70 + ".csv",)) is None
    assert symbol_of(()) is None


@pytest.mark.parametrize(
    ("names", "date"),
    [
        (("20131007_spy_minute_trade.csv",), "2013-10-07"),
        (("AAPL_2012-06-21_34200000_57600000_message_5.csv",), "2012-06-21"),
        (("EQY_US_ALL_TRADE_20240103.csv",), "2024-01-03"),
        (("trades.csv", "20240703_trade.zip", "2024-01-01"), "2024-07-03"),
        (("trades_20241399.csv",), None),
        (("123420240103.csv",), None),
        (("AAPL.csv",), None),
    ],
)
def test_a_date_is_found_in_a_file_name(names: tuple[str, ...], date: str | None) -> None:
    """Eight digits, with or without separators; the nearest name counts."""
    assert date_of(names) == date
