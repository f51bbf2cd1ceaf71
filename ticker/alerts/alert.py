"""One alert: its state, and how the next value changes it.

An alert is a Schmitt trigger: after firing it waits until the value has moved back by the hysteresis, so a value that
oscillates around the level fires once. Values inside ``quiet`` change nothing; callers may leave them out.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import Final

from ticker.alerts.condition import Condition
from ticker.wire.messages import AlertRow, AlertState, Id

_INF: Final = math.inf
#: No value changes the alert; every value may change it.
NEVER: Final = (-_INF, _INF)
ALWAYS: Final = (_INF, -_INF)


@dataclass(slots=True, eq=False)
class Alert:
    """``state`` is ``waiting``, ``held`` or ``fired``; ``count`` is how often it has fired.

    For ``crosses``, ``side`` is the side of the last value that differed from the level: 1 above, -1 below, 0 unknown.
    A ``crosses`` alert is ``held`` until the value has been at least the hysteresis away from the level; a crossing to
    the other side by that much fires at once.
    """

    owner: str
    id: Id
    symbol: str
    condition: Condition
    _: KW_ONLY
    once: bool = True
    #: Absolute; NaN becomes the condition's default.
    hysteresis: float = math.nan
    state: AlertState = "waiting"
    count: int = 0
    side: int = 0
    #: What it counts towards without authentication (see ``Session.source``); empty: exempt.
    source: str = ""

    def __post_init__(self) -> None:
        if math.isnan(self.hysteresis):
            self.hysteresis = self.condition.hysteresis

    @property
    def done(self) -> bool:
        """Whether it can never fire again."""
        return self.state == "fired"

    @property
    def quiet(self) -> tuple[float, float]:
        """Values strictly between these two change nothing."""
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
        """Process the next value, a finite number. True if the alert fires.

        ``may`` decides whether its owner is entitled to the symbol. If not, the alert is held as if it had fired.
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
        # A value outside ``quiet`` means a transition, and there is only one.
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
        """Treat the next value as a first one, which is no crossing. Whether the alert has fired stays."""
        self.side = 0

    @property
    def row(self) -> AlertRow:
        """The alert as its owner sees it."""
        return AlertRow(
            id=self.id,
            symbol=self.symbol,
            when=str(self.condition),
            once=self.once,
            hysteresis=self.hysteresis,
            state=self.state,
            count=self.count,
        )
