"""Sources of typed columns: Parquet, read in batches of rows and in bounded memory.

What a file of a few kilobytes may unpack to is known before it is decoded: by the sizes of its pages, and then by the
lengths of its texts, which are read as dictionaries. Only the columns that are needed are read.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from feeds.files.sources.errors import reading_errors
from feeds.files.sources.parquet_pages import DELTA_BEGINNINGS, DELTA_LENGTHS, Group, groups, pages
from feeds.files.sources.source import Source, Table
from ticker.errors import FeedError, install_hint

if TYPE_CHECKING:
    import pandas as pd

_ROWS: Final = 65_536
_HEAD_ROWS: Final = 200
#: Values in a batch: files with one column per symbol have thousands of columns.
_VALUES: Final = 1 << 22
_BUFFER_BYTES: Final = 1 << 20
_BATCH_BYTES: Final = 64 << 20
MAX_COLUMNS: Final = 20_000
#: The largest pages of all columns that are read at once, decompressed.
MAX_PAGES_BYTES: Final = 512 << 20
MAX_TEXT_BYTES: Final = 1 << 16
#: Values in a list, on average: a few bytes may stand for billions of equal ones.
MAX_LISTED: Final = 32
#: The name that pandas gives to an index without a name.
_INDEX: Final = "__index_level_"


class ParquetSource(Source):
    """A Parquet file. Reading it imports pyarrow."""

    is_table = True
    _groups: Sequence[Group] = ()

    def head(self) -> Table:
        """The first rows of all columns. Texts that are too long are empty: their column may not be needed."""
        with self._opened() as file:
            flat = _flat(file, self._groups)
            if not flat:
                raise FeedError(f"{self.name}: has no column of single values, only nested ones")
            batch = next(self._batches(file, flat, _HEAD_ROWS), None)
            if batch is None:
                batch = file.schema_arrow.empty_table().select(flat)
            return Table(self._frame(batch, strict=False), 1)

    def tables(self, places: Collection[int] | None = None) -> Iterator[Table]:
        row = 1
        with self._opened() as file:
            rows: int = max(1, file.metadata.num_rows)
            flat = _flat(file, self._groups)
            names = {file.schema_arrow[flat[place]].name for place in (range(len(flat)) if places is None else places)}
            # Columns that share a name are read together.
            mine = [place for place, at in enumerate(flat) if file.schema_arrow[at].name in names]
            for batch in self._batches(file, [flat[place] for place in mine], _ROWS):
                yield Table(self._frame(batch, strict=True), row, tuple(mine))
                row += batch.num_rows
                self._done_bytes = self.size_bytes * min(row, rows) // rows

    @contextmanager
    def _opened(self) -> Iterator[Any]:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            text = f"is Parquet, which needs the package pyarrow; install it with: {install_hint('files')}"
            raise FeedError(f"{self.name}: {text}") from None
        with reading_errors(self.name):
            try:
                with self._file.open("rb") as raw:
                    self._groups = groups(raw)
                with parquet.ParquetFile(self._file) as file:
                    if len(file.schema_arrow) > MAX_COLUMNS:
                        count = f"{len(file.schema_arrow):,} columns; the limit is {MAX_COLUMNS:,}"
                        raise FeedError(f"{self.name}: has {count}")
                    names = {field.name for field in file.schema_arrow if _is_text(_item(field.type))}
                    paths = {file.schema.column(at).path for at in range(len(file.schema))}
                    texts = {path for path in paths if path.partition(".")[0] in names or path in names}
                    # pyarrow can't read these as a dictionary.
                    texts -= {
                        chunk.path
                        for group in self._groups
                        for chunk in group.chunks
                        if chunk.encodings & {DELTA_LENGTHS, DELTA_BEGINNINGS}
                    }
                with parquet.ParquetFile(
                    self._file, read_dictionary=list(texts), pre_buffer=False, buffer_size=_BUFFER_BYTES
                ) as file:
                    yield file
            except FeedError as error:
                text = str(error)
                raise FeedError(text if text.startswith(self.name) else f"{self.name}: {text}") from None
            except (pa.ArrowException, OSError, OverflowError, UnicodeDecodeError) as error:
                if isinstance(error, OSError) and error.errno:  # of the disk, not of the data
                    raise
                text = f"the Parquet file is damaged ({str(error).splitlines()[0][:200]})"
                raise FeedError(f"{self.name}: {text}") from error

    def _batches(self, file: Any, columns: Sequence[int], rows: int) -> Iterator[Any]:
        """The rows of these columns of the schema. Raises ``FeedError`` if their pages are too large."""
        names = list(dict.fromkeys(file.schema_arrow[column].name for column in columns))
        most = max(1, min(rows, _VALUES // max(1, len(columns))))
        for number, group in enumerate(self._groups):
            longest = self._check_pages(group, set(names))
            count = max(1, min(most, _BATCH_BYTES // longest)) if longest else most
            for batch in file.iter_batches(count, row_groups=[number], columns=names):
                # A column of the same name may be nested, and left out.
                kept = [at for at, field in enumerate(batch.schema) if _is_flat(field.type)]
                yield batch.select(kept)

    def _check_pages(self, group: Group, names: Collection[str]) -> int:
        """The largest page of texts that share beginnings: each may decode to texts of its size. 0: there is none."""
        total = longest = 0
        with self._file.open("rb") as raw:
            for chunk in group.chunks:
                column = chunk.path.partition(".")[0]
                if chunk.path not in names and column not in names:
                    continue
                found = list(pages(raw, chunk.start, chunk.length))
                # A dictionary stays in memory beside the page that uses it.
                sizes = sorted(page.size for page in found)[-2:]
                if chunk.path not in names and sum(page.values for page in found) > MAX_LISTED * group.rows:
                    raise FeedError(f"the column {column[:80]!r} has lists of more than {MAX_LISTED} values")
                total += sum(sizes)
                if total > MAX_PAGES_BYTES:
                    text = f"the pages of its columns need more than {MAX_PAGES_BYTES >> 20:,} MiB of memory"
                    raise FeedError(f"{text}; write it with smaller pages or row groups")
                if DELTA_BEGINNINGS in chunk.encodings:
                    longest = max(longest, *sizes, 1)
        return longest

    def _frame(self, batch: Any, *, strict: bool) -> pd.DataFrame:
        """The columns as a frame, by the names in the file. ``strict``: texts that are too long are an error."""
        import pyarrow as pa

        columns = [self._column(batch.column(at), field, strict=strict) for at, field in enumerate(batch.schema)]
        table = pa.table(columns, names=[str(place) for place in range(len(columns))])
        # Integers beside nulls would become floats, which can't hold a timestamp in ns.
        frame: pd.DataFrame = table.to_pandas(ignore_metadata=True, integer_object_nulls=True)
        frame.columns = [_name(name) for name in batch.schema.names]
        return frame

    def _column(self, column: Any, field: Any, *, strict: bool) -> Any:
        import pyarrow as pa
        from pyarrow import compute

        kind = column.type
        if pa.types.is_float32(kind):
            # As doubles with the same decimal text: 1.1, not 1.10000002384.
            return compute.cast(compute.cast(column, pa.string()), pa.float64())
        if not _is_text(_item(kind)):
            return _joined(column) if pa.types.is_list(kind) else column
        if isinstance(column, pa.ChunkedArray):
            column = column.combine_chunks()
        if pa.types.is_list(kind):
            longest = compute.max(compute.binary_length(_dictionary(column.values))).as_py() or 0
            if longest <= MAX_TEXT_BYTES and longest * len(column.values) <= _BATCH_BYTES:
                return _joined(column)
            if strict:
                text = f"lists of {len(column.values):,} texts of up to {longest:,} bytes"
                text += f"; the limits are {MAX_TEXT_BYTES:,} for one and {_BATCH_BYTES:,} for those of a batch"
                raise FeedError(f"{self.name}: the column {field.name[:80]!r} has {text}")
            return pa.array([""] * len(column))
        texts = column.dictionary if pa.types.is_dictionary(kind) else column
        longest = compute.max(compute.binary_length(texts)).as_py() if len(texts) else 0
        if longest and longest > MAX_TEXT_BYTES:
            if strict:
                text = f"a text of {longest:,} bytes; the limit is {MAX_TEXT_BYTES:,}"
                raise FeedError(f"{self.name}: the column {field.name[:80]!r} has {text}")
            return pa.array([""] * len(column))
        texts = texts.cast(pa.string())
        return pa.DictionaryArray.from_arrays(column.indices, texts) if pa.types.is_dictionary(kind) else texts


def _dictionary(column: Any) -> Any:
    import pyarrow as pa

    return column.dictionary if pa.types.is_dictionary(column.type) else column


def _joined(lists: Any) -> Any:
    """A column of lists as texts, with commas: ``@,T``. A missing element is left out with its list."""
    import pyarrow as pa
    from pyarrow import compute

    return compute.binary_join(lists.cast(pa.list_(pa.string())), ",")


def _flat(file: Any, groups: Sequence[Group]) -> list[int]:
    """The columns of single values, and of lists of texts or integers, by their number in the schema."""
    long = _long_lists(groups)
    return [place for place, field in enumerate(file.schema_arrow) if _is_flat(field.type) and field.name not in long]


def _long_lists(groups: Sequence[Group]) -> set[str]:
    """The columns of lists with more than ``MAX_LISTED`` values on average, which no row of prices needs."""
    return {
        chunk.path.partition(".list.")[0]
        for group in groups
        for chunk in group.chunks
        if ".list." in chunk.path and chunk.values > MAX_LISTED * group.rows
    }


def _item(kind: Any) -> Any:
    """The type of a list's elements; of another column its own."""
    import pyarrow as pa

    return kind.value_type if pa.types.is_list(kind) else kind


def _is_flat(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    if types.is_list(kind):
        return bool(types.is_integer(kind.value_type)) or _is_text(kind.value_type)
    if types.is_dictionary(kind):
        kind = kind.value_type
    tests = (types.is_integer, types.is_floating, types.is_boolean, types.is_decimal, types.is_temporal, _is_text)
    return any(test(kind) for test in tests)


def _is_text(kind: Any) -> bool:
    import pyarrow as pa

    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    return bool(
        types.is_string(kind) or types.is_large_string(kind) or types.is_binary(kind) or types.is_large_binary(kind)
    )


def _name(name: str) -> str:
    return "index" if name.startswith(_INDEX) else name
