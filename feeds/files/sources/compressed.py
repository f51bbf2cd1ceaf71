"""Sources of text: plain, gzip, zip and zstd, with a limit on the decompressed size."""

from __future__ import annotations

import codecs
import gzip
import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, Final, Protocol

from feeds.files.sources.blocks import blocks
from feeds.files.sources.errors import reading_errors
from feeds.files.sources.source import Block, Source
from ticker.errors import FeedError, install_hint

_NESTED = (b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"BZh", b"\xfd7zXZ")
#: Compressed bytes per step: they may expand a thousandfold.
_ZSTD_BYTES: Final = 1024


class _Readable(Protocol):
    """What the decompressors and plain files have in common."""

    def read(self, size: int, /) -> bytes: ...


class TextSource(Source):
    """A file of text. Subclasses decompress it, to at most ``max_bytes``. Each ``blocks`` opens it anew."""

    def __init__(self, file: Path, path: str, name: str, names: tuple[str, ...], max_bytes: int | None = None) -> None:
        super().__init__(file, path, name, names)
        self._max_bytes = max_bytes

    def blocks(self) -> Iterator[Block]:
        with reading_errors(self.name), self._file.open("rb") as file:
            yield from self._blocks(file, self._decompressed(file))

    def _blocks(self, file: IO[bytes], decompressed: _Readable) -> Iterator[Block]:
        total_bytes = 0

        def read(size: int) -> bytes:
            nonlocal total_bytes
            data = decompressed.read(size)
            if not total_bytes and self.compression:
                self._check_start(data)
            total_bytes += len(data)
            self._done_bytes = file.tell()
            if self._max_bytes is not None and total_bytes > self._max_bytes:
                raise FeedError(f"{self.name}: unpacks to more than the limit of {self._max_bytes:,} bytes")
            return data

        yield from blocks(_as_utf_8(read), self.name)

    def _check_start(self, data: bytes) -> None:
        if not data:
            raise FeedError(f"{self.name}: the file is empty")
        if data.startswith(_NESTED):
            raise FeedError(f"{self.name}: is compressed twice; unpack it once")

    def _decompressed(self, file: IO[bytes]) -> _Readable:
        return file


def _as_utf_8(read: Callable[[int], bytes]) -> Callable[[int], bytes]:
    """What ``read`` returns, recoded if it starts with the byte order mark of UTF-16, as Excel and MetaTrader write it.

    Half a character, as at the end of a truncated file, becomes U+FFFD.
    """
    decoder: codecs.IncrementalDecoder | None = None
    is_first = True

    def recoded(size: int) -> bytes:
        nonlocal decoder, is_first
        data = read(size)
        if is_first and data.startswith((b"\xff\xfe", b"\xfe\xff")):
            decoder = codecs.getincrementaldecoder("utf-16")("replace")
        is_first = False
        if decoder is None:
            return data
        while data:
            if text := decoder.decode(data):
                return text.encode()
            data = read(size)
        return decoder.decode(b"", final=True).encode()

    return recoded


class GzipSource(TextSource):
    compression = "gzip"

    def _decompressed(self, file: IO[bytes]) -> _Readable:
        return gzip.GzipFile(fileobj=file, mode="rb")


class ZstdSource(TextSource):
    compression = "zstd"

    def _decompressed(self, file: IO[bytes]) -> _Readable:
        try:
            import zstandard
        except ImportError:
            text = f"is zstd, which needs the package zstandard; install it with: {install_hint('files')}"
            raise FeedError(f"{self.name}: {text}") from None
        return _Zstd(file, zstandard.ZstdDecompressor().decompressobj)


class _Zstd:
    """Decompresses frame by frame. The library's reader takes a truncated frame for the end; this one raises."""

    def __init__(self, file: IO[bytes], new_frame: Callable[[], Any]) -> None:
        self._file = file
        self._new_frame = new_frame
        self._frame: Any = None
        self._compressed = self._ready = b""

    def read(self, size: int) -> bytes:
        parts = [self._ready]
        have = len(self._ready)
        while have < size:
            compressed = self._compressed or self._file.read(_ZSTD_BYTES)
            if not compressed:
                if self._frame is not None:
                    raise EOFError
                break
            frame = self._frame = self._frame or self._new_frame()
            parts.append(frame.decompress(compressed))
            have += len(parts[-1])
            self._compressed = b""
            if frame.eof:
                self._compressed, self._frame = frame.unused_data, None
        data = b"".join(parts)
        self._ready = data[size:]
        return data[:size]


class ZipSource(TextSource):
    compression = "zip"

    def __init__(
        self, file: Path, path: str, name: str, names: tuple[str, ...], member: zipfile.ZipInfo, max_bytes: int
    ) -> None:
        super().__init__(file, path, name, names, max_bytes)
        self._member = member

    @property
    def size_bytes(self) -> int:
        return self._member.compress_size

    @property
    def done_bytes(self) -> int:
        return min(self._member.compress_size, max(0, self._done_bytes - self._member.header_offset))

    def blocks(self) -> Iterator[Block]:
        with reading_errors(self.name), self._file.open("rb") as file, _member(file, self._member) as member:
            yield from self._blocks(file, member)


def _member(file: IO[bytes], member: zipfile.ZipInfo) -> zipfile.ZipExtFile:
    """The content of a member. ``ZipFile`` would read the whole list of members each time.

    Its local header has a signature, 22 bytes that repeat the list, and the lengths of a name and of an extra field
    (APPNOTE.TXT, 4.3.7).
    """
    file.seek(member.header_offset)
    header = file.read(30)
    if len(header) < 30 or not header.startswith(b"PK\x03\x04"):
        raise zipfile.BadZipFile(f"no header of the member {member.filename!r}")
    name, extra = struct.unpack("<HH", header[26:])
    file.seek(name + extra, io.SEEK_CUR)
    return zipfile.ZipExtFile(file, "r", member)
