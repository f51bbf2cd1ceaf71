"""Lines at the end of a file that are no rows."""

from __future__ import annotations

import pytest

from tests.support.fake_source import read
from ticker.errors import FeedError

TRADES = "timestamp,symbol,price,size\n" + "2024-01-03T14:30:00Z,AAPL,184.22,100\n" * 2
BARS = "Symbol,Date,Open,High,Low,Close,Volume\n" + "AAPL,2024-01-03,1,3,1,2,5\n"


@pytest.mark.parametrize("lines", [1, 2, 3, 100])
@pytest.mark.parametrize(
    "footer",
    ['"Downloaded from Barchart.com as of 04-29-2026 01:15pm CDT"', "END|20240103|2", "END,20240103,2,",
     "Source: Yahoo Finance, 2024", "Total,,,200", "# 2 rows", "Data provided by Refinitiv", "*** end of file ***",
     "© 2024 Vendor", "\nSource: x\n\nAll rights reserved by us\n\n", "Total rows: 2", "This report is not advice"],
)  # fmt: skip
def test_a_footer_is_no_bad_row(footer: str, lines: int) -> None:
    """Also with ``strict``, and in a block of its own; a note quotes it."""
    found = read(f"{TRADES}{footer}\n", lines=max(lines, 2), strict=True)
    assert (len(found.trades), found.report.rows, found.report.refused) == (2, 2, {})
    (note,) = found.report.notes
    first = footer.strip().split("\n")[0].strip('"').split(",")[0]
    assert note.text.startswith(("the last line is no row: ", "the last lines are no row: "))
    assert first[:20] in note.text


@pytest.mark.parametrize(
    "line",
    [
        "2024-01-03T14:30:01Z,AAPL,184",
        "2024-01-03T14",
        "2024-01-03T14:30:01Z,AAPL,184.22,100,7",
        "AAPL",
        "soon,AAPL,1,5",
    ],
)
def test_a_row_that_was_cut_off_is_a_bad_row(line: str) -> None:
    """Not a footer."""
    assert read(TRADES + line).report.refused.total() == 1
    with pytest.raises(FeedError, match=r"^x\.csv:4: "):
        read(TRADES + line, strict=True)


@pytest.mark.parametrize("line", ["TOTAL,2024-01-03,50,55,50", "TOTAL", "END,2024-01-0x,1,3,1,2,5"])
def test_the_row_of_a_symbol_named_like_a_footer_is_not_lost(line: str) -> None:
    """A row of TotalEnergies that was cut off is refused, and a whole one is read."""
    assert len(read(BARS + "TOTAL,2024-01-03,50,55,50,54,9\n").bars) == 2
    if line == "TOTAL":
        pytest.skip("a single word TOTAL is a footer")
    assert read(BARS + line).report.refused.total() == 1


@pytest.mark.parametrize("stamp", ["Jan 5 2024", "05-Jan-24", "2024-01-05"])
def test_the_last_row_of_a_symbol_that_is_a_word_is_read(stamp: str) -> None:
    """DATA, NOTE and END are symbols, too."""
    for symbol in ("DATA", "NOTE", "END"):
        found = read(f"symbol,date,price\nMSFT,{stamp},39.81\n{symbol},{stamp},7\n")
        assert [row[0] for row in found.trades] == ["MSFT", symbol]


def test_a_footer_in_the_middle_is_a_bad_row() -> None:
    found = read(TRADES + "Source: Yahoo\n" + TRADES.split("\n")[1] + "\n")
    assert found.complaints == ["f:4: 1 field, not 4"]


def test_only_three_lines_are_a_footer() -> None:
    assert read(TRADES + "Source: Yahoo\n" * 5).report.refused.total() == 2
