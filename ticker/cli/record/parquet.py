"""A recording's lines into a Parquet file, which can't be written line by line: its end says what is in it."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Final, TextIO

from ticker.cli.failure import Failure
from ticker.errors import install_hint

_ROWS: Final = 131_072
_FLOATS: Final = ("price", "size", "bid", "bid_size", "ask", "ask_size")


def check_available() -> None:
    """Raise ``Failure`` where Parquet can't be written."""
    try:
        import pyarrow as pa  # noqa: F401 - whether it is there
    except ImportError:
        raise Failure(f"Parquet needs the package pyarrow ({install_hint('files')}); or record .csv") from None


def finish(journal: Path, target: Path) -> int:
    """Turn the lines in ``journal`` into ``target``, whole or not at all; then the journal goes. Rows written."""
    check_available()
    import pyarrow as pa
    from pyarrow import parquet

    form = pa.schema([("timestamp", pa.int64()), ("symbol", pa.string()), *((name, pa.float64()) for name in _FLOATS)])
    made = target.with_name(target.name + ".tmp")
    rows = 0
    try:
        with (
            parquet.ParquetWriter(made, form, compression="zstd") as writer,
            journal.open(encoding="utf-8", newline="") as lines,
        ):
            reader = csv.reader(_whole(lines))
            next(reader, None)
            while part := list(islice(reader, _ROWS)):
                stamps, names, *numbers = zip(*part, strict=True)
                # Python's own reading of numbers: what is read is what was written, to the last bit.
                floats = [[float(text) if text else None for text in column] for column in numbers]
                writer.write_table(pa.table([list(map(int, stamps)), names, *floats], schema=form))
                rows += len(part)
        os.replace(made, target)  # noqa: PTH105 - atomic, over what is there
    except ValueError as error:
        made.unlink(missing_ok=True)
        raise Failure(f"{journal} is not the rows of a recording: {error}") from error
    except OSError as error:
        made.unlink(missing_ok=True)
        why = error.strerror or str(error)
        raise Failure(f"{target}: {why}; the rows are in {journal}, which can be replayed as it is") from error
    journal.unlink()
    return rows


def _whole(lines: TextIO) -> Iterator[str]:
    """All but a last line that was torn off."""
    return (line for line in lines if line.endswith("\n"))
