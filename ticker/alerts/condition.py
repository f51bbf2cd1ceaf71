"""The condition of an alert: field, comparison, number. This is the whole grammar; nothing is evaluated as code.

    condition   = field comparison number
    field       = "last" | "bid" | "ask" | "volume" | "change_pct"
    comparison  = ">=" | ">" | "<=" | "<" | "crosses"
    number      a finite JSON number

White space is allowed around each part, and required between two words.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import Final

from ticker.errors import ProtocolError
from ticker.wire.messages import Id

#: Fields that trades change, and fields that quotes change.
TRADED: Final = ("last", "volume", "change_pct")
QUOTED: Final = ("bid", "ask")
WATCHED: Final = ("last", *QUOTED, "volume", "change_pct")
#: Fields that are reset when a trading day begins.
OF_THE_DAY: Final = ("volume", "change_pct")
COMPARISONS: Final = (">=", ">", "<=", "<", "crosses")
#: More than any useful condition needs.
MAX_CHARS: Final = 100
#: The default hysteresis: this part of the number, or for the number 0 this value.
PART, LEAST = 0.001, 0.01

_SPACE = "[ \t\n\r]"
_WORD = re.compile(rf"{_SPACE}*([A-Za-z_0-9.]*)")
_COMPARISON = re.compile(rf"{_SPACE}*([<>=!]+)|{_SPACE}+([A-Za-z]+)")
_NUMBER = re.compile(rf"{_SPACE}*(-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?){_SPACE}*")


@dataclass(frozen=True, slots=True)
class Condition:
    """``str`` gives the canonical form, which parses to an equal condition."""

    field: str
    comparison: str
    level: float

    def __str__(self) -> str:
        level = self.level
        number = int(level) if level.is_integer() and abs(level) < 1e15 else level
        return f"{self.field} {self.comparison} {number}"

    @property
    def hysteresis(self) -> float:
        """The default hysteresis."""
        return abs(self.level) * PART or LEAST


def parse(when: str, id: Id | None = None) -> Condition:  # noqa: A002 - the wire's name
    """Raises ``ProtocolError`` with code ``bad-condition``, the message's ``id``, and an example."""
    if len(when) > MAX_CHARS:
        raise _bad(f"more than {MAX_CHARS} characters", id)
    word = _WORD.match(when)
    field = word[1] if word else ""
    if word is None or field not in WATCHED:
        raise _bad(f"{when!r} does not begin with one of the fields {', '.join(WATCHED)}", id)
    compared = _COMPARISON.match(when, word.end())
    comparison = compared[1] or compared[2] if compared else ""
    if compared is None or comparison not in COMPARISONS:
        raise _bad(f"{when!r} does not have one of the comparisons {', '.join(COMPARISONS)} after {field}", id)
    number = _NUMBER.fullmatch(when, compared.end())
    if number is None:
        raise _bad(f"{when!r} does not have a number such as 190, -2.5 or 1e6 after {comparison}", id)
    level = float(number[1])
    if not math.isfinite(level):
        raise _bad(f"the number in {when!r} is too large", id)
    return Condition(field, comparison, level + 0.0)  # -0 becomes 0


def _bad(what: str, id_: Id | None) -> ProtocolError:
    return ProtocolError("bad-condition", f"when: {what}; example: 'last >= 190'", id_)
