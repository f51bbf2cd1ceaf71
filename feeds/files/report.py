"""What was understood of a file: for ``ticker inspect``, and for the summary of a replay. Plain values only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

#: So many complaints are kept in words; all are counted.
COMPLAINTS = 20


@dataclass(slots=True, kw_only=True)
class Complaint:
    """A row (or more, where one line spoils several) that is not replayed, and why."""

    line: int
    column: str | None
    text: str | None
    reason: str

    def words(self, file: str) -> str:
        """``trades.csv:17: column 'price': 'abc' is not a price``."""
        place = f"{file}:{self.line}: "
        column = f"column {self.column!r}: " if self.column is not None else ""
        text = f"{self.text!r} is " if self.text is not None else ""
        return f"{place}{column}{text}{self.reason}"


@dataclass(slots=True, kw_only=True)
class Gap:
    """A stretch without a single row, longer than is usual in this file."""

    start: int
    end: int


@dataclass(slots=True, kw_only=True)
class FileReport:
    """One file (or one member of an archive). The reader fills it as it goes; it is whole at the end.

    ``how`` says of time_zone, price_scale, date and symbol where they came from: "file", "name", "layout", "option",
    "assumed".
    """

    name: str
    path: str
    compression: str | None = None
    layout: str = ""
    title: str = ""
    kind: Literal["trades", "quotes", "ticks", "bars"] = "ticks"
    delimiter: str | None = None
    header_line: int | None = None
    banner_lines: int = 0
    #: Role to the column's name in the file (or its number, as text, where there is no header).
    columns: Mapping[str, str] = field(default_factory=dict)
    ignored: tuple[str, ...] = ()
    time_zone: str = "UTC"
    stamp_form: str = ""
    price_scale: float = 1.0
    date: str | None = None
    how: dict[str, str] = field(default_factory=dict)
    order: Literal["time", "newest first", "grouped by symbol", "mixed"] = "time"
    #: Of a file in mixed order: rows that are out of place, and by how much (ns) at the most.
    misplaced_rows: int = 0
    misplaced_by_ns: int = 0
    #: Of a file of bars: what one lasts (ns).
    interval_ns: int | None = None
    rows: int = 0
    trades: int = 0
    quotes: int = 0
    bars: int = 0
    first: int | None = None
    last: int | None = None
    symbols: list[str] = field(default_factory=list)
    refused: Counter[str] = field(default_factory=Counter)
    #: Rows that are in order, but neither trades nor quotes (LOBSTER's orders), by the column that says so.
    passed: Counter[str] = field(default_factory=Counter)
    complaints: list[Complaint] = field(default_factory=list)
    gaps: list[Gap] = field(default_factory=list)
