"""Files that are read together and disagree on the layout, and those that go together."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from feeds.files.report import FileReport
from tests.support.published import Published, published
from tests.support.samples import at, zipped
from ticker.errors import FeedError

BARS = "date,open,high,low,close,volume"
TRADES = "timestamp,symbol,price,size"
YAHOO = "Date,Open,High,Low,Close,Adj Close,Volume"
KLINES = "open_time,open,high,low,close,volume,close_time,quote_volume,count"


def text(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def bars(*days: str, header: str = BARS, more: str = "") -> bytes:
    return text(header, *(f"{day},184,186,183,185,{more}100" for day in days))


def trades(*stamps: str, symbol: str = "MSFT") -> bytes:
    return text(TRADES, *(f"{stamp},{symbol},370,5" for stamp in stamps))


def folder(root: Path, files: dict[str, bytes]) -> Path:
    for name, content in files.items():
        path = root / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return root / "data"


def paths(root: Path, files: dict[str, bytes]) -> list[Path]:
    return sorted(folder(root, files).rglob("*.csv"))


def archive(root: Path, files: dict[str, bytes]) -> Path:
    path = root / "data.zip"
    path.write_bytes(zipped(files))
    return path


def layout_notes(reports: list[FileReport]) -> dict[str, list[str]]:
    found = {re.split(r"[/:]", report.name)[-1]: report.notes for report in reports}
    return {name: [note.text for note in notes if note.option == "--layout"] for name, notes in found.items()}


GUESSED = {
    "AAPL_1.csv": bars("2024-01-02"),
    "AAPL_2.csv": bars("2024-01-03"),
    "trades.csv": trades("2024-01-09T14:30:00Z"),
}
GUESSED_WORDS = (
    r"trades\.csv:1: column 'timestamp': the files disagree on the layout: 'timestamp,symbol,price,size' is read as "
    r"trades, columns by name, but 'date,open,high,low,close,volume' in .*AAPL_1\.csv:1 as bars, columns by name, and "
    r"no vendor's layout tells that this is right; use --layout NAME for all files, or play them one at a time$"
)


def test_bars_and_trades_of_one_folder_that_only_columns_tell_are_refused(tmp_path: Path) -> None:
    """Also of different symbols and times."""
    with pytest.raises(FeedError, match=GUESSED_WORDS):
        published([folder(tmp_path, GUESSED)])


def test_bars_and_trades_of_one_archive_that_only_columns_tell_are_refused(tmp_path: Path) -> None:
    with pytest.raises(FeedError, match=GUESSED_WORDS.replace("trades", r"data\.zip:trades", 1)):
        published([archive(tmp_path, GUESSED)])


def test_files_given_one_by_one_may_be_bars_and_trades_of_different_symbols(tmp_path: Path) -> None:
    """Who names them states that they go together. It is told."""
    found = published(paths(tmp_path, GUESSED))
    assert (len(found.closed), sorted(found.names)) == (2, ["AAPL", "MSFT"])
    told = ["read as trades, columns by name; most of the files are bars, columns by name"]
    assert layout_notes(found.reports) == {"AAPL_1.csv": [], "AAPL_2.csv": [], "trades.csv": told}


def test_a_column_per_symbol_beside_bars_is_refused(tmp_path: Path) -> None:
    files = {"MSFT.csv": bars("2024-01-02"), "prices.csv": text("date,IBM,ORCL", "2024-01-02,160,104")}
    with pytest.raises(
        FeedError, match=r"prices\.csv:1: column 'IBM': .* one column per symbol, but .* in .*MSFT\.csv:1"
    ):
        published([folder(tmp_path, files)])


@pytest.mark.parametrize("place", [folder, archive, paths])
@pytest.mark.parametrize(
    ("files", "words"),
    [
        (
            {"AAPL.csv": bars("2024-01-02", "2024-01-03"), "all.csv": trades("2024-01-02T14:30:00Z", symbol="AAPL")},
            r"all\.csv:1: column 'timestamp': .* both have prices of AAPL at the same time",
        ),
        (
            {"AAPL.csv": bars("2024-01-02", "2024-01-03"), "AAPL_x.csv": bars("2024-01-03", header=YAHOO, more="185,")},
            r"AAPL_x\.csv:1: column 'Adj Close': .* Yahoo Finance download, but .* in .*AAPL\.csv:1 as bars, ",
        ),
    ],
)
def test_two_layouts_of_one_symbol_at_one_time_are_refused(
    place: object, files: dict[str, bytes], words: str, tmp_path: Path
) -> None:
    """In a folder, in an archive, and of files given one by one."""
    assert callable(place)
    given = place(tmp_path, files)
    with pytest.raises(FeedError, match=words):
        published(given if isinstance(given, list) else [given], symbol=None if "all.csv" in files else "AAPL")


def test_the_option_reads_all_files_by_one_layout(tmp_path: Path) -> None:
    files = {"AAPL_1.csv": bars("2024-01-02"), "AAPL_2.csv": bars("2024-01-02", header=YAHOO, more="185,")}
    with pytest.raises(FeedError, match="both have prices of AAPL at the same time"):
        published([folder(tmp_path, files)], symbol="AAPL")
    assert len(published([folder(tmp_path, files)], symbol="AAPL", layout="bars").closed) == 2


UNDER = r", but those of .*a\.csv:2 under the same header are "
AT_ONCE = " for all files, or play them one at a time$"
DATES = ("date,close", "13/01/2024,185", "01/14/2024,185")
ZONES = ("timestamp,close", "2024-01-03T09:30:00-05:00,185", "2024-01-04 09:30:00,186")
MARKS = ("date;close", "2024-01-03;185,25", "2024-01-04;186.25")
DATES_WORDS = (
    rf"b\.csv:2: column 'date': dates are month first \('01/14/2024'\){UNDER}day first \('13/01/2024'\); "
    rf"use --day-first or --month-first{AT_ONCE}"
)
ZONES_WORDS = (
    rf"b\.csv:2: column 'timestamp': times are without a zone \('2024-01-04 09:30:00'\){UNDER}with a zone "
    rf"\('2024-01-03T09:30:00-05:00'\); use --time-zone{AT_ONCE}"
)
MARKS_WORDS = (
    rf"b\.csv:2: column 'close': numbers are with a decimal point \('186\.25'\){UNDER}with a decimal comma "
    rf"\('185,25'\); use --decimal , or --decimal \.{AT_ONCE}"
)


@pytest.mark.parametrize("place", [folder, archive, paths])
@pytest.mark.parametrize(("lines", "words"), [(DATES, DATES_WORDS), (ZONES, ZONES_WORDS), (MARKS, MARKS_WORDS)])
def test_one_header_with_values_written_in_two_ways_is_refused(
    place: object, lines: tuple[str, str, str], words: str, tmp_path: Path
) -> None:
    header, one, other = lines
    assert callable(place)
    given = place(tmp_path, {"a.csv": text(header, one), "b.csv": text(header, other)})
    with pytest.raises(FeedError, match=words):
        published(given if isinstance(given, list) else [given], symbol="X")


def test_the_option_that_is_named_helps(tmp_path: Path) -> None:
    header, one, other = ZONES
    files = {"a.csv": text(header, one), "b.csv": text(header, other)}
    found = published([folder(tmp_path, files)], symbol="X", time_zone="America/New_York")
    assert [trade[1:3] for trade in found.trades] == [(at("2024-01-03 14:30"), 185), (at("2024-01-04 14:30"), 186)]


def five_minutes(day: str, first: str, last: str) -> bytes:
    return text(
        "timestamp,open,high,low,close,volume",
        *(
            f"{day} {minute // 60:02}:{minute % 60:02}:00,184,186,183,185,100"
            for minute in range(_minute(first), _minute(last) + 1, 5)
        ),
    )


def _minute(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def test_bars_of_which_one_file_shows_that_they_are_stamped_at_their_end_are_not_read_in_two_ways(
    tmp_path: Path,
) -> None:
    """The second day ends early, so its own rows don't show it: its bars would play five minutes late."""
    files = {
        "AAPL_2024-01-03.csv": five_minutes("2024-01-03", "09:35", "16:00"),
        "AAPL_2024-01-04.csv": five_minutes("2024-01-04", "09:35", "12:40"),
    }
    given = folder(tmp_path, files)
    with pytest.raises(
        FeedError, match=r"01-04\.csv:2: column 'timestamp': bars are stamped at their start .*--bar-stamp"
    ):
        published([given], time_zone="America/New_York")
    found = published([given], time_zone="America/New_York", bar_stamp="end")
    assert found.closed[0][1] == at("2024-01-03 14:30")
    assert found.closed[78][1] == at("2024-01-04 14:30")


@pytest.mark.parametrize("place", [folder, archive])
def test_a_part_without_a_header_has_the_columns_of_the_part_with_one(place: object, tmp_path: Path) -> None:
    """As ``split`` makes them. Where the header has another order than the guess, the guess is refused."""
    assert callable(place)
    rest = text("2024-01-03,1,3,0.5,2")
    same = {"AAPL_part1.csv": text("date,open,high,low,close", "2024-01-02,1,3,0.5,2"), "AAPL_part2.csv": rest}
    assert len(published([place(tmp_path, same)]).closed) == 2
    other = {"AAPL_part1.csv": text("date,open,close,high,low", "2024-01-02,1,2,3,0.5"), "AAPL_part2.csv": rest}
    words = (
        r"part2\.csv:1: column 3: the files disagree on the layout: '2024-01-03,1,3,0\.5,2' has no header, and this "
        r"column is taken for the high, which is column 4 in .*part1\.csv:1 \('date,open,close,high,low'\); use "
    )
    with pytest.raises(FeedError, match=words):
        published([place(tmp_path, other)])


def plays(found: Published, *symbols: str) -> None:
    assert sorted(found.names) == sorted(symbols)
    assert not any(report.fault for report in found.reports)


def test_files_that_go_together_are_read(tmp_path: Path) -> None:
    """Trades beside quotes, daily dates beside times with a zone, several vendors' files of different symbols."""
    files = {
        "one/trades.csv": trades("2024-01-03T14:30:00Z"),
        "one/quotes.csv": text("timestamp,symbol,bid,ask", "2024-01-03T14:30:00Z,MSFT,369,371"),
        "two/AAPL_daily.csv": text("timestamp,open,high,low,close", "2024-01-03,1,2,1,2", "2024-01-04,1,2,1,2"),
        "two/MSFT_1h.csv": text(
            "timestamp,open,high,low,close", "2024-01-03T15:00:00Z,1,2,1,2", "2024-01-03T16:00:00Z,1,2,1,2"
        ),
        "three/IBM.csv": bars("2024-01-03", header=YAHOO, more="185,"),
        "three/BTCUSDT-1m.csv": text(KLINES, "1704240000000,1,2,1,2,5,1704240059999,9,3"),
        "three/README.csv": b"what these files are\n",
    }
    root = folder(tmp_path, files)
    one = published([root / "one"])
    plays(one, "MSFT")
    assert layout_notes(one.reports) == {"trades.csv": [], "quotes.csv": []}
    plays(published([root / "two"]), "AAPL", "MSFT")
    three = published([root / "three"])
    plays(three, "IBM", "BTCUSDT")
    assert sum(map(len, layout_notes(three.reports).values())) == 1


MINUTES = "timestamp,symbol,open,high,low,close,volume"


def minutes(*stamps: str, symbol: str = "AAPL") -> bytes:
    return text(MINUTES, *(f"{stamp},{symbol},184,186,183,185,100" for stamp in stamps))


def test_prices_that_two_files_have_in_different_forms_are_told(tmp_path: Path) -> None:
    """Bars of a minute and of a day: both are played, and the day's volume counts both."""
    files = {
        "day.csv": minutes("2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"),
        "minute.csv": minutes("2024-01-02T15:00:00Z", "2024-01-02T15:01:00Z"),
        "other.csv": minutes("2024-01-02T15:00:00Z", "2024-01-02T15:01:00Z", symbol="MSFT"),
    }
    reports = published([folder(tmp_path, files)]).reports
    told = {Path(report.name).name: [note.text for note in report.notes if "volume" in note.text] for report in reports}
    assert told["day.csv"] == told["other.csv"] == []
    (note,) = told["minute.csv"]
    assert "bars of 1 min and bars of 1 d" in note
    assert "day.csv) are of AAPL at the same time" in note


def test_bars_of_two_lengths_that_follow_each_other_are_not_told(tmp_path: Path) -> None:
    files = {
        "day.csv": minutes("2024-01-02T00:00:00Z", "2024-01-03T00:00:00Z"),
        "minute.csv": minutes("2024-01-04T15:00:00Z", "2024-01-04T15:01:00Z"),
    }
    notes = [note.text for report in published([folder(tmp_path, files)]).reports for note in report.notes]
    assert not [note for note in notes if "volume" in note]
