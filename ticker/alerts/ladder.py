"""The alerts on one field of one symbol, sorted by the values that change them.

A value costs as much as the number of alerts that it changes, not the number of alerts.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections.abc import Callable

from ticker.alerts.alert import Alert

#: A rung: its value, signed so that the nearest rung is the last, and the number of its alert.
_Rung = tuple[float, int]


class Ladder:
    """Alerts by number. If one value fires several, they fire in the order of their numbers."""

    __slots__ = ("_above", "_below", "_placed", "alerts")

    def __init__(self) -> None:
        self.alerts: dict[int, Alert] = {}
        self._above: list[_Rung] = []
        self._below: list[_Rung] = []
        self._placed: dict[int, tuple[float, float]] = {}

    @property
    def low(self) -> float:
        """Values at or below this change an alert."""
        return self._below[-1][0] if self._below else -math.inf

    @property
    def high(self) -> float:
        """Values at or above this change an alert."""
        return -self._above[-1][0] if self._above else math.inf

    def add(self, number: int, alert: Alert) -> None:
        self.alerts[number] = alert
        self._place(number, alert)

    def remove(self, number: int) -> None:
        del self.alerts[number]
        self._displace(number)

    def forget(self) -> None:
        """Treat the next value as a first one for every alert."""
        for number, alert in self.alerts.items():
            alert.forget()
            self._displace(number)
            self._place(number, alert)

    def step(self, value: float, may: Callable[[Alert], bool]) -> list[tuple[int, Alert, bool]]:
        """Process the next value. Returns the number of each alert that it changed, the alert, and whether it fired.

        Alerts that are done are removed.
        """
        due: list[int] = []
        while self._above and -self._above[-1][0] <= value:
            due.append(self._take(self._above))
        while self._below and self._below[-1][0] >= value:
            due.append(self._take(self._below))
        due.sort()
        moved: list[tuple[int, Alert, bool]] = []
        for number in due:
            alert = self.alerts[number]
            moved.append((number, alert, alert.step(value, may)))
            if alert.done:
                del self.alerts[number]
            else:
                self._place(number, alert)
        return moved

    def _take(self, rungs: list[_Rung]) -> int:
        """Remove the nearest rung, and the other rung of its alert."""
        number = rungs[-1][1]
        self._displace(number)
        return number

    def _place(self, number: int, alert: Alert) -> None:
        low, high = self._placed[number] = alert.quiet
        if high < math.inf:
            insort(self._above, (-high, number))
        if -math.inf < low < math.inf:
            insort(self._below, (low, number))

    def _displace(self, number: int) -> None:
        low, high = self._placed.pop(number)
        if high < math.inf:
            _discard(self._above, (-high, number))
        if -math.inf < low < math.inf:
            _discard(self._below, (low, number))


def _discard(rungs: list[_Rung], rung: _Rung) -> None:
    del rungs[bisect_left(rungs, rung)]
