"""Counting and telling rows that were refused."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from feeds.refusals import LOGGED, Refusal, Refusals, shown

PATH = Path("prices.csv")


def test_the_first_few_are_logged_in_the_files_order_and_all_are_counted(caplog: pytest.LogCaptureFixture) -> None:
    """Five lines are enough to see what is wrong; a million would fill the disk."""
    refusals = Refusals(PATH)
    refusals.add([Refusal(line, "not a price", f"complaint {line}") for line in (4, 2, 3)])
    refusals.add([Refusal(line, "not a size", f"complaint {line}") for line in range(5, 100)])
    assert [record.getMessage() for record in caplog.records] == [
        "prices.csv:2: complaint 2",
        "prices.csv:3: complaint 3",
        "prices.csv:4: complaint 4",
        "prices.csv:5: complaint 5",
        "prices.csv:6: complaint 6 (further bad rows are only counted)",
    ]
    assert len(caplog.records) == LOGGED
    assert {record.levelno for record in caplog.records} == {logging.WARNING}
    assert refusals.counts == {"not a price": 3, "not a size": 95}
    assert str(refusals) == "98 rows refused (not a size: 95, not a price: 3)"
    assert refusals.first == "prices.csv:2: complaint 2"


def test_quiet_refusals_are_only_counted(caplog: pytest.LogCaptureFixture) -> None:
    """The second round of a loop has the same bad rows; they were told."""
    refusals = Refusals(PATH, quiet=True)
    refusals.add([Refusal(2, "not a price", "complaint")])
    assert not caplog.records
    assert str(refusals) == "1 row refused (not a price: 1)"
    assert refusals.first == "prices.csv:2: complaint"


def test_no_refusals_read_as_none() -> None:
    """The summary of a clean file."""
    refusals = Refusals(PATH)
    refusals.add([])
    assert (refusals.total, refusals.first, str(refusals)) == (0, None, "0 rows refused")


def test_text_of_the_file_is_shown_escaped_and_cut() -> None:
    """A file must not write into the terminal, nor fill a log."""
    assert shown("a\x1b[31m\n") == r"'a\x1b[31m\n'"
    assert shown("x" * 80) == repr("x" * 80)
    assert shown("x" * 81) == repr("x" * 79 + "…")
    assert shown("caf\udce9") == r"'caf\udce9'"
