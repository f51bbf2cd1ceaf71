"""Reads the page headers of a Parquet column chunk: their sizes are known before anything is decompressed.

A page header is a struct in Thrift's compact protocol (parquet.thrift, ``PageHeader``; thrift-compact-protocol.md).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO, Final, NamedTuple

from ticker.errors import FeedError

#: More than any writer puts into a page header: minimum and maximum of the page are part of it.
_MAX_HEADER: Final = 1 << 20
_FIRST: Final = 256
_MAX_DEPTH: Final = 8

_BOOLEANS: Final = (1, 2)
_INTEGERS: Final = (4, 5, 6)
#: Fields of ``PageHeader``; those of the structs in it are counted on from 100 times the struct's number.
_SIZE, _PACKED, _VALUES, _VALUES_2 = 2, 3, 501, 801
_BYTE, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = 3, 7, 8, 9, 10, 11, 12


class _ShortError(Exception):
    """The header is longer than what was read of it."""


class Page(NamedTuple):
    """The decompressed size of a page, and how many values it has; 0 for a dictionary."""

    size: int
    values: int


def pages(file: IO[bytes], start: int, length: int) -> Iterator[Page]:
    """The pages of the column chunk at ``start``. Raises ``FeedError`` if it is damaged."""
    at, end = start, start + length
    while at < end:
        file.seek(at)
        header = file.read(min(_FIRST, end - at))
        try:
            fields, size = _struct(header)
        except _ShortError:
            file.seek(at)
            try:
                fields, size = _struct(file.read(min(_MAX_HEADER, end - at)))
            except _ShortError:
                raise FeedError("the Parquet file is damaged (a page header has no end)") from None
        unpacked, packed = fields.get(_SIZE, -1), fields.get(_PACKED, -1)
        if unpacked < 0 or packed < 0:
            raise FeedError("the Parquet file is damaged (a page header has no sizes)")
        yield Page(unpacked, fields.get(_VALUES, fields.get(_VALUES_2, 0)))
        at += size + packed


def _struct(data: bytes) -> tuple[dict[int, int], int]:
    """The integers of a struct by field number, those of structs in it after 100 times its number; and its length."""
    reader = _Compact(data)
    return reader.struct(0), reader.at


class _Compact:
    """Values in Thrift's compact protocol. Integers are kept, all others are skipped."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int) -> dict[int, int]:
        if depth > _MAX_DEPTH:
            raise FeedError("the Parquet file is damaged (a page header is nested too deeply)")
        found: dict[int, int] = {}
        field = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            field = field + step if step else self._zigzag()
            if kind in _INTEGERS:
                found[field] = self._zigzag()
            elif kind == _STRUCT:
                found |= {100 * field + inner: value for inner, value in self.struct(depth + 1).items()}
            elif kind not in _BOOLEANS:  # their value is in the head
                self._skip(kind, depth)
        return found

    def _skip(self, kind: int, depth: int) -> None:
        if kind in _INTEGERS:
            self._varint()
        elif kind in _BOOLEANS or kind == _BYTE:
            self._take(1)
        elif kind == _DOUBLE:
            self._take(8)
        elif kind == _BINARY:
            self._take(self._varint())
        elif kind == _STRUCT:
            self.struct(depth + 1)
        elif kind in (_LIST, _SET):
            head = self._byte()
            count = self._varint() if head >> 4 == 15 else head >> 4
            for _ in range(count):
                self._skip(head & 15, depth + 1)
        elif kind == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            for _ in range(count):
                self._skip(kinds >> 4, depth + 1)
                self._skip(kinds & 15, depth + 1)
        else:
            raise FeedError("the Parquet file is damaged (a page header has a field of an unknown type)")

    def _byte(self) -> int:
        self._take(1)
        return self._data[self.at - 1]

    def _take(self, size: int) -> None:
        self.at += size
        if self.at > len(self._data):
            raise _ShortError

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise FeedError("the Parquet file is damaged (a number in a page header has no end)")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)
