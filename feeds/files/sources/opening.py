"""What a user names, as sources: files, members of archives, folders; told by their first bytes, not their names."""

from __future__ import annotations

import stat
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from feeds.files.options import ReadOptions
from feeds.files.sources.compressed import GzipSource, PlainSource, ZipSource, ZstdSource, reading_errors
from feeds.files.sources.parquet import ParquetSource
from feeds.files.sources.source import Source
from ticker.errors import FeedError

ENDINGS: Final = (".csv", ".txt", ".gz", ".zip", ".zst", ".parquet")
#: Files that stand beside data and tell of it: ``README.txt``.
_NOTES: Final = ("readme", "license", "licence", "changelog", "disclaimer", "terms")
_SPREADSHEET: Final = ("[Content_Types].xml", "mimetype")

_NOT_TEXT: Final = {
    b"BZh": "is compressed with bzip2; unpack it first",
    b"\xfd7zXZ": "is compressed with xz; unpack it first",
    b"7z\xbc\xaf\x27\x1c": "is a 7z archive; unpack it first",
    b"Rar!": "is a RAR archive; unpack it first",
    b"\xff\xfe": "is UTF-16 text; save it as UTF-8",
    b"\xfe\xff": "is UTF-16 text; save it as UTF-8",
    b"\xd0\xcf\x11\xe0": "is an Excel file; save it as CSV",
    b"%PDF": "is a PDF; save its table as CSV",
    b"ARROW1": "is an Arrow file; save it as Parquet or CSV",
    b"\x89HDF": "is an HDF5 file; save it as Parquet or CSV",
    b"SQLite format 3": "is an SQLite database; save its table as CSV",
}


def open_sources(paths: Sequence[str], options: ReadOptions) -> list[Source]:
    """A source for each file, and for each member of an archive; of a folder, for each file with a known ending.

    Raises ``FeedError``, with the name and what is wrong, for what can't be a file of prices. Nothing stays open.
    """
    found: list[Source] = []
    for given in paths:
        if not given:
            raise FeedError("an empty path is no file")
        path = Path(given)
        with reading_errors(shown(given)):
            is_folder = path.is_dir()
        if is_folder:
            found += [source for file in _files(path, given) for source in _sources(file, str(file), options)]
        else:
            found += _sources(path, given, options)
    return found


def _files(folder: Path, given: str) -> list[Path]:
    with reading_errors(shown(given)):
        files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in ENDINGS and path.is_file())
    files = [path for path in files if not any(part.startswith(".") for part in path.relative_to(folder).parts)]
    files = [path for path in files if not _is_note(path.name)] or files
    if not files:
        raise FeedError(f"{shown(given)}: the folder has no file that ends with {', '.join(ENDINGS)}")
    return files


def _sources(path: Path, given: str, options: ReadOptions) -> list[Source]:
    name = shown(given)
    with reading_errors(name):
        mode = path.stat().st_mode  # asked first: opening a pipe would wait for its writer
        if not stat.S_ISREG(mode):
            raise FeedError(f"{name}: is {_kind(mode)}, not a regular file")
        with path.open("rb") as file:
            start = file.read(16)
    if not start:
        raise FeedError(f"{name}: the file is empty")
    for magic, what in _NOT_TEXT.items():
        if start.startswith(magic):
            raise FeedError(f"{name}: {what}")
    names = (path.name, *reversed(path.absolute().parent.parts[1:]))[:6]
    if start.startswith(b"PAR1"):
        return [ParquetSource(path, given, name, names)]
    if start.startswith(b"\x1f\x8b"):
        return [GzipSource(path, given, name, names, options.unpacked_bytes)]
    if start.startswith(b"\x28\xb5\x2f\xfd") or (start[1:4] == b"\x2a\x4d\x18" and start[0] >> 4 == 5):
        # The other one is a frame to be skipped, with which pzstd's files begin.
        return [ZstdSource(path, given, name, names, options.unpacked_bytes)]
    if start.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return _members(path, given, name, names, options)
    return [PlainSource(path, given, name, names)]


def _members(path: Path, given: str, name: str, names: tuple[str, ...], options: ReadOptions) -> list[Source]:
    with reading_errors(name), zipfile.ZipFile(path) as archive:
        members = [member for member in archive.infolist() if not member.is_dir()]
    if any(member.filename in _SPREADSHEET for member in members):
        raise FeedError(f"{name}: is a spreadsheet; save it as CSV")
    members = [member for member in members if not _is_hidden(member.filename)]
    # A note beside the data is no data; but a member without an ending may be.
    members = [member for member in members if member.filename.lower().endswith((".csv", ".txt"))] or members
    members = [member for member in members if not _is_note(member.filename)] or members
    if not members:
        raise FeedError(f"{name}: the zip archive has no file in it")
    total = sum(member.file_size for member in members)
    if total > options.unpacked_bytes:
        raise FeedError(f"{name}: would unpack to {total:,} bytes; the limit is {options.unpacked_bytes:,}")
    found: list[Source] = []
    for member in members:
        label = f"{name}:{shown(member.filename)}"
        if member.flag_bits & 1:
            raise FeedError(f"{label}: is encrypted; unpack it first")
        found.append(
            ZipSource(path, given, label, (Path(member.filename).name, *names), member, options.unpacked_bytes)
        )
    return found


def _is_hidden(name: str) -> bool:
    return any(part.startswith((".", "__MACOSX")) for part in Path(name).parts)


def _is_note(name: str) -> bool:
    return Path(name).stem.lower().startswith(_NOTES)


def shown(name: str) -> str:
    """A name as it may stand in a line of text: control characters escaped."""
    return "".join(each if each.isprintable() else repr(each)[1:-1] for each in name)


def _kind(mode: int) -> str:
    if stat.S_ISFIFO(mode):
        return "a pipe"
    if stat.S_ISSOCK(mode):
        return "a socket"
    return "a device"
