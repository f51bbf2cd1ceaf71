"""Opening files: formats are detected by content, text is read in blocks of whole lines, and limits hold."""

from __future__ import annotations

import bz2
import gzip
import io
import os
import re
import socket
import struct
import sys
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import zstandard
from hypothesis import given
from hypothesis import strategies as st

from feeds.files.sources import blocks as module
from feeds.files.sources.blocks import blocks
from feeds.files.sources.opening import open_sources
from feeds.files.sources.source import Source
from tests.support.fake_source import Found
from ticker.errors import FeedError, install_hint

TEXT = b"timestamp,symbol,price,size\n2024-01-03T14:30:00Z,AAPL,184.22,100\n"


def zipped(members: Mapping[str, bytes], compression: int = zipfile.ZIP_DEFLATED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", compression) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return packed.getvalue()


def opened(*paths: Path | str, unpacked_bytes: int = 1 << 30) -> list[Source]:
    return open_sources([str(path) for path in paths], unpacked_bytes)


def text_of(source: Source) -> bytes:
    return b"".join(block.data for block in source.blocks())


def read(*paths: Path | str, **limits: int) -> None:
    for source in opened(*paths, **limits):
        for _ in source.tables() if source.is_table else source.blocks():
            pass


def complaint(*paths: Path | str, **limits: int) -> str:
    """The error of opening and reading."""
    with pytest.raises(FeedError) as caught:
        read(*paths, **limits)
    words = str(caught.value)
    assert words.isprintable()
    return words


SKIPPED = struct.pack("<II", 0x184D2A50, 4) + b"abcd"


@pytest.mark.parametrize(
    ("data", "compression"),
    [
        (TEXT, None),
        (b"\xef\xbb\xbf" + TEXT, None),
        (TEXT.rstrip(b"\n"), None),
        (gzip.compress(TEXT), "gzip"),
        (gzip.compress(TEXT[:20]) + gzip.compress(TEXT[20:]), "gzip"),
        (gzip.compress(TEXT) + bytes(100), "gzip"),
        (gzip.compress(b"\xef\xbb\xbf" + TEXT), "gzip"),
        (zstandard.compress(TEXT), "zstd"),
        (zstandard.compress(TEXT[:20]) + zstandard.compress(TEXT[20:]), "zstd"),
        (SKIPPED + zstandard.compress(TEXT), "zstd"),
        (zipped({"a.csv": TEXT}), "zip"),
        (zipped({"a.csv": TEXT}, zipfile.ZIP_STORED), "zip"),
        (zipped({"a.csv": TEXT}, zipfile.ZIP_BZIP2), "zip"),
        (zipped({"a.csv": TEXT}, zipfile.ZIP_LZMA), "zip"),
    ],
    ids=[
        "plain", "byte-order mark", "no end of line", "gzip", "gzip in two", "gzip padded", "gzip with a mark", "zstd",
        "zstd in two", "zstd behind a skipped frame", "zip", "zip stored", "zip bzip2", "zip lzma",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", ["day.csv", "day.dat", "day.parquet"])
def test_the_compression_is_detected_by_the_first_bytes(
    data: bytes, compression: str | None, name: str, tmp_path: Path
) -> None:
    """Whatever the file's name. The text can be read again; progress ends at the size."""
    path = tmp_path / name
    path.write_bytes(data)
    (source,) = opened(path)
    assert source.compression == compression
    for _ in range(2):
        assert text_of(source) == TEXT
        assert source.done_bytes == source.size_bytes > 0


def test_a_zip_archive_gives_a_source_per_data_file(tmp_path: Path) -> None:
    """Notes, hidden files and macOS metadata are ignored."""
    path = tmp_path / "20240103_trade.zip"
    members = ("a_Trade.csv", "d/b.TXT", "README.md", "__MACOSX/a.csv", ".hidden.csv", "d/._b.csv")
    path.write_bytes(zipped(dict.fromkeys(members, TEXT) | {"d/": b""}))
    first, second = opened(path)
    assert first.name == f"{path}:a_Trade.csv"
    assert first.names[:2] == ("a_Trade.csv", "20240103_trade.zip")
    assert second.names[:2] == ("b.TXT", "20240103_trade.zip")
    assert text_of(first) == text_of(second) == TEXT


def test_the_list_of_members_is_read_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many members are read, and however often."""
    path = tmp_path / "many.zip"
    path.write_bytes(zipped({f"d/{number:03}.csv": f"{number}\n".encode() for number in range(50)}))
    opens: list[object] = []

    class Counted(zipfile.ZipFile):
        def __init__(self, *args: Any, **options: Any) -> None:
            opens.append(args)
            super().__init__(*args, **options)

    monkeypatch.setattr(zipfile, "ZipFile", Counted)
    sources = opened(path)
    for _ in range(2):
        assert [text_of(source) for source in sources] == [f"{number}\n".encode() for number in range(50)]
    assert len(opens) == 1


def test_a_member_behind_other_data_is_read(tmp_path: Path) -> None:
    """As in archives that unpack themselves; and stored as it is."""
    path = tmp_path / "a.zip"
    with path.open("wb") as file:
        file.write(b"PK\x03\x04" + b"#" * 100)
        with zipfile.ZipFile(file, "a") as archive:
            archive.writestr("a.csv", TEXT)
    (source,) = opened(path)
    assert text_of(source) == TEXT


def test_a_single_member_needs_no_known_ending(tmp_path: Path) -> None:
    """If no other member has one."""
    path = tmp_path / "taq.zip"
    path.write_bytes(zipped({"EQY_US_ALL_TRADE_20240103": TEXT}))
    assert [source.names[0] for source in opened(path)] == ["EQY_US_ALL_TRADE_20240103"]


def test_a_folder_gives_its_files_with_a_known_ending_sorted(tmp_path: Path) -> None:
    """Also of subfolders; other files, pipes and hidden files are ignored."""
    for name in ("b.csv", "a/z.TXT", "a/y.csv.gz", "notes.md", ".hidden.csv", ".git/x.csv"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(gzip.compress(TEXT) if name.endswith(".gz") else TEXT)
    (tmp_path / "folder.csv").mkdir()
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "a" / "loop").symlink_to("..")
    found = opened(tmp_path)
    assert [Path(source.path).relative_to(tmp_path).as_posix() for source in found] == [
        "a/y.csv.gz",
        "a/z.TXT",
        "b.csv",
    ]


def test_paths_keep_their_order(tmp_path: Path) -> None:
    """It orders ticks of one timestamp."""
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_bytes(TEXT)
    paths = [tmp_path / "b.csv", tmp_path / "a.csv"]
    assert [source.path for source in opened(*paths)] == [str(path) for path in paths]


def test_opening_a_fifo_does_not_block(tmp_path: Path) -> None:
    """Sockets and devices are not read either."""
    os.mkfifo(tmp_path / "pipe.csv")
    assert complaint(tmp_path / "pipe.csv").endswith("pipe.csv: is a pipe, not a regular file")
    with socket.socket(socket.AF_UNIX) as listening:
        try:
            listening.bind(str(tmp_path / "s"))
        except OSError:
            pytest.skip("the path is too long for a socket")
        assert complaint(tmp_path / "s").endswith("s: is a socket, not a regular file")
    assert complaint(os.devnull) == f"{os.devnull}: is a device, not a regular file"


def test_names_are_safe_to_print(tmp_path: Path) -> None:
    """Control characters and surrogates are escaped, also in names of members."""
    path = tmp_path / "a\n\x1b[31m\udcff.csv"
    path.write_bytes(b"")
    assert complaint(path).endswith(r"a\n\x1b[31m\udcff.csv: the file is empty")
    packed = tmp_path / "a.zip"
    packed.write_bytes(zipped({"x\x1b.csv": b""}))
    assert complaint(packed).endswith(r"a.zip:x\x1b.csv: the file is empty")


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("", "a path is empty"),
        ("a\0b", r"a\x00b: a file name can't contain a NUL byte"),
        ("x" * 300, "x" * 300 + ": File name too long"),
        ("missing.csv", "missing.csv: no such file"),
    ],
)
def test_a_path_that_is_no_file_is_an_error_that_names_it(
    path: str, words: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert complaint(path) == words


def test_an_unreadable_file_is_an_error_that_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error is simulated: root can read everything."""
    path = tmp_path / "a.csv"
    path.write_bytes(TEXT)

    def refuse(*_args: object, **_more: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    assert complaint(path) == f"{path}: Permission denied"


def _method_97() -> bytes:
    packed = bytearray(zipped({"a.csv": TEXT}))
    packed[8] = packed[packed.index(b"PK\x01\x02") + 10] = 97
    return bytes(packed)


def _flipped(packed: bytes, start: int) -> bytes:
    return packed[:start] + bytes(byte ^ 0x55 for byte in packed[start : start + 20]) + packed[start + 20 :]


def _lying_zip(size: int) -> bytes:
    """An archive whose directory understates the size of its member."""
    packed = bytearray(zipped({"a.csv": TEXT * 1000}))
    struct.pack_into("<I", packed, packed.index(b"PK\x01\x02") + 24, size)
    return bytes(packed)


CHECKED = zstandard.ZstdCompressor(write_checksum=True)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (gzip.compress(TEXT * 99)[:-9], "the compressed file is truncated"),
        (gzip.compress(TEXT) + b"junk", r"the compressed file is damaged \(Not a gzipped file"),
        (_flipped(gzip.compress(TEXT), 20), r"the compressed file is damaged"),
        (gzip.compress(gzip.compress(TEXT)), "is compressed twice; unpack it once"),
        (TEXT.decode().encode("utf-32"), "is UTF-32 text; save it as UTF-8"),
        (zstandard.compress(TEXT)[:-3], "the compressed file is truncated"),
        (zstandard.compress(TEXT) + zstandard.compress(TEXT)[:9], "the compressed file is truncated"),
        (CHECKED.compress(TEXT)[:-1] + b"x", r"the zstd file is damaged \(.*checksum\)"),
        (zstandard.compress(TEXT) + b"junkjunk", "the zstd file is damaged"),
        (zipped({"a.csv": TEXT})[:-30], "the compressed file is damaged"),
        (zipped({"a.zip": zipped({"b.csv": TEXT})}), "a.zip: is compressed twice; unpack it once"),
        (zipped({"d/": b""}), "the zip archive contains no file"),
        (_method_97(), "a.csv: can't be unpacked: that compression method is not supported"),
        (_flipped(zipped({"a.csv": TEXT * 9}, zipfile.ZIP_LZMA), 60), "a.csv: the compressed file is damaged"),
        (_flipped(zipped({"a.csv": TEXT * 9}, zipfile.ZIP_BZIP2), 60), "a.csv: the compressed file is damaged"),
        (_lying_zip(50), "a.csv: the compressed file is damaged"),
        (zipped({"mimetype": b"application/vnd.oasis.opendocument.spreadsheet"}), "is a spreadsheet; save it as CSV"),
        (bz2.compress(TEXT), "is compressed with bzip2; unpack it first"),
        (b"PAR1" + bytes(99), r"the Parquet file is damaged \("),
        (b"\0\n" + TEXT, r"\.csv:1: is not text \(it contains zero bytes\)"),
        (TEXT + b"\0\n" * 9, r"\.csv:3: is not text \(it contains zero bytes\)"),
        (TEXT.replace(b"\n", b"\r"), r"\.csv:1: its lines end with CR alone"),
        (TEXT.replace(b"\n", b"\r") * 100_000, r"\.csv:1: its lines end with CR alone"),
    ],
)
def test_a_damaged_or_binary_file_is_an_error_that_names_it(data: bytes, words: str, tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    found = complaint(path)
    assert found.startswith(str(path))
    assert re.search(words, found), found


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
def test_text_in_utf_16_is_recoded(encoding: str, tmp_path: Path) -> None:
    """With a byte order mark, also where blocks cut characters, and with half a character at the end."""
    text = (TEXT.decode() + "größe,日,😀\n") * 20_000
    data = ("\ufeff" if encoding == "utf-16-be" else "") + text
    for name, packed in (("a.csv", data.encode(encoding)), ("b.csv.gz", gzip.compress(data.encode(encoding)))):
        (tmp_path / name).write_bytes(packed)
        (source,) = opened(tmp_path / name)
        assert text_of(source) == text.encode()
    (tmp_path / "c.csv").write_bytes(data.encode(encoding) + b"a")
    (source,) = opened(tmp_path / "c.csv")
    assert text_of(source) == f"{text}\ufffd\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        gzip.compress(TEXT * 9_999),
        zstandard.compress(TEXT * 9_999),
        zipped({"a.csv": TEXT * 9_999}),
        zipped({"a.csv": TEXT * 5_000, "b.csv": TEXT * 5_000}),
    ],
    ids=["gzip", "zstd", "zip", "two members"],
)
def test_a_file_that_unpacks_to_more_than_the_limit_is_an_error(data: bytes, tmp_path: Path) -> None:
    """Counted while reading, as a header may lie; members of an archive count together."""
    path = tmp_path / "bomb"
    path.write_bytes(data)
    assert re.search(r"unpacks? to (more than )?.*100,000", complaint(path, unpacked_bytes=100_000))


def test_a_decompression_bomb_is_stopped_at_its_first_block(tmp_path: Path) -> None:
    """A GiB of zeros in a few KiB of zstd."""
    path = tmp_path / "bomb.zst"
    frame = zstandard.ZstdCompressor(level=1).compress(bytes(1 << 26))
    path.write_bytes(frame * 16)
    assert complaint(path).endswith("bomb.zst:1: is not text (it contains zero bytes)")


@pytest.mark.parametrize(("module_name", "data"), [("zstandard", zstandard.compress(TEXT)), ("pyarrow", b"PAR1....")])
def test_a_missing_package_is_an_error_with_the_command_that_installs_it(
    module_name: str, data: bytes, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(data)
    monkeypatch.setitem(sys.modules, module_name, None)
    found = complaint(path)
    assert f"needs the package {module_name}; install it with: {install_hint('files')}" in found


def test_parquet_is_read_in_batches_with_their_row_numbers(tmp_path: Path) -> None:
    """An index is kept; progress follows the rows."""
    path = tmp_path / "a.csv"
    rows = 150_000
    pd.DataFrame({"price": range(rows)}).to_parquet(path, row_group_size=40_000)
    (source,) = opened(path)
    assert source.is_table
    done, seen = [], 0
    for table in source.tables():
        assert table.first_row == seen + 1
        assert table.frame["price"].iloc[0] == seen
        seen += len(table.frame)
        done.append(source.done_bytes)
    assert seen == rows
    assert len(done) > 1
    assert done == sorted(done)
    assert source.done_bytes == source.size_bytes


def cut(text: bytes, pieces: int) -> list[tuple[bytes, int, int]]:
    """The blocks of a text that is read a few bytes at a time."""
    left = io.BytesIO(text)
    return [(block.data, block.first_line, block.lines) for block in blocks(lambda _: left.read(pieces), "a.csv")]


fields = st.sampled_from(["a", "", "12", "long enough to be cut", '"quoted"', '"two\nlines"', '"a ""b"" c"', "é"])
lines = st.lists(st.lists(fields, min_size=1, max_size=3).map(",".join), max_size=60)


@given(lines, st.sampled_from(["\n", "\r\n"]), st.booleans(), st.integers(1, 90), st.integers(90, 200))
def test_blocks_are_whole_rows_with_their_line_numbers(
    rows: list[str], end: str, ended: bool, pieces: int, block_bytes: int
) -> None:
    """Joined they are the text, also where a quoted field contains line breaks."""
    text = end.join(rows).encode() + (end.encode() if ended and rows else b"")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "BLOCK_BYTES", block_bytes)
        found = cut(text, pieces)
    joined = b"".join(data for data, _, _ in found)
    assert joined in (text, text + b"\n")
    line = 1
    for data, first_line, count in found:
        assert data.endswith(b"\n")
        assert data.count(b'"') % 2 == 0
        assert (first_line, count) == (line, data.count(b"\n"))
        line += count


@pytest.mark.parametrize("end", [b"\n", b""])
@pytest.mark.parametrize("before", [0, 1, 300_000, 600_000])
def test_a_line_of_a_mebibyte_is_read_and_one_much_longer_is_an_error(before: int, end: bytes) -> None:
    """With its number; memory stays bounded."""
    text = b"a,b\n" * before
    longest = module.MAX_LINE_BYTES
    assert sum(lines for _, _, lines in cut(text + b"x" * longest + end, 1 << 19)) == before + 1
    with pytest.raises(FeedError, match=rf"^a\.csv:{before + 1}: the line is longer than 1,048,576 bytes$"):
        cut(text + b"x" * (longest + 2 * module.BLOCK_BYTES + 1) + end, 1 << 19)


def test_an_unclosed_quote_does_not_swallow_the_rest_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    """The block ends after a few lines, with the right line number."""
    monkeypatch.setattr(module, "BLOCK_BYTES", 1000)
    found = cut(b'a,"b\n' + b"c,d\n" * 5_000, 700)
    assert len(found) > 10
    assert sum(lines for _, _, lines in found) == 5_001
    assert found[-1][1] + found[-1][2] == 5_002


def test_a_timestamp_beside_a_null_keeps_its_nanoseconds(tmp_path: Path) -> None:
    """An integer column of Parquet with a null is not read as floats."""
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    stamp = 1_704_290_400_123_456_789
    parquet.write_table(pa.table({"timestamp": pa.array([stamp, None], pa.int64()), "price": [1.1, 2.2]}), path)
    (source,) = opened(path)
    (table,) = source.tables()
    found = Found(table.frame, "a.parquet", 10**6, {})
    assert [trade[1] for trade in found.trades] == [stamp]
    assert found.report.refused.total() == 1


def test_32_bit_prices_are_the_decimals_that_were_written(tmp_path: Path) -> None:
    """187.42, not 187.4199981689453."""
    pa = pytest.importorskip("pyarrow")
    parquet = pytest.importorskip("pyarrow.parquet")
    path = tmp_path / "a.parquet"
    prices = pa.array([187.42, 1.1, None, 0.0001], pa.float32())
    parquet.write_table(pa.table({"timestamp": pa.array([1_704_290_400] * 4, pa.int64()), "price": prices}), path)
    (source,) = opened(path)
    (table,) = source.tables()
    assert [trade[2] for trade in Found(table.frame, "a.parquet", 10**6, {}).trades] == [187.42, 1.1, 0.0001]


def test_a_readme_beside_the_data_is_ignored(tmp_path: Path) -> None:
    """In a folder and in an archive; given by itself, it is read."""
    data = b"timestamp,symbol,price\n1704292200,A,1\n"
    (tmp_path / "README.txt").write_bytes(b"What this is.\n")
    (tmp_path / "day.csv").write_bytes(data)
    (tmp_path / "day.zip").write_bytes(zipped({"LICENSE.txt": b"All yours.\n", "day.txt": data}))
    assert [Path(source.name).name for source in opened(tmp_path)] == ["day.csv", "day.zip:day.txt"]
    assert [source.name for source in opened(tmp_path / "README.txt")] == [str(tmp_path / "README.txt")]
