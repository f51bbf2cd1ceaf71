"""Lines of JSON and CSV."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ticker.cli.failure import printable
from ticker.cli.watch.lines import lines
from ticker.client.protocol.symbol_view import Update
from ticker.client.protocol.ticks import Quote, Trade
from ticker.fields import FIELDS


def test_a_json_line_has_changed_and_current_values() -> None:
    """With the names of the Python client's update."""
    update = Update("A", {"last": 1.5, "bid": 1.0, "ts": 9}, {"last": 1.5, "ask": None}, removed=False)
    line = lines("jsonl", "ticker").update(update)
    assert line.endswith(b"\n")
    assert json.loads(line) == {"symbol": "A", "changed": {"last": 1.5, "ask": None}, "last": 1.5, "bid": 1.0, "ts": 9}


def test_a_removed_symbol_has_removed() -> None:
    """Other lines don't have the field."""
    assert json.loads(lines("jsonl", "ticker").update(Update("A", {}, {}, removed=True))) == {
        "symbol": "A",
        "changed": {},
        "removed": True,
    }


def test_a_csv_row_has_every_field() -> None:
    """In the order of the header; missing values are empty, and a name may contain a comma."""
    form = lines("csv", "ticker")
    text = (form.header + form.update(Update("A,B", {"last": 1.5, "ts": 9}, {}, removed=False))).decode()
    (row,) = csv.DictReader(io.StringIO(text))
    assert list(row) == ["symbol", *FIELDS]
    assert {field: value for field, value in row.items() if value} == {"symbol": "A,B", "last": "1.5", "ts": "9"}


def test_a_tick_has_its_fields() -> None:
    """Whole numbers without a point, as in updates; `lost` in JSON only if it is not 0."""
    trade = Trade("A", 9, 1.5, 100.0)
    assert lines("jsonl", "trades").tick("trades", trade) == b'{"symbol":"A","ts":9,"price":1.5,"size":100}\n'
    lossy = Trade("A", 9, 1.5, 100.0, lost=3)
    assert json.loads(lines("jsonl", "trades").tick("trades", lossy))["lost"] == 3
    form = lines("csv", "quotes")
    assert form.header == b"symbol,ts,bid,bid_size,ask,ask_size,lost\n"
    assert form.tick("quotes", Quote("A", 9, None, None, 2.0, 100.0)) == b"A,9,,,2,100,0\n"


def test_a_trade_has_its_conditions_id_and_change() -> None:
    """JSON has only those that there are; CSV has a column each, with conditions separated by blanks."""
    trade = Trade("A", 9, 1.5, 100.0, conditions=("T", "I"), id=7, change="correct")
    assert json.loads(lines("jsonl", "trades").tick("trades", trade)) == {
        "symbol": "A", "ts": 9, "price": 1.5, "size": 100, "conditions": ["T", "I"], "id": 7, "change": "correct",
    }  # fmt: skip
    form = lines("csv", "trades")
    assert form.header == b"symbol,ts,price,size,lost,conditions,id,change\n"
    assert form.tick("trades", trade) == b"A,9,1.5,100,0,T I,7,correct\n"
    assert form.tick("trades", Trade("A", 9, 1.5, 100.0)) == b"A,9,1.5,100,0,,,\n"
    assert b"\x1b" not in form.tick("trades", Trade("A", 9, 1.5, 100.0, conditions=("\x1b[2J",)))


@pytest.mark.parametrize(
    "name", ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n1", " =1", "\N{FULLWIDTH EQUALS SIGN}1"]
)
def test_no_text_is_a_formula_in_a_spreadsheet(name: str) -> None:
    """A quote stands before it, in symbols and conditions. JSON has it unchanged."""
    trade = Trade(name, 9, -1.5, 100.0, conditions=(name,), id=7)
    (row,) = csv.reader(io.StringIO(lines("csv", "trades").tick("trades", trade).decode()))
    assert row == ["'" + printable(name), "9", "-1.5", "100", "0", "'" + printable(name), "7", ""]
    update = Update(name, {"last": -1.5}, {}, removed=False)
    assert lines("csv", "ticker").update(update).decode().startswith(row[0] if "," not in row[0] else '"')
    assert json.loads(lines("jsonl", "trades").tick("trades", trade))["symbol"] == name


def test_no_text_is_a_formula_after_a_semicolon() -> None:
    """Spreadsheets may take semicolons for separators, depending on their settings and language."""
    form = lines("csv", "trades")
    row = form.tick("trades", Trade("A;=1+1;\t@B;C", 9, 1.5, 100.0, conditions=("T", ";=1")))
    assert row == b"A;'=1+1;' @B;C,9,1.5,100,0,T ;'=1,,\n"


def test_other_texts_and_numbers_stay_as_they_are() -> None:
    """Negative prices, and names with such a character inside or after a quote."""
    for name in ("ES=F", "BRK-B", "^GSPC", "'=1", "A@B", "1+1", "A;1", ";"):
        line = lines("csv", "quotes").tick("quotes", Quote(name, 9, -2.0, 1.0, -1.5, 100.0))
        assert line.decode() == f"{name},9,-2,1,-1.5,100,0\n"


def test_control_characters_do_not_reach_a_terminal() -> None:
    """JSON escapes them, CSV replaces them."""
    name = "\x1b[2J"
    assert b"\x1b" not in lines("jsonl", "ticker").update(Update(name, {}, {}, removed=False))
    assert b"\x1b" not in lines("csv", "ticker").update(Update(name, {}, {}, removed=False))
