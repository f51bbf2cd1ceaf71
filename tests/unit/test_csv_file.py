"""Files as blocks of whole lines."""

from __future__ import annotations

import gzip
import io
import os
import zlib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import feeds.csv_file
from feeds.csv_file import MAX_LINE_BYTES, Block, CsvFile
from ticker.errors import FeedError


def blocks_of(path: Path) -> list[Block]:
    """All blocks behind the header."""
    file = CsvFile(path)
    try:
        file.header()
        return list(iter(file.block, None))
    finally:
        file.close()


def rest_of(path: Path, tmp_path: Path) -> bytes:
    return b"".join(block.data for block in blocks_of(path))


@pytest.fixture
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feeds.csv_file, "BLOCK_BYTES", 64)


@pytest.mark.usefixtures("small_blocks")
@given(lines=st.lists(st.text("ab,\r", max_size=90), max_size=60), end=st.sampled_from(["", "\n"]))
def test_blocks_are_the_files_lines_with_their_numbers(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str], end: str
) -> None:
    """Put together the blocks are the file behind its header, each ends with a line, and each knows its place."""
    path = tmp_path_factory.mktemp("csv") / "f.csv"
    text = "\n".join(["header", *lines]) + end
    path.write_bytes(text.encode())
    blocks = blocks_of(path)
    rest = text[len("header\n") :].encode()
    assert b"".join(block.data for block in blocks) in (rest, rest + b"\n")
    line = 2
    for block in blocks:
        assert block.first_line == line
        assert block.lines == block.data.count(b"\n") > 0
        assert block.data.endswith(b"\n")
        line += block.lines


@pytest.mark.usefixtures("small_blocks")
def test_a_block_does_not_end_inside_a_quoted_field(tmp_path: Path) -> None:
    """A row whose note spans lines stays in one block; a stray quote mark moves the cut by a few lines at most."""
    path = tmp_path / "f.csv"
    rows = [f'{number},"a note\nof two lines"\n' for number in range(50)]
    path.write_text("header\n" + "".join(rows))
    blocks = blocks_of(path)
    assert len(blocks) > 10
    assert all(block.data[:1].isdigit() for block in blocks)
    path.write_text('header\n"stray\n' + "row\n" * 200)
    assert b"".join(block.data for block in blocks_of(path)) == b'"stray\n' + b"row\n" * 200


def test_the_header_is_the_first_line_that_is_not_blank(tmp_path: Path) -> None:
    """Blank lines, a byte order mark and quoted names are no trouble; line numbers stay those of the file."""
    path = tmp_path / "f.csv"
    path.write_bytes(b'\xef\xbb\xbf\n  \n"a" , b,"c,d"\r\n1,2,3\n')
    file = CsvFile(path)
    assert file.header() == ["a", "b", "c,d"]
    block = file.block()
    assert block == Block(b"1,2,3\n", 4, 1)
    assert file.ended
    assert file.block() is None
    file.close()


def test_gzip_is_told_by_its_content(tmp_path: Path) -> None:
    """A .csv that is packed, or a .gz that is not, is read as what it is; several members are one file."""
    packed, plain = tmp_path / "f.csv", tmp_path / "f.csv.gz"
    packed.write_bytes(gzip.compress(b"header\n1\n") + gzip.compress(b"2\n"))
    plain.write_bytes(b"header\n1\n2\n")
    assert blocks_of(packed) == blocks_of(plain) == [Block(b"1\n2\n", 2, 2)]


def _gzipped(cut: int | None = None, *, damage: int | None = None) -> bytes:
    data = bytearray(gzip.compress(b"header\n" + os.urandom(3000).hex().encode() + b"\n", mtime=0))
    if damage is not None:
        data[damage] ^= 0xFF
    return bytes(data[:cut])


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "the file is empty"),
        (b"\n\r\n   \n", "the file is empty"),
        (b"\xef\xbb\xbf", "the file is empty"),
        (gzip.compress(b""), "the file is empty"),
        (b"PK\x03\x04rest", "is a zip archive"),
        (b"PAR1rest", "is a Parquet file, not CSV"),
        (b"\x28\xb5\x2f\xfdrest", "is compressed with zstd"),
        (b"BZh91AY", "is compressed with bzip2"),
        (b"\xfd7zXZ\x00", "is compressed with xz"),
        ("a,b\n1,2\n".encode("utf-16"), "is UTF-16 text; save it as UTF-8"),
        ("\ufeffa,b\n1,2\n".encode("utf-16-be"), "is UTF-16 text; save it as UTF-8"),
        ("a,b\n1,2\n".encode("utf-16-le"), ":1: is not text (it has zero bytes)"),
        (b"\x00\x01\x02\x03\n", ":1: is not text (it has zero bytes)"),
        (b"\n\xe9t\xe9,b\n", ":2: is not UTF-8 text (invalid continuation byte at byte 0)"),
        (b"\x89PNG\r\n\x1a\n", ":1: is not UTF-8 text (invalid start byte at byte 0)"),
        (b'a,"' + b"b" * 200_000 + b'"\n', ":1: the header can't be read: field larger than field limit (131072)"),
        (b"x" * (MAX_LINE_BYTES + 9), ":1: a line of more than 1,048,576 bytes"),
        (b"header\n\n" + b"x" * (MAX_LINE_BYTES + 9), ":3: a line of more than 1,048,576 bytes"),
        (gzip.compress(b"x" * (MAX_LINE_BYTES + 9)), ":1: a line of more than 1,048,576 bytes"),
        (_gzipped(5), "the gzip file is cut off"),
        (_gzipped(1000), "the gzip file is cut off"),
        (_gzipped(-1), "the gzip file is cut off"),
        (_gzipped(-9), "the gzip file is cut off"),
        (_gzipped(damage=-8), "the gzip file is damaged (CRC check failed"),
        (_gzipped(damage=-1), "the gzip file is damaged (Incorrect length"),
        (b"\x1f\x8b\x07rest of it", "the gzip file is damaged (Unknown compression method)"),
        (b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03" + b"\xff" * 50, "the gzip file is damaged (Error -3"),
    ],
)
def test_what_is_no_text_file_is_told_in_one_line(tmp_path: Path, content: bytes, complaint: str) -> None:
    """Whatever is given for a CSV file, the error names the file and says what it is instead."""
    path = tmp_path / "f.csv"
    path.write_bytes(content)
    with pytest.raises(FeedError) as error:
        blocks_of(path)
    assert str(error.value).startswith(f"{path}: {complaint}" if complaint[0] != ":" else f"{path}{complaint}")
    assert "\n" not in str(error.value)


def test_what_is_no_file_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name that is wrong, a folder, a pipe (whose opening would wait for ever), and a file that may not be read."""
    os.mkfifo(tmp_path / "pipe")
    for path, complaint in (
        (tmp_path / "none.csv", "there is no such file"),
        (tmp_path, "is a folder"),
        (tmp_path / "pipe", "is not a regular file"),
        (Path("/dev/null"), "is not a regular file"),
        (Path("a\0b"), "embedded null byte"),
        (tmp_path / ("x" * 300), "File name too long"),
    ):
        with pytest.raises(FeedError) as error:
            CsvFile(path)
        assert str(error.value).startswith(f"{path}: ")
        assert complaint in str(error.value)

    def refuse(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    (tmp_path / "secret.csv").write_text("header\n")
    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(FeedError, match=r"secret\.csv: Permission denied$"):
        CsvFile(tmp_path / "secret.csv")


@pytest.mark.usefixtures("small_blocks")
def test_whole_lines_before_an_error_come_first_and_reading_goes_on_when_it_is_mended(tmp_path: Path) -> None:
    """A gzip file that is still being copied plays as far as it goes, and from there on later, no line twice."""
    path = tmp_path / "f.csv.gz"
    rows = [f"{number},{zlib.crc32(bytes([number % 256])):x}\n" for number in range(3000)]
    packed = gzip.compress(("header\n" + "".join(rows)).encode())
    path.write_bytes(packed[: len(packed) // 2])
    file = CsvFile(path)
    file.header()
    blocks: list[Block] = []

    def read() -> None:
        while (block := file.block()) is not None:
            blocks.append(block)

    with pytest.raises(FeedError, match="the gzip file is cut off"):
        read()
    assert blocks
    assert file.error
    before = len(blocks)
    file.reopen()
    with pytest.raises(FeedError, match="the gzip file is cut off"):
        read()
    assert len(blocks) == before
    path.write_bytes(packed)
    file.reopen()
    read()
    file.close()
    assert b"".join(block.data for block in blocks).decode() == "".join(rows)
    assert [block.first_line for block in blocks[1:]] == [block.first_line + block.lines for block in blocks[:-1]]
    assert file.ended


def test_lines_that_were_whole_are_not_lost_with_those_behind_them(tmp_path: Path) -> None:
    """Also in a file so short that its end is known with its beginning."""
    path = tmp_path / "f.csv.gz"
    path.write_bytes(gzip.compress(b"header\n1\n2\n3\n")[:-8])
    file = CsvFile(path)
    file.header()
    assert str(file.error) == f"{path}: the gzip file is cut off"
    assert file.block() == Block(b"1\n2\n3\n", 2, 3)
    with pytest.raises(FeedError, match="the gzip file is cut off"):
        file.block()
    file.close()


def test_a_file_that_is_gone_when_it_is_opened_again_is_told(tmp_path: Path) -> None:
    """And one that became shorter simply has no more lines."""
    path = tmp_path / "f.csv"
    path.write_text("header\n1\n2\n")
    file = CsvFile(path)
    file.header()
    file.block()
    path.write_text("header\n")
    file.reopen()
    assert file.block() is None
    path.unlink()
    with pytest.raises(FeedError, match="there is no such file"):
        file.reopen()
    assert file.closed


def test_an_error_of_the_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the system says goes into the error."""
    path = tmp_path / "f.csv"
    path.write_text("header\n1\n")

    class Disk(io.BytesIO):
        def peek(self, _: int) -> bytes:
            return b"head"

        def read1(self, *_: object) -> bytes:
            raise OSError(5, "Input/output error")

    monkeypatch.setattr(Path, "open", lambda *_: Disk())
    file = CsvFile(path)
    with pytest.raises(FeedError, match=r"f\.csv: Input/output error$"):
        file.header()
