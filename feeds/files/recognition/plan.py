"""How one file is to be read: what was recognised, and what the user said, put together. Plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from feeds.files.layouts.layout import Kind, Layout
from feeds.files.parsing.column_names import STAMPS
from feeds.files.parsing.table import Shape
from feeds.files.parsing.timestamp_formats import Reading


@dataclass(frozen=True, slots=True)
class SymbolColumns:
    """What one row says of one symbol: roles to places in the row. ``symbol`` is None where a column tells it."""

    columns: Mapping[str, int]
    symbol: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``names`` are the columns' names in the user's words, by place. ``stamps`` are those of the time."""

    layout: Layout
    kind: Kind
    shape: Shape
    names: tuple[str, ...]
    stamps: Mapping[str, int]
    views: tuple[SymbolColumns, ...]
    scale: float
    reading: Reading
    #: Whether whole prices from 2**63 - 1 on are none (Databento).
    has_undefined: bool = False

    @property
    def is_wide(self) -> bool:
        return self.views[0].symbol is not None and len(self.names) > 0 and self.layout.name in WIDE

    @property
    def gives(self) -> Literal["trades", "quotes", "ticks", "bars"]:
        if self.kind == "bars":
            return "bars"
        roles = self.views[0].columns.keys()
        if "price" not in roles:
            return "quotes"
        return "ticks" if roles & {"bid", "ask"} else "trades"

    def columns(self) -> dict[str, str]:
        """Role to the column's name, as a report tells it."""
        places = {**self.stamps, **self.views[0].columns}
        found = {role: self.names[place] for role, place in places.items()}
        if self.layout.name == "wide":
            prices = [self.names[view.columns["price"]] for view in self.views]
            found["price"] = ", ".join(prices[:_LISTED]) + (", …" if len(prices) > _LISTED else "")
        return found


_LISTED = 5
#: Layouts in which a row has a place for each symbol.
WIDE = frozenset({"wide", "wide-bars", "yfinance"})


def shape_of(
    width: int, delimiter: str, decimal: str, stamps: Mapping[str, int], views: tuple[SymbolColumns, ...]
) -> Shape:
    """The columns that are wanted, as what."""
    words = {"symbol", "type", "action"}
    places = {(role, place) for view in views for role, place in view.columns.items()}
    return Shape(
        width=width,
        delimiter=delimiter,
        decimal=decimal,
        stamps=frozenset(stamps.values()),
        names=frozenset(place for role, place in places if role in words),
        numbers=frozenset(place for role, place in places if role not in words and role not in STAMPS),
    )
