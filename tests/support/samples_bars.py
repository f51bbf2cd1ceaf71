"""Samples of bars of minutes and hours."""

from __future__ import annotations

from tests.support.samples import EST, NEW_YORK, Sample, at, text, zipped

BARS: tuple[Sample, ...] = (
    Sample(
        id="yfinance, two symbols intraday",
        file="prices.csv",
        content=text(
            "Price,Close,Close,High,High,Low,Low,Open,Open,Volume,Volume",
            "Ticker,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT,AAPL,MSFT",
            "Datetime,,,,,,,,,,",
            "2024-01-03 14:30:00+00:00,184.1,370.2,184.3,370.9,184.0,370.0,184.2,370.5,1000,500",
            "2024-01-03 14:31:00+00:00,184.5,,184.6,,184.1,,184.1,,900,",
        ),
        layout="yfinance",
        kind="bars",
        bars=(
            ("AAPL", at("2024-01-03 14:30"), 184.2, 184.3, 184.0, 184.1, 1000),
            ("MSFT", at("2024-01-03 14:30"), 370.5, 370.9, 370.0, 370.2, 500),
            ("AAPL", at("2024-01-03 14:31"), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=60,
    ),
    Sample(
        id="alpaca bars",
        file="bars.csv",
        content=text(
            "symbol,timestamp,open,high,low,close,volume,trade_count,vwap",
            "AAPL,2024-01-03 14:30:00+00:00,184.2,184.3,184.0,184.1,1000,12,184.15",
            "AAPL,2024-01-03 14:31:00+00:00,184.1,184.6,184.1,184.5,900,9,184.4",
        ),
        layout="alpaca-bars",
        kind="bars",
        bars=(
            ("AAPL", at("2024-01-03 14:30"), 184.2, 184.3, 184.0, 184.1, 1000),
            ("AAPL", at("2024-01-03 14:31"), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=60,
    ),
    Sample(
        id="polygon aggregates: open, close, high, low",
        file="2024-01-03.csv",
        content=text(
            "ticker,volume,open,close,high,low,window_start,transactions",
            "A,1000.5,138.2,138.3,138.4,138.1,1704292200000000000,12",
            "A,10,138.3,138.35,138.5,138.2,1704292260000000000,2",
        ),
        layout="polygon-aggregates",
        kind="bars",
        bars=(
            ("A", at("2024-01-03 14:30"), 138.2, 138.4, 138.1, 138.3, 1000.5),
            ("A", at("2024-01-03 14:31"), 138.3, 138.5, 138.2, 138.35, 10),
        ),
        interval_s=60,
    ),
    Sample(
        id="databento bars, raw",
        file="xnas.ohlcv-1m.csv",
        content=text(
            "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol",
            "1704292200000000000,33,2,38,184200000000,184300000000,184000000000,184100000000,1000,AAPL",
            "1704292260000000000,33,2,38,184100000000,184600000000,184100000000,184500000000,900,AAPL",
        ),
        layout="databento-ohlcv",
        kind="bars",
        bars=(
            ("AAPL", at("2024-01-03 14:30"), 184.2, 184.3, 184.0, 184.1, 1000),
            ("AAPL", at("2024-01-03 14:31"), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=60,
    ),
    Sample(
        id="databento bars, pretty",
        file="xnas.ohlcv-1m.csv",
        content=text(
            "ts_event,rtype,publisher_id,instrument_id,open,high,low,close,volume,symbol",
            "2024-01-03T14:30:00.000000000Z,33,2,38,184.200000000,184.300000000,184.000000000,184.100000000,1000,AAPL",
        ),
        layout="databento-ohlcv",
        kind="bars",
        bars=(("AAPL", at("2024-01-03 14:30"), 184.2, 184.3, 184.0, 184.1, 1000),),
        interval_s=60,
    ),
    Sample(
        id="lean minute bars",
        file="equity/usa/minute/spy/20240103_trade.zip",
        content=zipped(
            {
                "20240103_spy_minute_trade.csv": text(
                    "14400000,1674100,1674100,1672500,1672700,3197", "14460000,1672500,1672500,1672500,1672500,1150"
                )
            }
        ),
        layout="lean-bars",
        kind="bars",
        zone=NEW_YORK,
        bars=(
            ("SPY", at("2024-01-03 04:00", NEW_YORK), 167.41, 167.41, 167.25, 167.27, 3197),
            ("SPY", at("2024-01-03 04:01", NEW_YORK), 167.25, 167.25, 167.25, 167.25, 1150),
        ),
        interval_s=60,
    ),
    Sample(
        id="binance klines, ms",
        file="BTCUSDT-1m-2024-01-03.csv",
        content=text(
            "1704292200000,45015.3,45020.0,45010.1,45012.5,12.5,1704292259999,562656.25,120,6.1,274000.5,0",
            "1704292260000,45012.5,45013.0,45001.0,45002.0,3.25,1704292319999,146256.5,40,1.5,67500,0",
        ),
        layout="binance-klines",
        kind="bars",
        bars=(
            ("BTCUSDT", at("2024-01-03 14:30"), 45015.3, 45020.0, 45010.1, 45012.5, 12.5),
            ("BTCUSDT", at("2024-01-03 14:31"), 45012.5, 45013.0, 45001.0, 45002.0, 3.25),
        ),
        interval_s=60,
    ),
    Sample(
        id="binance klines, µs",
        file="BTCUSDT-1m-2025-01-03.csv",
        content=text(
            "1735914600000000,97015.3,97020.0,97010.1,97012.5,12.5,1735914659999999,1212656.25,120,6.1,274000.5,0"
        ),
        layout="binance-klines",
        kind="bars",
        bars=(("BTCUSDT", at("2025-01-03 14:30"), 97015.3, 97020.0, 97010.1, 97012.5, 12.5),),
        interval_s=60,
    ),
    Sample(
        id="FirstRate",
        file="AAPL_full_1min_UNADJUSTED.txt",
        content=text(
            "2024-07-03 09:30:00,184.2,184.3,184.0,184.1,1000", "2024-07-03 09:31:00,184.1,184.6,184.1,184.5,900"
        ),
        layout="firstrate",
        kind="bars",
        zone=NEW_YORK,
        bars=(
            ("AAPL", at("2024-07-03 09:30", NEW_YORK), 184.2, 184.3, 184.0, 184.1, 1000),
            ("AAPL", at("2024-07-03 09:31", NEW_YORK), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=60,
    ),
    Sample(
        id="Kibot",
        file="kibot/IBM.txt",
        content=text("07/03/2024,09:30,184.2,184.3,184,184.1,1000", "07/03/2024,09:31,184.1,184.6,184.1,184.5,900"),
        layout="kibot",
        kind="bars",
        zone=NEW_YORK,
        bars=(
            ("IBM", at("2024-07-03 09:30", NEW_YORK), 184.2, 184.3, 184.0, 184.1, 1000),
            ("IBM", at("2024-07-03 09:31", NEW_YORK), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=60,
    ),
    Sample(
        id="Dukascopy",
        file="EURUSD_Candlestick_1_M_BID_01.01.2024-03.01.2024.csv",
        content=text(
            "Gmt time,Open,High,Low,Close,Volume",
            "02.01.2024 00:00:00.000,1.10425,1.1043,1.1042,1.10428,48.76",
            "02.01.2024 00:01:00.000,1.10428,1.10429,1.10421,1.10422,12.5",
        ),
        layout="dukascopy",
        kind="bars",
        bars=(
            ("EURUSD", at("2024-01-02 00:00"), 1.10425, 1.1043, 1.1042, 1.10428, 48.76),
            ("EURUSD", at("2024-01-02 00:01"), 1.10428, 1.10429, 1.10421, 1.10422, 12.5),
        ),
        interval_s=60,
    ),
    Sample(
        id="HistData minutes",
        file="DAT_ASCII_EURUSD_M1_2024.csv",
        content=text(
            "20240703 170000;1.104270;1.104300;1.104200;1.104290;0",
            "20240703 170100;1.104290;1.104310;1.104280;1.104300;0",
        ),
        layout="histdata-bars",
        kind="bars",
        zone=EST,
        bars=(
            ("EURUSD", at("2024-07-03 17:00", EST), 1.10427, 1.1043, 1.1042, 1.10429, 0),
            ("EURUSD", at("2024-07-03 17:01", EST), 1.10429, 1.10431, 1.10428, 1.1043, 0),
        ),
        interval_s=60,
    ),
    Sample(
        id="MetaTrader 5",
        file="EURUSD_M1_202401020000_202401022359.csv",
        content=text(
            "<DATE>\t<TIME>\t<OPEN>\t<HIGH>\t<LOW>\t<CLOSE>\t<TICKVOL>\t<VOL>\t<SPREAD>",
            "2024.01.02\t00:00:00\t1.10425\t1.10430\t1.10420\t1.10428\t48\t0\t12",
            "2024.01.02\t00:01:00\t1.10428\t1.10429\t1.10421\t1.10422\t30\t0\t12",
        ),
        layout="metatrader",
        kind="bars",
        bars=(
            ("EURUSD", at("2024-01-02 00:00"), 1.10425, 1.1043, 1.1042, 1.10428, 48),
            ("EURUSD", at("2024-01-02 00:01"), 1.10428, 1.10429, 1.10421, 1.10422, 30),
        ),
        interval_s=60,
    ),
    Sample(
        id="Stooq",
        file="aapl.us.txt",
        content=text(
            "<TICKER>,<PER>,<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOL>,<OPENINT>",
            "AAPL.US,5,20240103,153000,184.2,184.3,184,184.1,1000,0",
            "AAPL.US,5,20240103,153500,184.1,184.6,184.1,184.5,900,0",
        ),
        layout="stooq",
        kind="bars",
        bars=(
            ("AAPL.US", at("2024-01-03 15:30"), 184.2, 184.3, 184.0, 184.1, 1000),
            ("AAPL.US", at("2024-01-03 15:35"), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=300,
    ),
    Sample(
        id="CryptoDataDownload, newest first",
        file="Binance_BTCUSDT_1h.csv",
        content=text(
            "https://www.CryptoDataDownload.com",
            "unix,date,symbol,open,high,low,close,Volume BTC,Volume USDT,tradecount",
            "1704294000000,2024-01-03 15:00:00,BTCUSDT,45012.5,45100,45000,45050,20.25,911000,1500",
            "1704290400000,2024-01-03 14:00:00,BTCUSDT,45000,45020,44990,45012.5,12.5,562656,1200",
        ),
        layout="cryptodatadownload",
        kind="bars",
        bars=(
            ("BTCUSDT", at("2024-01-03 14:00"), 45000, 45020, 44990, 45012.5, 12.5),
            ("BTCUSDT", at("2024-01-03 15:00"), 45012.5, 45100, 45000, 45050, 20.25),
        ),
        interval_s=3600,
    ),
    Sample(
        id="old CryptoDataDownload, seconds and a slash in the symbol",
        file="Coinbase_ETHUSD_1h.csv",
        content=text(
            "https://www.CryptoDataDownload.com",
            "unix,date,symbol,open,high,low,close,Volume ETH,Volume USD",
            "1646092800,2022-03-01 00:00:00,ETH/USD,2920,2930,2900,2910,120.5,350655",
        ),
        layout="cryptodatadownload",
        kind="bars",
        bars=(("ETH/USD", at("2022-03-01"), 2920, 2930, 2900, 2910, 120.5),),
    ),
    Sample(
        id="Alpha Vantage, newest first",
        file="intraday_5min_IBM.csv",
        content=text(
            "timestamp,open,high,low,close,volume",
            "2024-01-03 09:35:00,184.1,184.6,184.1,184.5,900",
            "2024-01-03 09:30:00,184.2,184.3,184.0,184.1,1000",
        ),
        layout="alpha-vantage",
        kind="bars",
        zone=NEW_YORK,
        bars=(
            ("IBM", at("2024-01-03 09:30", NEW_YORK), 184.2, 184.3, 184.0, 184.1, 1000),
            ("IBM", at("2024-01-03 09:35", NEW_YORK), 184.1, 184.6, 184.1, 184.5, 900),
        ),
        interval_s=300,
    ),
)
