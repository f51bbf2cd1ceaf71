"""Columns with the same name: one is read if their values are equal, otherwise the file is refused."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.support.fake_source import read
from tests.support.published import published
from ticker.errors import FeedError

STAMP = "2024-01-03T14:30:00Z"


def rows(*pairs: tuple[str, str]) -> str:
    return "timestamp,symbol,price,size,price\n" + "".join(f"{STAMP},A,{one},5,{two}\n" for one, two in pairs)


def test_equal_columns_are_read_once_and_told() -> None:
    found = read(rows(("1.5", "1.5"), ("1.6", "1.6"), ("x", "x")))
    assert [row[2] for row in found.trades] == [1.5, 1.6]
    assert found.complaints == ["f:4: column 'price': 'x' is not a price"]
    told = "the column 'price' stands twice, with the same values: one is read"
    assert [(note.text, note.option) for note in found.report.notes if "twice" in note.text] == [(told, "--columns")]


@pytest.mark.parametrize("lines", [1, 3, 1000])
def test_columns_that_differ_are_an_error_that_names_the_row_and_both(lines: int) -> None:
    """In the first rows or much later."""
    with pytest.raises(FeedError, match=r"'price' twice, as columns 3 and 5, with different values; name one by its"):
        read(rows(("1.5", "1.6")))
    with pytest.raises(FeedError, match=r"^x\.csv:302: '1\.7' and '1\.8': the header has the column 'price' twice"):
        read(rows(*[("1.5", "1.5")] * 300, ("1.7", "1.8")), lines=lines + 1)


def test_a_column_named_by_its_number_needs_no_equal() -> None:
    content = rows(("1.5", "1.6"))
    assert [row[2] for row in read(content, columns={"price": "5"}).trades] == [1.6]
    assert [row[2] for row in read(content, columns={"price": "3"}).trades] == [1.5]


@pytest.mark.parametrize("role", ["timestamp", "symbol"])
def test_timestamps_and_symbols_may_stand_twice(role: str) -> None:
    header = f"timestamp,symbol,price,{role}\n"
    again = {"timestamp": STAMP, "symbol": "A"}[role]
    assert len(read(f"{header}{STAMP},A,1,{again}\n").trades) == 1
    with pytest.raises(FeedError, match=f"'{role}' twice"):
        read(f"{header}{STAMP},A,1,{again}\n{STAMP},A,1,2024-01-04T00:00:00Z\n")


def test_a_column_of_a_symbol_may_stand_twice() -> None:
    found = read("Date,AAPL,MSFT,AAPL\n2024-01-03,1,2,1\n2024-01-04,,2,\n")
    assert [row[:1] + row[2:3] for row in found.trades] == [("AAPL", 1), ("MSFT", 2), ("MSFT", 2)]
    with pytest.raises(FeedError, match="'AAPL' twice"):
        read("Date,AAPL,MSFT,AAPL\n2024-01-03,1,2,3\n")


def test_parquet_may_have_equal_columns(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    names = ["timestamp", "price", "symbol", "price"]
    parquet.write_table(pa.table([[1704292200000], [1.5], ["A"], [1.5]], names=names), path)
    assert [row[2] for row in published([path]).trades] == [1.5]
    parquet.write_table(pa.table([[1704292200000], [1.5], ["A"], [2.5]], names=names), path)
    with pytest.raises(FeedError, match=r"a\.parquet: the header has the column 'price' twice"):
        published([path])


def test_other_columns_may_have_the_same_name() -> None:
    assert len(read("timestamp,symbol,price,note,note\n" + f"{STAMP},A,1,x,y\n").trades) == 1


def test_frames_may_have_equal_columns() -> None:
    frame = pd.DataFrame([[STAMP, "A", 1.5, 1.5]], columns=["timestamp", "symbol", "price", "price"])
    assert [row[2] for row in read(frame).trades] == [1.5]
