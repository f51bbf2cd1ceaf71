"""A CSV file, plain or gzip, as blocks of whole lines with their true line numbers.

It reads forward in bounded steps, whatever the file's size, and tells what can't be a text file. It knows no column,
no row and no pandas.
"""

from __future__ import annotations

import csv
import gzip
import io
import stat
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ticker.errors import FeedError

#: Text handed on at a time: some 10,000 rows. Turning it into columns holds the interpreter for 2-3 ms in one go; a
#: bigger block would be felt by the event loop, a smaller one is slower for pandas' fixed cost.
BLOCK_BYTES: Final = 1 << 19
MAX_LINE_BYTES: Final = 1 << 20
#: A quoted field may span so many lines; a quote mark that isn't closed must not swallow the rest of the file.
MAX_ROW_LINES: Final = 16

_NOT_TEXT: Final = {
    b"PK\x03\x04": "is a zip archive (or a spreadsheet); unpack it, or save it as CSV",
    b"PAR1": "is a Parquet file, not CSV",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd; unpack it first",
    b"BZh": "is compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "is compressed with xz; unpack it first",
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
}
_GZIP: Final = b"\x1f\x8b"
_BOM: Final = b"\xef\xbb\xbf"
_READ_ERRORS: Final = (OSError, EOFError, zlib.error)


@dataclass(frozen=True, slots=True)
class Block:
    """``lines`` whole lines, each ended by a newline; ``first_line`` is the first one's number in the file (from 1)."""

    data: bytes
    first_line: int
    lines: int


class CsvFile:
    """A regular file, read from its header to its end. Not safe for two threads at once.

    Every method raises ``FeedError`` with the file and what is wrong. Blocks that were whole before a reading error
    (a gzip file that is cut off) are given out first. ``reopen()`` goes on behind the last block given out.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._line = 1
        self._offset = 0  # of `_buffer` in the unpacked text
        self._buffer = b""
        self._ended = False
        #: What will stop the reading, if it is known already; the lines before it are given out first.
        self.error: FeedError | None = None
        self._file: io.BufferedReader | gzip.GzipFile = self._open()

    @property
    def ended(self) -> bool:
        """Whether every line was given out."""
        return self._ended and not self._buffer

    @property
    def closed(self) -> bool:
        return self._file.closed

    def header(self) -> list[str]:
        """The fields of the first line that isn't blank. To be read once, before the first block."""
        self._fill()
        if self._buffer.startswith(_BOM):
            self._take(len(_BOM))
        while True:
            end = self._buffer.find(b"\n") + 1 or len(self._buffer)
            if not end:
                raise FeedError(f"{self.path}: the file is empty")
            line, number = self._buffer[:end], self._line
            self._take(end)
            self._fill()
            if line.strip():
                return self._fields(line, number)

    def block(self) -> Block | None:
        """The next lines, ``BLOCK_BYTES`` of them or (at the end) less; None after the last one."""
        self._fill()
        if not self._buffer:
            return None
        first_line = self._line
        data = self._take(len(self._buffer) if self._ended else _whole_lines(self._buffer))
        lines = self._line - first_line
        return Block(data, first_line, lines) if data.endswith(b"\n") else Block(data + b"\n", first_line, lines + 1)

    def reopen(self) -> None:
        """Open the file anew, behind the last block given out."""
        self.close()
        self._buffer, self._ended, self.error = b"", False, None
        self._file = self._open()
        try:
            self._file.seek(self._offset)
        except _READ_ERRORS as error:
            raise FeedError(f"{self.path}: {_words(error)}") from error

    def close(self) -> None:
        self._file.close()

    def _open(self) -> io.BufferedReader | gzip.GzipFile:
        try:
            if not stat.S_ISREG(self.path.stat().st_mode):  # asked first: opening a pipe would wait for its writer
                raise FeedError(f"{self.path}: is {'a folder' if self.path.is_dir() else 'not a regular file'}")
            file = self.path.open("rb")
        except FileNotFoundError:
            raise FeedError(f"{self.path}: there is no such file") from None
        except (OSError, ValueError) as error:  # ValueError: a path that no file can have
            raise FeedError(f"{self.path}: {_words(error)}") from error
        try:
            return self._unpacked(file)
        except BaseException:
            file.close()
            raise

    def _unpacked(self, file: io.BufferedReader) -> io.BufferedReader | gzip.GzipFile:
        try:
            start = file.peek(8)
        except OSError as error:
            raise FeedError(f"{self.path}: {_words(error)}") from error
        for magic, words in _NOT_TEXT.items():
            if start.startswith(magic):
                raise FeedError(f"{self.path}: {words}")
        return _Gzip(file) if start.startswith(_GZIP) else file

    def _fields(self, line: bytes, number: int) -> list[str]:
        if b"\0" in line:
            raise FeedError(f"{self.path}:{number}: is not text (it has zero bytes)")
        try:
            text = line.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError as error:
            raise FeedError(f"{self.path}:{number}: is not UTF-8 text ({error.reason} at byte {error.start})") from None
        try:
            return [name.strip() for name in next(csv.reader([text], skipinitialspace=True))]
        except csv.Error as error:
            raise FeedError(f"{self.path}:{number}: the header can't be read: {error}") from None

    def _take(self, count: int) -> bytes:
        """The first ``count`` bytes of the buffer, which are then done with."""
        data, self._buffer = self._buffer[:count], self._buffer[count:]
        self._offset += count
        self._line += data.count(b"\n")
        return data

    def _fill(self) -> None:
        """Have a block in the buffer, or all that is left."""
        parts, size, lines = [self._buffer], len(self._buffer), b"\n" in self._buffer
        while not (self._ended or self.error or (lines and size >= BLOCK_BYTES)):
            if size > MAX_LINE_BYTES:
                self.error = FeedError(f"{self.path}:{self._line}: a line of more than {MAX_LINE_BYTES:,} bytes")
                break
            try:
                part = self._file.read1(BLOCK_BYTES)
            except _READ_ERRORS as error:
                self.error = FeedError(f"{self.path}: {_words(error)}")
                break
            self._ended = not part
            parts.append(part)
            size += len(part)
            lines = lines or b"\n" in part
        self._buffer = b"".join(parts)
        if self.error and not lines:
            raise self.error


class _Gzip(gzip.GzipFile):
    """Closes the file under it, too."""

    def __init__(self, file: io.BufferedReader) -> None:
        super().__init__(fileobj=file, mode="rb")
        self._under = file

    def close(self) -> None:
        super().close()
        self._under.close()


def _whole_lines(buffer: bytes) -> int:
    """Where to cut ``buffer``, which has a newline: behind its last one that is not inside a quoted field."""
    end = at = buffer.rfind(b"\n") + 1
    if b'"' in buffer:
        for _ in range(MAX_ROW_LINES):
            if not at:
                break
            if buffer.count(b'"', 0, at) % 2 == 0:
                return at
            at = buffer.rfind(b"\n", 0, at - 1) + 1
    return end


def _words(error: Exception) -> str:
    if isinstance(error, EOFError):
        return "the gzip file is cut off"
    if isinstance(error, gzip.BadGzipFile | zlib.error):
        return f"the gzip file is damaged ({error})"
    return getattr(error, "strerror", None) or str(error)
