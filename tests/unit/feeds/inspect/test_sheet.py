"""The sheet that people see: what comes first, what is cut, and which option changes what was assumed."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console

from feeds.files.report import FileReport
from feeds.inspect.findings import FileFindings, Findings
from feeds.inspect.preview import Preview, TradeRow
from feeds.inspect.sheet import sheet
from tests.support.inspect_file import BARS, START_NS, TICKS, bars_report, findings, lean_report, trades_report

REPLAY = "ticker serve day"


def drawn(found: Findings, width: int = 100, *, colours: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, highlight=False, force_terminal=colours, color_system="standard" if colours else None
    )
    for part in sheet(found, width, REPLAY):
        console.print(part)
    return out.getvalue()


def test_the_name_and_the_gist_come_first() -> None:
    """How much of what, of whom, and when."""
    lines = drawn(findings(lean_report())).splitlines()
    assert lines[0] == "✓ 20131011_trade.zip:20131011_ibm_Trade_Tick.csv"
    assert lines[1].strip() == "19,264 trades of IBM, 2024-01-03 09:30:00 to 10:30:00 America/New_York"


def test_an_assumption_shows_its_option() -> None:
    """What the file says needs none."""
    assumed = drawn(findings(bars_report()))
    assert "UTC  assumed; otherwise --time-zone America/New_York" in assumed
    assert "--symbol NAME" in assumed
    said = drawn(findings(trades_report()))
    assert "UTC  ISO 8601 with offset, says the file" in said
    assert "--time-zone" not in said


def test_rows_that_are_not_taken_as_they_lie_are_told() -> None:
    """Those out of place, those that are no tick, and columns without a name."""
    report = replace(
        trades_report(),
        order="mixed",
        misplaced_rows=1200,
        misplaced_by_ns=5 * 3600 * 10**9,
        passed=Counter({"type": 7}),
        ignored=("3", "venue"),
    )
    text = drawn(findings(report), 120)
    for words in (
        "mixed, 1,200 rows out of place by up to 5 h  sorted by time before the replay",
        "left out  7 rows neither trade nor quote by column 'type'",
        "not read  column 3, venue",
    ):
        assert words in re.sub(r"(left out|not read) +", r"\1  ", text)


def test_what_a_layout_or_a_name_tells_shows_its_option_too() -> None:
    """Scale, date, zone and symbol of a Lean file."""
    text = drawn(findings(lean_report()), 120)
    for words in (
        "milliseconds since midnight, usual for this layout; otherwise --time-zone UTC",
        "2013-10-11  from the file's name; otherwise --date YYYY-MM-DD",
        "divided by 10000  usual for this layout; otherwise --price-scale 1",
        "newest first  sorted by time before the replay",
        "2, the longest 2 d 15 h",
        "time = column 1, price = column 2",
        "lean-trades, zip, no header",
    ):
        assert words in text


def test_refused_rows_are_counted_by_reason_and_the_first_are_told() -> None:
    """As complaints that can be followed to the line."""
    text = drawn(findings(trades_report()))
    assert text.startswith("! trades.csv.gz")
    assert "4 rows of 1,203,334  not a price: 3, not a stamp: 1" in text
    assert "trades.csv.gz:17: column 'price': 'abc' is not a price" in text
    assert "… and 2 more" in text


def test_a_long_list_of_symbols_is_cut_with_a_count() -> None:
    """Two lines of it, on any terminal."""
    wide, narrow = drawn(findings(trades_report(5_000)), 200), drawn(findings(trades_report(5_000)), 60)
    assert "5,000: SYM0, SYM1" in wide
    assert "more" in narrow
    assert len(narrow.splitlines()) < 40


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    """Whatever its width; and no line ends in blanks that a copy would have."""
    found = findings(trades_report(), lean_report(), bars_report(), preview=TICKS)
    assert all(len(line) <= width for line in drawn(found, width).splitlines())


def test_ticks_are_shown_as_they_would_be_published() -> None:
    """A side that is none is a dash, and never 0."""
    text = drawn(findings(lean_report(), preview=TICKS))
    assert "First ticks, 2024-01-03 America/New_York" in text
    quote, trade = text.splitlines()[-4:-2]
    assert quote.split() == ["09:30:00", "14:30:00", "IBM", "184.98", "×", "300", "–"]
    assert trade.split() == ["09:30:00.833", "14:30:00.833", "IBM", "184.99", "×", "1,000"]


def test_of_a_file_of_bars_the_bars_are_shown() -> None:
    """With the values that one finds in the file."""
    text = drawn(findings(bars_report(), preview=BARS))
    assert "First bars, 2024-01-03 UTC" in text
    assert "14:30:00  IBM     184.2  184.3  184  184.1  10,001,000" in text
    assert "of 1 min" in text
    assert "2 lines before the header, separated by tabs" in text


def test_ticks_of_several_days_have_their_date() -> None:
    """One day's is said once, above."""
    ticks = [TradeRow("IBM", START_NS, 1.0, 1.0), TradeRow("IBM", START_NS + 86_400 * 10**9, 1.0, 1.0)]
    text = drawn(findings(bars_report(), preview=Preview(ticks=[*ticks])))
    assert "First ticks, UTC" in text
    assert "2024-01-04 14:30:00" in text


def test_several_files_are_summed_up() -> None:
    """As the replay would merge them."""
    text = drawn(findings(trades_report(2), lean_report()))
    assert "2 files of trades, merged by time" in text
    assert "3 symbols: IBM, SYM0, SYM1" in text
    assert text.rstrip().endswith(f"Replay  {REPLAY}")


def test_a_file_that_was_not_understood_shows_how_it_begins() -> None:
    """And how to replay it isn't said."""
    report = FileReport(name="x.csv", path="x.csv")
    file = FileFindings(report=report, error="x.csv: there is no layout like this", head=("Dear sir,", "", "hello"))
    text = drawn(Findings(files=[file], error=file.error))
    assert text.startswith("✗ x.csv\n  x.csv: there is no layout like this\n")
    assert "    Dear sir," in text
    assert "Replay" not in text


def test_what_a_file_says_cannot_command_the_terminal() -> None:
    """Neither escapes nor rich's own markup, in names, columns and symbols."""
    report = replace(trades_report(1), name="[bold]\x1b[31mx.csv", symbols=["[red]X"], ignored=("\x1b]0;pwned\x07",))
    text = drawn(findings(report))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text
    assert "[red]X" in text


def test_colours_are_for_terminals() -> None:
    """Green for good, yellow for refusals and assumptions, red for what can't be."""
    coloured = drawn(findings(bars_report()), colours=True)
    assert "\x1b[1;32m✓" in coloured
    assert "\x1b[33m  assumed" in coloured
