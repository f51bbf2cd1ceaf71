"""The queue of live bars: closed ones in order and counted, open ones as they are now."""

from __future__ import annotations

from typing import Any

import pytest

from ticker.client.protocol.bars import Bar, BarQueue
from ticker.errors import RefusedError
from ticker.wire.messages import BarsMessage


def row(symbol: str, start: int, close: float, *, closed: bool, revision: int = 0) -> tuple[Any, ...]:
    return symbol, start, 1.0, close, 1.0, close, 10.0, close, 2.0, closed, revision, False


def message(since: int, version: int, *rows: tuple[Any, ...], lost: dict[str, int] | None = None) -> BarsMessage:
    return BarsMessage(interval="1m", since=since, version=version, data=list(rows), lost=lost or {})


def queue(interval: str = "1m", bound: int = 100) -> BarQueue:
    made = BarQueue(interval, bound)
    made.watch(["A", "B"])
    return made


def taken(made: BarQueue) -> list[tuple[str, int, float | None, bool, int]]:
    """Everything in the queue, as (symbol, start, close, closed, lost)."""
    found = []
    while (bar := made.take()) is not None:
        found.append((bar.symbol, bar.start, bar.close, bar.closed, bar.lost))
    return found


def test_an_open_bar_waits_with_its_newest_values() -> None:
    """A closed bar, and the next open bar, replace the open bar that waits."""
    made = queue()
    assert made.apply(message(0, 0, row("A", 60, 2, closed=False), row("B", 60, 5, closed=False)))
    assert made.apply(message(0, 0, row("A", 60, 3, closed=False)))
    assert len(made) == 2
    assert made.apply(message(0, 1, row("A", 60, 4, closed=True), row("A", 120, 6, closed=False)))
    assert taken(made) == [("B", 60, 5, False, 0), ("A", 60, 4, True, 0), ("A", 120, 6, False, 0)]


def test_a_revised_bar_replaces_no_later_open_bar() -> None:
    made = queue()
    assert made.apply(message(0, 1, row("A", 120, 6, closed=False), row("A", 60, 4, closed=True, revision=1)))
    assert taken(made) == [("A", 120, 6, False, 0), ("A", 60, 4, True, 0)]


def test_a_bar_has_all_values_of_its_row() -> None:
    made = queue()
    assert made.apply(message(0, 1, ("A", 60, None, None, None, None, 0.0, None, None, True, 3, True), lost={"A": 2}))
    assert made.take() == Bar("A", 60, None, None, None, None, 0.0, None, None, True, 3, True, 2, "1m")
    assert made.lost == {"A": 2}


def test_above_the_bound_the_oldest_closed_bar_is_dropped_and_counted() -> None:
    """Open bars don't count."""
    made = queue(bound=2)
    assert made.apply(message(0, 0, row("B", 60, 5, closed=False)))
    assert made.apply(message(0, 4, *(row("A", 60 * at, at, closed=True) for at in range(1, 5))))
    assert taken(made) == [("B", 60, 5, False, 0), ("A", 180, 3, True, 2), ("A", 240, 4, True, 0)]
    assert made.lost == {"A": 2}


@pytest.mark.parametrize(("interval", "times"), [("30s", 1), ("1m", 2)])
def test_repeated_bars_of_a_folded_interval_come_once(interval: str, times: int) -> None:
    """Unless they have changed. Bars of a kept interval are numbered, and never repeated."""
    made = queue(interval)
    bar = row("A", 60, 4, closed=True)
    assert made.apply(message(0, 90, bar))
    assert made.apply(message(90, 120, bar, row("A", 90, 5, closed=True)))
    assert [start for _, start, *_ in taken(made)] == [60] * times + [90]
    assert made.apply(message(120, 120, row("A", 60, 9, closed=True, revision=1)))
    assert taken(made) == [("A", 60, 9, True, 0)]


def test_a_resume_names_the_interval_and_asks_for_revisions() -> None:
    made = queue()
    assert made.apply(message(0, 7, row("A", 60, 4, closed=True)))
    (request,) = made.resume("e", same_epoch=True, message_bytes=10_000)
    assert (request.channel, request.interval, request.revisions) == ("bars", "1m", True)
    assert request.since is not None
    assert request.since.version == 7


def test_unsubscribing_drops_bars_that_wait() -> None:
    made = queue()
    assert made.apply(message(0, 1, row("A", 60, 4, closed=True), row("A", 120, 6, closed=False)))
    assert made.apply(message(1, 2, row("B", 60, 5, closed=True)))
    made.unwatch(["A"])
    assert made.apply(message(2, 3, row("A", 120, 6, closed=True)))
    assert taken(made) == [("B", 60, 5, True, 0)]


def test_a_refusal_is_raised_after_the_bars_that_wait() -> None:
    made = queue()
    assert made.apply(message(0, 1, row("A", 60, 4, closed=True)))
    made.refused = RefusedError("too-many-intervals", "the server is full")
    assert made.take() is not None
    assert len(made) == 1
    with pytest.raises(RefusedError, match="the server is full"):
        made.take()


def test_an_invalid_interval_is_a_value_error() -> None:
    with pytest.raises(ValueError, match="does not divide a day"):
        BarQueue("7m", 10)
