"""One alert, value by value: when it fires, and when it can fire again."""

from __future__ import annotations

import math

import pytest

from ticker.alerts.alert import Alert
from ticker.alerts.condition import parse
from ticker.wire.messages import AlertState


def fires(when: str, values: list[float], **options: float | bool) -> list[float]:
    """The values at which the alert fires."""
    once, hysteresis = bool(options.get("once", False)), options.get("hysteresis", math.nan)
    alert = Alert("ann", 1, "AAPL", parse(when), once=once, hysteresis=hysteresis)
    return [value for value in values if alert.step(value)]


@pytest.mark.parametrize(
    ("when", "values", "expected"),
    [
        ("last >= 190", [189.99, 190.0], [190.0]),
        ("last >= 190", [191.0], [191.0]),
        ("last > 190", [190.0, 190.01], [190.01]),
        ("ask <= 190", [190.01, 190.0], [190.0]),
        ("ask < 190", [190.0, 189.99], [189.99]),
        ("change_pct < -2", [-2.0, -2.01], [-2.01]),
    ],
)
def test_a_level_fires_when_it_is_reached_or_at_once_if_it_is_already(
    when: str, values: list[float], expected: list[float]
) -> None:
    """With `=` the level itself is enough."""
    assert fires(when, values) == expected


def test_a_value_that_oscillates_around_the_level_fires_once() -> None:
    """The alert is held until the value has moved back by the hysteresis, here 0.19: to 189.81."""
    values = [189.9, 190.0, 189.95, 190.1, 189.82, 190.2, 189.81, 190.3]
    assert fires("last >= 190", values) == [190.0, 190.3]


def test_a_level_below_works_alike() -> None:
    """For `<=` the value moves back upwards."""
    assert fires("last <= 100", [100.0, 100.09, 99.0, 100.1, 99.5], hysteresis=0.1) == [100.0, 99.5]


def test_an_alert_with_once_fires_once() -> None:
    """It stays `fired` for every later value."""
    assert fires("last >= 190", [190.0, 100.0, 190.0], once=True) == [190.0]
    assert fires("last crosses 190", [180.0, 190.5, 100.0, 200.0], once=True) == [190.5]


@pytest.mark.parametrize("comparison", [">=", ">", "<=", "<"])
def test_without_hysteresis_each_return_counts(comparison: str) -> None:
    """With hysteresis 0 the value only has to leave the condition."""
    inside, outside = (11.0, 9.0) if comparison.startswith(">") else (9.0, 11.0)
    edge = [10.0] if comparison in (">", "<") else [math.nextafter(10, outside)]
    values = [inside, inside, *edge, inside, outside, inside]
    assert fires(f"last {comparison} 10", values, hysteresis=0.0) == [inside, inside, inside]


@pytest.mark.parametrize("when", ["last >= 10", "last <= 10"])
@pytest.mark.parametrize("hysteresis", [0.0, 1e-20])
def test_a_value_that_stays_at_the_level_has_not_moved_back(when: str, hysteresis: float) -> None:
    """With any hysteresis the alert is held while its condition is true."""
    assert fires(when, [10.0, 10.0, 10.0, 10.0], hysteresis=hysteresis) == [10.0]


def test_crosses_fires_for_each_crossing_and_never_for_the_first_value() -> None:
    """In both directions. A value that touches the level and turns back is no crossing."""
    values = [195.0, 185.0, 195.0, 190.0, 195.0, 185.0]
    assert fires("last crosses 190", values) == [185.0, 195.0, 185.0]
    assert fires("last crosses 190", [190.0, 195.0]) == []
    assert fires("last crosses 190", [190.0, 195.0, 189.0]) == [189.0]


def test_within_the_band_crosses_fires_once() -> None:
    """After a crossing upwards the next one downwards needs a value of L + h before, or of L - h now."""
    trembling = [189.9, 190.1, 189.9, 190.1, 189.9]
    assert fires("last crosses 190", trembling) == [190.1]
    assert fires("last crosses 190", [189.9, 190.1, 190.19, 189.99]) == [190.1, 189.99]
    assert fires("last crosses 190", [189.9, 190.1, 189.82, 189.81]) == [190.1, 189.81]
    # It fired at L - h, so the next crossing upwards fires.
    assert fires("last crosses 190", [189.9, 190.1, 189.81, 190.01]) == [190.1, 189.81, 190.01]


def test_its_row_has_the_state_and_the_count() -> None:
    """The states are waiting, held and fired."""
    alert = Alert("ann", 7, "AAPL", parse("last>=190"), once=False)
    assert (alert.row.state, alert.row.count, alert.row.when) == ("waiting", 0, "last >= 190")
    alert.step(190)
    assert (alert.row.state, alert.row.count) == ("held", 1)
    alert.step(100)
    assert (alert.row.state, alert.row.count) == ("waiting", 1)
    done = Alert("ann", 7, "AAPL", parse("last>=190"))
    done.step(190)
    assert (done.row.state, done.row.count, done.done) == ("fired", 1, True)


def test_without_entitlement_it_is_held_without_a_count() -> None:
    """As if it had fired, also with `once`: a later crossing can fire."""
    alert = Alert("ann", 7, "AAPL", parse("last >= 190"))
    assert not alert.step(190, lambda _: False)
    assert (alert.state, alert.count) == ("held", 0)
    assert not alert.step(100)
    assert alert.step(190)


def test_forget_clears_the_side_and_keeps_the_state() -> None:
    """A jump is no crossing; a held level alert stays held."""
    crossing = Alert("ann", 1, "AAPL", parse("last crosses 190"), once=False)
    crossing.step(180)
    crossing.forget()
    assert not crossing.step(200)
    assert crossing.step(180)
    level = Alert("ann", 1, "AAPL", parse("last >= 190"), once=False)
    level.step(190)
    level.forget()
    assert not level.step(200)


@pytest.mark.parametrize("when", ["last >= 10", "last > 10", "last <= 10", "last < 10", "last crosses 10"])
@pytest.mark.parametrize("hysteresis", [0.0, 1e-20, 0.5, 3.0])
def test_only_values_outside_quiet_change_an_alert(when: str, hysteresis: float) -> None:
    """``quiet`` is exact to the last bit in every state; before the first value it is empty."""
    around = [8.0, 9.5, 10.0, 10.5, 12.0, 7.0, 13.0]
    near = [math.nextafter(value, to) for value in around for to in (0, 100)]
    states: list[AlertState] = ["waiting", "held", "fired"]
    for state in states:
        for side in (-1, 0, 1):
            for value in around + near:
                alert = Alert("ann", 1, "AAPL", parse(when), once=False, hysteresis=hysteresis, side=side)
                alert.state = state
                low, high = alert.quiet
                before = alert.state, alert.side
                alert.step(value)
                moved = (alert.state, alert.side, alert.count) != (*before, 0)
                if low < value < high:
                    assert not moved
                elif low < high:
                    assert moved or alert.quiet == (low, high)
