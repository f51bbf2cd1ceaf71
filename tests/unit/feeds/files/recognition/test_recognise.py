"""Recognition of layouts by header and by rows."""

from __future__ import annotations

import pytest

from feeds.files.layouts.catalog import layout_names
from feeds.files.layouts.headerless import HEADERLESS
from feeds.files.options import ReadOptions
from feeds.files.recognition.shapes import has_shape
from feeds.files.validate import validate
from tests.support.fake_source import read
from ticker.errors import FeedError, OptionError

#: Rows as vendors write them, without a header: some of each kind that could be taken for another.
ROWS: dict[str, list[str]] = {
    "binance-klines": [
        "1704292200000,45015.3,45020.0,45010.1,45012.5,12.5,1704292259999,562656.25,120,6.1,274000.5,0",
        "1735914600000000,1,2,1,2,5,1735914659999999,9,3,1,1,0",
        "1704292200000,1,2,1,2,0,1704292259999,0,0,0,0,0",
    ],
    "binance-trades": [
        "3335990001,45015.31,0.00044,19.8,1704292200123,True,True",
        "1,1,1,1,1735914600123456,false,true",
        "5,1,2,3,1704292200123,true",
    ],
    "binance-agg-trades": ["26129,0.01633102,4.70443515,27781,27781,1704292200123,true,true"],
    "lean-quotes": ["14400833,1825700,300,0,0,P,1,0", "34200000,0,0,1,1,Q,,1", "0,0,0,1940000,100,,0,0"],
    "lean-trades": ["29475725,1849900,100,P,20002020,0", "34200000,1,1,,0,1", "34200000,5853300,18,D,,0"],
    "lobster": [
        "34200.004241176,1,16113575,18,5853300,1",
        "34200.01746,5,0,1,5853200,-1",
        "34200,4,16113584,100,5853800,-1",
        "36000.5,7,0,0,-1,-1",
    ],
    "lean-bars": ["14400000,1674100,1674100,1672500,1672700,3197", "0,1,1,1,1,0", "34200000,1,2,1,2,1"],
    "lean-daily": ["20140403 00:00,5733900,5883000,5660200,5715000,3966397"],
    "lean-quote-bars": ["34200000,1,2,1,2,5,1.1,2.1,1.1,2.1,7", "0,,,,,0,6,7,6,7,10"],
    "lean-quote-daily": ["20140403 00:00,1,2,1,2,5,1.1,2.1,1.1,2.1,7"],
    "firstrate": ["2024-07-03 09:30:00,184.2,184.3,184,184.1,1000", "2024-07-03,1,2,1,2,5", "2024-07-03,1,2,1,2"],
    "kibot": ["07/03/2024,09:30,184.2,184.3,184,184.1,1000"],
    "kibot-ticks": ["07/03/2024,09:30:01,184.2,184.1,184.3,100"],
    "kibot-daily": ["07/03/2024,184.2,184.3,184,184.1,1000"],
    "histdata-bars": ["20240703 170000;1.10427;1.1043;1.1042;1.10429;0"],
    "histdata-ticks": ["20240703 093000123,1.0925,1.0926,0"],
    "ninjatrader-ticks": ["20240103 093000 1230000;4745.25;4745.00;4745.25;3"],
}  # fmt: skip


#: Names of files, as the vendors give them, of layouts that are not recognised by their rows alone.
NAMES = {
    "firstrate": "AAPL_full_1min_adjsplitdiv.txt",
    "kibot": "kibot/AAPL.txt",
    "kibot-ticks": "kibot/AAPL.txt",
    "kibot-daily": "AAPL_kibot.txt",
    "histdata-bars": "DAT_ASCII_EURUSD_M1_2024.csv",
    "histdata-ticks": "DAT_ASCII_EURUSD_T_202407.csv",
}


def test_each_layout_without_a_header_has_sample_rows_here() -> None:
    """A new layout must be distinguished from all others."""
    assert ROWS.keys() == {layout.name for layout in HEADERLESS}


@pytest.mark.parametrize("name", ROWS)
def test_rows_match_one_layout_only(name: str) -> None:
    """A file without a header is never taken for another vendor's."""
    for row in ROWS[name]:
        fields = row.replace(";", ",").split(",")
        assert [layout.name for layout in HEADERLESS if has_shape(layout, [fields])] == [name], row


@pytest.mark.parametrize("name", ROWS)
def test_a_file_without_a_header_is_recognised(name: str) -> None:
    """Also by a single row; the report numbers its columns."""
    for row in ROWS[name]:
        found = read(row + "\n", NAMES.get(name, "20240103_aapl.csv"))
        assert found.report.layout == name
        assert found.report.header_line is None
        assert all(column.isdecimal() for column in found.report.columns.values())


def test_a_layout_is_recognised_despite_bad_rows() -> None:
    """As long as most rows match."""
    rows = ["34200000,1849900,100,P,0,0", "34200000,x,100,P,0,0", "34200001,1849900,100,P,0,0"]
    report = read("\n".join(rows) + "\n", "20240103_ibm_trade.csv").report
    assert (report.layout, report.trades, report.refused) == ("lean-trades", 2, {"not a price": 1})


@pytest.mark.parametrize("name", ["firstrate", "kibot", "kibot-daily", "histdata-bars"])
def test_bars_that_any_program_may_write_are_of_no_vendor(name: str) -> None:
    """Without the vendor's name in theirs, in UTC, which is noted."""
    for row in ROWS[name]:
        report = read(row + "\n", "AAPL.csv").report
        assert (report.layout, report.bars, report.time_zone) == ("bars", 1, "UTC")
        assert "no zone in the file: taken as UTC" in [note.text for note in report.notes]


def test_columns_in_another_order_are_no_bars() -> None:
    """Close, low, open, high."""
    with pytest.raises(FeedError, match="no header"):
        read("2024-07-03 09:30:00,184.1,184,184.2,184.3,1000\n")


@pytest.mark.parametrize(
    "rows",
    [
        "2024-01-03T14:30:00Z,AAPL,184.22,100\n",
        "1,2,3\n4,5,6\n",
        "34200000,184.22,100\n",
        "1704292200000,1,1.5,2,0.5,5\n",
    ],
)
def test_unknown_rows_are_an_error_that_names_the_options(rows: str) -> None:
    """And shows the first line."""
    with pytest.raises(FeedError, match=r"^x\.csv: .*no header.*--layout.*--columns") as caught:
        read(rows)
    assert rows.splitlines()[0] in str(caught.value)


def test_columns_without_a_header_go_by_number() -> None:
    """From 1."""
    columns = {"timestamp": "1", "symbol": "2", "price": "3", "size": "4"}
    found = read("2024-01-03T14:30:00Z,AAPL,184.22,100\n", columns=columns)
    assert found.trades == [("AAPL", 1_704_292_200 * 10**9, 184.22, 100)]
    assert found.report.columns == columns


def test_columns_of_the_option_override_the_usual_ones() -> None:
    """Also in a vendor's layout; names match in any case."""
    found = read("timestamp,symbol,price,px,size\n2024-01-03,A,1,2,3\n", columns={"price": "PX"})
    assert found.trades[0][2:] == (2, 3)
    found = read(
        "Date,Open,High,Low,Close,Adj Close,Volume\n2024-01-03,1,3,1,2,2.5,9\n", columns={"close": "Adj Close"}
    )
    assert found.bars[0][2:6] == (1, 3, 1, 2.5)


@pytest.mark.parametrize(
    ("header", "words"),
    [
        ("price,symbol,size", "timestamp"),
        ("timestamp,symbol,size", "price"),
        ("open,high,low,close,adjusted close,volume,dividend amount", "timestamp"),
        ("timestamp,symbol,open,high,low", "close"),
        ("timestamp,symbol,price,price", "'price' twice"),
    ],
)
def test_an_incomplete_header_is_an_error_that_names_what_is_missing(header: str, words: str) -> None:
    with pytest.raises(FeedError, match=f"^x.csv: .*{words}"):
        read(header + "\n" + ",".join(["2024-01-03", *map(str, range(1, header.count(",") + 1))]) + "\n")


@pytest.mark.parametrize(
    ("header", "row", "kind", "layout"),
    [
        ("TimeStamp,Symbol,PRICE,Size", "2024-01-03,A,1,2", "trades", "trades"),
        ("time,sym,last,qty", "2024-01-03,A,1,2", "trades", "trades"),
        ("datetime,ticker,bid,ask", "2024-01-03,A,1,2", "quotes", "quotes"),
        ("ts,s,price,size,bid,ask,bid_size,ask_size", "1704292200,A,1,2,1,2,1,2", "ticks", "ticks"),
        ("t,o,h,l,c,v", "1704292200000,1,2,1,2,5", "bars", "bars"),
        ("Date,Close", "2024-01-03,1", "trades", "trades"),
        ("Date,Open,High,Low,Last,Volume", "2024-01-03,1,2,1,2,9", "bars", "bars"),
        ("timestamp,open,high,low,close,volume", "1704292200,1,2,1,2,5", "bars", "bars"),
        ("timestamp,open,high,low,close,volume", "2024-01-03 09:30:00,1,2,1,2,5", "bars", "bars"),
        ("Date,LOW,MSFT", "2024-01-03,1,2", "trades", "wide"),
        (",AAPL,MSFT", "2024-01-03,1,2", "trades", "wide"),
        ("Date,AAPL.Close,MSFT.Close", "2024-01-03,1,2", "trades", "wide"),
        ("Date,Open_A,High_A,Low_A,Close_A", "2024-01-03,1,2,1,2", "bars", "wide-bars"),
        ("Ticker,Date,Open,High,Low,Close,Volume,Adj Close", "A,2024-01-03,1,2,1,2,5,2", "bars", "yahoo"),
    ],
)
def test_columns_are_found_by_their_usual_names(header: str, row: str, kind: str, layout: str) -> None:
    """In any order and case."""
    report = read(f"{header}\n{row}\n").report
    assert (report.kind, report.layout) == (kind, layout)
    assert not report.refused


def test_the_layout_can_be_given() -> None:
    assert read("34200000,1,2,1,2,5.5,\n", "20240103_a.csv", layout="lean-bars").report.bars == 1
    with pytest.raises(FeedError, match="'kibot' has 7 columns"):
        read("2024-01-03,1\n", layout="kibot")
    with pytest.raises(FeedError, match="'yahoo' have a header"):
        read("2024-01-03,1\n", layout="yahoo")
    with pytest.raises(FeedError, match="'kaggle' needs"):
        read("date,price\n2024-01-03,1\n", layout="kaggle")
    assert read("symbol,date,price\nA,2024-01-03,1\n", layout="trades").report.layout == "trades"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (ReadOptions(layout="nonsense"), "'nonsense'.*alpaca-bars.*zipline"),
        (ReadOptions(columns={"prize": "x"}), "'prize'.*price"),
        (ReadOptions(time_zone="Mars/Olympus"), "Mars/Olympus"),
        (ReadOptions(price_scale=0), "above 0"),
        (ReadOptions(price_scale=float("inf")), "above 0"),
        (ReadOptions(date="2024-02-30"), "2024-02-30"),
        (ReadOptions(date="20240203"), "20240203"),
        (ReadOptions(symbol="*"), "wildcard"),
    ],
)
def test_an_invalid_option_is_an_error_that_names_it(options: ReadOptions, words: str) -> None:
    with pytest.raises(OptionError, match=f"^--.*{words}"):
        validate(options)


def test_layouts_have_names_that_a_user_can_type() -> None:
    """Lower-case letters, digits and hyphens."""
    assert len(layout_names()) > 30
    assert all(name.replace("-", "").isalnum() and name.islower() for name in layout_names())


@pytest.mark.parametrize(
    ("header", "symbols"),
    [
        ("Date,C,V", ["C", "V"]),  # Citigroup and Visa
        ("Date,A,B,HD", ["A", "B", "HD"]),
        ("Date,T,V,C", ["T", "V", "C"]),
        ("Datetime,F,T,GE", ["F", "T", "GE"]),
    ],
)
def test_single_letters_may_be_symbols(header: str, symbols: list[str]) -> None:
    """One column per symbol, though some letters are roles elsewhere."""
    found = read(f"{header}\n2024-01-03{',10' * len(symbols)}\n2024-01-04{',11' * len(symbols)}\n")
    assert found.report.layout == "wide"
    assert found.report.symbols == symbols


@pytest.mark.parametrize(
    ("text", "layout"),
    [
        ("Date,O,H,L,C,V\n2024-01-03,1,2,1,2,5\n", "bars"),
        ("Time,P,Q\n2024-01-03 09:30:00,1,2\n", "trades"),
        ("T,B,A\n2024-01-03 09:30:00,1,2\n", "quotes"),
        ("t,c,v\n2024-01-03,1,2\n", "trades"),
    ],
)
def test_single_letters_may_be_roles(text: str, layout: str) -> None:
    """The usual abbreviations."""
    assert read(text).report.layout == layout


@pytest.mark.parametrize("more", ["Adj Close,Volume", "Volume,dividend,split"])
def test_a_time_column_beside_the_date_belongs_to_it(more: str) -> None:
    """Even if the vendor's daily files have none."""
    rows = "".join(f"2024-01-03,09:3{minute}:00,1,2,1,2{',5' * len(more.split(','))}\n" for minute in (0, 1))
    found = read(f"Date,Time,Open,High,Low,Close,{more}\n{rows}", "x.csv", time_zone="UTC")
    starts = [bar[1] for bar in found.bars]
    assert starts == [1_704_274_200_000_000_000, 1_704_274_260_000_000_000]
