"""Sources of text: plain, gzip, zip, zstd. What they unpack to is counted, and has a limit."""

from __future__ import annotations

import gzip
import lzma
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Final, Protocol

from feeds.files.sources.blocks import blocks
from feeds.files.sources.source import Block, Table
from ticker.errors import FeedError

_NESTED = (b"PK\x03\x04", b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1", b"BZh", b"\xfd7zXZ")


class _Readable(Protocol):
    def read(self, size: int, /) -> bytes: ...


class TextSource:
    """The base of all: a file at ``path``, which is opened anew for each ``blocks``."""

    is_table = False
    compression: str | None = None

    def __init__(self, path: Path, given: str, name: str, names: tuple[str, ...], limit: int | None = None) -> None:
        self.path = given
        self.name = name
        self.names = names
        self._path = path
        self._limit = limit
        self._file: IO[bytes] | None = None
        self._done = 0

    @property
    def size_bytes(self) -> int:
        try:
            return self._path.stat().st_size
        except OSError:
            return self._done

    @property
    def done_bytes(self) -> int:
        return self._done

    def tables(self) -> Iterator[Table]:
        raise NotImplementedError

    def blocks(self) -> Iterator[Block]:
        with reading_errors(self.name), self._path.open("rb") as file:
            yield from self._blocks(file, self._unpacked(file))

    def _blocks(self, file: IO[bytes], unpacked: _Readable) -> Iterator[Block]:
        unpacked_bytes = 0
        start = True

        def read(size: int) -> bytes:
            nonlocal unpacked_bytes, start
            data = unpacked.read(size)
            unpacked_bytes += len(data)
            self._done = file.tell()
            if self._limit is not None and unpacked_bytes > self._limit:
                raise FeedError(f"{self.name}: unpacks to more than {self._limit:,} bytes, which is the limit")
            if start and self.compression:
                start = False
                self._check(data)
            return data

        yield from blocks(read, self.name)

    def _check(self, data: bytes) -> None:
        """Raise for what is packed and is no text either."""
        if not data:
            raise FeedError(f"{self.name}: the file is empty")
        if data.startswith((b"\xff\xfe", b"\xfe\xff")):
            raise FeedError(f"{self.name}: is UTF-16 text; save it as UTF-8")
        if data.startswith(_NESTED):
            raise FeedError(f"{self.name}: is packed twice; unpack it once")

    def _unpacked(self, file: IO[bytes]) -> _Readable:
        return file


class PlainSource(TextSource):
    pass


class GzipSource(TextSource):
    compression: str | None = "gzip"

    def _unpacked(self, file: IO[bytes]) -> _Readable:
        return gzip.GzipFile(fileobj=file, mode="rb")


#: So much is unpacked at once: what it comes to is unknown before, and may be thousands of times as much.
_ZSTD_BYTES: Final = 1024


class ZstdSource(TextSource):
    compression: str | None = "zstd"

    def _unpacked(self, file: IO[bytes]) -> _Readable:
        try:
            import zstandard
        except ImportError:
            text = "is compressed with zstd, which takes the package zstandard: pip install 'ticker-hub[files]'"
            raise FeedError(f"{self.name}: {text}") from None
        return _Zstd(file, zstandard.ZstdDecompressor().decompressobj)


class _Zstd:
    """Frame after frame. The library's reader takes a frame that is cut off for the end; this raises ``EOFError``."""

    def __init__(self, file: IO[bytes], new_frame: Callable[[], Any]) -> None:
        self._file = file
        self._new_frame = new_frame
        self._frame: Any = None
        self._packed = self._ready = b""

    def read(self, size: int) -> bytes:
        parts = [self._ready]
        have = len(self._ready)
        while have < size:
            packed = self._packed or self._file.read(_ZSTD_BYTES)
            if not packed:
                if self._frame is not None:
                    raise EOFError
                break
            frame = self._frame = self._frame or self._new_frame()
            parts.append(frame.decompress(packed))
            have += len(parts[-1])
            self._packed = b""
            if frame.eof:
                self._packed, self._frame = frame.unused_data, None
        data = b"".join(parts)
        self._ready = data[size:]
        return data[:size]


class ZipSource(TextSource):
    compression: str | None = "zip"

    def __init__(
        self, path: Path, given: str, name: str, names: tuple[str, ...], member: zipfile.ZipInfo, limit: int
    ) -> None:
        super().__init__(path, given, name, names, limit)
        self._member = member

    @property
    def size_bytes(self) -> int:
        return self._member.compress_size

    @property
    def done_bytes(self) -> int:
        return min(self._member.compress_size, max(0, self._done - self._member.header_offset))

    def blocks(self) -> Iterator[Block]:
        with (
            reading_errors(self.name),
            self._path.open("rb") as file,
            zipfile.ZipFile(file) as archive,
            archive.open(self._member) as member,
        ):
            yield from self._blocks(file, member)


@contextmanager
def reading_errors(name: str) -> Iterator[None]:
    """What reading a file may raise, as a ``FeedError`` that names it."""
    try:
        yield
    except FeedError:
        raise
    except FileNotFoundError:
        raise FeedError(f"{name}: there is no such file") from None
    except Exception as error:
        text = words(error)
        if text is None:
            raise
        raise FeedError(f"{name}: {text}") from error


def words(error: Exception) -> str | None:
    """A reading error in words; None for one that is no reading error."""
    kind: Any = type(error)
    if isinstance(error, EOFError):
        return "the compressed file is cut off"
    if isinstance(error, gzip.BadGzipFile | zlib.error | lzma.LZMAError | zipfile.BadZipFile):
        return f"the compressed file is damaged ({error})"
    if kind.__name__ == "ZstdError":
        return f"the zstd file is damaged ({error})"
    if isinstance(error, NotImplementedError):  # of zipfile, which knows four methods
        return f"can't be unpacked: {str(error)[:1].lower()}{str(error)[1:]}"
    if isinstance(error, OSError):  # bz2's damaged data have no number
        return error.strerror or f"the compressed file is damaged ({error})"
    if isinstance(error, ValueError) and "null byte" in str(error):
        return "no file can have this name"
    return None
