"""Reads values in Thrift's compact protocol (thrift-compact-protocol.md), as in the metadata of Parquet files."""

from __future__ import annotations

from typing import Any, Final

from ticker.errors import FeedError

_MAX_DEPTH: Final = 16
_TRUE, _FALSE, _BYTE, _I16, _I32, _I64, _DOUBLE, _BINARY, _LIST, _SET, _MAP, _STRUCT = range(1, 13)
_INTEGERS: Final = (_I16, _I32, _I64)

#: A struct: values by field number.
Struct = dict[int, Any]


class ShortError(Exception):
    """A value is longer than the data."""


def struct_of(data: bytes) -> tuple[Struct, int]:
    """The struct at the start of ``data``, and its length. Raises ``FeedError`` if it is damaged.

    Its values are numbers, bytes, lists and structs; maps and doubles are skipped.
    """
    reader = _Reader(data)
    return reader.struct(0), reader.at


class _Reader:
    def __init__(self, data: bytes) -> None:
        self._data = data
        self.at = 0

    def struct(self, depth: int) -> Struct:
        if depth > _MAX_DEPTH:
            raise _damaged("is nested too deeply")
        found: Struct = {}
        field = 0
        while head := self._byte():
            kind, step = head & 15, head >> 4
            field = field + step if step else self._zigzag()
            # The value of a boolean is its type.
            found[field] = kind == _TRUE if kind in (_TRUE, _FALSE) else self._value(kind, depth)
        return found

    def _value(self, kind: int, depth: int) -> Any:
        if kind in _INTEGERS:
            return self._zigzag()
        if kind in (_TRUE, _FALSE, _BYTE):
            return self._byte()
        if kind == _BINARY:
            return self._take(self._varint())
        if kind == _STRUCT:
            return self.struct(depth + 1)
        if kind in (_LIST, _SET):
            return self._list(depth)
        if kind == _DOUBLE:
            self._take(8)
        elif kind == _MAP:
            count = self._varint()
            kinds = self._byte() if count else 0
            for _ in range(count):
                self._value(kinds >> 4, depth + 1)
                self._value(kinds & 15, depth + 1)
        else:
            raise _damaged("has a field of an unknown type")
        return None

    def _list(self, depth: int) -> list[Any]:
        if depth > _MAX_DEPTH:
            raise _damaged("is nested too deeply")
        head = self._byte()
        count = self._varint() if head >> 4 == 15 else head >> 4
        return [self._value(head & 15, depth + 1) for _ in range(count)]

    def _byte(self) -> int:
        return self._take(1)[0]

    def _take(self, size: int) -> bytes:
        start, self.at = self.at, self.at + size
        if self.at > len(self._data):
            raise ShortError
        return self._data[start : self.at]

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
            if shift > 63:
                raise _damaged("has a number without an end")

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)


def _damaged(what: str) -> FeedError:
    return FeedError(f"the Parquet file is damaged (its metadata {what})")
