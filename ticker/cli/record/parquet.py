"""Converts a recording to Parquet, which cannot be written line by line because its index is at the end."""

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
    """Raise ``Failure`` if Parquet cannot be written."""
    try:
        import pyarrow as pa  # noqa: F401 - is it installed?
    except ImportError:
        raise Failure(
            f"Parquet needs the package pyarrow; record to a .csv file, or install it with: {install_hint('files')}"
        ) from None


def finish(journal: Path, target: Path) -> int:
    """Convert ``journal`` to ``target`` atomically, and delete the journal. Returns the number of rows."""
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
                # Python's float reads back exactly what was written.
                floats = [[float(text) if text else None for text in column] for column in numbers]
                writer.write_table(pa.table([list(map(int, stamps)), names, *floats], schema=form))
                rows += len(part)
        os.replace(made, target)  # noqa: PTH105 - atomic, replaces an existing file
    except ValueError as error:
        made.unlink(missing_ok=True)
        raise Failure(f"{journal} is not a recording: {error}") from error
    except OSError as error:
        made.unlink(missing_ok=True)
        why = error.strerror or str(error)
        raise Failure(f"{target}: {why}; the rows are in {journal}, which can be replayed") from error
    journal.unlink()
    return rows


def _whole(lines: TextIO) -> Iterator[str]:
    """All lines except an incomplete last one."""
    return (line for line in lines if line.endswith("\n"))
