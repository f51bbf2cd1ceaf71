"""Parquet: columns that are not needed are not read, and small files that unpack to gigabytes are an error."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from pyarrow import parquet

from feeds.files.sources.opening import open_sources
from feeds.files.sources.parquet_pages import groups, pages
from tests.support.published import published
from ticker.errors import FeedError

START_MS = 1_704_292_200_000
LONG = "x" * 20_000_000
#: Reads a file as the replay does, and prints the error and the peak of memory in MiB.
READ = """
import sys
from feeds.files.loading import load
from feeds.files.options import ReadOptions
from ticker.errors import FeedError
try:
    load(sys.argv[1:], ReadOptions()).close()
except FeedError as error:
    print(error)
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(int(peak.split()[1]) >> 10)
"""


def table(rows: int, symbol: Any = None, **more: Any) -> pa.Table:
    columns = {"timestamp": pa.array(range(START_MS, START_MS + rows)), "price": [1.5] * rows, "size": [1] * rows}
    return pa.table({**columns, "symbol": ["A"] * rows if symbol is None else symbol, **more})


def repeated(rows: int) -> pa.DictionaryArray:
    return pa.DictionaryArray.from_arrays(pa.array([0] * rows, pa.int32()), pa.array([LONG]))


def write(path: Path, content: pa.Table, **options: Any) -> Path:
    parquet.write_table(content, path, compression="zstd", **options)
    return path


needs_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="needs /proc")


def read_apart(path: Path) -> tuple[str, int]:
    """The error of a replay of this file in a process of its own, or "", and its peak of memory in MiB."""
    done = subprocess.run([sys.executable, "-c", READ, str(path)], capture_output=True, text=True, check=True)
    *error, peak = done.stdout.splitlines()
    return "\n".join(error), int(peak)


@needs_proc
def test_a_text_repeated_in_many_rows_is_one_line_of_error_in_bounded_memory(tmp_path: Path) -> None:
    """40 GB as rows. Importing pandas and pyarrow needs a third of the 400 MiB."""
    path = write(tmp_path / "a.parquet", table(2000, repeated(2000)))
    assert path.stat().st_size < 100_000
    error, peak = read_apart(path)
    assert error == f"{path}: the column 'symbol' has a text of 20,000,000 bytes; the limit is 65,536"
    assert peak < 400


@needs_proc
def test_texts_that_share_their_beginning_are_read_few_at_a_time(tmp_path: Path) -> None:
    """A page of one text's size decodes to 500 MB."""
    encoding = {"symbol": "DELTA_BYTE_ARRAY"}
    content = table(100, [LONG[:5_000_000]] * 100)
    path = write(
        tmp_path / "a.parquet", content, use_dictionary=False, column_encoding=encoding, write_statistics=False
    )
    error, peak = read_apart(path)
    assert error == f"{path}: the column 'symbol' has a text of 5,000,000 bytes; the limit is 65,536"
    assert peak < 400


def test_pages_that_are_too_large_together_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By their sizes, before they are decompressed."""
    monkeypatch.setattr("feeds.files.sources.parquet.MAX_PAGES_BYTES", 4 << 20)
    path = write(tmp_path / "a.parquet", table(4, [LONG[:2_000_000]] * 4), use_dictionary=False)
    with pytest.raises(FeedError, match="its columns need more than 4 MiB of memory; write it with smaller pages"):
        published([path])


def test_too_many_columns_are_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("feeds.files.sources.parquet.MAX_COLUMNS", 4)
    path = write(tmp_path / "a.parquet", table(1, more=[1]))
    with pytest.raises(FeedError, match=r"a\.parquet: has 5 columns; the limit is 4$"):
        published([path])


@needs_proc
def test_columns_that_are_not_needed_are_not_read(tmp_path: Path) -> None:
    """A long text in another column, or in a list, is no fault."""
    lists = pa.array([[LONG], *[[]] * 1999])
    path = write(tmp_path / "a.parquet", table(2000, comment=repeated(2000), parts=lists))
    error, peak = read_apart(path)
    assert (error, peak < 400) == ("", True)
    assert published([path]).reports[0].trades == 2000


@pytest.mark.parametrize(
    "options",
    [
        {"use_dictionary": False, "column_encoding": {"symbol": "DELTA_BYTE_ARRAY"}},
        {"use_dictionary": False, "column_encoding": {"symbol": "DELTA_LENGTH_BYTE_ARRAY"}},
        {"data_page_version": "2.0", "write_page_index": True},
        {"row_group_size": 7},
        {"use_dictionary": False, "write_statistics": False},
    ],
)
@pytest.mark.parametrize("kind", [pa.string(), pa.large_string(), pa.binary(), pa.dictionary(pa.int8(), pa.string())])
def test_texts_are_read_in_any_encoding(options: dict[str, Any], kind: pa.DataType, tmp_path: Path) -> None:
    names = pa.array(["AAPL", "", None, "MSFT"] * 10).cast(kind)
    if pa.types.is_dictionary(kind):
        options = {name: value for name, value in options.items() if name != "column_encoding"}
    found = published([write(tmp_path / "a.parquet", table(40, names), **options)])
    assert [row[0] for row in found.trades] == ["AAPL", "MSFT"] * 10
    assert found.report.refused == {"not a symbol": 20}


def test_the_sizes_of_pages_are_those_of_the_footer(tmp_path: Path) -> None:
    """Their sum and that of the headers is the column's size; long statistics belong to a header."""
    names = [f"{number:06}" * 100 for number in range(5000)]
    path = write(
        tmp_path / "a.parquet", table(5000, names), data_page_size=10_000, write_batch_size=10, use_dictionary=False
    )
    column = parquet.ParquetFile(path).metadata.row_group(0).column(3)
    with path.open("rb") as file:
        (group,) = groups(file)
        chunk = group.chunks[3]
        found = list(pages(file, chunk.start, chunk.length))
    assert (chunk.path, chunk.start, chunk.length) == (
        "symbol",
        column.data_page_offset,
        column.total_compressed_size,
    )
    assert (group.rows, chunk.values) == (5000, 5000)
    sizes = [page.size for page in found]
    assert sum(page.values for page in found) == 5000
    assert len(sizes) > 100
    assert 3_000_000 < sum(sizes) <= column.total_uncompressed_size


def test_a_damaged_page_header_is_an_error_that_names_the_file(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(1000))
    data = bytearray(path.read_bytes())
    column = parquet.ParquetFile(path).metadata.row_group(0).column(0)
    data[column.dictionary_page_offset] = 0x5F
    path.write_bytes(bytes(data))
    with pytest.raises(FeedError, match=r"a\.parquet: the Parquet file is damaged"):
        published([path])


def test_lists_of_texts_or_integers_are_texts(tmp_path: Path) -> None:
    """Sale conditions come as lists."""
    lists = {"conditions": pa.array([["@", "T"], []]), "ids": pa.array([[12, 37], None])}
    (source,) = open_sources([str(write(tmp_path / "a.parquet", table(2, **lists)))])
    for part in (source.head(), *source.tables()):
        assert part.frame["conditions"].tolist() == ["@,T", ""]
        assert part.frame["ids"].fillna("").tolist() == ["12,37", ""]


def test_long_texts_in_lists_are_refused(tmp_path: Path) -> None:
    """Two thousand lists of one text of 100 KB take 100 KB in the file."""
    lists = pa.array([["x" * 100_000]] * 2000)
    (source,) = open_sources([str(write(tmp_path / "a.parquet", table(2000, conditions=lists)))])
    assert set(source.head().frame["conditions"]) == {""}
    with pytest.raises(FeedError, match="column 'conditions' has lists of 2,000 texts of up to 100,000"):
        list(source.tables())


def test_only_columns_of_single_values_are_seen(tmp_path: Path) -> None:
    path = write(tmp_path / "a.parquet", table(2, parts=pa.array([[1.5], [2.5]])))
    (source,) = open_sources([str(path)])
    assert list(source.head().frame.columns) == ["timestamp", "price", "size", "symbol"]
    (rows,) = source.tables([1])
    assert (list(rows.frame.columns), rows.places) == (["price"], (1,))
    with pytest.raises(FeedError, match="has no column of single values"):
        published([write(tmp_path / "b.parquet", pa.table({"a": pa.array([[1.5]])}))])


def test_an_index_without_a_name_may_be_the_timestamp(tmp_path: Path) -> None:
    path = tmp_path / "AAPL.parquet"
    index = pd.to_datetime(["2024-01-03", "2024-01-04"])
    pd.DataFrame({"close": np.array([1.5, 2.5])}, index=index).to_parquet(path)
    assert [row[2] for row in published([path]).trades] == [1.5, 2.5]


def test_long_lists_are_left_out_and_short_ones_are_texts(tmp_path: Path) -> None:
    """A column of sale conditions has up to four; a list of billions of equal values has a few bytes."""
    more = {"conditions": pa.array([["@", "T"], []]), "levels": pa.array([list(range(100)), []])}
    (source,) = open_sources([str(write(tmp_path / "a.parquet", table(2, **more)))])
    assert list(source.head().frame.columns) == ["timestamp", "price", "size", "symbol", "conditions"]
    (rows,) = source.tables([4])
    assert list(rows.frame["conditions"]) == ["@,T", ""]


@pytest.mark.parametrize("seed", range(8))
def test_a_damaged_file_is_an_error_that_names_it(seed: int, tmp_path: Path) -> None:
    """Bytes of data, page headers and footer are changed; what can still be read is."""
    path = write(tmp_path / "a.parquet", table(300, conditions=pa.array([["@", "T"]] * 300)))
    whole = path.read_bytes()
    random = np.random.default_rng(seed)
    errors = []
    for _ in range(25):
        data = bytearray(whole)
        for place in random.integers(4, len(data) - 8, random.integers(1, 4)):
            data[place] = random.integers(0, 256)
        path.write_bytes(bytes(data))
        with contextlib.suppress(UnchangedError):
            errors.append(str(error_of(path)))
    assert errors
    assert all(error.startswith(str(path)) for error in errors)


class UnchangedError(Exception):
    """The file can still be read."""


def error_of(path: Path) -> FeedError:
    try:
        published([path])
    except FeedError as error:
        return error
    raise UnchangedError
