"""The reader: good rows, bad rows and the report."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import pytest

from feeds.files.options import ReadOptions
from feeds.files.reader import Reader
from tests.support.fake_source import FakeSource, Found, Row, read
from tests.support.samples import NEW_YORK, at
from ticker.errors import FeedError
from ticker.model import SymbolTable

STAMP = "2024-01-03T14:30:00Z"
START = at("2024-01-03 14:30")
DATABENTO = (
    "ts_recv,ts_event,rtype,publisher_id,instrument_id,action,side,depth,price,size,flags,ts_in_delta,sequence,symbol\n"
)


def same(rows: Sequence[Row], expected: Sequence[Row]) -> bool:
    """Whether rows are equal; NaN equals NaN."""
    return repr(rows) == repr(expected)


def test_a_row_may_have_a_trade_a_quote_or_both() -> None:
    """An empty price, or 0 beside a quote, is no trade; a side of 0 is missing; an empty row is refused."""
    header = "timestamp,symbol,price,size,bid,bid_size,ask,ask_size\n"
    rows = ["A,1,2,,,,", "A,,,3,4,5,6", "A,1,2,3,4,0,0", "A,0,0,3,4,,", "A,,,,,,"]
    found = read(header + "".join(f"{STAMP},{row}\n" for row in rows))
    nan = math.nan
    assert found.trades == [("A", START, 1, 2), ("A", START, 1, 2)]
    quotes = [("A", START, 3.0, 4.0, 5.0, 6.0), ("A", START, 3.0, 4.0, nan, nan), ("A", START, 3.0, 4.0, nan, nan)]
    assert same(found.quotes, quotes)
    assert found.complaints == ["f:6: neither a price nor a quote"]
    assert (found.report.rows, found.report.trades, found.report.quotes, found.report.kind) == (5, 2, 3, "ticks")


def test_a_side_that_a_row_leaves_out_is_marked_unchanged() -> None:
    """0, 0 in quotes of Lean and empty fields in ticks of MetaTrader."""
    nan = math.nan
    found = read("34200000,1825700,300,0,0,P,1,0\n34200001,0,0,1940000,100,P,1,0\n", "20240103_ibm_quote.csv")
    assert same([row[2:] for row in found.quotes], [(182.57, 300.0, nan, -1.0), (nan, -1.0, 194.0, 100.0)])
    header = "<DATE>\t<TIME>\t<BID>\t<ASK>\t<LAST>\t<VOLUME>\t<FLAGS>\n"
    found = read(header + "2024.01.02\t00:00:00.5\t1.1\t\t\t\t2\n2024.01.02\t00:00:01\t\t\t1.15\t3\t88\n")
    assert same([row[2:] for row in found.quotes], [(1.1, 0.0, nan, -1.0)])
    assert [row[2:] for row in found.trades] == [(1.15, 3)]


def test_rows_that_are_no_trades_are_skipped_and_counted() -> None:
    """Orders of LOBSTER, at any price."""
    rows = "34200.5,1,5,18,5853300,1\n34200.6,4,5,18,5853300,1\n34200.7,5,0,1,5853200,-1\n34200.8,7,0,0,-1,-1\n"
    found = read(rows, "AAPL_2012-06-21_message_5.csv")
    assert [row[2:] for row in found.trades] == [(585.33, 18), (585.32, 1)]
    assert (found.report.rows, found.report.passed, found.report.refused) == (4, {"type": 2}, {})


def test_databentos_prices_are_exact_and_may_be_undefined() -> None:
    """The nearest float of 1e-9 units, also where float64 can't hold the integer."""
    rows = ["T,B,0,9007199254740993111", "T,B,0,184220000001", "T,B,0,9223372036854775807", "A,B,0,9223372036854775807"]
    content = DATABENTO + "".join(f"{START},{START},0,2,38,{row},1,0,0,1,A\n" for row in rows)
    found = read(content)
    assert [row[2] for row in found.trades] == [9007199254.740993111, 184.220000001]
    assert found.complaints == ["f:4: column 'price': '9223372036854775807' is not a price"]
    assert found.report.passed == {"action": 1}
    assert found.report.price_scale == 1e9
    pretty = read(DATABENTO + f"{STAMP},{STAMP},0,2,38,T,B,0,184.220000001,1,0,0,1,A\n")
    assert (pretty.trades, pretty.report.price_scale) == ([("A", START, 184.220000001, 1)], 1)


def test_every_price_of_scaled_integers_is_the_nearest_float() -> None:
    """As of the decimal."""
    prices = [*range(1, 20_000, 7), 1849900, 99999999]
    found = read(
        "".join(f"34200000,{price},1,P,0,0\n" for price in prices), "20240103_ibm_trade.csv", layout="lean-trades"
    )
    assert [row[2] for row in found.trades] == [float(f"{price // 10000}.{price % 10000:04}") for price in prices]


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("10,9,12,11,5", "column 'high': '9' is not the bar's high: it is below the low"),
        ("13,12,9,11,5", "column 'high': '12' is not the highest price of its bar"),
        ("10,12,10.5,11,5", "column 'low': '10.5' is not the lowest price of its bar"),
        ("10,12,9,,5", "column 'close': '' is not a price"),
        ("0,12,9,11,5", "column 'open': '0' is not a price above zero; --allow-negative accepts it"),
        ("10,12,9,11,-5", "column 'volume': '-5' is not a size"),
    ],
)
def test_a_bar_that_contradicts_itself_is_refused(row: str, complaint: str) -> None:
    """Once, with the wrong column."""
    found = read(f"timestamp,symbol,open,high,low,close,volume\n{STAMP},A,{row}\n{STAMP},A,10,12,9,11,5\n")
    assert found.complaints == [f"f:2: {complaint}"]
    assert [bar[2:7] for bar in found.bars] == [(10, 12, 9, 11, 5)]


def bar_of(row: str, **options: Any) -> Found:
    return read(f"timestamp,symbol,open,high,low,close,volume\n{STAMP},A,{row},5\n", **options)


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("0.0888,0.0892335,0.0888,0.08923350000000001", (0.0888, 0.08923350000000001, 0.0888, 0.08923350000000001)),
        ("0.091840797662735,0.09227,0.09184079766273501,0.092", (0.091840797662735, 0.09227, 0.091840797662735, 0.092)),
        ("100,99.99999995,99.99999999,99.99999999", (100, 100, 99.99999999, 99.99999999)),
        ("5,5,5.000000001,5", (5, 5, 5, 5)),
    ],
)
def test_a_high_or_low_that_is_off_by_rounding_is_put_right(row: str, expected: tuple[float, ...]) -> None:
    """Within 1e-9 of the price: it becomes the open or close; such bars are counted apart."""
    found = bar_of(row)
    assert [bar[2:6] for bar in found.bars] == [expected]
    assert (found.report.rounded, found.report.refused) == (1, {})
    assert [note.text for note in found.report.notes] == ["high or low of 1 bar was off by rounding: put right"]


@pytest.mark.parametrize("row", ["100,99.9999998,99,99.5", "0.1021,0.10255,0.1022,0.1019", "1e-9,1e-10,1e-10,1e-10"])
def test_a_high_or_low_that_is_further_off_is_refused(row: str) -> None:
    found = bar_of(row)
    assert (len(found.bars), found.report.rounded, found.report.refused.total()) == (0, 0, 1)


def test_negative_prices_are_read_with_the_option() -> None:
    """In trades, bars and quotes. Of a side, 0 is a price only if it has a size."""
    content = f"timestamp,symbol,price,size\n{STAMP},A,0.01,1\n{STAMP},A,0,1\n{STAMP},A,-37.63,1\n"
    assert [row[2] for row in read(content, allow_negative=True).trades] == [0.01, 0, -37.63]
    words = "is not a price above zero; --allow-negative accepts it"
    assert read(content).complaints == [f"f:3: column 'price': '0' {words}", f"f:4: column 'price': '-37.63' {words}"]
    assert [bar[2:6] for bar in bar_of("-1,0,-3,-2", allow_negative=True).bars] == [(-1, 0, -3, -2)]
    assert [bar[2:6] for bar in bar_of("-1,-1.0000000001,-1,-1", allow_negative=True).bars] == [(-1, -1, -1, -1)]
    assert bar_of("-1,-2,-3,-2", allow_negative=True).complaints == [
        "f:2: column 'high': '-2' is not the highest price of its bar"
    ]
    quotes = "timestamp,symbol,bid,bid_size,ask,ask_size\n" + f"{STAMP},A,-1,2,0,3\n{STAMP},A,-1,2,0,0\n"
    nan = math.nan
    expected = [(-1.0, 2.0, 0.0, 3.0), (-1.0, 2.0, nan, nan)]
    assert same([row[2:] for row in read(quotes, allow_negative=True).quotes], expected)
    assert read(quotes).complaints == [f"f:2: column 'bid': '-1' {words}", f"f:3: column 'bid': '-1' {words}"]


def test_a_trade_at_zero_beside_a_quote_needs_a_size() -> None:
    """With the option; without it 0 is no trade."""
    content = f"timestamp,symbol,price,size,bid,ask\n{STAMP},A,0,5,1,2\n{STAMP},A,0,0,1,2\n"
    assert len(read(content, allow_negative=True).trades) == 1
    assert len(read(content).trades) == 0


@pytest.mark.parametrize("price", ["1e-12", "0.000000000001234", "45123456789", "999999999999999"])
def test_extreme_prices_are_read(price: str) -> None:
    """Of tokens, and in rials."""
    found = read(f"timestamp,symbol,price,size\n{STAMP},A,{price},5e15\n")
    assert [row[2:4] for row in found.trades] == [(float(price), 5e15)]


def test_an_undefined_price_of_databento_is_none_in_decimals_too() -> None:
    row = f"{STAMP},{STAMP},0,2,38,T,B,0,9223372036.854775807,1,0,0,1,A\n"
    assert read(DATABENTO + row).complaints == ["f:2: column 'price': '9223372036.854775807' is not a price"]


def test_the_traded_value_is_no_price_and_the_last_price_of_a_day_no_trade() -> None:
    """Beside open, high, low and close."""
    for name in ("VALUE", "Last"):
        found = read(f"Date,Open,High,Low,Close,{name}\n2024-01-03,1,3,1,2,9\n", "MRF.csv")
        assert [bar[2:6] for bar in found.bars] == [(1, 3, 1, 2)]
    found = read("timestamp,symbol,last,open,high,low,close\n2024-01-03 09:30:00,A,9,1,3,1,2\n")
    assert [row[2] for row in found.trades] == [9]


def test_a_bar_may_have_a_vwap_and_a_number_of_trades() -> None:
    """Missing or invalid values are unknown."""
    header = "symbol,timestamp,open,high,low,close,volume,trade_count,vwap\n"
    found = read(header + f"A,{STAMP},1,2,1,2,5,3,1.5\nA,{STAMP},1,2,1,2,5,x,0\n")
    assert same([bar[-2:] for bar in found.bars], [(1.5, 3.0), (math.nan, math.nan)])


def test_identical_rows_are_all_kept() -> None:
    assert len(read("timestamp,symbol,price,size\n" + f"{STAMP},A,1,1\n" * 5).trades) == 5


def test_an_empty_size_is_unknown_and_suffixes_are_read() -> None:
    rows = ["", "-", "1.5K", '"1,234"', "5"]
    found = read("timestamp,symbol,price,size\n" + "".join(f"{STAMP},A,1,{row}\n" for row in rows))
    assert [row[3] for row in found.trades] == [0, 0, 1500, 1234, 5]


def test_a_wide_file_is_read_row_by_row_without_empty_cells() -> None:
    """Empty cells and words for NaN are no error; other text is."""
    found = read("Date,AAPL,MSFT\n2024-01-03,1,2\n2024-01-02,,NaN\n2024-01-01,3,0\n")
    day = at("2024-01-03")
    assert [row[:3] for row in found.trades] == [("AAPL", day, 1), ("MSFT", day, 2), ("AAPL", at("2024-01-01"), 3)]
    assert found.complaints == ["f:4: column 'MSFT': '0' is not a price above zero; --allow-negative accepts it"]
    assert (found.report.rows, found.report.symbols) == (3, ["AAPL", "MSFT"])


@pytest.mark.parametrize(
    ("header", "symbols"),
    [
        ("Date,Settle,Volume", ["CL"]),
        ("Date,NAV", ["CL"]),
        ("Date,AAPL,MSFT,Volume", ["AAPL", "MSFT"]),
        ("Date,DGS10", ["DGS10"]),
    ],
)
def test_a_volume_is_no_symbol(header: str, symbols: list[str]) -> None:
    values = ",5" * header.count(",")
    assert read(f"{header}\n2024-01-03{values}\n2024-01-04{values}\n", "CL.csv").report.symbols == symbols


@pytest.mark.parametrize(("header", "told"), [("Date,DGS10", True), ("Date,AAPL,MSFT", False), ("Date,Close", False)])
def test_the_symbol_of_a_lone_column_is_told(header: str, told: bool) -> None:
    """It may be a word for a price that is unknown."""
    values = ",5" * header.count(",")
    notes = read(f"{header}\n2024-01-03{values}\n2024-01-04{values}\n", "CL.csv").report.notes
    assert any("taken from the column's name" in note.text for note in notes) is told


@pytest.mark.parametrize(
    ("name", "told"), [("Volume (K)", True), ("Volume in millions", True), ("Volume", False), ("Volume_(BTC)", False)]
)
def test_a_column_that_counts_thousands_is_told(name: str, told: bool) -> None:
    found = read(f"Date,Open,High,Low,Close,{name}\n2024-01-03,1,2,1,2,12\n", "A.csv")
    assert found.bars[0][6] == 12
    assert any("taken as they stand" in note.text for note in found.report.notes) is told


def test_a_decimal_comma_is_read() -> None:
    """With semicolons as delimiters, points between thousands, and days first."""
    found = read(
        "Datum;Zeit;Kurs;Volumen\n03.01.2024;09:30:00;184,22;1.000\n13.01.2024;09:30:01;1.184,5;5\n", "SAP.csv"
    )
    assert found.trades == [
        ("SAP", at("2024-01-03 09:30"), 184.22, 1000),
        ("SAP", at("2024-01-13 09:30:01"), 1184.5, 5),
    ]


@pytest.mark.parametrize("lines", [1, 2, 3, 100])
def test_blocks_make_no_difference(lines: int) -> None:
    """Line numbers are right for any blocks; header and TAQ's trailer are no rows."""
    content = (
        "Time|Exchange|Symbol|Sale Condition|Trade Volume|Trade Price\n"
        "093000123456789|D|BRK B| FTI|12|362.46\n\n093001000000000|N|A|@|100|x\n"
        "093001000000000|N|A|@|100|138.25\nEND|20240103|2|||\n"
    )
    found = read(content, "EQY_US_ALL_TRADE_20240103.csv", lines=max(lines, 2))
    assert [row[0] for row in found.trades] == ["BRK B", "A"]
    assert found.trades[0][1] == at("2024-01-03 09:30:00.123456789", NEW_YORK)
    assert found.complaints == ["f:4: column 'Trade Price': 'x' is not a price"]
    assert found.report.rows == 3


def test_the_report_has_each_property_and_where_it_comes_from() -> None:
    """Layout, columns, unused columns, zone, date, scale, symbol."""
    report = read("34200000,1849900,100,P,0,0\n", "20240103_ibm_Trade_Tick.csv").report
    assert (report.layout, report.kind, report.delimiter, report.header_line) == ("lean-trades", "trades", ",", None)
    assert report.columns == {"timestamp": "1", "price": "2", "size": "3", "conditions": "5"}
    assert report.ignored == ("4", "6")
    assert (report.time_zone, report.date, report.price_scale, report.symbols) == (NEW_YORK, "2024-01-03", 1e4, ["IBM"])
    assert report.stamp_form == "milliseconds since midnight"
    assert report.how == {"time_zone": "layout", "date": "name", "price_scale": "layout", "symbol": "name"}
    report = read(
        "34200000,1849900,100,P,0,0\n", time_zone="UTC", date="2024-01-03", price_scale=100, symbol="A"
    ).report
    assert set(report.how.values()) == {"option"}
    report = read(f"x\ntimestamp,symbol,price\n{STAMP},A,1\n").report
    assert (report.banner_lines, report.header_line, report.how["time_zone"]) == (1, 2, "file")
    assert read("timestamp,symbol,price\n2024-01-03,A,1\n").report.how["time_zone"] == "assumed"


def test_strict_stops_at_the_first_bad_row() -> None:
    """In the order of lines, not of columns."""
    content = f"timestamp,symbol,price\n{STAMP},A,1\n{STAMP},A,x\nsoon,A,1\n{STAMP},A\n"
    with pytest.raises(FeedError, match=r"^x\.csv:3: column 'price': 'x' is not a price$"):
        read(content, strict=True)
    found = read(content)
    assert found.complaints == [
        "f:3: column 'price': 'x' is not a price",
        "f:4: column 'timestamp': 'soon' is not a timestamp",
        "f:5: 2 fields, not 3",
    ]
    assert found.report.refused == {"not a price": 1, "not a timestamp": 1, "wrong number of fields": 1}


def test_an_empty_file_is_an_error_and_a_header_alone_has_no_rows() -> None:
    for content in ("", "\n\n"):
        with pytest.raises(FeedError, match=r"^x\.csv: the file is empty$"):
            read(content)
    assert read("timestamp,symbol,price\n").report.rows == 0


FRAME = pd.DataFrame(
    {
        "timestamp": pd.to_datetime([START, START + 1], utc=True).as_unit("ns"),
        "symbol": ["A", "B"],
        "price": [184.22, 5.0],
        "size": np.array([100, 5], np.int64),
    }
)
EXPECTED = [("A", START, 184.22, 100), ("B", START + 1, 5, 5)]


@pytest.mark.parametrize(
    "frame",
    [
        FRAME,
        FRAME.assign(timestamp=FRAME["timestamp"].dt.tz_localize(None)),
        FRAME.assign(timestamp=FRAME["timestamp"].dt.tz_convert(NEW_YORK)),
        FRAME.assign(timestamp=[START, START + 1]),
        FRAME.assign(timestamp=["2024-01-03T14:30:00Z", "2024-01-03T14:30:00.000000001Z"]),
        FRAME.assign(symbol=FRAME["symbol"].astype("category")),
        FRAME.assign(symbol=FRAME["symbol"].astype("string"), price=["184.22", "5"]),
        FRAME.assign(size=FRAME["size"].astype("Int64")),
        FRAME.set_index("timestamp"),
        FRAME.set_index(["symbol", "timestamp"]),
        FRAME.rename(columns={"timestamp": "ts_event", "symbol": "ticker", "price": "px"}),
    ],
    ids=["UTC", "naive", "a zone", "ns", "text", "categories", "strings", "nullable", "index", "two indexes", "names"],
)  # fmt: skip
def test_typed_columns_are_read(frame: pd.DataFrame) -> None:
    """Of Parquet, under the same names as columns of text; in tables of any length."""
    for lines in (1, 10):
        found = read(frame, "x.parquet", lines=lines)
        assert found.trades == EXPECTED
        assert found.report.kind == "trades"


def test_rows_of_typed_columns_are_refused_by_their_number() -> None:
    """For a missing timestamp, symbol or price, as in text."""
    frame = pd.DataFrame(
        {
            "timestamp": pd.to_datetime(pd.Series([START, None, START, START], dtype="Int64"), utc=True),
            "symbol": ["A", "A", None, "A"],
            "price": [1.0, 1.0, 1.0, math.nan],
        }
    )
    found = read(frame)
    assert len(found.trades) == 1
    assert found.complaints == [
        "f:2: column 'timestamp': '' is not a timestamp",
        "f:3: column 'symbol': '' is not a symbol",
        "f:4: column 'price': '' is not a price",
    ]


def test_symbols_of_two_files_share_one_table() -> None:
    """Each report has only the symbols of its file."""
    table = SymbolTable(["Z"])
    reports = []
    for name in ("A", "B"):
        reader = Reader(FakeSource(f"timestamp,symbol,price\n{STAMP},{name},1\n{STAMP},Z,1\n"), ReadOptions(), table)
        codes = [code for chunk in reader.chunks() for code in chunk.trades.symbol.tolist()]
        assert codes == [len(table) - 1, 0]
        reports.append(sorted(reader.report.symbols))
    assert reports == [["A", "Z"], ["B", "Z"]]


def test_a_settlement_price_beside_a_bar_is_no_trade() -> None:
    found = read("time,open,high,low,close,settle\n2024-01-03T14:30:00Z,1,2,1,2,1.5\n", "CL.csv")
    assert (len(found.bars), found.trades, found.report.ignored) == (1, [], ("settle",))
