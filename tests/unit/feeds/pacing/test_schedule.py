"""The due times of timestamps."""

from __future__ import annotations

import pytest

from feeds.pacing.schedule import QUANTUM_S, Schedule
from tests.support.fake_clock import START_NS
from tests.support.replay_file import SECOND_NS, ns


def begun(speed: float, max_gap_s: float | None = None) -> Schedule:
    """A schedule that starts at 100 s."""
    schedule = Schedule(speed, None if max_gap_s is None else round(max_gap_s * SECOND_NS))
    schedule.place(START_NS, 100.0)
    return schedule


def test_a_timestamp_is_due_at_its_distance_divided_by_the_speed() -> None:
    """From the anchor, wherever the last slice was."""
    schedule = begun(60)
    schedule.deliver(150.0, ns(3000))
    assert schedule.due_s(ns(3600)) == pytest.approx(160)
    assert schedule.wait_s(ns(3600), 155.0) == pytest.approx(5)
    assert schedule.market(130.0) == ns(3000)
    assert schedule.market(155.0) == pytest.approx(ns(3300), abs=1000)


def test_the_first_timestamp_is_due_at_once() -> None:
    """Unless market time was set."""
    schedule = Schedule(1)
    schedule.begin(ns(7), 50.0)
    schedule.begin(ns(9), 51.0)
    assert schedule.wait_s(ns(7), 50.0) == 0
    assert schedule.due_s(ns(8)) == 51


def test_a_slice_waits_for_the_end_of_the_quantum() -> None:
    """A dense stream costs one turn of the loop per quantum; a slice that was due already does not wait."""
    schedule = begun(1)
    schedule.deliver(100.0, ns(0))
    assert schedule.wait_s(ns(QUANTUM_S / 4), 100.0) == pytest.approx(QUANTUM_S)
    schedule.deliver(110.0, ns(1))
    assert schedule.wait_s(ns(2), 110.0) == 0


def test_a_shortened_gap_moves_everything_after_it() -> None:
    """An hour counts as 4 s; market time stops at the cut and jumps at its end."""
    schedule = begun(2, max_gap_s=4)
    schedule.deliver(100.0, ns(0))
    assert schedule.due_s(ns(3600)) == 102
    assert schedule.market(101.0) == ns(2)
    assert schedule.market(500.0) == ns(4)
    schedule.arrive(ns(3600))
    assert schedule.due_s(ns(3600)) == 102
    assert schedule.due_s(ns(3602)) == 103
    assert schedule.position(103.0) == pytest.approx(ns(3602), abs=10_000)


def test_a_new_speed_applies_from_when_it_is_set() -> None:
    schedule = begun(1)
    schedule.set_speed(10, ns(50), 150.0)
    assert schedule.due_s(ns(60)) == pytest.approx(151)
    schedule.set_speed(0, ns(55), 150.5)
    assert schedule.wait_s(ns(60), 150.5) == 0
    assert schedule.market(200.0) == START_NS
    schedule.set_speed(1, ns(60), 151.0)
    assert schedule.due_s(ns(61)) == pytest.approx(152)


@pytest.mark.parametrize("speed", [1e-300, 1e-9, 1e12, 1e300])
def test_no_speed_overflows(speed: float) -> None:
    schedule = begun(speed)
    assert schedule.wait_s(ns(1e6), 100.0) >= 0
    assert schedule.position(1e9) >= START_NS
    assert schedule.market(1e9) >= START_NS
