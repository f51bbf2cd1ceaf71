"""One alert: where it is, and what the next value makes of it.

A Schmitt trigger: having fired, it waits until the value has gone back by the hysteresis before it may fire again, so
that a value that trembles about the level is told once. An alert knows its symbol's values one by one and nothing else;
who shows them to it may leave out those within ``quiet``, of which nothing would come.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Final

from ticker.alerts.condition import Condition
from ticker.wire.messages import AlertRow, AlertState, Id

_INF: Final = math.inf
#: Nothing comes of any value; and something may come of every value.
NEVER: Final = (-_INF, _INF)
ALWAYS: Final = (_INF, -_INF)


class Alert:
    """``state`` is ``waiting``, ``held`` or ``fired``, and ``count`` is how often it has fired.

    For the comparison ``crosses``, ``side`` is where the value was last that was not the level itself: 1 above, -1
    below, 0 not known. ``held`` then is the alert whose value has not been as far as the hysteresis from the level
    since it fired: it is due on the near side only once the value has been there, on the far side at once.
    """

    __slots__ = ("condition", "count", "hysteresis", "id", "once", "owner", "side", "state", "symbol")

    def __init__(
        self,
        owner: str,
        id: Id,  # noqa: A002 - the wire's name
        symbol: str,
        condition: Condition,
        *,
        once: bool = True,
        hysteresis: float | None = None,
        state: AlertState = "waiting",
        count: int = 0,
        side: int = 0,
    ) -> None:
        self.owner = owner
        self.id = id
        self.symbol = symbol
        self.condition = condition
        self.once = once
        self.hysteresis = condition.hysteresis if hysteresis is None else hysteresis
        self.state: AlertState = state
        self.count = count
        self.side = side

    @property
    def done(self) -> bool:
        """Whether nothing will come of it any more."""
        return self.state == "fired"

    @property
    def quiet(self) -> tuple[float, float]:
        """Of values between these two, the two themselves not among them, nothing comes."""
        if self.done:
            return NEVER
        level, back = self.condition.level, self.hysteresis
        match self.condition.comparison:
            case ">=" | ">" as comparison:
                reached = level if comparison == ">=" else math.nextafter(level, _INF)
                if self.state == "waiting":
                    return -_INF, reached
                return min(level - back, math.nextafter(reached, -_INF)), _INF
            case "<=" | "<" as comparison:
                reached = level if comparison == "<=" else math.nextafter(level, -_INF)
                if self.state == "waiting":
                    return reached, _INF
                return -_INF, max(level + back, math.nextafter(reached, _INF))
            case _:
                if not self.side:
                    return ALWAYS
                below, above = math.nextafter(level, -_INF), math.nextafter(level, _INF)
                if self.state == "waiting":
                    return (below, _INF) if self.side > 0 else (-_INF, above)
                return min(level - back, below), max(level + back, above)

    def step(self, value: float, may: Callable[[Alert], bool] = lambda _: True) -> bool:
        """What comes of the next value, a finite number: true if the alert fires.

        ``may`` is asked whether its owner may be told. If not, it doesn't fire, and is held as if it had.
        """
        low, high = self.quiet
        if low < value < high:
            return False
        fires = self._crosses(value) if self.condition.comparison == "crosses" else self._reaches()
        if fires and may(self):
            self.count += 1
            if self.once:
                self.state = "fired"
            return True
        return False

    def _reaches(self) -> bool:
        # Outside of ``quiet`` a value does the one thing that there is to do.
        fires = self.state == "waiting"
        self.state = "held" if fires else "waiting"
        return fires

    def _crosses(self, value: float) -> bool:
        level, back = self.condition.level, self.hysteresis
        side = (value > level) - (value < level)
        fires = side != 0 and side == -self.side
        self.side = side or self.side
        if side and not level - back < value < level + back:
            self.state = "waiting"
        elif fires:
            self.state = "held"
        return fires

    def forget(self) -> None:
        """The next value is a first one again: no passage leads to it. What has fired has fired all the same."""
        self.side = 0

    @property
    def row(self) -> AlertRow:
        """As its owner is told it."""
        return AlertRow(
            id=self.id,
            symbol=self.symbol,
            when=str(self.condition),
            once=self.once,
            hysteresis=self.hysteresis,
            state=self.state,
            count=self.count,
        )
