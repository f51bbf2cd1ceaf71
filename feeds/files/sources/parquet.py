"""Sources of typed columns: Parquet, read in batches of rows."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

from feeds.files.sources.errors import reading_errors
from feeds.files.sources.source import Source, Table
from ticker.errors import FeedError, install_hint

_ROWS: Final = 65_536


class ParquetSource(Source):
    """A Parquet file. Reading it imports pyarrow."""

    is_table = True

    def tables(self) -> Iterator[Table]:
        try:
            import pyarrow as pa
            from pyarrow import parquet
        except ImportError:
            text = f"is Parquet, which needs the package pyarrow; install it with: {install_hint('files')}"
            raise FeedError(f"{self.name}: {text}") from None
        row = 1
        with reading_errors(self.name):
            try:
                with parquet.ParquetFile(self._file) as file:
                    rows: int = max(1, file.metadata.num_rows)
                    batches: Any = file.iter_batches(_ROWS)
                    for batch in batches:
                        batch = _without_float32(batch)
                        # Integers beside nulls would become floats, which can't hold a timestamp in ns.
                        yield Table(batch.to_pandas(ignore_metadata=False, integer_object_nulls=True), row)
                        row += batch.num_rows
                        self._done_bytes = self.size_bytes * min(row, rows) // rows
            except (pa.ArrowException, OSError) as error:
                if isinstance(error, OSError) and error.errno:  # of the disk, not of the data
                    raise
                text = f"the Parquet file is damaged ({str(error).splitlines()[0][:200]})"
                raise FeedError(f"{self.name}: {text}") from error


def _without_float32(batch: Any) -> Any:
    """Floats of 32 bits as doubles with the same decimal text: 1.1, not 1.10000002384."""
    import pyarrow as pa
    from pyarrow import compute

    for place, field in enumerate(batch.schema):
        if pa.types.is_float32(field.type):
            exact = compute.cast(compute.cast(batch.column(place), pa.string()), pa.float64())
            batch = batch.set_column(place, field.name, exact)
    return batch
