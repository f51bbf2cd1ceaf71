"""Columns that tell instruments of one symbol apart."""

from __future__ import annotations

import pandas as pd
import pytest

from tests.support.fake_source import read
from tests.support.samples import at
from ticker.errors import FeedError

HEADER = "time,symbol,expiry,strike,right,price,size\n"
WHEN = "2024-01-03T14:30:00Z"


def test_classes_of_shares_are_two_symbols() -> None:
    """Daily TAQ has them in a column of its own; a symbol without one stays as it is."""
    found = read(
        "DATE,TIME_M,SYM_ROOT,SYM_SUFFIX,PRICE,SIZE\n"
        "20240103,9:30:00.1,BRK,A,550000,1\n20240103,9:30:00.2,BRK,B,360,5\n20240103,9:30:00.3,IBM,,160,7\n",
        "taq.csv",
        time_zone="UTC",
    )
    assert [(row[0], row[2]) for row in found.trades] == [("BRK.A", 550_000), ("BRK.B", 360), ("IBM", 160)]
    assert [note.text for note in found.report.notes] == [
        "symbols are joined from the columns 'SYM_ROOT', 'SYM_SUFFIX'"
    ]
    assert "SYM_SUFFIX" not in found.report.ignored


@pytest.mark.parametrize("lines", [2, 100])
def test_contracts_of_one_symbol_are_told_apart(lines: int) -> None:
    found = read(
        f"{HEADER}{WHEN},SPY,2024-01-19,470,C,4.5,1\n{WHEN},SPY,2024-01-19,480,C,1.5,2\n"
        f"{WHEN},SPY,2024-01-19,470,P,3.5,3\n",
        lines=lines + 1,
    )
    assert [row[0] for row in found.trades] == [
        "SPY-2024-01-19-470-C",
        "SPY-2024-01-19-480-C",
        "SPY-2024-01-19-470-P",
    ]


def test_symbols_that_are_contracts_stay_as_they_are() -> None:
    found = read(
        f"{HEADER}{WHEN},SPY240119C00470000,2024-01-19,470,C,4.5,1\n{WHEN},SPY240119C00480000,2024-01-19,480,C,1.5,2\n"
        f"{WHEN},SPY240119C00470000,2024-01-19,470,C,4.6,1\n"
    )
    assert {row[0] for row in found.trades} == {"SPY240119C00470000", "SPY240119C00480000"}
    assert not any("joined" in note.text for note in found.report.notes)


def test_a_second_contract_after_the_first_rows_is_refused() -> None:
    """The symbols of the rows before can't change any more."""
    rows = f"{WHEN},SPY,2024-01-19,470,C,4.5,1\n" * 20 + f"{WHEN},SPY,2024-01-19,480,C,1.5,2\n" * 20
    with pytest.raises(FeedError, match=r"x\.csv:22: column 'strike': '480' is another contract of 'SPY' than '470'"):
        read(HEADER + rows, lines=7)


def test_base_and_quote_are_one_symbol() -> None:
    found = read(f"time,base,quote,price,size\n{WHEN},BTC,USD,45000,1\n{WHEN},BTC,EUR,41000,2\n")
    assert found.trades == [
        ("BTC-USD", at("2024-01-03 14:30"), 45_000, 1),
        ("BTC-EUR", at("2024-01-03 14:30"), 41_000, 2),
    ]


def test_bars_of_contracts_in_a_table() -> None:
    frame = pd.DataFrame(
        {
            "date": pd.to_datetime(["2024-01-03"] * 2),
            "symbol": ["ES", "ES"],
            "expiry": pd.to_datetime(["2024-03-15", "2024-06-21"]),
            **{role: [4780.0, 4830.0] for role in ("open", "high", "low", "close")},
        }
    )
    assert [(bar[0], bar[2]) for bar in read(frame, "x.parquet").bars] == [
        ("ES-2024-03-15", 4780),
        ("ES-2024-06-21", 4830),
    ]


def test_a_column_of_whole_symbols_can_be_named() -> None:
    text = f"time,symbol,expiry,osi,price\n{WHEN},SPY,1,SPYC470,4.5\n{WHEN},SPY,2,SPYC480,1.5\n"
    assert [row[0] for row in read(text, columns={"symbol": "osi"}).trades] == ["SPYC470", "SPYC480"]


def test_files_without_a_symbol_column_are_not_concerned() -> None:
    assert read(f"time,strike,price\n{WHEN},470,4.5\n", "SPY.csv").trades[0][0] == "SPY"


BARS = "Date,Symbol,Exchange,Open,High,Low,Close\n"


def test_bars_of_two_exchanges_are_told_apart() -> None:
    """Only if a symbol has several bars at one time: a stock may move to another exchange."""
    rows = "".join(
        f"2024-01-0{day},BHP,{name},{price},{price},{price},{price}\n"
        for day in (3, 4)
        for name, price in (("ASX", 40), ("LSE", 25))
    )
    found = read(BARS + rows)
    assert [(bar[0], bar[2]) for bar in found.bars] == [("BHP-ASX", 40), ("BHP-LSE", 25)] * 2
    found = read(f"{BARS}2024-01-03,BHP,ASX,1,1,1,1\n2024-01-04,BHP,LSE,1,1,1,1\n")
    assert [bar[0] for bar in found.bars] == ["BHP", "BHP"]


def test_prices_in_two_currencies_are_two_symbols() -> None:
    found = read(f"time,symbol,currency,price\n{WHEN},BHP,AUD,40\n{WHEN},BHP,GBP,25\n")
    assert [row[0] for row in found.trades] == ["BHP-AUD", "BHP-GBP"]
    found = read(f"time,symbol,currency,price\n{WHEN},BHP,AUD,40\n{WHEN},SHEL,GBP,25\n")
    assert [row[0] for row in found.trades] == ["BHP", "SHEL"]


def test_trades_of_several_venues_are_of_one_symbol() -> None:
    found = read(f"time,symbol,exchange,price\n{WHEN},IBM,N,160\n{WHEN},IBM,Q,160.01\n")
    assert [row[0] for row in found.trades] == ["IBM", "IBM"]
