"""Which column of a file means what: a header's names turned into roles.

It reads one layout, the plain one. It knows no file and no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from ticker.errors import FeedError

TICK_COLUMNS: Final = ("timestamp", "symbol", "price", "size", "bid", "ask", "bid_size", "ask_size")
BAR_COLUMNS: Final = ("timestamp", "symbol", "open", "high", "low", "close", "volume")
_BAR_PRICES: Final = ("open", "high", "low", "close")

NEEDED: Final = (
    "timestamp, symbol, and price[, size] or bid, ask[, bid_size, ask_size] or both; "
    "or, for bars, timestamp, symbol, open, high, low, close[, volume]"
)


@dataclass(frozen=True, slots=True)
class Layout:
    """What the rows of a file are. ``columns`` gives each role its place in the row; ``width`` is a row's fields.

    ``names`` are the columns' names in the file by role: complaints use the user's words.
    """

    kind: Literal["ticks", "bars"]
    columns: Mapping[str, int]
    names: Mapping[str, str]
    width: int


def layout_of(header: Sequence[str]) -> Layout:
    """The layout that ``header`` tells: any order, upper or lower case; columns with other names are ignored.

    Raises ``FeedError`` that says which column is missing, what was found and what is needed.
    """
    places: dict[str, int] = {}
    twice: list[str] = []
    for place, name in enumerate(header):
        role = name.lower()
        if role in places:
            twice.append(role)
        places.setdefault(role, place)
    kind: Literal["ticks", "bars"] = "ticks"
    missing = [role for role in ("timestamp", "symbol") if role not in places]
    if not places.keys() & {"price", "bid", "ask"}:
        without = [role for role in _BAR_PRICES if role not in places]
        if len(without) < len(_BAR_PRICES):
            kind = "bars"
        missing += without if kind == "bars" else ["price"]
    if missing:
        raise FeedError(_complaint(header, missing))
    known: Sequence[str] = BAR_COLUMNS if kind == "bars" else TICK_COLUMNS
    roles = [role for role in known if role in places]
    for role in roles:
        if role in twice:
            raise FeedError(f"the header has the column {role!r} twice")
    columns = {role: places[role] for role in roles}
    return Layout(kind, columns, {role: header[place] for role, place in columns.items()}, len(header))


def _complaint(header: Sequence[str], missing: Sequence[str]) -> str:
    found = ", ".join(header)
    for mark, words in ((";", "';'"), ("\t", "tabs"), ("|", "'|'")):
        if len(header) == 1 and mark in found:
            return f"the header's columns seem to be separated by {words}; only ',' is read. Header: {_short(found)}"
    columns = f"column {missing[0]!r}" if len(missing) == 1 else "columns " + ", ".join(map(repr, missing))
    return f"the header has no {columns}. Found: {_short(found)}. Needed: {NEEDED}"


def _short(text: str) -> str:
    """Text of the file, as it may stand in an error: on one line, escaped, not too long."""
    return repr(text[:200])[1:-1] + ("…" if len(text) > 200 else "")
