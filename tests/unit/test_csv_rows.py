"""Rows into ticks and bars: what a good row is."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.csv_file import Block
from feeds.csv_layout import Layout, layout_of
from feeds.csv_rows import Bars, read_bars, read_numbers, read_ticks
from feeds.csv_split import split
from feeds.refusals import Refusal
from tests.unit.csv_text import BARS, BOTH, START_NS, START_S, TRADES, QuoteRow, TradeRow, quote_rows, trade_rows
from tests.unit.test_stamps import texts
from ticker.model import SymbolTable, TickBatch, check_batch


def ticks(header: str, *rows: str) -> tuple[list[TradeRow], list[QuoteRow], list[Refusal]]:
    """What ``rows`` are, the first of them on line 2."""
    layout = layout_of(header.split(","))
    table = SymbolTable()
    cut = split(_block(*rows), layout)
    trades, quotes, refused = read_ticks(cut, layout, table)
    batch = TickBatch(table, trades, quotes)
    check_batch(batch)
    return trade_rows([batch]), quote_rows([batch]), cut.refused + refused


def bars(*rows: str) -> tuple[Bars, SymbolTable, list[Refusal]]:
    layout: Layout = layout_of(BARS.split(","))
    table = SymbolTable()
    cut = split(_block(*rows), layout)
    read, refused = read_bars(cut, layout, table)
    return read, table, cut.refused + refused


def _block(*rows: str) -> Block:
    return Block("".join(row + "\n" for row in rows).encode("utf-8", "surrogateescape"), 2, len(rows))


T = str(START_S)


def test_a_row_may_be_a_trade_a_quote_or_both() -> None:
    """What is empty is not there."""
    trades, quotes, refused = ticks(
        BOTH, f"{T},A,10.5,100,,,,", f"{T},B,,,10,11,5,6", f"{T},C,10.5,1,10,11,5,6", f"{T},D,10.5,,10,,5,"
    )
    assert trades == [("A", START_NS, 10.5, 100), ("C", START_NS, 10.5, 1), ("D", START_NS, 10.5, 0)]
    assert quotes == [
        ("B", START_NS, 10, 5, 11, 6),
        ("C", START_NS, 10, 5, 11, 6),
        ("D", START_NS, 10, 5, None, None),
    ]
    assert refused == []


@pytest.mark.parametrize(
    ("sides", "quote"),
    [
        ("10,11,5,6", (10, 5, 11, 6)),
        ("10,,5,", (10, 5, None, None)),
        ("10,0,5,0", (10, 5, None, None)),
        ("0,11,0,6", (None, None, 11, 6)),
        ("0,11,7,6", (None, None, 11, 6)),
        ("0.0,-0,,", (None, None, None, None)),
        (",0,,", (None, None, None, None)),
        ("10,11,,", (10, 0, 11, 0)),
        ("11,10,1,1", (11, 1, 10, 1)),
    ],
)
def test_a_side_without_a_price_is_never_0(sides: str, quote: tuple[float | None, ...]) -> None:
    """0 and empty both mean that there is no price; a quote of two zeros says that both sides are gone."""
    assert ticks(BOTH, f"{T},A,,,{sides}")[1] == [("A", START_NS, *quote)]


def test_a_missing_size_column_is_size_0() -> None:
    """The size is not known; the trade is."""
    assert ticks("timestamp,symbol,price", f"{T},A,10")[0] == [("A", START_NS, 10, 0)]
    assert ticks("timestamp,symbol,bid", f"{T},A,10")[1] == [("A", START_NS, 10, 0, None, None)]


def test_sizes_may_be_fractions_and_identical_rows_are_kept() -> None:
    """Two equal rows are two trades."""
    assert ticks(TRADES, *[f"{T},A,10,0.125"] * 2)[0] == [("A", START_NS, 10, 0.125)] * 2


@pytest.mark.parametrize(
    "name",
    ["NA", "null", "nan", "None", "1e5", "007", "TRUE", "a", "A", "BRK.B", "BTC/USD", "日経", "A B", "=1+1", "#"],
)
def test_a_name_is_just_a_name(name: str) -> None:
    """Symbols are text, kept as they are but for blanks round them."""
    assert ticks(TRADES, f"{T},  {name} ,10,1")[0] == [(name, START_NS, 10, 1)]


def test_only_symbols_of_good_rows_enter_the_table() -> None:
    """A column that is out of place would fill it with rubbish."""
    layout = layout_of(TRADES.split(","))
    table = SymbolTable(["OLD"])
    read_ticks(split(_block(f"{T},BAD,x,1", f"{T},NEW,1,1", f"{T},OLD,1,1"), layout), layout, table)
    assert list(table) == ["OLD", "NEW"]


NOT_A_PRICE = "not a price"
NOT_A_SIZE = "not a size"
NOT_A_STAMP = "not a time stamp"
NOT_A_SYMBOL = "not a symbol"


@pytest.mark.parametrize(
    ("row", "reason", "column", "text"),
    [
        (",A,10,1,,,,", NOT_A_STAMP, "timestamp", "''"),
        ("soon,A,10,1,,,,", NOT_A_STAMP, "timestamp", "'soon'"),
        ("34200.123,A,10,1,,,,", NOT_A_STAMP, "timestamp", "'34200.123'"),
        ("2024-02-30,A,10,1,,,,", NOT_A_STAMP, "timestamp", "'2024-02-30'"),
        ("01/03/2024,A,10,1,,,,", NOT_A_STAMP, "timestamp", "'01/03/2024'"),
        (f"{T},,10,1,,,,", NOT_A_SYMBOL, "symbol", "''"),
        (f"{T},   ,10,1,,,,", NOT_A_SYMBOL, "symbol", "''"),
        (f"{T},*,10,1,,,,", NOT_A_SYMBOL, "symbol", "'*'"),
        (f"{T},A\x1b[2J,10,1,,,,", NOT_A_SYMBOL, "symbol", r"'A\x1b[2J'"),
        (f"{T},A\u200b,10,1,,,,", NOT_A_SYMBOL, "symbol", r"'A\u200b'"),
        (f"{T},caf\udce9,10,1,,,,", NOT_A_SYMBOL, "symbol", r"'caf\udce9'"),
        (f"{T},{'x' * 65},10,1,,,,", NOT_A_SYMBOL, "symbol", repr("x" * 65)),
        (f"{T},{'x' * 500},10,1,,,,", NOT_A_SYMBOL, "symbol", repr("x" * 79 + "…")),
        (f"{T},A,abc,1,,,,", NOT_A_PRICE, "price", "'abc'"),
        (f"{T},A,0,1,,,,", NOT_A_PRICE, "price", "'0'"),
        (f"{T},A,-10,1,,,,", NOT_A_PRICE, "price", "'-10'"),
        (f"{T},A,nan,1,,,,", NOT_A_PRICE, "price", "'nan'"),
        (f"{T},A,NaN,1,10,11,1,1", NOT_A_PRICE, "price", "'NaN'"),
        (f"{T},A,inf,1,,,,", NOT_A_PRICE, "price", "'inf'"),
        (f"{T},A,1e999,1,,,,", NOT_A_PRICE, "price", "'1e999'"),
        (f"{T},A,$10,1,,,,", NOT_A_PRICE, "price", "'$10'"),
        (f'{T},A,"1,000.50",1,,,,', NOT_A_PRICE, "price", "'1,000.50'"),
        (f"{T},A,1_0,1,,,,", NOT_A_PRICE, "price", "'1_0'"),
        (f"{T},A,１０,1,,,,", NOT_A_PRICE, "price", "'１０'"),
        (f"{T},A,0x1p3,1,,,,", NOT_A_PRICE, "price", "'0x1p3'"),
        (f"{T},A,TRUE,1,,,,", NOT_A_PRICE, "price", "'TRUE'"),
        (f"{T},A,null,1,,,,", NOT_A_PRICE, "price", "'null'"),
        (f"{T},A,10\x00,1,,,,", NOT_A_PRICE, "price", r"'10\x00'"),
        (f"{T},A,10,-1,,,,", NOT_A_SIZE, "size", "'-1'"),
        (f"{T},A,10,many,,,,", NOT_A_SIZE, "size", "'many'"),
        (f"{T},A,10,inf,,,,", NOT_A_SIZE, "size", "'inf'"),
        (f"{T},A,10,1K,,,,", NOT_A_SIZE, "size", "'1K'"),
        (f"{T},A,,,-10,11,1,1", NOT_A_PRICE, "bid", "'-10'"),
        (f"{T},A,,,10,x,1,1", NOT_A_PRICE, "ask", "'x'"),
        (f"{T},A,,,10,nan,1,1", NOT_A_PRICE, "ask", "'nan'"),
        (f"{T},A,,,10,11,-1,1", NOT_A_SIZE, "bid_size", "'-1'"),
        (f"{T},A,,,10,11,1,x", NOT_A_SIZE, "ask_size", "'x'"),
        (f"{T},A,10,1,10,11,1,x", NOT_A_SIZE, "ask_size", "'x'"),
        ("x,*,abc,-1,,,,", NOT_A_STAMP, "timestamp", "'x'"),
    ],
)
def test_a_bad_row_is_refused_with_line_column_and_text(row: str, reason: str, column: str, text: str) -> None:
    """The first thing wrong with it is told; the rows beside it are good."""
    good = f"{T},B,10,1,,,,"
    trades, quotes, refused = ticks(BOTH, good, row, good)
    assert trades == [("B", START_NS, 10, 1)] * 2
    assert quotes == []
    assert refused == [Refusal(3, reason, f"column {column!r}: {text} is {reason}")]


@pytest.mark.parametrize("row", [f"{T},A,,,,,,", f"{T},A,,100,,,5,6", f"{T},A, ,, , ,,"])
def test_a_row_that_says_nothing_is_refused(row: str) -> None:
    """Sizes alone are no tick."""
    assert ticks(BOTH, row)[2] == [Refusal(2, "neither a price nor a quote", "neither a price nor a quote")]


def test_complaints_use_the_files_own_names_for_its_columns() -> None:
    """The user looks for PRICE in the file, not for price."""
    (refusal,) = ticks("PRICE,Symbol,TimeStamp", f"x,A,{T}")[2]
    assert refusal.what == "column 'PRICE': 'x' is not a price"


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1, max_size=5))
def test_every_number_is_the_nearest_float(values: list[float]) -> None:
    """17 digits or more are read as Python reads them; a wrong one beside them changes nothing."""
    written = [repr(value) for value in values]
    assert read_numbers(texts(*written)).values.tolist() == values
    spoilt = read_numbers(texts(*written, "x", ""))
    assert spoilt.values[:-2].tolist() == values
    assert spoilt.wrong.tolist() == [False] * len(values) + [True, False]
    assert spoilt.empty.tolist() == [False] * (len(values) + 1) + [True]


def test_bars_are_read_with_their_volume() -> None:
    """Empty or missing volume is 0."""
    read, table, refused = bars(f"{T},A,10,12,9,11,1000.5", f"{T},B,10,10,10,10,")
    assert refused == []
    assert [table[code] for code in read.symbol] == ["A", "B"]
    assert (read.open[0], read.high[0], read.low[0], read.close[0], read.volume.tolist()) == (
        10,
        12,
        9,
        11,
        [1000.5, 0],
    )
    assert read.ts.tolist() == [START_NS] * 2
    assert len(read) == 2


@pytest.mark.parametrize(
    ("row", "what"),
    [
        ("x,A,10,12,9,11,1", "column 'timestamp': 'x' is not a time stamp"),
        (f"{T},*,10,12,9,11,1", "column 'symbol': '*' is not a symbol"),
        (f"{T},A,,,,,1", "a bar without prices"),
        (f"{T},A,10,,9,11,1", "column 'high': '' is not a price"),
        (f"{T},A,null,12,9,11,1", "column 'open': 'null' is not a price"),
        (f"{T},A,10,12,0,11,1", "column 'low': '0' is not a price"),
        (f"{T},A,10,12,9,-11,1", "column 'close': '-11' is not a price"),
        (f"{T},A,10,8,9,11,1", "column 'high': '8' is not the highest price of its bar"),
        (f"{T},A,10,10.5,9,11,1", "column 'high': '10.5' is not the highest price of its bar"),
        (f"{T},A,10,12,10.5,11,1", "column 'low': '10.5' is not the lowest price of its bar"),
        (f"{T},A,10,12,9,11,-1", "column 'volume': '-1' is not a size"),
        (f"{T},A,10,12,9,11,1M", "column 'volume': '1M' is not a size"),
        (f"{T},A,10,12,9,11", "6 fields where the header has 7"),
    ],
)
def test_a_bad_bar_is_refused(row: str, what: str) -> None:
    """Prices that contradict each other are as bad as text."""
    good = f"{T},B,10,12,9,11,1"
    read, table, refused = bars(row, good)
    assert [refusal.what for refusal in refused] == [what]
    assert [refusal.line for refusal in refused] == [2]
    assert (len(read), list(table)) == (1, ["B"])


prices = st.floats(0.0001, 1e6)
sizes = st.floats(0, 1e9)
row_of_trade = st.tuples(st.integers(START_NS, START_NS + 10**15), st.sampled_from(["A", "NA", "b c"]), prices, sizes)


@given(st.lists(row_of_trade, min_size=1, max_size=20), st.data())
def test_random_rows_are_read_as_they_were_written(
    rows: list[tuple[int, str, float, float]], data: st.DataObject
) -> None:
    """Whatever bad rows stand between the good ones, the good ones come out, exactly."""
    bad = st.sampled_from([f"{T},A,x,1", "x,A,1,1", f"{T},*,1,1", f"{T},A,1", "", f'{T},A,1,"', f"{T},A,,"])
    lines: list[str] = []
    for ts, name, price, size in rows:
        lines += data.draw(st.lists(bad, max_size=2))
        lines.append(f"{ts},{name},{price!r},{size!r}")
    trades, _, refused = ticks(TRADES, *lines)
    assert trades == [(name, ts, price, size) for ts, name, price, size in rows]
    assert len(trades) + len(refused) + lines.count("") == len(lines)
    assert not any(math.isnan(price) for _, _, price, _ in trades)
