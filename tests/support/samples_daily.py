"""Samples of daily bars and of single prices."""

from __future__ import annotations

from tests.support.samples import NEW_YORK, Sample, at, text, zipped

_DAY_S = 86_400

DAILY: tuple[Sample, ...] = (
    Sample(
        id="Yahoo download",
        file="SPY.csv",
        content=text(
            "Date,Open,High,Low,Close,Adj Close,Volume",
            "2020-09-01,350.209991,352.709991,349.239990,352.600006,349.703522,54999300",
            "2020-09-02,354.670013,358.750000,353.429993,357.700012,354.761627,69540000",
        ),
        layout="yahoo",
        kind="bars",
        bars=(
            ("SPY", at("2020-09-01"), 350.209991, 352.709991, 349.23999, 352.600006, 54999300),
            ("SPY", at("2020-09-02"), 354.670013, 358.75, 353.429993, 357.700012, 69540000),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="Yahoo download before 2017, newest first",
        file="^GSPC.csv",
        content=text(
            "Date,Open,High,Low,Close,Volume,Adj Close",
            "2016-01-05,2013.780029,2021.939941,2004.170044,2016.709961,3706620000,2016.709961",
            "2016-01-04,2038.199951,2038.199951,1989.680054,2012.660034,4304880000,2012.660034",
        ),
        layout="yahoo",
        kind="bars",
        bars=(
            ("^GSPC", at("2016-01-04"), 2038.199951, 2038.199951, 1989.680054, 2012.660034, 4304880000),
            ("^GSPC", at("2016-01-05"), 2013.780029, 2021.939941, 2004.170044, 2016.709961, 3706620000),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="yfinance, three header lines",
        file="prices.csv",
        content=text(
            "Price,Close,High,Low,Open,Volume",
            "Ticker,AAPL,AAPL,AAPL,AAPL,AAPL",
            "Date,,,,,",
            "2024-01-02,184.08,186.86,182.35,185.58,82488700",
            "2024-01-03,182.70,184.32,181.89,182.67,58414500",
        ),
        layout="yfinance",
        kind="bars",
        bars=(
            ("AAPL", at("2024-01-02"), 185.58, 186.86, 182.35, 184.08, 82488700),
            ("AAPL", at("2024-01-03"), 182.67, 184.32, 181.89, 182.7, 58414500),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="lean daily bars",
        file="equity/usa/daily/googl.zip",
        content=zipped(
            {
                "googl.csv": text(
                    "20140403 00:00,5733900,5883000,5660200,5715000,3966397",
                    "20140404 00:00,5784800,5795500,5445500,5452500,5264678",
                )
            }
        ),
        layout="lean-daily",
        kind="bars",
        zone=NEW_YORK,
        bars=(
            ("GOOGL", at("2014-04-03", NEW_YORK), 573.39, 588.3, 566.02, 571.5, 3966397),
            ("GOOGL", at("2014-04-04", NEW_YORK), 578.48, 579.55, 544.55, 545.25, 5264678),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="Alpha Vantage, adjusted",
        file="IBM.csv",
        content=text(
            "timestamp,open,high,low,close,adjusted close,volume,dividend amount,split coefficient",
            "2020-04-17,156.9600,157.3300,147.7400,154.1900,150.1900,723974,0.0000,1.0000",
            "2020-04-16,152.8100,159.3381,151.6800,153.9800,149.9800,918159,0.0000,1.0000",
        ),
        layout="alpha-vantage",
        kind="bars",
        zone=NEW_YORK,
        bars=(
            ("IBM", at("2020-04-16", NEW_YORK), 152.81, 159.3381, 151.68, 153.98, 918159),
            ("IBM", at("2020-04-17", NEW_YORK), 156.96, 157.33, 147.74, 154.19, 723974),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="Investing.com, thousands separators",
        file="BTC.csv",
        content=text(
            '"Date","Price","Open","High","Low","Vol.","Change %"',
            '"01/03/2024","42,848.5","44,961.4","45,503.2","40,888.3","117.65K","-4.70%"',
            '"01/02/2024","44,961.4","44,182.9","45,908.3","44,166.0","1.25M","1.76%"',
        ),
        layout="investing",
        kind="bars",
        bars=(
            ("BTC", at("2024-01-02"), 44182.9, 45908.3, 44166.0, 44961.4, 1_250_000),
            ("BTC", at("2024-01-03"), 44961.4, 45503.2, 40888.3, 42848.5, 117_650),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="Kaggle S&P",
        file="all_stocks_5yr.csv",
        content=text(
            "date,open,high,low,close,volume,Name",
            "2013-02-08,15.07,15.12,14.63,14.75,8407500,AAL",
            "2013-02-11,14.89,15.01,14.26,14.46,8882000,AAL",
            "2013-02-08,67.7142,68.4014,66.8928,67.8542,158168416,AAPL",
        ),
        layout="kaggle",
        kind="bars",
        bars=(
            ("AAL", at("2013-02-08"), 15.07, 15.12, 14.63, 14.75, 8407500),
            ("AAPL", at("2013-02-08"), 67.7142, 68.4014, 66.8928, 67.8542, 158168416),
            ("AAL", at("2013-02-11"), 14.89, 15.01, 14.26, 14.46, 8882000),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="wide: one column per symbol, the date last",
        file="stocks.csv",
        content=text("MSFT,IBM,Date", "39.81,100.52,2000-01-03", "36.35,,2000-01-04"),
        layout="wide",
        kind="trades",
        trades=(
            ("MSFT", at("2000-01-03"), 39.81, 0),
            ("IBM", at("2000-01-03"), 100.52, 0),
            ("MSFT", at("2000-01-04"), 36.35, 0),
        ),
    ),
    Sample(
        id="wide: the symbol before each column",
        file="apple.csv",
        content=text(
            "Date,AAPL.Open,AAPL.High,AAPL.Low,AAPL.Close,AAPL.Volume,AAPL.Adjusted,dn,direction",
            "2015-02-17,127.489998,128.880005,126.919998,127.830002,63152400,122.905254,106.7,Increasing",
            "2015-02-18,127.629997,128.779999,127.449997,128.720001,44891700,123.760965,107.8,Increasing",
        ),
        layout="wide-bars",
        kind="bars",
        bars=(
            ("AAPL", at("2015-02-17"), 127.489998, 128.880005, 126.919998, 127.830002, 63152400),
            ("AAPL", at("2015-02-18"), 127.629997, 128.779999, 127.449997, 128.720001, 44891700),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="Quandl WIKI",
        file="WIKI_PRICES.csv",
        content=text(
            "ticker,date,open,high,low,close,volume,ex-dividend,split_ratio,adj_open,adj_high,adj_low,adj_close,adj_volume",
            "AAPL,2014-01-02,555.68,557.03,552.021,553.13,8381600.0,0.0,1.0,73.86,74.04,73.37,73.52,58671200.0",
            "AAPL,2014-01-03,552.86,553.7,540.43,540.98,14016700.0,0.0,1.0,73.48,73.59,71.83,71.9,98116900.0",
        ),
        layout="quandl-wiki",
        kind="bars",
        bars=(
            ("AAPL", at("2014-01-02"), 555.68, 557.03, 552.021, 553.13, 8381600),
            ("AAPL", at("2014-01-03"), 552.86, 553.7, 540.43, 540.98, 14016700),
        ),
        interval_s=_DAY_S,
    ),
    Sample(
        id="vega: the name of the month",
        file="stocks.csv",
        content=text("symbol,date,price", "MSFT,Jan 1 2000,39.81", "IBM,Feb 1 2000,92.11"),
        layout="prices",
        kind="trades",
        trades=(("MSFT", at("2000-01-01"), 39.81, 0), ("IBM", at("2000-02-01"), 92.11, 0)),
    ),
)
