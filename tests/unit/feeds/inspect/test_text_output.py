"""The text output of ``ticker inspect``: order, cuts, and the options that change assumed values."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace

import pytest
from rich.console import Console

from feeds.files.report import ConditionCount, FileReport
from feeds.inspect.inspection import FileInspection, Inspection
from feeds.inspect.preview import Preview
from feeds.inspect.text_output import render
from tests.support.inspect_file import BARS, START_NS, TICKS, bars_report, inspection, lean_report, trade, trades_report
from ticker.calendar import MarketCalendar, market_calendar, midnights

REPLAY = "ticker serve day"


def drawn(found: Inspection, width: int = 100, *, colours: bool = False) -> str:
    out = io.StringIO()
    console = Console(
        file=out, width=width, highlight=False, force_terminal=colours, color_system="standard" if colours else None
    )
    for part in render(found, width, REPLAY):
        console.print(part)
    return out.getvalue()


def test_the_name_and_a_summary_come_first() -> None:
    """Counts, symbols, period and zone."""
    lines = drawn(inspection(lean_report())).splitlines()
    assert lines[0] == "✓ 20131011_trade.zip:20131011_ibm_Trade_Tick.csv"
    assert lines[1].strip() == "19,264 trades of IBM, 2024-01-03 09:30:00 to 10:30:00 America/New_York"


def test_a_layout_with_a_title_shows_its_option() -> None:
    """The value that ``--layout`` accepts stands beside the title."""
    report = replace(trades_report(), layout="trades", title="trades, columns by name")
    assert "trades, columns by name  --layout trades" in drawn(inspection(report))


def test_an_assumed_value_shows_the_option_that_changes_it() -> None:
    """A value from the file shows none."""
    assumed = drawn(inspection(bars_report()))
    assert re.search(r"UTC  assumed.* --time-zone America/New_York", assumed)
    assert "--symbol NAME" in assumed
    said = drawn(inspection(trades_report()))
    assert "UTC  ISO 8601 with offset, from the file" in said
    assert "--time-zone" not in said


def test_misplaced_and_skipped_rows_and_unused_columns_are_shown() -> None:
    report = replace(
        trades_report(),
        order="mixed",
        misplaced_rows=1200,
        misplaced_by_ns=5 * 3600 * 10**9,
        passed=Counter({"type": 7}),
        ignored=("3", "venue"),
    )
    text = drawn(inspection(report), 120)
    for words in (
        "mixed, 1,200 rows out of order by up to 5 h",
        "skipped  7 rows neither trade nor quote by column 'type'",
        "unused  column 3, venue",
    ):
        assert words in re.sub(r"(skipped|unused) +", r"\1  ", text)


def test_a_value_from_the_layout_or_the_file_name_shows_its_option() -> None:
    """Scale, date and zone of a Lean file."""
    text = drawn(inspection(lean_report()), 120)
    for words in (
        r"milliseconds since midnight, default of the layout; .* --time-zone UTC",
        r"2013-10-11  from the file name; .* --date YYYY-MM-DD",
        r"divided by 10000  default of the layout; .* --price-scale 1",
        r"newest first",
        r"2, the longest 2 d 15 h",
        r"time = column 1, price = column 2",
        r"lean-trades, zip, no header",
    ):
        assert re.search(words, text), words


def test_sale_conditions_are_shown_with_what_they_update() -> None:
    """And what was left out."""
    lines = [line.strip() for line in drawn(inspection(trades_report())).splitlines()]
    assert "left out   2 cancelled trades, 1 correction record  by the correction indicator" in lines
    at = next(place for place, line in enumerate(lines) if line.startswith("updates"))
    assert lines[at : at + 3] == [
        "updates    @    1,000,000 trades  last, high, low, volume",
        "@ I  203,329 trades  volume only",
        "@ %  1 trade  unknown: %; last, high, low, volume",
    ]


def test_more_sets_of_conditions_than_fit_are_counted() -> None:
    sets = [ConditionCount(f"{number:02}", "volume only", 100 - number) for number in range(20)]
    text = drawn(inspection(replace(trades_report(), conditions=sets)))
    assert "07  93 trades" in text
    assert "08  92 trades" not in text
    assert "… 12 other sets on 1,038 trades" in text


def test_every_note_is_shown_with_its_option() -> None:
    """In full, also where there are many."""
    report = bars_report()
    report.note("no zone in the file: taken as UTC", "--time-zone")
    for place in range(12):
        report.note(f"note {place}")
    text = drawn(inspection(report))
    assert re.search(r"notes +no zone in the file: taken as UTC; change with --time-zone\n", text)
    assert all(re.search(rf"^ +note {place} *$", text, re.MULTILINE) for place in range(12))


def test_refused_rows_are_counted_by_reason_and_the_first_are_shown() -> None:
    """With file and line."""
    text = drawn(inspection(trades_report()))
    assert text.startswith("! trades.csv.gz")
    assert "4 rows of 1,203,334  not a price: 3, not a stamp: 1" in text
    assert "trades.csv.gz:17: column 'price': 'abc' is not a price" in text
    assert "… and 2 more" in text


def test_a_long_list_of_symbols_is_cut_with_a_count() -> None:
    """To two lines."""
    wide, narrow = drawn(inspection(trades_report(5_000)), 200), drawn(inspection(trades_report(5_000)), 60)
    assert "5,000: SYM0, SYM1" in wide
    assert "more" in narrow
    assert len(narrow.splitlines()) < 40


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_nothing_is_wider_than_the_terminal(width: int) -> None:
    """At any width."""
    found = inspection(trades_report(), lean_report(), bars_report(), preview=TICKS)
    assert all(len(line) <= width for line in drawn(found, width).splitlines())


def test_the_first_ticks_are_shown() -> None:
    """A missing side is a dash, never 0."""
    text = drawn(inspection(lean_report(), preview=TICKS))
    assert "First ticks, 2024-01-03 America/New_York" in text
    quote, trade = text.splitlines()[-4:-2]
    assert quote.split() == ["09:30:00", "14:30:00", "IBM", "184.98", "×", "300", "–"]
    assert trade.split() == ["09:30:00.833", "14:30:00.833", "IBM", "184.99", "×", "1,000"]


def test_trades_with_sale_conditions_show_them() -> None:
    rows = [
        trade(START_NS, 184.99, 1_000.0) | {"conditions": []},
        trade(START_NS, 184.5, 5.0) | {"conditions": ["@", "I"]},
    ]
    lines = drawn(inspection(lean_report(), preview=Preview(ticks=rows))).splitlines()
    at = next(place for place, line in enumerate(lines) if line.endswith("conditions"))
    assert [line.split()[-1] for line in lines[at + 1 : at + 3]] == ["1,000", "I"]
    assert lines[at + 2].endswith("@ I")


def test_the_first_bars_are_shown() -> None:
    """With the values of the file."""
    text = drawn(inspection(bars_report(), preview=BARS))
    assert "First bars, 2024-01-03 UTC" in text
    assert "14:30:00  IBM     184.2  184.3  184  184.1  10,001,000" in text
    assert re.search(r"interval +1 min", text)
    assert "2 lines before the header, delimiter: tab" in text


@pytest.mark.parametrize(
    ("calendar", "shown"),
    [
        (market_calendar("forex"), r"days +from 17:00 of the evening before in America/New_York +forex"),
        (midnights("Asia/Tokyo"), r"days +from 00:00 in Asia/Tokyo; change with --exchange NAME"),
        (MarketCalendar(name="bars", day_starts=(1, 2)), r"days +begin where the bars start"),
    ],
)
def test_the_start_of_trading_days_is_shown(calendar: MarketCalendar, shown: str) -> None:
    report = bars_report()
    report.calendar = calendar
    assert re.search(shown, drawn(inspection(report)))


def test_ticks_of_several_days_show_their_dates() -> None:
    ticks = [trade(START_NS, 1.0, 1.0), trade(START_NS + 86_400 * 10**9, 1.0, 1.0)]
    text = drawn(inspection(bars_report(), preview=Preview(ticks=[*ticks])))
    assert "First ticks, UTC" in text
    assert "2024-01-04 14:30:00" in text


def test_several_files_have_a_total() -> None:
    text = drawn(inspection(trades_report(2), lean_report()))
    assert "2 files of trades, merged by time" in text
    assert "3 symbols: IBM, SYM0, SYM1" in text
    assert text.rstrip().endswith(f"Replay  {REPLAY}")


def test_a_file_of_unknown_layout_shows_its_first_lines() -> None:
    """And no command to replay it."""
    report = FileReport(name="x.csv", path="x.csv")
    file = FileInspection(report=report, error="x.csv: unknown layout", head=("Dear sir,", "", "hello"))
    text = drawn(Inspection(files=[file], error=file.error))
    assert text.startswith("✗ x.csv\n  x.csv: unknown layout\n")
    assert "    Dear sir," in text
    assert "Replay" not in text


def test_text_of_a_file_can_not_control_the_terminal() -> None:
    """Names, columns and symbols contain neither escape sequences nor markup of rich."""
    report = replace(trades_report(1), name="[bold]\x1b[31mx.csv", symbols=["[red]X"], ignored=("\x1b]0;pwned\x07",))
    text = drawn(inspection(report))
    assert "\x1b" not in text
    assert "\x07" not in text
    assert "[bold]" in text
    assert "[red]X" in text


def test_a_terminal_gets_colours() -> None:
    """Green: good; yellow: assumed or refused; red: not replayable."""
    coloured = drawn(inspection(bars_report()), colours=True)
    assert "\x1b[1;32m✓" in coloured
    assert "\x1b[33m  assumed" in coloured
