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
        (("2024-01.csv", "BTC", "data"), "BTC"),
        (("BTC_USDT-1m.csv",), "BTC_USDT"),
        (("btc_usdt.csv",), "BTC_USDT"),
        (("ohlc-btc-usd.csv",), "BTC-USD"),
        (("BTC-USDT-SWAP.csv",), "BTC-USDT-SWAP"),
        (("BTC-28JUN24-70000-C.csv",), "BTC-28JUN24-70000-C"),
        (("1000PEPEUSDT-1m-2024-01.csv",), "1000PEPEUSDT"),
        (("NIFTY 50.csv",), "NIFTY 50"),
        (("NASDAQ 100.csv",), "NASDAQ 100"),
        (("S&P 500 Historical Data.csv",), "S&P 500"),
        (("USD_JPY Historical Data (1).csv",), "USD_JPY"),
        (("BRK-B.csv",), "BRK-B"),
        (("BRK-B_daily.csv",), "BRK-B"),
        (("M&M.NS.csv",), "M&M.NS"),
        (("SBIN-EQ.csv",), "SBIN"),
        (("EURUSD.csv",), "EURUSD"),
        (("EURUSD=X.csv",), "EURUSD=X"),
        (("ES=F.csv",), "ES=F"),
        (("GC=F_1h.csv",), "GC=F"),
        (("005930.KS_daily.csv",), "005930.KS"),
        (("0700.HK.csv",), "0700.HK"),
        (("000001.SZ.csv",), "000001.SZ"),
        (("600000_daily.csv",), "600000"),
        (("NASDAQ_AAPL, 1D.csv",), "AAPL"),
        (("BINANCE_BTCUSDT, 60.csv",), "BTCUSDT"),
        (("AAPL (1).csv",), "AAPL"),
        (("AAPL - Copy.csv",), "AAPL"),
        (("AAPL_Jan2024.csv",), "AAPL"),
        (("AAPL_2024Q1.csv",), "AAPL"),
        (("T.csv",), "T"),
        (("CME_daily.csv",), "CME"),
        (("Reliance Industries.csv",), "Reliance Industries"),
        (("esm26_intraday-1min_historical-data-download-04-29-2026.csv",), "ESM26"),
        (("Quote-Equity-MRF-EQ-01-01-2024-to-05-01-2024.csv",), "MRF"),
        (("ESH4_20240103.csv",), "ESH4"),
        (("ESZ2024.csv",), "ESZ2024"),
        (("SYM1900X.csv",), "SYM1900X"),
        (("AAPL20240103.csv",), "AAPL"),
        (("RUSSELL2000_daily.csv",), "RUSSELL2000"),
        (("AAPL240119C00150000.csv",), "AAPL240119C00150000"),
    ],
)
def test_a_symbol_is_found_in_a_file_name(names: tuple[str, ...], symbol: str) -> None:
    """The nearest name that contains one, with all of its words; a folder's if it is in capitals."""
    assert symbol_of(names) == symbol


@pytest.mark.parametrize(
    "name",
    [
        "trades",
        "HistoricalData",
        "HistoricalData_1704480000000",
        "historical-data",
        "export",
        "EXPORT",
        "data",
        "data_2024-01-03",
        "download (2)",
        "prices",
        "StockPrices",
        "OHLCVData",
        "stock_market_data",
        "table (3)",
        "bars_1min",
        "2024",
        "202401",
        "1",
        "day",
        "binance",
    ],
)
def test_the_name_of_a_data_set_is_no_symbol(name: str) -> None:
    assert symbol_of((f"{name}.csv", "data", "home")) is None


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
