"""Opens the paths that a user gives: files, archive members, folders. Detects formats by content, not by file name."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from feeds.files.sources.compressed import GzipSource, TextSource, ZipSource, ZstdSource
from feeds.files.sources.errors import reading_errors
from feeds.files.sources.parquet import ParquetSource
from feeds.files.sources.source import Source
from ticker.errors import FeedError

#: The formats by the endings of their files in a folder. A single file may have any ending.
FORMATS: Final = {
    (".csv", ".txt"): "text in UTF-8, or UTF-16 with a byte order mark; delimiter comma, semicolon, tab or `\\|`",
    (".gz", ".zip"): "compressed text",
    (".zst",): "compressed text; needs the extra `files`",
    (".parquet",): "Parquet; needs the extra `files`",
}
ENDINGS: Final = tuple(ending for endings in FORMATS for ending in endings)
#: The maximum decompressed size of one file.
MAX_UNPACKED_BYTES: Final = 64 << 30
#: Files beside the data that describe it: ``README.txt``.
_NOTES: Final = ("readme", "license", "licence", "changelog", "disclaimer", "terms")
#: Files of QuantConnect Lean that have no prices: by their names, and by their folders.
_NO_PRICES: Final = ("openinterest",)
_NO_PRICES_FOLDERS: Final = frozenset(
    {"map_files", "factor_files", "margin_interest", "margins", "universes", "market-hours", "symbol-properties"}
)
_SPREADSHEET: Final = ("[Content_Types].xml", "mimetype")

_NOT_TEXT: Final = {
    b"BZh": "is compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "is compressed with xz; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive; unpack it first",
    b"Rar!": "is a RAR archive; unpack it first",
    b"\xff\xfe\0\0": "is UTF-32 text; save it as UTF-8",
    b"\xd0\xcf\x11\xe0": "is an Excel file; save it as CSV",
    b"%PDF": "is a PDF; save its table as CSV",
    b"ARROW1": "is an Arrow file; save it as Parquet or CSV",
    b"\x89HDF": "is an HDF5 file; save it as Parquet or CSV",
    b"SQLite format 3": "is an SQLite database; save its table as CSV",
}


def open_sources(paths: Sequence[str], max_unpacked_bytes: int = MAX_UNPACKED_BYTES) -> list[Source]:
    """A source for each file and archive member; in a folder, for each file with a known ending.

    Raises ``FeedError``, with the path and the fault, for what can't contain prices. No file stays open.
    """
    found: list[Source] = []
    for place, given in enumerate(paths):
        if not given:
            raise FeedError("a path is empty")
        path = Path(given)
        with reading_errors(escaped(given)):
            is_folder = path.is_dir()
        files = [(file, str(file)) for file in _files(path, given)] if is_folder else [(path, given)]
        sources = [source for file, name in files for source in _sources(file, name, max_unpacked_bytes)]
        for source in sources:
            source.given = place
        found += sources
        if is_folder and found:
            found[-1].beside = _without_prices(path, {file for file, _ in files})
    return found


def _files(folder: Path, given: str) -> list[Path]:
    with reading_errors(escaped(given)):
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    files = [path for path in files if not _is_note(path.name)] or files
    if not files:
        raise FeedError(f"{escaped(given)}: the folder has no file that ends with {', '.join(ENDINGS)}")
    return [path for path in files if _has_prices(path.relative_to(folder))] or files


def _sources(file: Path, path: str, max_bytes: int) -> list[Source]:
    name = escaped(path)
    with reading_errors(name):
        mode = file.stat().st_mode  # before opening: that would block on a pipe without a writer
        if not stat.S_ISREG(mode):
            raise FeedError(f"{name}: is {_kind(mode)}, not a regular file")
        with file.open("rb") as opened:
            start = opened.read(16)
    if not start:
        raise FeedError(f"{name}: the file is empty")
    for magic, what in _NOT_TEXT.items():
        if start.startswith(magic):
            raise FeedError(f"{name}: {what}")
    names = (file.name, *reversed(file.absolute().parent.parts[1:]))[:6]
    if start.startswith(b"PAR1"):
        return [ParquetSource(file, path, name, names)]
    if start.startswith(b"\x1f\x8b"):
        return [GzipSource(file, path, name, names, max_bytes)]
    if start.startswith(b"\x28\xb5\x2f\xfd") or (start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5):
        # The second is a skippable frame, with which files of pzstd start.
        return [ZstdSource(file, path, name, names, max_bytes)]
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _members(file, path, name, names, max_bytes)
    return [TextSource(file, path, name, names)]


def _members(file: Path, path: str, name: str, names: tuple[str, ...], max_bytes: int) -> list[Source]:
    with reading_errors(name), zipfile.ZipFile(file) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.filename in _SPREADSHEET for member in members):
        raise FeedError(f"{name}: is a spreadsheet; save it as CSV")
    members = [member for member in members if not _is_hidden(member.filename)]
    # Notes are left out, unless there is nothing else; so are members with another ending.
    members = [member for member in members if member.filename.lower().endswith((".csv", ".txt"))] or members
    members = [member for member in members if not _is_note(member.filename)] or members
    priced = [member for member in members if _has_prices(Path(member.filename))] or members
    beside, members = len(members) - len(priced), priced
    if not members:
        raise FeedError(f"{name}: the zip archive contains no file")
    total = sum(member.file_size for member in members)
    if total > max_bytes:
        raise FeedError(f"{name}: would unpack to {total:,} bytes; the limit is {max_bytes:,}")
    found: list[Source] = []
    for member in members:
        label = f"{name}:{escaped(member.filename)}"
        if member.flag_bits & 1:
            raise FeedError(f"{label}: is encrypted; unpack it first")
        found.append(ZipSource(file, path, label, (Path(member.filename).name, *names), member, max_bytes))
    found[-1].beside = beside
    return found


def _without_prices(folder: Path, files: set[Path]) -> int:
    """How many files of a folder were left out because their names say that they have no prices."""
    return sum(
        path not in files and path.suffix.lower() in ENDINGS and not _has_prices(path.relative_to(folder))
        for path in folder.rglob("*")
    )


def _has_prices(path: Path) -> bool:
    """Whether the name of a file, and those of its folders, don't say that it has other data than prices."""
    name = path.name.lower()
    return not any(word in name for word in _NO_PRICES) and _NO_PRICES_FOLDERS.isdisjoint(
        part.lower() for part in path.parts[:-1]
    )


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in Path(name).parts)


def _is_note(name: str) -> bool:
    return Path(name).stem.lower().startswith(_NOTES)


def escaped(name: str) -> str:
    """A file name for one line of text: control characters are escaped."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)


def _kind(mode: int) -> str:
    return "a pipe" if stat.S_ISFIFO(mode) else "a socket" if stat.S_ISSOCK(mode) else "a device"
