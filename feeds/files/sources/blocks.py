"""Cuts a stream of bytes into blocks of whole lines with their line numbers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from feeds.files.sources.source import Block
from ticker.errors import FeedError

#: Text per block: about 10,000 rows.
BLOCK_BYTES: Final = 1 << 19
#: The maximum length of a line that a block can hold: memory is bounded. A row may be refused for less.
MAX_LINE_BYTES: Final = 1 << 20
#: The maximum number of lines in a quoted field: an unclosed quote must not swallow the rest of the file.
MAX_ROW_LINES: Final = 16

_OLD_MAC: Final = "its lines end with CR alone, as on old Macs; save it with LF or CRLF"
#: Up to this many lines with zero bytes don't make a block binary.
_FEW_LINES: Final = 8
_BOM: Final = b"\xef\xbb\xbf"


def blocks(read: Callable[[int], bytes], name: str) -> Iterator[Block]:
    """The text that ``read`` returns, in blocks. Raises ``FeedError`` for binary data and for endless lines."""
    line, buffer, ended = 1, b"", False
    first = True
    while not ended or buffer:
        while not ended and (len(buffer) < BLOCK_BYTES or b"\n" not in buffer):
            if len(buffer) > MAX_LINE_BYTES:
                _check_text(buffer, line, name)
                _check_line(buffer, line, name)
            part = read(BLOCK_BYTES)
            ended = not part
            buffer += part
        if first:
            buffer = buffer.removeprefix(_BOM)
            first = False
        if not buffer:
            return
        cut = len(buffer) if ended else _whole_lines(buffer)
        data, buffer = buffer[:cut], buffer[cut:]
        _check_text(data, line, name)
        if b"\n" not in data:
            _check_line(data, line, name)
        if not data.endswith(b"\n"):
            data += b"\n"
        lines = data.count(b"\n")
        yield Block(data, line, lines)
        line += lines


def _check_text(data: bytes, first_line: int, name: str) -> None:
    """Raise for a block of which the first line of the file, or most lines, contain zero bytes.

    A few such lines, as after a crash of the program that wrote them, are bad rows.
    """
    if b"\0" not in data:
        return
    lines = data.split(b"\n")
    wrong = [number for number, line in enumerate(lines, first_line) if b"\0" in line]
    first = next((number for number, line in enumerate(lines, first_line) if line.strip()), first_line)
    if (first_line == 1 and wrong[0] == first) or len(wrong) > max(_FEW_LINES, len(lines) / 2):
        raise FeedError(f"{name}:{wrong[0]}: is not text (it contains zero bytes)")


def _check_line(line: bytes, number: int, name: str) -> None:
    """Raise for a line that is too long or contains several lines that end with CR."""
    if line.count(b"\r") > 1:
        raise FeedError(f"{name}:{number}: {_OLD_MAC}")
    if len(line) > MAX_LINE_BYTES:
        raise FeedError(f"{name}:{number}: the line is longer than {MAX_LINE_BYTES:,} bytes")


def _whole_lines(buffer: bytes) -> int:
    """The end of the last line of ``buffer`` that doesn't end inside a quoted field."""
    end = at = buffer.rfind(b"\n") + 1
    if b'"' in buffer:
        for _ in range(MAX_ROW_LINES):
            if not at:
                break
            if buffer.count(b'"', 0, at) % 2 == 0:
                return at
            at = buffer.rfind(b"\n", 0, at - 1) + 1
    return end
