"""The plan for reading one file: the recognised layout combined with the user's options."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Literal

from feeds.files.condition_texts import Vocabulary
from feeds.files.layouts.layout import Kind, Layout
from feeds.files.parsing.column_names import DETAIL_ROLES, STAMPS, plain
from feeds.files.parsing.table import Shape
from feeds.files.parsing.timestamp_formats import Reading
from feeds.files.recognition.lean_names import LeanFile
from feeds.files.report import Note


@dataclass(frozen=True, slots=True)
class SymbolColumns:
    """Where in a row the values of one symbol are, by role. ``symbol`` is None if a column contains it.

    ``after_ns`` is how long after the row's timestamp they are: the last quote of a bar.
    """

    columns: Mapping[str, int]
    symbol: str | None = None
    after_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """``names`` are the columns' names for messages, by place. ``stamps`` are the timestamp's columns by role."""

    layout: Layout
    kind: Kind
    shape: Shape
    names: tuple[str, ...]
    stamps: Mapping[str, int]
    views: tuple[SymbolColumns, ...]
    #: The columns of a date in parts, by part; the joined texts stand at the place of the year.
    parts: Mapping[str, int] = field(default_factory=dict)
    #: Columns with the same name, whose values must be equal: the first of each pair is read.
    twins: tuple[tuple[int, int], ...] = ()
    #: The column that names the time zone of the timestamps.
    zone: int | None = None
    #: Columns that tell instruments of one symbol apart.
    contract: tuple[int, ...] = ()
    scale: float
    reading: Reading
    #: Whether integer prices from 2**63 - 1 on mean that there is none (Databento).
    has_undefined: bool = False
    #: What the names of a file of QuantConnect Lean tell, and what to tell about it.
    named: LeanFile | None = None
    notes: tuple[Note, ...] = ()

    @property
    def is_wide(self) -> bool:
        return self.views[0].symbol is not None and self.layout.name in WIDE

    @property
    def content(self) -> Literal["trades", "quotes", "ticks", "bars"]:
        if self.kind == "bars":
            return "bars"
        roles = self.views[0].columns.keys()
        if "price" not in roles:
            return "quotes"
        return "ticks" if roles & {"bid", "ask"} else "trades"

    @property
    def vocabulary(self) -> Vocabulary:
        """How the column of sale conditions is written: by the layout, else by its name or by other columns."""
        place = self.views[0].columns.get("conditions")
        if self.layout.vocabulary != "any" or place is None:
            return self.layout.vocabulary
        if plain(self.names[place]) in ("tr_scond", "sale_condition", "sales_condition"):
            return "sip"
        return "massive" if {"sip_timestamp", "participant_timestamp"} & set(map(plain, self.names)) else "any"

    def columns(self) -> dict[str, str]:
        """Role to the column's name, for the report."""
        places = {**self.stamps, **self.views[0].columns}
        found = {role: self.names[place] for role, place in places.items()}
        if self.layout.name == "wide":
            prices = [self.names[view.columns["price"]] for view in self.views]
            found["price"] = ", ".join(prices[:_LISTED]) + (", …" if len(prices) > _LISTED else "")
        return found


_LISTED = 5
#: Layouts with columns for several symbols in a row.
WIDE = frozenset({"wide", "wide-bars", "yfinance"})


def shape_of(
    width: int,
    delimiter: str,
    stamps: Mapping[str, int],
    views: tuple[SymbolColumns, ...],
    twins: tuple[tuple[int, int], ...] = (),
    more: Collection[int] = (),
) -> Shape:
    """The columns to be read, by type. Twins are read as the columns that they equal, and ``more`` as names."""
    words = {"symbol", "type", "action", *DETAIL_ROLES} - {"id"}
    places = {(role, place) for view in views for role, place in view.columns.items()}
    stamps = dict(stamps)
    for place, twin in twins:
        places |= {(role, twin) for role, at in places if at == place}
        stamps |= {f"{role} again": twin for role, at in stamps.items() if at == place}
    return Shape(
        width=width,
        delimiter=delimiter,
        decimal=".",
        stamps=frozenset(stamps.values()) | {place for role, place in places if role == "id"},
        names=frozenset(place for role, place in places if role in words) | set(more),
        numbers=frozenset(place for role, place in places if role not in words and role not in (*STAMPS, "id")),
    )
