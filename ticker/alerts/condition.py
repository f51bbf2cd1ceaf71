"""What an alert waits for: a field, a comparison and a number. The whole grammar is here, and nothing is evaluated.

    condition   = field comparison number
    field       = "last" | "bid" | "ask" | "volume" | "change_pct"
    comparison  = ">=" | ">" | "<=" | "<" | "crosses"
    number      as JSON has it, and finite

White space may stand around each of the three, and must between two words.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from ticker.errors import ProtocolError
from ticker.wire.messages import Id

#: Those that a trade brings, and those that a quote brings.
TRADED: Final = ("last", "volume", "change_pct")
QUOTED: Final = ("bid", "ask")
WATCHED: Final = ("last", *QUOTED, "volume", "change_pct")
#: Those that begin anew with each day.
OF_THE_DAY: Final = ("volume", "change_pct")
COMPARISONS: Final = (">=", ">", "<=", "<", "crosses")
#: Longer than any condition that makes sense.
MAX_CHARS: Final = 100
#: The hysteresis where none is given: of the number, this part; for 0, where that is nothing, this much.
PART, LEAST = 0.001, 0.01

_SPACE = "[ \t\n\r]"
_WORD = re.compile(rf"{_SPACE}*([A-Za-z_0-9.]*)")
_COMPARISON = re.compile(rf"{_SPACE}*([<>=!]+)|{_SPACE}+([A-Za-z]+)")
_NUMBER = re.compile(rf"{_SPACE}*(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?){_SPACE}*")


@dataclass(frozen=True, slots=True)
class Condition:
    """``str`` gives it back in its one canonical form, which parses to an equal condition."""

    field: str
    comparison: str
    level: float

    def __str__(self) -> str:
        level = self.level
        number = int(level) if level.is_integer() and abs(level) < 1e15 else level
        return f"{self.field} {self.comparison} {number}"

    @property
    def hysteresis(self) -> float:
        """How far the value has to go back, where nobody says."""
        return abs(self.level) * PART or LEAST


def parse(when: str, id: Id | None = None) -> Condition:  # noqa: A002 - the wire's name
    """Raises ``ProtocolError`` (``bad-condition``, with the message's ``id``), which says what would be right."""
    if len(when) > MAX_CHARS:
        raise _bad(f"more than {MAX_CHARS} characters", id)
    word = _WORD.match(when)
    field = word[1] if word else ""
    if word is None or field not in WATCHED:
        raise _bad(f"{when!r} begins with none of the fields {', '.join(WATCHED)}", id)
    compared = _COMPARISON.match(when, word.end())
    comparison = compared[1] or compared[2] if compared else ""
    if compared is None or comparison not in COMPARISONS:
        raise _bad(f"{when!r} has, after {field}, none of the comparisons {', '.join(COMPARISONS)}", id)
    number = _NUMBER.fullmatch(when, compared.end())
    if number is None:
        raise _bad(f"{when!r} has, after {comparison}, not one number such as 190, -2.5 or 1e6", id)
    level = float(number[1])
    if not math.isfinite(level):
        raise _bad(f"{when!r} has a number that is too large", id)
    return Condition(field, comparison, level + 0.0)  # -0 becomes 0


def _bad(what: str, id_: Id | None) -> ProtocolError:
    return ProtocolError("bad-condition", f"when: {what}; right is, for example, 'last >= 190'", id_)
