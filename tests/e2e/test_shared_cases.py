"""Small inputs of each kind of fault, if they are in ``../shared/cases`` beside the checkout: one test per file."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from feeds.files.file_set import FileSet
from feeds.files.loading import load
from feeds.files.names import symbol_of
from feeds.files.options import ReadOptions
from feeds.files.sources.opening import open_sources
from tests.support.market_of_files import bars, day, market_of, starts
from tests.support.published import Published, published
from tests.support.samples import at
from ticker.errors import FeedError
from ticker.market.market import Market
from ticker.model import BarBatch

FOLDER = Path(__file__).parents[3] / "shared" / "cases"

pytestmark = pytest.mark.skipif(not FOLDER.is_dir(), reason="no cases in ../shared/cases")


def case(file: str, **options: Any) -> Published:
    """All events of a replay of one case."""
    return published([FOLDER / file], **options)


def test_adjusted_bars_off_by_rounding_are_put_right() -> None:
    """AAPL_adjusted_noise.csv: two bars by one ulp; the last one really is wrong."""
    found = case("AAPL_adjusted_noise.csv")
    assert [bar[2:6] for bar in found.closed] == [
        (0.09392091929912567, 0.09392091929912567, 0.09348694604659508, 0.09348694604659508),
        (0.08707, 0.08707, 0.08663, 0.08663),
        (0.08880, 0.08923350000000001, 0.08880, 0.08923350000000001),
        (0.091840797662735, 0.09227, 0.091840797662735, 0.09184079766273501),
        (0.09731, 0.09774, 0.09731, 0.09770),
    ]
    assert (found.report.rounded, found.report.refused) == (2, {"not the lowest price of its bar": 1})
    assert "AAPL_adjusted_noise.csv:7: column 'Low': '0.10220'" in found.report.complaints[0].message(found.report.name)


def test_crude_oil_below_zero_is_read_with_the_option() -> None:
    """CLK0_20200420.csv: 0.00 and -40.32 are refused without it, with its name."""
    found = case("CLK0_20200420.csv", allow_negative=True)
    assert [trade[2] for trade in found.trades] == [0.50, 0.01, 0.00, -0.01, -40.32, -37.63]
    found = case("CLK0_20200420.csv")
    assert [trade[2] for trade in found.trades] == [0.50, 0.01]
    assert found.report.refused == {"not a price above zero; --allow-negative accepts it": 4}


def test_dollar_signs_and_a_missing_volume_are_read() -> None:
    """HistoricalData_1704480000000.csv names no symbol."""
    found = case("HistoricalData_1704480000000.csv", symbol="AAPL", strict=True)
    assert found.closed == [
        ("AAPL", at("2024-01-03"), 176.20, 177.01, 174.99, 175.35, 0),
        ("AAPL", at("2024-01-04"), 175.00, 175.50, 172.9001, 173.20, 1_310_220),
        ("AAPL", at("2024-01-05"), 173.05, 174.8801, 172.60, 174.10, 1_204_500),
    ]


def test_indian_groups_and_names_that_begin_with_a_digit_are_read() -> None:
    """Quote-Equity-MRF-EQ-01-01-2024-to-05-01-2024.csv has the columns "52W H" and VALUE."""
    found = case("Quote-Equity-MRF-EQ-01-01-2024-to-05-01-2024.csv", symbol="MRF", strict=True)
    assert [bar[2:] for bar in found.closed] == [
        (99950.00, 130010.00, 99900.00, 129744.20, 105_432),
        (129900.00, 131400.00, 129805.00, 131010.00, 12_345),
        (131250.00, 132100.00, 130400.05, 131655.45, 9_812),
    ]


def test_decimal_commas_that_may_be_thousands_need_the_option() -> None:
    """USDJPY_decimal_comma_en.csv has "144,625" in all rows, which no text tells from 144625."""
    words = r"USDJPY_decimal_comma_en\.csv:2: column 'Price': '144,625' may be 144\.625 or 144625, .*--decimal ,"
    with pytest.raises(FeedError, match=words):
        case("USDJPY_decimal_comma_en.csv")
    found = case("USDJPY_decimal_comma_en.csv", decimal=",", strict=True)
    assert [bar[2:6] for bar in found.closed] == [
        (142.000, 143.740, 141.850, 143.265),
        (143.270, 144.855, 142.865, 144.610),
        (144.610, 145.975, 143.805, 144.625),
    ]


def test_symbols_that_begin_with_a_digit_are_columns() -> None:
    """close_asia.csv."""
    found = case("close_asia.csv", strict=True)
    days = ("2024-01-03", "2024-01-04", "2024-01-05")
    prices = {"0700.HK": (287.4, 289.0, 290.2), "9988.HK": (71.65, 71.3, 70.85), "005930.KS": (77000, 76600, 76600)}
    assert [trade[:3] for trade in found.trades] == [
        (symbol, at(day), prices[symbol][place]) for place, day in enumerate(days) for symbol in prices
    ]


def test_percents_thousands_and_a_footer_are_read() -> None:
    """esm26_intraday-1min_historical-data-download-04-29-2026.csv."""
    found = case("esm26_intraday-1min_historical-data-download-04-29-2026.csv", symbol="ESM26", strict=True)
    assert [bar[2:] for bar in found.closed] == [
        (7162.00, 7163.75, 7161.50, 7163.25, 2310),
        (7163.25, 7164.50, 7163.00, 7164.00, 988),
        (7164.00, 7165.25, 7163.50, 7165.00, 1204),
    ]
    assert "Downloaded from Barchart.com as of 04-29-2026 01:15pm CDT" in " ".join(
        note.text for note in found.report.notes
    )


def test_extreme_prices_and_sizes_are_read() -> None:
    """extreme_prices.csv."""
    found = case("extreme_prices.csv", strict=True)
    assert [(trade[0], *trade[2:]) for trade in found.trades] == [
        ("SHIB-USD", 0.00000512, 1_000_000), ("BABYDOGE-USD", 0.000000001234, 5e15),
        ("SHIB-BTC", 0.00000000024, 1_000_000), ("BRK.A", 712345.67, 1), ("BTC-IRR", 45123456789, 0.25),
        ("SENS", 0.0001, 4_874_778_000), ("PEPE-USD", 1.34e-06, float(9007199254740993)),
        ("SHIB-USD", 0.00000519, 1_000_000), ("BABYDOGE-USD", 0.0000000013, 5e15),
        ("SHIB-BTC", 0.00000000025, 1_000_000), ("BRK.A", 712400.01, 1), ("BTC-IRR", 45223456789, 0.25),
        ("PEPE-USD", 1.35e-06, 1),
    ]  # fmt: skip


def test_sale_conditions_of_polygon_keep_prices_off_the_market_out() -> None:
    """polygon_trades_conditions.csv: an odd lot, a contingent trade at 258.03, an average price, a cancelled trade."""
    file = FOLDER / "polygon_trades_conditions.csv"
    market = market_of([file])
    assert day(market, "SPY") == {
        "open": 250.10, "high": 250.11, "low": 250.10, "last": 250.11, "volume": 123_305.0, "trades": 5.0,
        "prev_close": None,
    }  # fmt: skip
    assert bars(market, "SPY", "1m") == [(250.10, 250.11, 250.10, 250.11, 123_305.0)]
    report = case(file.name).report
    assert report.left_out == {"cancelled trade": 1}
    assert {each.conditions: each.updates for each in report.conditions} == {
        "37": "volume only", "53 52 41": "volume only", "02": "volume only", "14 41": "last, high, low, volume",
    }  # fmt: skip


def test_form_t_trades_after_hours_add_volume_to_their_day_in_new_york() -> None:
    """AAPL_after_hours_utc.csv: trades at 23:59 and 00:30 UTC belong to 2024-01-03."""
    market = market_of([FOLDER / "AAPL_after_hours_utc.csv"], "XNYS")
    assert day(market, "AAPL") == {
        "open": 182.15, "high": 182.15, "low": 182.15, "last": 182.15, "volume": 300.0, "trades": 1.0,
        "prev_close": 184.25,
    }  # fmt: skip
    assert bars(market, "AAPL", "1d") == [
        (184.0, 184.25, 184.0, 184.25, 420.0), (182.15, 182.15, 182.15, 182.15, 300.0),
    ]  # fmt: skip


def test_symbols_come_from_the_names_of_the_files() -> None:
    """Each file alone; a name of a data set has none."""
    expected = {
        "005930.KS_daily.csv": "005930.KS",
        "AAPL_adjusted_noise.csv": "AAPL",
        "AAPL_after_hours_utc.csv": "AAPL",
        "AAPL_dd-MMM-yy.csv": "AAPL",
        "AAPL_ib_useastern.csv": "AAPL",
        "AAPL_raw_split.csv": "AAPL",
        "CLK0_20200420.csv": "CLK0",
        "HistoricalData_1704480000000.csv": None,
        "Quote-Equity-MRF-EQ-01-01-2024-to-05-01-2024.csv": "MRF",
        "RELIANCE_ambiguous.csv": "RELIANCE",
        "USDJPY_decimal_comma_en.csv": "USDJPY",
        "esm26_intraday-1min_historical-data-download-04-29-2026.csv": "ESM26",
    }
    assert {file: symbol_of((file,)) for file in expected} == expected
    with pytest.raises(FeedError, match=r"HistoricalData_1704480000000\.csv: .* has the symbol; use --symbol NAME"):
        case("HistoricalData_1704480000000.csv")


def test_files_of_the_folder_never_merge() -> None:
    """Five names begin with AAPL: each gives a symbol of its own."""
    files = FileSet(open_sources([str(path) for path in sorted(FOLDER.glob("AAPL_*.csv"))]))
    found = [symbol.symbol for file in files if (symbol := files.symbol(file)) is not None]
    assert found == ["AAPL_adjusted_noise", "AAPL_after", "AAPL_dd-MMM-yy", "AAPL_ib_useastern", "AAPL_raw_split"]


def test_two_digit_years_and_names_of_months_are_read() -> None:
    """AAPL_dd-MMM-yy.csv."""
    found = case("AAPL_dd-MMM-yy.csv", strict=True)
    assert found.closed == [
        ("AAPL", at("2024-01-03"), 184.22, 185.88, 183.43, 184.25, 58_414_500),
        ("AAPL", at("2024-01-04"), 182.15, 183.09, 180.88, 181.91, 71_983_600),
        ("AAPL", at("2024-01-05"), 181.99, 182.76, 180.17, 181.18, 62_303_300),
    ]
    assert "no zone in the file: taken as UTC" in [note.text for note in found.report.notes]


def test_a_region_behind_the_time_is_the_zone() -> None:
    """AAPL_ib_useastern.csv: the average is the bars' vwap."""
    found = case("AAPL_ib_useastern.csv", strict=True)
    assert found.closed == [
        ("AAPL", at("2024-01-05 14:30"), 181.99, 182.44, 181.50, 182.10, 2_104_411),
        ("AAPL", at("2024-01-05 14:31"), 182.10, 182.30, 181.77, 181.80, 640_220),
        ("AAPL", at("2024-01-05 14:32"), 181.80, 182.05, 181.60, 182.00, 512_019),
    ]
    assert (found.report.time_zone, found.report.how["time_zone"]) == ("US/Eastern", "file")


def test_each_row_of_a_quote_sheet_has_its_own_zone() -> None:
    """quote_sheet.csv: CET, CEST and EST; open, high, low and volume are those of the day."""
    found = case("quote_sheet.csv", strict=True)
    assert found.trades == [
        ("EXS1.DE", at("2021-11-29 10:09"), 133.42, 0),
        ("EXS1.DE", at("2021-11-29 10:10"), 133.50, 0),
        ("SPY", at("2021-11-29 14:31"), 461.15, 0),
        ("EXS1.DE", at("2022-06-29 09:09"), 133.18, 0),
    ]
    assert (found.report.time_zone, found.report.how["time_zone"]) == ("UTC", "file")


def test_timestamps_after_hours_are_utc() -> None:
    """AAPL_after_hours_utc.csv."""
    found = case("AAPL_after_hours_utc.csv", strict=True)
    assert [trade[1:3] for trade in found.trades] == [
        (at("2024-01-03 14:30"), 184.00),
        (at("2024-01-03 20:59:59.9"), 184.25),
        (at("2024-01-03 23:59"), 184.20),
        (at("2024-01-04 00:30"), 185.40),
        (at("2024-01-04 14:30"), 182.15),
    ]


def test_the_offset_of_daily_bars_is_that_of_their_days() -> None:
    """005930.KS_daily.csv: +09:00."""
    found = case("005930.KS_daily.csv", strict=True)
    assert [bar[:2] for bar in found.closed] == [
        ("005930.KS", at("2024-01-14 15:00")),
        ("005930.KS", at("2024-01-15 15:00")),
        ("005930.KS", at("2024-01-16 15:00")),
    ]
    assert (found.report.time_zone, found.report.how["time_zone"]) == ("Asia/Tokyo", "file")


def test_working_days_show_that_days_come_first() -> None:
    """RELIANCE_ambiguous.csv."""
    found = case("RELIANCE_ambiguous.csv", strict=True)
    assert [bar[1] for bar in found.closed] == [at(f"2024-02-{day:02}") for day in (1, 2, 5, 6, 7, 8, 9, 12)]
    assert "dates are read day first: so they are days apart, not months" in [each.text for each in found.report.notes]


def test_each_day_of_daily_bars_has_the_close_before_it() -> None:
    """005930.KS_daily.csv: days begin at midnight in Seoul, and never inside a bar."""
    market = market_of([FOLDER / "005930.KS_daily.csv"])
    assert starts(market, "005930.KS", "1d") == [at(f"2024-01-{date} 15:00") for date in (14, 15, 16)]
    assert bars(market, "005930.KS", "1d") == [
        (73_200, 74_000, 73_200, 73_900, 13_212_339),
        (73_500, 73_700, 72_500, 72_600, 14_760_415),
        (73_100, 73_300, 71_000, 71_000, 22_683_660),
    ]
    found = day(market, "005930.KS")
    assert (found["open"], found["last"], found["prev_close"]) == (73_100, 71_000, 72_600)


@pytest.mark.parametrize("exchange", [None, "XNYS", "forex"])
def test_the_split_in_raw_prices_is_played(exchange: str | None) -> None:
    """AAPL_raw_split.csv: four for one on 2020-08-31."""
    found = case("AAPL_raw_split.csv", exchange=exchange)
    ((symbol, ts, ratio),) = found.splits
    assert (symbol, ratio) == ("AAPL", 4)
    assert ts == [bar[1] for bar in found.closed][2]
    closed = []
    for event, market in days_of(FOLDER / "AAPL_raw_split.csv", exchange):
        if isinstance(event, BarBatch) and event.closed:
            closed.append(day(market, "AAPL")["prev_close"])
    assert closed == [None, 500.04, 499.23 / 4, 129.04]


def test_bars_stamped_at_their_end_start_with_the_session() -> None:
    """END_STAMPED_5min.csv: 09:35 to 16:00."""
    found = case("END_STAMPED_5min.csv", symbol="A", time_zone="America/New_York")
    clocks = ("09:30", "09:35", "15:55")
    assert [bar[1] for bar in found.closed] == [at(f"2024-01-03 {clock}", "America/New_York") for clock in clocks]
    assert found.last == at("2024-01-03 16:00", "America/New_York")


def test_a_trade_after_hours_belongs_to_the_day_of_the_exchange() -> None:
    """AAPL_after_hours_utc.csv: 00:30 UTC on January 4 is the evening of January 3 in New York."""
    market = market_of([FOLDER / "AAPL_after_hours_utc.csv"], "XNYS")
    new_york = [at(f"2024-01-0{date}", "America/New_York") for date in (3, 4)]
    assert starts(market, "AAPL", "1d") == new_york
    assert [bar[4] for bar in bars(market, "AAPL", "1d")] == [420, 300]
    assert day(market, "AAPL")["prev_close"] == 184.25


def days_of(path: Path, exchange: str | None) -> Iterator[tuple[object, Market]]:
    """The events of a file, each with the market after it."""
    timeline = load([str(path)], ReadOptions(exchange=exchange))
    try:
        market = Market(timeline.table, calendar=timeline.calendar, calendars=timeline.calendars)
        for event in timeline.events():
            market = market.apply(event)
            market.apply_pending()
            yield event, market
    finally:
        timeline.close()
