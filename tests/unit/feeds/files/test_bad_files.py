"""Bad files and bad rows: the message has file, line, column and text."""

from __future__ import annotations

import os
import re
import stat
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support.bad_files import BAD_FILES, GOOD, HEADER, TRADES, Bad
from tests.support.bad_rows import BAD_ROWS, GOOD_NAMES, BadRow
from tests.support.published import published
from tests.support.samples import text
from ticker.cli import main
from ticker.errors import FeedError

#: What one line may be long, at the most: it is for a person.
MAX_COMPLAINT = 800


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Messages name files as the user did, by a relative path."""
    monkeypatch.chdir(tmp_path)


def bad_file(bad: Bad, folder: Path) -> Path:
    path = bad.write(folder)
    if path.is_file() and not stat.S_IMODE(path.stat().st_mode) and os.access(path, os.R_OK):
        pytest.skip("nothing is unreadable for this user")
    return path


@pytest.mark.parametrize("bad", BAD_FILES, ids=lambda bad: bad.id)
def test_a_bad_file_is_an_error_with_its_reason(bad: Bad, tmp_path: Path) -> None:
    """One printable line that names the file or the option, without internals."""
    path = bad_file(bad, tmp_path)
    with pytest.raises(FeedError) as caught:
        published([Path(path.name)], **bad.options)
    words = str(caught.value)
    assert re.search(bad.error, words), words
    assert words.isprintable()
    assert len(words) < MAX_COMPLAINT
    assert path.name in words or "--" in words
    for inside in ("Errno", "Traceback", "Error(", "object at 0x", "NoneType", "pyarrow", "numpy"):
        assert inside not in words


@pytest.mark.parametrize("bad", BAD_ROWS, ids=lambda bad: bad.id)
def test_a_bad_row_is_reported_and_good_rows_are_played(bad: BadRow, tmp_path: Path) -> None:
    """With file, line, column and text, escaped and cut; it is counted once."""
    path = tmp_path / "rows.csv"
    path.write_bytes(bad.content)
    found = published([Path(path.name)], time_zone=bad.zone)
    report = found.report
    assert (report.rows, report.refused.total()) == (3, 1)
    assert report.trades + report.quotes + report.bars == 2
    (complaint,) = report.complaints
    words = complaint.message(report.name)
    place, _, rest = words.partition(": ")
    assert place == "rows.csv:3"
    assert re.fullmatch(bad.complaint, rest), words
    assert words.isprintable()
    assert len(words) < 300
    assert complaint.reason


@pytest.mark.parametrize("bad", BAD_ROWS, ids=lambda bad: bad.id)
def test_strict_stops_at_the_first_bad_row(bad: BadRow, tmp_path: Path) -> None:
    """With the same message."""
    path = tmp_path / "rows.csv"
    path.write_bytes(bad.content)
    with pytest.raises(FeedError) as caught:
        published([Path(path.name)], time_zone=bad.zone, strict=True)
    assert re.match(rf"rows\.csv:3: {bad.complaint}", str(caught.value)), str(caught.value)


def test_line_numbers_count_all_blocks_and_blank_lines(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text(HEADER, *[GOOD] * 50_000, "", "2024-01-03T14:30:00Z,AAPL,abc,100", GOOD))
    report = published([path]).report
    assert [complaint.message("f") for complaint in report.complaints] == [
        "f:50003: column 'price': 'abc' is not a price"
    ]


def test_all_bad_rows_are_counted_and_20_reported(tmp_path: Path) -> None:
    path = tmp_path / "rows.csv"
    path.write_bytes(text(HEADER, GOOD, *["2024-01-03T14:30:00Z,AAPL,abc,100"] * 5_000))
    report = published([path]).report
    assert report.refused.total() == 5_000
    assert len(report.complaints) == 20


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_unusual_symbols_are_read_verbatim(name: str, tmp_path: Path) -> None:
    """A formula, a path, a tag, a word that pandas takes for a missing value."""
    path = tmp_path / "trades.csv"
    quoted = name.replace('"', '""')
    path.write_bytes(text(HEADER, f'2024-01-03T14:30:00Z,"{quoted}",184.22,100'))
    found = published([path])
    assert found.names == [name]
    assert [row[0] for row in found.trades] == [name]


@pytest.mark.parametrize(
    "content",
    [
        TRADES.replace(b"\n", b"\r\n"),
        b"\xef\xbb\xbf" + TRADES,
        TRADES.replace(b"\n", b"\n\n"),
        b"\n\n" + TRADES,
        TRADES.rstrip(b"\n"),
        TRADES.replace(b",", b", "),
        TRADES.replace(b",", b";"),
        TRADES.replace(b"AAPL", b'"AAPL"'),
        TRADES.replace(b"184.22", b'"184.22"'),
        TRADES.replace(b"184.22", b"1.8422e2"),
        TRADES.replace(b"184.22", b"+184.220000000000000000000"),
        TRADES.replace(HEADER.encode(), b"TimeStamp,SYMBOL,Price,Size"),
    ],
    ids=[
        "Windows line ends", "byte-order mark", "blank lines", "blank lines first", "no end of line",
        "blanks after commas", "semicolons", "quoted names", "a quoted price", "an exponent", "a sign and zeros",
        "capitals",
    ],
)  # fmt: skip
def test_unusual_but_valid_files_are_read(content: bytes, tmp_path: Path) -> None:
    """To the same two trades."""
    path = tmp_path / "trades.csv"
    path.write_bytes(content)
    found = published([path])
    assert [row[2:] for row in found.trades] == [(184.22, 100), (184.23, 5)]
    assert not found.report.refused


@pytest.mark.parametrize("tail", [b"\0" * 100_000, b"\0" * 100 + b"\n"])
def test_zero_bytes_at_the_end_are_one_bad_row(tail: bytes, tmp_path: Path) -> None:
    """As a crash of the machine that recorded leaves them."""
    path = tmp_path / "trades.csv"
    path.write_bytes(TRADES + tail)
    found = published([path])
    assert (len(found.trades), found.report.refused) == (2, {"a line with a NUL byte": 1})
    assert [each.line for each in found.report.complaints] == [4]


def test_delimiters_after_the_last_column_are_left_out(tmp_path: Path) -> None:
    """Of single rows; a note tells it."""
    path = tmp_path / "trades.csv"
    path.write_bytes(text(HEADER, GOOD, GOOD + ",", GOOD + ", ,", GOOD, GOOD + ",x"))
    report = published([path]).report
    assert (report.trades, report.refused) == (4, {"wrong number of fields": 1})
    assert "some rows end with more delimiters than the header: left out" in [note.text for note in report.notes]


ON_THE_COMMAND_LINE = tuple(bad for bad in BAD_FILES if not bad.options)


@pytest.mark.parametrize("bad", ON_THE_COMMAND_LINE, ids=lambda bad: bad.id)
@pytest.mark.parametrize(
    "command", [["inspect"], ["serve", "--port", "0", "--feed", "csv", "--path"]], ids=lambda it: it[0]
)
def test_on_the_command_line_a_bad_file_gives_one_line_and_status_2(
    command: list[str], bad: Bad, tmp_path: Path
) -> None:
    """`ticker serve` recommends `ticker inspect` if the file can be opened."""
    path = bad_file(bad, tmp_path)
    result = CliRunner().invoke(main, [*command, path.name])
    assert result.exit_code == 2
    assert len(result.stderr.splitlines()) == 1, result.stderr
    assert result.stderr.startswith("ticker: ")
    assert re.search(bad.error, result.stderr), result.stderr
    can_be_opened = os.path.exists(path)  # noqa: PTH110 - Path.exists raises for a link to itself
    assert ("ticker inspect" in result.stderr) == (command[0] == "serve" and can_be_opened)
    assert "Traceback" not in result.output
