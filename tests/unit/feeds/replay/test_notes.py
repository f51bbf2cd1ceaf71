"""The notes on a replay: of all its files together, a sentence each."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

from feeds.files.report import FileReport
from feeds.replay.feed import Replay
from feeds.replay.notes import MAX_NOTES, joined_notes
from feeds.replay.options import ReplayOptions

SECOND_NS = 10**9


def report(name: str, *notes: tuple[str, str | None], symbols: tuple[str, ...] = ()) -> FileReport:
    made = FileReport(name=name, path=name, rows=10, symbols=list(symbols))
    for text, option in notes:
        made.note(text, option)
    return made


ZONE = ("no zone in the file: taken as UTC", "--time-zone")


def test_a_note_of_the_only_file_stands_alone_with_its_option() -> None:
    made = report("a.csv", ZONE, ("conditions are left out", None))
    assert joined_notes([made]) == (
        "no zone in the file: taken as UTC; change with --time-zone",
        "conditions are left out",
    )


def test_equal_notes_of_several_files_are_one() -> None:
    reports = [report("a.csv", ZONE), report("b.csv", ZONE), report("c.csv")]
    assert joined_notes(reports) == ("2 files: no zone in the file: taken as UTC; change with --time-zone",)


def test_a_note_of_one_of_several_files_names_it() -> None:
    """Without its folder: clients see the notes."""
    reports = [report("/data/a.csv"), report("/data/b.csv", ZONE)]
    assert joined_notes(reports) == ("b.csv: no zone in the file: taken as UTC; change with --time-zone",)


def test_notes_that_differ_in_numbers_or_symbols_are_one() -> None:
    """A folder of 500 files says once that symbols are guessed, and that rows were put right."""
    reports = [
        report(
            f"{name}.csv",
            (f"the symbol {name} is a guess from the file name", "--symbol"),
            (f"{number + 1} rows put right", None),
            symbols=(name,),
        )
        for number, name in enumerate(("IBM", "AAPL", "MSFT"))
    ]
    assert joined_notes(reports) == (
        "IBM.csv: the symbol IBM is a guess from the file name, and likewise in 2 more files; change with --symbol",
        "IBM.csv: 1 rows put right, and likewise in 2 more files",
    )


def test_notes_with_different_words_or_options_stay_apart() -> None:
    reports = [
        report("a.csv", ("days come first", "--day-first")),
        report("b.csv", ("months come first", "--day-first"), ("days come first", None)),
    ]
    assert len(joined_notes(reports)) == 3


def test_a_symbol_inside_a_word_is_no_difference() -> None:
    """The symbol of one letter doesn't make other words alike."""
    reports = [
        report("a.csv", ("a bar", None), symbols=("a",)),
        report("r.csv", ("r bar", None), symbols=("r",)),
        report("s.csv", ("s ba", None), symbols=("s",)),
    ]
    assert joined_notes(reports) == ("a.csv: a bar, and likewise in 1 more file", "s.csv: s ba")


def test_refused_rows_come_first_with_their_reasons() -> None:
    """The sums of all files, the most frequent reason first."""
    first, second = report("a.csv", ZONE), report("b.csv", ZONE)
    first.refused = Counter({"not a price": 3, "not a symbol": 1})
    second.refused = Counter({"not a price": 2})
    assert joined_notes([first, second])[0] == "6 of 20 rows refused (not a price: 5, not a symbol: 1)"


def test_the_order_of_rows_is_told() -> None:
    first, second = report("a.csv"), report("b.csv")
    first.order, first.misplaced_rows, first.misplaced_by_ns = "mixed", 4, 1_500_000_000
    second.order, second.misplaced_rows, second.misplaced_by_ns = "mixed", 1, 2 * SECOND_NS
    third = report("c.csv")
    third.order = "newest first"
    assert joined_notes([first, second, third]) == (
        "5 rows out of order by up to 2 s: sorted by time",
        "1 file: the newest row is first: sorted by time",
    )
    assert joined_notes([third]) == ("the newest row is first: sorted by time",)


def test_files_in_order_and_without_assumptions_have_no_notes() -> None:
    made = report("a.csv")
    made.order = "grouped by symbol"
    assert joined_notes([made]) == ()


def test_the_number_of_notes_is_bounded() -> None:
    """The last one counts the rest."""
    texts = [(first + second, None) for first in "abcdefghijklmno" for second in "pqrstuvwxy"]
    found = joined_notes([report("a.csv", *texts)])
    assert len(found) == MAX_NOTES
    assert found[-1] == "and 51 more notes, which `ticker inspect` shows"
    assert found[-2] == texts[MAX_NOTES - 2][0]


def test_a_replay_tells_the_notes_of_its_files(tmp_path: Path) -> None:
    path = tmp_path / "day.csv"
    path.write_text("time,symbol,price,size\n2024-01-03T14:30:00Z,A,1,1\n2024-01-03T14:31:00Z,A,x,1\n")
    feed = Replay(ReplayOptions(path=(str(path),)))
    try:
        assert feed.info.notes[0].startswith("1 of 2 rows refused (")
    finally:
        feed.close()
