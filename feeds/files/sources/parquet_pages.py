"""Reads the metadata of a Parquet file and of its pages: sizes are known before anything is decompressed.

The fields are those of ``FileMetaData`` and ``PageHeader`` in parquet.thrift. pyarrow shows the sizes of column chunks
only, and ends the process for some damaged ones.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import IO, Any, Final, NamedTuple

from feeds.files.sources.thrift import ShortError, Struct, struct_of
from ticker.errors import FeedError

#: More than any writer puts into a page header: minimum and maximum of the page are part of it.
_MAX_HEADER: Final = 1 << 20
_FIRST: Final = 256
#: Encodings of texts by length, and of texts that share their beginning with the one before.
DELTA_LENGTHS: Final = 6
DELTA_BEGINNINGS: Final = 7


class Chunk(NamedTuple):
    """A column of a row group: where its pages are, and how many values it claims."""

    path: str
    encodings: frozenset[int]
    values: int
    start: int
    length: int


class Group(NamedTuple):
    """A row group."""

    rows: int
    chunks: list[Chunk]


class Page(NamedTuple):
    """The decompressed size of a page, and how many values it has; 0 for a dictionary."""

    size: int
    values: int


def groups(file: IO[bytes]) -> list[Group]:
    """The row groups of a file, by its footer. Raises ``FeedError`` if it is damaged."""
    size = file.seek(0, os.SEEK_END)
    file.seek(max(0, size - 8))
    end = file.read(8)
    length = int.from_bytes(end[:4], "little")
    if len(end) < 8 or end[4:] != b"PAR1" or length > size - 8:
        raise FeedError("the Parquet file is damaged (it has no footer)")
    file.seek(size - 8 - length)
    try:
        footer, _ = struct_of(file.read(length))
        return [Group(_number(group, 3), [_chunk(column[3]) for column in group[1]]) for group in footer[4]]
    except (ShortError, KeyError, TypeError, AttributeError, IndexError, UnicodeDecodeError):
        raise FeedError("the Parquet file is damaged (its footer is incomplete)") from None


def _chunk(column: Struct) -> Chunk:
    path = ".".join(part.decode() for part in column[3])
    start = _number(column, 9)
    dictionary = column.get(11)
    # Some writers state 0 where there is no dictionary, or no page of values.
    start = min(start or dictionary, dictionary) if dictionary else start
    return Chunk(path, frozenset(column[2]), _number(column, 5), start, _number(column, 7))


def _number(fields: Struct, field: int) -> int:
    value: Any = fields[field]
    if not isinstance(value, int) or value < 0:
        raise TypeError
    return value


def pages(file: IO[bytes], start: int, length: int) -> Iterator[Page]:
    """The pages of the column chunk at ``start``. Raises ``FeedError`` if it is damaged."""
    at, end = start, start + length
    while at < end:
        file.seek(at)
        try:
            fields, size = struct_of(file.read(min(_FIRST, end - at)))
        except ShortError:
            file.seek(at)
            try:
                fields, size = struct_of(file.read(min(_MAX_HEADER, end - at)))
            except ShortError:
                raise FeedError("the Parquet file is damaged (a page header has no end)") from None
        unpacked, packed = fields.get(2), fields.get(3)
        if not isinstance(unpacked, int) or not isinstance(packed, int) or unpacked < 0 or packed < 0:
            raise FeedError("the Parquet file is damaged (a page header has no sizes)")
        data = fields.get(5, fields.get(8))  # of a page of values, in two versions
        values = data.get(1, 0) if isinstance(data, dict) else 0
        yield Page(unpacked, values if isinstance(values, int) else 0)
        at += size + packed
