"""Decimal marks, groups and signs of numbers in whole files."""

from __future__ import annotations

import re
from typing import Any

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.support.fake_source import Found, read
from ticker.errors import FeedError

BARS = "Date,Open,High,Low,Close,Volume\n"
TRADES = "timestamp,price,size\n"


def prices(found: Found) -> list[float]:
    return [row[2] for row in found.trades]


def trades_of(*fields: str, name: str = "X.csv", lines: int = 10**6, **options: Any) -> Found:
    """The trades of rows, each a price and a size."""
    rows = "".join(f"2024-01-03 09:{at // 60:02}:{at % 60:02},{row}\n" for at, row in enumerate(fields))
    return read(TRADES + rows, name, lines=lines, **options)


def test_quoted_decimal_commas_are_read() -> None:
    """In a file separated by commas; a note tells it."""
    found = trades_of('"184,22",5', '"0,144","1,5"')
    assert [row[2:] for row in found.trades] == [(184.22, 5), (0.144, 1.5)]
    assert ("numbers have a decimal comma: '184,22' is 184.22", "--decimal") in [
        (note.text, note.option) for note in found.report.notes
    ]


@pytest.mark.parametrize("lines", [2, 3, 10**6])
def test_a_text_of_any_row_decides_for_its_column(lines: int) -> None:
    """The first rows leave it open."""
    assert prices(trades_of('"144,625",5', *['"144,625",5'] * 300, '"144,6",5', lines=lines))[-2:] == [144.625, 144.6]
    assert prices(trades_of('"1,625",5', *['"1,625",5'] * 300, '"1,700.5",5', lines=lines))[-2:] == [1625, 1700.5]


def test_commas_that_come_late_are_decided_by_all_rows() -> None:
    """Whole numbers before them leave it open; so do points in groups of three, which then are refused."""
    found = trades_of(*["145,5"] * 3, '"144,625",5', '"144,5",7', *["145,5"] * 3, lines=2)
    assert prices(found) == [145, 145, 145, 144.625, 144.5, 145, 145, 145]
    with pytest.raises(
        FeedError, match=r"X\.csv:5: column 'price': '144,5' has a decimal comma, but '144.625' in line"
    ):
        trades_of(*["144.625,5"] * 3, '"144,5",5', *["145,5"] * 3, lines=2)


@pytest.mark.parametrize("lines", [2, 10**6])
def test_prices_that_may_be_two_numbers_are_refused(lines: int) -> None:
    """With the line, the column, the text, both numbers and the option."""
    words = (
        "X.csv:2: column 'price': '144,625' may be 144.625 or 144625, and no row tells which; "
        "use --decimal , or --decimal ."
    )
    with pytest.raises(FeedError, match=f"^{re.escape(words)}$"):
        trades_of('"144,625",5', *['"144,610",7'] * 5, lines=lines)
    assert prices(trades_of('"144,625",5', lines=lines, decimal=",")) == [144.625]
    assert prices(trades_of('"144,625",5', lines=lines, decimal=".")) == [144625]


def test_a_file_beside_it_decides_what_a_file_leaves_open() -> None:
    """If it has the same columns."""
    open_file = '"Date","Price"\n"2024-01-03","144,625"\n'
    telling = '"Date","Price"\n"2024-01-03","184,5"\n'
    assert prices(read(open_file, "USDJPY.csv", beside=[telling])) == [144.625]
    for other in ('"Date","Price"\n"2024-01-03","145,000"\n', '"Day","Price"\n"2024-01-03","184,5"\n'):
        with pytest.raises(FeedError, match=r"^USDJPY\.csv:2: column 'Price': '144,625' may be"):
            read(open_file, "USDJPY.csv", beside=[other])


@pytest.mark.parametrize(("first", "second"), [("184.22", "184,23"), ("184,22", "184.23")])
@pytest.mark.parametrize("lines", [2, 10**6])
def test_a_column_with_points_and_commas_is_refused(first: str, second: str, lines: int) -> None:
    """In any block, with the line and both texts; with the option only the rows of the other form are."""
    rows = [f'"{text}",5' for text in (first, first, first, second, first, first, first)]
    with pytest.raises(FeedError) as caught:
        trades_of(*rows, lines=lines)
    words = str(caught.value)
    assert words.startswith(f"X.csv:5: column 'price': {second!r} has a decimal")
    assert f"{first!r} in line 2" in words
    assert "--decimal ," in words
    found = trades_of(*rows, lines=lines, decimal="," if "," in first else ".")
    assert (len(found.trades), found.complaints) == (6, [f"f:5: column 'price': {second!r} is not a price"])


def test_sizes_with_thousands_are_read_beside_prices_with_points() -> None:
    """Also if no size has two commas, or a fraction."""
    found = trades_of('7164.00,"1,204"', "7165.25,988", '7163.50,"2,310"')
    assert [row[3] for row in found.trades] == [1204, 988, 2310]
    assert not [note for note in found.report.notes if note.option == "--decimal"]


def test_indian_groups_are_thousands() -> None:
    found = read(BARS + '2024-01-05,"1,31,250.00","1,32,100.00","1,30,400.05","1,31,655.45","12,34,567"\n', "MRF.csv")
    assert found.bars[0][2:7] == (131250.0, 132100.0, 130400.05, 131655.45, 1234567)


def test_points_and_semicolons_have_the_marks_that_they_show() -> None:
    """The German form, the English one, Swiss apostrophes, and French spaces."""
    head = "Datum;Kurs;Menge\n"
    for row, expected in (
        ("1.184,5;1.000", (1184.5, 1000)),
        ("1,184.5;1,000", (1184.5, 1000)),
        ("184.5;1", (184.5, 1)),
        ("1.234;5", (1.234, 5)),
        ("144,625;5", (144.625, 5)),
        ("1'184.5;1'000", (1184.5, 1000)),
        ("1\u202f184,5;1\u00a0000", (1184.5, 1000)),
        ("1 184,5;1 000", (1184.5, 1000)),
        ("1184,50 €;5", (1184.5, 5)),
    ):
        assert read(f"{head}2024-01-03;{row}\n", "SAP.csv").trades[0][2:] == expected, row


@pytest.mark.parametrize(
    ("text", "value"),
    [("$174.10", 174.1), ("€174.10", 174.1), ("£ 174.10", 174.1), ("¥174", 174), ("₹174.10", 174.1),
     ("Rs.174.10", 174.1), ("Rs. 174", 174), ("174.10 USD", 174.1), ("USD 174.10", 174.1), ("174.5p", 174.5),
     ("174.5 kr", 174.5),
     ("HK$287.40", 287.4), ("+1.5", 1.5), ("1.2k", 1200), ("3.4M", 3_400_000), ("1.1bn", 1_100_000_000),
     ("1.5 B", 1_500_000_000), ("2 Cr", 20_000_000), ("98.5%", 98.5), ("1.35E-06", 1.35e-6), ("1e-12", 1e-12),
     ("45123456789", 45123456789)],
)  # fmt: skip
def test_prices_may_have_signs(text: str, value: float) -> None:
    """In a row of their own and in a whole column."""
    assert prices(trades_of(f"{text},5")) == [value]
    assert prices(trades_of(*[f'"{text}",5'] * 20, "1,5", '"$1,234.5",5')) == [value] * 20 + [1, 1234.5]


@pytest.mark.parametrize(
    ("text", "value"), [("(1.5)", -1.5), ("($1.50)", -1.5), ("$(1.50)", -1.5), ("\u22121.5", -1.5), ("-$1.50", -1.5)]
)
def test_parentheses_and_minus_signs_are_negative(text: str, value: float) -> None:
    """Which needs an option."""
    assert prices(trades_of(f"{text},5", allow_negative=True)) == [value]
    with_reason = [f"f:2: column 'price': {text!r} is not a price above zero; --allow-negative accepts it"]
    assert trades_of(f"{text},5").complaints == with_reason


def test_units_other_than_the_dollar_are_noted() -> None:
    notes = [note.text for note in trades_of("174.5p,5", "€5,5").report.notes]
    assert {"prices or sizes are written with 'p': taken as they stand"} <= set(notes)
    assert {"prices or sizes are written with '€': taken as they stand"} <= set(notes)


def test_the_dollar_is_noted_beside_another_unit() -> None:
    notes = [note.text for note in trades_of("$5,5", "€5,5").report.notes]
    assert {"prices or sizes are written with '$': taken as they stand"} <= set(notes)
    assert not any("written" in note.text for note in trades_of("$5,5").report.notes)


@pytest.mark.parametrize("text", ["-1", "N/A", "-", "--", "NaN", "null", "n.a.", "\u2014", ""])
def test_a_size_may_be_unknown(text: str) -> None:
    """It is 0; -1 is noted."""
    found = trades_of(f"1.5,{text}", "1.5,7")
    assert [row[3] for row in found.trades] == [0, 7]
    assert ("sizes of -1 are taken as unknown" in [note.text for note in found.report.notes]) == (text == "-1")


def test_a_size_of_minus_one_beside_other_negative_sizes_is_refused() -> None:
    """They may be sales."""
    assert len(trades_of("1.5,-1", "1.5,-7", "1.5,7").complaints) == 2


def test_texts_of_typed_columns_are_read_alike() -> None:
    """Parquet with prices as text."""
    frame = pd.DataFrame(
        {"timestamp": pd.to_datetime(["2024-01-03"] * 2), "symbol": "A", "price": ["144,5", "144,625"]}
    )
    assert prices(read(frame)) == [144.5, 144.625]
    with pytest.raises(FeedError, match=r"may be 144\.625 or 144625"):
        read(frame[1:].reset_index(drop=True))


def test_numbers_of_a_thousand_digits_are_refused_quickly() -> None:
    """The patterns would take minutes for a text of 100,000."""
    assert len(trades_of("1.5,5", "9" * 100_000 + "x,5").complaints) == 1


@pytest.mark.parametrize(
    ("names", "day"),
    [
        ("Datum,Zuletzt,Eröffn.,Hoch,Tief,Vol.,+/- %", "05.01.2024"),
        ("Data,Ultimo,Apertura,Massimo,Minimo,Vol.,Var. %", "2024-01-05"),
        ("Fecha,Último,Apertura,Máximo,Mínimo,Vol.,% var.", "2024-01-05"),
        ("Date,Dernier,Ouv.,Plus Haut,Plus Bas,Vol.,Variation %", "2024-01-05"),
    ],
)
def test_bars_of_other_languages_have_their_decimal_commas(names: str, day: str) -> None:
    """A column that isn't read, the change in percent, shows the mark."""
    header = ",".join(f'"{name}"' for name in names.split(","))
    row = f'"{day}","144,625","144,610","145,975","143,805","1,5K","-0,42%"'
    found = read(f"{header}\n{row}\n", "USDJPY.csv")
    assert [bar[2:7] for bar in found.bars] == [(144.610, 145.975, 143.805, 144.625, 1500)]


def test_a_change_in_percent_is_no_symbol() -> None:
    """In a file with a column per symbol; but yields are prices."""
    assert read("Date,AAPL,Chg\n2024-01-03,184.22,+0.01%\n").report.symbols == ["AAPL"]
    found = read("Date,US2Y,US10Y\n2024-01-03,4.25%,4.05%\n")
    assert [(row[0], row[2]) for row in found.trades] == [("US2Y", 4.25), ("US10Y", 4.05)]


@given(
    base=st.sampled_from([0.0123, 0.5, 1.0945, 9.5, 144.625, 999.5, 1204, 73_200, 1_310_220]),
    factors=st.lists(st.floats(0.8, 1.25), min_size=1, max_size=12),
    places=st.integers(0, 4),
    mark=st.sampled_from([".", ","]),
    grouped=st.booleans(),
    trimmed=st.booleans(),
    lines=st.integers(2, 5),
)
def test_a_price_is_read_as_it_was_written_or_the_file_is_refused(
    base: float, factors: list[float], places: int, mark: str, grouped: bool, trimmed: bool, lines: int
) -> None:
    """In both forms, with and without groups and zeros at the end, in blocks of any size: never wrong by 1,000."""
    values = [max(round(base * factor, places), 10.0**-places) for factor in factors]
    texts = [f"{value:{',' if grouped else ''}.{places}f}" for value in values]
    if trimmed and places:
        texts = [text.rstrip("0").rstrip(".") for text in texts]
    if mark == ",":
        texts = [text.translate(str.maketrans(".,", ",.")) for text in texts]
        # 1.204 alone has a decimal point.
        assume(any("," in text or text.count(".") != 1 for text in texts))
    rows = [f'"{text}",5' for text in texts]
    if not any("," in text for text in texts):
        lines = 10**6  # only the first block tells that points are not what they seem
    try:
        found = prices(trades_of(*rows, lines=lines))
    except FeedError:
        found = prices(trades_of(*rows, lines=lines, decimal=mark))
    assert found == values
