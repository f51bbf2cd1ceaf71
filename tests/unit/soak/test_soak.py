"""The soak's checks: they find differences, and accept what is right."""

from __future__ import annotations

from itertools import islice
from typing import Any

import pytest

from tests.soak.bars import Bar, Bars
from tests.soak.expected import Expected
from tests.soak.failure import SoakError
from tests.soak.growth import growth
from tests.soak.plan import FAULTS, Plan
from tests.soak.tape import Recording, Tape
from tests.soak.totals import Totals

DATA = {"AAPL": {"last": 1.5, "bid": 1.4}, "MSFT": {"last": 2.5}}


# Views


def test_a_view_equal_to_the_snapshot_is_accepted() -> None:
    expected = Expected("e", 7, DATA)
    assert expected.differs(DATA, {"*"}) is None
    assert expected.differs({"MSFT": {"last": 2.5}}, {"MSFT", "GOOG"}) is None


@pytest.mark.parametrize(
    ("view", "difference"),
    [
        ({"AAPL": {"last": 1.5, "bid": 1.4}, "MSFT": {"last": 2.6}}, "MSFT last is 2.6, and must be 2.5"),
        ({"AAPL": {"last": 1.5}, "MSFT": {"last": 2.5}}, "AAPL bid is None, and must be 1.4"),
        ({**DATA, "GOOG": {"last": 1.0}}, "GOOG last is 1.0, and must be None"),
        ({"AAPL": {"last": 1.5, "bid": 1.4}}, "MSFT last is None, and must be 2.5"),
    ],
)
def test_a_falsified_view_is_found(view: dict[str, dict[str, float]], difference: str) -> None:
    """A wrong value, a missing or extra field, a missing or extra symbol."""
    assert difference in str(Expected("e", 7, DATA).differs(view, {"*"}))


# Tapes

#: Numbers 11 to 15.
TICKS = [
    ("AAPL", 1, 1.5, 1.0),
    ("MSFT", 2, 2.5, 1.0),
    ("AAPL", 3, 1.6, 1.0),
    ("AAPL", 4, 1.7, 1.0),
    ("GOOG", 5, 9.0, 1.0),
]


def trades(since: int, version: int, *data: tuple[Any, ...], lost: dict[str, int] | None = None) -> dict[str, Any]:
    return {"type": "trades", "since": since, "version": version, "data": list(data), "lost": lost or {}}


def recorded() -> Recording:
    recording = Recording()
    recording.begin("e", 10)
    recording.note(trades(10, 15, *TICKS))
    return recording


def tape_difference(*messages: dict[str, Any], head: int = 15) -> str | None:
    """The difference found for a client that watches AAPL and MSFT and received ``messages``."""
    tape = Tape("trades")
    tape.watch({"AAPL", "MSFT"})
    for message in (trades(10, 10), *messages):
        tape.take(message)
    return tape.differs(recorded(), "e", head)


def test_a_complete_tape_is_accepted() -> None:
    """In one frame or in several, with or without reported losses, ending anywhere after the last watched tick."""
    mine = [tick for tick in TICKS if tick[0] != "GOOG"]
    assert tape_difference(trades(10, 15, *mine)) is None
    assert tape_difference(trades(10, 12, *mine[:2]), trades(11, 14, *mine[2:])) is None
    assert tape_difference(trades(10, 14, *mine[2:], lost={"AAPL": 1, "MSFT": 1})) is None
    assert tape_difference(trades(10, 15, *mine[2:], lost={"*": 2})) is None


@pytest.mark.parametrize(
    "message",
    [
        trades(10, 15, *TICKS[:3]),
        trades(10, 15, *TICKS[1:4]),
        trades(10, 15, *TICKS[1:4], lost={"AAPL": 2}),
        trades(10, 15, *TICKS[1:4], lost={"MSFT": 1}),
        trades(10, 15, ("AAPL", 1, 1.4, 1.0), *TICKS[1:4]),
        trades(10, 15, TICKS[1], TICKS[0], *TICKS[2:4]),
        trades(10, 13, *TICKS[:3]),
        trades(10, 15, *TICKS[:4], TICKS[3]),
    ],
)
def test_a_wrong_tape_is_found(message: dict[str, Any]) -> None:
    """A missing, extra, misplaced or mispriced tick; wrong loss counts; a missing end."""
    assert tape_difference(message) is not None


@pytest.mark.parametrize("message", [trades(11, 15), trades(10, 9), trades(10, 15, TICKS[4])])
def test_a_frame_that_breaks_the_protocol_raises(message: dict[str, Any]) -> None:
    """A gap, a step back, a symbol that is not watched."""
    with pytest.raises(AssertionError):
        tape_difference(message)


def test_ticks_lost_by_the_recorder_are_not_compared() -> None:
    recording = Recording()
    recording.begin("e", 10)
    recording.note(trades(10, 15, *TICKS[2:], lost={"AAPL": 1, "MSFT": 1}))
    tape = Tape("trades")
    tape.watch({"GOOG"})
    tape.take(trades(10, 10))
    tape.take(trades(10, 15, TICKS[4]))
    assert tape.differs(recording, "e", 15) is None


def test_a_gap_in_the_recording_raises() -> None:
    """On ``*`` the numbers tell how many ticks there were."""
    recording = Recording()
    recording.begin("e", 10)
    with pytest.raises(AssertionError):
        recording.note(trades(10, 15, *TICKS[:4]))


# Bars


def bar(start: int, close: float, *, closed: bool = True) -> Bar:
    return start, 1.0, 9.0, 1.0, close, 100.0, 2.0, 3.0, closed


def live(*bars: Bar) -> Bars:
    found = Bars("1s")
    found.watch({"AAPL"})
    found.take({"since": 0, "version": 0, "data": []})
    found.settle({"AAPL": [bar(1, 5.0)]})
    found.take({"since": 0, "version": 9, "data": [("AAPL", *each) for each in bars]})
    return found


FETCHED = {"AAPL": [bar(1, 5.0), bar(2, 6.0), bar(3, 7.0), bar(4, 8.0, closed=False)]}


def test_live_bars_equal_to_the_fetched_ones_are_accepted() -> None:
    assert live(bar(2, 6.0), bar(3, 7.0), bar(4, 8.0, closed=False)).differs(FETCHED) is None


@pytest.mark.parametrize(
    "bars",
    [
        [bar(2, 6.0), bar(3, 7.5), bar(4, 8.0, closed=False)],
        [bar(3, 7.0), bar(4, 8.0, closed=False)],
        [bar(2, 6.0), bar(3, 7.0), bar(4, 8.5, closed=False)],
        [bar(2, 6.0), bar(3, 7.0)],
    ],
)
def test_a_bar_that_differs_is_found(bars: list[Bar]) -> None:
    """Another price, a missing bar, another price of the open bar, no open bar."""
    assert live(*bars).differs(FETCHED) is not None


# Totals, memory, the plan


def test_offered_changes_that_were_neither_sent_nor_conflated_are_found() -> None:
    client: dict[str, Any] = {"id": "7", "transport": "sse", "encoding": "json", "offered": 10, "sent": 4}
    totals = Totals()
    totals.balance([{**client, "conflated": 6}])
    with pytest.raises(SoakError, match="client 7"):
        totals.balance([{**client, "conflated": 5}])


def test_growth_ignores_noise() -> None:
    steady = [(second, 100 + (second % 2) * 8) for second in range(20)]
    assert abs(growth(steady) or 99) < 4
    assert growth([(second, value + 3 * second) for second, value in steady]) == pytest.approx(57, abs=4)
    assert growth(steady[:4]) is None


def test_a_seed_always_gives_the_same_plan() -> None:
    """It has every kind of step."""

    def steps(seed: int) -> list[Any]:
        return list(islice(Plan(seed, 5, ["A", "B", "C", "D"], fault_every=3).steps(), 200))

    assert steps(1) == steps(1) != steps(2)
    assert {step.kind for step in steps(1)} >= {*FAULTS, "sleep", "vanish", "leave", "rewatch", "rate", "unknown op"}
