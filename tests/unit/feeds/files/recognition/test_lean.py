"""Files of QuantConnect Lean: their names tell the security, the market, the zone, the scale and the contract."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from feeds.files.recognition.lean_names import lean_file
from tests.support.published import Published, published
from tests.support.samples import EST, NEW_YORK, at, text, zipped
from ticker.errors import FeedError

SIDES = "1.1,1.2,1.05,1.15,500,1.11,1.21,1.06,1.16,700"


@dataclass(frozen=True)
class Case:
    """An archive with one member of one row; of what it replays, the first trade, quote or bar."""

    archive: str
    member: str
    row: str
    layout: str
    zone: str
    trade: tuple[Any, ...] | None = None
    quote: tuple[Any, ...] | None = None
    bar: tuple[Any, ...] | None = None

    def write(self, folder: Path) -> Path:
        path = folder / "data" / self.archive
        path.parent.mkdir(parents=True)
        path.write_bytes(zipped({self.member: text(self.row)}))
        return path


def ny(clock: str) -> int:
    return at(f"2020-01-06 {clock}", NEW_YORK)


def utc(clock: str) -> int:
    return at(f"2020-01-06 {clock}")


CASES = {
    "shares of India, decimals": Case(
        "equity/india/minute/yesbank/20200106_trade.zip", "20200106_yesbank_minute_trade.csv",
        "33300000,46.5,46.9,46.45,46.8,12000", "lean-bars", "Asia/Kolkata",
        bar=("YESBANK", at("2020-01-06 09:15", "Asia/Kolkata"), 46.5, 46.9, 46.45, 46.8, 12000),
    ),
    "shares of India, whole rupees": Case(
        "equity/india/minute/reliance/20200106_trade.zip", "20200106_reliance_minute_trade.csv",
        "33300000,1517,1519,1515,1518,12000", "lean-bars", "Asia/Kolkata",
        bar=("RELIANCE", at("2020-01-06 09:15", "Asia/Kolkata"), 1517, 1519, 1515, 1518, 12000),
    ),
    "shares of India, scaled": Case(
        "equity/india/daily/reliance.zip", "reliance.csv",
        "20200106 00:00,15170000,15190500,15150000,15180000,12000", "lean-daily", "Asia/Kolkata",
        bar=("RELIANCE", at("2020-01-06", "Asia/Kolkata"), 1517, 1519.05, 1515, 1518, 12000),
    ),
    "crypto minutes": Case(
        "crypto/coinbase/minute/btcusd/20200106_trade.zip", "20200106_btcusd_minute_trade.csv",
        "34200000,7512.11,7515,7510,7513.5,3.25", "lean-bars", "UTC",
        bar=("BTCUSD", utc("09:30"), 7512.11, 7515, 7510, 7513.5, 3.25),
    ),
    "crypto minutes, whole dollars": Case(
        "crypto/gdax/second/btcusd/20200106_trade.zip", "20200106_btcusd_second_trade.csv",
        "34200000,7512,7515,7510,7513,3", "lean-bars", "UTC",
        bar=("BTCUSD", utc("09:30"), 7512, 7515, 7510, 7513, 3),
    ),
    "crypto days": Case(
        "crypto/bybit/daily/ethusdt_trade.zip", "ethusdt_trade.csv",
        "20200106 00:00,141.2,144,140.5,143.9,90000.5", "lean-daily", "UTC",
        bar=("ETHUSDT", utc("00:00"), 141.2, 144, 140.5, 143.9, 90000.5),
    ),
    "crypto trades": Case(
        "crypto/gdax/tick/btcusd/20200106_trade.zip", "20200106_btcusd_tick_trade.csv",
        "86400,7512.4,0.931", "lean-trades", "UTC", trade=("BTCUSD", utc("00:01:26.4"), 7512.4, 0.931),
    ),
    "crypto quotes": Case(
        "cryptofuture/binance/tick/btcusdt/20200106_quote.zip", "20200106_btcusdt_tick_quote.csv",
        "86400,7512.4,20.5,7512.9,8.25,0", "lean-quotes", "UTC",
        quote=("BTCUSDT", utc("00:01:26.4"), 7512.4, 20.5, 7512.9, 8.25),
    ),
    "crypto bars of quotes": Case(
        "cryptofuture/binance/minute/adausdt/20200106_quote.zip", "20200106_adausdt_minute_quote.csv",
        f"60000,{SIDES}", "lean-quote-bars", "UTC", quote=("ADAUSDT", utc("00:01"), 1.1, None, 1.11, None),
    ),
    "forex ticks of Oanda": Case(
        "forex/oanda/tick/eurusd/20200106_quote.zip", "20200106_eurusd_tick_quote.csv",
        "92000,1.1165,1.11665", "lean-quotes", "UTC",
        quote=("EURUSD", utc("00:01:32"), 1.1165, 0, 1.11665, 0),
    ),
    "forex minutes of FXCM": Case(
        "forex/fxcm/minute/eurusd/20200106_quote.zip", "20200106_eurusd_minute_quote.csv",
        f"61200000,{SIDES}", "lean-quote-bars", EST,
        quote=("EURUSD", at("2020-01-06 17:00", EST), 1.1, None, 1.11, None),
    ),
    "forex hours of Oanda": Case(
        "forex/oanda/hour/eurusd.zip", "eurusd.csv",
        f"20200106 23:00,{SIDES}", "lean-quote-daily", "UTC",
        quote=("EURUSD", utc("23:00"), 1.1, None, 1.11, None),
    ),
    "cfd": Case(
        "cfd/oanda/minute/xauusd/20200106_quote.zip", "20200106_xauusd_minute_quote.csv",
        "60000,1566,1567,1565,1566.5,0,1566.4,1567.4,1565.4,1566.9,0", "lean-quote-bars", "UTC",
        quote=("XAUUSD", utc("00:01"), 1566, None, 1566.4, None),
    ),
    "index of the CBOE": Case(
        "index/usa/minute/spx/20200106_trade.zip", "20200106_spx_minute_trade.csv",
        "30600000,3217.55,3219,3215,3218.2,59", "lean-bars", "America/Chicago",
        bar=("SPX", at("2020-01-06 08:30", "America/Chicago"), 3217.55, 3219, 3215, 3218.2, 59),
    ),
    "index of Hong Kong": Case(
        "index/hkfe/daily/hsi.zip", "hsi.csv", "20200106 00:00,28000,28100,27900,28050,0", "lean-daily",
        "Asia/Hong_Kong", bar=("HSI", at("2020-01-06", "Asia/Hong_Kong"), 28000, 28100, 27900, 28050, 0),
    ),
    "future": Case(
        "future/cme/minute/es/20200106_trade.zip", "20200106_es_minute_trade_202006_20200619.csv",
        "52200000,3230,3231.25,3229.5,3230.75,126", "lean-bars", "UTC",
        bar=("ES-20200619", utc("14:30"), 3230, 3231.25, 3229.5, 3230.75, 126),
    ),
    "future, whole prices, date in the archive's name": Case(
        "future/cbot/minute/zc/20200106_trade.zip", "zc_minute_trade_202003_20200313.csv",
        "52200000,386,387,385,386,126", "lean-bars", "UTC",
        bar=("ZC-20200313", utc("14:30"), 386, 387, 385, 386, 126),
    ),
    "future, days": Case(
        "future/nymex/daily/cl_trade.zip", "cl_trade_202002_20200121.csv",
        "20200106 00:00,63.1,64.72,62.6,63.27,700000", "lean-daily", "UTC",
        bar=("CL-20200121", utc("00:00"), 63.1, 64.72, 62.6, 63.27, 700000),
    ),
    "future, trades": Case(
        "future/comex/tick/gc/20200106_trade.zip", "20200106_gc_tick_trade_202002_20200226.csv",
        "939243,1571.5,203,comex,null,0", "lean-trades", "UTC",
        trade=("GC-20200226", utc("00:15:39.243"), 1571.5, 203),
    ),
    "future, quotes": Case(
        "future/cme/tick/es/20200106_quote.zip", "20200106_es_tick_quote_202006_20200619.csv",
        "939243,3230.25,20,3230.5,31,CME,0", "lean-quotes", "UTC",
        quote=("ES-20200619", utc("00:15:39.243"), 3230.25, 20, 3230.5, 31),
    ),
    "option": Case(
        "option/usa/minute/aapl/20200106_trade_american.zip",
        "20200106_aapl_minute_trade_american_call_6500000_20200118.csv",
        "34200000,120800,125600,120800,125000,404", "lean-bars", NEW_YORK,
        bar=("AAPL-20200118-C650", ny("09:30"), 12.08, 12.56, 12.08, 12.5, 404),
    ),
    "option, half a dollar": Case(
        "option/usa/daily/goog_trade_american.zip", "goog_trade_american_put_7475000_20200118.csv",
        "20200106 00:00,120800,125600,120800,125000,404", "lean-daily", NEW_YORK,
        bar=("GOOG-20200118-P747.5", ny("00:00"), 12.08, 12.56, 12.08, 12.5, 404),
    ),
    "option, bars of quotes, one side": Case(
        "option/usa/minute/aapl/20200106_quote_american.zip",
        "20200106_aapl_minute_quote_american_put_6500000_20200118.csv",
        "34200000,,,,,0,60000,70000,50000,65000,10", "lean-quote-bars", NEW_YORK,
        quote=("AAPL-20200118-P650", ny("09:30"), None, None, 6, None),
    ),
    "option, quotes": Case(
        "option/usa/tick/aapl/20200106_quote_american.zip",
        "20200106_aapl_tick_quote_american_put_6500000_20200118.csv",
        "34200000,10000,2,30000,4,X,1", "lean-quotes", NEW_YORK,
        quote=("AAPL-20200118-P650", ny("09:30"), 1, 2, 3, 4),
    ),
    "option on an index": Case(
        "indexoption/usa/minute/spxw/20200106_quote_european.zip",
        "20200106_spxw_minute_quote_european_put_37000000_20200131.csv",
        "34200000,302000,303000,301000,302500,5,304000,305000,303000,304500,7", "lean-quote-bars", NEW_YORK,
        quote=("SPXW-20200131-P3700", ny("09:30"), 30.2, None, 30.4, None),
    ),
    "option on a future": Case(
        "futureoption/cme/minute/es/20200619/20200106_quote_american.zip",
        "20200106_es_minute_quote_american_call_32000000_20200619.csv",
        "52200000,80.5,81,80,80.75,5,81.5,82,81,81.75,7", "lean-quote-bars", "UTC",
        quote=("ES-20200619-C3200", utc("14:30"), 80.5, None, 81.5, None),
    ),
    "share": Case(
        "equity/usa/minute/spy/20200106_trade.zip", "20200106_spy_minute_trade.csv",
        "34200000,3234900,3240000,3234000,3239950,3197", "lean-bars", NEW_YORK,
        bar=("SPY", ny("09:30"), 323.49, 324, 323.4, 323.995, 3197),
    ),
    "share, a fraction of 1/10,000": Case(
        "equity/usa/hour/spy.zip", "spy.csv", "20200106 09:00,3234900.5,3240000,3234000,3239950,3197", "lean-daily",
        NEW_YORK, bar=("SPY", ny("09:00"), 323.49005, 324, 323.4, 323.995, 3197),
    ),
}  # fmt: skip


def first(found: Published, case: Case) -> tuple[Any, ...]:
    if case.trade is not None:
        return found.trades[0]
    if case.quote is not None:
        symbol, ts, *sides = found.quotes[0]
        wanted = zip(sides, case.quote[2:], strict=True)
        return (symbol, ts, *(None if expected is None else value for value, expected in wanted))
    return found.closed[0]


@pytest.mark.parametrize("name", CASES)
def test_a_file_is_read_as_its_names_say(name: str, tmp_path: Path) -> None:
    case = CASES[name]
    found = published([case.write(tmp_path)])
    assert not found.report.refused, found.report.complaints
    assert first(found, case) == (case.trade or case.quote or case.bar)
    assert (found.report.layout, found.report.time_zone) == (case.layout, case.zone)


def test_a_bar_of_quotes_gives_its_first_quote_and_at_its_end_its_last(tmp_path: Path) -> None:
    """No quote stands before its time: the sizes are those of the last one."""
    path = tmp_path / "20200106_eurusd_minute_quote.csv"
    path.write_bytes(text(f"0,{SIDES}", "60000,1.2,1.3,1.1,1.25,5,1.21,1.31,1.11,1.26,7"))
    found = published([path])
    assert found.quotes == [
        ("EURUSD", utc("00:00"), 1.1, 0, 1.11, 0),
        ("EURUSD", utc("00:01"), 1.15, 500, 1.16, 700),
        ("EURUSD", utc("00:01"), 1.2, 0, 1.21, 0),
        ("EURUSD", utc("00:02"), 1.25, 5, 1.26, 7),
    ]


def notes(found: Published) -> dict[str | None, str]:
    return {note.option: note.text for note in found.report.notes}


def test_what_folders_would_tell_is_told_without_them(tmp_path: Path) -> None:
    """Whole prices are those of shares, and in New York; decimal ones are no shares, and the zone is assumed."""
    (tmp_path / "20200106_spy_minute_trade.csv").write_bytes(text("34200000,3234900,3240000,3234000,3239950,3197"))
    found = published([tmp_path / "20200106_spy_minute_trade.csv"])
    assert found.closed == [("SPY", ny("09:30"), 323.49, 324, 323.4, 323.995, 3197)]
    told = notes(found)["--price-scale"]
    assert told == (
        "prices are divided by 10,000: no folder tells the security, such as equity/usa/minute/spy, but all are whole, "
        "and would be cents of a dollar or more"
    )
    assert "America/New_York" in notes(found)["--time-zone"]

    (tmp_path / "20200106_btcusd_minute_trade.csv").write_bytes(text("34200000,7512.11,7515,7510,7513.5,3.25"))
    found = published([tmp_path / "20200106_btcusd_minute_trade.csv"])
    assert found.closed == [("BTCUSD", utc("09:30"), 7512.11, 7515, 7510, 7513.5, 3.25)]
    assert notes(found)["--price-scale"].startswith("prices are taken as they are: no folder tells the security")
    assert notes(found)["--time-zone"] == "no zone in the file: taken as UTC"


@pytest.mark.parametrize(
    ("ticker", "row", "open_price", "why"),
    [
        ("es", "34200000,4531,4532,4530,4531,12", 4531, "some would be below 1"),
        ("ni225", "34200000,38123,38127,38121,38124,12", 38123, "they would not be whole cents"),
        ("btcjpy", "34200000,6200000,6201000,6199000,6200000,3", 6200000, "BTCJPY is a pair of currencies"),
    ],
)
def test_whole_prices_without_evidence_are_not_divided(
    ticker: str, row: str, open_price: float, why: str, tmp_path: Path
) -> None:
    path = tmp_path / f"20200106_{ticker}_minute_trade.csv"
    path.write_bytes(text(row))
    found = published([path])
    assert found.closed[0][:3] == (ticker.upper(), utc("09:30"), open_price)
    missing = "no folder tells the security, such as equity/usa/minute/spy"
    assert notes(found)["--price-scale"] == f"prices are taken as they are: {missing}, but {why}"


@pytest.mark.parametrize(
    ("row", "price", "told"),
    [
        ("34200000,3234900,3240000,3234000,3239950,3197", 323.49, "prices are divided by 10,000"),
        ("34200000,4531,4532,4530,4531,12", 4531, "prices are taken as they are"),
    ],
)
def test_rows_in_the_form_of_lean_under_other_names_are_divided_by_the_evidence_of_their_values(
    row: str, price: float, told: str, tmp_path: Path
) -> None:
    path = tmp_path / "SPY.csv"
    path.write_bytes(text(row))
    found = published([path], date="2020-01-06")
    assert found.closed[0][2] == price
    assert notes(found)["--price-scale"].startswith(f"{told}: the rows have the form of QuantConnect Lean, and ")
    assert published([path], date="2020-01-06", layout="lean-bars").closed[0][2] == price / (
        1 if told.startswith("prices are divided") else 10_000
    )


@pytest.mark.parametrize(
    ("file", "row", "quotes"),
    [
        ("eurusd.csv", f"20200106 00:00,{SIDES}", [("EURUSD", utc("00:00"), 1.1), ("EURUSD", at("2020-01-07"), 1.15)]),
        ("eurusd.csv", f"20200106 23:00,{SIDES}", [("EURUSD", utc("23:00"), 1.1), ("EURUSD", at("2020-01-07"), 1.15)]),
        ("EURUSD_20200106.csv", f"60000,{SIDES}", [("EURUSD", utc("00:01"), 1.1), ("EURUSD", utc("00:02"), 1.15)]),
        (
            "EURUSD_20200106.csv",
            f"61000,{SIDES}",
            [("EURUSD", utc("00:01:01"), 1.1), ("EURUSD", utc("00:01:02"), 1.15)],
        ),
    ],
)
def test_bars_of_quotes_without_lean_names_are_as_long_as_their_timestamps_allow(
    file: str, row: str, quotes: list[tuple[str, int, float]], tmp_path: Path
) -> None:
    (tmp_path / file).write_bytes(text(row))
    assert [quote[:3] for quote in published([tmp_path / file]).quotes] == quotes


def test_contracts_are_told_apart_without_folders(tmp_path: Path) -> None:
    path = tmp_path / "es_trade.zip"
    months = ("202003_20200320", "202006_20200619")
    path.write_bytes(
        zipped({f"es_trade_{month}.csv": text("20200106 00:00,3230,3231,3229,3230.5,1") for month in months})
    )
    found = published([path])
    assert sorted(found.closed) == [
        (symbol, utc("00:00"), 3230, 3231, 3229, 3230.5, 1) for symbol in ("ES-20200320", "ES-20200619")
    ]


def test_decimal_prices_of_an_option_are_those_of_a_future(tmp_path: Path) -> None:
    """Only whole prices are scaled, whatever the name; what is assumed is told."""
    path = tmp_path / "20200106_es_minute_trade_american_call_32000000_20200619.csv"
    path.write_bytes(text("52200000,80.5,81,80,80.75,5"))
    found = published([path])
    assert found.closed == [("ES-20200619-C3200", utc("14:30"), 80.5, 81, 80, 80.75, 5)]
    assert notes(found)["--price-scale"].startswith("prices are taken as they are")


@pytest.mark.parametrize(
    ("row", "price", "told"),
    [
        ("20200106 00:00,18.43,18.5,18.4,18.49,1000", 18.43, True),
        ("20200106 00:00,9500.5,9600,9400,9500,1000", 9500.5, True),
        ("20200106 00:00,3234900.5,3240000,3234000,3239950,3197", 323.49005, False),
        ("20200106 00:00,500,600,400,500,1000", 0.05, False),
    ],
)
def test_decimal_prices_of_a_stock_are_not_divided(row: str, price: float, told: bool, tmp_path: Path) -> None:
    """If they would be far below 1; scaled prices may have halves of 1/10,000, and penny stocks are integers."""
    path = tmp_path / "equity/usa/daily/abc.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(zipped({"abc.csv": text(row)}))
    found = published([path])
    assert found.closed[0][2] == pytest.approx(price, rel=1e-12)
    assert any("prices are taken as they are" in note.text for note in found.report.notes) is told


def test_a_market_whose_zone_is_not_documented_is_told(tmp_path: Path) -> None:
    case = CASES["future"]
    elsewhere = Case(**{**vars(case), "archive": case.archive.replace("cme", "euronext")})
    told = [note.text for note in published([elsewhere.write(tmp_path)]).report.notes]
    assert "times of future from euronext are taken as UTC" in told


ASSUMED = {
    ("equity", "india"): "Asia/Kolkata",
    ("future", "nse"): "Asia/Kolkata",
    ("future", "hkfe"): "Asia/Hong_Kong",
    ("future", "ose"): "Asia/Tokyo",
    ("future", "sgx"): "Asia/Singapore",
    ("equity", "eurex"): "Europe/Berlin",
    ("index", "usa"): NEW_YORK,
    ("future", "usa"): "UTC",
    ("future", "ice"): "UTC",
    ("forex", "dukascopy"): "UTC",
    ("index", "sgx"): "Asia/Singapore",
}
STATED = {
    ("equity", "usa"): NEW_YORK,
    ("option", "usa"): NEW_YORK,
    ("index", "eurex"): "Europe/Berlin",
    ("index", "hkfe"): "Asia/Hong_Kong",
    ("index", "ose"): "Asia/Tokyo",
    ("future", "eurex"): "Europe/Berlin",
    ("futureoption", "eurex"): "Europe/Berlin",
    ("future", "cfe"): "UTC",
    ("futureoption", "cme"): "UTC",
    ("future", "nyseliffe"): "UTC",
    ("cfd", "oanda"): "UTC",
    ("cfd", "fxcm"): EST,
    ("cryptofuture", "bybit"): "UTC",
}


@pytest.mark.parametrize(("security", "market"), [*ASSUMED, *STATED])
def test_zones_are_those_that_quantconnect_states_or_assumed(security: str, market: str) -> None:
    file = lean_file(("20200106_abc_minute_trade.csv", "20200106_trade.zip", "abc", "minute", market, security))
    assert file is not None
    place = security, market
    assert (file.zone, file.is_documented) == ((ASSUMED | STATED)[place], place in STATED)


@pytest.mark.parametrize(
    ("ticker", "zone", "stated"),
    [
        ("spx", "America/Chicago", True),
        ("vix", "America/Chicago", True),
        ("ndx", NEW_YORK, True),
        ("rut", NEW_YORK, False),
    ],
)
def test_the_zone_of_an_index_depends_on_the_index(ticker: str, zone: str, stated: bool) -> None:
    file = lean_file((f"20200106_{ticker}_minute_trade.csv", "20200106_trade.zip", ticker, "minute", "usa", "index"))
    assert file is not None
    assert (file.zone, file.is_documented) == (zone, stated)


def test_an_assumed_zone_is_told_once(tmp_path: Path) -> None:
    """A stated one is told as such."""
    lean = "as in files of QuantConnect Lean second or minute bars"
    india = [note.text for note in published([CASES["shares of India, decimals"].write(tmp_path / "a")]).report.notes]
    told = f"times are in the zone Asia/Kolkata, {lean}, which is assumed"
    assert [text for text in india if text.startswith("times")] == [told]
    share = [note.text for note in published([CASES["share"].write(tmp_path / "b")]).report.notes]
    assert f"times are in the zone America/New_York, {lean}" in share


@pytest.mark.parametrize(
    ("row", "told"), [("32300000,32312500,32295000,32307500,126", True), ("3230,3231,3229,3230,1", False)]
)
def test_prices_of_futures_that_an_early_lean_scaled_are_told(row: str, told: bool, tmp_path: Path) -> None:
    """They are not divided: what was written when is not in the file."""
    case = CASES["future"]
    found = published([Case(**{**vars(case), "row": f"52200000,{row}"}).write(tmp_path)])
    assert found.closed[0][2] == float(row.partition(",")[0])
    early = "prices are taken as they are; early versions of Lean wrote those of futures as integers of 1/10,000"
    assert (("--price-scale", early) in [(note.option, note.text) for note in found.report.notes]) is told


def test_options_override_the_names(tmp_path: Path) -> None:
    path = CASES["crypto minutes"].write(tmp_path)
    found = published([path], symbol="X", price_scale=10, time_zone="Asia/Tokyo")
    assert found.closed[0][:3] == ("X", at("2020-01-06 09:30", "Asia/Tokyo"), 751.211)


def test_a_future_without_a_date_is_refused(tmp_path: Path) -> None:
    """Its expiry is not the date of its rows."""
    path = tmp_path / "es_minute_trade_202006_20200619.csv"
    path.write_bytes(text("52200000,3230,3231.25,3229.5,3230.75,126"))
    with pytest.raises(FeedError, match="use --date YYYY-MM-DD"):
        published([path])


def test_two_contracts_of_an_archive_are_two_symbols(tmp_path: Path) -> None:
    path = tmp_path / "20200106_trade_american.zip"
    names = [f"20200106_aapl_minute_trade_american_{each}_20200118.csv" for each in ("call_6500000", "put_6500000")]
    path.write_bytes(zipped({name: text("34200000,120800,125600,120800,125000,404") for name in names}))
    assert sorted(published([path]).names) == ["AAPL-20200118-C650", "AAPL-20200118-P650"]


@pytest.mark.parametrize(
    "names",
    [
        ("AAPL.csv", "daily", "usa", "stocks"),
        ("20200106_spy_minute.csv",),
        ("minute_trade.csv",),
        ("spy.csv", "spy.zip", "minute", "usa", "equity"),
        ("20210101_zc_minute_openinterest_202103_20210312.csv", "20210101_openinterest.zip", "zc", "minute", "cbot"),
        ("BTCUSDT-trades-2024-01-03.csv",),
    ],
)
def test_other_names_are_not_those_of_lean(names: tuple[str, ...]) -> None:
    assert lean_file(names) is None


def test_rows_of_another_form_are_read_as_usual(tmp_path: Path) -> None:
    """A file in Lean's folders may be of another program."""
    path = tmp_path / "equity/usa/daily/spy.csv"
    path.parent.mkdir(parents=True)
    path.write_bytes(text("date,open,high,low,close,volume", "2020-01-06,323.4,324,323,323.9,100"))
    found = published([path])
    assert found.closed == [("SPY", utc("00:00"), 323.4, 324, 323, 323.9, 100)]


def test_files_without_prices_are_left_out_and_told(tmp_path: Path) -> None:
    """Open interest, and the folders that describe the data. Alone, they are an error."""
    CASES["future"].write(tmp_path)
    folder = tmp_path / "data/future/cme"
    (folder / "minute/es/20200106_openinterest.zip").write_bytes(
        zipped({"20200106_es_minute_openinterest_202006_20200619.csv": text("42660000,2693575")})
    )
    (folder / "margins").mkdir()
    (folder / "margins/ES.csv").write_bytes(text("date,initial,maintenance", "20200106,6600,6000"))
    found = published([tmp_path])
    assert found.names == ["ES-20200619"]
    told = "2 files beside it left out: their names say that they have no prices, as openinterest"
    assert told in [note.text for note in found.report.notes]
    with pytest.raises(FeedError, match="openinterest"):
        published([folder / "minute/es/20200106_openinterest.zip"])


def test_members_without_prices_are_left_out_and_told(tmp_path: Path) -> None:
    path = tmp_path / "20200106_all.zip"
    future = CASES["future"]
    path.write_bytes(
        zipped({"20200106_es_minute_openinterest_202006_20200619.csv": text("0,5"), future.member: text(future.row)})
    )
    found = published([path])
    assert found.names == ["ES-20200619"]
    assert any(note.text.startswith("1 file beside it left out") for note in found.report.notes)
