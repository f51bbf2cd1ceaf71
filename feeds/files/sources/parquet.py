"""Sources of typed columns: Parquet, read in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from feeds.files.sources.compressed import reading_errors
from feeds.files.sources.source import Block, Table
from ticker.errors import FeedError

_ROWS: Final = 65_536


class ParquetSource:
    """A Parquet file. It takes pyarrow, which is imported when it is read."""

    is_table = True
    compression: str | None = None

    def __init__(self, path: Path, given: str, name: str, names: tuple[str, ...]) -> None:
        self.path = given
        self.name = name
        self.names = names
        self._path = path
        self._done = 0

    @property
    def size_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return self._done

    @property
    def done_bytes(self) -> int:
        return self._done

    def blocks(self) -> Iterator[Block]:
        raise NotImplementedError

    def tables(self) -> Iterator[Table]:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            text = "is Parquet, which takes the package pyarrow: pip install 'ticker-hub[files]'"
            raise FeedError(f"{self.name}: {text}") from None
        row = 1
        with reading_errors(self.name):
            try:
                with parquet.ParquetFile(self._path) as file:
                    rows: int = max(1, file.metadata.num_rows)
                    batches: Any = file.iter_batches(_ROWS)
                    for batch in batches:
                        batch = _as_written(batch)
                        # Integers beside nulls would become floats, which don't hold a stamp in ns.
                        yield Table(batch.to_pandas(ignore_metadata=False, integer_object_nulls=True), row)
                        row += batch.num_rows
                        self._done = self.size_bytes * min(row, rows) // rows
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OSError) and error.errno:  # the disk's, and not what pyarrow makes of the data
                    raise
                raise FeedError(
                    f"{self.name}: the Parquet file is damaged ({str(error).splitlines()[0][:200]})"
                ) from error


def _as_written(batch: Any) -> Any:
    """With doubles for floats of 32 bits: 1.1 is 1.1 then, and not 1.10000002384."""
    import pyarrow as pa
    from pyarrow import compute

    for place, field in enumerate(batch.schema):
        if pa.types.is_float32(field.type):
            exact = compute.cast(compute.cast(batch.column(place), pa.string()), pa.float64())
            batch = batch.set_column(place, field.name, exact)
    return batch
