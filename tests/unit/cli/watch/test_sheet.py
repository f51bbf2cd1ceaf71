"""The rows of the live table."""

from __future__ import annotations

import pytest

from ticker.cli.watch.sheet import RATE_OVER_S, Row, Sheet


def row(**values: float) -> Row:
    made = Row("A")
    made.take(values, 0.0)
    return made


def test_rows_are_in_the_requested_order_then_in_order_of_arrival() -> None:
    """The wildcard has no row."""
    sheet = Sheet(["B", "*", "A"])
    sheet.apply("Z", {}, 0)
    sheet.apply("A", {}, 0)
    assert [row.symbol for row in sheet.rows] == ["B", "A", "Z"]


def test_the_direction_is_that_of_the_last_change_of_price() -> None:
    """A trade at the same price keeps the arrow; a symbol without values has none."""
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


def test_the_change_is_relative_to_the_previous_close() -> None:
    """Absolute and in percent; None without both prices."""
    assert row(last=110.0, prev_close=100.0).change == 10
    assert row(last=110.0, prev_close=100.0).change_percent == pytest.approx(10)
    assert row(last=10.01, prev_close=-37.63).change_percent == pytest.approx(126.60, abs=0.01)
    assert row(last=110.0).change is None
    assert row(last=110.0).change_percent is None
    assert row(prev_close=110.0).change is None


def test_the_spread_needs_both_sides() -> None:
    """With one side it is None."""
    assert row(bid=1.0, ask=1.5).spread == 0.5
    assert row(bid=1.0).spread is None


def test_the_newest_time_is_that_of_any_row() -> None:
    """An older time that arrives later doesn't replace it."""
    sheet = Sheet()
    assert sheet.ts is None
    sheet.apply("A", {"ts": 5}, 0)
    sheet.apply("B", {"ts": 4}, 0)
    assert sheet.ts == 5


def test_the_update_rate_is_a_moving_average() -> None:
    """Old updates no longer count."""
    sheet = Sheet()
    assert sheet.rate_hz(0.0) is None
    for tenth in range(1, 41):
        sheet.apply("A", {}, tenth / 10)
        rate = sheet.rate_hz(tenth / 10)
    assert rate == pytest.approx(10)
    for tenth in range(41, 41 + int(RATE_OVER_S * 10) + 1):
        rate = sheet.rate_hz(tenth / 10)
    assert rate == 0


def test_rejected_symbols_have_no_row() -> None:
    """They are listed below the table."""
    sheet = Sheet(["A", "B"])
    sheet.drop(["B", "C"])
    assert [row.symbol for row in sheet.rows] == ["A"]
