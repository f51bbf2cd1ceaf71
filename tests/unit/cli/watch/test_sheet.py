"""The rows of the live table."""

from __future__ import annotations

import pytest

from ticker.cli.watch.sheet import RATE_OVER_S, Row, Sheet


def row(**values: float) -> Row:
    made = Row("A")
    made.take(values, 0.0)
    return made


def test_rows_stand_in_the_order_asked_and_then_as_they_come() -> None:
    """The wildcard is no row."""
    sheet = Sheet(["B", "*", "A"])
    sheet.apply("Z", {}, 0)
    sheet.apply("A", {}, 0)
    assert [row.symbol for row in sheet.rows] == ["B", "A", "Z"]


def test_the_direction_is_that_of_the_last_price_that_differed() -> None:
    """A trade at the same price keeps the arrow; a symbol whose values went away has none."""
    moved = row(last=10.0)
    assert moved.direction == 0
    moved.take({"last": 11.0}, 1.0)
    assert (moved.direction, moved.moved_s) == (1, 1.0)
    moved.take({"last": 11.0, "bid": 1.0}, 2.0)
    assert (moved.direction, moved.moved_s) == (1, 1.0)
    moved.take({"last": 10.5}, 3.0)
    assert (moved.direction, moved.moved_s) == (-1, 3.0)
    moved.take({}, 4.0)
    assert moved.direction == 0


def test_change_is_against_the_previous_close() -> None:
    """In the currency and in per cent; none without both prices."""
    assert row(last=110.0, prev_close=100.0).change == 10
    assert row(last=110.0, prev_close=100.0).change_percent == pytest.approx(10)
    assert row(last=110.0).change is None
    assert row(last=110.0).change_percent is None
    assert row(prev_close=110.0).change is None


def test_the_spread_needs_both_sides() -> None:
    """One side of the book alone has none."""
    assert row(bid=1.0, ask=1.5).spread == 0.5
    assert row(bid=1.0).spread is None


def test_the_newest_stamp_is_that_of_any_row() -> None:
    """It doesn't go back when an older one comes late."""
    sheet = Sheet()
    assert sheet.ts is None
    sheet.apply("A", {"ts": 5}, 0)
    sheet.apply("B", {"ts": 4}, 0)
    assert sheet.ts == 5


def test_updates_a_second_are_counted_over_a_while() -> None:
    """What was long ago no longer counts."""
    sheet = Sheet()
    assert sheet.rate_hz(0.0) is None
    for tenth in range(1, 41):
        sheet.apply("A", {}, tenth / 10)
        rate = sheet.rate_hz(tenth / 10)
    assert rate == pytest.approx(10)
    for tenth in range(41, 41 + int(RATE_OVER_S * 10) + 1):
        rate = sheet.rate_hz(tenth / 10)
    assert rate == 0


def test_what_the_server_does_not_know_has_no_row() -> None:
    """It is told apart from the table."""
    sheet = Sheet(["A", "B"])
    sheet.drop(["B", "C"])
    assert [row.symbol for row in sheet.rows] == ["A"]
