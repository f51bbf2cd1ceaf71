"""Converts a recording to Parquet, which cannot be written line by line because its index is at the end."""

from __future__ import annotations

import csv
import os
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any, Final, TextIO

from ticker.cli.failure import Failure
from ticker.errors import install_hint

_ROWS: Final = 131_072
#: The columns of recordings with trades, and their types in pyarrow; those with quotes alone have the first ones.
_TYPES: Final = {
    "timestamp": "int64",
    "symbol": "string",
    **dict.fromkeys(("price", "size", "bid", "bid_size", "ask", "ask_size"), "float64"),
    "conditions": "string",
    "id": "int64",
    "change": "string",
}
_BASIC: Final = tuple(_TYPES)[:8]


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

    made = target.with_name(target.name + ".tmp")
    rows = 0
    try:
        with journal.open(encoding="utf-8", newline="") as lines:
            reader = csv.reader(_whole(lines))
            names = next(reader, list(_BASIC))
            if names not in (list(_BASIC), list(_TYPES)):
                raise ValueError("its header is another one")
            form = pa.schema([(name, getattr(pa, _TYPES[name])()) for name in names])
            with parquet.ParquetWriter(made, form, compression="zstd") as writer:
                while part := list(islice(reader, _ROWS)):
                    columns = [
                        _values(texts, _TYPES[name]) for name, texts in zip(names, zip(*part, strict=True), strict=True)
                    ]
                    writer.write_table(pa.table(columns, schema=form))
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


def _values(texts: Sequence[str], kind: str) -> list[Any]:
    """A column. Python's numbers read back exactly what was written; a missing id is 0, a missing price is null."""
    if kind == "string":
        return list(texts)
    if kind == "int64":
        return [int(text or 0) for text in texts]
    return [float(text) if text else None for text in texts]


def _whole(lines: TextIO) -> Iterator[str]:
    """All lines except an incomplete last one."""
    return (line for line in lines if line.endswith("\n"))
